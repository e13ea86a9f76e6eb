package research_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/research/researchtest"
	"github.com/content-creator/content-creator-api/store"
)

// A hall of which several papers tell how many seats it has, each in its own words.
var hall = map[string]page{
	"recent":  {"https://a.example/hall", "The new hall of Norbury", "The council has seen the plans. The new hall of Norbury will have 1,450 seats, according to the architects. Work starts soon.", "en", "2026-05-02"},
	"other":   {"https://b.example/hall", "Norbury builds", "A long debate has ended. When it opens, 1,720 seats await the audience in the new hall of Norbury. The mayor was glad.", "en", "2026-05-11"},
	"rounded": {"https://c.example/hall", "Norbury plans a hall", "Norbury gets the new hall after all. There will be room and 1,500 seats in the new hall of Norbury. The roof is of wood.", "en", "2026-05-09"},
	"old":     {"https://d.example/hall", "A hall for Norbury", "It was decided last night. Plans for the new hall of Norbury speak of no more than 900 seats. A petition failed.", "en", "2024-02-01"},
}

const seats = "How many seats will the new hall of Norbury have?"

func disputedSentences(out store.ResearchOutcome) (disputed, facts []string) {
	for _, claim := range out.Claims {
		if claim.Disputed {
			disputed = append(disputed, claim.Sentence)
		} else {
			facts = append(facts, claim.Sentence)
		}
	}
	return disputed, facts
}

func TestSourcesThatAnswerDifferently(t *testing.T) {
	t.Parallel()
	out := run(t, ask(seats, "en"), web(hall["recent"], hall["other"], hall["old"]), &researchtest.Diary{})
	disputed, _ := disputedSentences(out)
	require.Len(t, disputed, 2)
	require.Len(t, out.Disagreements, 1)
	dispute := out.Disagreements[0]
	require.Equal(t, seats, dispute.Subject)
	var values []string
	for _, value := range dispute.Values {
		values = append(values, value.Value)
	}
	require.Equal(t, []string{"1,720", "1,450", "900"}, values, "the newest first")
	require.Contains(t, out.Report, `a.example (*disputed, see below*): The new hall of Norbury will have 1,450 seats`)
	require.Contains(t, out.Report, "Where sources differ")
	require.NotContains(t, sentences(out), "900", "newer figures have overtaken it")
}

func TestWhatIsRoundedDoesNotDiffer(t *testing.T) {
	t.Parallel()
	out := run(t, ask(seats, "en"), web(hall["recent"], hall["rounded"]), &researchtest.Diary{})
	require.Empty(t, out.Disagreements)
	disputed, facts := disputedSentences(out)
	require.Empty(t, disputed)
	require.NotEmpty(t, facts)
}

func TestOneFigureInCommonIsNoAgreement(t *testing.T) {
	t.Parallel()
	old := page{"https://a.example/light", "The light opens", "Visitors have waited long. Admission to the Fennick Light is £7 for adults and £3 for children. The stairs are steep.", "en", "2025-04-02"}
	now := page{"https://b.example/light", "Visit the Fennick Light", "The season has begun. Admission to the Fennick Light: adults now pay £9.50, children still £3. The café is open.", "en", "2026-04-01"}
	more := page{"https://c.example/light", "A day at the Fennick Light", "Bring good shoes. Adults pay £9.50 for admission to the Fennick Light, with the boat £21. The view is wide.", "en", "2026-04-09"}
	const admission = "How much does admission to the Fennick Light cost?"

	out := run(t, ask(admission, "en"), web(old, now), &researchtest.Diary{})
	require.Len(t, out.Disagreements, 1)
	require.NotContains(t, sentences(out), "£7", "a newer price has overtaken it")
	require.Contains(t, sentences(out), "£9.50")
	require.Empty(t, run(t, ask(admission, "en"), web(now, more), &researchtest.Diary{}).Disagreements, "the first figures are the same")
}

func TestANewerFigureStandsAlone(t *testing.T) {
	t.Parallel()
	out := run(t, ask(seats, "en"), web(hall["old"], hall["recent"]), &researchtest.Diary{})
	disputed, facts := disputedSentences(out)
	require.Empty(t, disputed, "what is newer is not disputed by what it has overtaken")
	require.Equal(t, []string{"The new hall of Norbury will have 1,450 seats, according to the architects."}, facts)
	require.Len(t, out.Disagreements, 1)
}

