package content

import "strings"

// A Reading is how easy a text is to read.
type Reading struct {
	// Ease is on Flesch's scale: 100 is very easy, 0 very hard; it may lie outside of both.
	Ease                        float64
	Words, Sentences, Syllables int
	// Letters counts those of the words.
	Letters int
	// Formula names it and its author.
	Formula string
}

// A formula turns averages into reading ease: words of a sentence, syllables of a word.
type formula struct {
	name string
	ease func(r Reading) float64
}

func perSentence(r Reading) float64 { return float64(r.Words) / float64(r.Sentences) }
func perWord(r Reading) float64     { return float64(r.Syllables) / float64(r.Words) }

// formulas are those made for a language, with its own syllables. A language that has none here has no score.
var formulas = map[string]formula{
	"en": {"Flesch 1948: 206.835 − 1.015·words/sentences − 84.6·syllables/words", func(r Reading) float64 {
		return 206.835 - 1.015*perSentence(r) - 84.6*perWord(r)
	}},
	"de": {"Amstad 1978: 180 − words/sentences − 58.5·syllables/words", func(r Reading) float64 {
		return 180 - perSentence(r) - 58.5*perWord(r)
	}},
	"fr": {"Kandel & Moles 1958: 207 − 1.015·words/sentences − 73.6·syllables/words", func(r Reading) float64 {
		return 207 - 1.015*perSentence(r) - 73.6*perWord(r)
	}},
	"es": {"Szigriszt-Pazos 1993: 206.835 − words/sentences − 62.3·syllables/words", func(r Reading) float64 {
		return 206.835 - perSentence(r) - 62.3*perWord(r)
	}},
	"it": {"Franchina & Vacca 1986: 217 − 1.3·words/sentences − 60·syllables/words", func(r Reading) float64 {
		return 217 - 1.3*perSentence(r) - 60*perWord(r)
	}},
	"nl": {"Douma 1960: 206.84 − 0.93·words/sentences − 77·syllables/words", func(r Reading) float64 {
		return 206.84 - 0.93*perSentence(r) - 77*perWord(r)
	}},
	"pt": {"Martins et al. 1996: 248.835 − 1.015·words/sentences − 84.6·syllables/words", func(r Reading) float64 {
		return 248.835 - 1.015*perSentence(r) - 84.6*perWord(r)
	}},
}

// Readability is how easy a text is to read, by the formula made for its language. It is false where the language
// has none, or the text no words.
func Readability(sentences [][]string, language string) (Reading, bool) {
	f, known := formulas[language]
	r := Reading{Formula: f.name}
	for _, s := range sentences {
		if len(s) == 0 {
			continue
		}
		r.Sentences++
		for _, word := range s {
			r.Words++
			r.Letters += len([]rune(word))
			r.Syllables += Syllables(word, language)
		}
	}
	if !known || r.Words == 0 {
		return r, false
	}
	r.Ease = f.ease(r)
	return r, true
}

// vowels are the letters that make a syllable, by language.
var vowels = map[string]string{
	"en": "aeiouy", "de": "aeiouyäöüáàâéèêíóôú", "fr": "aeiouyàâäéèêëîïôöùûüœæ", "es": "aeiouáéíóúü",
	"it": "aeiouàèéìíòóùú", "nl": "aeiouyáéíóúäëïöüèê", "pt": "aeiouáâãàéêíóôõúü",
}

// together are the vowels in a row that make one syllable, the longest first; where a language has none listed,
// a run of vowels is one syllable.
var together = map[string][]string{
	"de": {"äu", "au", "ei", "eu", "ai", "ey", "ay", "ie", "aa", "ee", "oo", "ui"},
	"nl": {"aai", "ooi", "oei", "eeuw", "ieuw", "aau", "eeu", "ieu", "aa", "ee", "oo", "uu", "ie", "oe", "eu", "ui", "ei", "ij", "ou", "au", "ai"},
	"fr": {"eau", "oeu", "œu", "oui", "ai", "aî", "ei", "au", "eu", "eû", "ou", "où", "oû", "oi", "oî", "ui", "ie", "io", "ia", "ieu"},
}

// Syllables is how many syllables a word has, by rules of the language: exact for regular words, a good guess for
// borrowed ones. A word without vowels, as a number or an abbreviation, counts as one.
func Syllables(word, language string) int {
	word = strings.ToLower(word)
	n := 0
	for _, part := range strings.FieldsFunc(word, func(r rune) bool { return r == '-' || r == '\'' || r == '’' || r == '.' }) {
		n += syllables(part, language)
	}
	return max(n, 1)
}

