package collect

import "strings"

// An expansionWords are what people of one language put around what they search for.
type expansionWords struct {
	// letters are those with which words begin.
	letters string
	// questions stand before a keyword, prepositions behind it.
	questions, prepositions []string
}

const latin = "abcdefghijklmnopqrstuvwxyz"

// expansions are the languages in which suggestions can be asked for in full. In any other only the
// keyword itself is.
var expansions = map[string]expansionWords{
	"cs": {
		letters:      latin + "čřšž",
		questions:    words("co jak proč kdy kde kdo který kolik"),
		prepositions: words("pro s bez v na do nebo vs"),
	},
	"da": {
		letters:      latin + "æøå",
		questions:    words("hvad hvordan hvorfor hvornår hvor hvem hvilken"),
		prepositions: words("til med uden i på eller vs"),
	},
	"de": {
		letters:      latin + "äöü",
		questions:    words("was wie warum wann wo wer welche wieviel"),
		prepositions: words("für mit ohne in bei gegen oder vs"),
	},
	"en": {
		letters:      latin,
		questions:    words("what how why when where who which can"),
		prepositions: words("for with without near in or vs versus"),
	},
	"es": {
		letters:      latin + "ñ",
		questions:    words("qué cómo por·qué cuándo dónde quién cuál cuánto"), //nolint:misspell // Spanish
		prepositions: words("para con sin en cerca·de contra o vs"),
	},
	"fr": {
		letters:      latin + "éà",
		questions:    words("que comment pourquoi quand où qui quel combien"),
		prepositions: words("pour avec sans dans près·de contre ou vs"),
	},
	"it": {
		letters:      latin,
		questions:    words("cosa come perché quando dove chi quale quanto"),
		prepositions: words("per con senza in vicino·a contro o vs"),
	},
	"nl": {
		letters:      latin,
		questions:    words("wat hoe waarom wanneer waar wie welke hoeveel"),
		prepositions: words("voor met zonder in bij tegen of vs"),
	},
	"no": {
		letters:      latin + "æøå",
		questions:    words("hva hvordan hvorfor når hvor hvem hvilken"),
		prepositions: words("for med uten i på eller vs"),
	},
	"pl": {
		letters:      latin + "łśćżź",
		questions:    words("co jak dlaczego kiedy gdzie kto który ile"),
		prepositions: words("dla z bez w na do czy vs"),
	},
	"pt": {
		letters:      latin + "éàá",
		questions:    words("o·que como por·que quando onde quem qual quanto"),
		prepositions: words("para com sem em perto·de contra ou vs"),
	},
	"sv": {
		letters:      latin + "åäö",
		questions:    words("vad hur varför när var vem vilken"),
		prepositions: words("för med utan i på eller vs"),
	},
}

func init() { expansions["nb"] = expansions["no"] }

// words are the words of a list; a dot stands for the space inside of one.
func words(list string) []string {
	found := strings.Fields(list)
	for i, word := range found {
		found[i] = strings.ReplaceAll(word, "·", " ")
	}
	return found
}

// A suggestQuery is what Google is asked to complete.
type suggestQuery struct {
	keyword string
	// expansion is alphabet, questions or prepositions; "" for the keyword alone.
	expansion string
	text      string
}

// expand is one keyword in all the ways that are asked for, the keyword alone first.
func expand(keyword string, wanted []string, w expansionWords) []suggestQuery {
	queries := []suggestQuery{{keyword: keyword, text: keyword}}
	for _, expansion := range wanted {
		switch expansion {
		case "alphabet":
			for _, letter := range w.letters {
				queries = append(queries, suggestQuery{keyword, expansion, keyword + " " + string(letter)})
			}
		case "questions":
			for _, word := range w.questions {
				queries = append(queries, suggestQuery{keyword, expansion, word + " " + keyword})
			}
		case "prepositions":
			for _, word := range w.prepositions {
				queries = append(queries, suggestQuery{keyword, expansion, keyword + " " + word})
			}
		}
	}
	return queries
}

// interleave takes one query of each keyword in turn, so that a bound cuts all of them alike. What
// two keywords or expansions ask alike, as a letter that is a word does, is asked once.
func interleave(lists [][]suggestQuery) []suggestQuery {
	var all []suggestQuery
	asked := map[string]bool{}
	for i, more := 0, true; more; i++ {
		more = false
		for _, list := range lists {
			if i >= len(list) {
				continue
			}
			more = true
			if key := strings.ToLower(list[i].text); !asked[key] {
				asked[key] = true
				all = append(all, list[i])
			}
		}
	}
	return all
}
