// Package config reads the settings of a process: environment variables, and flags of the same names.
package config

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"
	"github.com/jackc/pgx/v5/pgconn"
)

// Config is every setting there is. The env tag is the variable's name, which in lower case with
// dashes is also the flag's; help says what it is for.
type Config struct {
	Addr        string   `env:"ADDR" envDefault:"127.0.0.1:8080" help:"address to serve on"`
	DatabaseURL Secret   `env:"DATABASE_URL" help:"PostgreSQL 15 or newer; empty starts a private one"`
	DataDir     string   `env:"DATA_DIR" help:"folder of the private PostgreSQL and the first key; empty takes the user's data folder"`
	AdminAPIKey Secret   `env:"ADMIN_API_KEY" help:"the first admin key, 32 characters or more; empty makes one at the first start"`
	LogLevel    string   `env:"LOG_LEVEL" envDefault:"info" help:"debug, info, warn or error"`
	LogFormat   string   `env:"LOG_FORMAT" envDefault:"text" help:"text or json"`
	CORSOrigins []string `env:"CORS_ORIGINS" help:"origins whose pages may call the API, separated by commas; * is any"`
	RateLimit   float64  `env:"RATE_LIMIT" envDefault:"50" help:"requests a second per key, in bursts of four times that; 0 is no limit"`
	Workers     bool     `env:"WORKERS" envDefault:"true" help:"whether serve works jobs, too"`
	WorkAddr    string   `env:"WORK_ADDR" help:"address at which work answers, too, for its health and its metrics; empty is none"`
	// PollConcurrency also bounds the connections that a process opens to sources.
	PollConcurrency int            `env:"POLL_CONCURRENCY" envDefault:"16" help:"how many sources are polled at once"`
	DatabaseConns   int            `env:"DATABASE_CONNS" envDefault:"20" help:"how many database connections a process opens at most"`
	FetchAllowCIDRs []netip.Prefix `env:"FETCH_ALLOW_CIDRS" help:"private networks that fetching and webhooks may reach, separated by commas"`
	FetchUserAgent  string         `env:"FETCH_USER_AGENT" envDefault:"content-creator/0.1 (+https://github.com/content-creator/content-creator-api)" help:"how fetching names itself"`
	FetchArticles   bool           `env:"FETCH_ARTICLES" envDefault:"true" help:"whether the pages of articles are read where their feed carries less"`

	HostRequestsPerSecond float64 `env:"HOST_REQUESTS_PER_SECOND" envDefault:"2" help:"how often one site is asked, by all processes together; 0 is no limit"`

	RedditClientID     string `env:"REDDIT_CLIENT_ID" help:"id of a Reddit application; without it the public feeds are read, which tell no points"`
	RedditClientSecret Secret `env:"REDDIT_CLIENT_SECRET" help:"secret of the Reddit application"`
	RedditUserAgent    string `env:"REDDIT_USER_AGENT" help:"how Reddit knows us; empty takes FETCH_USER_AGENT"`
	RedditBaseURL      string `env:"REDDIT_BASE_URL" envDefault:"https://www.reddit.com" help:"where Reddit's public feeds are"`
	RedditOAuthBaseURL string `env:"REDDIT_OAUTH_BASE_URL" envDefault:"https://oauth.reddit.com" help:"where Reddit's API for applications is"`
	RedditTokenURL     string `env:"REDDIT_TOKEN_URL" envDefault:"https://www.reddit.com/api/v1/access_token" help:"where Reddit gives its tokens"`

	TrendsBaseURL       string `env:"TRENDS_BASE_URL" envDefault:"https://trends.google.com" help:"where Google's trending searches are"`
	AutocompleteBaseURL string `env:"AUTOCOMPLETE_BASE_URL" envDefault:"https://suggestqueries.google.com" help:"where Google's search suggestions are"`
	GoogleNewsBaseURL   string `env:"GOOGLE_NEWS_BASE_URL" envDefault:"https://news.google.com" help:"where Google News is"`
	BingNewsBaseURL     string `env:"BING_NEWS_BASE_URL" envDefault:"https://www.bing.com" help:"where Bing News is"`
	TheNewsAPIKey       Secret `env:"THENEWSAPI_API_KEY" help:"key of thenewsapi.com; without it collections of that provider fail"`
	TheNewsAPIBaseURL   string `env:"THENEWSAPI_BASE_URL" envDefault:"https://api.thenewsapi.com" help:"where thenewsapi.com's API is"`
	YouTubeBaseURL      string `env:"YOUTUBE_BASE_URL" envDefault:"https://www.youtube.com" help:"where feed discovery asks YouTube"`
	GitHubBaseURL       string `env:"GITHUB_BASE_URL" envDefault:"https://github.com" help:"where feed discovery asks GitHub"`

	LLMBaseURL       string `env:"LLM_BASE_URL" envDefault:"https://openrouter.ai/api/v1" help:"what a model's chat/completions stands below, as OpenAI has it; http://localhost:11434/v1 is Ollama"`
	LLMAPIKey        Secret `env:"LLM_API_KEY" help:"key of the model; for OpenRouter OPENROUTER_API_KEY is taken, too"`
	LLMModel         string `env:"LLM_MODEL" help:"which model is asked, as the service names it; without it everything is done without one"`
	LLMContextTokens int    `env:"LLM_CONTEXT_TOKENS" envDefault:"0" help:"how many tokens prompt and answer may have together; 0 is not known"`
	LLMInputUSD      USD    `env:"LLM_INPUT_USD_PER_MILLION" envDefault:"unknown" help:"US dollars for a million tokens that the model reads; unknown is not known, 0 is free"`
	LLMOutputUSD     USD    `env:"LLM_OUTPUT_USD_PER_MILLION" envDefault:"unknown" help:"US dollars for a million tokens that the model writes; unknown is not known, 0 is free"`

	SearXNGBaseURL  string `env:"SEARXNG_BASE_URL" help:"where a SearXNG is that answers JSON; without it none is asked"`
	TavilyAPIKey    Secret `env:"TAVILY_API_KEY" help:"key of tavily.com; without it Tavily is not asked"`
	TavilyBaseURL   string `env:"TAVILY_BASE_URL" envDefault:"https://api.tavily.com" help:"where Tavily's API is"`
	TavilyUSD       USD    `env:"TAVILY_USD_PER_REQUEST" envDefault:"0.008" help:"US dollars for a search with Tavily: a credit, paid as you go (docs.tavily.com/documentation/api-credits, read in 2026); unknown is not known, 0 is free"`
	BraveAPIKey     Secret `env:"BRAVE_API_KEY" help:"key of Brave's search API; without it Brave is not asked"`
	BraveBaseURL    string `env:"BRAVE_BASE_URL" envDefault:"https://api.search.brave.com" help:"where Brave's search API is"`
	BraveUSD        USD    `env:"BRAVE_USD_PER_REQUEST" envDefault:"0.005" help:"US dollars for a search with Brave: that of its Search plan (api-dashboard.search.brave.com/app/plans, read in 2026); unknown is not known, 0 is free"`
	GeminiAPIKey    Secret `env:"GEMINI_API_KEY" help:"key of Gemini, which searches with Google; without it it is not asked"`
	GeminiBaseURL   string `env:"GEMINI_BASE_URL" envDefault:"https://generativelanguage.googleapis.com" help:"where Gemini's API is"`
	GeminiModel     string `env:"GEMINI_MODEL" envDefault:"gemini-2.5-flash" help:"which Gemini searches"`
	GeminiUSD       USD    `env:"GEMINI_USD_PER_REQUEST" envDefault:"0.035" help:"US dollars for a search with Gemini besides its tokens: a grounded prompt to Gemini 2.5 beyond the free ones of a day (ai.google.dev/gemini-api/docs/pricing, read in 2026); not known for another GEMINI_MODEL unless set; unknown is not known, 0 is free"`
	GeminiInputUSD  USD    `env:"GEMINI_INPUT_USD_PER_MILLION" envDefault:"0.3" help:"US dollars for a million tokens that Gemini reads: those of gemini-2.5-flash (same page); not known for another GEMINI_MODEL unless set; unknown is not known, 0 is free"`
	GeminiOutputUSD USD    `env:"GEMINI_OUTPUT_USD_PER_MILLION" envDefault:"2.5" help:"US dollars for a million tokens that Gemini writes: those of gemini-2.5-flash (same page); not known for another GEMINI_MODEL unless set; unknown is not known, 0 is free"`

	RerankBaseURL  string `env:"RERANK_BASE_URL" envDefault:"https://api.voyageai.com/v1" help:"what a rerank endpoint as of Voyage, Cohere or Jina stands below"`
	RerankAPIKey   Secret `env:"RERANK_API_KEY" help:"key of the rerank endpoint; for Voyage VOYAGE_API_KEY is taken, too"`
	RerankModel    string `env:"RERANK_MODEL" envDefault:"rerank-2.5" help:"which model reranks"`
	RerankInputUSD USD    `env:"RERANK_USD_PER_MILLION" envDefault:"unknown" help:"US dollars for a million tokens that are reranked; unknown is not known, 0 is free"`
	RerankUSD      USD    `env:"RERANK_USD_PER_REQUEST" envDefault:"unknown" help:"US dollars for a request to rerank; unknown is not known, 0 is free"`

	sources map[string]string
}

