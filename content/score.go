package content

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/content-creator/content-creator-api/store"
)

// The profile of weights and steps that these scores follow.
const (
	Profile        = "original"
	ProfileVersion = 1
)

// points is the unit of scores.
const points = "points of 100"

// PartFreshness is the part of a content score that tells how old the page is.
const PartFreshness = "freshness"

// source is where derived figures say that they come from.
func source(formula string) string {
	return fmt.Sprintf("content-creator: %s (profile %s, version %d)", formula, Profile, ProfileVersion)
}

// A part is one part of a score before it is weighed; value is nil where it is unknown.
type part struct {
	name       string
	value      *float64
	weight     float64
	inputs     map[string]any
	note       string
	suggestion string
}

// unknownShare is up to which share of the weights may be unknown for a score to be told.
const unknownShare = 0.5

// scoreOf weighs parts to a score from 0 to 100. The weight of what is unknown is shared out among the rest.
func scoreOf(formula string, parts []part, at time.Time) store.Score {
	s := store.Score{Profile: Profile, ProfileVersion: ProfileVersion, Parts: []store.WeighedPart{}, Suggestions: []string{}}
	all, known := 0.0, 0.0
	for _, p := range parts {
		all += p.weight
		if p.value != nil {
			known += p.weight
		}
	}
	sum := 0.0
	for _, p := range parts {
		shown := store.WeighedPart{Name: p.name, Value: store.Unknown("share"), Weight: p.weight, Inputs: p.inputs, Note: p.note}
		if p.value != nil {
			shown.Value = store.Derived(*p.value, "share", source(formula+", "+p.name), at)
			shown.WeightUsed = math.Round(p.weight/known*all*1e4) / 1e4
			sum += *p.value * p.weight / known
		}
		s.Parts = append(s.Parts, shown)
	}
	slices.SortStableFunc(parts, func(a, b part) int { return cmp.Compare(b.loss(), a.loss()) })
	for _, p := range parts {
		if p.suggestion != "" {
			s.Suggestions = append(s.Suggestions, p.suggestion)
		}
	}
	s.Value = store.Unknown(points)
	if known < all*(1-unknownShare)-1e-9 || known == 0 {
		reason := "too little is known: the parts that are weigh less than half"
		s.Reason = &reason
		return s
	}
	s.Value = store.Derived(100*sum, points, source(formula), at)
	return s
}

// loss is how much a part takes from its score.
func (p part) loss() float64 {
	if p.value == nil {
		return 0
	}
	return p.weight * (1 - *p.value)
}

// between leads evenly from one value to another while x goes from one place to another.
func between(x, from, to, a, b float64) float64 { return a + (b-a)*(x-from)/(to-from) }

// Counts are what stands on a page.
type Counts struct {
	H1, H2, H3, Lists, Images int
}

// A Page is what a content score looks at.
type Page struct {
	Language string
	// Sentences are the words of the text, sentence by sentence.
	Sentences [][]string
	Counts    Counts
	// Keyword is the phrase that the page is to be found by, "" none; KeywordCount how often it stands in the
	// text in any of its forms, and KeywordWords of how many words it is.
	Keyword                    string
	KeywordCount, KeywordWords int
	// Entities is how many mentions of people, organisations, places, products, dates and amounts there are.
	Entities int
	// PublishedAt is nil where the page does not say.
	PublishedAt *time.Time
	// Target is how many words are wanted; 0 is not said.
	Target int
}

// Words is how many words the text has.
func (p Page) Words() int {
	words := 0
	for _, s := range p.Sentences {
		words += len(s)
	}
	return words
}

// Unscored is the score of what cannot be scored, and why.
func Unscored(reason string) store.Score {
	return store.Score{
		Value: store.Unknown(points), Profile: Profile, ProfileVersion: ProfileVersion,
		Parts: []store.WeighedPart{}, Suggestions: []string{}, Reason: &reason,
	}
}

// Score is how well a page is made: the original's six parts with its weights and steps (CSC-1 to CSC-7).
func Score(p Page, now time.Time) store.Score {
	words := p.Words()
	if words == 0 {
		return Unscored("the page has no words")
	}
	return scoreOf("content score", []part{
		wordsPart(words, p.Target), p.readabilityPart(), p.keywordPart(words), structurePart(p.Counts, words), p.entitiesPart(words), p.freshnessPart(now),
	}, now)
}

