package research_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/ledger"
	"github.com/content-creator/content-creator-api/llm"
	"github.com/content-creator/content-creator-api/llm/llmtest"
	"github.com/content-creator/content-creator-api/research"
	"github.com/content-creator/content-creator-api/research/researchtest"
	"github.com/content-creator/content-creator-api/store"
)

const bikesAsked = "Wie viele Fahrräder wurden an der Elzbrücke am Tag gezählt?"

// lacking is what a report in a language says that could not be done, with a model that answers so.
func lacking(t *testing.T, language string, reply llmtest.Reply) (shortfalls []string, requests int) {
	t.Helper()
	server := llmtest.New(t)
	server.Always(llmtest.Match{}, func(llmtest.Request) llmtest.Reply { return reply })
	tools := web(bikes...)
	tools.Model = llm.New(llm.Config{BaseURL: server.URL, APIKey: llmtest.Key, Model: "writer-1", Backoff: time.Millisecond, ContextTokens: 3000})
	request := ask(bikesAsked, "de")
	request.OutputLanguage = language
	out := run(t, request, tools, &researchtest.Diary{})
	require.Equal(t, "partial", out.Status)
	require.Contains(t, sentences(out), "14.500", "the sources answer all the same")
	return out.Shortfalls, server.Count()
}

// TestModelAway: what is not there because of one cause is told in one entry, in the report's language, and a model that cannot answer
// is not asked again and again.
func TestModelAway(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		reply    llmtest.Reply
		en, de   string
		requests int
	}{
		"wrong key": {
			llmtest.Reply{Status: 401, Error: &llmtest.Fault{Message: "No such key"}},
			"127.0.0.1 refuses the key (401): No such key.", "127.0.0.1 lehnt den Schlüssel des Modells ab (401).", 1,
		},
		"no credit": {
			llmtest.Reply{Status: 402, Error: &llmtest.Fault{Message: "Pay"}},
			"127.0.0.1 wants to be paid first (402): Pay.", "Bei 127.0.0.1 ist das Guthaben aufgebraucht (402).", 1,
		},
		"too often": {
			llmtest.Reply{Status: 429, Header: map[string]string{"Retry-After": "120"}},
			"127.0.0.1 is asked too often (429). It asks to be left alone for 2 min.", "127.0.0.1 wird zu oft gefragt (429). Gefragt werden darf erst wieder in 2 min.", 1,
		},
		"overloaded": {llmtest.Reply{Status: 500}, "127.0.0.1 cannot answer now (500).", "127.0.0.1 kann gerade nicht antworten (500).", 6},
		"no JSON": {
			llmtest.Reply{Text: "Sure!"},
			"The model writer-1 did not answer in the form that was asked for, not even when told what was wrong: there is no JSON in it.",
			"Das Modell writer-1 hat auch auf Nachfrage nicht in der verlangten Form geantwortet.", 4,
		},
		"refusal":  {llmtest.Reply{Refusal: "I can't."}, "The model writer-1 will not answer this: I can't.", "Das Modell writer-1 will darauf nicht antworten.", 2},
		"cut off":  {llmtest.Reply{Text: `{"sen`, Finish: "length"}, "The answer of the model writer-1 is longer than allowed, and broke off.", "Die Antwort des Modells writer-1 brach ab, weil sie zu lang wurde.", 2},
		"web page": {llmtest.Reply{Body: "<html>Log in</html>"}, "127.0.0.1 answered with a web page: is its address the one below which chat/completions is.", "Das Modell writer-1 hat auch auf Nachfrage nicht in der verlangten Form geantwortet.", 2},
	} {
		english, requests := lacking(t, "en", tc.reply)
		require.Equal(t, []string{tc.en + " The model did not plan the research; the model did not write the report, which is made of the sources' own sentences."}, english, name)
		require.Equal(t, tc.requests, requests, name)
		german, _ := lacking(t, "de", tc.reply)
		require.Equal(t, []string{tc.de + " Das Modell hat die Recherche nicht geplant; das Modell hat den Bericht nicht geschrieben; er besteht aus den Sätzen der Quellen selbst."}, german, name)
	}
}

