package store

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A PollStep is one step of why a poll is due when it is, for programs and other languages: what decided stands first, then what
// it was weighed against. Its JSON form is the API's.
type PollStep struct {
	Code string `json:"code"`
	// Seconds is how long the step asks for, as exact as the words are; Count how many polls have failed in a row.
	Seconds *int64 `json:"seconds"`
	Count   *int   `json:"count"`
	// Words are the source's own, such as "max-age 21600".
	Words *string `json:"words"`
}

// spelled is what Spell writes.
const spelled = `(?P<span>\d+ (?:d|h|min|s)(?: \d+ (?:h|min|s))?)`

// pollSteps are the phrases that reasons are made of, each with the code that it means. Jobs write the words; the tests hold
// every reason that they write against these.
var pollSteps = []struct {
	code   string
	phrase *regexp.Regexp
}{
	{"retry_after", regexp.MustCompile(`^it asked to wait ` + spelled + ` \(Retry-After\), which is longer than `)},
	{"interval", regexp.MustCompile(`^its interval of ` + spelled + `(?: is longer than )?`)},
	{"unknown_pace", regexp.MustCompile(`^` + spelled + `, as nothing tells how often it publishes`)},
	{"least_interval", regexp.MustCompile(`^its least interval of ` + spelled + ` \(`)},
	{"longest_interval", regexp.MustCompile(`^its longest interval of ` + spelled + ` \(`)},
	{"computed", regexp.MustCompile(`^the computed ` + spelled + `, `)},
	{"half_of_gap", regexp.MustCompile(`^half of the ` + spelled + ` between its entries(?: is (?:less|more)\))?`)},
	{"half_of_silence", regexp.MustCompile(`^half of the ` + spelled + ` since its newest entry(?: is (?:less|more)\))?`)},
	{"back_off", regexp.MustCompile(`^the back-off after (?:a failure|(?P<count>\d+) failures in a row)`)},
	{"skip_hours", regexp.MustCompile(`^, moved out of its skipHours and skipDays`)},
	{"network_down", regexp.MustCompile(`^no site answers, so the fault seems to be on our side; it is not counted`)},
	{"host_budget", regexp.MustCompile(`^the budget of its site, which others share, is used up`)},
	{"settings_changed", regexp.MustCompile(`^its settings were changed`)},
	{"interval_changed", regexp.MustCompile(`^its interval was changed`)},
	{"added", regexp.MustCompile(`^it has just been added`)},
	{"source_wish", regexp.MustCompile(`^(?P<words>.+?) is longer than `)},
	{"other", regexp.MustCompile(`^(?P<words>(?s:.+))$`)},
}

// WhyThen reads the reason of a next poll step by step.
func WhyThen(reason string) []PollStep {
	steps := []PollStep{}
	for reason != "" {
		for _, known := range pollSteps {
			if found := known.phrase.FindStringSubmatch(reason); found != nil {
				steps = append(steps, pollStep(known.code, known.phrase, found))
				reason = reason[len(found[0]):]
				break
			}
		}
	}
	return steps
}

func pollStep(code string, phrase *regexp.Regexp, found []string) PollStep {
	step := PollStep{Code: code}
	for i, name := range phrase.SubexpNames() {
		switch name {
		case "span":
			step.Seconds = new(int64(unspell(found[i]) / time.Second))
		case "count":
			count, _ := strconv.Atoi(found[i])
			step.Count = new(max(count, 1))
		case "words":
			step.Words = new(found[i])
		}
	}
	return step
}

// unspell reads what Spell has written.
func unspell(text string) time.Duration {
	lengths := map[string]time.Duration{"d": 24 * time.Hour, "h": time.Hour, "min": time.Minute, "s": time.Second}
	var span time.Duration
	fields := strings.Fields(text)
	for i := 0; i+1 < len(fields); i += 2 {
		count, _ := strconv.Atoi(fields[i])
		span += time.Duration(count) * lengths[fields[i+1]]
	}
	return span
}
