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
	asked := page{"https://a.example/1", "Stadtbad Mühlroda", "Ein Erwachsener zahlt im Stadtbad 6,50 Euro für zwei Stunden. Das Wasser ist warm.", "de", "2026-05-01"}
	namesake := page{"https://b.example/1", "Ein Jahr Stadtbad in Mühlrode", "Ein Erwachsener zahlt 4,80 Euro am Vormittag. Viele wollten zum Stadtbad nach Mühlroda, das viel größer ist.", "de", "2026-05-01"}
	report := said(t, "Was zahlt ein Erwachsener im Stadtbad Mühlroda?", "de", asked, namesake)
	require.Contains(t, report, "6,50 Euro")
	require.NotContains(t, report, "4,80 Euro")
	require.Contains(t, said(t, "Was zahlt ein Erwachsener im Stadtbad Mühlrode?", "de", asked, namesake), "4,80 Euro")
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
	old := page{"https://a.example/3", "Das Museum in Kelbra", "Wiedereröffnet werden soll das Museum nach dem Plan der Stadt im Oktober 2025.", "de", "2024-02-01"}
	late := page{"https://b.example/3", "Kelbra wartet auf sein Museum", "Das Museum in Kelbra öffnet erst am 12. August 2026 wieder, wie die Stadt mitteilt.", "de", "2026-03-01"}
	report := said(t, "Wann öffnet das Museum in Kelbra wieder?", "de", old, late)
	require.Contains(t, report, "12. August 2026")
	require.NotContains(t, report, "Oktober 2025")
}

// TestAmountsAnswerWhatSomethingCosts: a price answers whatever word it has for costing, and whatever the question calls the present.
func TestAmountsAnswerWhatSomethingCosts(t *testing.T) {
	t.Parallel()
	p := page{"https://a.example/4", "The tower at Hexley", "Grown people hand over £9.50 at the tower, and children £3.", "en", "2026-02-01"}
	require.Contains(t, said(t, "What price do visitors currently pay at the Hexley tower?", "en", p), "£9.50")
}

// TestWhatANumberTellsFromItsLike: what is told of version 9 is no answer about version 6, and does not contradict it.
func TestWhatANumberTellsFromItsLike(t *testing.T) {
	t.Parallel()
	six := page{"https://a.example/6", "Harbour API v201506 sunset reminder", "Harbour API v201506 will be sunset on April 11, 2016, after which all v201506 requests will begin to fail.", "en", "2016-03-15"}
	nine := page{"https://b.example/9", "Harbour API v201509 sunset reminder", "Harbour API v201509 will be sunset on June 21, 2016, after which all v201509 requests will begin to fail.", "en", "2016-05-19"}
	out := run(t, ask("When will the Harbour API v201506 be sunset?", "en"), web(six, nine), &researchtest.Diary{})
	require.Contains(t, sentences(out), "April 11, 2016")
	require.NotContains(t, sentences(out), "June 21, 2016")
	require.Empty(t, out.Disagreements)
	release := page{"https://c.example/5", "Announcing v201605 of the Harbour API", "We announce the release of Harbour API v201605 and its sunset rules.", "en", "2016-05-27"}
	require.Empty(t, said(t, "When is v201605 of the Harbour API sunset?", "en", release), "the number of a version is no date")
	begins := page{"https://d.example/5", "Lindau Lifecycle", "Anfang Mai beginnt die Konferenz Lindau Lifecycle zum ersten Mal.", "de", "2026-02-01"}
	require.Contains(t, said(t, "Wann beginnt die Konferenz Lindau Lifecycle?", "de", begins), "Anfang Mai")
}

// TestLinesThatAreNoStatements: what leads elsewhere, asks, or was cut off answers nothing.
func TestLinesThatAreNoStatements(t *testing.T) {
	t.Parallel()
	p := page{"https://a.example/7", "The ferry to Hexley", "The ferry to Hexley now runs until midnight.\nRelated: Why the ferry to Hexley runs so late\n" +
		"What is the ferry to Hexley? -\nThe ferry to Hexley was built at the yard of [...]\nSiehe auch: Die Fähre nach Hexley, the ferry to Hexley", "en", "2026-02-01"}
	require.Equal(t, "The ferry to Hexley now runs until midnight.", said(t, "What is known of the ferry to Hexley?", "en", p))
}

