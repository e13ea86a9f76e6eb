package collect

import (
	"cmp"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/content-creator/content-creator-api/store"
)

// How documents about one event are found.
//
// A document's topic is its most telling terms: the words of its title, and the names and numbers that its text begins
// with. A term counts the more, the fewer documents of the same days have it, and not at all where
// very many have it. Documents of the same days that share enough of that weight, several strong
// terms among it, are about one event.
const (
	// topicTerms is how many terms a topic has.
	topicTerms = 20
	// leadTokens is how much of a text is looked at: news says first what happened.
	leadTokens = 120
	// stemRunes is how much of a word counts: endings differ, and no stemmer knows all languages.
	stemRunes = 7
	// StorySpan is how far apart in time two documents about one event may be.
	StorySpan = 72 * time.Hour
	// minTogether is which share of the weight of two topics must be common, on geometric average.
	minTogether = 0.36
	// minTranslated is the same between two languages, where only names and numbers can be common.
	minTranslated = 0.22
)

// A topic is what a document is about.
type topic struct{ terms []term }

type term struct {
	key    int64
	text   string
	weight float64
	// strong: a word of the title or a name.
	strong bool
}

// publisher is the registrable domain of an address, else the name of the origin.
func publisher(address, sourceName string) string {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return sourceName
	}
	return store.Site(u.Hostname())
}

func topicOf(title, body []token) topic {
	found := map[string]*term{}
	add := func(t token, weight float64, strong bool) {
		stem := stemOf(t.text)
		known := found[stem]
		if known == nil {
			known = &term{key: int64(mix(hashOf("term " + stem))), text: t.raw}
			found[stem] = known
		}
		known.weight, known.strong = max(known.weight, weight)+0.1, known.strong || strong
	}
	for _, t := range title {
		switch {
		case !telling(t):
		case t.number:
			add(t, 1.2, false)
		case t.capital && !t.first:
			add(t, 2.2, true)
		default:
			add(t, 1.8, true)
		}
	}
	for _, t := range body[:min(leadTokens, len(body))] {
		switch {
		case !telling(t):
		case t.number:
			add(t, 0.8, false)
		case t.capital && !t.first:
			add(t, 1.2, true)
		case utf8.RuneCountInString(t.text) >= 6 || isUnspaced(firstRune(t.text)):
			add(t, 0.6, false)
		}
	}
	var list []term
	for _, t := range found {
		list = append(list, *t)
	}
	slices.SortFunc(list, func(a, b term) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.key, b.key))
	})
	return topic{list[:min(topicTerms, len(list))]}
}

// telling leaves out the words that every text has.
func telling(t token) bool {
	if t.number {
		return len(t.text) >= 2
	}
	if isUnspaced(firstRune(t.text)) {
		return true
	}
	return utf8.RuneCountInString(t.text) >= 3 && !commonWords[t.text]
}

func firstRune(text string) rune {
	r, _ := utf8.DecodeRuneInString(text)
	return r
}

// stemOf is the beginning of a word.
func stemOf(text string) string {
	n := 0
	for i := range text {
		if n == stemRunes {
			return text[:i]
		}
		n++
	}
	return text
}

func (t topic) keys() []int64 {
	keys := make([]int64, len(t.terms))
	for i, term := range t.terms {
		keys[i] = term.key
	}
	return keys
}

// CommonTerm is how many documents around a moment may have a term that still tells something.
const CommonTerm = 80

// rarity is how much a term counts that so many documents of these days have.
func rarity(documents int) float64 {
	return math.Log(1+CommonTerm/float64(max(documents, 1))) / math.Log(1+CommonTerm)
}

// StoryCandidates nominates the documents that share the most and rarest terms. holders answers who has a term in these
// days; more than CommonTerm are too many.
func StoryCandidates(t *Text, holders Holders) []Candidate {
	scores := map[int64]float64{}
	for _, term := range t.topic.terms {
		found, common := holders(term.key)
		if common {
			continue
		}
		for _, seq := range found {
			scores[seq] += term.weight * rarity(len(found)+1)
		}
	}
	return bestCandidates(scores, 1, maxCandidates)
}

// A Bond says why two documents are about one event.
type Bond struct {
	Similarity float64
	// Terms are those they share, the most telling first.
	Terms []string
}

// SameEvent reads whether two documents are about one event. holders answers who has a term of the first one.
func SameEvent(a, b *Text, holders Holders) (Bond, bool) {
	if a.At.Sub(b.At).Abs() > StorySpan {
		return Bond{}, false
	}
	other := map[int64]term{}
	for _, t := range b.topic.terms {
		other[t.key] = t
	}
	var together, ofA, ofB, strong float64
	var bond Bond
	shared := map[int64]float64{}
	for _, t := range a.topic.terms {
		others, common := holders(t.key)
		if common {
			continue
		}
		rare := rarity(len(others) + 1)
		ofA += t.weight * rare
		o, both := other[t.key]
		if !both {
			continue
		}
		shared[t.key] = rare
		together += t.weight * rare
		bond.Terms = append(bond.Terms, t.text)
		if t.strong && o.strong {
			strong++
		}
	}
	var back float64
	for _, t := range b.topic.terms {
		rare, both := shared[t.key]
		if !both {
			rare = 0.7 // nobody has asked how rare it is
		}
		ofB += t.weight * rare
		if both {
			back += t.weight * rare
		}
	}
	if ofA == 0 || ofB == 0 {
		return Bond{}, false
	}
	bond.Similarity = math.Sqrt(together / ofA * back / ofB)
	if a.language != b.language {
		return bond, bond.Similarity >= minTranslated && strong >= 2 && len(bond.Terms) >= 4
	}
	enough := strong >= 3 || strong == 2 && len(bond.Terms) >= 3
	return bond, bond.Similarity >= minTogether && enough && len(bond.Terms) >= 3
}

// commonWords are the words that say nothing about what a text is about, of the languages that most feeds are in.
var commonWords = func() map[string]bool {
	const list = `
		the and for are but not you all any can had her was one our out has him his how its who may new now old see two way why
		did get let say she too use that with have this will your from they know want been good much some time very when come
		here just like long make many more only over such take than them well were what about after again also back because
		before could down even first into most other people says said should since still their there these those through today
		under until where which while would year years week against amid
		der die das und ist von mit sich auf für nicht ein eine einer eines einem einen den dem des als auch wie bei nach aus
		noch nur sind war wird werden wurde haben hat hatte kann können zum zur über unter vor durch gegen ohne um bis mehr
		sein seine ihr ihre wir sie man oder aber wenn dass weil jetzt schon sehr alle neue neuen neuer neues jahr jahre heute
		les des une est pour dans par sur pas qui que avec son ses plus sont aux cette mais ont été leur comme tout fait deux
		entre après sans ans ses ces elle nous vous ils
		los las del una por con para como más pero sus ese este esta está son fue han muy año años entre desde hasta sobre
		sin ser tras dos también
		della delle degli che per con del nel nella sono non più alla anche dal dai una gli come anni dopo tra
		het een van voor met zijn niet aan ook door naar maar meer bij uit dan over nog
		dos das uma com não para mais pelo pela são foi nos nas sobre após anos ter seu sua`
	words := map[string]bool{}
	for _, word := range strings.Fields(list) {
		words[word] = true
	}
	return words
}()
