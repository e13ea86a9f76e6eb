package ledger

import (
	"fmt"
	"strings"
)

// A Refusal is an ErrBudget that says what is used up: exactly one of Requests, Unpriced and Most is set, unless it is Shared. Its
// JSON form is kept with what came of a step.
type Refusal struct {
	// Requests is how many the budget allows, all of which are made.
	Requests *int `json:"requests,omitempty"`
	// Unpriced is a provider of whose call the price is not known, where only what is known may be spent.
	Unpriced string `json:"unpriced,omitempty"`
	// Most is what the call could have cost, Left what is left of Budget, in micro-dollars.
	Most   *int64 `json:"most,omitempty"`
	Left   int64  `json:"left,omitempty"`
	Budget int64  `json:"budget,omitempty"`
	// Shared: the budget is not used up, but what is left of it is kept for other work; Requests or Budget says which.
	Shared bool `json:"shared,omitempty"`
}

// Error is a sentence for a person.
func (r *Refusal) Error() string {
	switch {
	case r.Shared && r.Requests != nil:
		return fmt.Sprintf("The %d requests that the budget allows are shared among searching, reading and writing.", *r.Requests)
	case r.Shared:
		return fmt.Sprintf("Searching may cost at most half of the budget of $%s, so that there is something left to write with.", Dollars(r.Budget))
	case r.Requests != nil && *r.Requests == 0:
		return "The budget allows no requests."
	case r.Requests != nil && *r.Requests == 1:
		return "The only request that the budget allows is made."
	case r.Requests != nil:
		return fmt.Sprintf("All %d requests that the budget allows are made.", *r.Requests)
	case r.Unpriced != "":
		return fmt.Sprintf("What a call to %s costs is not known, and the budget allows only what is: set its price, or leave out max_cost_usd.", r.Unpriced)
	case r.Most != nil:
		return fmt.Sprintf("$%s of the budget of $%s is left, and the next call could have cost $%s.", Dollars(r.Left), Dollars(r.Budget), Dollars(*r.Most))
	}
	return ErrBudget.Error()
}

// Is makes it an ErrBudget.
func (r *Refusal) Is(target error) bool { return target == ErrBudget }

// Dollars are micro-dollars as people read them, without zeros at the end.
func Dollars(micros int64) string {
	return strings.TrimRight(strings.TrimRight(fmt.Sprintf("%.6f", float64(micros)/1e6), "0"), ".")
}
