package llm_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/content-creator/content-creator-api/ledger"
	"github.com/content-creator/content-creator-api/llm"
	"github.com/content-creator/content-creator-api/llm/llmtest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreTopFunction("net/http.(*persistConn).writeLoop"),
		goleak.IgnoreTopFunction("internal/poll.runtime_pollWait"))
}

func micro(n int64) *int64 { return &n }

// client is one of the server whose waits are short.
func client(s *llmtest.Server, change ...func(*llm.Config)) *llm.Client {
	c := llm.Config{
		BaseURL: s.URL, APIKey: llmtest.Key, Model: "test/model", Backoff: time.Millisecond,
		Price: ledger.Price{PerInput: micro(1_000_000), PerOutput: micro(3_000_000)},
	}
	for _, f := range change {
		f(&c)
	}
	return llm.New(c)
}

var hello = llm.Request{Operation: "greet", System: "You greet.", Prompt: "Greet the world, please.", MaxTokens: 50, Temperature: 0.3}

// fault asks and expects an error.
func fault(t *testing.T, c *llm.Client, book ledger.Book, r llm.Request) *llm.Error {
	t.Helper()
	_, err := c.Ask(t.Context(), book, r)
	var e *llm.Error
	require.ErrorAs(t, err, &e)
	require.NotContains(t, e.Message, llmtest.Key)
	return e
}

func TestAsk(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t)
	s.Answer(llmtest.Match{Prompt: "Greet"}, llmtest.Reply{Text: " Hello, world. ", InputTokens: 20, OutputTokens: 5})
	c := client(s)
	book := &llmtest.Book{}
	answer, err := c.Ask(t.Context(), book, hello)
	require.NoError(t, err)
	in, out := 20, 5
	require.Equal(t, llm.Answer{Text: "Hello, world.", Model: "test/model", InputTokens: &in, OutputTokens: &out, Cost: micro(35)}, answer)

	asked := s.Asked()[0]
	require.Equal(t, "You greet.", asked.System)
	require.InDelta(t, 0.3, *asked.Temperature, 0)
	require.Equal(t, 50, asked.MaxTokens)
	require.Empty(t, asked.Format)

	entry := book.Entries()[0]
	require.Equal(t, "127.0.0.1", entry.Call.Provider)
	require.Equal(t, "test/model", entry.Call.Model)
	require.Equal(t, "greet", entry.Call.Operation)
	require.JSONEq(t, `{"model":"test/model","messages":[{"role":"system","content":"You greet."},{"role":"user","content":"Greet the world, please."}],
		"temperature":0.3,"max_tokens":50}`, string(entry.Call.Request))
	require.NotContains(t, string(entry.Call.Request), llmtest.Key)
	require.GreaterOrEqual(t, *entry.Call.Most, *answer.Cost, "what is reserved is at least what is paid")

	again, err := c.Ask(t.Context(), book, hello)
	require.NoError(t, err)
	require.True(t, again.FromBook)
	again.FromBook = false
	require.Equal(t, answer, again)
	require.Equal(t, 1, s.Count())
}

func TestAskWithDefaults(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t)
	s.Otherwise = &llmtest.Reply{Text: "yes", NoUsage: true}
	book := &llmtest.Book{}
	c := client(s, func(c *llm.Config) { c.Price = ledger.Price{} })
	answer, err := c.Ask(t.Context(), book, llm.Request{Prompt: "Well?"})
	require.NoError(t, err)
	require.Nil(t, answer.Cost, "an unknown price stays unknown")
	require.Nil(t, answer.InputTokens)
	require.Nil(t, book.Entries()[0].Call.Most)
	require.Equal(t, llm.DefaultMaxTokens, s.Asked()[0].MaxTokens)
	require.Empty(t, s.Asked()[0].System)
	require.Equal(t, "test/model", c.Model())
	require.Zero(t, c.ContextTokens())
}

