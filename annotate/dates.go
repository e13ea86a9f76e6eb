package annotate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// monthNames are the months in each language.
var monthNames = map[string][]string{
	"de": strings.Fields("januar februar märz april mai juni juli august september oktober november dezember"),
	"en": strings.Fields("january february march april may june july august september october november december"),
	"fr": strings.Fields("janvier février mars avril mai juin juillet août septembre octobre novembre décembre"),
	"es": strings.Fields("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"),
	"it": strings.Fields("gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre"),
	"nl": strings.Fields("januari februari maart april mei juni juli augustus september oktober november december"),
	"pt": strings.Fields("janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro"),
	"sv": strings.Fields("januari februari mars april maj juni juli augusti september oktober november december"),
	"da": strings.Fields("januar februar marts april maj juni juli august september oktober november december"),
	"no": strings.Fields("januar februar mars april mai juni juli august september oktober november desember"),
	"fi": strings.Fields("tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta lokakuuta marraskuuta joulukuuta"),
	"pl": strings.Fields("stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia"),
	"ru": strings.Fields("января февраля марта апреля мая июня июля августа сентября октября ноября декабря"),
	"tr": strings.Fields("ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık"),
}

// moreMonths are other names than those of monthNames.
var moreMonths = map[string]int{"jänner": 1, "feber": 2, "mär": 3, "mrz": 3, "sept": 9, "setiembre": 9, "juil": 7, "janv": 1, "févr": 2}

// relativeDays are words for days around the one of publication.
var relativeDays = map[string]map[string]int{
	"de": {"vorgestern": -2, "gestern": -1, "heute": 0, "morgen": 1, "übermorgen": 2},
	"en": {"yesterday": -1, "today": 0, "tomorrow": 1},
	"fr": {"avant-hier": -2, "hier": -1, "aujourd'hui": 0, "demain": 1, "après-demain": 2},
	"es": {"anteayer": -2, "ayer": -1, "hoy": 0},
	"it": {"ieri": -1, "oggi": 0, "domani": 1, "dopodomani": 2},
	"nl": {"gisteren": -1, "vandaag": 0}, "pt": {"ontem": -1, "hoje": 0}, "sv": {"igår": -1, "idag": 0}, "pl": {"wczoraj": -1, "dzisiaj": 0},
}

// month is the month that a word names in the text's language, or 0.
func (r *entityReader) month(i int) int {
	if i >= len(r.words) || r.words[i].class != letters {
		return 0
	}
	w := r.words[i]
	languages := []string{r.language}
	if monthNames[r.language] == nil {
		languages = []string{"en", "de", "fr", "es", "it"}
	}
	for _, l := range languages {
		if !w.capital && (l == "en" || l == "de") {
			continue
		}
		if n := slices.IndexFunc(monthNames[l], func(name string) bool { return isMonth(w.lower, name) }); n >= 0 {
			return n + 1
		}
	}
	return moreMonths[w.lower]
}

// isMonth: the name, or its first three letters.
func isMonth(lower, name string) bool {
	return lower == name || utf8.RuneCountInString(lower) == 3 && strings.HasPrefix(name, lower)
}

// whole is a word's number between two bounds, or 0. An ordinal's ending does not matter.
func (r *entityReader) whole(i, least, most int) int {
	if i < 0 || i >= len(r.words) {
		return 0
	}
	digits := strings.TrimRight(r.words[i].lower, "sthndreº")
	n, err := strconv.Atoi(digits)
	if err != nil || n < least || n > most || len(digits) > 4 {
		return 0
	}
	return n
}

// near: only white space, a point, a comma or a little word is between two words of a date.
func (r *entityReader) near(i int, gaps ...string) bool {
	return i < len(r.words) && slices.Contains(gaps, strings.ReplaceAll(r.words[i].gap, "\u00a0", " "))
}

func (r *entityReader) dates() {
	for i := range r.words {
		if r.taken[i] {
			continue
		}
		switch r.words[i].class {
		case number:
			if !r.numericDate(i) && !r.chineseDate(i) {
				r.dayAndMonth(i)
			}
		case letters:
			if !r.dayAndMonth(i) && !r.monthFirst(i) && !r.quarter(i) {
				r.relativeDay(i)
			}
		case unspaced:
		}
	}
}

func (r *entityReader) takeDate(from, to int, date string) bool {
	return r.take(mention{kind: Date, from: from, to: to, date: date})
}

// dayAndMonth: 12. März 2026, 12th of March, 12 de marzo de 2026, 1er mars.
func (r *entityReader) dayAndMonth(i int) bool {
	day := r.whole(i, 1, 31)
	if day == 0 {
		return false
	}
	next := i + 1
	if next < len(r.words) && (r.words[next].lower == "de" || r.words[next].lower == "of") {
		next++
	}
	month := r.month(next)
	if month == 0 || !r.near(i+1, " ", ". ", ".", "º ", "-") {
		return false
	}
	year, end := r.year(next+1, " ", ", ", ". ")
	return r.takeDate(i, max(end, next+1), r.resolve(year, month, day))
}

// year is the one at a word, behind "de" or "del" if need be, and the word behind it.
func (r *entityReader) year(i int, gaps ...string) (year, end int) {
	if i < len(r.words) && (r.words[i].lower == "de" || r.words[i].lower == "del") {
		i++
	}
	if year = r.whole(i, 1500, 2200); year == 0 || r.words[i].class != number || !r.near(i, gaps...) {
		return 0, 0
	}
	return year, i + 1
}