// WordsValue is CSC-2.
func WordsValue(words int) float64 {
	w := float64(words)
	switch {
	case words < 500:
		return 0.3
	case words < 1500:
		return between(w, 500, 1500, 0.3, 0.9)
	case words <= 3000:
		return 1
	case words <= 5000:
		return between(w, 3000, 5000, 1, 0.9)
	}
	return 0.8
}

// enough is how much of the words that are wanted a text has at least, and how many times as many at most, where nothing is to be done.
const enough, plenty = 0.9, 1.2

// wordsPart is CSC-2, or where so many words are wanted, how near a text comes to them.
func wordsPart(words, target int) part {
	if target > 0 {
		return targetPart(words, target)
	}
	p := part{name: "words", weight: 0.15, value: new(WordsValue(words)), inputs: map[string]any{"words": words}, note: "1,500 to 3,000 words are best"}
	switch {
	case words < 1500:
		p.suggestion = fmt.Sprintf("Write %s more: 1,500 to 3,000 are best, it has %d.", store.Amount(1500-words, "word"), words)
	case words > 3000:
		p.suggestion = fmt.Sprintf("Shorten it or split it: 1,500 to 3,000 words are best, it has %d.", words)
	}
	return p
}

func targetPart(words, target int) part {
	p := part{
		name: "words", weight: 0.15, inputs: map[string]any{"words": words, "target": target},
		note: fmt.Sprintf("%d words are wanted", target),
	}
	share := float64(words) / float64(target)
	switch {
	case share < enough:
		p.value = new(share)
		p.suggestion = fmt.Sprintf("Write %s more: %d are wanted, it has %d.", store.Amount(target-words, "word"), target, words)
	case share <= plenty:
		p.value = new(1.)
	default:
		p.value = new(plenty / share)
		p.suggestion = fmt.Sprintf("Shorten it by %s: %d are wanted, it has %d.", store.Amount(words-target, "word"), target, words)
	}
	return p
}

// ReadabilityValue is CSC-3: of a score on Flesch's scale.
func ReadabilityValue(ease float64) float64 {
	switch {
	case ease < 30:
		return 0.4
	case ease < 50:
		return between(ease, 30, 50, 0.6, 0.9)
	case ease <= 80:
		return 1
	case ease <= 90:
		return between(ease, 80, 90, 1, 0.8)
	}
	return 0.7
}

func (p Page) readabilityPart() part {
	out := part{name: "readability", weight: 0.20, inputs: map[string]any{"language": p.Language}}
	r, ok := Readability(p.Sentences, p.Language)
	if !ok {
		out.note = "there is no readability formula for this language, and that of another would say nothing"
		return out
	}
	out.value, out.note = new(ReadabilityValue(r.Ease)), r.Formula
	out.inputs["ease"], out.inputs["words"], out.inputs["sentences"], out.inputs["syllables"] = math.Round(r.Ease*100)/100, r.Words, r.Sentences, r.Syllables
	switch {
	case r.Ease < 50:
		out.suggestion = fmt.Sprintf("Use shorter sentences and words: its reading ease is %.0f, 50 to 80 is best; its sentences have %.1f words on average.",
			r.Ease, float64(r.Words)/float64(r.Sentences))
	case r.Ease > 80:
		out.suggestion = fmt.Sprintf("It may say more at a time: its reading ease is %.0f, 50 to 80 is best.", r.Ease)
	}
	return out
}

// KeywordValue is CSC-4: of how many of a hundred words belong to the keyword.
func KeywordValue(density float64) float64 {
	switch {
	case density < 0.5:
		return 0.4
	case density < 1.5:
		return between(density, 0.5, 1.5, 0.4, 0.9)
	case density <= 2.5:
		return 1
	case density <= 4:
		return between(density, 2.5, 4, 1, 0.7)
	}
	return 0.5
}

func (p Page) keywordPart(words int) part {
	out := part{name: "keyword", weight: 0.20, inputs: map[string]any{"keyword": p.Keyword}}
	if p.Keyword == "" {
		out.note = "no keyword was given"
		return out
	}
	density := 100 * float64(p.KeywordCount*p.KeywordWords) / float64(words)
	out.value, out.note = new(KeywordValue(density)), "words that belong to the keyword, in any of its forms, of a hundred; 1.5 to 2.5 is best"
	out.inputs["count"], out.inputs["density_percent"] = p.KeywordCount, math.Round(density*1e4)/1e4
	switch {
	case density < 1.5:
		want := int(math.Ceil(1.5 * float64(words) / 100 / float64(max(p.KeywordWords, 1))))
		out.suggestion = fmt.Sprintf("Name “%s” %s more: it stands there %s.", p.Keyword, times(want-p.KeywordCount), times(p.KeywordCount))
	case density > 2.5:
		out.suggestion = fmt.Sprintf("Name “%s” less often: %.1f of a hundred words are it, 1.5 to 2.5 is best.", p.Keyword, density)
	}
	return out
}

