package annotate

import (
	"strings"
	"sync"
	"unicode"
)

// productLists are the families (iPhone), those that are products only with a version (Windows 11), the brands that stand
// before a model (BMW iX3), and what may follow a version (Pro).
var productLists = sync.OnceValue(func() (p struct {
	families                    [][]string
	versioned, brands, suffixes map[string]bool
	first                       map[string]bool
},
) {
	p.first = map[string]bool{}
	for line := range strings.Lines(list("products.txt")) {
		kind, rest, _ := strings.Cut(line, ":")
		switch kind {
		case "families":
			// A name of two words has its space written as "\ ".
			for _, name := range strings.Fields(strings.ReplaceAll(rest, `\ `, "_")) {
				words := strings.Split(name, "_")
				p.families = append(p.families, words)
				p.first[words[0]] = true
			}
		case "versioned":
			p.versioned = setOf(rest)
		case "brands":
			p.brands = setOf(rest)
		case "suffixes":
			p.suffixes = setOf(rest)
		}
	}
	return p
})

// products finds families with their versions, and models behind a brand.
func (r *entityReader) products() {
	for i := 0; i < len(r.words); i++ {
		if r.taken[i] || r.words[i].class != letters {
			continue
		}
		if to := r.product(i); to > 0 && r.take(mention{kind: Product, from: i, to: to}) {
			i = to - 1
		}
	}
}

// product is the word behind the product that begins at a word, or 0.
func (r *entityReader) product(i int) int {
	lists := productLists()
	w := &r.words[i]
	if to := r.family(i); to > 0 {
		return r.versionsAndSuffixes(to)
	}
	if lists.versioned[w.text] {
		if to := r.version(i + 1); to > i+1 {
			return r.suffixed(to)
		}
	}
	if !lists.brands[w.text] || !r.joined(i+1) {
		return 0
	}
	next := &r.words[i+1]
	if to := r.family(i + 1); to > 0 {
		return r.versionsAndSuffixes(to)
	}
	if lists.versioned[next.text] {
		if to := r.version(i + 2); to > i+2 {
			return r.suffixed(to)
		}
	}
	if isModel(next.text) && !r.taken[i+1] && next.class == letters {
		return r.suffixed(i + 2)
	}
	planes := w.text == "Boeing" || w.text == "Porsche" || w.text == "Peugeot"
	if planes && next.class == number && len(next.text) == 3 && !r.taken[i+1] && !isMeasureAfter(r.raw[next.end:]) {
		return r.suffixed(i + 2)
	}
	return 0
}

// versionsAndSuffixes goes on behind 17 Pro, and behind RTX 5090.
func (r *entityReader) versionsAndSuffixes(i int) int {
	return r.suffixed(r.version(r.suffixed(r.version(i))))
}

func (r *entityReader) family(i int) int {
	if !productLists().first[r.words[i].text] {
		return 0
	}
	best := 0
	for _, name := range productLists().families {
		fits := i+len(name) <= len(r.words) && i+len(name) > best
		for j := range name {
			fits = fits && r.words[i+j].text == name[j] && (j == 0 || r.joined(i+j))
		}
		if fits {
			best = i + len(name)
		}
	}
	return best
}

// version goes on behind a version: 17, 16.4, 15e, X, -4o.
func (r *entityReader) version(i int) int {
	if i >= len(r.words) || r.taken[i] || !r.joined(i) && r.words[i].gap != "-" {
		return i
	}
	w := &r.words[i]
	short := len(w.text) <= 6
	if w.class == number && short && r.whole(i, 1900, 2100) == 0 && !isMeasureAfter(r.raw[w.end:]) ||
		w.class == letters && short && hasDigit(w.text) && isModel(w.text) || w.text == "Y" && r.words[i-1].text == "Model" || w.text == "S" && r.words[i-1].text == "Model" {
		return i + 1
	}
	return i
}

func (r *entityReader) suffixed(i int) int {
	for n := 0; n < 3 && r.joined(i) && !r.taken[i] && (productLists().suffixes[r.words[i].text] || n > 0 && r.words[i-1].text == "Gen" && len(r.words[i].text) < 3); n++ {
		i++
	}
	return i
}

// isModel: letters and digits mixed, with a capital or a digit first: ID.3, A320neo, WH-1000XM5, iX3.
func isModel(s string) bool {
	if len(s) > 14 || !hasDigit(s) || !strings.ContainsFunc(s, unicode.IsLetter) {
		return false
	}
	last := s[len(s)-2:]
	ordinal := s[0] >= '0' && s[0] <= '9' && (last == "th" || last == "st" || last == "nd" || last == "rd" || strings.HasSuffix(s, "er"))
	return !ordinal && (strings.ContainsFunc(s, unicode.IsUpper) || s[0] >= '0' && s[0] <= '9' || len(s) <= 3)
}

func hasDigit(s string) bool { return strings.ContainsAny(s, "0123456789") }
