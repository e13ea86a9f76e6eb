package store

import (
	"encoding/json"
	"fmt"
	"time"
)

// A PollReason is why a poll is due when it is: what decided stands first, then what it was weighed against. The database
// keeps its steps; as JSON it is the sentence that they make, which is what the API calls a reason.
type PollReason []PollStep

// A PollStep is one step of a reason, for programs and other languages. Its JSON form is the API's and the database's.
type PollStep struct {
	// Code is one of the phrases, or "other" where Words say it all.
	Code string `json:"code"`
	// Seconds is how long the step asks for; Count how many polls have failed in a row.
	Seconds *int64 `json:"seconds"`
	Count   *int   `json:"count"`
	// Words are the source's own, such as "max-age 21600".
	Words *string `json:"words"`
}

// StepLasting is a step that asks for a time.
func StepLasting(code string, d time.Duration) PollStep {
	return PollStep{Code: code, Seconds: new(int64(d / time.Second))}
}

// MarshalJSON is the sentence.
func (r PollReason) MarshalJSON() ([]byte, error) { return json.Marshal(r.String()) }

// steps are what the database keeps.
func (r PollReason) steps() []PollStep { return append([]PollStep{}, r...) }

// String is the sentence, in words that follow "in 6 h: ".
func (r PollReason) String() string {
	if len(r) == 0 {
		return ""
	}
	if last := len(r) - 1; r[last].Code == "skip_hours" {
		return r[:last].String() + ", " + r[last].String()
	}
	decided, rest := r[0].String(), r[1:].String()
	if rest == "" {
		return decided
	}
	switch r[0].Code {
	case "computed":
		return decided + ", " + rest
	case "least_interval":
		return decided + " (" + rest + " is less)"
	case "longest_interval":
		return decided + " (" + rest + " is more)"
	case "retry_after":
		return decided + ", which is longer than " + rest
	}
	return decided + " is longer than " + rest
}

// pollPhrases are the words of the steps, with a place for how long one lasts.
var pollPhrases = map[string]string{
	"interval":         "its interval of %s",
	"least_interval":   "its least interval of %s",
	"longest_interval": "its longest interval of %s",
	"computed":         "the computed %s",
	"half_of_gap":      "half of the %s between its entries",
	"half_of_silence":  "half of the %s since its newest entry",
	"unknown_pace":     "%s, as nothing tells how often it publishes",
	"retry_after":      "it asked to wait %s (Retry-After)",
	"skip_hours":       "moved out of its skipHours and skipDays",
	"network_down":     "no site answers, so the fault seems to be on our side; it is not counted",
	"host_budget":      "the budget of its site, which others share, is used up",
	"settings_changed": "its settings were changed",
	"interval_changed": "its interval was changed",
	"added":            "it has just been added",
}

// String is the step in words.
func (s PollStep) String() string {
	switch {
	case s.Words != nil:
		return *s.Words
	case s.Seconds != nil:
		return fmt.Sprintf(pollPhrases[s.Code], Spell(time.Duration(*s.Seconds)*time.Second))
	case s.Count != nil && *s.Count == 1:
		return "the back-off after a failure"
	case s.Count != nil:
		return fmt.Sprintf("the back-off after %d failures in a row", *s.Count)
	}
	return pollPhrases[s.Code]
}
