package research

import (
	"cmp"
	"slices"
	"strings"

	"github.com/content-creator/content-creator-api/annotate"
	"github.com/content-creator/content-creator-api/store"
)

const (
	maxSiteKeywords, maxSiteThemes = 50, 5
)

// A SitePage is a page of a site.
type SitePage struct{ URL, Title, Text, Language string }

// DescribeSite finds out what the pages of a site are about: keywords by how many pages have them and how telling they are, and
// themes, the words that most of these share.
func DescribeSite(address string, pages []SitePage) store.SiteProfile {
	profile := store.SiteProfile{URL: address, Method: store.Extractive, Keywords: []string{}, Themes: []string{}, Pages: []string{}}
	type count struct {
		text  string
		score float64
	}
	counts := map[string]*count{}
	themes := map[string]*count{}
	for _, p := range pages {
		profile.Pages = append(profile.Pages, p.URL)
		if p.Language != "" && p.Language != "und" && profile.Language == nil {
			profile.Language = &p.Language
		}
		keywords, _ := annotate.Annotate(p.Title, p.Text, p.Language, nil)
		for _, keyword := range keywords {
			key := strings.ToLower(keyword.Text)
			if counts[key] == nil {
				counts[key] = &count{text: keyword.Text}
			}
			counts[key].score += keyword.Score
			for _, stem := range annotate.Stems(keyword.Text, p.Language) {
				if themes[stem] == nil {
					themes[stem] = &count{text: keyword.Text}
				}
				themes[stem].score++
			}
		}
	}
	byScore := func(counts map[string]*count, most int) []string {
		var all []*count
		for _, c := range counts {
			all = append(all, c)
		}
		slices.SortFunc(all, func(a, b *count) int { return cmp.Or(cmp.Compare(b.score, a.score), strings.Compare(a.text, b.text)) })
		texts := []string{}
		for _, c := range all {
			if len(texts) < most && !slices.Contains(texts, c.text) {
				texts = append(texts, c.text)
			}
		}
		return texts
	}
	profile.Keywords, profile.Themes = byScore(counts, maxSiteKeywords), byScore(themes, maxSiteThemes)
	return profile
}