// StructureValue is CSC-5, the sum of what headings, lists and pictures bring.
func StructureValue(c Counts, words int) float64 {
	value := 0.0
	switch {
	case c.H1 == 1:
		value += 0.25
	case c.H1 > 1:
		value += 0.1
	}
	ratio := func(count int, per float64) float64 { return float64(count) / max(float64(words)/per, 1) }
	if c.H2 > 0 {
		switch r := ratio(c.H2, 400); {
		case r >= 0.5 && r <= 2:
			value += 0.25
		case r >= 0.25 && r <= 3:
			value += 0.15
		default:
			value += 0.05
		}
	}
	if c.H3 > 0 {
		value += 0.15
	}
	switch {
	case c.Lists >= 2:
		value += 0.2
	case c.Lists == 1:
		value += 0.1
	}
	if c.Images > 0 {
		if r := ratio(c.Images, 500); r >= 0.5 && r <= 2 {
			value += 0.15
		} else {
			value += 0.08
		}
	}
	return value
}

func structurePart(c Counts, words int) part {
	p := part{
		name: "structure", weight: 0.15, value: new(StructureValue(c, words)), note: "one main heading, subheadings, lists and pictures in proportion to the words",
		inputs: map[string]any{"h1": c.H1, "h2": c.H2, "h3": c.H3, "lists": c.Lists, "images": c.Images, "words": words},
	}
	switch {
	case c.H1 == 0:
		p.suggestion = "Give it a main heading (h1)."
	case c.H1 > 1:
		p.suggestion = fmt.Sprintf("Keep one main heading (h1); there are %d.", c.H1)
	case c.H2 == 0 || float64(c.H2) < 0.5*float64(words)/400:
		p.suggestion = fmt.Sprintf("Add subheadings (h2): about one for every 400 words; there are %d.", c.H2)
	case c.Lists < 2:
		p.suggestion = "Set what is enumerated as lists; two are enough."
	case c.Images == 0:
		p.suggestion = "Add pictures: about one for every 500 words."
	case c.H3 == 0:
		p.suggestion = "Divide long sections by headings of the third order (h3)."
	}
	return p
}

// EntitiesValue is CSC-6: of mentions of a hundred words.
func EntitiesValue(density float64) float64 {
	switch {
	case density < 0.5:
		return 0.4
	case density < 1:
		return between(density, 0.5, 1, 0.4, 0.9)
	case density <= 2:
		return 1
	case density <= 4:
		return between(density, 2, 4, 1, 0.8)
	}
	return 0.7
}

func (p Page) entitiesPart(words int) part {
	density := 100 * float64(p.Entities) / float64(words)
	out := part{
		name: "entities", weight: 0.15, value: new(EntitiesValue(density)), note: "names, dates and amounts in a hundred words; 1 to 2 is best",
		inputs: map[string]any{"mentions": p.Entities, "per_hundred_words": math.Round(density*1e4) / 1e4},
	}
	if density < 1 {
		out.suggestion = "Be more concrete: name people, organisations, places, dates and figures."
	}
	return out
}

// FreshnessValue is CSC-7: of an age in days.
func FreshnessValue(days float64) float64 {
	switch {
	case days < 90:
		return 1
	case days < 180:
		return 0.9
	case days < 365:
		return 0.8
	case days < 730:
		return 0.6
	}
	return 0.4
}

func (p Page) freshnessPart(now time.Time) part {
	out := part{name: PartFreshness, weight: 0.15, inputs: map[string]any{"published_at": nil}}
	if p.PublishedAt == nil {
		out.note = "the page does not say when it was published"
		return out
	}
	out.inputs["published_at"] = p.PublishedAt.UTC()
	// Clocks and zones differ by a day.
	days := now.Sub(*p.PublishedAt).Hours() / 24
	if days < -1 {
		out.note = "the page says that it was published in the future"
		return out
	}
	out.value, out.note = new(FreshnessValue(days)), fmt.Sprintf("it is %s old", store.Amount(max(int(days), 0), "day"))
	if days >= 180 {
		out.suggestion = fmt.Sprintf("Bring it up to date: it is %d days old.", int(days))
	}
	return out
}

// times is a count of them.
func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