func syllables(word, language string) int {
	switch language {
	case "en":
		return englishSyllables(word)
	case "es", "it", "pt":
		return romanceSyllables(word, language)
	case "fr":
		return frenchSyllables(word)
	case "de", "nl":
		// "qu" has a vowel that is none.
		return groups(strings.ReplaceAll(word, "qu", "kw"), language)
	}
	return 0
}

// groups counts vowels, those that sound together once.
func groups(word, language string) int {
	n := 0
	for len(word) > 0 {
		if pair := leading(word, together[language]); pair != "" {
			n, word = n+1, word[len(pair):]
			continue
		}
		r := []rune(word[:min(len(word), 4)])[0]
		if strings.ContainsRune(vowels[language], r) {
			n++
		}
		word = word[len(string(r)):]
	}
	return n
}

func leading(word string, list []string) string {
	longest := ""
	for _, one := range list {
		if len(one) > len(longest) && strings.HasPrefix(word, one) {
			longest = one
		}
	}
	return longest
}

// runs counts runs of vowels.
func runs(word, vowels string) int {
	n, inside := 0, false
	for _, r := range word {
		vowel := strings.ContainsRune(vowels, r)
		if vowel && !inside {
			n++
		}
		inside = vowel
	}
	return n
}

// englishSyllables counts runs of vowels, without a silent end.
func englishSyllables(word string) int {
	n := runs(word, vowels["en"])
	consonant := func(i int) bool { return i >= 0 && !strings.ContainsRune("aeiouy", rune(word[i])) }
	switch end := len(word); {
	case n <= 1:
	case strings.HasSuffix(word, "le") && consonant(end-3): // ta-ble
	case strings.HasSuffix(word, "e") && consonant(end-2): // make
		n--
	case strings.HasSuffix(word, "es") && consonant(end-3) && !sibilant(word[:end-2]): // makes, but boxes
		n--
	case strings.HasSuffix(word, "ed") && consonant(end-3) && !strings.ContainsAny(word[end-3:end-2], "td"): // walked, but wanted
		n--
	}
	for _, split := range []string{"ia", "io", "eo", "iu", "ua"} {
		// "ia" of "media" sounds apart, "tion" does not.
		for i := strings.Index(word, split); i >= 0; i = -1 {
			if i > 0 && !strings.ContainsAny(word[i-1:i], "tcsgqx") {
				n++
			}
		}
	}
	return n
}

func sibilant(stem string) bool {
	for _, end := range []string{"s", "x", "z", "ch", "sh", "c", "g"} {
		if strings.HasSuffix(stem, end) {
			return true
		}
	}
	return false
}

// romanceSyllables counts vowels; a weak one (i, u without an accent) beside another joins it.
func romanceSyllables(word, language string) int {
	for _, silent := range []struct{ from, to string }{{"que", "ke"}, {"qui", "ki"}, {"qué", "ké"}, {"quí", "kí"}, {"gue", "ge"}, {"gui", "gi"}, {"qu", "k"}} {
		word = strings.ReplaceAll(word, silent.from, silent.to)
	}
	weak := "iuü"
	n := 0
	var before rune
	for _, r := range word {
		if !strings.ContainsRune(vowels[language], r) {
			// "y" at the end of a word is a weak vowel in Spanish.
			before = 0
			continue
		}
		nasal := language == "pt" && strings.ContainsRune("ãõ", before) // ão, õe
		joined := before != 0 && (nasal || strings.ContainsRune(weak, r) != strings.ContainsRune(weak, before) || strings.ContainsRune(weak, r) && r != before)
		// An accent on a weak vowel keeps the two apart: día, baúl.
		if joined && (strings.ContainsRune("íúì", r) || strings.ContainsRune("íúìù", before)) {
			joined = false
		}
		if !joined {
			n++
		}
		before = r
		if joined {
			before = 'i' // a third vowel joins: ui-e, guai
		}
	}
	return n
}

// frenchSyllables counts the groups of vowels without a silent end.
func frenchSyllables(word string) int {
	n := groups(strings.ReplaceAll(word, "qu", "k"), "fr")
	if n > 1 {
		for _, silent := range []string{"ent", "es", "e"} {
			stem, found := strings.CutSuffix(word, silent)
			if !found {
				continue
			}
			// "ent" is silent in verbs, and sounds in "-ment", "-ient" and short words.
			if silent == "ent" && (strings.HasSuffix(stem, "m") || strings.HasSuffix(stem, "i") || len(stem) < 4) {
				break
			}
			last := []rune(stem)
			if len(last) > 0 && !strings.ContainsRune(vowels["fr"], last[len(last)-1]) {
				n--
			}
			break
		}
	}
	return n
}
