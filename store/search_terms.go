package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
)

// maxSearchLength and maxSearchTerms bound what a search may ask.
const (
	maxSearchLength = 500
	maxSearchTerms  = 32
)

// A webSearch is a search as typed, cleaned. Loose finds at least what exact finds, and asks nothing
// that the index cannot answer alone: no phrases.
type webSearch struct{ exact, loose string }

// parseSearch cleans a search or says what is wrong with it.
func parseSearch(resource, field, terms string) (webSearch, error) {
	clean := cleanSearch(terms)
	fault := ""
	switch {
	case clean == "":
		fault = "needs a word to look for"
	case utf8.RuneCountInString(clean) > maxSearchLength:
		fault = fmt.Sprintf("may have %d characters", maxSearchLength)
	case len(strings.Fields(clean)) > maxSearchTerms:
		fault = fmt.Sprintf("may have %d words", maxSearchTerms)
	}
	if fault != "" {
		return webSearch{}, invalid(resource, "The search cannot be understood.", map[string]string{field: fault})
	}
	return webSearch{exact: clean, loose: loosened(clean)}, nil
}

// cleanSearch drops what no text contains, evens out quotes and white space, and parts compounds at
// their hyphens: "smart-building" finds "smart building" too, since texts are indexed both ways.
func cleanSearch(terms string) string {
	runes := []rune(strings.ToValidUTF8(terms, " "))
	var clean strings.Builder
	for i, r := range runes {
		switch {
		case unicode.IsControl(r), unicode.IsSpace(r):
			clean.WriteRune(' ')
		case strings.ContainsRune("“”„«»", r):
			clean.WriteRune('"')
		case isHyphen(r) && i > 0 && i+1 < len(runes) && joins(runes[i-1], runes[i+1]):
			clean.WriteRune(' ')
		default:
			clean.WriteRune(r)
		}
	}
	return strings.Join(strings.Fields(clean.String()), " ")
}

func isHyphen(r rune) bool { return r == '-' || r == '‐' || r == '‑' }

// joins reports whether a hyphen between these makes a compound: it does not in 2026-11.
func joins(before, after rune) bool {
	word := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	return word(before) && word(after) && (unicode.IsLetter(before) || unicode.IsLetter(after))
}

// loosened takes phrases apart into their words and drops those that must not occur.
func loosened(clean string) string {
	parts := strings.Split(clean, `"`)
	var loose strings.Builder
	for i, part := range parts {
		if i%2 == 0 || i == len(parts)-1 {
			loose.WriteString(part)
			continue
		}
		before := loose.String()
		if bare, excluded := strings.CutSuffix(before, "-"); excluded {
			loose.Reset()
			loose.WriteString(bare)
			continue
		}
		loose.WriteByte(' ')
		for _, word := range strings.Fields(part) {
			word = strings.TrimLeft(word, "-")
			if !strings.EqualFold(word, "or") {
				loose.WriteString(word + " ")
			}
		}
	}
	return strings.Join(strings.Fields(loose.String()), " ")
}

// An arm is a search as one or more languages understand it, as tsquery text.
type arm struct {
	// languages are all that understand it so, wanted those of them that the filters leave.
	languages, wanted []string
	exact, loose      string
}

// compile makes the arms of a search, one for each language that the table holds; languages that understand it alike share an
// arm, and those to which it is nothing but stop words have none.
func (h *hunt) compile(ctx context.Context, w webSearch) error {
	// The recursion leaps from one language to the next: there are few.
	q := `
		with recursive languages as (
			select min(language) as language from ` + h.facets + `
			union all
			select (select min(f.language) from ` + h.facets + ` f where f.language > l.language)
			from languages l
			where l.language is not null)
		select language,
			websearch_to_tsquery(search_config(language), search_text($1, 1000))::text as exact,
			websearch_to_tsquery(search_config(language), search_text($2, 1000))::text as loose
		from languages
		where language is not null
		order by language`
	rows, _ := h.db.Query(ctx, q, w.exact, w.loose)
	var language, exact, loose string
	_, err := pgx.ForEachRow(rows, []any{&language, &exact, &loose}, func() error {
		h.languages = append(h.languages, language)
		if exact == "" {
			return nil
		}
		i := slices.IndexFunc(h.arms, func(a arm) bool { return a.exact == exact && a.loose == loose })
		if i < 0 {
			i, h.arms = len(h.arms), append(h.arms, arm{exact: exact, loose: loose})
		}
		h.arms[i].languages = append(h.arms[i].languages, language)
		if h.s.languages == nil || slices.Contains(h.s.languages, language) {
			h.arms[i].wanted = append(h.arms[i].wanted, language)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("compile the search: %w", err)
	}
	h.arms = slices.DeleteFunc(h.arms, func(a arm) bool { return len(a.wanted) == 0 })
	for i, a := range h.arms {
		n := strconv.Itoa(i)
		h.s.args["arm_"+n], h.s.args["loose_"+n] = a.exact, a.loose
		h.s.args["arm_"+n+"_languages"], h.s.args["arm_"+n+"_wanted"] = a.languages, a.wanted
	}
	return nil
}

// conjuncts parts a tsquery at its outermost ands. What must not occur stays with the first that must: the index
// would read everything for it alone.
func conjuncts(query string) []string {
	var parts []string
	var positive, negative []string
	depth, from, quoted := 0, 0, false
	for i := 0; i < len(query); i++ {
		switch c := query[i]; {
		case c == '\'':
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == '|' && depth == 0:
			return []string{"(" + query + ")"}
		case c == '&' && depth == 0:
			parts, from = append(parts, strings.TrimSpace(query[from:i])), i+1
		}
	}
	if last := strings.TrimSpace(query[from:]); last != "" {
		parts = append(parts, last)
	}
	for _, part := range parts {
		if strings.HasPrefix(part, "!") {
			negative = append(negative, part)
			continue
		}
		positive = append(positive, part)
	}
	if len(negative) == 0 {
		return positive
	}
	if len(positive) == 0 {
		return []string{"(" + query + ")"}
	}
	positive[0] = "(" + strings.Join(append([]string{positive[0]}, negative...), " & ") + ")"
	return positive
}

// own is a condition, or with an empty test the query, of each row's own language.
func (h *hunt) own(alias, test string) string {
	var cases strings.Builder
	cases.WriteString("case")
	for i := range h.arms {
		n := strconv.Itoa(i)
		cases.WriteString(" when " + alias + "language = any(@arm_" + n + "_languages::text[]) then " + test + "@arm_" + n + "::text::tsquery")
	}
	return cases.String() + " end"
}