func TestCosts(t *testing.T) {
	t.Parallel()
	dollars, negative := 0.0123456, -1.
	for name, tc := range map[string]struct {
		price ledger.Price
		reply llmtest.Reply
		want  *int64
	}{
		"by tokens, rounded up":    {ledger.Price{PerInput: micro(100_000), PerOutput: micro(300_000)}, llmtest.Reply{InputTokens: 11, OutputTokens: 1}, micro(2)},
		"and by request":           {ledger.Price{PerInput: micro(0), PerOutput: micro(0), PerRequest: micro(7)}, llmtest.Reply{InputTokens: 11, OutputTokens: 1}, micro(7)},
		"as the endpoint says":     {ledger.Price{}, llmtest.Reply{Cost: &dollars}, micro(12346)},
		"never less than nothing":  {ledger.Price{}, llmtest.Reply{Cost: &negative}, nil},
		"unknown without usage":    {ledger.Price{PerInput: micro(1), PerOutput: micro(1)}, llmtest.Reply{NoUsage: true}, nil},
		"free even without usage":  {ledger.Price{PerInput: micro(0), PerOutput: micro(0)}, llmtest.Reply{NoUsage: true}, micro(0)},
		"unknown where half is":    {ledger.Price{PerInput: micro(1)}, llmtest.Reply{}, nil},
		"the endpoint's word wins": {ledger.Price{PerInput: micro(1), PerOutput: micro(1)}, llmtest.Reply{Cost: &dollars}, micro(12346)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := llmtest.New(t)
			tc.reply.Text = "yes"
			s.Otherwise = &tc.reply
			answer, err := client(s, func(c *llm.Config) { c.Price = tc.price }).Ask(t.Context(), ledger.Unbooked{}, hello)
			require.NoError(t, err)
			require.Equal(t, tc.want, answer.Cost)
		})
	}
}

func TestProviders(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://openrouter.ai/api/v1": "openrouter", "https://api.openai.com/v1/": "openai", "http://localhost:11434/v1": "ollama",
		"https://generativelanguage.googleapis.com/v1beta/openai": "gemini", "http://ollama:8080/v1": "ollama", "https://ollama.com/v1": "ollama",
		"http://vllm.local:8000/v1": "vllm.local", "https://evilopenrouter.ai/v1": "evilopenrouter.ai", ":": "unknown",
	} {
		require.Equal(t, want, llm.New(llm.Config{BaseURL: address}).Provider(), address)
	}
}

// A carrier answers in the place of a host that tests cannot reach.
type carrier struct {
	to string
}

func (c carrier) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host = "http", strings.TrimSuffix(strings.TrimPrefix(c.to, "http://"), "/v1")
	r.URL.Path = "/v1/chat/completions"
	return http.DefaultTransport.RoundTrip(r)
}

