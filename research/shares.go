package research

import (
	"cmp"

	"github.com/content-creator/content-creator-api/ledger"
)

const (
	// searchRequests is which part of the requests searching may take where they do not suffice for everything: one search
	// finds more pages than are read. writeRequests is which part is kept for weighing and writing.
	searchRequests, writeRequests = 3, 4
	// searchCost is which part of the dollars searching may cost where something else costs some, too.
	searchCost = 2
)

// shares keep searching from spending what reading and writing need, and reading what writing needs. They say the same whenever a
// run goes on, for they know what is planned and not what was spent: that is the book's.
type shares struct {
	allowed Allowance
	// searches, reads and cost are how much is left of each; nil is as much as the book allows.
	searches, reads *int
	cost            *int64
	searched        bool
}

// divide shares what the run may spend, once it is known what there is to do.
func (r *run) divide() {
	r.shares = shares{allowed: r.Allowance}
	if r.Allowance.Cost != nil && r.writingCosts() {
		r.shares.cost = new(*r.Allowance.Cost / searchCost)
	}
	// A single request is nothing to share.
	if r.Allowance.Requests == nil || *r.Allowance.Requests < 2 {
		return
	}
	left, searches, writing := *r.Allowance.Requests, 0, 0
	for _, b := range r.Backends {
		if !b.Own {
			searches += len(r.plan.Queries)
		}
	}
	if r.Model != nil {
		left--                               // the plan
		writing += 2 * len(r.plan.Questions) // each is written on, and judged
	}
	if r.Reranker != nil {
		writing++
	}
	mostSearches := max(1, left/searchRequests, left-r.Depth.Sources-writing)
	searches = min(searches, mostSearches)
	reads := max(1, left-searches-min(writing, (left+writeRequests-1)/writeRequests))
	r.shares.searches, r.shares.reads = &searches, &reads
}

// writingCosts: a model or a reranker is to be paid, and at a price that is known; one whose price is not is refused by the book.
func (r *run) writingCosts() bool {
	var prices []*int64
	if r.Model != nil {
		prices = append(prices, r.Model.Price().PerInput, r.Model.Price().PerOutput)
	}
	if r.Reranker != nil {
		prices = append(prices, r.Reranker.price.PerInput, r.Reranker.price.PerRequest)
	}
	for _, price := range prices {
		if price != nil && *price > 0 {
			return true
		}
	}
	return false
}

// search takes one search from the share, or says why it is not to be made. The first is left to the book.
func (s *shares) search(b Backend) *ledger.Refusal {
	most := cmp.Or(b.most, b.Price.PerRequest)
	if s.allowed.Cost != nil && most == nil {
		return nil // the book refuses it, and says why
	}
	switch {
	case s.searches != nil && *s.searches == 0:
		return &ledger.Refusal{Requests: s.allowed.Requests, Shared: true}
	case s.cost != nil && *most > max(*s.cost, 0) && s.searched:
		return &ledger.Refusal{Budget: *s.allowed.Cost, Shared: true}
	}
	if s.searches != nil {
		*s.searches--
	}
	if s.cost != nil {
		*s.cost -= *most
	}
	s.searched = true
	return nil
}

// read takes one page from the share, or says why it is not to be read.
func (s *shares) read() *ledger.Refusal {
	if s.reads == nil {
		return nil
	}
	if *s.reads == 0 {
		return &ledger.Refusal{Requests: s.allowed.Requests, Shared: true}
	}
	*s.reads--
	return nil
}
