package research

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/content-creator/content-creator-api/store"
)

// A Keyword is what is known of one.
type Keyword struct {
	Keyword string `json:"keyword"`
	// SearchVolume, CPC and Competition are unknown unless a source has measured them.
	SearchVolume store.Measure `json:"search_volume"`
	CPC          store.Measure `json:"cpc"`
	Competition  store.Measure `json:"competition"`
	// ApproxTraffic is Google's lower bound of searches on the day on which it rose.
	ApproxTraffic store.Measure `json:"approx_traffic"`
	// SuggestionPosition is where Google suggested it, 1 first.
	SuggestionPosition store.Measure `json:"suggestion_position"`
	Relevance          store.Figure  `json:"relevance"`
	// Difficulty is that of the latest snapshot of its results; Opportunity how much it promises. Whoever knows the snapshots sets both.
	Difficulty   store.Figure `json:"difficulty"`
	Opportunity  store.Score  `json:"opportunity"`
	Intent       *string      `json:"intent"`
	IntentReason string       `json:"intent_reason"`
	Trend        Trend        `json:"trend"`
	DocumentIDs  []uuid.UUID  `json:"document_ids"`
}

// A Question is one that people ask.
type Question struct {
	Question           string        `json:"question"`
	SuggestionPosition store.Measure `json:"suggestion_position"`
	DocumentID         uuid.UUID     `json:"document_id"`
}

// A Statement is a sentence that a rule makes of figures.
type Statement struct {
	Text   string       `json:"text"`
	Method store.Method `json:"method"`
}

// KeywordResearch is what is known of a keyword and those around it.
type KeywordResearch struct {
	Keyword string `json:"keyword"`
	// MatchedBy is all_words, any_word, or none where the archive has nothing about it.
	MatchedBy        string       `json:"matched_by"`
	Documents        store.Figure `json:"documents"`
	Sample           Sample       `json:"sample"`
	Since            time.Time    `json:"since"`
	Until            time.Time    `json:"until"`
	BaselineSince    time.Time    `json:"baseline_since"`
	Primary          Keyword      `json:"primary"`
	Secondary        []Keyword    `json:"secondary"`
	LongTail         []Keyword    `json:"long_tail"`
	RelatedQuestions []Question   `json:"related_questions"`
	SearchTrends     SearchTrends `json:"search_trends"`
	Recommendation   *Statement   `json:"recommendation"`
	// Proposals are a model's; nil where none is set up.
	Proposals *KeywordProposals `json:"proposals"`
}

// All are the keywords of all sorts, to be changed in place.
func (r *KeywordResearch) All() []*Keyword {
	all := []*Keyword{&r.Primary}
	lists := [][]Keyword{r.Secondary, r.LongTail}
	if r.Proposals != nil {
		lists = append(lists, r.Proposals.Keywords)
	}
	for _, list := range lists {
		for i := range list {
			all = append(all, &list[i])
		}
	}
	return all
}

// SearchTrends are the keywords that grow and shrink in the archive.
type SearchTrends struct {
	Up   []string `json:"up"`
	Down []string `json:"down"`
}

// maxEvidence is how many documents a keyword names as its evidence.
const maxEvidence = 5

// Keywords finds the keywords around one in the archive, at most count of each sort.
func Keywords(a Archive, count int) KeywordResearch {
	r := KeywordResearch{
		Keyword: a.Keyword, MatchedBy: a.MatchedBy, Since: a.Since, Until: a.Until, BaselineSince: a.Before,
		Documents: a.documents(), Sample: a.sample(), Secondary: []Keyword{}, LongTail: []Keyword{}, RelatedQuestions: []Question{}, SearchTrends: SearchTrends{Up: []string{}, Down: []string{}},
	}
	r.Primary = a.keyword(a.Keyword, a.Matching, nil)
	for _, d := range a.Trends {
		if least, ok := number(d.SourceMetadata["approx_traffic_min"]); ok && slices.Equal(a.SimilarStems(d.Title), a.SimilarStems(a.Keyword)) {
			r.Primary.ApproxTraffic = store.Measured(least, "searches on its day, at least", "Google Trends", d.FetchedAt)
			break
		}
	}
	r.Secondary = a.secondary(count)
	r.LongTail = a.longTail(count)
	r.RelatedQuestions = a.questions(count)
	for _, k := range append([]Keyword{r.Primary}, r.Secondary...) {
		switch {
		case k.Trend.Direction == nil:
		case *k.Trend.Direction == "up":
			r.SearchTrends.Up = append(r.SearchTrends.Up, k.Keyword)
		case *k.Trend.Direction == "down":
			r.SearchTrends.Down = append(r.SearchTrends.Down, k.Keyword)
		}
	}
	r.Recommendation = r.recommend()
	return r
}

