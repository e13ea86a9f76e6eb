package server

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/content-creator/content-creator-api/gen/api"
	"github.com/content-creator/content-creator-api/store"
)

// What the specification calls parameters and the store calls filters.

func topicFilter(p api.ListTopicsParams) (store.TopicFilter, store.Page) {
	f := store.TopicFilter{
		Domain: orZero(p.Domain), Market: strings.ToLower(orZero(p.Market)), Language: strings.ToLower(orZero(p.Language)),
		Source: string(orZero(p.Source)), MinPriority: orZero(p.MinPriority),
		DiscoveredAfter: p.DiscoveredAfter, DiscoveredBefore: p.DiscoveredBefore, Search: orZero(p.Search),
	}
	for _, status := range orZero(p.Status) {
		f.Status = append(f.Status, string(status))
	}
	return f, page(p.Page, p.PageSize, p.Cursor, string(orZero(p.Sort)))
}

func collectionFilter(p api.ListCollectionsParams) (store.CollectionFilter, store.Page) {
	return store.CollectionFilter{
		Domain: p.Domain, Market: p.Market, Type: (*string)(p.Type), Category: p.Category, Enabled: p.Enabled, Health: (*string)(p.Health),
	}, page(p.Page, p.PageSize, p.Cursor, string(orZero(p.Sort)))
}

func documentFilter(p api.ListDocumentsParams) (store.DocumentFilter, store.Page) {
	return store.DocumentFilter{
		Domain: orZero(p.Domain), Market: strings.ToLower(orZero(p.Market)), Language: strings.ToLower(orZero(p.Language)),
		Source: string(orZero(p.Source)), SourceName: orZero(p.SourceName), Site: orZero(p.Site),
		CollectionID: orZero(p.CollectionID),
		Status:       string(orZero(p.Status)), PublishedAfter: p.PublishedAfter, PublishedBefore: p.PublishedBefore,
		FetchedAfter: p.FetchedAfter, FetchedBefore: p.FetchedBefore,
	}, page(p.Page, p.PageSize, p.Cursor, string(orZero(p.Sort)))
}

// searchFilter is documentFilter of a search, whose parameters are the same but for q.
func searchFilter(p api.SearchDocumentsParams) (store.DocumentFilter, store.Page) {
	f, _ := documentFilter(api.ListDocumentsParams{
		Domain: p.Domain, Market: p.Market, Language: p.Language, Source: p.Source, SourceName: p.SourceName, Site: p.Site,
		CollectionID: p.CollectionID, Status: p.Status, PublishedAfter: p.PublishedAfter, PublishedBefore: p.PublishedBefore,
		FetchedAfter: p.FetchedAfter, FetchedBefore: p.FetchedBefore,
	})
	return f, page(p.Page, p.PageSize, p.Cursor, string(orZero(p.Sort)))
}

func duplicateFilter(p api.ListDuplicatesParams) (store.DuplicateFilter, store.Page) {
	return store.DuplicateFilter{
		Kind: string(orZero(p.Kind)), Domain: orZero(p.Domain), Market: orZero(p.Market), Language: orZero(p.Language),
		CollectionID: orZero(p.CollectionID), DocumentID: orZero(p.DocumentID), Since: p.Since,
	}, page(p.Page, p.PageSize, p.Cursor, string(orZero(p.Sort)))
}

// keywordFilter is the window of the last seven days unless told otherwise.
func keywordFilter(p api.ListKeywordsParams, now time.Time) store.KeywordFilter {
	f := store.KeywordFilter{
		Kind: string(orZero(p.Kind)), Domain: orZero(p.Domain), Market: orZero(p.Market), Language: orZero(p.Language),
		Until: now.UTC(), MinDocuments: cmp.Or(orZero(p.MinDocuments), 2), Sort: string(orZero(p.Sort)), Limit: cmp.Or(orZero(p.Limit), 20),
	}
	if p.Until != nil {
		f.Until = *p.Until
	}
	f.Since = f.Until.AddDate(0, 0, -7)
	if p.Since != nil {
		f.Since = *p.Since
	}
	return f
}

func storyFilter(p api.ListStoriesParams) (store.StoryFilter, store.Page) {
	return store.StoryFilter{
		Domain: orZero(p.Domain), Market: orZero(p.Market), Language: orZero(p.Language), DocumentID: orZero(p.DocumentID), MinSources: orZero(p.MinSources), Since: p.Since,
	}, page(p.Page, p.PageSize, p.Cursor, string(orZero(p.Sort)))
}

func facetFields(given *[]api.FacetField) []string {
	var fields []string
	for _, field := range orZero(given) {
		fields = append(fields, string(field))
	}
	return fields
}

func jobFilter(p api.ListJobsParams) (store.JobFilter, store.Page) {
	return store.JobFilter{Kind: (*string)(p.Kind), State: (*string)(p.State)}, page(p.Page, p.PageSize, p.Cursor, "")
}

func hostFilter(p api.ListHostsParams) (store.HostFilter, store.Page) {
	return store.HostFilter{Blocked: p.Blocked}, page(p.Page, p.PageSize, p.Cursor, string(orZero(p.Sort)))
}

func fetchFilter(p api.ListCollectionFetchesParams) (store.FetchFilter, store.Page) {
	return store.FetchFilter{Outcome: (*string)(p.Outcome)}, page(p.Page, p.PageSize, p.Cursor, "")
}

func page(number, size *int, cursor *string, sort string) store.Page {
	return store.Page{Number: orZero(number), Size: orZero(size), Cursor: orZero(cursor), Sort: sort}
}

// orZero is what a pointer points at, or nothing.
func orZero[T any](p *T) T {
	var zero T
	if p == nil {
		return zero
	}
	return *p
}

// etag is the version of a resource as HTTP writes it.
func etag(revision int64) string { return `"` + strconv.FormatInt(revision, 10) + `"` }

// matches reports whether If-None-Match holds a tag.
func matches(header *string, tag string) bool {
	for _, candidate := range strings.Split(orZero(header), ",") {
		candidate = strings.TrimPrefix(strings.TrimSpace(candidate), "W/")
		if candidate == tag || candidate == "*" {
			return true
		}
	}
	return false
}

// revision is the version that If-Match asks for: 0 is any, and -1, which no resource has, is a tag
// that is none of ours.
func revision(ifMatch *string) int64 {
	text := strings.TrimSpace(orZero(ifMatch))
	if text == "" || text == "*" {
		return 0
	}
	number, err := strconv.ParseInt(strings.Trim(text, `"`), 10, 64)
	if err != nil || etag(number) != text || number == 0 {
		return -1
	}
	return number
}
