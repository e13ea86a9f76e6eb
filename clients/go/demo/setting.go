package main

import (
	"bufio"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// recorded are the feeds of the recorded pages.
var recorded = []string{"en.rss", "de.rss"}

// serveFeeds serves a folder on this machine until ctx ends, and names the feeds in it.
func serveFeeds(ctx context.Context, folder string) (feeds []string, site string, err error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	site = "http://" + listener.Addr().String()
	files := http.FileServer(http.Dir(folder))
	handler := files.ServeHTTP
	if pages, err := os.ReadFile(filepath.Join(folder, "pages.jsonl")); err == nil { //nolint:gosec // the folder is the user's own
		feeds = recorded
		handler = func(rw http.ResponseWriter, r *http.Request) {
			if language, isFeed := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/"), ".rss"); isFeed {
				rw.Header().Set("Content-Type", "application/rss+xml")
				_, _ = rw.Write(feedOf(pages, language, site)) //nolint:gosec // a feed of what is recorded
				return
			}
			files.ServeHTTP(rw, r)
		}
	} else {
		entries, err := os.ReadDir(folder)
		if err != nil {
			return nil, "", err
		}
		for _, entry := range entries {
			if extension := filepath.Ext(entry.Name()); slices.Contains([]string{".rss", ".atom", ".xml", ".json"}, extension) {
				feeds = append(feeds, entry.Name())
			}
		}
	}
	if len(feeds) == 0 {
		return nil, "", fmt.Errorf("%s holds no feeds", folder)
	}
	server := &http.Server{Handler: http.HandlerFunc(handler), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }()
	context.AfterFunc(ctx, func() { _ = server.Close() })
	return feeds, site, nil
}

// feedOf is a feed of the recorded pages of a language.
func feedOf(pages []byte, language, site string) []byte {
	type item struct {
		Title       string `xml:"title"`
		Link        string `xml:"link"`
		GUID        string `xml:"guid"`
		PubDate     string `xml:"pubDate"`
		Description string `xml:"description"`
	}
	type feed struct {
		XMLName  xml.Name `xml:"rss"`
		Version  string   `xml:"version,attr"`
		Title    string   `xml:"channel>title"`
		Link     string   `xml:"channel>link"`
		Language string   `xml:"channel>language"`
		Items    []item   `xml:"channel>item"`
	}
	f := feed{Version: "2.0", Title: "Recorded pages", Link: site, Language: language}
	for line := range strings.Lines(string(pages)) {
		var page struct {
			File, Title, Language string
			PublishedAt           time.Time `json:"published_at"`
		}
		if json.Unmarshal([]byte(line), &page) != nil || page.Language != language {
			continue
		}
		address := site + "/pages/" + page.File
		f.Items = append(f.Items, item{page.Title, address, address, page.PublishedAt.Format(time.RFC1123Z), "Read on …"})
	}
	encoded, _ := xml.Marshal(f) // texts alone
	return encoded
}

// startServer builds and starts the server with a database of its own, which ends with it. The pages of feeds of the
// internet are not read.
func startServer(ctx context.Context, readPages bool) (base, key string, stop func(), err error) {
	dir, err := os.MkdirTemp("", "content-creator-demo")
	if err != nil {
		return "", "", nil, err
	}
	// Where root starts the demo, PostgreSQL runs as somebody else.
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // the data folder itself is closed
		return "", "", nil, err
	}
	program := filepath.Join(dir, "content-creator")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", program, "github.com/content-creator/content-creator-api").CombinedOutput(); err != nil { //nolint:gosec // into a folder of its own
		return "", "", nil, fmt.Errorf("build the server: %w\n%s", err, out)
	}
	server := exec.CommandContext(ctx, program, "serve", //nolint:gosec // what was just built
		"--addr=127.0.0.1:0", "--data-dir="+filepath.Join(dir, "data"), "--database-url=",
		"--fetch-allow-cidrs=127.0.0.0/8", "--host-requests-per-second=0", "--log-level=error", fmt.Sprintf("--fetch-articles=%t", readPages))
	server.Cancel = func() error { return server.Process.Signal(os.Interrupt) }
	server.Stderr = os.Stderr
	out, err := server.StdoutPipe()
	if err != nil {
		return "", "", nil, err
	}
	if err := server.Start(); err != nil {
		return "", "", nil, err
	}
	stop = func() {
		_ = server.Process.Signal(os.Interrupt)
		_ = server.Wait()
		_ = os.RemoveAll(dir)
	}
	base, key, err = welcome(out)
	if err != nil {
		stop()
	}
	return base, key, stop, err
}

// welcome reads what the server says when it starts: where its API is, and its key.
func welcome(out io.Reader) (base, key string, err error) {
	for lines := bufio.NewScanner(out); lines.Scan(); {
		words := strings.Fields(lines.Text())
		switch {
		case len(words) == 2 && words[0] == "API":
			base = words[1]
		case len(words) == 3 && words[0] == "Admin":
			key = words[2]
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return base, key, nil
		}
	}
	return "", "", errors.New("the server did not start")
}