// TestServicesAway: services that cannot answer are told by their names, once each, and those that the budget leaves out together.
func TestServicesAway(t *testing.T) {
	t.Parallel()
	named := func(name string, err error) research.Backend {
		free := int64(0)
		return research.Backend{Name: name, Price: ledger.Price{PerRequest: &free}, Search: func(context.Context, research.Query) ([]research.Hit, error) { return nil, err }}
	}
	requests, most := 8, int64(8000)
	for name, tc := range map[string]struct {
		errs   []error
		en, de []string
	}{
		"faults": {
			[]error{&research.BackendError{Backend: "searxng", Code: research.CodeUnavailable, Message: "SearXNG cannot answer now (500)."}, &research.BackendError{Backend: "tavily", Code: research.CodeRateLimited, Message: "Tavily is asked too often (429).", RetryAfter: time.Hour}},
			[]string{"SearXNG cannot answer now (500).", "Tavily is asked too often (429). It asks to be left alone for 60 min."},
			[]string{"SearXNG kann gerade nicht antworten.", "Tavily wird zu oft gefragt. Gefragt werden darf erst wieder in 60 min."},
		},
		"requests": {
			[]error{&ledger.Refusal{Requests: &requests}, &ledger.Refusal{Requests: &requests}},
			[]string{"All 8 requests that the budget allows are made. SearXNG and Tavily were not asked."},
			[]string{"Alle 8 Anfragen, die das Budget erlaubt, sind gestellt. SearXNG und Tavily wurden nicht gefragt."},
		},
		"cost": {
			[]error{nil, &ledger.Refusal{Most: &most, Left: 3600, Budget: 30000}},
			[]string{"$0.0036 of the budget of $0.03 is left, and the next call could have cost $0.008. Tavily was not asked."},
			[]string{"Vom Budget sind 0.0036 von 0.03 Dollar übrig, und die nächste Anfrage hätte 0.008 Dollar kosten können. Tavily wurde nicht gefragt."},
		},
		"price": {
			[]error{nil, &ledger.Refusal{Unpriced: "tavily"}},
			[]string{"What a call to tavily costs is not known, and the budget allows only what is: set its price, or leave out max_cost_usd. Tavily was not asked."},
			[]string{"Was eine Anfrage an Tavily kostet, ist nicht bekannt, und das Budget erlaubt nur, was bekannt ist: ihr Preis gehört in die Einstellungen, oder max_cost_usd weggelassen. Tavily wurde nicht gefragt."},
		},
		"no request": {
			[]error{nil, &ledger.Refusal{Requests: new(0)}},
			[]string{"The budget allows no requests. Tavily was not asked."},
			[]string{"Das Budget erlaubt keine Anfragen. Tavily wurde nicht gefragt."},
		},
		"one request": {
			[]error{nil, &ledger.Refusal{Requests: new(1)}},
			[]string{"The only request that the budget allows is made. Tavily was not asked."},
			[]string{"Die einzige Anfrage, die das Budget erlaubt, ist gestellt. Tavily wurde nicht gefragt."},
		},
		"a fault that is not known": {
			[]error{nil, &research.BackendError{Backend: "tavily", Code: "odd", Message: "Tavily is odd", RetryAfter: 3 * time.Hour}},
			[]string{"Tavily is odd. It asks to be left alone for 3 h."},
			[]string{"Tavily is odd. Gefragt werden darf erst wieder in 3 h."},
		},
		"a moment": {
			[]error{nil, &research.BackendError{Backend: "tavily", Code: research.CodeUnavailable, Message: "Tavily cannot answer now (503).", RetryAfter: 90 * time.Second}},
			[]string{"Tavily cannot answer now (503). It asks to be left alone for 90 s."},
			[]string{"Tavily kann gerade nicht antworten. Gefragt werden darf erst wieder in 90 s."},
		},
		"lost": {
			[]error{nil, ledger.ErrLost},
			[]string{"An answer was lost when the process was killed, and is not paid for again. Tavily was not asked."},
			[]string{"Eine Antwort ging verloren, als der Prozess beendet wurde; sie wird nicht noch einmal bezahlt. Tavily wurde nicht gefragt."},
		},
	} {
		for language, wanted := range map[string][]string{"en": tc.en, "de": tc.de} {
			tools := web(bikes...)
			tools.Backends = append(tools.Backends, named("searxng", tc.errs[0]), named("tavily", tc.errs[1]))
			request := ask(bikesAsked, "de")
			request.OutputLanguage = language
			out := run(t, request, tools, &researchtest.Diary{})
			require.Equal(t, wanted, out.Shortfalls, name)
			require.Equal(t, "partial", out.Status)
		}
	}
}

// TestServiceFailsAtTimes: a service that answered some searches is not told to have answered none.
func TestServiceFailsAtTimes(t *testing.T) {
	t.Parallel()
	tools := web(bikes...)
	free, calls := int64(0), 0
	tools.Backends = append(tools.Backends, research.Backend{Name: "brave", Price: ledger.Price{PerRequest: &free}, Search: func(context.Context, research.Query) ([]research.Hit, error) {
		if calls++; calls > 1 {
			return nil, &research.BackendError{Backend: "brave", Code: research.CodeUnavailable, Message: "Brave cannot answer now (503)."}
		}
		return []research.Hit{}, nil
	}})
	request := ask("Wie viele Fahrräder zählte das Amt Lindau an der Elzbrücke am Tag?", "de")
	out := run(t, request, tools, &researchtest.Diary{})
	require.Equal(t, []string{"Brave kann gerade nicht antworten. So war es bei 1 von 2 Suchen."}, out.Shortfalls)
}

