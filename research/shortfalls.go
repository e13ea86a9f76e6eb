package research

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/content-creator/content-creator-api/ledger"
	"github.com/content-creator/content-creator-api/llm"
)

// What a run could not do, in the language of its report: one entry for each cause, with all that followed from it.

// A shortfall is a cause with what followed.
type shortfall struct {
	cause string
	// unplanned, unjudged and unwritten are what the model did not do: unwritten parts of the report.
	unplanned, unjudged bool
	unwritten           int
	// unasked are services, and in how many searches each was not heard.
	unasked map[string]int
	order   []string
	// failed is in how many searches the service that is the cause did not answer.
	failed int
	// unread is how many sources were not read.
	unread    int
	unordered bool
}

// A cause is why something could not be done: a sentence for a person, and what is one cause although its words change.
type cause struct {
	key, text string
	// own: it is the service's own fault, and its sentence names the service.
	own bool
}

// lacks notes what followed from a cause.
func (r *run) lacks(why cause, note func(*shortfall)) {
	at := slices.IndexFunc(r.shortfalls, func(s *shortfall) bool { return r.keys[s] == why.key })
	if at < 0 {
		r.shortfalls = append(r.shortfalls, &shortfall{unasked: map[string]int{}})
		at = len(r.shortfalls) - 1
		r.keys[r.shortfalls[at]] = why.key
	}
	s := r.shortfalls[at]
	s.cause = why.text
	note(s)
}

// told are the shortfalls in words.
func (r *run) told() []string {
	words := wordsOfShortfalls(r.OutputLanguage)
	var lines []string
	for _, s := range r.shortfalls {
		line := s.cause
		if followed := r.followed(s, words); len(followed) > 0 {
			line += " " + upper(strings.Join(followed, "; ")) + "."
		}
		lines = append(lines, line)
	}
	return lines
}

// followed are what came of a cause, each without a period.
func (r *run) followed(s *shortfall, words shortfallWords) []string {
	var followed []string
	if s.unplanned {
		followed = append(followed, words.unplanned)
	}
	whole, partly := []string{}, []string{}
	for _, name := range s.order {
		if s.unasked[name] < len(r.plan.Queries) {
			partly = append(partly, fmt.Sprintf(words.searches, words.title(name), s.unasked[name], len(r.plan.Queries)))
			continue
		}
		whole = append(whole, words.title(name))
	}
	for _, group := range []struct {
		names        []string
		one, several string
	}{{whole, words.unaskedOne, words.unaskedSeveral}, {partly, words.partlyOne, words.partlySeveral}} {
		if n := len(group.names); n == 1 {
			followed = append(followed, fmt.Sprintf(group.one, group.names[0]))
		} else if n > 1 {
			followed = append(followed, fmt.Sprintf(group.several, strings.Join(group.names[:n-1], ", ")+" "+words.and+" "+group.names[n-1]))
		}
	}
	if s.failed > 0 && s.failed < len(r.plan.Queries) {
		followed = append(followed, fmt.Sprintf(words.sometimes, s.failed, len(r.plan.Queries)))
	}
	if s.unread > 0 {
		format := words.unreadSeveral
		if s.unread == 1 {
			format = words.unreadOne
		}
		followed = append(followed, fmt.Sprintf(format, s.unread, len(r.sources)))
	}
	if s.unordered {
		followed = append(followed, words.unordered)
	}
	switch {
	case s.unwritten > 0 && s.unwritten >= r.parts:
		followed = append(followed, words.unwritten)
	case s.unwritten > 0:
		followed = append(followed, fmt.Sprintf(words.partsUnwritten, s.unwritten, r.parts))
	}
	if s.unjudged {
		followed = append(followed, words.unjudged)
	}
	return followed
}

