package content_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/content"
	"github.com/content-creator/content-creator-api/llm"
	"github.com/content-creator/content-creator-api/llm/llmtest"
	"github.com/content-creator/content-creator-api/store"
)

func brief() content.Brief {
	at := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	claim := func(section, sentence string, source int) store.ResearchClaim {
		return store.ResearchClaim{ID: uuid.New(), Section: section, Sentence: sentence, Quote: sentence, Verdict: store.Supported, Source: store.ClaimSource{
			Number: source, URL: "https://a.example/{1}", Title: "A & <b>", Hash: "00", SnapshotID: uuid.New(), FetchedAt: at, PublishedAt: &at,
		}}
	}
	return content.Brief{
		Topic: store.Topic{ID: uuid.New(), Title: "Heat pumps in Elbland", Language: "en", ContentGaps: []string{"What do they cost?"}},
		Run:   store.ResearchRun{ID: uuid.New(), Language: "en", OpenQuestions: []string{"Who makes them?"}},
		Claims: []store.ResearchClaim{
			claim("Sales", "In 2025 299,000 heat pumps were sold.", 1), claim("Sales", "In 2025 299,000 heat pumps were sold.", 2), claim("Subsidy", "The state pays 35 percent.", 1),
		},
		Language: "en", Tone: "neutral", TargetWords: 600, Book: &llmtest.Book{},
		Supports: func(sentence string, claim store.ResearchClaim) (bool, string) {
			return sentence == claim.Sentence || sentence == "299,000 were sold in 2025.", "It says something else."
		},
	}
}

// What sources differ on is told as what one of them says.
func TestDisputedClaimsAreAttributed(t *testing.T) {
	t.Parallel()
	b := brief()
	b.Claims[2].Disputed = true
	d, err := content.Write(t.Context(), b)
	require.NoError(t, err)
	require.Contains(t, d.BodyMarkdown, "\n- a.example (*disputed*): The state pays 35 percent. [1]\n")
	require.Contains(t, d.BodyMarkdown, "\n- In 2025 299,000 heat pumps", "one sentence of a source does not go on with another's")
}

func TestBriefOfClaims(t *testing.T) {
	t.Parallel()
	b := brief()
	b.Language = "de"
	b.Others = []store.TopicSummary{
		{ID: b.Topic.ID, Title: b.Topic.Title, Language: "en"},
		{ID: uuid.New(), Title: "Heat pumps in old houses and what they cost their owners", Language: "en"},
		{ID: uuid.New(), Title: "Heat pumps Elbland", Language: "en"},
		{ID: uuid.New(), Title: "Wolves", Language: "en"},
	}
	d, err := content.Write(t.Context(), b)
	require.NoError(t, err)
	require.Equal(t, store.Extractive, d.Method)
	require.Contains(t, d.BodyMarkdown, "In 2025 299,000 heat pumps were sold. [1][2]\n")
	require.Contains(t, d.BodyMarkdown, "kein Modell")
	require.Contains(t, d.BodyMarkdown, "- Who makes them?\n- What do they cost?\n")
	require.Len(t, d.Sentences, 2)
	require.Len(t, d.Sentences[0].Claims, 2)
	require.Len(t, d.Outline, 4)
	require.True(t, d.Outline[3].ToResearch)
	require.Len(t, d.Citations, 2)
	require.Equal(t, "Heat pumps Elbland", d.InternalLinks[0].Title)
	require.Equal(t, "Heat pumps in old houses", d.InternalLinks[1].Anchor)
	require.Nil(t, d.MetaDescription)
	bib, err := content.Export(d, "bibtex")
	require.NoError(t, err)
	require.Contains(t, string(bib), `title = {A \& <b>}`)
	require.Contains(t, string(bib), "https://a.example/%7B1%7D")
	_, err = content.Export(d, "pdf")
	require.ErrorContains(t, err, "pdf")
}

func TestModelsDraftIsChecked(t *testing.T) {
	t.Parallel()
	server := llmtest.New(t)
	server.Answer(llmtest.Match{Prompt: "Section: Sales"}, llmtest.Reply{Text: `{"sentences": [{"text": "299,000 were sold in 2025.", "claims": [1, 9]}, {"text": "Everybody loves them.", "claims": [1]}, {"text": "A million.", "claims": []}]}`})
	server.Answer(llmtest.Match{Prompt: "Section: Subsidy"}, llmtest.Reply{Status: 401})
	b := brief()
	b.Model = llm.New(llm.Config{BaseURL: server.URL, APIKey: llmtest.Key, Model: "m"})
	var unwritten []string
	b.Unwritten = func(section string, cause error) { unwritten = append(unwritten, section+": "+cause.Error()) }
	d, err := content.Write(t.Context(), b)
	require.NoError(t, err)
	require.Equal(t, []string{"Subsidy: 127.0.0.1 refuses the key (401)."}, unwritten)
	require.Equal(t, store.ByModel, d.Method)
	require.Contains(t, d.BodyMarkdown, "\n299,000 were sold in 2025. [1]\n")
	require.Equal(t, "Editorial photograph about: Heat pumps in Elbland", strings.SplitN(d.HeroImagePrompt, ".", 2)[0])
	require.NotContains(t, d.BodyMarkdown, "Everybody")
	require.NotContains(t, d.BodyMarkdown, "million")
	require.Contains(t, d.BodyMarkdown, "The state pays 35 percent.", "where the model fails, the claims stand")
	require.Len(t, d.Dropped, 2)
	require.Equal(t, "It names no claim.", d.Dropped[1].Reason)
}

