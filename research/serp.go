package research

import (
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/content-creator/content-creator-api/store"
)

// authorities are sites that search engines are known to trust.
var authorities = map[string]bool{
	"wikipedia.org": true, "nytimes.com": true, "bbc.com": true, "bbc.co.uk": true, "theguardian.com": true, "reuters.com": true,
	"forbes.com": true, "nature.com": true, "who.int": true, "europa.eu": true, "spiegel.de": true, "tagesschau.de": true,
}

// AuthorityOf is how much authority the site of a result has, and the rule that says so (SRP-2).
func AuthorityOf(domain string, position int) (level, reason string) {
	for _, end := range []string{".gov", ".edu", ".gov.uk", ".ac.uk", ".bund.de", ".gouv.fr"} {
		if strings.HasSuffix("."+domain, end) {
			return "high", "a site of a government or university"
		}
	}
	switch {
	case authorities[store.Site(domain)]:
		return "high", "a site that is known for it"
	case position <= 3:
		return "high", "among the first three results"
	case position <= 7:
		return "medium", "among the first seven results"
	}
	return "low", "further down"
}

// A SerpAnalysis is what the results of a search have in common.
type SerpAnalysis struct {
	Results       store.Figure     `json:"results"`
	UniqueDomains store.Figure     `json:"unique_domains"`
	Positions     map[string][]int `json:"positions"`
	// TopDomains are those of the first three results, each once.
	TopDomains    []string     `json:"top_domains"`
	TitleLength   store.Figure `json:"mean_title_length"`
	SnippetLength store.Figure `json:"mean_snippet_length"`
	// AuthorityShare is which share of the results are sites of high authority.
	AuthorityShare store.Figure `json:"authority_share"`
}

// AnalyseSerp is SRP-2.
func AnalyseSerp(results []store.SerpResult, at time.Time) SerpAnalysis {
	const from = "content-creator: the results of this snapshot"
	a := SerpAnalysis{
		Results: store.Derived(float64(len(results)), "results", from, at), Positions: map[string][]int{}, TopDomains: []string{},
		AuthorityShare: store.Unknown("share"),
	}
	var titles, snippets []int
	high := 0
	for i, r := range results {
		a.Positions[r.Domain] = append(a.Positions[r.Domain], r.Position)
		if i < 3 && !slices.Contains(a.TopDomains, r.Domain) {
			a.TopDomains = append(a.TopDomains, r.Domain)
		}
		if r.Title != nil {
			titles = append(titles, utf8.RuneCountInString(*r.Title))
		}
		if r.Snippet != nil {
			snippets = append(snippets, utf8.RuneCountInString(*r.Snippet))
		}
		if r.Authority == "high" {
			high++
		}
	}
	a.UniqueDomains = store.Derived(float64(len(a.Positions)), "domains", from, at)
	meanLength := func(list []int) store.Figure {
		if len(list) == 0 {
			return store.Unknown("characters")
		}
		return store.Derived(math.Round(10*meanOf(list))/10, "characters", from, at)
	}
	a.TitleLength, a.SnippetLength = meanLength(titles), meanLength(snippets)
	if len(results) > 0 {
		a.AuthorityShare = store.Derived(float64(high)/float64(len(results)), "share", from, at)
	}
	return a
}

func meanOf(list []int) float64 {
	sum := 0
	for _, n := range list {
		sum += n
	}
	return float64(sum) / float64(len(list))
}
