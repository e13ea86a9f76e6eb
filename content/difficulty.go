package content

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/content-creator/content-creator-api/store"
)

// minScored is how many pages need a score for a difficulty to be told.
const minScored = 3

// A ScoredPage is a page among search results.
type ScoredPage struct {
	// Score is its content score, Freshness that part of it; nil where unknown.
	Score, Freshness  *float64
	Words, H2, Images int
}

// Difficulty is how hard a place among search results is to win, and what it takes.
type Difficulty struct {
	Score store.Score `json:"score"`
	// Targets are what a page should have that is to win; nil where the score is unknown. Those but for quality are unknown where the
	// pages have next to no words: it is not the article that was read.
	Targets *Targets `json:"targets"`
	// RankingTime is how many months it may take, as a range; nil where the score is unknown.
	RankingTime *RankingTime `json:"ranking_time"`
	// Recommendations are the most urgent first.
	Recommendations []Recommendation `json:"recommendations"`
}

// Targets are what to write.
type Targets struct {
	Words   store.Figure `json:"words"`
	H2      store.Figure `json:"h2"`
	Images  store.Figure `json:"images"`
	Quality store.Figure `json:"quality"`
}

// RankingTime is a range of months.
type RankingTime struct {
	FromMonths int `json:"from_months"`
	ToMonths   int `json:"to_months"`
	// Method is derived: a rule of the profile, no forecast.
	Method store.Method `json:"method"`
}

// A Recommendation is what a rule says.
type Recommendation struct {
	Category string       `json:"category"`
	Priority string       `json:"priority"`
	Message  string       `json:"message"`
	Method   store.Method `json:"method"`
}

// DifficultyOf is DIF-1 to DIF-5 over the pages that could be read. authority is for which share of all results, from 0
// to 1, a site of authority stands; nil where there are no results.
func DifficultyOf(pages []ScoredPage, authority *float64, now time.Time) Difficulty {
	d := Difficulty{Recommendations: []Recommendation{}}
	var scores, fresh []float64
	words, h2, images := 0.0, 0.0, 0.0
	for _, p := range pages {
		if p.Score == nil {
			continue
		}
		scores = append(scores, *p.Score)
		words, h2, images = words+float64(p.Words), h2+float64(p.H2), images+float64(p.Images)
		if p.Freshness != nil {
			fresh = append(fresh, *p.Freshness)
		}
	}
	n := float64(len(scores))
	if len(scores) < minScored {
		d.Score = Unscored(fmt.Sprintf("%s could be scored; it takes %d at least", store.Amount(int(n), "page"), minScored))
		return d
	}
	quality := mean(scores)
	parts := []part{
		{name: "quality", weight: 0.40, value: new(QualityValue(quality)), inputs: map[string]any{"mean": round2(quality), "pages": len(scores)}, note: "the mean content score of the pages that stand there"},
		authorityPart(authority),
		{name: "length", weight: 0.20, value: new(LengthValue(words / n)), inputs: map[string]any{"mean_words": round2(words / n)}, note: "how long these pages are on average"},
		freshPart(fresh),
	}
	d.Score = scoreOf("difficulty", parts, now)
	best := slices.Clone(scores)
	slices.Sort(best)
	derived := func(v float64, unit, how string) store.Figure {
		return store.Derived(v, unit, source("target: "+how), now)
	}
	d.Targets = &Targets{
		Words: store.Unknown("words"), H2: store.Unknown("headings"), Images: store.Unknown("images"),
		Quality: derived(min(mean(best[len(best)-minScored:])+5, 100), points, "mean of the best three + 5, 100 at most"),
	}
	if target := math.Floor(words/n*1.1/100) * 100; target > 0 {
		d.Targets.Words = derived(target, "words", "mean · 1.1, down to a hundred")
		d.Targets.H2 = derived(math.Floor(h2/n)+1, "headings", "⌊mean⌋ + 1")
		d.Targets.Images = derived(math.Floor(images/n)+1, "images", "⌊mean⌋ + 1")
	}
	value := *d.Score.Value.Value()
	from, to := rankingMonths(value)
	d.RankingTime = &RankingTime{FromMonths: from, ToMonths: to, Method: store.MethodDerived}
	d.recommend(value, quality, authority, fresh)
	return d
}