// A Secret is a setting that is never shown.
type Secret string

// String hides the secret in logs and messages.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "***"
}

// Format hides the secret from every verb, %#v and the wrong ones included.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText hides the secret in JSON and the like.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue hides the secret in structured logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// An Entry is one setting as it may be shown.
type Entry struct {
	Name, Value, Help string
	// Source is default, environment or flag.
	Source string
}

// Load reads the settings from flags, which win, and from the environment. It reports every fault at once.
// Other arguments than flags are answered in the order they came.
func Load(args, environ []string) (c Config, rest []string, err error) {
	settings, sources := map[string]string{}, map[string]string{}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if names := c.names(); slices.Contains(names, name) && value != "" {
			settings[name], sources[name] = value, "environment"
		}
	}
	flags, rest, faults := parseFlags(args, c.names())
	for name, value := range flags {
		settings[name], sources[name] = value, "flag"
	}
	unread := map[string]bool{}
	if err := env.ParseWithOptions(&c, env.Options{Environment: settings, FuncMap: parsers}); err != nil {
		faults = append(faults, parseFaults(err, unread)...)
	}
	c.sources = sources
	c.takeOtherNames(environ)
	c.forgetPrices()
	faults = append(faults, c.check(unread)...)
	return c, rest, errors.Join(faults...)
}

