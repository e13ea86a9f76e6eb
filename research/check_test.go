package research_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/annotate"
	"github.com/content-creator/content-creator-api/research"
	"github.com/content-creator/content-creator-api/research/researchtest"
	"github.com/content-creator/content-creator-api/store"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		sentence, language string
		e                  research.Evidence
		verdict            string
	}{
		"its own words":           {"The town counted 14,500 bicycles.", "en", research.Evidence{Quote: "“The town counted 14,500 bicycles.”", Language: "en"}, store.Supported},
		"the same in other words": {"In 2025 the town counted 14,500 bicycles a day.", "en", research.Evidence{Quote: "The town counted 14,500 bicycles a day last year.", Language: "en", Year: 2025}, store.Supported},
		"a number of another":     {"The town counted 15,400 bicycles a day.", "en", research.Evidence{Quote: "The town counted 14,500 bicycles a day.", Language: "en"}, store.NotSupported},
		"rounded":                 {"The town paid 1.2 million euros for the bridge.", "en", research.Evidence{Quote: "The town paid 1,214,000 euros for the bridge.", Language: "en"}, store.Supported},
		"more exact than known":   {"The town paid 1,214,000 euros for the bridge.", "en", research.Evidence{Quote: "The town paid 1.2 million euros for the bridge.", Language: "en"}, store.NotSupported},
		"another magnitude":       {"The bridge cost 1.2 billion euros.", "en", research.Evidence{Quote: "The bridge cost 1.2 million euros.", Language: "en"}, store.NotSupported},
		"another unit":            {"The share rose by 12 percent.", "en", research.Evidence{Quote: "The share rose by 12 euros.", Language: "en"}, store.NotSupported},
		"as Germans write it":     {"Die Stadt zählte 14.500 Räder.", "de", research.Evidence{Quote: "14.500 Räder zählte die Stadt im Mai.", Language: "de"}, store.Supported},
		"a date":                  {"The bridge opened on 3 March 2025.", "en", research.Evidence{Quote: "The bridge opened on 3 March.", Language: "en", Year: 2025}, store.Supported},
		"another date":            {"The bridge opened on 4 March 2025.", "en", research.Evidence{Quote: "The bridge opened on 3 March.", Language: "en", Year: 2025}, store.NotSupported},
		"another weekday":         {"The bridge opened on Monday to everybody.", "en", research.Evidence{Quote: "The bridge opened on Tuesday to everybody.", Language: "en"}, store.NotSupported},
		"a name from the title":   {"Anna Berger opened the new bridge.", "en", research.Evidence{Quote: "She opened the new bridge.", Context: "Mayor Anna Berger opens a bridge", Language: "en"}, store.Supported},
		"a near miss":             {"Anne Berger opened the new bridge.", "en", research.Evidence{Quote: "Anna Berger opened the new bridge.", Language: "en"}, store.NotSupported},
		"a genitive":              {"Die Brücke wurde nach Plänen von Anna Berger gebaut.", "de", research.Evidence{Quote: "Die Brücke wurde nach Anna Bergers Plänen gebaut.", Language: "de"}, store.Supported},
		"a country's other name":  {"Germany counted 500 wolves in the forests.", "en", research.Evidence{Quote: "In Deutschland counted wolves in the forests: 500.", Language: "de"}, store.Partly},
		"a denial":                {"The council did not approve the bridge.", "en", research.Evidence{Quote: "The council approved the bridge.", Language: "en"}, store.NotSupported},
		"never in Italian":        {"Il consiglio ha approvato il ponte.", "it", research.Evidence{Quote: "Il consiglio mai ha approvato il ponte.", Language: "it"}, store.Partly},
		"May in German":           {"Der Rat hat im Mai die Brücke genehmigt.", "de", research.Evidence{Quote: "Der Rat hat die Brücke genehmigt.", Language: "de", Context: "Mai"}, store.Supported},
		"no list":                 {"Rada nicht zatwierdziła most.", "pl", research.Evidence{Quote: "Rada zatwierdziła most.", Language: "pl"}, store.NotSupported},
		"a denied source":         {"The council approved the bridge.", "en", research.Evidence{Quote: "The council approved the bridge, but not the road.", Language: "en"}, store.Partly},
		"a reservation":           {"The bridge costs 45 million euros.", "en", research.Evidence{Quote: "The bridge is expected to cost 45 million euros.", Language: "en"}, store.Partly},
		"something else":          {"Cats sleep most of the day.", "en", research.Evidence{Quote: "The council approved the bridge.", Language: "en"}, store.NotSupported},
		"a part of it":            {"The council approved the bridge and praised the engineers.", "en", research.Evidence{Quote: "The council approved the bridge.", Language: "en"}, store.Partly},
		"nothing said":            {"...", "en", research.Evidence{Quote: "The council approved the bridge.", Language: "en"}, store.NotSupported},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			judged := research.Judge(tc.sentence, tc.language, tc.e)
			require.Equal(t, tc.verdict, judged.Verdict, judged.Reason)
			require.NotEmpty(t, judged.Reason)
			require.NotEmpty(t, judged.By)
		})
	}
}