// TestNobodyTakesAllTheTime: neither a model nor a service that does not answer keeps a run from asking the archive and reading.
func TestNobodyTakesAllTheTime(t *testing.T) {
	t.Parallel()
	server := llmtest.New(t)
	server.Always(llmtest.Match{}, func(llmtest.Request) llmtest.Reply { return llmtest.Reply{Until: make(chan struct{})} })
	tools := web(bikes...)
	tools.Model = llm.New(llm.Config{BaseURL: server.URL, APIKey: llmtest.Key, Model: "writer-1"})
	free := int64(0)
	tools.Backends[0].Own = true
	tools.Backends = append(tools.Backends, research.Backend{Name: "searxng", Price: ledger.Price{PerRequest: &free}, Search: func(ctx context.Context, _ research.Query) ([]research.Hit, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}})
	work, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	out, err := research.Run(t.Context(), work, ask(bikesAsked, "de"), tools, &researchtest.Diary{})
	require.NoError(t, err)
	require.Contains(t, sentences(out), "14.500")
	require.Equal(t, "partial", out.Status)
	require.Contains(t, out.Shortfalls, "SearXNG hat in dem Teil der Zeit nicht geantwortet, den die Suche haben darf.")
	require.Contains(t, out.Shortfalls[0], "Das Modell writer-1 hat in dem Teil der Zeit nicht geantwortet, den es haben darf. Das Modell hat die Recherche nicht geplant")
}

// TestWhatIsLeftOutIsCounted: sources that were not read, searches that were not made, parts that the model did not write, and an order that
// nobody judged are told with how many they are.
func TestWhatIsLeftOutIsCounted(t *testing.T) {
	t.Parallel()
	server := llmtest.New(t)
	server.Always(llmtest.Match{Prompt: "Name at most"}, func(llmtest.Request) llmtest.Reply {
		return llmtest.Reply{Text: `{"questions":["Wie viele Fahrräder waren es an der Elzbrücke im Jahr 2025?"],"queries":["Elzbrücke Zähler"]}`}
	})
	server.Answer(llmtest.Match{Prompt: "The passages stand between"}, llmtest.Reply{Refusal: "no"})
	server.Always(llmtest.Match{Prompt: "The passages stand between"}, func(r llmtest.Request) llmtest.Reply {
		return llmtest.Reply{JSON: map[string]any{"sentences": []any{map[string]any{"text": "An der Elzbrücke wurden im Jahr 2025 insgesamt 14.500 Fahrräder am Tag gezählt, teilte das Amt mit.", "evidence": []string{"1.1", "2.1", "3.1"}}}}}
	})
	tools := web(bikes...)
	tools.Model = llm.New(llm.Config{BaseURL: server.URL, APIKey: llmtest.Key, Model: "writer-1"})
	free, calls := int64(0), map[string]int{}
	for _, name := range []string{"searxng", "tavily"} {
		tools.Backends = append(tools.Backends, research.Backend{Name: name, Price: ledger.Price{PerRequest: &free}, Search: func(context.Context, research.Query) ([]research.Hit, error) {
			if calls[name]++; calls[name] > 1 {
				return nil, &ledger.Refusal{Requests: new(9)}
			}
			return []research.Hit{}, nil
		}})
	}
	read := tools.Read
	tools.Read = func(ctx context.Context, hit research.Hit) (store.Snapshot, error) {
		if strings.Contains(hit.URL, "alt.") || strings.Contains(hit.URL, "tot.") {
			return store.Snapshot{}, &ledger.Refusal{Requests: new(9)}
		}
		return read(ctx, hit)
	}
	reranking := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusUnauthorized) }))
	t.Cleanup(reranking.Close)
	tools.Reranker = research.NewReranker(research.RerankService{BaseURL: reranking.URL, Key: "k", Model: "r"})
	request := ask(bikesAsked, "de")
	request.OutputLanguage = "en"
	out := run(t, request, tools, &researchtest.Diary{})
	require.Equal(t, []string{
		"All 9 requests that the budget allows are made. SearXNG (1 of 2 searches) and Tavily (1 of 2 searches) were not asked everything; 2 of 3 sources were not read.",
		"The reranker refuses the key (401). The sources were ordered by rules alone.",
		"The model writer-1 will not answer this: no. The model did not write 1 of 2 parts, which are made of the sources' own sentences.",
	}, out.Shortfalls)
}
