package collect

import (
	"regexp"
	"strings"
	"time"
)

// foreignDate is the date of RFC 822 in another language than English: "Seg, 24 Set 2018 19:42:40 -0300".
var foreignDate = regexp.MustCompile(`(\d{1,2})\.?\s+(?:de\s+)?(\p{L}{3,})\.?\s+(?:de\s+)?(\d{4})[ ,T]+(\d{1,2}:\d{2}(?::\d{2})?)\s*(?:(GMT|UTC|UT|Z)|([+-]\d{2}):?(\d{2}))?$`)

// months are the beginnings of the months' names in Dutch, English, French, German, Italian,
// Portuguese and Spanish; no beginning means two months.
var months = map[string]time.Month{
	"jan": 1, "ene": 1, "gen": 1, "jän": 1, "feb": 2, "fev": 2, "fév": 2, "mar": 3, "mär": 3, "mrz": 3, "maa": 3, "mrt": 3,
	"apr": 4, "abr": 4, "avr": 4, "may": 5, "mai": 5, "mag": 5, "mei": 5, "jun": 6, "giu": 6, "juin": 6, "jul": 7, "lug": 7, "juil": 7,
	"aug": 8, "ago": 8, "aoû": 8, "aou": 8, "sep": 9, "set": 9, "oct": 10, "okt": 10, "out": 10, "ott": 10, "nov": 11,
	"dec": 12, "dez": 12, "dic": 12, "déc": 12,
}

// parseForeignDate reads what gofeed, which knows English, could not; nil if this cannot either.
// Without a zone the time is taken for UTC, as gofeed takes it.
func parseForeignDate(raw string) *time.Time {
	m := foreignDate.FindStringSubmatch(strings.TrimSpace(raw))
	if m == nil {
		return nil
	}
	name := []rune(strings.ToLower(m[2]))
	month, known := months[string(name[:3])]
	if !known && len(name) > 3 {
		month, known = months[string(name[:4])]
	}
	if !known {
		return nil
	}
	clock := m[4]
	if strings.Count(clock, ":") == 1 {
		clock += ":00"
	}
	zone := "+0000"
	if m[6] != "" {
		zone = m[6] + m[7]
	}
	at, err := time.Parse("2 Jan 2006 15:04:05 -0700", m[1]+" "+month.String()[:3]+" "+m[3]+" "+clock+" "+zone)
	if err != nil {
		return nil
	}
	return &at
}