func TestCompare(t *testing.T) {
	t.Parallel()
	require.Equal(t, []content.Change{{Op: "equal", Text: "a"}, {Op: "delete", Text: "b\nc"}, {Op: "insert", Text: "x"}, {Op: "equal", Text: "d"}}, content.Compare("a\nb\nc\nd", "a\nx\nd"))
	require.Equal(t, []content.Change{{Op: "equal", Text: ""}}, content.Compare("", ""))
}

// TestEditedDraft: what a person changes takes its claims from a sentence, and nothing from the others.
func TestEditedDraft(t *testing.T) {
	t.Parallel()
	b := brief()
	b.Claims[2].Sentence = "The state pays 35 percent under #5 of the act."
	d, err := content.Write(t.Context(), b)
	require.NoError(t, err)
	require.Len(t, d.Sentences, 2)
	require.InDelta(t, wordsOf(t, d), d.WordCount, 0, "counted as they are scored")

	d.BodyMarkdown = strings.Replace(d.BodyMarkdown, "heat pumps were sold", "pumps were sold", 1)
	edited := content.Edited(d, time.Now())
	require.Len(t, edited.Sentences, 1)
	require.Equal(t, b.Claims[2].Sentence, edited.Sentences[0].Text)
	require.Equal(t, d.WordCount-1, edited.WordCount)
	require.Len(t, d.Sentences, 2)
	require.Equal(t, 4, content.Edited(store.Draft{Language: "en", BodyMarkdown: "Four words of text. [1]\n\n## Sources\n\n- [1] [A title of six words more](<https://a.example/>)\n"}, time.Now()).WordCount)
}

// wordsOf is how many words the score of a draft is made of.
func wordsOf(t *testing.T, d store.Draft) any {
	t.Helper()
	for _, part := range content.ScoreDraft(d, time.Now()).Parts {
		if part.Name == "words" {
			return part.Inputs["words"]
		}
	}
	return nil
}

// TestDraftNumbersItsSources: as it comes to them and without gaps, whatever their numbers in the report are, and in every format the same.
func TestDraftNumbersItsSources(t *testing.T) {
	t.Parallel()
	b := brief()
	for i, number := range []int{7, 3, 9} {
		b.Claims[i].Source.Number = number
		b.Claims[i].Source.URL = fmt.Sprintf("https://s%d.example/", number)
	}
	d, err := content.Write(t.Context(), b)
	require.NoError(t, err)
	require.Contains(t, d.BodyMarkdown, "heat pumps were sold. [1][2]\n")
	require.Contains(t, d.BodyMarkdown, "35 percent. [3]\n")
	require.Contains(t, d.BodyMarkdown, "- [1] [A & \\<b\\>](<https://s7.example/>)\n- [2] [A & \\<b\\>](<https://s3.example/>)\n- [3] ")
	require.Equal(t, []int{1, 2, 3}, []int{d.Citations[0].Number, d.Citations[1].Number, d.Citations[2].Number})
	require.Equal(t, "https://s7.example/", d.Citations[0].URL)
	bib, err := content.Export(d, "bibtex")
	require.NoError(t, err)
	require.Regexp(t, `(?s)source1,.*s7\.example.*source2,.*s3\.example`, string(bib))
	page, err := content.Export(d, "html")
	require.NoError(t, err)
	require.Contains(t, string(page), "sold. [1][2]")
}

// TestOnlyWhatADraftSaysIsCounted: not its label, not what is still to research.
func TestOnlyWhatADraftSaysIsCounted(t *testing.T) {
	t.Parallel()
	d, err := content.Write(t.Context(), brief())
	require.NoError(t, err)
	require.Equal(t, len(strings.Fields("Heat pumps in Elbland Sales In 2025 299,000 heat pumps were sold. Subsidy The state pays 35 percent.")), d.WordCount)
}

// TestDraftIsScoredByItsTarget: how many words are enough is what was asked for.
func TestDraftIsScoredByItsTarget(t *testing.T) {
	t.Parallel()
	d, err := content.Write(t.Context(), brief())
	require.NoError(t, err)
	for target, wanted := range map[int]struct {
		value   float64
		suggest string
	}{
		2 * d.WordCount: {0.5, fmt.Sprintf("Write %d words more: %d are wanted, it has %d.", d.WordCount, 2*d.WordCount, d.WordCount)},
		d.WordCount:     {1, ""},
		d.WordCount / 2: {0.6, fmt.Sprintf("Shorten it by %d words: %d are wanted, it has %d.", d.WordCount-d.WordCount/2, d.WordCount/2, d.WordCount)},
	} {
		d.TargetWords = target
		score := content.ScoreDraft(d, time.Now())
		for _, part := range score.Parts {
			if part.Name == "words" {
				require.InDelta(t, wanted.value, *part.Value.Value(), 0.02)
				require.Equal(t, target, part.Inputs["target"])
			}
		}
		if wanted.suggest != "" {
			require.Contains(t, score.Suggestions, wanted.suggest)
		}
	}
}
