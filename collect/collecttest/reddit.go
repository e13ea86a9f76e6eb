package collecttest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

var (
	redditPath   = regexp.MustCompile(`^/r/([\w+]+)/(hot|new|top|rising)(/\.rss)?$`)
	commentsPath = regexp.MustCompile(`^/r/(\w+)/comments/(\w+)$`)
)

// Post is a post as Reddit's API tells it. Odd fields are as they really come: created_utc is a
// float, edited is false or a float, flair may be null.
func Post(id, title string, score int, fields map[string]any) map[string]any {
	post := map[string]any{
		"id": id, "name": "t3_" + id, "title": title, "subreddit": "golang", "subreddit_name_prefixed": "r/golang", "author": "gopher",
		"permalink": "/r/golang/comments/" + id + "/a_post/", "url": "https://www.reddit.com/r/golang/comments/" + id + "/a_post/",
		"domain": "self.golang", "is_self": true, "selftext": "", "selftext_html": nil, "created_utc": 1795332600.0, "edited": false,
		"score": score, "ups": score, "upvote_ratio": 0.93, "num_comments": 0, "link_flair_text": nil, "over_18": false, "stickied": false,
		"hide_score": false, "removed_by_category": nil, "thumbnail": "self",
	}
	for name, value := range fields {
		post[name] = value
	}
	return post
}

// Comment is a comment as Reddit's API tells it.
func Comment(author, body string, score int) map[string]any {
	return map[string]any{
		"author": author, "body": body, "body_html": `<div class="md"><p>` + html.EscapeString(body) + "</p>\n</div>", "score": score, "created_utc": 1795336200.0,
	}
}

// oauth is oauth.reddit.com.
func (w *World) oauth(rw http.ResponseWriter, r *http.Request, path string) {
	if !w.named(rw, r) {
		return
	}
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer || !w.tokens[token] {
		writeJSON(rw, http.StatusUnauthorized, map[string]any{"message": "Unauthorized", "error": 401})
		return
	}
	if w.RedditLeft != "" {
		rw.Header().Set("X-Ratelimit-Used", "2")
		rw.Header().Set("X-Ratelimit-Remaining", w.RedditLeft)
		rw.Header().Set("X-Ratelimit-Reset", w.RedditReset)
	}
	raw := r.URL.Query().Get("raw_json") == "1"
	if found := commentsPath.FindStringSubmatch(path); found != nil {
		w.comments(rw, r, found[2], raw)
		return
	}
	found := redditPath.FindStringSubmatch(path)
	if found == nil || found[3] != "" || w.refused(rw, r, "/oauth", found[1]) {
		if found == nil || found[3] != "" {
			writeJSON(rw, http.StatusNotFound, map[string]any{"message": "Not Found", "error": 404})
		}
		return
	}
	posts := w.Posts[:min(len(w.Posts), number(r.URL.Query().Get("limit"), 25))]
	writeJSON(rw, http.StatusOK, listing("t3", posts, raw))
}

// comments answers with the post and its comments, "load more" included.
func (w *World) comments(rw http.ResponseWriter, r *http.Request, id string, raw bool) {
	comments := w.Comments[id]
	comments = comments[:min(len(comments), number(r.URL.Query().Get("limit"), 200))]
	list := listing("t1", comments, raw)
	data := list["data"].(map[string]any)
	data["children"] = append(data["children"].([]any), map[string]any{"kind": "more", "data": map[string]any{"count": 3, "children": []string{"x"}}})
	writeJSON(rw, http.StatusOK, []any{listing("t3", nil, raw), list})
}

// listing wraps things. Without raw_json their texts come escaped once more.
func listing(kind string, things []map[string]any, raw bool) map[string]any {
	children := []any{}
	for _, thing := range things {
		of := kind
		if other, told := thing["kind"].(string); told {
			of = other
		}
		data := map[string]any{}
		for name, value := range thing {
			if text, is := value.(string); is && !raw {
				value = html.EscapeString(text)
			}
			data[name] = value
		}
		children = append(children, map[string]any{"kind": of, "data": data})
	}
	return map[string]any{"kind": "Listing", "data": map[string]any{"after": "t3_next", "dist": len(children), "children": children}}
}

// named refuses agents without a name of their own, as Reddit does.
func (w *World) named(rw http.ResponseWriter, r *http.Request) bool {
	if agent := r.UserAgent(); agent != "" && !strings.HasPrefix(agent, "Go-http-client") {
		return true
	}
	writeJSON(rw, http.StatusTooManyRequests, map[string]any{"message": "Too Many Requests", "error": 429})
	return false
}