// monthFirst: March 12, 2026 and March 2026.
func (r *entityReader) monthFirst(i int) bool {
	month := r.month(i)
	if month == 0 {
		return false
	}
	if year, end := r.year(i+1, " ", ". "); year > 0 {
		return r.takeDate(i, end, fmt.Sprintf("%04d-%02d", year, month))
	}
	day := r.whole(i+1, 1, 31)
	if day == 0 || !r.near(i+1, " ", ". ") || r.language != "en" && r.language != "und" || isMeasureAfter(r.raw[r.words[i+1].end:]) {
		return false
	}
	year, end := r.year(i+2, ", ", " ")
	return r.takeDate(i, max(end, i+2), r.resolve(year, month, day))
}

// resolve is a day as ISO 8601 writes it. Without a year it is the one nearest to the day of publication.
func (r *entityReader) resolve(year, month, day int) string {
	if year == 0 {
		if r.published == nil {
			return ""
		}
		year = r.published.Year()
		distance := func(y int) time.Duration {
			return time.Date(y, time.Month(month), day, 0, 0, 0, 0, time.UTC).Sub(*r.published).Abs()
		}
		for _, y := range []int{year - 1, year + 1} {
			if distance(y) < distance(year) {
				year = y
			}
		}
	}
	at := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if at.Day() != day {
		return ""
	}
	return at.Format(time.DateOnly)
}

// numericDate: 2026-03-12, 12.03.2026, 12/03/2026. Where English leaves open which number is the month, the date stays unknown.
func (r *entityReader) numericDate(i int) bool {
	if parts := strings.Split(r.words[i].text, "."); len(parts) == 3 && len(parts[2]) == 4 {
		return r.takeNumbers(i, i+1, parts[2], parts[1], parts[0])
	}
	if !r.near(i+1, "-", "/") || !r.near(i+2, r.words[i+1].gap) || r.words[i+1].class != number || r.words[i+2].class != number {
		return false
	}
	a, b, c := r.words[i].text, r.words[i+1].text, r.words[i+2].text
	switch {
	case len(a) == 4 && len(b) <= 2 && len(c) <= 2:
		return r.takeNumbers(i, i+3, a, b, c)
	case len(c) != 4 || len(a) > 2 || len(b) > 2 || r.words[i+1].gap != "/":
		return false
	case r.language == "en" || r.language == "und":
		return r.eitherOrder(i)
	}
	return r.takeNumbers(i, i+3, c, b, a)
}

// eitherOrder: in English 3/14/2026 and 14/3/2026 are the same day, and 3/4/2026 is one or another.
func (r *entityReader) eitherOrder(i int) bool {
	a, b, year := r.words[i].text, r.words[i+1].text, r.words[i+2].text
	first, second := r.whole(i, 1, 31), r.whole(i+1, 1, 31)
	switch {
	case first == 0 || second == 0 || first > 12 && second > 12:
		return false
	case first <= 12 && second <= 12 && first != second:
		return r.takeDate(i, i+3, "")
	case second > 12:
		a, b = b, a
	}
	return r.takeNumbers(i, i+3, year, b, a)
}

func (r *entityReader) takeNumbers(from, to int, year, month, day string) bool {
	y, _ := strconv.Atoi(year)
	m, _ := strconv.Atoi(month)
	d, _ := strconv.Atoi(day)
	if y < 1500 || y > 2200 || m < 1 || m > 12 || d < 1 {
		return false
	}
	date := r.resolve(y, m, d)
	return date != "" && r.takeDate(from, to, date)
}

// chineseDate: 2026年3月12日.
func (r *entityReader) chineseDate(i int) bool {
	year, month := r.whole(i, 1000, 2999), r.whole(i+2, 1, 12)
	if year == 0 || month == 0 || r.words[i+1].text != "年" || !r.near(i+1, "") || !r.near(i+2, "") {
		return false
	}
	if day := r.whole(i+4, 1, 31); day > 0 && r.words[i+3].text == "月" && strings.HasPrefix(r.raw[r.words[i+4].end:], "日") {
		return r.take(mention{kind: Date, from: i, to: i + 5, at: r.words[i].at, end: r.words[i+4].end + len("日"), date: r.resolve(year, month, day)})
	}
	return r.take(mention{
		kind: Date, from: i, to: i + 3, at: r.words[i].at, end: r.words[i+2].end, date: fmt.Sprintf("%04d-%02d", year, month),
	})
}

// quarter: Q3 2026.
func (r *entityReader) quarter(i int) bool {
	w := r.words[i].text
	if len(w) != 2 || w[0] != 'Q' || w[1] < '1' || w[1] > '4' {
		return false
	}
	year, end := r.year(i+1, " ", "/")
	return year > 0 && r.takeDate(i, end, fmt.Sprintf("%d-%s", year, w))
}

// relativeDay: yesterday. "Morgen" with a capital is a morning.
func (r *entityReader) relativeDay(i int) bool {
	w := r.words[i]
	days, known := relativeDays[r.language][w.lower]
	if !known || w.lower == "morgen" && w.capital {
		return false
	}
	date := ""
	if r.published != nil {
		date = r.published.AddDate(0, 0, days).Format(time.DateOnly)
	}
	return r.takeDate(i, i+1, date)
}
