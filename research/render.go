package research

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/content-creator/content-creator-api/annotate"
	"github.com/content-creator/content-creator-api/markdown"
	"github.com/content-creator/content-creator-api/store"
)

func stemsOf(s sentence, language string) []string { return annotate.Stems(s.Text, language) }

// listSources are the sources of the report: read, or why not.
func (r *run) listSources(out *store.ResearchOutcome) {
	for _, s := range r.sources {
		entry := store.ResearchSource{Position: s.number, URL: s.URL, Title: s.Title, FoundBy: s.foundBy, Score: &s.score, Parts: s.parts, Error: s.fault}
		if s.snapshot != nil {
			entry.SnapshotID, entry.Title = &s.snapshot.ID, s.snapshot.Title
		}
		if s.copyOf != nil {
			entry.CopyOf = &s.copyOf.number
		}
		out.Sources = append(out.Sources, entry)
	}
}

// labels are the words of a report that no source has said.
type labels struct{ extractive, model, partial, nothing, disputed, disputes, against, open, sources, published, read, unknownDate, copyOf, quoted string }

var labelsOf = map[string]labels{
	"en": {
		extractive: "Made of the sources' own sentences, chosen by rules; no model has written anything here.",
		model:      "Written by a language model from the sources below; every sentence was checked against the quote it cites.",
		partial:    "This report is partial:",
		nothing:    "Nothing was found that answers the question.",
		disputed:   "disputed, see below",
		disputes:   "Where sources differ", against: "against", open: "Open questions", sources: "Sources", published: "published", read: "read",
		unknownDate: "date unknown", copyOf: "repeats", quoted: "“%s”",
	},
	"de": {
		extractive: "Aus den Sätzen der Quellen selbst, nach Regeln ausgewählt; kein Modell hat hier etwas geschrieben.",
		model:      "Von einem Sprachmodell aus den Quellen unten geschrieben; jeder Satz wurde an dem Zitat geprüft, das er nennt.",
		partial:    "Dieser Bericht ist unvollständig:",
		nothing:    "Es wurde nichts gefunden, was die Frage beantwortet.",
		disputed:   "strittig, siehe unten",
		disputes:   "Worin sich die Quellen widersprechen", against: "gegenüber", open: "Offene Fragen", sources: "Quellen", published: "veröffentlicht", read: "gelesen",
		unknownDate: "Datum unbekannt", copyOf: "wiederholt", quoted: "„%s“",
	},
}

// render puts the report together as CommonMark. What sources have said is text in it and never markup.
func (r *run) render(out store.ResearchOutcome, sections []section, disputes []store.SourceDispute) string {
	words, known := labelsOf[r.OutputLanguage]
	if !known {
		words = labelsOf["en"]
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n", markdown.Text(r.Question))
	label := words.extractive
	if out.Method == store.ByModel {
		label = words.model
	}
	fmt.Fprintf(&b, "*%s*\n\n", label)
	if len(out.Shortfalls) > 0 {
		fmt.Fprintf(&b, "**%s**\n\n", words.partial)
		for _, shortfall := range out.Shortfalls {
			fmt.Fprintf(&b, "- %s\n", markdown.Text(shortfall))
		}
		b.WriteByte('\n')
	}
	if len(sections) == 0 {
		fmt.Fprintf(&b, "%s\n\n", words.nothing)
	}
	for _, part := range sections {
		if part.Heading != r.Question {
			fmt.Fprintf(&b, "## %s\n\n", markdown.Text(part.Heading))
		}
		for _, s := range part.Sentences {
			bullet := ""
			if out.Method == store.Extractive {
				bullet = "- "
			}
			fmt.Fprintf(&b, "%s%s%s %s\n", bullet, r.attribution(s, words, disputes), markdown.Text(s.Text), r.marks(s))
		}
		b.WriteByte('\n')
	}
	r.renderDisputes(&b, words, out)
	if len(out.OpenQuestions) > 0 {
		fmt.Fprintf(&b, "## %s\n\n", words.open)
		for _, question := range out.OpenQuestions {
			fmt.Fprintf(&b, "- %s\n", markdown.Text(question))
		}
		b.WriteByte('\n')
	}
	r.renderSources(&b, words, out)
	return b.String()
}

// attribution says before a sentence who states it, where another source states otherwise; "" where none does.
func (r *run) attribution(s sentence, words labels, disputes []store.SourceDispute) string {
	var sites []string
	for _, id := range s.Evidence {
		if p, _ := r.passage(id); disputed(p, disputes) && !slices.Contains(sites, p.source.site()) {
			sites = append(sites, p.source.site())
		}
	}
	return markdown.StatedBy(sites, words.disputed)
}

// marks are the numbers of the sources that a sentence cites.
func (r *run) marks(s sentence) string {
	var marks []string
	for _, id := range s.Evidence {
		p, _ := r.passage(id)
		if mark := fmt.Sprintf("[%d]", p.source.number); !slices.Contains(marks, mark) {
			marks = append(marks, mark)
		}
	}
	return strings.Join(marks, "")
}

func (r *run) renderDisputes(b *strings.Builder, words labels, out store.ResearchOutcome) {
	if len(out.Disagreements) == 0 {
		return
	}
	fmt.Fprintf(b, "## %s\n\n", words.disputes)
	for _, dispute := range out.Disagreements {
		var values []string
		for _, value := range dispute.Values {
			values = append(values, fmt.Sprintf("%s [%d] (%s)", markdown.Text(value.Value), value.Source, day(value.PublishedAt, words)))
		}
		// What merely has words in common is told by the newest sentence.
		subject := markdown.Text(dispute.Subject)
		if !slices.Contains(out.Questions, dispute.Subject) {
			subject = fmt.Sprintf(words.quoted, markdown.Text(line(dispute.Values[0].Quote, 300)))
		}
		fmt.Fprintf(b, "- %s: %s\n", subject, strings.Join(values, " "+words.against+" "))
	}
	b.WriteByte('\n')
}

func day(at *time.Time, words labels) string {
	if at == nil {
		return words.unknownDate
	}
	return at.UTC().Format(time.DateOnly)
}

// renderSources lists the sources that are cited, or that repeat one that is.
func (r *run) renderSources(b *strings.Builder, words labels, out store.ResearchOutcome) {
	cited := map[int]bool{}
	for _, claim := range out.Claims {
		cited[claim.Source.Number] = true
	}
	for _, dispute := range out.Disagreements {
		for _, value := range dispute.Values {
			cited[value.Source] = true
		}
	}
	if len(cited) == 0 {
		return
	}
	fmt.Fprintf(b, "## %s\n\n", words.sources)
	for _, s := range r.sources {
		repeats := s.copyOf != nil && cited[s.copyOf.number]
		if s.snapshot == nil || !cited[s.number] && !repeats {
			continue
		}
		fmt.Fprintf(b, "- [%d] %s, %s %s, %s %s", s.number, markdown.Link(s.snapshot.Title, s.URL),
			words.published, day(s.snapshot.PublishedAt, words), words.read, day(&s.snapshot.FetchedAt, words))
		if repeats {
			fmt.Fprintf(b, " (%s [%d])", words.copyOf, s.copyOf.number)
		}
		b.WriteByte('\n')
	}
}
