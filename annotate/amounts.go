package annotate

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// scaleWords are the powers of ten that a word behind a number stands for.
var scaleWords = map[string]int{
	"thousand": 3, "tausend": 3, "tsd": 3, "mille": 3, "mil": 3, "mila": 3, "duizend": 3, "tusen": 3, "tusind": 3, "tys": 3, "tysięcy": 3, "тыс": 3,
	"тысяч": 3, "тысячи": 3, "bin": 3, "k": 3, "hundert": 2, "hundred": 2,
	"million": 6, "millionen": 6, "millions": 6, "mio": 6, "millón": 6, "millones": 6, "milione": 6, "milioni": 6, "mln": 6, "miljoen": 6,
	"milhão": 6, "milhões": 6, "miljon": 6, "miljoner": 6, "millioner": 6, "miljoonaa": 6, "milion": 6, "milionów": 6, "miliony": 6, "млн": 6,
	"миллион": 6, "миллиона": 6, "миллионов": 6, "milyon": 6, "m": 6,
	"milliarde": 9, "milliarden": 9, "mrd": 9, "mia": 9, "milliard": 9, "milliards": 9, "md": 9, "mds": 9, "miliardo": 9, "miliardi": 9, "mld": 9,
	"miljard": 9, "miljarder": 9, "milliarder": 9, "miljardia": 9, "miliard": 9, "miliardów": 9, "miliardy": 9, "млрд": 9, "миллиард": 9,
	"миллиарда": 9, "миллиардов": 9, "milyar": 9, "bn": 9, "bilhão": 9, "bilhões": 9, "tn": 12, "trn": 12, "trilhão": 12, "trilhões": 12,
	"billones": 12, "billón": 12, "bilione": 12, "bilioni": 12, "biliardi": 15, "billionen": 12, "biljoen": 12, "trillón": 18, "trillones": 18,
	"billion": 0, "billions": 0, "trillion": 0, "trillions": 0, // these differ by language; see scaleOf
}

// scaleOf is the power of ten of a word. A billion is a thousand million in English and a million million elsewhere.
func scaleOf(lower, language string) (int, bool) {
	power, known := scaleWords[lower]
	if !known || power > 0 {
		return power, known
	}
	short := language == "en" || language == "und"
	switch strings.TrimSuffix(lower, "s") {
	case "billion":
		if short {
			return 9, true
		}
		return 12, true
	default:
		if short {
			return 12, true
		}
		return 18, true
	}
}