// TestHeadlinesOfOthersAreNoStatements: a line that is the title of another source leads there.
func TestHeadlinesOfOthersAreNoStatements(t *testing.T) {
	t.Parallel()
	p := page{"https://a.example/12", "Ferry news", "The ferry to Hexley now runs until midnight.\nHexley ferry makes the island glad at last", "en", "2026-02-01"}
	other := page{"https://b.example/12", "Hexley ferry makes the island glad at last", "Many came to the quay.", "en", "2026-02-01"}
	require.NotContains(t, said(t, "What is known of the ferry to Hexley?", "en", p, other), "glad")
}

// TestWhatAGenitiveHasIsNoName: the harbour's fees and the harbour fees are one thing, whoever else is named.
func TestWhatAGenitiveHasIsNoName(t *testing.T) {
	t.Parallel()
	p := page{"https://a.example/8", "Calder State of the Island address", "Anna Calder promised the ferry crews more money in her State of the Island address.", "en", "2026-02-01"}
	require.Contains(t, said(t, "What happened at Calder's State of the Island address?", "en", p), "more money")
}

// TestWordsOfAsking: by what words a question asks what there is to tell does not matter.
func TestWordsOfAsking(t *testing.T) {
	t.Parallel()
	project := page{"https://a.example/9", "Ungewisse Zukunft des Kelbrawerks", "Daniel Schlicht hat sich von der Entwicklung verabschiedet. Die Anpassungen würden ihn zu viel Zeit kosten.", "de", "2026-02-01"}
	require.Contains(t, said(t, "Was ändert sich beim Kelbrawerk?", "de", project), "verabschiedet")
	fair := page{"https://a.example/10", "Buchmesse Kelbra", "Die Buchmesse Kelbra beginnt in diesem Jahr am 4. Mai.", "de", "2026-02-01"}
	require.Contains(t, said(t, "Wann findet die Buchmesse Kelbra statt?", "de", fair), "4. Mai")
}

// TestSentencesLeanOnThoseBefore: what a source says comes in its own order, whichever sentence answers best.
func TestSentencesLeanOnThoseBefore(t *testing.T) {
	t.Parallel()
	text := "Das Kelbrawerk in Lindau hat den Leiter Daniel Schlicht verabschiedet.\nEr hatte am Kelbrawerk das neue Turbinenhaus gebaut."
	p := page{"https://a.example/11", "Abschied", text, "de", "2026-02-01"}
	require.Equal(t, text, said(t, "Was geschieht mit dem Turbinenhaus am Kelbrawerk in Lindau?", "de", p))
}

// TestTitlesNameTheNamesake: under a title that names another place, a sentence that names none speaks of that.
func TestTitlesNameTheNamesake(t *testing.T) {
	t.Parallel()
	text := "Seit Silvester zählt die Säule jedes Fahrrad, zuletzt 900 am Tag. Mit Neustadt an der Erle mag man sich nicht vergleichen."
	p := page{"https://a.example/13", "Neustadt (Brese) zählt Räder", text, "de", "2026-02-01"}
	require.NotContains(t, said(t, "Wie viele Fahrräder zählt Neustadt an der Erle am Tag?", "de", p), "900")
	require.Contains(t, said(t, "Wie viele Fahrräder zählt Neustadt (Brese) am Tag?", "de", p), "900")
}

// TestWhatIsAskedInParticular: an amount is no time, and what answers nothing of what is asked does not pad an answer.
func TestWhatIsAskedInParticular(t *testing.T) {
	t.Parallel()
	plant := page{"https://a.example/14", "The Voltar plant in Eldry", "The Voltar plant in Eldry will open for $1.2 billion of the county. The mayor of Eldry likes the plant.", "en", "2026-02-01"}
	require.Empty(t, said(t, "When will the Voltar plant in Eldry open?", "en", plant), "no source says when")
	dated := page{"https://b.example/14", "Voltar", "The Voltar plant in Eldry will open in 2029.", "en", "2026-02-01"}
	answer := said(t, "When will the Voltar plant in Eldry open?", "en", plant, dated)
	require.Contains(t, answer, "2029")
	require.NotContains(t, answer, "mayor")
}
