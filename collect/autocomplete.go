package collect

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/content-creator/content-creator-api/store"
)

// searchSite is where a suggestion leads, wherever we are told of it.
const searchSite = "https://www.google.com"

// maxSuggestions is how many suggestions to one query are read; Google sends ten to fifteen.
const maxSuggestions = 50

// An autocompleteCollector asks Google what it suggests to those who begin to type a keyword, in the
// language of the collection.
type autocompleteCollector struct {
	fetcher *Fetcher
	base    string
	now     func() time.Time
}

// A suggestion is what Google suggests, where it stood highest.
type suggestion struct {
	text     string
	query    suggestQuery
	position int
	// found counts the queries that brought it.
	found int
}

// Collect asks for the suggestions to every keyword, alone and expanded, in at most maxRequests
// requests. A query that fails leaves out its suggestions alone; Batch.Fault tells of it. Suggestions
// come in the order of the queries and, within one, in Google's.
func (c autocompleteCollector) Collect(ctx context.Context, s Source) (Batch, error) {
	tongue := primaryLanguage(s.Language)
	if tongue == undetermined {
		return Batch{}, &Error{Code: CodeNoWords, Message: "Suggestions are asked for in a language, and the collection names none."}
	}
	words, known := expansions[tongue]
	var lists [][]suggestQuery
	for _, keyword := range s.Config.Keywords {
		lists = append(lists, expand(keyword, s.Config.Expansions, words))
	}
	round := suggestRound{autocompleteCollector: c, tongue: tongue, region: s.Config.Region, byText: map[string]*suggestion{}}
	round.ask(ctx, interleave(lists))
	switch {
	case round.own != nil:
		return Batch{}, round.own
	case round.answered == 0 && round.first != nil:
		return Batch{}, round.first
	}
	if !known && len(s.Config.Expansions) > 0 {
		round.faults = append(round.faults, fmt.Sprintf(
			"There are no words of the language %q to expand keywords with; suggestions are those to the keywords alone.", tongue))
	}
	return round.batch(s, c.now()), nil
}

// A suggestRound is one collection at work.
type suggestRound struct {
	autocompleteCollector
	tongue, region string

	answered, failed int
	first            *Error
	// own is a fault that ends everything.
	own     error
	faults  []string
	last    *Response
	bytes   int64
	found   []*suggestion
	byText  map[string]*suggestion
	entries int
}

// ask asks query after query, until bounds or faults end it.
func (r *suggestRound) ask(ctx context.Context, queries []suggestQuery) {
	requests, misses := newSpree(r.now), 0
	for i, query := range queries {
		if !requests.next() {
			r.faults = append(r.faults, fmt.Sprintf("Only %d of %d queries were asked, to stay within limits: use fewer keywords or expansions.", i, len(queries)))
			return
		}
		texts, err := r.suggestions(ctx, query.text)
		if err == nil {
			misses = 0
			r.answered++
			r.keep(query, texts)
			continue
		}
		fault, own := asFault(ctx, err)
		if own != nil {
			r.own = own
			return
		}
		r.first = cmp.Or(r.first, fault)
		r.failed++
		misses++
		if stops(fault) || misses == maxMisses {
			r.tell(len(queries) - i - 1)
			return
		}
	}
	r.tell(0)
}

// tell notes what failed, and how many queries were not asked because of it.
func (r *suggestRound) tell(unasked int) {
	if r.failed == 0 {
		return
	}
	text := fmt.Sprintf("%d of %d queries failed", r.failed, r.failed+r.answered)
	if unasked > 0 {
		text += fmt.Sprintf(" and %d more were not asked", unasked)
	}
	r.faults = append(r.faults, text+"; the first: "+r.first.Message)
}

// keep takes over the suggestions to one query. What another query has brought already counts once,
// where it stood highest.
func (r *suggestRound) keep(query suggestQuery, texts []string) {
	position := 0
	for _, text := range texts {
		position++
		r.entries++
		key := strings.ToLower(text)
		known := r.byText[key]
		switch {
		case known == nil:
			known = &suggestion{text: text, query: query, position: position}
			r.byText[key] = known
			r.found = append(r.found, known)
		case position < known.position:
			known.query, known.position = query, position
		}
		known.found++
	}
}

// suggestions asks Google once. None is an answer, too.
func (r *suggestRound) suggestions(ctx context.Context, text string) ([]string, error) {
	query := url.Values{"client": {"firefox"}, "q": {text}, "hl": {r.tongue}, "ie": {"UTF-8"}, "oe": {"UTF-8"}}
	if r.region != "" {
		query.Set("gl", strings.ToLower(r.region))
	}
	resp, err := r.fetcher.Get(ctx, Request{URL: endpoint(r.base, "/complete/search", query), AnyStatus: true})
	if err != nil {
		return nil, err
	}
	if e := captcha(resp, r.now()); e != nil {
		return nil, e
	}
	r.last = resp
	r.bytes += resp.Bytes
	return readSuggestions(resp)
}

// readSuggestions reads [query, [suggestion, …], …]. A suggestion is a text, or a list that begins
// with one, as other clients of Google's get it.
func readSuggestions(resp *Response) ([]string, error) {
	var answer []json.RawMessage
	if err := decodeJSON(resp, &answer); err != nil {
		return nil, err
	}
	var list []json.RawMessage
	if len(answer) < 2 || json.Unmarshal(answer[1], &list) != nil {
		return nil, &Error{Code: CodeBadAnswer, Status: resp.Status, Message: shown(resp.URL) + " answered without a list of suggestions."}
	}
	var texts []string
	for _, raw := range list[:min(len(list), maxSuggestions)] {
		var text string
		var parts []json.RawMessage
		if json.Unmarshal(raw, &text) != nil && json.Unmarshal(raw, &parts) == nil && len(parts) > 0 {
			_ = json.Unmarshal(parts[0], &text) // what begins with anything else says nothing
		}
		if text = PlainText(text); text != "" {
			texts = append(texts, text)
		}
	}
	return texts, nil
}

// batch makes documents of what was found.
func (r *suggestRound) batch(s Source, now time.Time) Batch {
	if r.last == nil { // a collection without keywords asks nothing
		return Batch{Empty: true, FeedLanguage: undetermined}
	}
	b := Batch{
		Status: r.last.Status, Bytes: r.bytes, FinalURL: shown(r.last.URL), FeedLanguage: undetermined,
		Entries: r.entries, Duplicates: r.entries - len(r.found), Empty: r.entries == 0, Fault: strings.Join(r.faults, " "),
	}
	maker := newReader(s, store.TypeAutocomplete, feedHead{}, r.last.URL, now)
	maker.sourceName = "autocomplete"
	for _, one := range r.found {
		if err := maker.add(&b, r.entry(one)); err != nil {
			b.skip(one.text, err)
		}
	}
	return b
}

// entry is a suggestion as a document is made of it. Its address is that of the search it leads to.
func (r *suggestRound) entry(one *suggestion) entry {
	query := url.Values{"q": {strings.ToLower(one.text)}, "hl": {r.tongue}}
	if r.region != "" {
		query.Set("gl", strings.ToLower(r.region))
	}
	e := entry{
		title: one.text, titlePlain: true, links: []string{endpoint(searchSite, "/search", query)},
		facts: facts{"position": one.position, "times_found": one.found},
	}
	e.facts.text("keyword", one.query.keyword)
	e.facts.text("expansion", one.query.expansion)
	e.facts.text("query", one.query.text)
	e.facts.text("region", r.region)
	return e
}
