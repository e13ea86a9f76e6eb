package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/config"
)

// load reads settings that have to be right.
func load(t *testing.T, args, environ []string) (config.Config, []string) {
	t.Helper()
	c, rest, err := config.Load(args, environ)
	require.NoError(t, err)
	return c, rest
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	c, rest := load(t, nil, nil)
	require.Empty(t, rest)
	require.Equal(t, "127.0.0.1:8080", c.Addr)
	require.Empty(t, string(c.DatabaseURL))
	require.Empty(t, c.DataDir)
	require.Empty(t, string(c.AdminAPIKey))
	require.Equal(t, "info", c.LogLevel)
	require.Equal(t, "text", c.LogFormat)
	require.Empty(t, c.CORSOrigins)
	require.InDelta(t, 50, c.RateLimit, 0)
	require.True(t, c.Workers)
	require.Equal(t, 16, c.PollConcurrency)
	require.Equal(t, 20, c.DatabaseConns)
	require.Empty(t, c.FetchAllowCIDRs)
	require.Contains(t, c.FetchUserAgent, "content-creator/")
	for _, e := range c.Entries() {
		require.Equal(t, "default", e.Source, e.Name)
		require.NotEmpty(t, e.Help, e.Name)
	}
}

func TestSources(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		args, environ []string
		value, source string
		rest          []string
	}{
		"environment":           {nil, []string{"LOG_LEVEL=warn"}, "warn", "environment", nil},
		"empty variable":        {nil, []string{"LOG_LEVEL="}, "info", "default", nil},
		"foreign variables":     {nil, []string{"HOME=/root", "LOG=debug", "odd"}, "info", "default", nil},
		"flag":                  {[]string{"--log-level=debug"}, nil, "debug", "flag", nil},
		"flag with one dash":    {[]string{"-log-level=debug"}, nil, "debug", "flag", nil},
		"flag with its value":   {[]string{"--log-level", "debug"}, nil, "debug", "flag", nil},
		"flag wins":             {[]string{"--log-level=error"}, []string{"LOG_LEVEL=warn"}, "error", "flag", nil},
		"last flag wins":        {[]string{"--log-level=error", "--log-level=warn"}, nil, "warn", "flag", nil},
		"flags around commands": {[]string{"keys", "--log-level", "warn", "create", "--workers", "name"}, nil, "warn", "flag", []string{"keys", "create", "name"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, rest := load(t, tc.args, tc.environ)
			require.Equal(t, tc.rest, rest)
			require.Equal(t, tc.value, c.LogLevel)
			require.Equal(t, config.Entry{Name: "LOG_LEVEL", Value: tc.value, Help: "debug, info, warn or error", Source: tc.source}, entry(t, c, "LOG_LEVEL"))
		})
	}
}

func TestAnEmptyFlagUndoesTheEnvironment(t *testing.T) {
	t.Parallel()
	c, _ := load(t, []string{"--database-url="}, []string{"DATABASE_URL=postgres://localhost/x"})
	require.Empty(t, string(c.DatabaseURL))
}

func TestWorkers(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]bool{"serve": true, "serve --workers": true, "--workers serve": true, "serve --workers=false": false, "serve --workers=0": false} {
		c, rest := load(t, strings.Fields(args), nil)
		require.Equal(t, want, c.Workers, args)
		require.Equal(t, []string{"serve"}, rest, args)
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	c, _ := load(t, []string{"--cors-origins=https://a.example, http://[::1] ,http://localhost:5173"},
		[]string{"FETCH_ALLOW_CIDRS=127.0.0.0/8, fd00::/8"})
	require.Equal(t, []string{"https://a.example", "http://[::1]", "http://localhost:5173"}, c.CORSOrigins)
	require.Equal(t, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}, c.FetchAllowCIDRs)
	require.Equal(t, "https://a.example,http://[::1],http://localhost:5173", entry(t, c, "CORS_ORIGINS").Value)
	require.Equal(t, "127.0.0.0/8,fd00::/8", entry(t, c, "FETCH_ALLOW_CIDRS").Value)

	anybody, _ := load(t, []string{"--cors-origins=*"}, nil)
	require.Equal(t, []string{"*"}, anybody.CORSOrigins)
}

