package research_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/research"
	"github.com/content-creator/content-creator-api/store"
)

// findings are those of a run that says these sentences.
func findings(language string, sentences ...string) store.RunFindings {
	f := store.RunFindings{Run: store.ResearchRun{Question: "How many heat pumps were sold?", OutputLanguage: language, Language: language, Market: "de"}}
	for i, sentence := range sentences {
		f.Claims = append(f.Claims, store.ResearchClaim{Position: i + 1, Sentence: sentence, Verdict: store.Supported})
	}
	return f
}

// sentencesOf are what claims say.
func sentencesOf(claims []store.ResearchClaim) []string {
	said := []string{}
	for _, c := range claims {
		said = append(said, c.Sentence)
	}
	return said
}

func TestCompareClaims(t *testing.T) {
	t.Parallel()
	older := findings("en",
		"In 2025, 299,000 heat pumps were sold in Germany.",
		"The subsidy is 35 percent, the ministry said.",
		"The network of Lindau grows by nine kilometres.",
		"The plant in Kassel was not closed by the operator.",
		"Mayor Anna Berger opened the new heating plant near the river.",
		"Sales begin on 3 March 2026 in all shops of the chain.",
		"It is quiet.")
	newer := findings("en",
		"It is quiet!",
		"The ministry said the subsidy is 35 percent.",
		"In 2025, 312,000 heat pumps were sold in Germany.",
		"The plant in Kassel was closed by the operator.",
		"Mayor Carl Weber opened the new heating plant near the river.",
		"Sales begin on 7 April 2026 in all shops of the chain.",
		"A law is planned.")
	newer.Claims[1].Verdict = store.Partly
	c := research.CompareRuns(older, newer).Claims
	require.ElementsMatch(t, []string{
		"The network of Lindau grows by nine kilometres.", "The plant in Kassel was not closed by the operator.",
		"Mayor Anna Berger opened the new heating plant near the river.",
	}, sentencesOf(c.Gone), "what is denied, and what somebody else did, is no longer said")
	require.ElementsMatch(t, []string{"The plant in Kassel was closed by the operator.", "Mayor Carl Weber opened the new heating plant near the river.", "A law is planned."}, sentencesOf(c.New))
	require.Len(t, c.Changed, 2)
	require.Equal(t, []string{"299,000"}, c.Changed[0].FiguresBefore)
	require.Equal(t, []string{"312,000"}, c.Changed[0].FiguresAfter, "the year is the same")
	require.Equal(t, []string{"3 March 2026"}, c.Changed[1].FiguresBefore)
	require.Equal(t, []string{"7 April 2026"}, c.Changed[1].FiguresAfter)
	require.Len(t, c.Kept, 2)
	require.True(t, c.Kept[0].Reworded)
	require.True(t, c.Kept[0].VerdictChanged)
	require.False(t, c.Kept[1].Reworded, "signs are no words")
	require.False(t, c.Kept[1].VerdictChanged)

	// Of several that are alike, each has one partner: the one that is most alike.
	c = research.CompareRuns(findings("de", "Der Zuschuss beträgt 30 Prozent.", "Der Zuschuss beträgt 40 Prozent."), findings("de", "Der Zuschuss beträgt 40 Prozent.", "Der Zuschuss beträgt 50 Prozent.", "Der Zuschuss beträgt 60 Prozent.")).Claims
	require.Len(t, c.Kept, 1)
	require.Len(t, c.Changed, 1)
	require.Equal(t, "Der Zuschuss beträgt 50 Prozent.", c.Changed[0].After.Sentence)
	require.Len(t, c.New, 1)

	// A figure that stands there twice now has come once.
	c = research.CompareRuns(findings("en", "Berlin pays 5 euros."), findings("en", "Berlin pays 5 euros, 5 euros.")).Claims
	require.Equal(t, []string{}, c.Changed[0].FiguresBefore)
	require.Len(t, c.Changed[0].FiguresAfter, 1)
}

func TestCompareRuns(t *testing.T) {
	t.Parallel()
	older, newer := findings("en"), findings("en")
	newer.Run.Question = "how many HEAT pumps were sold"
	source := func(position int, address string, hash *string) store.ResearchSource {
		return store.ResearchSource{Position: position, URL: address, Title: "T", Hash: hash}
	}
	older.Sources = []store.ResearchSource{
		source(1, "https://a.example/1?utm_source=x", new("aa")), source(2, "https://b.example/", new("bb")), source(3, "https://c.example/", nil), source(4, "https://d.example/", new("dd")), source(5, "::", nil),
	}
	newer.Sources = []store.ResearchSource{
		source(1, "https://a.example/1", new("aa")), source(2, "https://b.example/", new("b2")), source(3, "https://c.example/", new("cc")), source(4, "https://e.example/", new("ee")), source(5, "::", nil),
	}
	c := research.CompareRuns(older, newer)
	require.True(t, c.SameQuestion)
	require.Len(t, c.Sources.Kept, 1)
	require.Equal(t, "https://a.example/1", c.Sources.Kept[0].After.URL, "one page, whatever its address carries")
	require.Len(t, c.Sources.Changed, 1)
	require.Equal(t, "bb", *c.Sources.Changed[0].Before.Hash)
	require.Len(t, c.Sources.Unread, 2, "what was not read is neither changed nor the same")
	require.Equal(t, "https://d.example/", c.Sources.Gone[0].URL)
	require.Equal(t, "https://e.example/", c.Sources.New[0].URL)
	newer.Run.Market = "at"
	require.False(t, research.CompareRuns(older, newer).SameQuestion)
}