// unitWords are units by their names, in any case; unitSigns as they are written.
var (
	unitWords = map[string]string{
		"prozent": "%", "percent": "%", "procent": "%", "prosent": "%", "prosenttia": "%", "процентов": "%", "процента": "%",
		"prozentpunkte": "percentage points", "prozentpunkten": "percentage points",
		"euro": "EUR", "euros": "EUR", "eur": "EUR", "dollar": "USD", "dollars": "USD", "dólares": "USD", "dollari": "USD", "usd": "USD", "us-dollar": "USD",
		"dólar": "USD", "pfund": "GBP", "pounds": "GBP", "gbp": "GBP", "sterline": "GBP", "chf": "CHF", "franken": "CHF", "yen": "JPY", "jpy": "JPY",
		"yuan": "CNY", "renminbi": "CNY", "cny": "CNY", "rupien": "INR", "rupees": "INR", "inr": "INR", "рублей": "RUB", "рубля": "RUB", "rubel": "RUB",
		"złotych": "PLN", "zł": "PLN", "pln": "PLN", "lira": "TRY", "tl": "TRY", "reais": "BRL", "sek": "SEK", "nok": "NOK", "dkk": "DKK", "евро": "EUR", "долларов": "USD",
		"kilometer": "km", "kilometern": "km", "kilometers": "km", "kilometres": "km", "kilomètres": "km", "kilómetros": "km", "chilometri": "km",
		"quilômetros": "km", "meter": "m", "metern": "m", "meters": "m", "metres": "m", "mètres": "m", "metros": "m", "metri": "m",
		"zentimeter": "cm", "centimeters": "cm", "centimetres": "cm", "centimètres": "cm", "centímetros": "cm", "centimetri": "cm",
		"millimeter": "mm", "millimetres": "mm", "miles": "mi", "feet": "ft", "hektar": "ha", "hectares": "ha", "hectáreas": "ha", "ettari": "ha", "acres": "acre",
		"quadratmeter": "m²", "quadratmetern": "m²", "quadratkilometer": "km²", "quadratkilometern": "km²",
		"kilogramm": "kg", "kilograms": "kg", "kilogrammes": "kg", "kilogramos": "kg", "chilogrammi": "kg", "kilo": "kg", "kilos": "kg",
		"gramm": "g", "grams": "g", "grammes": "g", "gramos": "g", "grammi": "g", "tonnen": "t", "tonnes": "t", "tons": "t", "toneladas": "t", "tonnellate": "t",
		"liter": "l", "litern": "l", "litres": "l", "liters": "l", "litros": "l", "litri": "l", "barrels": "barrel", "barrel": "barrel",
		"kilowattstunden": "kWh", "megawattstunden": "MWh", "gigawattstunden": "GWh", "terawattstunden": "TWh", "kilowatt": "kW", "megawatt": "MW", "gigawatt": "GW", "mégawatts": "MW", "gigawatts": "GW",
		"megawatts": "MW", "megavatios": "MW", "gigavatios": "GW", "gigabyte": "GB", "terabyte": "TB", "megabyte": "MB", "gigabytes": "GB", "terabytes": "TB",
	}
	unitSigns = map[string]string{
		"km": "km", "m": "m", "cm": "cm", "mm": "mm", "nm": "nm", "kg": "kg", "g": "g", "mg": "mg", "t": "t", "ha": "ha", "l": "l", "W": "W", "kW": "kW", "MW": "MW", "GW": "GW",
		"TW": "TW", "Wh": "Wh", "kWh": "kWh", "MWh": "MWh", "GWh": "GWh", "TWh": "TWh", "kB": "kB", "KB": "kB", "MB": "MB", "GB": "GB", "TB": "TB", "PB": "PB", "GByte": "GB", "TByte": "TB",
		"Hz": "Hz", "kHz": "kHz", "MHz": "MHz", "GHz": "GHz", "PS": "PS", "mAh": "mAh", "Mbit": "Mbit", "Gbit": "Gbit", "V": "V", "kV": "kV",
	}
	currencySigns = []struct{ sign, unit string }{
		{"US$", "USD"},
		{"C$", "CAD"},
		{"A$", "AUD"},
		{"HK$", "HKD"},
		{"R$", "BRL"},
		{"$", "USD"},
		{"€", "EUR"},
		{"£", "GBP"},
		{"¥", "JPY"},
		{"₹", "INR"},
		{"₽", "RUB"},
		{"₺", "TRY"},
		{"₩", "KRW"},
		{"₪", "ILS"},
		{"₴", "UAH"},
		{"zł", "PLN"},
		{"EUR", "EUR"},
		{"USD", "USD"},
		{"GBP", "GBP"},
		{"CHF", "CHF"},
		{"Fr.", "CHF"},
	}
	crowns = map[string]map[string]string{
		"sv": {"kronor": "SEK", "kr": "SEK"}, "no": {"kroner": "NOK", "kr": "NOK"}, "nb": {"kroner": "NOK", "kr": "NOK"}, "da": {"kroner": "DKK", "kr": "DKK"},
	}
	// pairUnits are units of two words.
	pairUnits = map[string]string{
		"per cent": "%", "pour cent": "%", "por ciento": "%", "por cento": "%", "per cento": "%", "us dollars": "USD", "us dollar": "USD",
		"percentage points": "percentage points",
	}
	// linking are words between a number and its unit: millions d'euros.
	linking = setOf("de d di of")
	// pointLanguages write a decimal point, all others a comma.
	pointLanguages = setOf("en zh ja ko th he hi")
)