func upper(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

// why is the cause of an error, in the language of the report.
func (r *run) why(err error) cause {
	words := wordsOfShortfalls(r.OutputLanguage)
	var refusal *ledger.Refusal
	var fault *llm.Error
	switch {
	case errors.As(err, &refusal):
		return words.refused(refusal)
	case errors.Is(err, ledger.ErrLost):
		return cause{key: "lost", text: words.lost}
	case r.work.Err() != nil && !errors.Is(err, ledger.ErrBudget):
		return cause{key: "time", text: words.time}
	case errors.As(err, &fault):
		return words.ofModel(fault, r.Model)
	}
	return cause{key: err.Error(), text: sentenceOf(upper(err.Error()))}
}

// whyUnasked is the cause of a backend's fault.
func (r *run) whyUnasked(fault *BackendError) cause {
	words := wordsOfShortfalls(r.OutputLanguage)
	switch {
	case fault.Refusal != nil:
		return words.refused(fault.Refusal)
	case fault.Code == CodeLost:
		return cause{key: "lost", text: words.lost}
	case fault.Code == CodeCanceled && r.work.Err() != nil:
		return cause{key: "time", text: words.time}
	case fault.Code == CodeCanceled:
		return cause{CodeTimeout + fault.Backend, fmt.Sprintf(words.slow, upper(words.title(fault.Backend))), true}
	}
	text, known := words.services[fault.Code]
	if !known {
		return cause{fault.Code + fault.Backend, sentenceOf(upper(fault.Message)) + words.wait(fault.RetryAfter), true}
	}
	return cause{fault.Code + fault.Backend, fmt.Sprintf(text, upper(words.title(fault.Backend))) + words.wait(fault.RetryAfter), true}
}

// shortfallWords are those of a language.
type shortfallWords struct {
	unplanned, unwritten, partsUnwritten, unjudged, unordered         string
	unaskedOne, unaskedSeveral, partlyOne, partlySeveral, searches    string
	unreadOne, unreadSeveral, and, time, lost, slow, later, sometimes string
	noRequests, oneRequest, allRequests, unpriced, overCost           string
	sharedRequests, sharedCost                                        string
	titles, services                                                  map[string]string
	model                                                             map[string]string
}

// title is the name of a backend.
func (w shortfallWords) title(name string) string { return cmp.Or(w.titles[name], titleOf(name)) }

// wait tells how long a service wants not to be asked; "" where it does not say.
func (w shortfallWords) wait(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	return " " + fmt.Sprintf(w.later, span(d))
}

// span is a duration as people read it in both languages.
func span(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
	return fmt.Sprintf("%.0f h", d.Hours())
}

func (w shortfallWords) refused(refusal *ledger.Refusal) cause {
	switch {
	case w.allRequests == "":
		return cause{key: fmt.Sprint("budget ", refusal.Shared, refusal.Requests != nil, refusal.Most != nil, refusal.Unpriced), text: refusal.Error()}
	case refusal.Shared && refusal.Requests != nil:
		return cause{key: "shared requests", text: fmt.Sprintf(w.sharedRequests, *refusal.Requests)}
	case refusal.Shared:
		return cause{key: "shared cost", text: fmt.Sprintf(w.sharedCost, ledger.Dollars(refusal.Budget))}
	case refusal.Most != nil:
		return cause{key: "cost", text: fmt.Sprintf(w.overCost, ledger.Dollars(refusal.Left), ledger.Dollars(refusal.Budget), ledger.Dollars(*refusal.Most))}
	case refusal.Requests == nil:
		return cause{key: "price " + refusal.Unpriced, text: fmt.Sprintf(w.unpriced, titleOf(refusal.Unpriced))}
	case *refusal.Requests == 0:
		return cause{key: "requests", text: w.noRequests}
	case *refusal.Requests == 1:
		return cause{key: "requests", text: w.oneRequest}
	}
	return cause{key: "requests", text: fmt.Sprintf(w.allRequests, *refusal.Requests)}
}

func (w shortfallWords) ofModel(fault *llm.Error, model *llm.Client) cause {
	text, known := w.model[fault.Code]
	if !known {
		return cause{key: fault.Code, text: sentenceOf(upper(fault.Message)) + w.wait(fault.RetryAfter)}
	}
	return cause{key: fault.Code, text: strings.NewReplacer("{model}", model.Model(), "{provider}", model.Title(), "{status}", fmt.Sprint(fault.Status)).Replace(text) + w.wait(fault.RetryAfter)}
}

// wordsOfShortfalls are those of a report's language; English ones where there are none of its own. What a service says itself is
// English, too: its own words stand in the ledger of calls.
func wordsOfShortfalls(language string) shortfallWords {
	if language == "de" {
		return germanShortfalls
	}
	return englishShortfalls
}

var englishShortfalls = shortfallWords{
	unplanned: "the model did not plan the research", unjudged: "the model did not judge what rules left open",
	unwritten:      "the model did not write the report, which is made of the sources' own sentences",
	partsUnwritten: "the model did not write %d of %d parts, which are made of the sources' own sentences",
	unordered:      "the sources were ordered by rules alone",
	unaskedOne:     "%s was not asked", unaskedSeveral: "%s were not asked", partlyOne: "%s was not asked everything", partlySeveral: "%s were not asked everything",
	searches:  "%s (%d of %d searches)",
	unreadOne: "%d of %d sources was not read", unreadSeveral: "%d of %d sources were not read", and: "and",
	time: "The time that the run may take is over.", lost: "An answer was lost when the process was killed, and is not paid for again.",
	slow: "%s did not answer in the part of the run's time that searching may take.", later: "It asks to be left alone for %s.",
	sometimes: "this was so in %d of %d searches",
}

var germanShortfalls = shortfallWords{
	unplanned: "das Modell hat die Recherche nicht geplant", unjudged: "das Modell hat nicht beurteilt, was Regeln offenlassen",
	unwritten:      "das Modell hat den Bericht nicht geschrieben; er besteht aus den Sätzen der Quellen selbst",
	partsUnwritten: "das Modell hat %d von %d Teilen nicht geschrieben; dort stehen die Sätze der Quellen selbst",
	unordered:      "die Quellen wurden nur nach Regeln geordnet",
	unaskedOne:     "%s wurde nicht gefragt", unaskedSeveral: "%s wurden nicht gefragt", partlyOne: "%s wurde nicht alles gefragt", partlySeveral: "%s wurden nicht alles gefragt",
	searches:  "%s (%d von %d Suchen)",
	unreadOne: "%d von %d Quellen wurde nicht gelesen", unreadSeveral: "%d von %d Quellen wurden nicht gelesen", and: "und",
	time: "Die Zeit, die der Lauf haben darf, ist um.", lost: "Eine Antwort ging verloren, als der Prozess beendet wurde; sie wird nicht noch einmal bezahlt.",
	slow: "%s hat in dem Teil der Zeit nicht geantwortet, den die Suche haben darf.", later: "Gefragt werden darf erst wieder in %s.",
	sometimes:  "so war es bei %d von %d Suchen",
	noRequests: "Das Budget erlaubt keine Anfragen.", oneRequest: "Die einzige Anfrage, die das Budget erlaubt, ist gestellt.",
	allRequests:    "Alle %d Anfragen, die das Budget erlaubt, sind gestellt.",
	unpriced:       "Was eine Anfrage an %s kostet, ist nicht bekannt, und das Budget erlaubt nur, was bekannt ist: ihr Preis gehört in die Einstellungen, oder max_cost_usd weggelassen.",
	overCost:       "Vom Budget sind %s von %s Dollar übrig, und die nächste Anfrage hätte %s Dollar kosten können.",
	sharedRequests: "Die %d Anfragen, die das Budget erlaubt, verteilen sich auf Suchen, Lesen und Schreiben.",
	sharedCost:     "Suchen darf höchstens die Hälfte des Budgets von %s Dollar kosten, damit etwas zum Schreiben übrig bleibt.",
	titles:         map[string]string{"archive": "das Archiv", "topic": "die Dokumente des Themas"},
	services: map[string]string{
		CodeBadKey: "%s lehnt den Schlüssel ab.", CodeNoCredit: "Bei %s ist das Guthaben aufgebraucht.", CodeForbidden: "%s erlaubt uns diese Suche nicht.",
		CodeFormatDisabled: "%s liefert kein JSON: unter search.formats seiner settings.yml fehlt es.", CodeBadRequest: "%s nimmt die Suchanfrage nicht an.",
		CodeRateLimited: "%s wird zu oft gefragt.", CodeUnavailable: "%s kann gerade nicht antworten.", CodeUnreachable: "%s ist nicht zu erreichen.",
		CodeTimeout: "%s hat nicht rechtzeitig geantwortet.", CodeTooLarge: "%s hat mehr geantwortet, als gelesen wird.",
		CodeBadAnswer: "%s hat etwas geantwortet, das sich nicht lesen lässt.", CodeRefused: "%s hält die Antwort zurück.", CodeFailed: "%s hat versagt.",
	},
	model: map[string]string{
		llm.CodeBadKey: "{provider} lehnt den Schlüssel des Modells ab ({status}).", llm.CodeNoCredit: "Bei {provider} ist das Guthaben aufgebraucht ({status}).",
		llm.CodeForbidden: "{provider} lässt unseren Schlüssel das Modell {model} nicht fragen ({status}).", llm.CodeNotFound: "{provider} kennt das Modell {model} nicht ({status}).",
		llm.CodeBadRequest: "{provider} nimmt die Anfrage an das Modell {model} nicht an ({status}).",
		llm.CodeTooLong:    "Was das Modell {model} lesen müsste, passt nicht in seinen Kontext.", llm.CodeTruncated: "Das Modell {model} hat nur einen Teil dessen gelesen, was es lesen sollte.",
		llm.CodeRateLimited: "{provider} wird zu oft gefragt ({status}).", llm.CodeOverloaded: "{provider} kann gerade nicht antworten ({status}).",
		llm.CodeRefused: "Das Modell {model} will darauf nicht antworten.", llm.CodeCutOff: "Die Antwort des Modells {model} brach ab, weil sie zu lang wurde.",
		llm.CodeEmpty: "Das Modell {model} hat nichts geantwortet.", llm.CodeMalformed: "Das Modell {model} hat auch auf Nachfrage nicht in der verlangten Form geantwortet.",
		llm.CodeTooLarge: "{provider} hat mehr geantwortet, als gelesen wird.", llm.CodeTimeout: "{provider} hat nicht rechtzeitig geantwortet.",
		llm.CodeUnreachable: "Unter der Adresse des Modells antwortet niemand.", llm.CodeDisconnected: "Die Verbindung zu {provider} brach ab, bevor die Antwort vollständig war.",
		llm.CodeCanceled: "Das Modell {model} hat in dem Teil der Zeit nicht geantwortet, den es haben darf.", llm.CodeMoved: "Die Adresse des Modells leitet weiter; einzustellen ist die, zu der sie führt.",
	},
}