func TestFaults(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ arg, fault string }{
		"no port":                 {"--addr=localhost", `ADDR: "localhost" is not host:port`},
		"a worker without a port": {"--work-addr=localhost", `WORK_ADDR: "localhost" is not host:port`},
		"a port too far":          {"--addr=localhost:65536", `ADDR: "localhost:65536" is not host:port`},
		"no database address":     {"--database-url=postgres://me:hunter2@h:x/", "DATABASE_URL: is not an address such as postgres://user:password@host:5432/database"},
		"short key":               {"--admin-api-key=hunter2", "ADMIN_API_KEY: has 7 characters, needs 32"},
		"unknown level":           {"--log-level=loud", `LOG_LEVEL: "loud" is not debug, info, warn or error`},
		"level with an offset":    {"--log-level=info+2", `LOG_LEVEL: "info+2" is not debug, info, warn or error`},
		"unknown format":          {"--log-format=xml", `LOG_FORMAT: "xml" is not text or json`},
		"origin with a path":      {"--cors-origins=https://a.example/", `CORS_ORIGINS: "https://a.example/" is not an origin such as https://example.com`},
		"origin without scheme":   {"--cors-origins=a.example", `CORS_ORIGINS: "a.example" is not an origin such as https://example.com`},
		"origin that is no URL":   {"--cors-origins=https://[", `CORS_ORIGINS: "https://[" is not an origin such as https://example.com`},
		"negative rate":           {"--rate-limit=-1", "RATE_LIMIT: -1 is not a number from 0 on"},
		"rate that is no number":  {"--rate-limit=NaN", "RATE_LIMIT: NaN is not a number from 0 on"},
		"endless rate":            {"--rate-limit=Inf", "RATE_LIMIT: +Inf is not a number from 0 on"},
		"rate in words":           {"--rate-limit=fast", `RATE_LIMIT: strconv.ParseFloat: parsing "fast": invalid syntax`},
		"workers in words":        {"--workers=perhaps", `WORKERS: strconv.ParseBool: parsing "perhaps": invalid syntax`},
		"no polls at once":        {"--poll-concurrency=0", "POLL_CONCURRENCY: 0 is not from 1 to 1000"},
		"too many polls at once":  {"--poll-concurrency=1001", "POLL_CONCURRENCY: 1001 is not from 1 to 1000"},
		"too few connections":     {"--database-conns=4", "DATABASE_CONNS: 4 is not from 5 to 1000"},
		"too many connections":    {"--database-conns=1001", "DATABASE_CONNS: 1001 is not from 5 to 1000"},
		"not a network":           {"--fetch-allow-cidrs=10.0.0.0/8,10.0.0.1", `FETCH_ALLOW_CIDRS: "10.0.0.1" is not a network such as 10.0.0.0/8`},
		"YouTube without scheme":  {"--youtube-base-url=youtube.com", "YOUTUBE_BASE_URL: is not an address such as https://example.com, without user name, query and fragment"},
		"GitHub anywhere":         {"--github-base-url=*", "GITHUB_BASE_URL: is not an address such as https://example.com, without user name, query and fragment"},
		"blank user agent":        {"--fetch-user-agent= ", "FETCH_USER_AGENT: is empty"},
		"half a Reddit key":       {"--reddit-client-id=x", "REDDIT_CLIENT_SECRET: is needed with REDDIT_CLIENT_ID"},
		"the other half":          {"--reddit-client-secret=hunter2", "REDDIT_CLIENT_ID: is needed with REDDIT_CLIENT_SECRET"},
		"no address of Reddit":    {"--reddit-base-url=reddit", "REDDIT_BASE_URL: is not an address such as https://example.com, without user name, query and fragment"},
		"no API of Reddit":        {"--reddit-oauth-base-url=ftp://x", "REDDIT_OAUTH_BASE_URL: is not an address such as https://example.com, without user name, query and fragment"},
		"no tokens of Reddit":     {"--reddit-token-url=https://me:hunter2@x", "REDDIT_TOKEN_URL: is not an address such as https://example.com, without user name, query and fragment"},
		"no Trends":               {"--trends-base-url=https://", "TRENDS_BASE_URL: is not an address such as https://example.com, without user name, query and fragment"},
		"no Autocomplete":         {"--autocomplete-base-url=https://[", "AUTOCOMPLETE_BASE_URL: is not an address such as https://example.com, without user name, query and fragment"},
		"no Google News":          {"--google-news-base-url=https://x?a=hunter2", "GOOGLE_NEWS_BASE_URL: is not an address such as https://example.com, without user name, query and fragment"},
		"no Bing News":            {"--bing-news-base-url=https://x#", "BING_NEWS_BASE_URL: is not an address such as https://example.com, without user name, query and fragment"},
		"no TheNewsAPI":           {"--thenewsapi-base-url=//x", "THENEWSAPI_BASE_URL: is not an address such as https://example.com, without user name, query and fragment"},
		"unknown flag":            {"--colour=red", "--colour: there is no such flag"},
		"unknown switch":          {"--verbose", "--verbose: there is no such flag"},
		"flag without value":      {"--addr", "--addr: needs a value"},
		"nothing but dashes":      {"--", "--: there is no such flag"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := config.Load([]string{tc.arg}, nil)
			require.EqualError(t, err, tc.fault)
			require.NotContains(t, err.Error(), "hunter2")
		})
	}
	t.Run("every fault at once", func(t *testing.T) {
		t.Parallel()
		// Of two values of one setting the last counts, so here each setting has one fault.
		args := []string{
			"--addr=x", "--database-url=postgres://h:x/", "--admin-api-key=x", "--log-level=x", "--log-format=x", "--cors-origins=x",
			"--rate-limit=x", "--workers=x", "--poll-concurrency=x", "--database-conns=x", "--fetch-allow-cidrs=x", "--fetch-user-agent= ",
			"--colour=red", "--data-dir",
		}
		_, _, err := config.Load(args, nil)
		for _, name := range []string{
			"ADDR", "DATABASE_URL", "ADMIN_API_KEY", "LOG_LEVEL", "LOG_FORMAT", "CORS_ORIGINS", "RATE_LIMIT", "WORKERS", "POLL_CONCURRENCY",
			"DATABASE_CONNS", "FETCH_ALLOW_CIDRS", "FETCH_USER_AGENT", "--colour", "--data-dir",
		} {
			require.Equal(t, 1, strings.Count("\n"+err.Error(), "\n"+name+": "), "%s in\n%v", name, err)
		}
		require.Len(t, strings.Split(err.Error(), "\n"), len(args))
	})
}

