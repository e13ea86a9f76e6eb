package annotate

// Occurrences is how often the stems of a phrase stand in those of a text, one behind the other. A phrase without any stands nowhere.
func Occurrences(text, phrase []string) int {
	n := 0
	for i := 0; len(phrase) > 0 && i+len(phrase) <= len(text); {
		found := true
		for j, stem := range phrase {
			found = found && text[i+j] == stem
		}
		if found {
			n, i = n+1, i+len(phrase)
			continue
		}
		i++
	}
	return n
}