func TestAModelDecidesWhatRulesLeaveOpen(t *testing.T) {
	t.Parallel()
	for decision, kept := range map[string]bool{"supported": true, "not_supported": false} {
		tools := web(bikes...)
		tools.Model, _ = writer(t, func(passages map[string]string) []map[string]any {
			return []map[string]any{{"text": "Sensoren erfassten 14.500 Fahrräder am Tag.", "evidence": []string{with(passages, "14.500"), "not an id"}}}
		}, decision)
		out := run(t, ask("Wie viele Fahrräder wurden an der Elzbrücke am Tag gezählt?", "de"), tools, &researchtest.Diary{})
		if kept {
			require.Contains(t, sentences(out), "Sensoren erfassten")
			require.Equal(t, "writer-1", out.Claims[0].JudgedBy)
		} else {
			require.NotContains(t, sentences(out), "Sensoren erfassten")
			require.Contains(t, sentences(out), "14.500", "the source's own words stand in its place")
		}
	}
}

// What shares no words with its quote is not given to a model, unless it is in another language.
func TestWhatNoModelIsAsked(t *testing.T) {
	t.Parallel()
	quote := research.Evidence{Quote: "An der Elzbrücke wurden insgesamt 14.500 Fahrräder am Tag gezählt.", Language: "de"}
	require.False(t, research.Judge("Das Wetter gefiel allen Anwohnern sehr.", "de", quote).Open)
	require.True(t, research.Judge("Sensoren erfassten 14.500 Fahrräder am Tag.", "de", quote).Open)
	require.True(t, research.Judge("Counters saw 14,500 bicycles a day.", "en", quote).Open)
}

func TestNearMisses(t *testing.T) {
	t.Parallel()
	pages := []page{
		{"https://a.example/1", "Anne Berger", "The company hired Anne Berger as its head of research in the year 2024, a spokesman said. Anne Berger is 45 years old.", "en", "2026-01-01"},
		{"https://a.example/2", "Anna Berger", "Anna Berger became the head of the energy agency in 2019, as the agency announced then. Her namesake Anne Berger is the head of a company since 2024.", "en", "2026-01-02"},
	}
	out := run(t, ask("When did Anna Berger become the head of the energy agency?", "en"), web(pages...), &researchtest.Diary{})
	require.Contains(t, sentences(out), "2019")
	require.NotContains(t, sentences(out), "hired Anne Berger")
	out = run(t, ask("Who became the head of the energy agency?", "en"), web(pages...), &researchtest.Diary{})
	require.Contains(t, sentences(out), "Anna Berger")
}

func TestDescribeSite(t *testing.T) {
	t.Parallel()
	text := "Heat pumps heat houses. The heat pump subsidy of the state pays for heat pumps in old houses, and for solar panels on their roofs."
	site := research.DescribeSite("https://a.example", []research.SitePage{{"https://a.example", "Heat pumps", text, "en"}, {"https://a.example/2", "Solar panels and heat pumps", text, "en"}})
	require.NotEmpty(t, site.Keywords)
	require.NotEmpty(t, site.Themes)
	require.LessOrEqual(t, len(site.Themes), 5)
	require.Equal(t, "en", *site.Language)
	require.Len(t, site.Pages, 2)
	require.Nil(t, research.DescribeSite("x", nil).Language)
}

func TestUnspacedScripts(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"東京", "京都", "都", "2025"}, append(annotate.Stems("東京都", "ja")[:2], "都", "2025"))
	require.NotEmpty(t, annotate.TellingWords("東京都の自転車", "ja"))
	require.Equal(t, "ab", annotate.Normal("a\u00ad\u200bb\x00"))
	require.Len(t, annotate.Normal(string(make([]rune, 10))+"ä"), 2)
	long := annotate.Normal("ä" + string(make([]byte, 0)) + repeat("ö", 150_000))
	require.LessOrEqual(t, len(long), 200_000)
}

func repeat(s string, n int) string {
	b := make([]byte, 0, n*len(s))
	for range n {
		b = append(b, s...)
	}
	return string(b)
}
