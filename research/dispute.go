package research

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/store"
)

const (
	// compared is how many passages are looked at for figures on which sources differ.
	compared = 60
	// newer is by how much later a source must be published to overtake the figures of another.
	newer = 30 * 24 * time.Hour
)

// disputes are what sources that have not copied each other differ on: the figures, dates and names of sentences that else say
// the same, and the figures with which they answer a question that asks for one, however they put it.
func (r *run) disputes() []store.SourceDispute {
	disputes := r.contradictions(r.passages(r.Question, newInquiry(r.Question, r.Language)))
	for _, question := range r.plan.Questions {
		dispute, differ := r.answersDiffer(question)
		if differ && !slices.ContainsFunc(disputes, func(other store.SourceDispute) bool { return tells(other, dispute) }) {
			disputes = append(disputes, dispute)
		}
	}
	return disputes
}

// contradictions are the figures, dates and names on which sentences differ that else say the same.
func (r *run) contradictions(passages []passage) []store.SourceDispute {
	texts := map[*source][]string{}
	var order []*source
	for _, p := range passages[:min(len(passages), compared)] {
		if texts[p.source] == nil {
			order = append(order, p.source)
		}
		texts[p.source] = append(texts[p.source], p.sentence().Text)
	}
	var documents []store.PendingDocument
	byID := map[uuid.UUID]*source{}
	for _, s := range order {
		id := s.snapshot.ID
		byID[id] = s
		documents = append(documents, store.PendingDocument{
			ID: id, Text: strings.Join(texts[s], "\n"), Language: s.snapshot.Language, URL: s.URL, SourceName: s.site(), PublishedAt: s.snapshot.PublishedAt,
		})
	}
	var disputes []store.SourceDispute
	for _, found := range collect.Disagreements(documents) {
		first, second := byID[found.Claims[0].DocumentID], byID[found.Claims[1].DocumentID]
		if sameVoice(first, second) {
			continue
		}
		dispute := store.SourceDispute{Kind: found.Kind, Subject: found.Subject}
		for _, claim := range found.Claims {
			dispute.Values = append(dispute.Values, valueOf(byID[claim.DocumentID], claim.Value, claim.Quote))
		}
		disputes = append(disputes, newestFirst(dispute))
	}
	return disputes
}

// sameVoice: both are of one publisher and about as new. It does not contradict itself: it speaks of two things, as two flats that
// are to let.
func sameVoice(a, b *source) bool {
	if a.site() != b.site() || a.snapshot.PublishedAt == nil || b.snapshot.PublishedAt == nil {
		return false
	}
	return a.snapshot.PublishedAt.Sub(*b.snapshot.PublishedAt).Abs() < newer
}

// answersDiffer tells the numbers or dates with which the sources answer a question that asks for one, if they differ. What is
// said of another year than the question names is no answer.
func (r *run) answersDiffer(question string) (dispute store.SourceDispute, differ bool) {
	asked := newInquiry(question, r.Language)
	dispute = store.SourceDispute{Kind: "number", Subject: question}
	switch {
	case asked.time:
		dispute.Kind = "date"
	case !asked.number:
		return dispute, false
	}
	var first statedAnswer
	var serials map[string][]string
	var voice *source
	answered := map[*source]bool{}
	for _, p := range r.candidates(question, asked) {
		text, language := p.sentence().Text, p.source.snapshot.Language
		given := asked.answer(text, language)
		if given.text == "" || answered[p.source] || first.text != "" && given.unit != first.unit || asked.ofAnotherYear(text, language) ||
			collect.OtherSerials(serials, collect.Serials(text)) {
			continue
		}
		answered[p.source] = true
		if first.text == "" {
			first, serials, voice = given, collect.Serials(text), p.source
		}
		differ = differ || !first.agrees(given) && !sameVoice(voice, p.source)
		dispute.Values = append(dispute.Values, valueOf(p.source, given.text, text))
	}
	return newestFirst(dispute), differ
}

// A statedAnswer is what a sentence states of a number or a date that is asked for.
type statedAnswer struct {
	// text is the first figure as it stands there, unit what numbers measure.
	text, unit string
	figures
}

func (q inquiry) answer(sentence, language string) (a statedAnswer) {
	if q.time {
		if a.dates = q.dates(sentence, language); len(a.dates) > 0 {
			a.text = a.dates[0].Text
		}
		return a
	}
	if a.unit, a.numbers = q.figures(sentence, language); len(a.numbers) > 0 {
		a.text = a.numbers[0].Text
	}
	return a
}

// agrees: some date is the same; or the first numbers are, but for how they were rounded; or the one has nothing that the other
// lacks. "£7 for adults and £3 for children" and "adults pay £9.50, children £3" do not agree.
func (a statedAnswer) agrees(other statedAnswer) bool {
	if len(a.dates) > 0 {
		return slices.ContainsFunc(a.dates, func(d collect.StatedDate) bool {
			return slices.ContainsFunc(other.dates, func(o collect.StatedDate) bool { return sameDate(d, o, 0) || sameDate(o, d, 0) })
		})
	}
	return !a.numbers[0].Contradicts(other.numbers[0]) || !a.restated(other.figures)
}

func valueOf(s *source, value, quote string) store.DisputeValue {
	return store.DisputeValue{Value: value, Source: s.position, Quote: quote, PublishedAt: s.snapshot.PublishedAt}
}

// newestFirst puts the newest value first; those of unknown time come last.
func newestFirst(dispute store.SourceDispute) store.SourceDispute {
	slices.SortStableFunc(dispute.Values, func(a, b store.DisputeValue) int { return cmp.Compare(unix(b.PublishedAt), unix(a.PublishedAt)) })
	return dispute
}

func unix(at *time.Time) int64 {
	if at == nil {
		return 0
	}
	return at.Unix()
}

// tells: a dispute has every quote of another one.
func tells(dispute, other store.SourceDispute) bool {
	for _, value := range other.Values {
		if !slices.ContainsFunc(dispute.Values, func(told store.DisputeValue) bool { return told.Source == value.Source && told.Quote == value.Quote }) {
			return false
		}
	}
	return true
}

// isOld: another source of the dispute has a figure that is much newer.
func isOld(value store.DisputeValue, dispute store.SourceDispute) bool {
	latest := dispute.Values[0].PublishedAt
	return latest != nil && value.PublishedAt != nil && latest.Sub(*value.PublishedAt) >= newer
}

// states: the passage is where a dispute found the value.
func states(p passage, value store.DisputeValue) bool {
	return value.Source == p.source.position && strings.Contains(value.Quote, p.sentence().Text)
}

// overtaken: a passage states a figure of which another source has a newer one.
func overtaken(p passage, dispute store.SourceDispute) bool {
	return slices.ContainsFunc(dispute.Values, func(value store.DisputeValue) bool { return states(p, value) && isOld(value, dispute) })
}

// disputed: a passage states a figure against which stands that of another source about as new.
func disputed(p passage, disputes []store.SourceDispute) bool {
	return slices.ContainsFunc(disputes, func(dispute store.SourceDispute) bool {
		standing := slices.DeleteFunc(slices.Clone(dispute.Values), func(value store.DisputeValue) bool { return isOld(value, dispute) })
		return len(standing) > 1 && slices.ContainsFunc(standing, func(value store.DisputeValue) bool { return states(p, value) })
	})
}