func TestWhatProvidersGet(t *testing.T) {
	t.Parallel()
	at := func(address string) (*llm.Client, *llmtest.Server, *llmtest.Book) {
		s := llmtest.New(t)
		s.Otherwise = &llmtest.Reply{Text: "yes"}
		return client(s, func(c *llm.Config) { c.BaseURL, c.HTTP, c.Price = address, carrier{s.URL}, ledger.Price{} }), s, &llmtest.Book{}
	}
	t.Run("OpenRouter tells its costs and leaves prompts whole", func(t *testing.T) {
		t.Parallel()
		c, s, book := at("https://openrouter.ai/api/v1")
		_, err := c.Ask(t.Context(), book, hello)
		require.NoError(t, err)
		require.Contains(t, s.Asked()[0].Body, `"usage":{"include":true},"transforms":[]`)
	})
	t.Run("OpenAI's new name of the limit", func(t *testing.T) {
		t.Parallel()
		c, s, book := at("https://api.openai.com/v1")
		s.RefuseMaxTokens = true
		_, err := c.Ask(t.Context(), book, hello)
		require.NoError(t, err)
		require.Equal(t, 1, s.Count())
		require.NotContains(t, s.Asked()[0].Body, "transforms")
	})
	t.Run("Ollama is free on one's own machine", func(t *testing.T) {
		t.Parallel()
		c, _, book := at("http://localhost:11434/v1")
		answer, err := c.Ask(t.Context(), book, hello)
		require.NoError(t, err)
		require.Equal(t, micro(0), answer.Cost)
		require.Equal(t, micro(0), book.Entries()[0].Call.Most)
		hosted, _, book := at("https://ollama.com/v1")
		answer, err = hosted.Ask(t.Context(), book, hello)
		require.NoError(t, err)
		require.Nil(t, answer.Cost)
	})
	t.Run("Ollama cuts without a word", func(t *testing.T) {
		t.Parallel()
		long := hello
		long.Prompt = strings.Repeat("a word or two ", 2000)
		c, s, book := at("http://localhost:11434/v1")
		s.SilentContext = 4096
		e := fault(t, c, book, long)
		require.Equal(t, llm.CodeTruncated, e.Code)
		require.Contains(t, e.Message, "read only 4096 tokens")
		require.Contains(t, e.Message, "OLLAMA_CONTEXT_LENGTH")
		require.Equal(t, llm.CodeTruncated, fault(t, c, book, long).Code, "the book tells the same")
		require.Equal(t, 1, s.Count())

		// A prompt whose length leaves it open is told by the round number.
		s.Otherwise = &llmtest.Reply{Text: "yes", InputTokens: 4096}
		long.Prompt = strings.Repeat("a word or two ", 1000)
		require.Equal(t, llm.CodeTruncated, fault(t, c, book, long).Code)
		s.Otherwise = &llmtest.Reply{Text: "yes", InputTokens: 4097}
		long.Prompt += "more"
		_, err := c.Ask(t.Context(), book, long)
		require.NoError(t, err)

		s.Otherwise = &llmtest.Reply{Text: "and so", Finish: "length", InputTokens: 4000, OutputTokens: 96}
		long.Prompt += " and more"
		e = fault(t, c, book, long)
		require.Equal(t, llm.CodeCutOff, e.Code)
		require.Contains(t, e.Message, "num_ctx")
	})
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	status := func(status int, f llmtest.Fault) llmtest.Reply { return llmtest.Reply{Status: status, Error: &f} }
	for name, tc := range map[string]struct {
		reply      llmtest.Reply
		code, says string
	}{
		"no credit":                   {status(402, llmtest.Fault{Code: 402, Message: "Insufficient credits"}), llm.CodeNoCredit, "127.0.0.1 wants to be paid first (402): Insufficient credits"},
		"quota used up":               {status(429, llmtest.Fault{Code: "insufficient_quota", Message: "You exceeded your current quota"}), llm.CodeNoCredit, "exceeded"},
		"forbidden":                   {status(403, llmtest.Fault{Code: 403}), llm.CodeForbidden, "does not let this key ask the model test/model (403)."},
		"flagged":                     {status(403, llmtest.Fault{Code: 403, Message: "flagged", FlaggedBecause: []string{"violence"}}), llm.CodeRefused, "will not answer"},
		"no such model":               {status(404, llmtest.Fault{Message: `model "x" not found, try pulling it first`}), llm.CodeNotFound, "pulling"},
		"bad request":                 {status(400, llmtest.Fault{Message: "no"}), llm.CodeBadRequest, "does not take the request"},
		"too long, in words":          {status(400, llmtest.Fault{Message: "This endpoint's maximum context length is 4096 tokens."}), llm.CodeTooLong, "longer than the model's context"},
		"Gemini's bad key":            {status(400, llmtest.Fault{Message: "API key not valid. Please pass a valid API key."}), llm.CodeBadKey, "refuses the key"},
		"Gemini's list of errors":     {llmtest.Reply{Status: 404, Body: `[{"error":{"code":404,"message":"models/x is not found","status":"NOT_FOUND"}}]`}, llm.CodeNotFound, "models/x is not found"},
		"an error that is a text":     {llmtest.Reply{Status: 404, Body: `{"error":"model not found"}`}, llm.CodeNotFound, "model not found"},
		"not even JSON":               {llmtest.Reply{Status: 403, Body: `<html>Forbidden</html>`}, llm.CodeForbidden, "(403)."},
		"redirect":                    {llmtest.Reply{Status: 307, Body: "moved", Header: map[string]string{"Location": "https://elsewhere.example/"}}, llm.CodeMoved, "redirects; set the address"},
		"a web page":                  {llmtest.Reply{Body: "<html>Welcome</html>"}, llm.CodeMalformed, "with a web page"},
		"half of JSON":                {llmtest.Reply{Body: `{"choices":`}, llm.CodeMalformed, "what is no JSON"},
		"no choices":                  {llmtest.Reply{Body: `{"choices":[]}`}, llm.CodeMalformed, "without any choices"},
		"content of another kind":     {llmtest.Reply{Body: `{"choices":[{"message":{"content":7}}]}`}, llm.CodeMalformed, "no JSON"},
		"an error in a 200":           {llmtest.Reply{Error: &llmtest.Fault{Code: 402, Message: "no credits"}}, llm.CodeNoCredit, "no credits"},
		"an error in a choice":        {llmtest.Reply{Body: `{"choices":[{"message":{"content":""},"finish_reason":"error","error":{"code":"403","message":"no"}}]}`}, llm.CodeForbidden, "no"},
		"content filter":              {llmtest.Reply{Text: "I", Finish: "content_filter"}, llm.CodeRefused, "filter"},
		"refusal":                     {llmtest.Reply{Refusal: "I can't help with that."}, llm.CodeRefused, "I can't help with that."},
		"cut off":                     {llmtest.Reply{Text: "The beg", Finish: "length"}, llm.CodeCutOff, "longer than allowed"},
		"thought and said nothing":    {llmtest.Reply{OutputTokens: 40}, llm.CodeEmpty, "answered nothing"},
		"broken in the middle":        {llmtest.Reply{Text: "yes", Break: true}, llm.CodeDisconnected, "broke"},
		"an error of the key's shape": {status(400, llmtest.Fault{Message: "what is " + llmtest.Key + strings.Repeat(" x", 400)}), llm.CodeBadRequest, "what is ***"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := llmtest.New(t)
			s.Otherwise = &tc.reply
			e := fault(t, client(s), ledger.Unbooked{}, hello)
			require.Equal(t, tc.code, e.Code)
			require.Contains(t, e.Message, tc.says)
			require.Less(t, len(e.Message), 500)
			require.Equal(t, 1, s.Count(), "it is not asked again")
		})
	}
	t.Run("read less than was sent", func(t *testing.T) {
		t.Parallel()
		s := llmtest.New(t)
		s.SilentContext, s.Otherwise = 200, &llmtest.Reply{Text: "yes"}
		long := hello
		long.Prompt = strings.Repeat("word ", 300)
		e := fault(t, client(s), ledger.Unbooked{}, long)
		require.Equal(t, llm.CodeTruncated, e.Code)
		require.NotContains(t, e.Message, "Ollama")
	})
	t.Run("bad key", func(t *testing.T) {
		t.Parallel()
		s := llmtest.New(t)
		e := fault(t, client(s, func(c *llm.Config) { c.APIKey = "sk-wrong-key-of-mine" }), ledger.Unbooked{}, hello)
		require.Equal(t, llm.CodeBadKey, e.Code)
		require.Equal(t, http.StatusUnauthorized, e.Status)
		require.NotContains(t, e.Message, "sk-wrong")
		require.False(t, e.Transient())
	})
	t.Run("too long for the endpoint", func(t *testing.T) {
		t.Parallel()
		s := llmtest.New(t)
		s.ContextTokens = 20
		require.Equal(t, llm.CodeTooLong, fault(t, client(s), ledger.Unbooked{}, hello).Code)
	})
	t.Run("the cut answer comes with its error", func(t *testing.T) {
		t.Parallel()
		s := llmtest.New(t)
		s.Otherwise = &llmtest.Reply{Text: "The beg", Finish: "length"}
		answer, err := client(s).Ask(t.Context(), ledger.Unbooked{}, hello)
		require.Error(t, err)
		require.Equal(t, "The beg", answer.Text)
	})
}