// keyword is one with what documents tell of it.
func (a Archive) keyword(text string, documents []store.ArchiveDocument, relevance *store.Figure) Keyword {
	k := Keyword{
		Keyword: text, SearchVolume: store.Unmeasured("searches a month"), CPC: store.Unmeasured("USD a click"),
		Competition: store.Unmeasured("share"), ApproxTraffic: store.Unmeasured("searches on its day, at least"),
		SuggestionPosition: store.Unmeasured("position"), Relevance: store.Unknown("share"), Difficulty: store.Unknown("points of 100"),
		DocumentIDs: []uuid.UUID{},
	}
	if relevance != nil {
		k.Relevance = *relevance
	}
	intent, reason := IntentOf(text, a.Language)
	k.IntentReason = reason
	if intent != "" {
		k.Intent = &intent
	}
	for _, d := range documents[:min(maxEvidence, len(documents))] {
		k.DocumentIDs = append(k.DocumentIDs, d.ID)
	}
	k.Trend = a.trend(documents)
	return k
}

// secondary are the keyphrases that stand in the same documents, by the cosine of the two sets of documents.
func (a Archive) secondary(count int) []Keyword {
	list := []Keyword{}
	for _, t := range a.byUse() {
		with := len(t.documents)
		if with < 2 || a.isSubject(t.Text) {
			continue
		}
		all := max(t.Documents, with)
		cosine := float64(with) / math.Sqrt(float64(len(a.Matching))*float64(all))
		formula := fmt.Sprintf("%s; cosine of the documents of both, %d/√(%d·%d)", a.from(), with, len(a.Matching), all)
		if t.Documents >= store.MaxTermUse {
			formula += ", the last at least"
		}
		relevance := store.Derived(cosine, "share", formula, a.Until)
		list = append(list, a.keyword(t.Text, t.documents, &relevance))
	}
	slices.SortStableFunc(list, func(x, y Keyword) int {
		return cmp.Or(cmp.Compare(*y.Relevance.Value(), *x.Relevance.Value()), cmp.Compare(x.Keyword, y.Keyword))
	})
	return list[:min(count, len(list))]
}

// longTail are Google's suggestions of three words or more, those it suggests first before the others.
func (a Archive) longTail(count int) []Keyword {
	list := []Keyword{}
	for _, d := range a.Suggestions {
		if len(strings.Fields(d.Title)) < 3 || IsQuestion(d.Title, a.Language) {
			continue
		}
		k := a.keyword(d.Title, nil, nil)
		k.DocumentIDs, k.SuggestionPosition = []uuid.UUID{d.ID}, position(d)
		list = append(list, k)
	}
	slices.SortStableFunc(list, func(x, y Keyword) int {
		return cmp.Or(cmp.Compare(orMost(x.SuggestionPosition), orMost(y.SuggestionPosition)), cmp.Compare(x.Keyword, y.Keyword))
	})
	return list[:min(count, len(list))]
}

// questions are those among Google's suggestions, then those that are titles.
func (a Archive) questions(count int) []Question {
	list, seen := []Question{}, map[string]bool{}
	for _, d := range slices.Concat(a.Suggestions, a.Matching) {
		key := store.TitleKey(d.Title)
		// "How the cuts threaten the coast" is a headline; only those who search leave the sign out.
		headline := d.Source != store.TypeAutocomplete && !strings.HasSuffix(d.Title, "?") && !strings.HasSuffix(d.Title, "？")
		if seen[key] || headline || !IsQuestion(d.Title, a.Language) {
			continue
		}
		seen[key] = true
		list = append(list, Question{d.Title, position(d), d.ID})
	}
	slices.SortStableFunc(list, func(x, y Question) int {
		return cmp.Compare(orMost(x.SuggestionPosition), orMost(y.SuggestionPosition))
	})
	return list[:min(count, len(list))]
}

