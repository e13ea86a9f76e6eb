package store

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// The types of collections.
const (
	TypeRSS          = "rss"
	TypeReddit       = "reddit"
	TypeTrends       = "trends"
	TypeAutocomplete = "autocomplete"
	TypeNews         = "news"
)

// A SourceConfig is what a collection asks for where that is no address. Its JSON form is the API's;
// each type of collection has fields of its own and no others.
type SourceConfig struct {
	// Subreddit (reddit) is a name without r/, or several joined by +.
	Subreddit string `json:"subreddit,omitempty"`
	// Sort (reddit) is hot, new, top or rising.
	Sort string `json:"sort,omitempty"`
	// Window (reddit, sort top) is hour, day, week, month, year or all.
	Window string `json:"window,omitempty"`
	// MinScore (reddit) leaves out posts with fewer points.
	MinScore int `json:"min_score,omitempty"`
	// Comments (reddit) is whether the best comments are fetched with a post.
	Comments bool `json:"comments,omitempty"`
	// Region (trends, news) is a country, ISO 3166-1 alpha-2, in upper case.
	Region string `json:"region,omitempty"`
	// Keywords (autocomplete) are what suggestions are asked for.
	Keywords []string `json:"keywords,omitempty"`
	// Expansions (autocomplete) are alphabet, questions and prepositions.
	Expansions []string `json:"expansions,omitempty"`
	// Provider (news) is google_news, bing_news or thenewsapi.
	Provider string `json:"provider,omitempty"`
	// Query (news) is what is searched for.
	Query string `json:"query,omitempty"`
	// Categories (news, thenewsapi) narrow the search.
	Categories []string `json:"categories,omitempty"`
	// Limit (reddit, news) is how many posts or articles are asked for at once.
	Limit int `json:"limit,omitempty"`
}

// A sourceRule says which settings a type of collection has.
type sourceRule struct {
	fields   []string
	required []string
	defaults func(*SourceConfig)
}

var sourceRules = map[string]sourceRule{
	TypeRSS: {},
	TypeReddit: {
		fields: []string{"subreddit", "sort", "window", "min_score", "comments", "limit"}, required: []string{"subreddit"},
		defaults: func(c *SourceConfig) {
			c.Sort = cmp.Or(c.Sort, "hot")
			if c.Sort == "top" {
				c.Window = cmp.Or(c.Window, "week")
			}
			c.Limit = cmp.Or(c.Limit, 25)
		},
	},
	TypeTrends: {fields: []string{"region"}, required: []string{"region"}},
	TypeAutocomplete: {
		fields: []string{"keywords", "expansions", "region"}, required: []string{"keywords"},
		defaults: func(c *SourceConfig) {
			if len(c.Expansions) == 0 {
				c.Expansions = []string{"questions"}
			}
		},
	},
	TypeNews: {
		fields: []string{"provider", "query", "region", "categories", "limit"}, required: []string{"query"},
		defaults: func(c *SourceConfig) {
			c.Provider = cmp.Or(c.Provider, "google_news")
			c.Limit = cmp.Or(c.Limit, 50)
		},
	},
}

var subreddits = regexp.MustCompile(`^[A-Za-z0-9_]{2,21}(\+[A-Za-z0-9_]{2,21}){0,19}$`)

// checkSource completes and checks what a collection asks for. Every fault is told at once.
func (c *Collection) checkSource() error {
	rule, known := sourceRules[c.Type]
	if !known {
		return invalid("collection", "The type of the collection is not valid.", map[string]string{"type": "is no type of collection"})
	}
	c.Config.normalise()
	faults := c.Config.foreignFields(c.Type, rule)
	if rule.defaults != nil {
		rule.defaults(&c.Config)
	}
	switch {
	case c.Type == TypeRSS && c.URL == nil:
		faults["url"] = "is needed for a collection of type rss"
	case c.Type != TypeRSS && c.URL != nil:
		faults["url"] = fmt.Sprintf("must be left out: a collection of type %s asks for what its config says", c.Type)
	}
	given := c.Config.given()
	for _, name := range rule.required {
		if _, told := given[name]; !told {
			faults["config."+name] = fmt.Sprintf("is needed for a collection of type %s", c.Type)
		}
	}
	c.checkValues(faults)
	if len(faults) > 0 {
		return invalid("collection", "The source of the collection is not valid.", faults)
	}
	if c.URL == nil {
		return nil
	}
	address, err := feedAddress(*c.URL)
	c.URL = &address
	return err
}