// parsers read the types that the library does not know, or knows less well.
var parsers = map[reflect.Type]env.ParserFunc{
	reflect.TypeFor[[]string](): func(text string) (any, error) { return parts(text), nil },
	reflect.TypeFor[[]netip.Prefix](): func(text string) (any, error) {
		var prefixes []netip.Prefix
		for _, part := range parts(text) {
			prefix, err := netip.ParsePrefix(part)
			if err != nil {
				return nil, fmt.Errorf("%q is not a network such as 10.0.0.0/8", part)
			}
			prefixes = append(prefixes, prefix)
		}
		return prefixes, nil
	},
}

// parts are the items of a list, without the space around them.
func parts(list string) []string {
	items := strings.Split(list, ",")
	for i, item := range items {
		items[i] = strings.TrimSpace(item)
	}
	return items
}

// parseFlags splits arguments into settings and the rest. A flag is --name=value, --name value or,
// for true, --name.
func parseFlags(args, names []string) (settings map[string]string, rest []string, faults []error) {
	settings = map[string]string{}
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		if !strings.HasPrefix(arg, "-") {
			rest = append(rest, arg)
			continue
		}
		flag, value, told := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		name := strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
		switch {
		case !slices.Contains(names, name):
			faults = append(faults, fmt.Errorf("--%s: there is no such flag", flag))
			continue
		case told:
		case name == "WORKERS", name == "FETCH_ARTICLES":
			value = "true"
		case len(args) == 0:
			faults = append(faults, fmt.Errorf("--%s: needs a value", flag))
			continue
		default:
			value, args = args[0], args[1:]
		}
		settings[name] = value
	}
	return settings, rest, faults
}

// parseFaults names the variable in each fault of the library's, and notes it as unread.
func parseFaults(err error, unread map[string]bool) []error {
	var all env.AggregateError
	if !errors.As(err, &all) {
		return []error{err}
	}
	var faults []error
	for _, fault := range all.Errors {
		var parse env.ParseError
		if errors.As(fault, &parse) {
			field, _ := reflect.TypeFor[Config]().FieldByName(parse.Name)
			name := field.Tag.Get("env")
			unread[name], fault = true, fmt.Errorf("%s: %w", name, parse.Err)
		}
		faults = append(faults, fault)
	}
	return faults
}

