package collect

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
)

func tokenTexts(list []token) []string {
	var all []string
	for _, t := range list {
		all = append(all, t.text)
	}
	return all
}

func TestTokens(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                 "",
		"Don't panic, L'Été!":              "don t panic l été",
		"1,200.50 or 3.5% at 10:30.":       "1,200.50 or 3.5 at 10:30",
		"ﬁne ＦＵＬＬ wídth":                   "fine full wídth",
		"C3PO v3.9.0":                      "c3po v3 9.0",
		"東京タワー":                            "東京 京タ タワ ワー",
		"東 x":                              "東 x",
		"日本の5つ":                            "日本 本の 5 つ",
		"한국어 단어":                           "한국어 단어",
		"e\u0301te\u0301":                  "été",
		"a\x00b\u200bc <script>alert(1)//": "a b c script alert 1",
	} {
		require.Equal(t, strings.Fields(want), append([]string{}, tokenTexts(tokens(text))...), text)
	}
	list := tokens("One Two. Three four: Five")
	require.True(t, list[0].first && !list[1].first && list[2].first && list[4].first)
	require.True(t, list[1].capital && !list[3].capital)
	require.Len(t, tokens(strings.Repeat("word ", 2*maxCompared)), maxCompared)
	require.Len(t, tokens(strings.Repeat("東", 2*maxCompared)), maxCompared)
}

func TestSketch(t *testing.T) {
	t.Parallel()
	sketch := func(title, text string) []int64 {
		return Prepare(store.PendingDocument{Title: title, Text: text, ContentHash: title + text}).Sketch
	}
	shared := func(a, b []int64) int {
		n := 0
		for _, x := range a {
			for _, y := range b {
				if x == y {
					n++
				}
			}
		}
		return n
	}
	long := readLabelled(t)[0].Text
	for _, l := range readLabelled(t) {
		if len(tokens(l.Text)) > 200 {
			long = l.Text
		}
	}
	whole := sketch("T", long)
	require.Len(t, whole, sketchSize+1)
	words := strings.Fields(long)
	third := sketch("T", strings.Join(words[len(words)/3:2*len(words)/3], " "))
	require.Greater(t, shared(whole, third), 2, "a third of a text shares about a third of its sketch")
	require.Less(t, shared(whole, third), 20)

	require.Empty(t, sketch("", ""))
	require.Empty(t, sketch("Open thread", ""))
	require.NotNil(t, sketch("", ""), "the database knows no nil")
	require.NotEmpty(t, sketch("A title with enough words in it", ""))
	for _, lengths := range [][2]int{{20, 23}, {23, 25}, {30, 45}, {38, 41}, {39, 60}} {
		a, b := sketch("One title of more", strings.Join(words[:lengths[0]], " ")), sketch("One title of more", strings.Join(words[:lengths[1]], " "))
		require.Greater(t, shared(a, b), 1, "texts of %v words meet", lengths)
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	document := func(title, text, address string, at time.Time) store.PendingDocument {
		return store.PendingDocument{ID: uuid.New(), Title: title, Text: text, URL: address, ContentHash: store.ContentHash(title, known(text)), HappenedAt: at, Language: "en"}
	}
	const flood = "The river rose to 7 metres in the night and 120 families left their homes, the mayor said. Helpers filled sandbags at the old bridge, " +
		"and the school gym took in whoever had no other place to sleep. The weather service expects the rain to end before the weekend begins."
	for name, tc := range map[string]struct {
		a, b store.PendingDocument
		kind string
	}{
		"the same":                {document("Flood", flood, "https://a.example/1", at), document("Flood", flood, "https://b.example/1", at.AddDate(1, 0, 0)), "exact"},
		"another title":           {document("Flood", flood, "https://a.example/1", at), document("Überschwemmung am Fluss", flood, "https://b.example/1", at), "near"},
		"an update":               {document("Flood: 120 flee", flood, "https://a.example/1", at), document("Flood: 180 flee", strings.Replace(flood, "120", "180", 1), "https://b.example/1", at.Add(3*time.Hour)), "near"},
		"an update at the source": {document("Flood: 120 flee", flood, "https://a.example/1", at), document("Flood: 180 flee", strings.Replace(flood, "120", "180", 1), "https://a.example/2", at.Add(3*time.Hour)), "near"},
		"the next of a series":    {document("Flood: 120 flee", flood, "https://a.example/1", at), document("Flood: 180 flee", strings.Replace(flood, "120", "180", 1), "https://a.example/2", at.Add(24*time.Hour)), ""},
		"nothing in common":       {document("Flood", flood, "https://a.example/1", at), document("Bread", strings.Repeat("A bakery won a prize for its rye bread today. ", 5), "https://b.example/1", at), ""},
		"a title alone":           {document("The river rose to 7 metres in the night", "", "https://a.example/1", at), document("The river rose to 7 metres in the night", "", "https://b.example/1", at.Add(time.Hour)), "exact"},
		"a title much later":      {document("The river rose to 7 metres in the night", "", "https://a.example/1", at), document("The river rose to 7 metres in the night", "", "https://b.example/1", at.Add(200*time.Hour)), ""},
		"a title that returns":    {document("Weather", "", "https://a.example/1", at), document("Weather", "", "https://b.example/1", at.Add(time.Hour)), ""},
		"two empty documents":     {document("", "", "https://a.example/1", at), document("", "", "https://b.example/1", at), ""},
		"a title and an article":  {document("The river rose to 7 metres in the night", "", "https://a.example/1", at), document("The river rose to 7 metres in the night", flood, "https://b.example/1", at), ""},
		"short with other number": {document("Storm", "The storm killed 5 people in the old town of Gera", "https://a.example/1", at), document("Storm", "The storm killed 6 people in the old town of Gera", "https://b.example/1", at), ""},
		"short and the same":      {document("Storm", "The storm killed 5 people in the old town of Gera", "https://a.example/1", at), document("Storm", "The storm killed 5 people in the old town of Gera. More", "https://b.example/1", at), "near"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := Prepare(tc.a), Prepare(tc.b)
			match := Compare(&a, &b)
			require.Equal(t, tc.kind, match.Kind, "%+v", match)
			require.Equal(t, match, Compare(&b, &a), "it does not matter which one came first")
		})
	}
}