func TestSecretsAreNeverShown(t *testing.T) {
	t.Parallel()
	const key, password = "key-key-key-key-key-key-key-key-key", "hunter2"
	c, _ := load(t, nil, []string{
		"ADMIN_API_KEY=" + key, "DATABASE_URL=postgres://me:" + password + "@localhost/x",
		"REDDIT_CLIENT_ID=id", "REDDIT_CLIENT_SECRET=" + password, "THENEWSAPI_API_KEY=" + password,
	})
	var shown strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
		_, _ = fmt.Fprintf(&shown, verb+"\n", c)
		_, _ = fmt.Fprintf(&shown, verb+"\n", &c)
		_, _ = fmt.Fprintf(&shown, verb+"\n", c.AdminAPIKey)
	}
	body, err := json.Marshal(map[string]any{"config": c, "key": c.AdminAPIKey})
	require.NoError(t, err)
	shown.Write(body)
	for _, handler := range []slog.Handler{slog.NewJSONHandler(&shown, nil), slog.NewTextHandler(&shown, nil)} {
		slog.New(handler).Info("started", "config", c, "key", c.AdminAPIKey, "pointer", &c)
	}
	_, _ = fmt.Fprint(&shown, c.Entries())

	require.NotContains(t, shown.String(), key)
	require.NotContains(t, shown.String(), fmt.Sprintf("%x", key))
	require.NotContains(t, shown.String(), password)
	require.Equal(t, "***", entry(t, c, "ADMIN_API_KEY").Value)
	require.Equal(t, "***", entry(t, c, "DATABASE_URL").Value)
	require.Empty(t, config.Secret("").String(), "what is not set can be told from what is")
}