func TestTries(t *testing.T) {
	t.Parallel()
	busy := llmtest.Fault{Message: "busy"}
	yes := llmtest.Reply{Text: "yes"}
	for name, tc := range map[string]struct {
		replies []llmtest.Reply
		asked   int
		code    string
	}{
		"rate limited, then not":      {[]llmtest.Reply{{Status: 429, Error: &busy}, yes}, 2, ""},
		"Retry-After of nothing":      {[]llmtest.Reply{{Status: 429, Error: &busy, Header: map[string]string{"Retry-After": "0.001"}}, yes}, 2, ""},
		"Retry-After of an hour":      {[]llmtest.Reply{{Status: 429, Error: &busy, Header: map[string]string{"Retry-After": "3600"}}}, 1, llm.CodeRateLimited},
		"a server's fault":            {[]llmtest.Reply{{Status: 500, Error: &busy}, {Status: 502, Error: &busy}, yes}, 3, ""},
		"three times":                 {[]llmtest.Reply{{Status: 503, Error: &busy}, {Status: 504, Error: &busy}, {Status: 503, Error: &busy}}, 3, llm.CodeOverloaded},
		"the connection broke before": {[]llmtest.Reply{{Drop: true}, yes}, 2, ""},
		"an error in a 200":           {[]llmtest.Reply{{Error: &llmtest.Fault{Code: 502, Message: "provider"}}, {Error: &llmtest.Fault{Message: "?"}}, yes}, 3, ""},
		"empty, for nothing":          {[]llmtest.Reply{{NoUsage: true}, yes}, 2, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := llmtest.New(t)
			s.Answer(llmtest.Match{}, tc.replies...)
			book := &llmtest.Book{}
			answer, err := client(s).Ask(t.Context(), book, hello)
			require.Equal(t, tc.asked, s.Count())
			require.Len(t, book.Entries(), tc.asked, "each request is a call")
			for _, entry := range book.Entries() {
				require.Equal(t, book.Entries()[0].Call, entry.Call)
				if entry.Err != nil && tc.replies[0].Status != 0 {
					require.Equal(t, micro(0), entry.Reply.Cost, "a refusal costs nothing")
				}
			}
			if tc.code == "" {
				require.NoError(t, err)
				require.Equal(t, "yes", answer.Text)
				return
			}
			var e *llm.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, tc.code, e.Code)
			require.True(t, e.Transient())
		})
	}
	t.Run("nobody answers", func(t *testing.T) {
		t.Parallel()
		s := llmtest.New(t)
		book := &llmtest.Book{}
		e := fault(t, client(s, func(c *llm.Config) { c.BaseURL = "http://127.0.0.1:1/v1" }), book, hello)
		require.Equal(t, llm.CodeUnreachable, e.Code)
		require.Len(t, book.Entries(), 3)
		require.Equal(t, micro(0), book.Entries()[0].Reply.Cost)
	})
	t.Run("no address", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, llm.CodeUnreachable, fault(t, llm.New(llm.Config{BaseURL: "://", Backoff: 1}), ledger.Unbooked{}, hello).Code)
	})
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"90": 90 * time.Second, "Mon, 23 Nov 2026 10:02:00 GMT": 2 * time.Minute, "1e9": 24 * time.Hour,
	} {
		s := llmtest.New(t)
		s.Otherwise = &llmtest.Reply{Status: 503, Body: "x", Header: map[string]string{"Retry-After": value}}
		e := fault(t, client(s, func(c *llm.Config) { c.Now = func() time.Time { return now } }), ledger.Unbooked{}, hello)
		require.Equal(t, want, e.RetryAfter, value)
	}
	s := llmtest.New(t)
	s.Otherwise = &llmtest.Reply{Status: 429, Body: `[{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"quota","details":[{"retryDelay":"34.1s"}]}}]`}
	require.Equal(t, 34*time.Second, fault(t, client(s), ledger.Unbooked{}, hello).RetryAfter)
}