// isMeasure: what follows a number is a scale or unit, not a part of a name like 5G.
func isMeasure(s string) bool {
	if unitSigns[s] != "" || unitWords[strings.ToLower(s)] != "" {
		return true
	}
	_, scale := scaleWords[s]
	_, capital := scaleWords[strings.ToLower(s)]
	return scale || capital && len(s) > 1
}

// isMeasureAfter: a scale, unit or sign of one comes next.
func isMeasureAfter(rest string) bool {
	rest = strings.TrimLeft(rest, " \u00a0\u202f")
	end := strings.IndexFunc(rest, func(r rune) bool { return !unicode.IsLetter(r) })
	if end < 0 {
		end = len(rest)
	}
	return strings.HasPrefix(rest, "%") || strings.HasPrefix(rest, "€") || end > 0 && isMeasure(rest[:end])
}

func (r *entityReader) amounts() {
	for i := 0; i < len(r.words); i++ {
		if r.words[i].class == number && !r.taken[i] {
			r.amount(i)
		}
	}
}

// An amountReader reads one amount from its first digit on.
type amountReader struct {
	*entityReader
	digits string
	power  int
	unit   string
	// from and next are its words, at and end its bytes.
	from, next int
	at, end    int
}

func (r *entityReader) amount(i int) {
	a := &amountReader{entityReader: r, digits: r.words[i].text, from: i, next: i + 1, at: r.words[i].at, end: r.words[i].end}
	a.groups()
	a.prefix()
	a.scale()
	if !a.sign() {
		a.word()
	}
	if a.unit == "" {
		return
	}
	m := mention{kind: Amount, from: a.from, to: a.next, at: a.at, end: a.end, unit: a.unit}
	if value, ok := readNumber(a.digits, r.language, a.power); ok {
		m.value = &value
		m.name = strconv.FormatFloat(value, 'g', -1, 64) + " " + a.unit
	}
	r.take(m)
}

// groups joins 1 200 000.
func (a *amountReader) groups() {
	for len(a.digits) < 20 && a.next < len(a.words) {
		w := &a.words[a.next]
		gap := w.gap == "\u00a0" || w.gap == "\u202f" || w.gap == " " && !pointLanguages[a.language]
		head, _, _ := strings.Cut(w.text, ",")
		if w.class != number || !gap || len(head) != 3 || len(a.words[a.next-1].text) > 3 {
			return
		}
		a.digits += w.text
		a.end = w.end
		a.next++
	}
}

// prefix finds a currency before the number, and a sign.
func (a *amountReader) prefix() {
	before := a.raw[:a.at]
	trimmed := strings.TrimRight(before, " \u00a0\u202f")
	for _, c := range currencySigns {
		if !strings.HasSuffix(trimmed, c.sign) {
			continue
		}
		start := len(trimmed) - len(c.sign)
		if previous, _ := utf8.DecodeLastRuneInString(trimmed[:start]); unicode.IsLetter(previous) || unicode.IsDigit(previous) {
			continue
		}
		// In "20 $ 30" the sign may be of either.
		if a.from > 0 && a.words[a.from-1].end == start && a.words[a.from-1].class == number {
			continue
		}
		a.unit, a.at = c.unit, start
		if a.from > 0 && a.words[a.from-1].at >= start {
			a.from--
		}
		return
	}
	if a.language == "tr" && strings.HasSuffix(before, "%") {
		a.unit, a.at = "%", a.at-1
	}
}

// scale reads million, Mio., mil millones.
func (a *amountReader) scale() {
	for range 2 {
		if a.next >= len(a.words) {
			return
		}
		w := &a.words[a.next]
		power, known := scaleOf(w.lower, a.language)
		spaced := w.gap == " " || w.gap == "\u00a0" || w.gap == "\u202f" || w.gap == "-"
		// "5 m" are meters, "$5m" are millions; M€ is a scale and a sign.
		if w.lower == "m" && a.unit == "" && !strings.HasPrefix(a.raw[w.end:], "€") || w.text == "K" {
			return
		}
		if !known || !spaced && w.gap != "" {
			return
		}
		a.power += power
		a.end = w.end
		a.next++
		if strings.HasPrefix(a.raw[a.end:], ".") && abbreviations[w.lower] {
			a.end++
		}
	}
}