func TestPublisher(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://www.news.example.co.uk/a": "example.co.uk", "https://Heise.DE/x": "heise.de", "http://127.0.0.1:80/x": "127.0.0.1",
		"http://localhost/": "localhost", "not an address": "origin", "%zz": "origin", "": "origin",
	} {
		require.Equal(t, want, publisher(address, "origin"), address)
	}
}

func FuzzProcess(f *testing.F) {
	for _, l := range readStories(f)[:8] {
		f.Add(l.Title, l.Text, l.Text+" 東京 1.200,5 %", l.Language)
	}
	f.Fuzz(func(t *testing.T, title, text, other, language string) {
		a := store.PendingDocument{ID: uuid.New(), Title: title, Text: text, ContentHash: "a", Language: language}
		b := store.PendingDocument{ID: uuid.New(), Title: title, Text: other, ContentHash: "b", Language: language}
		p, q := Prepare(a), Prepare(b)
		match := Compare(&p, &q)
		require.GreaterOrEqual(t, match.Similarity, 0.0)
		require.LessOrEqual(t, match.Similarity, 1.0)
		bond, _ := SameEvent(&p, &q, func(int64) ([]int64, bool) { return nil, false })
		require.GreaterOrEqual(t, bond.Similarity, 0.0)
		require.LessOrEqual(t, bond.Similarity, 1.0+1e-9)
		for _, d := range Disagreements([]store.PendingDocument{a, b}) {
			require.Len(t, d.Claims, 2)
		}
	})
}
