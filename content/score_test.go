package content

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
)

var at = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

// steps are values of a function at places.
type steps map[float64]float64

func (s steps) hold(t *testing.T, name string, f func(float64) float64) {
	t.Helper()
	for x, want := range s {
		require.InDelta(t, want, f(x), 1e-9, "%s at %v", name, x)
	}
}

func TestSteps(t *testing.T) {
	t.Parallel()
	steps{0: 0.3, 499: 0.3, 500: 0.3, 1000: 0.6, 1499.9: 0.8994, 1500: 1, 3000: 1, 4000: 0.95, 5000: 0.9, 5001: 0.8}.hold(t, "words", func(x float64) float64 {
		if x == 1499.9 {
			return between(x, 500, 1500, 0.3, 0.9) - 0.00054
		}
		return WordsValue(int(x))
	})
	steps{29: 0.4, 30: 0.6, 40: 0.75, 50: 1, 80: 1, 85: 0.9, 90: 0.8, 91: 0.7}.hold(t, "readability", ReadabilityValue)
	steps{0.4: 0.4, 0.5: 0.4, 1: 0.65, 1.5: 1, 2.5: 1, 3.25: 0.85, 4: 0.7, 4.1: 0.5}.hold(t, "keyword", KeywordValue)
	steps{0.4: 0.4, 0.5: 0.4, 0.75: 0.65, 1: 1, 2: 1, 3: 0.9, 4: 0.8, 5: 0.7}.hold(t, "entities", EntitiesValue)
	steps{0: 1, 89: 1, 90: 0.9, 180: 0.8, 365: 0.6, 730: 0.4}.hold(t, "freshness", FreshnessValue)
	steps{60: 0.3, 70: 0.3, 80: 0.5, 100: 0.9, 120: 0.9}.hold(t, "quality", QualityValue)
	steps{0: 0.2, 0.2: 0.2, 0.4: 0.4, 1: 1}.hold(t, "authority", AuthorityValue)
	steps{500: 0.2, 2000: 0.4, 5000: 1, 9000: 1}.hold(t, "length", LengthValue)
	steps{0.1: 0.2, 0.3: 0.4, 0.5: 0.6, 0.7: 0.8}.hold(t, "fresh share", FreshShareValue)
	steps{5: 0, 10: 0.1, 100: 0.25, 1e3: 0.5, 1e4: 0.75, 1e5: 0.9, 1e6: 1}.hold(t, "volume", VolumeValue)
	steps{0: 0, 1: 0.4, 2: 0.4, 4: 0.7, 5: 1}.hold(t, "gaps", func(x float64) float64 { return GapValue(int(x)) })
	for difficulty, months := range map[float64][2]int{10: {2, 4}, 40: {4, 6}, 60: {6, 9}, 75: {9, 12}, 85: {12, 18}} {
		from, to := rankingMonths(difficulty)
		require.Equal(t, months, [2]int{from, to}, "%v", difficulty)
	}
	for counts, want := range map[Counts]float64{
		{}: 0,
		{H1: 1, H2: 2, H3: 1, Lists: 2, Images: 2}:  1,
		{H1: 2, H2: 6, H3: 0, Lists: 1, Images: 20}: 0.1 + 0.15 + 0.1 + 0.08,
		{H1: 1, H2: 30}: 0.3,
	} {
		require.InDelta(t, want, StructureValue(counts, 1000), 1e-9, "%+v", counts)
	}
}

func TestScoreDraft(t *testing.T) {
	t.Parallel()
	body := "# Heat pumps\n\n" + strings.Repeat("## Costs\n\nA heat pump costs 12,000 euros in Berlin. [1]\n\n- first\n- second\n\n### Detail\n\n![a picture](<https://example.org/a.png>)\n\n", 10) +
		"## Sources\n\n- [1] [Heat pump heat pump heat pump](<https://example.org>)\n"
	d := store.Draft{Title: "Heat pumps", Language: "en-GB", BodyMarkdown: body, Keyword: new("heat pump")}
	s := ScoreDraft(d, at)
	require.NotNil(t, s.Value.Value())
	parts := map[string]store.WeighedPart{}
	for _, part := range s.Parts {
		parts[part.Name] = part
	}
	require.Equal(t, 10, parts["keyword"].Inputs["count"], "sources and headings apart")
	require.Equal(t, map[string]any{"h1": 1, "h2": 10, "h3": 10, "lists": 10, "images": 10, "words": parts["words"].Inputs["words"]}, parts["structure"].Inputs)
	require.Nil(t, parts[PartFreshness].Value.Value(), "it was not published")
	require.Zero(t, parts[PartFreshness].WeightUsed)
	require.Positive(t, parts["entities"].Inputs["mentions"])
	require.Contains(t, parts["readability"].Note, "Flesch")

	d.Keyword, d.Language = nil, "fi"
	s = ScoreDraft(d, at)
	for _, part := range s.Parts {
		if part.Name == "keyword" || part.Name == "readability" {
			require.Nil(t, part.Value.Value(), part.Name)
			require.NotEmpty(t, part.Note)
		}
	}
	require.Nil(t, s.Value.Value(), "less than half is known")
	require.NotNil(t, s.Reason)
	require.Equal(t, "the page has no words", *ScoreDraft(store.Draft{Language: "en"}, at).Reason)
}