// sign reads %, € and the like behind the number.
func (a *amountReader) sign() bool {
	if a.unit != "" {
		return true
	}
	rest := a.raw[a.end:]
	trimmed := strings.TrimLeft(rest, " \u00a0\u202f")
	if len(rest)-len(trimmed) > 3 {
		return false
	}
	for _, s := range []string{"%", "°C", "°F", "€", "$", "£", "¥", "₹", "₽", "₺", "₩"} {
		if !strings.HasPrefix(trimmed, s) {
			continue
		}
		if next, _ := utf8.DecodeRuneInString(trimmed[len(s):]); unicode.IsDigit(next) && s != "%" {
			return false
		}
		a.unit = s
		for _, c := range currencySigns {
			if c.sign == s {
				a.unit = c.unit
			}
		}
		a.end += len(rest) - len(trimmed) + len(s)
		for a.next < len(a.words) && a.words[a.next].at < a.end {
			a.next++
		}
		return true
	}
	return false
}

// word reads the name of a unit behind the number.
func (a *amountReader) word() {
	i := a.next
	if i < len(a.words) && linking[a.words[i].lower] && a.power > 0 {
		i++
	}
	if i >= len(a.words) {
		return
	}
	w := &a.words[i]
	if !slices.Contains([]string{"", " ", "\u00a0", "\u202f", "-", "'"}, strings.TrimPrefix(w.gap, ".")) {
		return
	}
	unit := cmp.Or(unitSigns[w.text], unitWords[w.lower], crowns[a.language][w.lower])
	next := ""
	if a.joined(i + 1) {
		next = a.words[i+1].lower
	}
	last := i
	if two := pairUnits[w.lower+" "+next]; two != "" {
		unit, last = two, i+1
	}
	if unit == "" {
		return
	}
	a.unit, a.next, a.end = unit, last+1, a.words[last].end
	a.exponent()
}

// exponent reads what is written behind a unit: km/h, m².
func (a *amountReader) exponent() {
	rest := a.raw[a.end:]
	if a.unit == "km" && strings.HasPrefix(rest, "/h") {
		a.unit, a.end = "km/h", a.end+2
		if a.next < len(a.words) && a.words[a.next].at < a.end {
			a.next++
		}
	} else if strings.HasPrefix(rest, "²") || strings.HasPrefix(rest, "³") {
		sign, size := utf8.DecodeRuneInString(rest)
		a.unit, a.end = a.unit+string(sign), a.end+size
	}
}

// readNumber reads digits as their language writes them, times a power of ten. It is not ok where the marks can be read in two ways.
func readNumber(digits, language string, power int) (float64, bool) {
	digits = strings.ReplaceAll(digits, "'", "")
	point, comma := strings.Count(digits, "."), strings.Count(digits, ",")
	if strings.Contains(digits, ":") {
		return 0, false
	}
	decimal := ""
	switch {
	case point > 0 && comma > 0:
		decimal = "."
		if strings.LastIndex(digits, ",") > strings.LastIndex(digits, ".") {
			decimal = ","
		}
		if strings.Count(digits, decimal) > 1 {
			return 0, false
		}
	case point+comma == 1:
		mark := "."
		if comma == 1 {
			mark = ","
		}
		_, behind, _ := strings.Cut(digits, mark)
		usual := pointLanguages[language] == (mark == ".")
		if len(behind) == 3 && language == "und" {
			return 0, false
		}
		if len(behind) != 3 || usual {
			decimal = mark
		}
	}
	var b strings.Builder
	for _, r := range digits {
		switch {
		case string(r) == decimal:
			b.WriteByte('.')
		case unicode.IsDigit(r) && r < utf8.RuneSelf:
			b.WriteRune(r)
		case r != '.' && r != ',':
			return 0, false
		}
	}
	value, err := strconv.ParseFloat(b.String()+"e"+strconv.Itoa(power), 64)
	return value, err == nil
}
