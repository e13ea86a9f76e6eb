package research_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/research/researchtest"
)

// said is what a report of the sources' own sentences states of a question.
func said(t *testing.T, question, language string, pages ...page) string {
	t.Helper()
	return sentences(run(t, ask(question, language), web(pages...), &researchtest.Diary{}))
}

// TestNamesakesByOneLetter: what is told of a name that one letter tells apart is no answer.
func TestNamesakesByOneLetter(t *testing.T) {
	t.Parallel()
	asked := page{"https://a.example/1", "The Marrowick bridge", "The bridge at Marrowick is 412 metres long and was painted green. It carries two lanes.", "en", "2026-05-01"}
	namesake := page{"https://b.example/1", "The Marrowack bridge", "The bridge at Marrowack is 268 metres long and carries trains. The long bridge was painted red.", "en", "2026-05-01"}
	report := said(t, "How long is the bridge at Marrowick?", "en", asked, namesake)
	require.Contains(t, report, "412 metres")
	require.NotContains(t, report, "268")
	require.Contains(t, said(t, "How long is the bridge at Marrowack?", "en", asked, namesake), "268 metres")
}

// TestCountsAreNoMoney: an amount of money does not tell how many there are of something.
func TestCountsAreNoMoney(t *testing.T) {
	t.Parallel()
	fine := page{"https://a.example/2", "Fines of the harbour office", "The harbour office may fine skippers up to 900 crowns or four per cent of the freight.", "en", "2026-05-01"}
	require.Empty(t, said(t, "How many skippers did the harbour office fine?", "en", fine))
	count := page{"https://b.example/2", "The harbour office counts", "The harbour office did fine 31 skippers in the spring of the year.", "en", "2026-05-01"}
	require.Contains(t, said(t, "How many skippers did the harbour office fine?", "en", fine, count), "31 skippers")
}

// TestNewerDatesOvertake: of the dates that sources name for one thing, the newest source's stands.
func TestNewerDatesOvertake(t *testing.T) {
	t.Parallel()
	old := page{"https://a.example/3", "Das Museum in Kelbra", "Das Museum in Kelbra öffnet nach dem Umbau am 3. Mai 2025 wieder.", "de", "2024-02-01"}
	late := page{"https://b.example/3", "Kelbra wartet auf sein Museum", "Das Museum in Kelbra öffnet erst am 12. August 2026 wieder, wie die Stadt mitteilt.", "de", "2026-03-01"}
	report := said(t, "Wann öffnet das Museum in Kelbra wieder?", "de", old, late)
	require.Contains(t, report, "12. August 2026")
	require.NotContains(t, report, "3. Mai 2025")
}

// TestAmountsAnswerWhatSomethingCosts: a price answers whatever word it has for costing, and whatever the question calls the present.
func TestAmountsAnswerWhatSomethingCosts(t *testing.T) {
	t.Parallel()
	p := page{"https://a.example/4", "Das Museum in Kelbra", "Das Museum in Kelbra ist freundlich und hell. Erwachsene geben im Museum an der Kasse 7,50 Euro ab.", "de", "2026-02-01"}
	require.Contains(t, said(t, "Wie viel zahlen Erwachsene heute im Museum?", "de", p), "7,50 Euro")
}
