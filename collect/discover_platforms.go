package collect

import (
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/content-creator/content-creator-api/store"
)

var (
	withScheme     = regexp.MustCompile(`(?i)^[a-z][a-z0-9+.-]*://`)
	fediverse      = regexp.MustCompile(`^@?([\w.-]+)@([\w-]+(?:\.[\w-]+)+)$`)
	bareSubreddit  = regexp.MustCompile(`^/?r/[A-Za-z0-9_+]+/?$`)
	subredditPath  = regexp.MustCompile(`^/r/([A-Za-z0-9_]{2,21}(?:\+[A-Za-z0-9_]{2,21}){0,19})(?:/(hot|new|top|rising))?(?:[/.]|$)`)
	fediverseUser  = regexp.MustCompile(`^/@[\w.-]+(?:@[\w.-]+)?/?$`)
	shopifyBlog    = regexp.MustCompile(`^(?:/[a-z]{2}(?:-[a-z]{2})?)?/blogs/[^/.]+`)
	youTubeChannel = regexp.MustCompile(`^UC[\w-]{22}$`)
)

// typedAddress reads an address as a person would type it: without a scheme, as @user@example.social, as
// r/golang, as feed://example.org. guessed tells that the scheme was not there.
func typedAddress(raw string) (at *url.URL, guessed bool, err error) {
	raw = strings.TrimSpace(raw)
	if rest, found := strings.CutPrefix(raw, "feed:"); found {
		raw = strings.TrimPrefix(rest, "//")
	}
	switch {
	case bareSubreddit.MatchString(raw):
		raw = "https://www.reddit.com/" + strings.TrimPrefix(raw, "/")
	case !withScheme.MatchString(raw) && fediverse.MatchString(raw):
		m := fediverse.FindStringSubmatch(raw)
		raw = "https://" + m[2] + "/@" + m[1]
	case !withScheme.MatchString(raw):
		raw, guessed = "https://"+raw, true
	}
	if at, err = parseURL(raw); err != nil {
		return nil, false, err
	}
	if at.User != nil {
		return nil, false, errors.New("it must not hold a user name or password")
	}
	return at, guessed, nil
}

// isHost is whether a host is one of a domain.
func isHost(host, domain string) bool { return host == domain || strings.HasSuffix(host, "."+domain) }

func subredditOf(at *url.URL) string {
	if m := subredditPath.FindStringSubmatch(at.Path); m != nil {
		return m[1]
	}
	return ""
}

// reddit suggests a collection of the subreddit. Reddit is not asked: it has its own collector.
func (s *search) reddit(at *url.URL) {
	m := subredditPath.FindStringSubmatch(at.Path)
	address := "https://www.reddit.com/r/" + m[1] + "/"
	s.found.Tried = append(s.found.Tried, Attempt{
		URL: address, FoundBy: "reddit", Outcome: "feed", Message: "A subreddit; it was not asked whether it exists.",
	})
	s.found.Feeds = append(s.found.Feeds, FoundFeed{
		URL: address, AlsoAt: []string{}, FoundBy: "reddit", CollectionIDs: []uuid.UUID{},
		Collection: Suggestion{Name: "r/" + m[1], Type: store.TypeReddit, Config: &store.SourceConfig{Subreddit: m[1], Sort: m[2]}},
	})
}

func (d *Discoverer) isYouTube(at *url.URL) bool {
	host := at.Hostname()
	return isHost(host, "youtube.com") || host == "youtu.be" || isHost(host, "youtube-nocookie.com") || at.Host == d.youTube.Host
}

// onYouTube finds the feeds of a channel or playlist. A page of a video or a @handle is asked for its channel.
func (s *search) onYouTube(at *url.URL) {
	page := *at
	page.Scheme, page.Host = s.youTube.Scheme, s.youTube.Host
	if at.Hostname() == "youtu.be" {
		page.Path, page.RawPath, page.RawQuery = "/watch", "", "v="+url.QueryEscape(strings.Trim(at.Path, "/"))
	}
	parts := strings.Split(strings.Trim(page.Path, "/"), "/")
	list := at.Query().Get("list")
	channel := ""
	switch {
	case page.Path == "/feeds/videos.xml":
		s.site(&page, false)
		return
	case parts[0] == "channel" && len(parts) > 1 && youTubeChannel.MatchString(parts[1]):
		channel = parts[1]
	case parts[0] == "playlist":
	case parts[0] == "":
		s.site(&page, false)
		return
	default:
		content, _ := s.page(&page)
		if content == nil {
			break
		}
		s.found.Title = known(content.title)
		channel = channelOn(content.text)
	}
	if list != "" {
		s.try([]candidate{s.youTubeFeed("playlist_id", list)})
	}
	if channel != "" {
		s.try([]candidate{s.youTubeFeed("channel_id", channel)})
	}
}

