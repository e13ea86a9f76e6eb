package collect

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/content-creator/content-creator-api/store"
)

// sentenceEnd splits behind a mark that white space follows, or at a line's end.
var sentenceEnd = regexp.MustCompile(`[.!?…]+["'”’»)]*\s+|[。！？]+|\s*\n\s*`)

func sentencesOf(d store.PendingDocument) []sentence {
	var list []sentence
	text := d.Title + "\n" + d.Text
	start := 0
	said := map[string]bool{}
	add := func(part string) {
		part = strings.TrimSpace(part)
		if said[part] || len(list) == maxSentences {
			return
		}
		said[part] = true
		if s, ok := readSentence(part, d.Language); ok {
			list = append(list, s)
		}
	}
	for _, at := range sentenceEnd.FindAllStringIndex(text, 20*maxSentences) {
		if splitsHere(text, at[0], at[1]) {
			add(text[start:at[1]])
			start = at[1]
		}
	}
	add(text[start:])
	return list
}

// splitsHere: a point behind a number or a single letter ends no sentence unless a line ends, too ("3. Mai", "J. Doe").
func splitsHere(text string, at, end int) bool {
	if text[at] != '.' || strings.ContainsRune(text[at:end], '\n') {
		return true
	}
	before := strings.TrimRightFunc(text[:at], func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
	word := text[len(before):at]
	short := len([]rune(word)) <= 1 || slices.Contains([]string{"Mr", "Mrs", "Dr", "St", "ca", "Nr", "Mio", "Mrd", "bzw", "No"}, word)
	return !short && (len(word) > 2 || !unicode.IsDigit(rune(word[0])))
}

func readSentence(quote, language string) (sentence, bool) {
	rest := quote
	s := sentence{quote: quote, numbers: map[string][]StatedNumber{}}
	if len([]rune(quote)) > maxQuote {
		return s, false
	}
	s.dates, rest = datesIn(rest)
	rest = s.readNumbers(rest, language)
	list := tokens(rest)
	if len(list) < minSentence || len(list) > maxSentence {
		return s, false
	}
	s.readNames(list, language)
	seen := map[string]bool{}
	for _, word := range s.all {
		if stem := stemOf(word); !seen[stem] {
			seen[stem] = true
			s.stems = append(s.stems, stem)
		}
	}
	// What states nothing contradicts nothing.
	return s, len(s.numbers)+len(s.dates)+len(s.names) > 0
}

// readNames takes the names out of the words: capitals inside of a sentence. Where every noun has one, only several in a row.
func (s *sentence) readNames(list []token, language string) {
	least := 1
	if language == "de" || language == "lb" {
		least = 2
	}
	for i := 0; i < len(list); {
		end := i
		for end < len(list) && list[end].capital && !list[end].first && !list[end].number {
			end++
		}
		if end-i >= least {
			var parts []string
			for _, t := range list[i:end] {
				parts = append(parts, t.raw)
			}
			s.names = append(s.names, figure{text: strings.Join(parts, " ")})
			s.all = append(s.all, strings.Fields(strings.ToLower(strings.Join(parts, " ")))...)
			i = end
			continue
		}
		if t := list[i]; telling(t) && !t.number {
			s.words = append(s.words, t.text)
			s.all = append(s.all, t.text)
		}
		i++
	}
}

// weekdays and the patterns of dates, in the languages that most feeds are in.
var (
	weekdays = map[string]int{
		"monday": 1, "tuesday": 2, "wednesday": 3, "thursday": 4, "friday": 5, "saturday": 6, "sunday": 7,
		"montag": 1, "dienstag": 2, "mittwoch": 3, "donnerstag": 4, "freitag": 5, "samstag": 6, "sonnabend": 6, "sonntag": 7,
		"lundi": 1, "mardi": 2, "mercredi": 3, "jeudi": 4, "vendredi": 5, "samedi": 6, "dimanche": 7,
		"lunes": 1, "martes": 2, "miércoles": 3, "jueves": 4, "viernes": 5, "sábado": 6, "domingo": 7,
	}
	monthName = `((?:jan|jän|ene|gen|feb|fév|fev|mar|mär|maa|apr|avr|abr|may|mai|mag|mei|jun|juin|giu|jul|juil|lug|aug|août|ago|sep|set|oct|okt|ott|out|nov|dec|dez|déc|dic)\pL*)\.?`
	isoDate   = regexp.MustCompile(`\b(\d{4})-(\d{2})-(\d{2})\b`)
	dayMonth  = regexp.MustCompile(`(?i)\b(\d{1,2})(?:st|nd|rd|th|\.|er|º)?\s+(?:of\s+|de\s+)?` + monthName + `(?:\s+(?:de\s+)?(\d{4}))?`)
	monthDay  = regexp.MustCompile(`(?i)\b` + monthName + `\s+(\d{1,2})(?:st|nd|rd|th)?\b(?:,?\s+(\d{4})\b)?`)
	monthYear = regexp.MustCompile(`(?i)\b` + monthName + `\s+(?:de\s+)?(\d{4})\b`)
	partMonth = regexp.MustCompile(`(?i)\b(?:anfang|mitte|ende|early|mid|late|beginning of|middle of|end of|début|mi|fin|principios de|finales de)[ -]+` + monthName)
	dayName   = regexp.MustCompile(`(?i)\b(` + strings.Join(sortedKeys(weekdays), "|") + `)\b`)
)

func sortedKeys(m map[string]int) []string {
	var keys []string
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// monthsInFull are the months' names; months has their beginnings.
var monthsInFull = []string{
	"january januar janvier enero gennaio januari janeiro jänner", "february februar février febrero febbraio februari fevereiro",
	"march märz mars marzo maart março", "april avril abril aprile", "may mai mayo maggio mei maio", "june juni juin junio giugno junho",
	"july juli juillet julio luglio julho", "august août agosto augustus", "september septembre septiembre settembre setembro",
	"october oktober octobre octubre ottobre outubro", "november novembre noviembre novembro",
	"december dezember décembre diciembre dicembre dezembro",
}

// monthOf is a month by its name or its abbreviation; 0 is none: "margin" begins like March.
func monthOf(name string) int {
	name = strings.ToLower(name)
	for i, names := range monthsInFull {
		if slices.Contains(strings.Fields(names), name) {
			return i + 1
		}
	}
	return int(months[name])
}

// datesIn reads the dates of a sentence and takes them out of it. A date with its weekday is one date.
func datesIn(text string) (found []figure, rest string) {
	take := func(pattern *regexp.Regexp, read func(parts []string) (date, bool)) {
		text = pattern.ReplaceAllStringFunc(text, func(match string) string {
			d, ok := read(pattern.FindStringSubmatch(match))
			if !ok {
				return match
			}
			found = append(found, figure{text: strings.Trim(match, " .,"), date: d})
			return " "
		})
	}
	number := func(s string) int { n, _ := strconv.Atoi(s); return n }
	takePart := func() {
		if hasWord(text, partsOfMonths) {
			// It was late, may she rest.
			take(partMonth, func(p []string) (date, bool) {
				m := monthOf(p[1])
				return date{month: m}, m > 0 && p[1] != "may" && p[1] != "march"
			})
		}
	}
	if !hasDigit(text) {
		takePart()
		days, rest := weekdaysIn(text)
		return append(found, days...), rest
	}
	take(isoDate, func(p []string) (date, bool) {
		return date{year: number(p[1]), month: number(p[2]), day: number(p[3])}, true
	})
	take(dayMonth, func(p []string) (date, bool) {
		m := monthOf(p[2])
		return date{year: number(p[3]), month: m, day: number(p[1])}, m > 0 && number(p[1]) <= 31
	})
	take(monthDay, func(p []string) (date, bool) {
		m := monthOf(p[1])
		return date{year: number(p[3]), month: m, day: number(p[2])}, m > 0 && number(p[2]) <= 31 && number(p[2]) > 0
	})
	take(monthYear, func(p []string) (date, bool) { m := monthOf(p[1]); return date{year: number(p[2]), month: m}, m > 0 })
	takePart()
	days, text := weekdaysIn(text)
	if len(found) == 1 && len(days) == 1 {
		found[0].date.weekday = days[0].date.weekday
		return found, text
	}
	return append(found, days...), text
}

func weekdaysIn(text string) (found []figure, rest string) {
	if !hasWord(text, weekdays) {
		return nil, text
	}
	rest = dayName.ReplaceAllStringFunc(text, func(name string) string {
		found = append(found, figure{text: name, date: date{weekday: weekdays[strings.ToLower(name)]}})
		return " "
	})
	return found, rest
}

// partsOfMonths are the words before the name of a month that make it a date: early May, Anfang Mai.
var partsOfMonths = map[string]bool{
	"anfang": true, "mitte": true, "ende": true, "early": true, "mid": true, "late": true, "beginning": true, "middle": true, "end": true,
	"début": true, "mi": true, "fin": true, "principios": true, "finales": true,
}

// hasDigit and hasWord look before a pattern does, which takes longer.
func hasDigit(text string) bool { return strings.ContainsAny(text, "0123456789") }

func hasWord[T any](text string, words map[string]T) bool {
	for word := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) }) {
		if _, is := words[word]; is {
			return true
		}
	}
	return false
}

