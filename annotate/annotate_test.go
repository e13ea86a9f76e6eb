package annotate

import (
	"bufio"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
)

// found are the entities of a text, described as in the labelled set.
func found(language, text string, published *time.Time) []string {
	_, list := Annotate("", text, language, published)
	all := []string{}
	for _, e := range list {
		all = append(all, described(e))
	}
	return all
}

func TestAmounts(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"de", "Es kostet 1.234.567,89 Euro.", "amount 1.234.567,89 Euro 1234567.89 EUR"},
		{"en", "It costs $1,234,567.89 now.", "amount $1,234,567.89 1234567.89 USD"},
		{"de", "Das sind 3,5 Mrd. € mehr.", "amount 3,5 Mrd. € 3500000000 EUR"},
		{"de", "Das sind 2 Billionen Euro.", "amount 2 Billionen Euro 2000000000000 EUR"},
		{"en", "That is 2 billion euros.", "amount 2 billion euros 2000000000 EUR"},
		{"en", "That is 2 trillion euros.", "amount 2 trillion euros 2000000000000 EUR"},
		{"fr", "Ce sont 2 trillions de dollars.", "amount 2 trillions de dollars 2000000000000000000 USD"},
		{"fr", "Il y a 1 200 000 euros.", "amount 1 200 000 euros 1200000 EUR"},
		{"fr", "Une levée de 30 M€ suffit.", "amount 30 M€ 30000000 EUR"},
		{"es", "Son 15 mil millones de euros.", "amount 15 mil millones de euros 15000000000 EUR"},
		{"es", "Sube un 4 por ciento.", "amount 4 por ciento 4 %"},
		{"fr", "Elle gagne 4 pour cent.", "amount 4 pour cent 4 %"},
		{"sv", "Det kostar 500 kronor.", "amount 500 kronor 500 SEK"},
		{"tr", "Enflasyon %45 oldu.", "amount %45 45 %"},
		{"ru", "Это 3,5 млн рублей.", "amount 3,5 млн рублей 3500000 RUB"},
		{"pl", "To 5 mln zł.", "amount 5 mln zł 5000000 PLN"},
		{"en", "It fell by 3 percentage points.", "amount 3 percentage points 3 percentage points"},
		{"de", "Die Fläche misst 12 m² groß.", "amount 12 m² 12 m²"},
		{"de", "Er fuhr 180 km/h schnell.", "amount 180 km/h 180 km/h"},
		{"en", "It weighs 5 kg.", "amount 5 kg 5 kg"},
		{"en", "They paid US$30m for it.", "amount US$30m 30000000 USD"},
		{"en", "They paid 40 US dollars.", "amount 40 US dollars 40 USD"},
		{"de", "Das kostet CHF 20.50 im Laden.", "amount CHF 20.50 20.5 CHF"},
		{"de", "Das kostet 1'200 Franken.", "amount 1'200 Franken 1200 CHF"},
		{"und", "It is 1,200 km.", "amount 1,200 km"},
		{"en", "It is 1,2,3.4,5 km.", "amount 1,2,3.4,5 km"},
		{"en", "It took 10:30 km.", "amount 10:30 km"},
		{"en", "Nothing: 5, 7 and 5G in 2026; room 12 ABC$.", ""},
		{"en", "20$30 is nothing", ""},
		{"fr", "C'est 1 billion d'euros.", "amount 1 billion d'euros 1000000000000 EUR"},
		{"en", "In March 12 km", "amount 12 km 12 km"},
	} {
		want := []string{}
		if c[2] != "" {
			want = append(want, c[2])
		}
		require.Equal(t, want, found(c[0], c[1], nil), c[1])
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	january := time.Date(2027, 1, 3, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		language, text, want string
		published            *time.Time
	}{
		{"de", "Am 12. März 2026 war es.", "date 12. März 2026 2026-03-12", nil},
		{"de", "Am 12. März war es.", "date 12. März", nil},
		{"de", "Am 12. März war es.", "date 12. März 2027-03-12", &published},
		{"de", "Am 28. Dezember war es.", "date 28. Dezember 2026-12-28", &january},
		{"de", "Am 30. Februar 2026 war es.", "date 30. Februar 2026", nil},
		{"de", "Es war am 1.2.2026 kalt.", "date 1.2.2026 2026-02-01", nil},
		{"de", "Morgen früh ist der Morgen schön, und morgen auch.", "date morgen 2026-11-24", &published},
		{"de", "Es kommt morgen.", "date morgen", nil},
		{"en", "On the 12th of March 2026 it was.", "date 12th of March 2026 2026-03-12", nil},
		{"en", "On 3/4/2026 it was.", "date 3/4/2026", nil},
		{"en", "On 3/14/2026 it was.", "date 3/14/2026 2026-03-14", nil},
		{"en", "On 14/3/2026 it was.", "date 14/3/2026 2026-03-14", nil},
		{"en", "On 2026-03-14 it was.", "date 2026-03-14 2026-03-14", nil},
		{"en", "In Q3 2026 it grew.", "date Q3 2026 2026-Q3", nil},
		{"en", "Sept. 5, 2026 was warm.", "date Sept. 5, 2026 2026-09-05", nil},
		{"fr", "Le 1er mars 2026, il pleut.", "date 1er mars 2026 2026-03-01", nil},
		{"fr", "C'est aujourd’hui.", "date aujourd'hui 2026-11-23", &published},
		{"fr", "C'est aujourd'hui.", "date aujourd'hui 2026-11-23", &published},
		{"fr", "Le 14/03/2026 il pleut.", "date 14/03/2026 2026-03-14", nil},
		{"es", "El 12 de marzo de 2026 llovió.", "date 12 de marzo de 2026 2026-03-12", nil},
		{"zh", "公司于2026年3月12日成立。", "date 2026年3月12日 2026-03-12", nil},
		{"zh", "公司于2026年3月成立。", "date 2026年3 2026-03", nil},
		{"und", "March 12, 2026 it was.", "date March 12, 2026 2026-03-12", nil},
		{"en", "They march 12 miles away. You may 5.", "amount 12 miles 12 mi", nil},
		{"en", "Version 1.2.3456 and 45/45/2026, 30/30/2026, 1-2, 1-2-3 and 99.99.2026.", "", nil},
		{"en", "In March 12 percent of them left.", "amount 12 percent 12 %", nil},
	} {
		want := []string{}
		if c.want != "" {
			want = append(want, c.want)
		}
		require.Equal(t, want, found(c.language, c.text, c.published), c.text)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for _, c := range [][]string{
		{"de", "Angela Merkel kam. Merkels Rede war lang, sagte Merkel.", "person Angela Merkel"},
		{"de", "Angela Merkels Rede. Angela Merkel ging.", "person Angela Merkel"},
		{"de", "Laut Dr. med. Anna Schmidt hilft es.", "person Anna Schmidt"},
		{"de", "Deutschlands Wirtschaft wächst, der US-Präsident schweigt.", "place Deutschland DE", "place US US"},
		{"de", "Die Müller & Söhne GmbH & Co. KG baut.", "organisation Müller & Söhne GmbH & Co. KG"},
		{"de", "Das Ministerium für Bildung, Jugend und Sport und das Bundeskartellamt prüfen.", "organisation Ministerium für Bildung, Jugend und Sport", "organisation Bundeskartellamt"},
		{"de", "Das Ministerium für Bildung, Köln und er.", "place Köln DE"},
		{"de", "Das Landgericht Frankfurt am Main urteilt.", "organisation Landgericht Frankfurt am Main"},
		{"en", "Island life is good in Iceland.", "place Iceland IS"},
		{"de", "Reisen nach Island sind teuer.", "place Island IS"},
		{"en", "Johnson & Johnson and H&M grew in St. Louis.", "organisation Johnson & Johnson", "organisation H&M", "place St. Louis US"},
		{"en", "George W. Bush met J. Edgar Holloway. Leonardo DiCaprio left.", "person George W. Bush", "person Edgar Holloway", "person Leonardo DiCaprio"},
		{"en", "Kara Holt said so. State Department said no. White House said yes.", "person Kara Holt", "organisation White House"},
		{"en", "It works, Zork Blimp said. He said Tesla Motors and New York lost.", "person Zork Blimp", "organisation Tesla Motors", "place New York US"},
		{"en", "A CEO Summit; the Premier League; Christian Democrats; Virginia Beach.", "place Virginia US"},
		{"es", "José Luis Rodríguez Zapatero habló.", "person José Luis Rodríguez Zapatero"},
		{"en", "Robert De Niro and Stephen Frank met Lionel van der Meer.", "person Robert De Niro", "person Stephen Frank", "person Lionel van der Meer"},
		{"en", "Martin Google is none.", "organisation Google"},
		{"ja", "東京と中国で会談した。", "place 東京 JP", "place 中国 CN"},
		{
			"en", "The Porsche 911 Turbo and a Sony WH-1000XM5, a BMW 2026 and an iPhone; Windows 11 Pro, Snapdragon 8 Gen 3.",
			"product Porsche 911 Turbo", "product Sony WH-1000XM5", "organisation BMW", "product iPhone", "product Windows 11 Pro", "product Snapdragon 8 Gen 3",
		},
		{"en", "Tesla Model Y and Volkswagen Golf 8.", "product Tesla Model Y", "product Volkswagen Golf 8"},
		{"en", "U.S. officials met L'Oréal.", "place U.S. US", "organisation L'Oréal"},
	} {
		require.ElementsMatch(t, c[2:], found(c[0], c[1], nil), c[1])
	}
}

func TestEntitiesAreCounted(t *testing.T) {
	t.Parallel()
	_, list := Annotate("Merz in Köln", "Friedrich Merz kam. Merz sprach.", "de", nil)
	require.Equal(t, []store.Entity{
		{Kind: Person, Text: "Friedrich Merz", Count: 3, FirstOffset: 0, Key: "person friedrich merz"},
		{Kind: Place, Text: "Köln", Country: new("DE"), Count: 1, FirstOffset: 8, Key: "place köln"},
	}, list)
	// Spellings of one organisation are one.
	_, list = Annotate("", "Die EZB tagt. Die Europäische Zentralbank senkt. Die EZB ruht.", "de", nil)
	require.Len(t, list, 1)
	require.Equal(t, "EZB", list[0].Text)
	require.Equal(t, 3, list[0].Count)
}

// keyphrasesOf lists what a labelled text is about: at least these of its keyphrases, in any order.
var keyphrasesOf = []struct {
	language, title, text string
	about                 []string
}{
	{"de", "Künstliche Intelligenz im Krankenhaus", `Die künstliche Intelligenz verändert die Medizin. Ärzte nutzen künstliche Intelligenz bei der Diagnose von Tumoren.
		Krankenkassen fordern Datenschutz. Der Datenschutz sei bei jeder Diagnose wichtig, heißt es.`, []string{"künstliche Intelligenz", "Diagnose", "Datenschutz"}},
	{"de", "Wärmepumpen werden beliebter", `Immer mehr Hausbesitzer kaufen eine Wärmepumpe. Die Wärmepumpe senkt die Heizkosten. Installateure klagen über den Fachkräftemangel.
		Wegen des Fachkräftemangels dauert der Einbau lange, doch die Förderung der Wärmepumpen läuft weiter.`, []string{"Wärmepumpe", "Fachkräftemangel"}},
	{"en", "Smart buildings cut energy bills", `Smart buildings use sensors to control heating. Owners of smart buildings report lower energy bills. The sensors measure
		temperature, and machine learning predicts demand. Machine learning needs data from the sensors.`, []string{"smart buildings", "energy bills", "sensors", "machine learning"}},
	{
		"en", "Flaky tests slow teams down", `A flaky test passes and fails with the same code. Flaky tests cost time. Test isolation helps, and test isolation is cheap.`,
		[]string{"flaky tests", "test isolation"},
	},
	{"fr", "La transition énergétique avance", `La transition énergétique coûte cher. Les panneaux solaires et la transition énergétique créent des emplois.
		Les panneaux solaires couvrent les toits.`, []string{"transition énergétique", "panneaux solaires"}},
	{
		"es", "El cambio climático golpea la agricultura", `El cambio climático reduce las cosechas. La agricultura sufre el cambio climático y la sequía. La sequía vacía los embalses.`,
		[]string{"cambio climático", "sequía", "agricultura"},
	},
	{
		"it", "Le auto elettriche crescono", `Le auto elettriche conquistano il mercato. Le colonnine di ricarica mancano. Chi compra auto elettriche cerca le colonnine.`,
		[]string{"auto elettriche", "colonnine"},
	},
	{"ru", "Искусственный интеллект в школе", `Искусственный интеллект помогает учителям. Учителя изучают искусственный интеллект.`, []string{"Искусственный интеллект", "учителям"}},
	{"pl", "Sztuczna inteligencja w szkole", `Sztuczna inteligencja pomaga nauczycielom. Nauczyciele poznają sztuczną inteligencję.`, []string{"sztuczna inteligencja"}},
	{"zh", "人工智能改变制造业", "人工智能正在改变中国的制造业。人工智能公司发布新产品。制造业需要人工智能。", []string{"人工智能", "制造业"}},
	{"ja", "人工知能が製造業を変える", "東京の企業は人工知能を開発した。人工知能とソフトウェアは製造業を変える。ソフトウェアが鍵だ。", []string{"人工知能", "製造業", "ソフトウェア"}},
	{"und", "Quantum computers arrive", "A quantum computer solves problems. Quantum computers need cooling, and cooling costs power.", []string{"quantum computers", "cooling"}},
}

// TestKeyphrases holds the recall on short labelled texts: how many of the phrases are among the best eight. It was 0.96, with
// YAKE's own product of weights 0.93.
func TestKeyphrases(t *testing.T) {
	t.Parallel()
	all, hits := 0, 0
	for _, c := range keyphrasesOf {
		list, _ := Annotate(c.title, c.text, c.language, nil)
		var texts []string
		for _, k := range list[:min(len(list), 8)] {
			texts = append(texts, strings.ToLower(k.Text))
		}
		for _, about := range c.about {
			all++
			if slices.Contains(texts, strings.ToLower(about)) {
				hits++
				continue
			}
			t.Logf("%s: missed %s among %s", c.language, about, strings.Join(texts, ", "))
		}
	}
	t.Logf("recall among the best eight: %.2f (%d of %d)", float64(hits)/float64(all), hits, all)
	require.GreaterOrEqual(t, float64(hits)/float64(all), 0.85)
}

func TestKeyphrasesAreSound(t *testing.T) {
	t.Parallel()
	list, entities := Annotate("Häuser der Zukunft", "Das Haus der Zukunft spart Strom. Angela Merkel mag das Haus. Mehr auf example.com am 3. Mai 2026.", "de", nil)
	house := list[slices.IndexFunc(list, func(k store.Keyword) bool { return k.Text == "Haus" })]
	require.Equal(t, 3, house.Count, "forms count together")
	require.Equal(t, "haus", house.Key)
	require.True(t, slices.IsSortedFunc(list, func(a, b store.Keyword) int { return int(1e4*b.Score) - int(1e4*a.Score) }))
	for _, k := range list {
		require.NotContains(t, []string{"example", "com", "Mai", "Merkel", "Angela", "der", "Häuser"}, k.Text)
		require.Positive(t, k.Score)
		require.LessOrEqual(t, k.Score, 1.0)
		if k.Text == "Angela Merkel" {
			require.Empty(t, k.Key, "it is an entity already")
		}
	}
	require.Len(t, entities, 2)
	again, same := Annotate("Häuser der Zukunft", "Das Haus der Zukunft spart Strom. Angela Merkel mag das Haus. Mehr auf example.com am 3. Mai 2026.", "de", nil)
	require.Equal(t, list, again)
	require.Equal(t, entities, same)
	list, _ = Annotate("Live from Wembley", "8.13pm GMT\nLingard bursts down the channel.\n8.12pm GMT\nKane traps a ball. 8.11pm GMT", "en", nil)
	require.False(t, slices.ContainsFunc(list, func(k store.Keyword) bool { return k.Text == "GMT" }), "the zone of a time is no subject")
	list, entities = Annotate("", "", "de", nil)
	require.Empty(t, list)
	require.Empty(t, entities)
}

func TestHostileTextsAreBounded(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"one word":     strings.Repeat("a", 1<<20),
		"digits":       strings.Repeat("1", 1<<20),
		"groups":       strings.Repeat("1 000 ", 1<<17),
		"hyphens":      strings.Repeat("a-", 1<<19),
		"points":       strings.Repeat("a.", 1<<19),
		"apostrophes":  strings.Repeat("l'", 1<<19),
		"capitals":     strings.Repeat("John Smith ", 1<<16),
		"money":        strings.Repeat("$", 1<<20),
		"han":          strings.Repeat("人", 1<<18),
		"different":    strings.Repeat("中国日本美国", 1<<16),
		"control":      strings.Repeat("\x00\x01\x7f word ", 1<<16),
		"broken":       strings.Repeat("\xff\xfeword ", 1<<16),
		"marks":        "e" + strings.Repeat("\u0301", 1<<18),
		"overrides":    strings.Repeat("\u202eabc\u200b ", 1<<16),
		"companies":    strings.Repeat("A B C D E GmbH & Co. KG ", 1<<15),
		"institutions": strings.Repeat("University of the of and ", 1<<15),
	} {
		start := time.Now()
		list, entities := Annotate(text[:min(len(text), 200)], text, "en", &published)
		require.Less(t, time.Since(start), 5*time.Second, name)
		require.LessOrEqual(t, len(list), MaxKeyphrases)
		require.LessOrEqual(t, len(entities), MaxEntities)
		for _, k := range list {
			requireSafe(t, k.Text)
		}
		for _, e := range entities {
			requireSafe(t, e.Text)
		}
	}
}

