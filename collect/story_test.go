package collect

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
)

func readStories(t testing.TB) []labelled {
	t.Helper()
	f, err := os.Open("testdata/stories.jsonl")
	require.NoError(t, err)
	defer func() { _ = f.Close() }()
	var list []labelled
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var l labelled
		require.NoError(t, json.Unmarshal(lines.Bytes(), &l))
		list = append(list, l)
	}
	return list
}

// The documents of the labelled stories stand among all of the captures, in the same days.
func TestStoriesPrecisionAndRecall(t *testing.T) {
	t.Parallel()
	list := readStories(t)
	slices.SortStableFunc(list, func(a, b labelled) int { return a.At.Compare(b.At) })
	first := list[0].At
	for i, l := range readLabelled(t) {
		if l.Edit == "original" {
			l.At = first.Add(time.Duration(i%140) * time.Hour)
			list = append(list, l)
		}
	}
	texts := make([]Text, len(list))
	story := make([]int, len(list))
	found := index{}
	for i, l := range list {
		story[i] = -1
		texts[i] = Prepare(l.pending(i))
		holders := func(term int64) ([]int64, bool) {
			near := slices.DeleteFunc(slices.Clone(found[term]), func(j int64) bool { return list[j].At.Sub(l.At).Abs() > StorySpan })
			return near, len(near) > CommonTerm
		}
		best, similarity := -1, 0.0
		for _, c := range StoryCandidates(&texts[i], holders) {
			bond, same := SameEvent(&texts[i], &texts[c.Seq], holders)
			if l.Edit == "" && list[c.Seq].Group == l.Group && !same {
				t.Logf("apart %.2f %q | %q %v", bond.Similarity, l.Title, list[c.Seq].Title, bond.Terms)
			}
			if same && texts[c.Seq].Source != texts[i].Source && bond.Similarity > similarity {
				best, similarity = int(c.Seq), bond.Similarity
			}
		}
		if best >= 0 {
			if story[best] < 0 {
				story[best] = best
			}
			story[i] = story[best]
			if list[best].Group != l.Group {
				t.Logf("wrong %.2f %q | %q", similarity, l.Title, list[best].Title)
			}
		}
		for _, term := range texts[i].Terms {
			found[term] = append(found[term], int64(i))
		}
	}
	var right, falsely, missed int
	for i := range list {
		for j := range i {
			same := list[i].Group == list[j].Group && list[i].Edit == "" && list[i].Language == list[j].Language
			joined := story[i] >= 0 && story[i] == story[j]
			switch {
			case same && joined:
				right++
			case joined && list[i].Group != list[j].Group:
				falsely++
			case same:
				missed++
				t.Logf("missed %q | %q", list[i].Title, list[j].Title)
			}
		}
	}
	precision, recall := share(right, right+falsely), share(right, right+missed)
	t.Logf("%d documents, %d pairs of one event and language; precision %.4f, recall %.4f", len(list), right+missed, precision, recall)
	require.GreaterOrEqual(t, precision, 0.95)
	require.GreaterOrEqual(t, recall, 0.95)
}

func TestSameEvent(t *testing.T) {
	t.Parallel()
	list := readStories(t)
	a, b := Prepare(list[0].pending(0)), Prepare(list[1].pending(1))
	require.Equal(t, list[0].Group, list[1].Group)
	nobody := func(int64) ([]int64, bool) { return nil, false }
	everybody := func(int64) ([]int64, bool) { return nil, true }
	one := func(int64) ([]int64, bool) { return []int64{1}, false }
	bond, same := SameEvent(&a, &b, nobody)
	require.True(t, same)
	require.Contains(t, bond.Terms, "Kiel")
	_, same = SameEvent(&a, &b, everybody)
	require.False(t, same, "terms that all have join nobody")
	require.Empty(t, StoryCandidates(&a, everybody))
	require.Equal(t, []int64{1}, []int64{StoryCandidates(&a, one)[0].Seq})
	later := b
	later.At = a.At.Add(StorySpan + time.Second)
	_, same = SameEvent(&a, &later, nobody)
	require.False(t, same, "it is another time")
	empty := Prepare(store.PendingDocument{HappenedAt: a.At})
	for _, pair := range [][2]*Text{{&a, &empty}, {&empty, &a}, {&empty, &empty}} {
		_, same = SameEvent(pair[0], pair[1], nobody)
		require.False(t, same)
	}
}

func TestDisagreementsOfStories(t *testing.T) {
	t.Parallel()
	groups := map[string][]store.PendingDocument{}
	for i, l := range readStories(t) {
		groups[l.Group] = append(groups[l.Group], l.pending(i))
	}
	var told []string
	for group, documents := range groups {
		byID := map[uuid.UUID]store.PendingDocument{}
		for _, d := range documents {
			byID[d.ID] = d
		}
		for _, d := range Disagreements(documents) {
			told = append(told, fmt.Sprintf("%s %s (%s): %s | %s", group, d.Kind, d.Subject, d.Claims[0].Value, d.Claims[1].Value))
			require.Len(t, d.Claims, 2)
			for _, c := range d.Claims {
				source := byID[c.DocumentID].Title + "\n" + byID[c.DocumentID].Text
				require.Contains(t, source, c.Quote, "a quote is what the document says")
				require.Contains(t, c.Quote, c.Value)
			}
		}
	}
	slices.Sort(told)
	require.Equal(t, []string{
		"election number (percent: ibope silva leads): 34 percent | 36 percent",
		"kiel number (EUR: schaden schätzt polizei): 6 Millionen Euro | 4 Millionen Euro",
		"kiel number (fire injured workers evening brigade): 12 | 15",
		"merger date (deal expected close): March 2027 | June 2027",
		"merger number (USD: alphatec buy betasoft): $2.4 billion | $2.6 billion",
		"otters date (animals seen): 12 November | 14 November",
		"otters name (biologist university basel called sensation): Maria Keller | Anna Frei",
	}, told)
}