func TestParseLevel(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError} {
		level, err := config.ParseLevel(name)
		require.NoError(t, err)
		require.Equal(t, want, level)
	}
	_, err := config.ParseLevel("INFO")
	require.Error(t, err)
}

// TestExampleFile holds .env.example to the struct: the same settings in the same order, each with its
// help and, commented out, its default.
func TestExampleFile(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("../.env.example")
	require.NoError(t, err)
	others, ours, found := bytes.Cut(file, []byte("# --- content-creator ---\n"))
	require.True(t, found)
	var want strings.Builder
	for field := range fields() {
		_, _ = fmt.Fprintf(&want, "\n# %s\n# %s=%s\n", field.Tag.Get("help"), field.Tag.Get("env"), field.Tag.Get("envDefault"))
	}
	require.Equal(t, want.String(), string(ours))
	// What compose.yaml alone reads comes first.
	compose, err := os.ReadFile("../compose.yaml")
	require.NoError(t, err)
	for _, variable := range regexp.MustCompile(`\$\{(\w+)(?::-([^}]*))?`).FindAllSubmatch(compose, -1) {
		name, value := string(variable[1]), string(variable[2])
		if !strings.Contains(string(ours), "\n# "+name+"=") {
			require.Contains(t, string(others), "\n# "+name+"="+value+"\n")
		}
	}

	// With every comment sign taken away it says what it says as it is.
	var environ []string
	for line := range strings.Lines(string(ours)) {
		if setting := strings.TrimPrefix(strings.TrimSuffix(line, "\n"), "# "); strings.Contains(strings.Fields(setting + " -")[0], "=") {
			environ = append(environ, setting)
		}
	}
	spelledOut, _ := load(t, nil, environ)
	defaults, _ := load(t, nil, nil)
	require.Len(t, environ, len(defaults.Entries()))
	for i, e := range defaults.Entries() {
		require.Equal(t, e.Value, spelledOut.Entries()[i].Value, e.Name)
	}
}

// fields are those of the settings, in order.
func fields() func(yield func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for _, field := range reflect.VisibleFields(reflect.TypeFor[config.Config]()) {
			if field.Tag.Get("env") != "" && !yield(field) {
				return
			}
		}
	}
}

func entry(t *testing.T, c config.Config, name string) config.Entry {
	t.Helper()
	for _, e := range c.Entries() {
		if e.Name == name {
			return e
		}
	}
	require.Fail(t, "there is no such entry", name)
	return config.Entry{}
}

// TestPrices: what is not known of a price is told as unknown, and a model's price is no other model's.
func TestPrices(t *testing.T) {
	t.Parallel()
	c, _ := load(t, nil, nil)
	require.EqualValues(t, 8000, *c.TavilyUSD.Micro())
	require.EqualValues(t, 5000, *c.BraveUSD.Micro())
	require.EqualValues(t, 35000, *c.GeminiUSD.Micro())
	require.Nil(t, c.LLMInputUSD.Micro())
	require.Nil(t, c.RerankUSD.Micro())

	c, _ = load(t, nil, []string{"TAVILY_USD_PER_REQUEST=unknown", "BRAVE_USD_PER_REQUEST=0", "LLM_INPUT_USD_PER_MILLION=0.15"})
	require.Nil(t, c.TavilyUSD.Micro(), "the default can be taken away")
	require.Zero(t, *c.BraveUSD.Micro(), "free is known")
	require.EqualValues(t, 150_000, *c.LLMInputUSD.Micro())

	c, _ = load(t, nil, []string{"GEMINI_MODEL=gemini-3.8-flash", "GEMINI_OUTPUT_USD_PER_MILLION=3.75"})
	require.Nil(t, c.GeminiUSD.Micro(), "Gemini 3 is paid by the search, of which one request makes several")
	require.Nil(t, c.GeminiInputUSD.Micro())
	require.EqualValues(t, 3_750_000, *c.GeminiOutputUSD.Micro(), "what is set stands")
	require.Equal(t, "unknown", entry(t, c, "GEMINI_USD_PER_REQUEST").Value)
}
