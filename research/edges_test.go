package research

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/ledger"
	"github.com/content-creator/content-creator-api/store"
)

// TestAuthorityOfAHost: institutions are told by their domain, also below a country's, and a redirect by the host that its title is.
func TestAuthorityOfAHost(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		hit     Hit
		value   float64
		because string
	}{
		{Hit{URL: "https://www.ox.ac.uk/a"}, 1, "an institution's domain (ac.uk)"},
		{Hit{URL: "http://a.gov.br"}, 0.8, "an institution's domain (gov.br)"},
		{Hit{URL: "https://mit.edu"}, 1, "an institution's domain (edu)"},
		{Hit{URL: "https://fake-ac.uk"}, 0.5, "https"},
		{Hit{URL: "https://ac.uk"}, 0.5, "https"},
		{Hit{URL: "https://anybody.org/x"}, 0.7, ".org"},
		{Hit{URL: "https://redirect.example/r?x", Title: " Europa.eu ", Redirect: true}, 1, "an institution's domain (europa.eu)"},
		{Hit{URL: "https://redirect.example/r?x", Title: "europa.eu"}, 0.5, "https"},
		{Hit{URL: "https://redirect.example/r?x", Title: "About europa.eu", Redirect: true}, 0.5, "https"},
		{Hit{URL: "http://%zz"}, 0.3, "any page"},
	} {
		part := authority(tc.hit)
		require.InDelta(t, tc.value, part.Value, 1e-9, "%+v", tc.hit)
		require.Contains(t, part.Because, tc.because, "%+v", tc.hit)
	}
}

// TestBracketsInDisguise: brackets that only look like others are those, and marks that are not drawn are gone.
func TestBracketsInDisguise(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"‹end›", "〈end〉", "⟨end⟩", "＜end＞", "<e\u200bnd>", "‹e\u00adnd〉"} {
		require.Equal(t, "<end>", unmasked(text), text)
	}
}

// TestUndatedComeLast among texts of which some have no date.
func TestUndatedComeLast(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	later := at.Add(time.Hour)
	undated, early, late := &store.Snapshot{}, &store.Snapshot{PublishedAt: &at}, &store.Snapshot{PublishedAt: &later}
	require.Zero(t, compareTimes(undated, &store.Snapshot{}))
	require.Positive(t, compareTimes(undated, late))
	require.Negative(t, compareTimes(late, undated))
	require.Negative(t, compareTimes(early, late))
	require.Zero(t, unix(nil))
	require.Equal(t, at.Unix(), unix(&at))
}

// TestLostAnswersAreToldAsThat: what a killed process had asked is not told as a fault of whoever was asked.
func TestLostAnswersAreToldAsThat(t *testing.T) {
	t.Parallel()
	lost := fmt.Errorf("plan: %w", ledger.ErrLost)
	require.Contains(t, why(lost), "is not paid for twice")
	for _, language := range []string{"en", "de"} {
		r := &run{Request: Request{OutputLanguage: language}, work: t.Context()}
		require.Equal(t, cause{key: "lost", text: wordsOfShortfalls(language).lost}, r.why(lost))
		require.Equal(t, r.why(lost), r.whyUnasked(&BackendError{Backend: "brave", Code: CodeLost}))
	}
}

// TestReportOfAnotherLanguage: a report in a language that has no words here has the English ones.
func TestReportOfAnotherLanguage(t *testing.T) {
	t.Parallel()
	r := &run{Request: Request{Question: "¿Qué es?", OutputLanguage: "es"}}
	report := r.render(store.ResearchOutcome{Method: store.Extractive}, nil, nil)
	require.Contains(t, report, labelsOf["en"].nothing)
	require.Contains(t, report, labelsOf["en"].extractive)
}

// TestPricesHalfKnown: what a call costs is unknown where a part of its price, or of what it took, is.
func TestPricesHalfKnown(t *testing.T) {
	t.Parallel()
	one := new(int64(1_000_000))
	require.Nil(t, gemini{price: ledger.Price{PerInput: one, PerOutput: one}}.cost(1, 1))
	require.EqualValues(t, 1_000_003, *gemini{price: ledger.Price{PerInput: one, PerOutput: one, PerRequest: one}}.cost(1, 2))
	paid := &Reranker{price: ledger.Price{PerInput: one, PerRequest: one}}
	require.Nil(t, paid.cost(nil))
	require.EqualValues(t, 1_000_005, *paid.cost(new(5)))
	require.Nil(t, (&Reranker{}).cost(new(5)))
	require.EqualValues(t, 1_000_000, *(&Reranker{price: ledger.Price{PerRequest: one}}).cost(nil), "no tokens are paid for")
}

// TestGroupsTakeWhatIsMissing: of one page that two backends found the better placed one's words stand, and the longer text.
func TestGroupsTakeWhatIsMissing(t *testing.T) {
	t.Parallel()
	for _, hits := range [][2]Hit{
		{{Rank: 1, Title: "First"}, {Rank: 2, Title: "Second", Snippet: "Said", Text: "The text"}},
		{{Rank: 2, Title: "Second", Snippet: "Said", Text: "The text"}, {Rank: 1, Title: "First"}},
	} {
		g := Group{Hit: hits[0]}
		g.merge(hits[1])
		require.Equal(t, []string{"First", "Said", "The text"}, []string{g.Title, g.Snippet, g.Text})
	}
}

// TestNobodyWaitsWithoutTime: a backend that asks for a moment is not asked again by who has none left.
func TestNobodyWaitsWithoutTime(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	asked := 0
	b := Backend{Name: "busy", Own: true, Search: func(context.Context, Query) ([]Hit, error) {
		asked++
		cancel()
		return nil, &BackendError{Backend: "busy", Code: CodeRateLimited, RetryAfter: maxPatience}
	}}
	hits, outcome := b.consult(ctx, nil, Query{Text: "x"})
	require.Empty(t, hits)
	require.NotNil(t, outcome.Error)
	require.Equal(t, 1, asked)
}
