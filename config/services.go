package config

import (
	"errors"
	"math"
	"net/url"
	"strconv"
	"strings"
)

// A USD is a price in US dollars as it is set; UnknownPrice and "" are not known.
type USD string

// UnknownPrice is a price that is not known.
const UnknownPrice USD = "unknown"

// Micro is the price in micro-dollars, rounded up; nil where it is not known.
func (u USD) Micro() *int64 {
	price, _ := u.micro() // checked on loading
	return price
}

var errPrice = errors.New("this is no price")

func (u USD) micro() (*int64, error) {
	text := strings.TrimSpace(string(u))
	if text == "" || text == string(UnknownPrice) {
		return nil, nil
	}
	dollars, err := strconv.ParseFloat(text, 64)
	if err != nil || !(dollars >= 0 && dollars <= 10_000) {
		return nil, errPrice
	}
	micro := int64(math.Ceil(math.Round(dollars*1e9) / 1e3))
	return &micro, nil
}

// otherNames are variables under which keys are known elsewhere. One counts only where the key goes to whom it was
// given out by: at another address it would be told to strangers.
var otherNames = []struct {
	name, host string
	address    func(*Config) string
	key        func(*Config) *Secret
	own        string
}{
	{"OPENROUTER_API_KEY", "openrouter.ai", func(c *Config) string { return c.LLMBaseURL }, func(c *Config) *Secret { return &c.LLMAPIKey }, "LLM_API_KEY"},
	{"VOYAGE_API_KEY", "api.voyageai.com", func(c *Config) string { return c.RerankBaseURL }, func(c *Config) *Secret { return &c.RerankAPIKey }, "RERANK_API_KEY"},
}

// takeOtherNames takes keys from the environment that have no setting of their own.
func (c *Config) takeOtherNames(environ []string) {
	for _, other := range otherNames {
		at, err := url.Parse(other.address(c))
		if err != nil || at.Scheme != "https" || at.Hostname() != other.host || c.sources[other.own] != "" {
			continue
		}
		for _, pair := range environ {
			if name, value, _ := strings.Cut(pair, "="); name == other.name && value != "" {
				*other.key(c), c.sources[other.own] = Secret(value), "environment"
			}
		}
	}
}

// pricedGemini is the model that the default prices of Gemini are of.
const pricedGemini = "gemini-2.5-flash"

// forgetPrices leaves no default price standing for a model that it is not of: others cost more, and newer ones are paid by how many
// searches they make, which nobody knows beforehand.
func (c *Config) forgetPrices() {
	if c.GeminiModel == pricedGemini {
		return
	}
	for name, price := range map[string]*USD{
		"GEMINI_USD_PER_REQUEST": &c.GeminiUSD, "GEMINI_INPUT_USD_PER_MILLION": &c.GeminiInputUSD, "GEMINI_OUTPUT_USD_PER_MILLION": &c.GeminiOutputUSD,
	} {
		if c.sources[name] == "" {
			*price = UnknownPrice
		}
	}
}

// A Service is one outside service of research, and whether it is asked.
type Service struct {
	Name string
	On   bool
	// Reason says why it is off; "" where it is on.
	Reason string
}

// Services are the outside services of research: the model, the search backends, the rerank endpoint.
func (c Config) Services() []Service {
	var list []Service
	add := func(name string, missing ...string) {
		s := Service{Name: name, On: len(missing) == 0}
		if !s.On {
			s.Reason = strings.Join(missing, " and ") + " is not set."
			if len(missing) > 1 {
				s.Reason = strings.Join(missing, " and ") + " are not set."
			}
		}
		list = append(list, s)
	}
	var model []string
	if c.LLMModel == "" {
		model = append(model, "LLM_MODEL")
	}
	if c.LLMAPIKey == "" && needsKey(c.LLMBaseURL) {
		model = append(model, "LLM_API_KEY")
	}
	add("llm", model...)
	for _, backend := range []struct{ name, setting, value string }{
		{"searxng", "SEARXNG_BASE_URL", c.SearXNGBaseURL},
		{"tavily", "TAVILY_API_KEY", string(c.TavilyAPIKey)},
		{"brave", "BRAVE_API_KEY", string(c.BraveAPIKey)},
		{"thenewsapi", "THENEWSAPI_API_KEY", string(c.TheNewsAPIKey)},
		{"gemini", "GEMINI_API_KEY", string(c.GeminiAPIKey)},
	} {
		if backend.value == "" {
			add(backend.name, backend.setting)
			continue
		}
		add(backend.name)
	}
	var rerank []string
	if c.RerankModel == "" {
		rerank = append(rerank, "RERANK_MODEL")
	}
	if c.RerankAPIKey == "" && needsKey(c.RerankBaseURL) {
		rerank = append(rerank, "RERANK_API_KEY")
	}
	add("rerank", rerank...)
	return list
}

// needsKey: services that are known to answer nobody without a key. A model of one's own may want none.
func needsKey(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return true
	}
	host := u.Hostname()
	for _, domain := range []string{"openrouter.ai", "openai.com", "googleapis.com", "voyageai.com", "cohere.com", "cohere.ai", "jina.ai", "mistral.ai", "anthropic.com"} {
		if host == domain || strings.HasSuffix(host, "."+domain) {
			return true
		}
	}
	return false
}

// On reports whether the service of that name is asked.
func (c Config) On(name string) bool {
	for _, s := range c.Services() {
		if s.Name == name {
			return s.On
		}
	}
	return false
}