func mean(list []float64) float64 {
	sum := 0.0
	for _, x := range list {
		sum += x
	}
	return sum / float64(len(list))
}

func round2(x float64) float64 { return math.Round(x*100) / 100 }

// QualityValue is DIF-2 of the mean content score.
func QualityValue(mean float64) float64 {
	if mean < 70 {
		return 0.3
	}
	return min(0.3+0.2*(mean-70)/10, 0.9)
}

// stepped leads evenly through 0.2, 0.4, 0.6, 0.8 and 1, one for each unit; below one unit it is 0.2.
func stepped(units float64) float64 {
	if units < 1 {
		return 0.2
	}
	return min(0.2*units, 1)
}

// AuthorityValue is DIF-2 of the share of results, from 0 to 1, that are sites of authority.
func AuthorityValue(share float64) float64 { return stepped(share * 100 / 20) }

// LengthValue is DIF-2 of the mean number of words.
func LengthValue(words float64) float64 { return stepped(words / 1000) }

// FreshShareValue is DIF-2 of the share of pages, from 0 to 1, that are fresh.
func FreshShareValue(share float64) float64 {
	switch {
	case share >= 0.7:
		return 0.8
	case share >= 0.5:
		return 0.6
	case share >= 0.3:
		return 0.4
	}
	return 0.2
}

func authorityPart(share *float64) part {
	p := part{name: "authority", weight: 0.30, inputs: map[string]any{"share": nil}, note: "how many of the results are sites of authority"}
	if share == nil {
		p.note = "there are no results"
		return p
	}
	p.value, p.inputs["share"] = new(AuthorityValue(*share)), round2(*share)
	return p
}

// freshShare is the share of pages whose freshness is 0.9 or more.
func freshShare(fresh []float64) float64 {
	n := 0
	for _, f := range fresh {
		if f >= 0.9 {
			n++
		}
	}
	return float64(n) / float64(len(fresh))
}

func freshPart(fresh []float64) part {
	p := part{name: PartFreshness, weight: 0.10, inputs: map[string]any{"dated_pages": len(fresh)}, note: "how many of the dated pages are less than half a year old"}
	if len(fresh) == 0 {
		p.note = "no page says when it was published"
		return p
	}
	share := freshShare(fresh)
	p.value, p.inputs["share"] = new(FreshShareValue(share)), round2(share)
	return p
}

// rankingMonths is DIF-4.
func rankingMonths(difficulty float64) (from, to int) {
	switch {
	case difficulty < 40:
		return 2, 4
	case difficulty < 60:
		return 4, 6
	case difficulty < 75:
		return 6, 9
	case difficulty < 85:
		return 9, 12
	}
	return 12, 18
}

// recommend is DIF-5.
func (d *Difficulty) recommend(value, quality float64, authority *float64, fresh []float64) {
	add := func(category, priority, message string) {
		d.Recommendations = append(d.Recommendations, Recommendation{category, priority, message, store.MethodDerived})
	}
	overall := "medium"
	switch {
	case value > 75:
		overall = "critical"
	case value > 60:
		overall = "high"
	}
	add("quality", overall, fmt.Sprintf("The difficulty is %.0f of 100: aim at a content score of %.0f.", value, *d.Targets.Quality.Value()))
	if words := d.Targets.Words.Value(); words != nil {
		priority := "high"
		if *words > 2500 {
			priority = "critical"
		}
		add("content", priority, fmt.Sprintf("Write about %.0f words with %s and %s.", *words, store.Amount(int(*d.Targets.H2.Value()), "subheading"), store.Amount(int(*d.Targets.Images.Value()), "picture")))
	}
	if quality > 85 {
		add("quality", "critical", fmt.Sprintf("The pages that stand there are very good, %.0f on average: only something better, or other, will do.", quality))
	}
	if len(fresh) > 0 && freshShare(fresh) >= 0.5 {
		add("timing", "high", "Most of these pages are less than half a year old: keep yours up to date.")
	}
	if authority != nil && *authority > 0.6 {
		add("content", "critical", fmt.Sprintf("Sites of authority hold %.0f %% of the places: take a narrower keyword first.", *authority*100))
	}
}
