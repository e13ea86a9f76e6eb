package research

import (
	"fmt"
	"hash/fnv"
	"maps"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/store"
)

// The weights of the six metrics, as the system that this one replaces had them.
const (
	weightRelevance = 0.30
	weightNovelty   = 0.25
	weightAuthority = 0.20
	weightFreshness = 0.15
	weightDiversity = 0.05
	weightLocality  = 0.05
)

// A page is one that is being ranked.
type page struct {
	Group
	bm25, relevance float64
	because         string
	terms           []string
	shingles        map[uint64]bool
}

// measure scores pages in the order of their relevance: what is new and from other sites is so beside those before.
func measure(q Query, pages []*page, now time.Time) []Ranked {
	ranked := make([]Ranked, 0, len(pages))
	sites := map[string]int{}
	for i, p := range pages {
		p.shingles = shinglesOf(p.terms)
		site := store.Site(p.host())
		parts := []Part{
			{"relevance", p.relevance, weightRelevance, p.because},
			novelty(p, pages[:i]),
			authority(p.Hit),
			freshness(p.PublishedAt, now),
			diversity(site, sites[site]),
			locality(q, p.Hit),
		}
		sites[site]++
		r := Ranked{Group: p.Group, BM25: p.bm25, Parts: parts}
		for _, part := range parts {
			r.Score += part.Value * part.Weight
		}
		ranked = append(ranked, r)
	}
	return ranked
}

// host is where a page is; that of a redirect is its title, if that is a host.
func (h Hit) host() string {
	if title := strings.ToLower(strings.TrimSpace(h.Title)); h.Redirect && strings.Contains(title, ".") && !strings.ContainsAny(title, " /:") {
		return title
	}
	u, err := url.Parse(h.URL)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// shingleWords is how many terms in a row are compared, and maxTerms how many of a page.
const shingleWords, maxTerms = 3, 3000

func shinglesOf(terms []string) map[uint64]bool {
	terms = terms[:min(len(terms), maxTerms)]
	set := make(map[uint64]bool, len(terms))
	for i := range len(terms) - shingleWords + 1 {
		h := fnv.New64a()
		for _, t := range terms[i : i+shingleWords] {
			_, _ = h.Write([]byte(t + "\x00"))
		}
		set[h.Sum64()] = true
	}
	return set
}

// novelty is one less the highest share of word triples that a page has in common with one before it (Jaccard).
func novelty(p *page, before []*page) Part {
	part := Part{Name: "novelty", Weight: weightNovelty}
	if len(p.shingles) == 0 {
		part.Value, part.Because = 0.5, "too little text to tell"
		return part
	}
	closest, key := 0., ""
	for _, other := range before {
		if alike := jaccard(p.shingles, other.shingles); alike > closest {
			closest, key = alike, other.Key
		}
	}
	part.Value, part.Because = 1-closest, "shares nothing with better ones"
	if closest > 0 {
		part.Because = fmt.Sprintf("shares %.0f %% with %s", closest*100, key)
	}
	return part
}

func jaccard(a, b map[uint64]bool) float64 {
	if len(b) < len(a) {
		a, b = b, a
	}
	common := 0
	for h := range a {
		if b[h] {
			common++
		}
	}
	return float64(common) / float64(max(len(a)+len(b)-common, 1))
}

// institutions are domains that are given to public bodies and universities alone.
var institutions = strings.Fields(`edu gov mil int europa.eu bund.de gouv.fr admin.ch gv.at ac.at gob.es gov.it gov.pl overheid.nl gob.mx
	go.jp ac.jp lg.jp go.kr ac.kr nhs.uk police.uk edu.au gov.au csiro.au gc.ca canada.ca govt.nz ac.nz`)

// authority is 0.3 for any page, 0.5 more for one of an institution's domain, 0.2 more for one of .org, which anybody
// can have, and 0.2 more for one that comes over https.
func authority(h Hit) Part {
	part := Part{Name: "authority", Weight: weightAuthority, Value: 0.3, Because: "any page 0.3"}
	add := func(value float64, why string) {
		part.Value += value
		part.Because += fmt.Sprintf(", %s %.1f", why, value)
	}
	host := h.host()
	switch domain := institution(host); {
	case domain != "":
		add(0.5, "an institution's domain ("+domain+")")
	case strings.HasSuffix(host, ".org"):
		add(0.2, ".org")
	}
	if strings.HasPrefix(strings.ToLower(h.URL), "https://") {
		add(0.2, "https")
	}
	return part
}

// institution is which of the institutions' domains a host is below; "" is none.
func institution(host string) string {
	for _, domain := range institutions {
		if host == domain || strings.HasSuffix(host, "."+domain) {
			return domain
		}
	}
	// Countries put the same names below their own: ac.uk, gov.br, edu.pl.
	labels := strings.Split(host, ".")
	if n := len(labels); n > 2 && len(labels[n-1]) == 2 && slices.Contains([]string{"ac", "gov", "edu", "mil"}, labels[n-2]) {
		return labels[n-2] + "." + labels[n-1]
	}
	return ""
}

// halfLife is after how many days freshness is halved.
const halfLife = 30

// freshness is 0.5 to the power of days/30; 0.5 where nobody says when a page was published.
func freshness(at *time.Time, now time.Time) Part {
	part := Part{Name: "freshness", Weight: weightFreshness, Value: 0.5, Because: "its date is not known"}
	if at == nil {
		return part
	}
	days := max(now.Sub(*at).Hours()/24, 0)
	part.Value, part.Because = math.Pow(0.5, days/halfLife), fmt.Sprintf("%.1f days old, half-life %d days", days, halfLife)
	return part
}

// diversity is 1 for the first page of a site, 0.5 for the second, 0 for more.
func diversity(site string, before int) Part {
	values := []float64{1, 0.5, 0}
	return Part{"diversity", values[min(before, 2)], weightDiversity, fmt.Sprintf("%d better ones of %s", before, site)}
}

// locality is a half for the country and a half for the language: all of it where it is the query's, half of it where
// that is not known or not asked, nothing where it is another.
func locality(q Query, h Hit) Part {
	country, why := 0.25, "no country asked for"
	if region := q.region(); region != "" {
		country, why = countryOf(h.host(), region)
	}
	tongue, how := 0.25, "no language asked for"
	if want := q.tongue(); want != "" {
		switch is := collect.LanguageOf(h.Title + "\n" + h.body()); is {
		case want:
			tongue, how = 0.5, "its language is "+want
		case "und":
			how = "its language is not clear"
		default:
			tongue, how = 0, "its language is "+is
		}
	}
	return Part{"locality", country + tongue, weightLocality, why + ", " + how}
}

// countryOf is what a host's top-level domain says of a country.
func countryOf(host, region string) (float64, string) {
	top := host[strings.LastIndexByte(host, '.')+1:]
	own := strings.ToLower(region)
	if region == "GB" {
		own = "uk"
	}
	switch {
	case top == own:
		return 0.5, "its domain is of " + region
	case len(top) != 2 || slices.Contains([]string{"eu", "io", "ai", "co", "tv", "me"}, top):
		return 0.25, "its domain is of no country"
	}
	return 0, "its domain is ." + top
}

// sortedKeys makes sums of floating point the same each time.
func sortedKeys(m map[string]float64) []string { return slices.Sorted(maps.Keys(m)) }