// check finds what the types let through. What could not be read at all has had its fault.
func (c Config) check(unread map[string]bool) []error {
	var faults []error
	fault := func(name, format string, args ...any) {
		if unread[name] {
			return
		}
		faults = append(faults, fmt.Errorf(name+": "+format, args...))
	}
	c.checkListening(fault)
	if !isDatabaseAddress(string(c.DatabaseURL)) {
		fault("DATABASE_URL", "is not an address such as postgres://user:password@host:5432/database")
	}
	if c.AdminAPIKey != "" && len(c.AdminAPIKey) < 32 {
		fault("ADMIN_API_KEY", "has %d characters, needs 32", len(c.AdminAPIKey))
	}
	if _, err := ParseLevel(c.LogLevel); err != nil {
		fault("LOG_LEVEL", "%q is not debug, info, warn or error", c.LogLevel)
	}
	if c.LogFormat != "text" && c.LogFormat != "json" {
		fault("LOG_FORMAT", "%q is not text or json", c.LogFormat)
	}
	for _, origin := range c.CORSOrigins {
		if origin != "*" && !isOrigin(origin) {
			fault("CORS_ORIGINS", "%q is not an origin such as https://example.com", origin)
		}
	}
	if c.RateLimit < 0 || math.IsNaN(c.RateLimit) || math.IsInf(c.RateLimit, 0) {
		fault("RATE_LIMIT", "%v is not a number from 0 on", c.RateLimit)
	}
	for _, bound := range []struct {
		name               string
		value, least, most float64
	}{
		{"HOST_REQUESTS_PER_SECOND", c.HostRequestsPerSecond, 0, 1000},
		{"POLL_CONCURRENCY", float64(c.PollConcurrency), 1, 1000},
		{"DATABASE_CONNS", float64(c.DatabaseConns), 5, 1000},
		{"LLM_CONTEXT_TOKENS", float64(c.LLMContextTokens), 0, 100_000_000},
	} {
		if !(bound.value >= bound.least && bound.value <= bound.most) {
			fault(bound.name, "%v is not from %v to %v", bound.value, bound.least, bound.most)
		}
	}
	if strings.TrimSpace(c.FetchUserAgent) == "" {
		fault("FETCH_USER_AGENT", "is empty")
	}
	c.checkServices(fault)
	c.checkPrices(fault)
	return faults
}

// checkServices checks what outside services are asked with, and where.
func (c Config) checkServices(fault func(name, format string, args ...any)) {
	switch {
	case c.RedditClientID != "" && c.RedditClientSecret == "":
		fault("REDDIT_CLIENT_SECRET", "is needed with REDDIT_CLIENT_ID")
	case c.RedditClientID == "" && c.RedditClientSecret != "":
		fault("REDDIT_CLIENT_ID", "is needed with REDDIT_CLIENT_SECRET")
	}
	for _, service := range []struct{ name, address string }{
		{"REDDIT_BASE_URL", c.RedditBaseURL},
		{"REDDIT_OAUTH_BASE_URL", c.RedditOAuthBaseURL},
		{"REDDIT_TOKEN_URL", c.RedditTokenURL},
		{"TRENDS_BASE_URL", c.TrendsBaseURL},
		{"AUTOCOMPLETE_BASE_URL", c.AutocompleteBaseURL},
		{"GOOGLE_NEWS_BASE_URL", c.GoogleNewsBaseURL},
		{"BING_NEWS_BASE_URL", c.BingNewsBaseURL},
		{"THENEWSAPI_BASE_URL", c.TheNewsAPIBaseURL},
		{"YOUTUBE_BASE_URL", c.YouTubeBaseURL},
		{"GITHUB_BASE_URL", c.GitHubBaseURL},
		{"LLM_BASE_URL", c.LLMBaseURL},
		{"SEARXNG_BASE_URL", c.SearXNGBaseURL},
		{"TAVILY_BASE_URL", c.TavilyBaseURL},
		{"BRAVE_BASE_URL", c.BraveBaseURL},
		{"GEMINI_BASE_URL", c.GeminiBaseURL},
		{"RERANK_BASE_URL", c.RerankBaseURL},
	} {
		if !isServiceAddress(service.address) && (service.address != "" || service.name != "SEARXNG_BASE_URL") {
			// The address is not repeated: it may hold a password.
			fault(service.name, "is not an address such as https://example.com, without user name, query and fragment")
		}
	}
}