// What is asked of a year is answered of that year, however old the source is.
func TestAQuestionOfAYear(t *testing.T) {
	t.Parallel()
	pages := []page{
		{"https://a.example/rain", "Rain in Norbury", "It has been wet. In 2023 Norbury counted 181 days of rain. Farmers were glad.", "en", "2024-01-05"},
		{"https://b.example/rain", "A dry year for Norbury", "It has been dry. In 2025 Norbury counted 95 days of rain, fewer than ever. Farmers were not glad.", "en", "2026-01-04"},
	}
	out := run(t, ask("How many days of rain did Norbury count in 2023?", "en"), web(pages...), &researchtest.Diary{})
	require.Contains(t, sentences(out), "181")
	_, facts := disputedSentences(out)
	require.NotEmpty(t, facts)

	out = run(t, ask("How many days of rain does Norbury count?", "en"), web(pages...), &researchtest.Diary{})
	require.NotContains(t, sentences(out), "181")
	require.Contains(t, sentences(out), "95")
}

// What money or a share is asked for is compared with its like alone.
func TestMoneyAndShares(t *testing.T) {
	t.Parallel()
	for question, pages := range map[string][]page{
		"How much did the bridge of Norbury cost?": {
			{"https://a.example/bridge", "The bridge of Norbury", "At last it is open. The bridge of Norbury cost £12 million, and 40 per cent of that came from the state. Cars may use it.", "en", "2026-03-01"},
			{"https://b.example/bridge", "Norbury's bridge", "The auditors have counted. For the bridge of Norbury £19.4 million were spent, the cost of the lights included. It took 300 workers.", "en", "2026-03-09"},
		},
		"What share of the cost of the bridge of Norbury did the state pay?": {
			{"https://a.example/bridge", "The bridge of Norbury", "At last it is open. The state pays 40 per cent of the cost of the bridge of Norbury, which is £12 million. Cars may use it.", "en", "2026-03-01"},
			{"https://b.example/bridge", "Norbury's bridge", "The auditors have counted. Of the cost of the bridge of Norbury the state did pay a share of 25 per cent. It took £19.4 million.", "en", "2026-03-09"},
		},
	} {
		out := run(t, ask(question, "en"), web(pages...), &researchtest.Diary{})
		disputed, _ := disputedSentences(out)
		require.Len(t, disputed, 2, question)
		require.Len(t, out.Disagreements, 1, question)
	}
}

func TestNamesakes(t *testing.T) {
	t.Parallel()
	pages := []page{
		{"https://a.example/erle", "Radverkehr in Neustadt an der Erle", "Die Zähler laufen. In Neustadt an der Erle wurden insgesamt 1.480 Radfahrten am Tag gezählt. Das Wetter war gut.", "de", "2026-02-01"},
		{"https://b.example/brese", "Neustadt (Brese) zählt", "Anders als in Neustadt an der Erle ist es hier neu. In Neustadt (Brese) wurden insgesamt 962 Radfahrten am Tag gezählt. Das Amt ist froh.", "de", "2026-02-03"},
		{"https://c.example/hain", "Neustadt am Hain", "Auch dort wird gezählt. In Neustadt am Hain wurden insgesamt 511 Radfahrten am Tag gezählt.", "de", "2026-02-03"},
	}
	out := run(t, ask("Wie viele Radfahrten wurden in Neustadt an der Erle am Tag gezählt?", "de"), web(pages...), &researchtest.Diary{})
	require.Contains(t, sentences(out), "1.480")
	require.NotContains(t, sentences(out), "962")
	require.NotContains(t, sentences(out), "511")
	require.Empty(t, out.Disagreements, "another town contradicts nothing")

	// A day is no name of a town.
	out = run(t, ask("Wie viele Radfahrten wurden in Neustadt am Montag gezählt?", "de"), web(page{
		"https://d.example/montag", "Neustadt zählt", "Die Zähler laufen. In Neustadt wurden am Montag 77 Radfahrten gezählt.", "de", "2026-02-03",
	}), &researchtest.Diary{})
	require.Contains(t, sentences(out), "77")
}

// TestAPublisherDoesNotContradictItself: adverts of one site on one day are of two things.
func TestAPublisherDoesNotContradictItself(t *testing.T) {
	t.Parallel()
	advert := func(number, rent, from string) page {
		return page{"https://flats.example/" + number, "Studio in Norbury " + number, "Studio flat in Norbury, fully furnished, available from " + from + ", the rent is $" + rent + " a month.", "en", "2026-05-02"}
	}
	out := run(t, ask("What does a studio flat in Norbury cost?", "en"), web(advert("1", "1750", "June 22"), advert("2", "1900", "June 14")), &researchtest.Diary{})
	require.Len(t, out.Claims, 2)
	require.Empty(t, out.Disagreements)
}