// position is where Google suggested a document.
func position(d store.ArchiveDocument) store.Measure {
	if at, ok := number(d.SourceMetadata["position"]); ok && d.Source == store.TypeAutocomplete {
		return store.Measured(at, "position", "Google Autocomplete", d.FetchedAt)
	}
	return store.Unmeasured("position")
}

func orMost(m store.Measure) float64 {
	if m.Value() == nil {
		return math.MaxFloat64
	}
	return *m.Value()
}

// number reads one that came out of JSON.
func number(value any) (float64, bool) {
	n, ok := value.(float64)
	return n, ok
}

func (r KeywordResearch) recommend() *Statement {
	if r.MatchedBy == "none" {
		return nil
	}
	var text []string
	if d := r.Primary.Trend.Direction; d != nil {
		text = append(text, fmt.Sprintf("“%s” goes %s in the archive (%d documents in the window, %d in the baseline).",
			r.Keyword, map[string]string{"up": "up", "down": "down", "steady": "on steadily"}[*d], r.Primary.Trend.Documents, r.Primary.Trend.DocumentsBefore))
	}
	if len(r.Secondary) > 0 {
		text = append(text, fmt.Sprintf("Write about “%s” with it: no other keyphrase stands so much in the same documents.", r.Secondary[0].Keyword))
	}
	if len(r.RelatedQuestions) > 0 {
		text = append(text, fmt.Sprintf("Answer “%s”.", r.RelatedQuestions[0].Question))
	}
	if len(text) == 0 {
		return nil
	}
	return &Statement{strings.Join(text, " "), store.MethodDerived}
}

// questionWords begin questions, by language.
var questionWords = map[string][]string{
	"de": strings.Fields("was wie warum wann wo wer welche welcher welches wieviel wieso weshalb woher wohin"),
	"en": strings.Fields("what how why when where who which can does is are do should"),
	"es": strings.Fields("qué cómo cuándo dónde quién cuál cuánto"), //nolint:misspell // Spanish
	"fr": strings.Fields("comment pourquoi quand où qui quel quelle combien"),
	"it": strings.Fields("cosa come perché quando dove chi quale quanto"),
	"nl": strings.Fields("wat hoe waarom wanneer waar wie welke hoeveel"),
}

// IsQuestion is whether a text ends as a question, or has three words or more and begins as one in its language.
func IsQuestion(text, language string) bool {
	text = strings.TrimSpace(text)
	if strings.HasSuffix(text, "?") || strings.HasSuffix(text, "？") {
		return true
	}
	words := strings.Fields(strings.ToLower(text))
	return len(words) >= 3 && slices.Contains(questionWords[language], words[0]) && !strings.ContainsAny(text, ".:!")
}

// intents are words that tell what somebody who searches wants, the surest intent first.
var intents = []struct {
	intent string
	words  map[string][]string
}{
	{"transactional", map[string][]string{"en": strings.Fields("buy order download coupon discount cheap price prices"), "de": strings.Fields("kaufen bestellen herunterladen gutschein rabatt günstig preis preise angebot")}},
	{"commercial", map[string][]string{"en": strings.Fields("best review reviews comparison compare vs versus alternatives top test"), "de": strings.Fields("beste bester bestes vergleich test erfahrungen bewertung vs alternativen testsieger")}},
	{"navigational", map[string][]string{"en": strings.Fields("login account website homepage app contact"), "de": strings.Fields("anmelden login konto website homepage app kontakt")}},
	{"informational", map[string][]string{"en": strings.Fields("guide tutorial meaning definition example examples"), "de": strings.Fields("anleitung ratgeber bedeutung definition beispiel beispiele erklärung")}},
}

// IntentOf is what somebody wants who searches for a keyword, and the word that tells; "" where none does.
func IntentOf(keyword, language string) (intent, reason string) {
	words := strings.Fields(strings.ToLower(keyword))
	for _, i := range intents {
		for _, w := range words {
			if slices.Contains(i.words[language], w) {
				return i.intent, "it has the word “" + w + "”"
			}
		}
	}
	if IsQuestion(keyword, language) {
		return "informational", "it is a question"
	}
	return "", "no word of it tells"
}
