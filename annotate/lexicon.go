package annotate

import (
	"embed"
	"slices"
	"strings"
	"sync"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/arabic"
	"github.com/blevesearch/snowballstem/danish"
	"github.com/blevesearch/snowballstem/dutch"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/finnish"
	"github.com/blevesearch/snowballstem/french"
	"github.com/blevesearch/snowballstem/german"
	"github.com/blevesearch/snowballstem/hungarian"
	"github.com/blevesearch/snowballstem/italian"
	"github.com/blevesearch/snowballstem/norwegian"
	"github.com/blevesearch/snowballstem/portuguese"
	"github.com/blevesearch/snowballstem/romanian"
	"github.com/blevesearch/snowballstem/russian"
	"github.com/blevesearch/snowballstem/spanish"
	"github.com/blevesearch/snowballstem/swedish"
	"github.com/blevesearch/snowballstem/turkish"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

//go:embed lists
var lists embed.FS

// list is a file of the lists; they are compiled in, so that none can be missing.
func list(name string) string {
	content, err := lists.ReadFile("lists/" + name)
	if err != nil {
		panic(err)
	}
	return string(content)
}

// listed are the languages with stop words.
var listed = []string{"da", "de", "en", "es", "fi", "fr", "hu", "it", "nl", "no", "pl", "pt", "ru", "sv", "tr"}

// stopLists are the words of each language that no phrase begins or ends with; "" is all of them together.
var stopLists = sync.OnceValue(func() map[string]map[string]bool {
	all := map[string]map[string]bool{"": {}}
	for _, l := range listed {
		all[l] = setOf(list("stop." + l + ".txt"))
	}
	for line := range strings.Lines(list("weak.txt")) {
		l, words, _ := strings.Cut(line, ":")
		for _, w := range strings.Fields(words) {
			all[l][w] = true
		}
	}
	for _, l := range listed {
		for w := range all[l] {
			all[""][w] = true
		}
	}
	return all
})

// stopWords are those of a language; where the language is unknown, of all languages.
func stopWords(l string) map[string]bool {
	if l == "nb" || l == "nn" {
		l = "no"
	}
	if l == "und" {
		l = ""
	}
	return stopLists()[l]
}

var stemmers = map[string]func(*snowballstem.Env) bool{
	"ar": arabic.Stem, "da": danish.Stem, "de": german.Stem, "en": english.Stem, "es": spanish.Stem, "fi": finnish.Stem, "fr": french.Stem,
	"hu": hungarian.Stem, "it": italian.Stem, "nb": norwegian.Stem, "nl": dutch.Stem, "nn": norwegian.Stem, "no": norwegian.Stem,
	"pt": portuguese.Stem, "ro": romanian.Stem, "ru": russian.Stem, "sv": swedish.Stem, "tr": turkish.Stem,
}

// A stemmer finds the stem that the forms of a word share; where its language has none, the word itself.
type stemmer struct {
	stem  func(*snowballstem.Env) bool
	env   *snowballstem.Env
	known map[string]string
}

func newStemmer(l string) *stemmer {
	return &stemmer{stem: stemmers[l], env: snowballstem.NewEnv(""), known: map[string]string{}}
}

func (s *stemmer) of(lower string) string {
	if s.stem == nil || len(lower) > maxWord {
		return lower
	}
	stem, seen := s.known[lower]
	if !seen {
		s.env.SetCurrent(lower)
		s.stem(s.env)
		stem = s.env.Current()
		s.known[lower] = stem
	}
	return stem
}

// A named thing is one of the gazetteer: a name as it is written, and for what it stands.
type named struct {
	words []word
	kind  string
	// name is the same for all spellings, country its ISO 3166 code.
	name, country string
	// language is the only one beside English in which it is a name, "" all: Island is one in German alone.
	language string
}

// A gazetteer finds names by their first word, the longest first.
type gazetteer map[string][]named

func (g gazetteer) add(n named, spelling string) {
	n.words = read(clean(spelling), "").words
	g[n.words[0].text] = append(g[n.words[0].text], n)
}

// regionLanguages are those in which countries are known by their names.
var regionLanguages = []string{"en", "de", "fr", "es", "it", "nl", "pt", "sv", "da", "no", "fi", "pl", "ru", "tr", "ja", "zh", "ko"}

// ambiguousCountries are more often something else: a state, a person, a river.
var ambiguousCountries = setOf("GE JO TD GN NE IM RE")

var names = sync.OnceValue(func() gazetteer {
	g := gazetteer{}
	for line := range strings.Lines(list("organisations.txt")) {
		spellings := strings.Split(strings.TrimSpace(line), "|")
		for _, s := range spellings {
			g.add(named{kind: Organisation, name: spellings[0]}, s)
		}
	}
	for _, file := range []string{"regions.txt", "cities.txt"} {
		for line := range strings.Lines(list(file)) {
			country, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
			spellings := strings.Split(rest, "|")
			for _, s := range spellings {
				g.add(named{kind: Place, name: spellings[0], country: strings.TrimPrefix(country, "-")}, s)
			}
		}
	}
	g.addCountries()
	for first := range g {
		slices.SortStableFunc(g[first], func(a, b named) int { return len(b.words) - len(a.words) })
	}
	return g
})

func (g gazetteer) addCountries() {
	english := display.Regions(language.English)
	for first := 'A'; first <= 'Z'; first++ {
		for second := 'A'; second <= 'Z'; second++ {
			region, err := language.ParseRegion(string([]rune{first, second}))
			if err != nil || !region.IsCountry() || region.Canonicalize() != region || ambiguousCountries[region.String()] {
				continue
			}
			for _, l := range regionLanguages {
				if name := display.Regions(language.MustParse(l)).Name(region); len(read(clean(name), "").words) > 0 {
					g.add(named{kind: Place, name: english.Name(region), country: region.String(), language: strings.TrimPrefix(l, "en")}, name)
				}
			}
		}
	}
}

// givenNames are those that people are recognised by.
var givenNames = sync.OnceValue(func() map[string]bool { return setOf(list("given.txt")) })
