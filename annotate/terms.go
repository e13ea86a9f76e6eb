package annotate

// Terms are the words of a text by which it is found, in their order: their stems in the text's language (ISO 639; ""
// where it is not known), without stop words. Where a script puts no space between words, every two characters in a row
// are a term.
func Terms(body, language string) []string {
	t := read(clean(body), language)
	stop, stemmer := stopWords(language), newStemmer(language)
	terms := make([]string, 0, len(t.words))
	for i := range t.words {
		w := &t.words[i]
		switch {
		case w.class == unspaced:
			runes := []rune(w.text)
			if len(runes) == 1 {
				terms = append(terms, w.text)
			}
			for n := range len(runes) - 1 {
				terms = append(terms, string(runes[n:n+2]))
			}
		case !stop[w.lower]:
			terms = append(terms, stemmer.of(w.lower))
		}
	}
	return terms
}