func TestDisagreements(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		language, a, b string
		told           string
	}{
		"another number":            {"en", "The plant employs 320 people in Gera.", "The plant employs 350 people in Gera.", "number 320 350"},
		"the same, written out":     {"en", "The storm killed 5 people in Gera.", "The storm killed five people in Gera.", ""},
		"rounded":                   {"en", "The plant cost 1.2 million euros to build.", "The plant cost 1,187,000 euros to build.", ""},
		"rounded in thousands":      {"en", "Some 12,000 fans came to the stadium.", "Some 12,430 fans came to the stadium.", ""},
		"further than rounding":     {"en", "The plant cost 1.2 million euros to build.", "The plant cost 1,387,000 euros to build.", "number 1.2 million euros 1,387,000 euros"},
		"points and commas":         {"de", "Das Werk kostete 1.200,50 Euro im Monat.", "Das Werk kostete 1200,50 Euro im Monat.", ""},
		"a scale in German":         {"de", "Das Werk kostete 3 Milliarden Euro im Bau.", "Das Werk kostete 4 Mrd. Euro im Bau.", "number 3 Milliarden Euro 4 Mrd. Euro"},
		"billion in German":         {"de", "Das Land schuldet 2 Billionen Euro im Ausland.", "Das Land schuldet 2000 Milliarden Euro im Ausland.", ""},
		"an unknown language":       {"und", "Die Stadt zahlt 1.200 Euro für die Brücke.", "Die Stadt zahlt 1.300 Euro für die Brücke.", ""},
		"other units":               {"en", "The bridge is 320 metres long, builders said.", "The bridge is 1050 feet long, builders said.", ""},
		"two numbers of one unit":   {"en", "Of 40 people on board 12 people died.", "Of 40 people on board 14 people died.", ""},
		"metres or millions":        {"en", "The mast is 40 m high, builders said.", "The mast is 45 m high, builders said.", ""},
		"money in millions":         {"en", "The mast cost the city $40m to build.", "The mast cost the city $45m to build.", "number $40m $45m"},
		"other things":              {"en", "The plant employs 320 people in Gera.", "The court sentenced 350 people to fines.", ""},
		"another day":               {"en", "The bridge will open on Monday, builders said.", "The bridge will open on Tuesday, builders said.", "date Monday Tuesday"},
		"a day and its date":        {"en", "The bridge will open on Monday, 23 November, builders said.", "The bridge will open on 23 November 2026, builders said.", ""},
		"a year":                    {"en", "The bridge opened on March 3, 2019 to traffic.", "The bridge opened on March 3, 2018 to traffic.", "date March 3, 2019 March 3, 2018"},
		"an ISO date":               {"en", "The bridge opened on 2019-03-03 to heavy traffic.", "The bridge opened on 2019-04-03 to heavy traffic.", "date 2019-03-03 2019-04-03"},
		"no month":                  {"en", "A 40 margin remained between both teams there.", "A 41 margin remained between both teams there.", "number 40 41"},
		"a longer name":             {"en", "Yesterday the chancellor Angela Merkel opened the new bridge.", "Yesterday the chancellor Merkel opened the new bridge.", ""},
		"another name":              {"en", "Yesterday the chancellor Merkel opened the new bridge.", "Yesterday the chancellor Schmidt opened the new bridge.", "name Merkel Schmidt"},
		"a German noun is no name":  {"de", "Gestern eröffnete die Kanzlerin feierlich neue Brücken.", "Gestern eröffnete die Kanzlerin feierlich neue Häuser.", ""},
		"too long to quote":         {"en", "The plant employs 320 people in " + strings.Repeat("very ", 100) + "Gera.", "The plant employs 350 people in " + strings.Repeat("very ", 100) + "Gera.", ""},
		"abbreviations do not part": {"en", "On 3. May Dr. Miller of the firm hired 30 nurses.", "On 3. May Dr. Miller of the firm hired 40 nurses.", "number 30 40"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := store.PendingDocument{ID: uuid.New(), Title: "A title", Text: tc.a, Language: tc.language}
			b := store.PendingDocument{ID: uuid.New(), Title: "Another one", Text: tc.b, Language: tc.language}
			var told []string
			for _, d := range Disagreements([]store.PendingDocument{a, b}) {
				told = append(told, d.Kind+" "+d.Claims[0].Value+" "+d.Claims[1].Value)
				require.Equal(t, []uuid.UUID{a.ID, b.ID}, []uuid.UUID{d.Claims[0].DocumentID, d.Claims[1].DocumentID})
			}
			require.Equal(t, tc.told, strings.Join(told, "; "))
		})
	}
}

func TestDisagreementsAreBounded(t *testing.T) {
	t.Parallel()
	var documents []store.PendingDocument
	for i := range 50 {
		documents = append(documents, store.PendingDocument{
			ID: uuid.New(), Title: "Counting", Language: "en",
			Text: strings.Repeat(fmt.Sprintf("The plant employs %d people in Gera. ", 100+i), 200),
		})
	}
	require.Len(t, Disagreements(documents), maxDisagreements)
	require.Empty(t, Disagreements(nil))
}

// BenchmarkDisagreements compares a story of as many documents as are ever compared.
func BenchmarkDisagreements(b *testing.B) {
	list := readLabelled(b)
	var documents []store.PendingDocument
	for i := range 50 {
		documents = append(documents, list[i].pending(i))
	}
	for b.Loop() {
		Disagreements(documents)
	}
}