func TestTimeAndSize(t *testing.T) {
	t.Parallel()
	t.Run("no answer in time", func(t *testing.T) {
		t.Parallel()
		s := llmtest.New(t)
		s.Otherwise = &llmtest.Reply{Until: make(chan struct{})}
		book := &llmtest.Book{}
		e := fault(t, client(s, func(c *llm.Config) { c.Timeout = 50 * time.Millisecond }), book, hello)
		require.Equal(t, llm.CodeTimeout, e.Code)
		require.Equal(t, 1, s.Count(), "it may have been paid for")
		require.Nil(t, book.Entries()[0].Reply.Cost)
	})
	t.Run("hangs in the middle", func(t *testing.T) {
		t.Parallel()
		s := llmtest.New(t)
		s.Otherwise = &llmtest.Reply{Text: "yes", Hang: true}
		require.Equal(t, llm.CodeTimeout, fault(t, client(s, func(c *llm.Config) { c.Timeout = 50 * time.Millisecond }), ledger.Unbooked{}, hello).Code)
	})
	t.Run("cancelled while asked", func(t *testing.T) {
		t.Parallel()
		s := llmtest.New(t)
		ctx, cancel := context.WithCancel(t.Context())
		s.Always(llmtest.Match{}, func(llmtest.Request) llmtest.Reply { cancel(); return llmtest.Reply{Until: make(chan struct{})} })
		_, err := client(s).Ask(ctx, ledger.Unbooked{}, hello)
		require.ErrorIs(t, err, context.Canceled)
		var e *llm.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, llm.CodeCanceled, e.Code)
	})
	t.Run("cancelled while waiting", func(t *testing.T) {
		t.Parallel()
		s := llmtest.New(t)
		ctx, cancel := context.WithCancel(t.Context())
		s.Always(llmtest.Match{}, func(llmtest.Request) llmtest.Reply {
			context.AfterFunc(ctx, func() {})
			time.AfterFunc(20*time.Millisecond, cancel)
			return llmtest.Reply{Status: 429, Body: "x", Header: map[string]string{"Retry-After": "10"}}
		})
		_, err := client(s).Ask(ctx, ledger.Unbooked{}, hello)
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, 1, s.Count())
	})
	t.Run("too much", func(t *testing.T) {
		t.Parallel()
		s := llmtest.New(t)
		s.Otherwise = &llmtest.Reply{Text: strings.Repeat("x", 2000)}
		require.Equal(t, llm.CodeTooLarge, fault(t, client(s, func(c *llm.Config) { c.MaxBody = 1000 }), ledger.Unbooked{}, hello).Code)
	})
}