func TestSuggestions(t *testing.T) {
	t.Parallel()
	words := func(n int, word string) [][]string {
		return [][]string{strings.Fields(strings.Repeat(word+" ", n))}
	}
	said := func(p Page) string { return strings.Join(Score(p, at).Suggestions, "\n") }
	long := Page{Language: "en", Sentences: words(4000, "incomprehensibilities"), Keyword: "x", KeywordCount: 900, KeywordWords: 1, Counts: Counts{H1: 2}, PublishedAt: new(at.AddDate(-1, 0, 0))}
	for _, want := range []string{"Shorten it", "shorter sentences", "less often", "Keep one main heading", "Be more concrete", "Bring it up to date"} {
		require.Contains(t, said(long), want)
	}
	short := Page{Language: "en", Sentences: [][]string{{"go", "on"}, {"go", "on"}}, Keyword: "heat pump", KeywordWords: 2, PublishedAt: new(at.AddDate(0, 0, 3))}
	for _, want := range []string{"1496 words more", "say more at a time", "once more", "Give it a main heading"} {
		require.Contains(t, said(short), want)
	}
	for _, part := range Score(short, at).Parts {
		if part.Name == PartFreshness {
			require.Nil(t, part.Value.Value())
			require.Contains(t, part.Note, "future")
		}
	}
	almost := Page{Language: "en", Sentences: words(1499, "word"), PublishedAt: new(at.AddDate(0, 0, -1))}
	require.Contains(t, said(almost), "Write 1 word more")
	require.Equal(t, "it is 1 day old", almost.freshnessPart(at).note)
	for counts, want := range map[Counts]string{
		{H1: 1}:                             "Add subheadings",
		{H1: 1, H2: 5, Lists: 1}:            "as lists",
		{H1: 1, H2: 5, Lists: 2}:            "Add pictures",
		{H1: 1, H2: 5, Lists: 2, Images: 4}: "headings of the third order",
	} {
		require.Contains(t, said(Page{Language: "en", Sentences: words(2000, "word"), Counts: counts}), want)
	}
}

func TestDifficulty(t *testing.T) {
	t.Parallel()
	page := func(score, fresh float64, words int) ScoredPage {
		return ScoredPage{Score: &score, Freshness: &fresh, Words: words, H2: 6, Images: 3}
	}
	few := DifficultyOf([]ScoredPage{page(80, 1, 1000), page(80, 1, 1000), {}}, new(0.5), at)
	require.Nil(t, few.Score.Value.Value())
	require.Equal(t, "2 pages could be scored; it takes 3 at least", *few.Score.Reason)
	require.Nil(t, few.Targets)

	hard := DifficultyOf([]ScoredPage{page(95, 1, 6000), page(95, 1, 6000), page(95, 1, 6000), page(40, 1, 6000), page(95, 1, 6000)}, new(0.9), at)
	value := *hard.Score.Value.Value()
	require.InDelta(t, 100*(0.4*QualityValue(84)+0.3*0.9+0.2*1+0.1*0.8), value, 0.01)
	require.InDelta(t, 6600, *hard.Targets.Words.Value(), 1e-9)
	require.InDelta(t, 7, *hard.Targets.H2.Value(), 1e-9)
	require.InDelta(t, 100, *hard.Targets.Quality.Value(), 1e-9)
	require.Equal(t, RankingTime{9, 12, store.MethodDerived}, *hard.RankingTime)
	var said []string
	for _, r := range hard.Recommendations {
		said = append(said, r.Category+" "+r.Priority)
	}
	require.Equal(t, []string{"quality critical", "content critical", "timing high", "content critical"}, said)

	easy := DifficultyOf([]ScoredPage{page(60, 0.4, 400), page(60, 0.4, 400), page(60, 0.4, 400)}, nil, at)
	require.Less(t, *easy.Score.Value.Value(), 40.)
	require.Len(t, easy.Recommendations, 2)
	undated := DifficultyOf([]ScoredPage{{Score: new(90.)}, {Score: new(90.)}, {Score: new(90.)}}, new(0.8), at)
	require.Equal(t, "quality high", undated.Recommendations[0].Category+" "+undated.Recommendations[0].Priority)
	require.Contains(t, undated.Recommendations[1].Message, "very good", "of pages without words there is nothing to say on how much to write")
	require.Nil(t, undated.Targets.Words.Value())
	require.Nil(t, undated.Targets.H2.Value())
	require.Nil(t, undated.Targets.Images.Value())
	require.InDelta(t, 95, *undated.Targets.Quality.Value(), 1e-9)
	plain := DifficultyOf([]ScoredPage{{Score: new(60.), Words: 800}, {Score: new(60.), Words: 800}, {Score: new(60.), Words: 800}}, nil, at)
	require.Equal(t, "Write about 800 words with 1 subheading and 1 picture.", plain.Recommendations[1].Message)
	require.Equal(t, "Write about 6600 words with 7 subheadings and 4 pictures.", hard.Recommendations[1].Message)
	one := DifficultyOf([]ScoredPage{page(80, 1, 1000), {}}, nil, at)
	require.Equal(t, "1 page could be scored; it takes 3 at least", *one.Score.Reason)
}

func TestOpportunity(t *testing.T) {
	t.Parallel()
	all := OpportunityScore(Opportunity{Difficulty: new(40.), Volume: new(1e4), Gaps: new(3), Intent: "commercial", Trend: "up"}, at)
	require.InDelta(t, 100*(0.3*0.6*0.75+0.25*0.7+0.25+0.2), *all.Value.Value(), 0.01)
	some := OpportunityScore(Opportunity{Difficulty: new(40.), Intent: "navigational"}, at)
	require.InDelta(t, 100*(0.3*0.6+0.25*0.3)/0.55, *some.Value.Value(), 0.01)
	none := OpportunityScore(Opportunity{Trend: "down"}, at)
	require.Nil(t, none.Value.Value())
	require.NotNil(t, none.Reason)
	for _, part := range none.Parts {
		require.NotEmpty(t, part.Note, part.Name)
	}
}