// refused answers for subreddits that cannot be read. What does not exist is redirected to the search.
func (w *World) refused(rw http.ResponseWriter, r *http.Request, prefix, name string) bool {
	refuse := func(status int, reason string) {
		writeJSON(rw, status, map[string]any{"message": http.StatusText(status), "error": status, "reason": reason})
	}
	switch name {
	case "private", "quarantined", "gold_only":
		refuse(http.StatusForbidden, name)
	case "forbidden":
		write(rw, http.StatusForbidden, "text/html", "<html>whoa there, pardner!</html>")
	case "banned":
		refuse(http.StatusNotFound, name)
	case "missing":
		write(rw, http.StatusNotFound, "text/html", "<html>page not found</html>")
	case "nosuchsub":
		http.Redirect(rw, r, prefix+"/subreddits/search?q="+url.QueryEscape(name), http.StatusFound)
	default:
		return false
	}
	return true
}

// reddit is www.reddit.com: tokens and public feeds.
func (w *World) reddit(rw http.ResponseWriter, r *http.Request, path string) {
	if !w.named(rw, r) {
		return
	}
	if path == "/api/v1/access_token" {
		w.token(rw, r)
		return
	}
	if strings.HasPrefix(path, "/subreddits/search") {
		write(rw, http.StatusOK, "application/atom+xml; charset=UTF-8", `<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>search</title></feed>`)
		return
	}
	found := redditPath.FindStringSubmatch(path)
	if found == nil || found[3] == "" {
		http.NotFound(rw, r)
		return
	}
	if w.RedditLeft != "" {
		rw.Header().Set("X-Ratelimit-Remaining", w.RedditLeft)
		rw.Header().Set("X-Ratelimit-Reset", w.RedditReset)
	}
	if w.refused(rw, r, "/reddit", found[1]) {
		return
	}
	write(rw, http.StatusOK, "application/atom+xml; charset=UTF-8", w.redditFeed(number(r.URL.Query().Get("limit"), 25)))
}

// token exchanges the application key.
func (w *World) token(rw http.ResponseWriter, r *http.Request) {
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte(RedditClientID+":"+RedditClientSecret))
	switch {
	case r.Method != http.MethodPost:
		writeJSON(rw, http.StatusNotFound, map[string]any{"message": "Not Found", "error": 404})
	case r.Header.Get("Authorization") != want:
		writeJSON(rw, http.StatusUnauthorized, map[string]any{"message": "Unauthorized", "error": 401})
	case r.PostForm.Get("grant_type") != "client_credentials":
		writeJSON(rw, http.StatusOK, map[string]any{"error": "unsupported_grant_type"})
	default:
		w.issued++
		token := fmt.Sprintf("token-hunter2-%d", w.issued)
		w.tokens[token] = true
		writeJSON(rw, http.StatusOK, map[string]any{"access_token": token, "token_type": "bearer", "expires_in": w.TokenSeconds, "scope": "*"})
	}
}

// RevokeTokens makes every token so far useless.
func (w *World) RevokeTokens() { w.Change(func() { clear(w.tokens) }) }

// redditFeed is the public feed: the post's text inside of a frame, and neither points nor comments.
func (w *World) redditFeed(limit int) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/">` +
		`<category term="golang" label="r/golang"/><updated>2026-11-23T08:10:00+00:00</updated><id>/r/golang/.rss</id>` +
		`<link rel="self" href="https://www.reddit.com/r/golang/.rss" type="application/atom+xml" /><link rel="alternate" href="https://www.reddit.com/r/golang/" type="text/html" /><title>The Go Programming Language</title>`)
	for _, p := range w.Posts[:min(len(w.Posts), limit)] {
		if _, other := p["kind"]; other {
			continue
		}
		text, _ := p["selftext_html"].(string)
		if text != "" {
			text = "<!-- SC_OFF -->" + text + "<!-- SC_ON --> "
		}
		page := "https://www.reddit.com" + p["permalink"].(string)
		content := fmt.Sprintf(`%s&#32; submitted by &#32; <a href="https://www.reddit.com/user/%s"> /u/%[2]s </a> <br/> <span><a href="%s">[link]</a></span> &#32; <span><a href="%s">[comments]</a></span>`, text, p["author"], p["url"], page)
		at := time.Unix(int64(p["created_utc"].(float64)), 0).UTC().Format("2006-01-02T15:04:05+00:00")
		_, _ = fmt.Fprintf(&b, `<entry><author><name>/u/%s</name><uri>https://www.reddit.com/user/%[1]s</uri></author><category term="golang" label="r/golang"/>`+
			`<content type="html">%s</content><id>t3_%s</id><link href="%s" /><updated>%s</updated><published>%[5]s</published><title>%s</title></entry>`,
			p["author"], xmlText(content), p["id"], page, at, xmlText(p["title"].(string)))
	}
	return b.String() + "</feed>"
}

// String is a request as messages of tests show it.
func (r Request) String() string {
	text, _ := json.Marshal(r.Query)
	return r.Method + " " + r.Path + " " + string(text)
}