// checkPrices checks what outside services cost.
func (c Config) checkPrices(fault func(name, format string, args ...any)) {
	for name, price := range map[string]USD{
		"LLM_INPUT_USD_PER_MILLION": c.LLMInputUSD, "LLM_OUTPUT_USD_PER_MILLION": c.LLMOutputUSD, "TAVILY_USD_PER_REQUEST": c.TavilyUSD,
		"BRAVE_USD_PER_REQUEST": c.BraveUSD, "GEMINI_USD_PER_REQUEST": c.GeminiUSD, "GEMINI_INPUT_USD_PER_MILLION": c.GeminiInputUSD,
		"GEMINI_OUTPUT_USD_PER_MILLION": c.GeminiOutputUSD, "RERANK_USD_PER_MILLION": c.RerankInputUSD, "RERANK_USD_PER_REQUEST": c.RerankUSD,
	} {
		if _, err := price.micro(); err != nil {
			fault(name, "%q is not a price from 0 to 10000 US dollars, such as 0.25", string(price))
		}
	}
}

// isServiceAddress reports whether paths can be put behind text to ask a service.
func isServiceAddress(text string) bool {
	parsed, err := url.Parse(text)
	return err == nil && (parsed.Scheme == "http" || parsed.Scheme == "https") && parsed.Hostname() != "" &&
		parsed.User == nil && !strings.ContainsAny(text, "?#")
}

func (c Config) checkListening(fault func(name, format string, args ...any)) {
	if !isListenAddress(c.Addr) {
		fault("ADDR", "%q is not host:port", c.Addr)
	}
	if c.WorkAddr != "" && !isListenAddress(c.WorkAddr) {
		fault("WORK_ADDR", "%q is not host:port", c.WorkAddr)
	}
}

// isListenAddress reports whether text is host:port; the port may have a name.
func isListenAddress(text string) bool {
	_, port, err := net.SplitHostPort(text)
	if err != nil {
		return false
	}
	_, err = net.DefaultResolver.LookupPort(context.Background(), "tcp", port)
	return err == nil
}

// isDatabaseAddress reports whether the driver can read text; an empty one stands for the private server.
func isDatabaseAddress(text string) bool {
	if text == "" {
		return true
	}
	_, err := pgconn.ParseConfig(text)
	return err == nil
}

// isOrigin reports whether a browser can send text as the Origin of a page.
func isOrigin(text string) bool {
	parsed, err := url.Parse(text)
	return err == nil && parsed.Host != "" && text == parsed.Scheme+"://"+parsed.Host
}

// ParseLevel reads the name of a log level.
func ParseLevel(name string) (slog.Level, error) {
	var level slog.Level
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, name) {
		return level, fmt.Errorf("%q is not a log level", name)
	}
	return level, level.UnmarshalText([]byte(name))
}

// Entries lists every setting, secrets masked.
func (c Config) Entries() []Entry {
	var entries []Entry
	value := reflect.ValueOf(c)
	for _, field := range reflect.VisibleFields(value.Type()) {
		name := field.Tag.Get("env")
		if name == "" {
			continue
		}
		source := c.sources[name]
		if source == "" {
			source = "default"
		}
		entries = append(entries, Entry{
			Name: name, Value: shown(value.FieldByIndex(field.Index)), Help: field.Tag.Get("help"), Source: source,
		})
	}
	return entries
}

// shown is a value as it would be set, secrets masked.
func shown(value reflect.Value) string {
	if value.Kind() != reflect.Slice {
		return fmt.Sprint(value.Interface())
	}
	var parts []string
	for i := range value.Len() {
		parts = append(parts, shown(value.Index(i)))
	}
	return strings.Join(parts, ",")
}

func (c Config) names() []string {
	var names []string
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Config]()) {
		if name := field.Tag.Get("env"); name != "" {
			names = append(names, name)
		}
	}
	return names
}