// numberPattern is an amount with its currency, its digits, its scale and its percent sign.
var numberPattern = regexp.MustCompile(`(?i)([€$£¥]|\b(?:EUR|USD|GBP|CHF)\s)?\s?(\d+(?:[.,' ]\d{3})*(?:[.,]\d+)?)\s?` +
	`(thousand|tausend|million(?:en|s|es)?|billion(?:s|en)?|milliarden?|milliards?|millones|mio\b\.?|mrd\b\.?|bn\b|m\b|k\b)?\s?` +
	`(%|percent\b|per cent\b|prozent\b|por ciento\b|pour cent\b|[€$£¥]|euros?\b|dollars?\b|pounds?\b|franken\b|EUR\b|USD\b|GBP\b|CHF\b)?\s*(\pL[\pL-]*)?`)

var scales = map[string]float64{
	"thousand": 1e3, "tausend": 1e3, "k": 1e3, "million": 1e6, "millionen": 1e6, "millions": 1e6, "milliones": 1e6, "millones": 1e6, "mio": 1e6, "mio.": 1e6,
	"m": 1e6, "billion": 1e9, "billions": 1e9, "bn": 1e9, "milliarde": 1e9, "milliarden": 1e9, "milliard": 1e9, "milliards": 1e9, "mrd": 1e9, "mrd.": 1e9,
}

