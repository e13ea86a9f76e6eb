package annotate

import (
	"bufio"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
)

// published is the day of publication in these tests.
var published = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

var label = regexp.MustCompile(`\[([a-z]+) ([^=\]]+)(?:=([^\]]+))?\]`)

// labelled are the paragraphs of the labelled set, and what each names.
func labelled(t testing.TB) (languages, texts []string, named [][]string) {
	t.Helper()
	f, err := os.Open("testdata/entities.txt")
	require.NoError(t, err)
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		language, paragraph, ok := strings.Cut(lines.Text(), ": ")
		if !ok || language[0] == '#' {
			continue
		}
		var own []string
		for _, m := range label.FindAllStringSubmatch(paragraph, -1) {
			own = append(own, strings.TrimSpace(m[1]+" "+m[2]+" "+m[3]))
		}
		languages, texts, named = append(languages, language), append(texts, label.ReplaceAllString(paragraph, "$2")), append(named, own)
	}
	require.NoError(t, lines.Err())
	return languages, texts, named
}

// described is an entity as the labelled set writes it.
func described(e store.Entity) string {
	value := ""
	switch {
	case e.Value != nil:
		value = strconv.FormatFloat(*e.Value, 'f', -1, 64) + " " + *e.Unit
	case e.Date != nil:
		value = *e.Date
	case e.Country != nil:
		value = *e.Country
	}
	return strings.TrimSpace(e.Kind + " " + e.Text + " " + value)
}

func TestEntitiesPrecisionAndRecall(t *testing.T) {
	t.Parallel()
	languages, texts, named := labelled(t)
	require.GreaterOrEqual(t, len(texts), 40)
	type tally struct{ right, wrong, missed int }
	counts := map[string]*tally{"all": {}}
	kinds := []string{Person, Organisation, Place, Product, Date, Amount}
	for _, kind := range kinds {
		counts[kind] = &tally{}
	}
	for i, text := range texts {
		_, found := Annotate("", text, languages[i], &published)
		want := map[string]bool{}
		for _, n := range named[i] {
			want[n] = true
		}
		for _, e := range found {
			d := described(e)
			c := counts[e.Kind]
			if want[d] {
				c.right++
				delete(want, d)
				continue
			}
			c.wrong++
			t.Logf("%s: invented %s", languages[i], d)
		}
		for n := range want {
			kind, _, _ := strings.Cut(n, " ")
			counts[kind].missed++
			t.Logf("%s: missed %s", languages[i], n)
		}
	}
	for _, kind := range kinds {
		c := counts[kind]
		counts["all"].right, counts["all"].wrong, counts["all"].missed = counts["all"].right+c.right, counts["all"].wrong+c.wrong, counts["all"].missed+c.missed
	}
	for _, kind := range append(kinds, "all") {
		c := counts[kind]
		precision := float64(c.right) / float64(c.right+c.wrong)
		t.Logf("%-12s precision %.3f, recall %.3f (%d of %d)", kind, precision, float64(c.right)/float64(c.right+c.missed), c.right, c.right+c.missed)
		require.GreaterOrEqual(t, precision, 0.9, kind)
		require.GreaterOrEqual(t, float64(c.right)/float64(c.right+c.missed), 0.8, kind)
	}
}