// checkValues finds what the specification cannot say: rules between fields.
func (c *Collection) checkValues(faults map[string]string) {
	if c.Config.Subreddit != "" && !subreddits.MatchString(c.Config.Subreddit) {
		faults["config.subreddit"] = "is not the name of a subreddit, such as golang, or several joined by +"
	}
	if c.Config.Window != "" && c.Config.Sort != "top" && faults["config.window"] == "" {
		faults["config.window"] = "is only for the sort top"
	}
	if len(c.Config.Categories) > 0 && c.Config.Provider != "thenewsapi" && faults["config.categories"] == "" {
		faults["config.categories"] = "is only for the provider thenewsapi"
	}
	if c.Type == TypeAutocomplete && c.Language == nil {
		faults["language"] = "is needed for a collection of type autocomplete: suggestions are asked for in it"
	}
}

// normalise gives equal settings one spelling.
func (c *SourceConfig) normalise() {
	c.Subreddit = strings.TrimPrefix(strings.Trim(strings.TrimSpace(c.Subreddit), "/"), "r/")
	c.Region = strings.ToUpper(c.Region)
	c.Query = strings.Join(strings.Fields(c.Query), " ")
	c.Keywords = distinct(c.Keywords)
	c.Expansions = distinct(c.Expansions)
	c.Categories = distinct(c.Categories)
	slices.Sort(c.Expansions)
	slices.Sort(c.Categories)
}

// distinct are the values that say something, each once, in their order.
func distinct(values []string) []string {
	var kept []string
	for _, value := range values {
		if value = strings.Join(strings.Fields(value), " "); value != "" && !slices.Contains(kept, value) {
			kept = append(kept, value)
		}
	}
	return kept
}

// given are the fields that say something, by their names in JSON.
func (c SourceConfig) given() map[string]json.RawMessage {
	fields := map[string]json.RawMessage{}
	_ = json.Unmarshal(c.encode(), &fields)
	return fields
}

// encode is the JSON form, in which equal settings are equal.
func (c SourceConfig) encode() []byte {
	encoded, _ := json.Marshal(c) //nolint:errchkjson // plain values
	return encoded
}

// foreignFields are faults for what a type does not read.
func (c SourceConfig) foreignFields(kind string, rule sourceRule) map[string]string {
	faults := map[string]string{}
	for name := range c.given() {
		if !slices.Contains(rule.fields, name) {
			faults["config."+name] = fmt.Sprintf("is no setting of a collection of type %s", kind)
		}
	}
	return faults
}

// A SourceConfigUpdate is a merge patch of a SourceConfig: null takes a field's default back.
type SourceConfigUpdate map[string]json.RawMessage

// apply answers the settings as the patch leaves them.
func (u SourceConfigUpdate) apply(c SourceConfig) (SourceConfig, error) { return mergePatch(c, u) }

// mergePatch answers a value as a JSON merge patch leaves it (RFC 7396): null takes a field away.
func mergePatch[T any](value T, patch map[string]json.RawMessage) (T, error) {
	// What was read as JSON can be written so.
	encoded, _ := json.Marshal(value)
	fields := map[string]json.RawMessage{}
	_ = json.Unmarshal(encoded, &fields)
	for name, field := range patch {
		fields[name] = field
		if string(field) == "null" {
			delete(fields, name)
		}
	}
	merged, err := json.Marshal(fields)
	if err != nil {
		return value, err
	}
	var patched T
	err = json.Unmarshal(merged, &patched)
	return patched, err
}