var units = map[string]string{
	"%": "percent", "percent": "percent", "per cent": "percent", "prozent": "percent", "por ciento": "percent", "pour cent": "percent",
	"€": "EUR", "eur": "EUR", "euro": "EUR", "euros": "EUR", "$": "USD", "usd": "USD", "dollar": "USD", "dollars": "USD",
	"£": "GBP", "gbp": "GBP", "pound": "GBP", "pounds": "GBP", "¥": "JPY", "chf": "CHF", "franken": "CHF",
}

// countedWords say little about a text and yet what a number counts.
var countedWords = map[string]bool{
	"people": true, "year": true, "years": true, "week": true, "weeks": true, "jahr": true, "jahre": true, "ans": true, "años": true, "anni": true,
}

// numberWords are the small numbers that are written out.
var numberWords = map[string]string{
	"two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9", "ten": "10", "eleven": "11", "twelve": "12",
	"zwei": "2", "drei": "3", "vier": "4", "fünf": "5", "sechs": "6", "sieben": "7", "acht": "8", "neun": "9", "zehn": "10", "elf": "11", "zwölf": "12",
}

var writtenNumber = regexp.MustCompile(`(?i)\b(` + strings.Join(func() []string {
	var words []string
	for word := range numberWords {
		words = append(words, word)
	}
	slices.Sort(words)
	return words
}(), "|") + `)\b`)

// readNumbers takes the numbers out of a sentence, by what they count: a currency, percent, or the next word.
func (s *sentence) readNumbers(text, language string) (rest string) {
	if hasWord(text, numberWords) {
		text = writtenNumber.ReplaceAllStringFunc(text, func(word string) string { return numberWords[strings.ToLower(word)] })
	}
	if text = withoutCodes(text); !hasDigit(text) {
		return text
	}
	return numberPattern.ReplaceAllStringFunc(text, func(match string) string {
		parts := numberPattern.FindStringSubmatch(match)
		number, ambiguous, ok := numberOf(parts, language)
		if !ok || ambiguous {
			return match
		}
		if number.Unit != "" {
			s.numbers[number.Unit] = append(s.numbers[number.Unit], number)
		}
		return " " + parts[5]
	})
}

func scaleOf(word, language string) float64 {
	if language == "de" && strings.HasPrefix(word, "billion") {
		return 1e12
	}
	return scales[word]
}

// unitOf is what a number counts, or "" where nobody can tell.
func unitOf(currency, sign, word string) string {
	word = strings.ToLower(word)
	for _, unit := range []string{units[strings.ToLower(strings.TrimSpace(currency))], units[strings.ToLower(sign)], units[word]} {
		if unit != "" {
			return unit
		}
	}
	if commonWords[word] && !countedWords[word] || len(word) < 3 && word != "km" && word != "kg" {
		return ""
	}
	return stemOf(word)
}

// pointLanguages write 1,200.5; the others that are known write 1.200,5.
var pointLanguages = map[string]bool{"en": true, "zh": true, "ja": true, "ko": true, "th": true, "he": true}

// parseNumber reads a number as its language writes it. Where that is not certain it reads none.
func parseNumber(text, language string) (value, step float64, ok bool) {
	text = strings.NewReplacer(" ", "", "'", "").Replace(text)
	decimal, thousands := ",", "."
	if pointLanguages[language] {
		decimal, thousands = ".", ","
	}
	if language == "und" || language == "" {
		if strings.ContainsAny(text, ".,") {
			return 0, 0, false
		}
	}
	text = strings.ReplaceAll(text, thousands, "")
	text = strings.ReplaceAll(text, decimal, ".")
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, 0, false
	}
	step = 1
	if _, fraction, some := strings.Cut(text, "."); some {
		step = math.Pow(10, -float64(len(fraction)))
		return value, step, true
	}
	// A round number may be rounded: 1,200 stands for 1,150 to 1,250, 15 for 15.
	for value >= 1000 && math.Mod(value, step*10) == 0 && step < value/10 {
		step *= 10
	}
	return value, step, true
}