func (s *search) youTubeFeed(parameter, id string) candidate {
	return candidate{url: s.youTube.Scheme + "://" + s.youTube.Host + "/feeds/videos.xml?" + parameter + "=" + url.QueryEscape(id), by: "youtube"}
}

// channelMarks are where a page of YouTube names its channel, the surest first: pages name other channels, too.
var channelMarks = []*regexp.Regexp{
	regexp.MustCompile(`feeds/videos\.xml\?channel_id=(UC[\w-]{22})`),
	regexp.MustCompile(`<link rel="canonical" href="[^"]*/channel/(UC[\w-]{22})"`),
	regexp.MustCompile(`itemprop="(?:channelId|identifier)" content="(UC[\w-]{22})"`),
	regexp.MustCompile(`"externalId":\s*"(UC[\w-]{22})"`),
	regexp.MustCompile(`"externalChannelId":\s*"(UC[\w-]{22})"`),
	regexp.MustCompile(`"channelId":\s*"(UC[\w-]{22})"`),
}

func channelOn(page string) string {
	for _, mark := range channelMarks {
		if m := mark.FindStringSubmatch(page); m != nil {
			return m[1]
		}
	}
	return ""
}

func (d *Discoverer) isGitHub(at *url.URL) bool {
	return at.Hostname() == "github.com" || at.Hostname() == "www.github.com" || at.Host == d.gitHub.Host
}

// gitHubPages are the first parts of paths that are no user.
var gitHubPages = []string{
	"", "about", "blog", "collections", "customer-stories", "enterprise", "events", "explore", "features", "issues", "login",
	"marketplace", "new", "notifications", "pricing", "pulls", "search", "security", "settings", "signup", "site", "sponsors",
	"stars", "team", "topics", "trending",
}

// onGitHub finds the feeds of a repository (releases, tags, commits) or of a user.
func (s *search) onGitHub(at *url.URL) {
	base := s.gitHub.Scheme + "://" + s.gitHub.Host
	page := *at
	page.Scheme, page.Host = s.gitHub.Scheme, s.gitHub.Host
	parts := strings.Split(strings.Trim(page.EscapedPath(), "/"), "/")
	if parts[0] == "orgs" && len(parts) > 1 {
		parts = parts[1:2]
	}
	if slices.Contains(gitHubPages, parts[0]) || strings.HasSuffix(page.Path, ".atom") {
		s.site(&page, false)
		return
	}
	if len(parts) == 1 {
		s.try([]candidate{{url: base + "/" + parts[0] + ".atom", by: "github"}})
		return
	}
	repository := base + "/" + parts[0] + "/" + strings.TrimSuffix(parts[1], ".git")
	commits := repository + "/commits.atom"
	if len(parts) > 3 && (parts[2] == "tree" || parts[2] == "commits") {
		commits = repository + "/commits/" + strings.Join(parts[3:], "/") + ".atom"
	}
	s.try([]candidate{
		{url: repository + "/releases.atom", by: "github"}, {url: repository + "/tags.atom", by: "github"}, {url: commits, by: "github"},
	})
	if len(parts) > 2 && slices.Contains([]string{"issues", "pulls", "discussions", "actions"}, parts[2]) {
		s.found.Tried = append(s.found.Tried, Attempt{
			URL: page.String(), FoundBy: "github", Outcome: "not_a_feed", Message: "GitHub has no feed of " + parts[2] + ".",
		})
	}
}

// platformFeeds are where a site has its feed if it runs on what its address looks like.
func platformFeeds(at *url.URL) []candidate {
	host, path := at.Hostname(), strings.TrimSuffix(at.Path, "/")
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	var feed string
	switch {
	case host == "medium.com" && path != "":
		feed = "/feed/" + parts[0]
		if parts[0] == "tag" && len(parts) > 1 {
			feed = "/feed/tag/" + parts[1]
		}
	case strings.HasSuffix(host, ".medium.com"), isHost(host, "substack.com"):
		feed = "/feed"
	case isHost(host, "wordpress.com"):
		feed = "/feed/"
	case strings.Contains(host, ".blogspot."):
		feed = "/feeds/posts/default"
	case isHost(host, "tumblr.com"):
		feed = "/rss"
	case host == "bsky.app" && len(parts) > 1 && parts[0] == "profile":
		feed = "/profile/" + parts[1] + "/rss"
	case host == "dev.to" && path != "":
		feed = "/feed/" + parts[0]
	case host == "vimeo.com" && path != "":
		feed = "/" + parts[0] + "/videos/rss"
	case fediverseUser.MatchString(at.Path):
		feed = path + ".rss"
	case shopifyBlog.MatchString(at.Path):
		feed = shopifyBlog.FindString(at.Path) + ".atom"
	default:
		return nil
	}
	return []candidate{{url: at.Scheme + "://" + at.Host + feed, by: "platform"}}
}