func TestTheBookRefuses(t *testing.T) {
	t.Parallel()
	for _, refusal := range []error{ledger.ErrBudget, ledger.ErrLost} {
		s := llmtest.New(t)
		_, err := client(s).Ask(t.Context(), &llmtest.Book{Refuse: refusal}, hello)
		require.ErrorIs(t, err, refusal)
		require.Zero(t, s.Count())
	}
}

func TestContext(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t)
	c := client(s, func(c *llm.Config) { c.ContextTokens = 100 })
	long := hello
	long.Prompt = strings.Repeat("word ", 60)
	e := fault(t, c, ledger.Unbooked{}, long)
	require.Equal(t, llm.CodeTooLong, e.Code)
	_, most := llm.Tokens(long.Prompt + long.System)
	require.Contains(t, e.Message, "tokens longer than the context of test/model (100)")
	require.Greater(t, most, 60)
	require.Zero(t, s.Count(), "nothing is sent")
}

func TestContentInParts(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t)
	s.Otherwise = &llmtest.Reply{Body: `{"choices":[{"message":{"content":[{"type":"thinking","text":"hm"},{"type":"text","text":"a"},{"type":"text","text":"b"}]}}]}`}
	answer, err := client(s).Ask(t.Context(), ledger.Unbooked{}, hello)
	require.NoError(t, err)
	require.Equal(t, "ab", answer.Text)
}

// TestPromptOfNoTokens: an endpoint that counts none has not counted, and what the call has cost is unknown.
func TestPromptOfNoTokens(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t)
	s.Otherwise = &llmtest.Reply{Body: `{"choices":[{"message":{"content":"a"}}],"usage":{"prompt_tokens":0,"completion_tokens":2}}`}
	answer, err := client(s, func(c *llm.Config) { c.Price = ledger.Price{PerInput: micro(1), PerOutput: micro(1)} }).Ask(t.Context(), ledger.Unbooked{}, hello)
	require.NoError(t, err)
	require.Nil(t, answer.InputTokens)
	require.Equal(t, 2, *answer.OutputTokens)
	require.Nil(t, answer.Cost)
}

func TestErrorUnwraps(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	require.ErrorIs(t, &llm.Error{Err: cause}, cause)
}

func TestRequestsAreJSON(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t)
	s.Otherwise = &llmtest.Reply{Text: "yes"}
	odd := hello
	odd.Prompt = "\x00 \"quoted\" </script> \u2028 " + string([]byte{0xff})
	_, err := client(s).Ask(t.Context(), ledger.Unbooked{}, odd)
	require.NoError(t, err)
	require.True(t, json.Valid([]byte(s.Asked()[0].Body)))
}
