package research_test

import (
	"strings"
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

// TestWhichClub: the answer to which one it is names it, and is of whom the question names, in whatever words.
func TestWhichClub(t *testing.T) {
	t.Parallel()
	window := page{"https://a.example/w", "The window: every deal", "Striker Callum Ferris left Eastmoor Rovers for Dunhaven Athletic, signing for three years. Defender Callum Farris, no relation, moved to Pennick Town on a free. Winger Kofi Brandt turned down Pennick Town to stay at Stonecliffe United.", "en", "2026-09-02"}
	ferris := said(t, "Which club did Callum Ferris join?", "en", window)
	require.Contains(t, ferris, "Dunhaven Athletic")
	require.NotContains(t, ferris, "Pennick Town")
	farris := said(t, "Which club did Callum Farris join?", "en", window)
	require.Contains(t, farris, "Pennick Town on a free")
	require.NotContains(t, farris, "Dunhaven")
	german := page{"https://b.example/w", "Wechselbörse der Oberliga", "Kreisläufer Malte Hinrichs verlässt den TV Solvenau und spielt künftig für die HSG Brandteich. Torhüter Ole Hinrichs schließt sich dem SV Eichwerder an.", "de", "2026-08-03"}
	hinrichs := said(t, "Zu welchem Verein wechselt Malte Hinrichs?", "de", german)
	require.Contains(t, hinrichs, "HSG Brandteich")
	require.NotContains(t, hinrichs, "Eichwerder")
	unnamed := page{"https://c.example/w", "Leck bei Kursbuch", "Ein Sicherheitsforscher hatte das Datenleck bei Kursbuch im September entdeckt und gemeldet.", "de", "2026-09-28"}
	require.Empty(t, said(t, "Wie heißt der Sicherheitsforscher, der das Datenleck bei Kursbuch entdeckte?", "de", unnamed), "no sentence names anybody")
}

// TestReactions: what somebody said to something is told by sentences about them, not about others.
func TestReactions(t *testing.T) {
	t.Parallel()
	sale := page{"https://a.example/s", "Council sells the port of Kestrel Bay", "The Liberals condemned the sale of the port and would go to court. The Conservatives welcomed the sale of the port of Kestrel Bay, saying that it would pay for schools. The sale of the port of Kestrel Bay brings £64 million to the town.", "en", "2026-10-14"}
	liberals := said(t, "How did the Liberals react to the sale of the port of Kestrel Bay?", "en", sale)
	require.Contains(t, liberals, "condemned")
	require.NotContains(t, liberals, "Conservatives")
	clinic := page{"https://b.example/s", "Lindenau verliert seine Geburtshilfe", "Der Hebammenverband nannte den Schritt einen schweren Schlag für die Region. Landrat Jost Reimers hat dagegen Verständnis für die Schließung der Geburtshilfe.", "de", "2026-03-11"}
	midwives := said(t, "Wie reagierte der Hebammenverband auf die Schließung der Geburtshilfe in Lindenau?", "de", clinic)
	require.Contains(t, midwives, "schweren Schlag")
	require.NotContains(t, midwives, "Landrat")
}

// TestOneIsANumber: a single one answers how many there are, where it is one of what is asked for.
func TestOneIsANumber(t *testing.T) {
	t.Parallel()
	board := page{"https://a.example/o", "The port of Kestrel Bay", "One person will be appointed to the board of the port by the town. The board of the port meets in the old customs house each month.", "en", "2026-11-10"}
	report := said(t, "How many people will the town appoint to the board of the port?", "en", board)
	require.Equal(t, "One person will be appointed to the board of the port by the town.", report)
	plans := page{"https://b.example/o", "Klinik in Lindenau", "Eine Person kümmert sich allein um die Dienstpläne. Eine Klinik braucht gute Dienstpläne, sagt der Verbund in Lindenau.", "de", "2026-05-22"}
	report = said(t, "Wie viele Personen kümmern sich in der Klinik um die Dienstpläne?", "de", plans)
	require.Equal(t, "Eine Person kümmert sich allein um die Dienstpläne.", report)
}

// TestWhatIsOnlyMeantToBe weighs less than what is.
func TestWhatIsOnlyMeantToBe(t *testing.T) {
	t.Parallel()
	plan := page{"https://a.example/p", "Querlingen plant", "Der MTV Querlingen will zur neuen Saison 1.400 Dauerkarten verkaufen.", "de", "2026-06-19"}
	fact := page{"https://b.example/p", "Saisonstart in Querlingen", "Der MTV Querlingen hat vor dem ersten Spiel genau 1.620 Dauerkarten verkauft, so viele wie nie.", "de", "2026-09-07"}
	require.True(t, strings.HasPrefix(said(t, "Wie viele Dauerkarten hat der MTV Querlingen verkauft?", "de", plan, fact), "Der MTV Querlingen hat vor"))
}

// TestHeadlinesAskNothing: a headline with the word for when asks for no date.
func TestHeadlinesAskNothing(t *testing.T) {
	t.Parallel()
	p := page{"https://a.example/h", "The night when Lindau can applaud itself", "It was so heart-warming to hear about the love of Lindau and its dream. The mayor was pleased with what he heard from the balcony.", "en", "2018-01-30"}
	require.Contains(t, said(t, "The night when Lindau can applaud itself", "en", p), "heart-warming")
	require.Empty(t, said(t, "When can Lindau applaud itself", "en", p), "a question without its mark asks all the same")
}