// requireSafe: the database keeps it, and it is short.
func requireSafe(t *testing.T, text string) {
	t.Helper()
	require.True(t, utf8.ValidString(text) && !strings.ContainsRune(text, 0) && text != "", text)
	require.LessOrEqual(t, len(text), 600)
}

func FuzzAnnotate(f *testing.F) {
	languages, texts, _ := labelled(f)
	for i, text := range texts {
		f.Add(languages[i], text)
	}
	for _, c := range keyphrasesOf {
		f.Add(c.language, c.text)
	}
	f.Fuzz(func(t *testing.T, language, text string) {
		title, body, _ := strings.Cut(text, ". ")
		list, entities := Annotate(title, body, language, &published)
		for _, k := range list {
			requireSafe(t, k.Text)
			require.True(t, k.Score > 0 && k.Score <= 1 && k.Count > 0, k)
		}
		for _, e := range entities {
			requireSafe(t, e.Text)
			require.True(t, e.Count > 0 && e.FirstOffset >= 0 && e.FirstOffset <= utf8.RuneCountInString(text)+1, e)
		}
	})
}

// BenchmarkAnnotate measures documents of the captured feeds: see documents/s.
func BenchmarkAnnotate(b *testing.B) {
	f, err := os.Open("../collect/testdata/duplicates.jsonl")
	require.NoError(b, err)
	defer func() { _ = f.Close() }()
	type document struct{ Title, Text, Language string }
	var documents []document
	size := 0
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var d document
		require.NoError(b, json.Unmarshal(lines.Bytes(), &d))
		documents = append(documents, d)
		size += len(d.Text)
	}
	names()
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		d := documents[i%len(documents)]
		Annotate(d.Title, d.Text, d.Language, &published)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "documents/s")
	b.ReportMetric(float64(size/len(documents)), "bytes/document")
}
