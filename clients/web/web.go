// Package web shows the console, a page for people over the API, from the binary and with nothing
// from anywhere else. The build in dist is made by `task console` from the sources beside it.
package web

import (
	"bytes"
	"crypto/rand"
	"embed"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"github.com/content-creator/content-creator-api/server/static"
)

//go:embed all:dist
var dist embed.FS

// Paths are the addresses of the console. Its pages have addresses of their own, which src/routes.tsx
// knows: all answer the same document.
var Paths = []string{
	"/", "/assets/*", "/favicon.svg", "/licenses.md",
	"/topics", "/topics/*", "/discoveries", "/scoring", "/scoring/*", "/collections", "/collections/*", "/hosts", "/documents", "/documents/*", "/stories", "/stories/*",
	"/duplicates", "/keywords", "/searches", "/research", "/research/*", "/reports", "/reports/*", "/serp", "/serp/*", "/jobs", "/costs", "/settings",
}

const (
	// policy lets the page ask its own server and nobody else. Styles that its scripts add carry the nonce.
	policy = "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-%s'; img-src 'self' data:; font-src 'self'; " +
		"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	// placeholder stands where each page's own nonce belongs.
	placeholder = "__CSP_NONCE__"
)

// Handler answers GET and HEAD for Paths. Files under /assets have a hash in their names and may be
// kept for ever; one that is not there is a 404, so that an old page notices a new server.
func Handler() http.Handler {
	root, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(fmt.Sprintf("web: the embedded console is broken: %v", err))
	}
	page, err := fs.ReadFile(root, "index.html")
	if err != nil {
		panic(fmt.Sprintf("web: the embedded console is broken: %v", err))
	}
	files, err := static.Files(root)
	if err != nil {
		panic(fmt.Sprintf("web: the embedded console is broken: %v", err))
	}
	delete(files, "/index.html")
	document := static.ReadOnly(func(w http.ResponseWriter, r *http.Request) { servePage(w, r, page) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f, known := files[r.URL.Path]; known {
			f.ServeHTTP(w, r)
			return
		}
		if strings.HasPrefix(r.URL.Path, "/assets/") {
			http.NotFound(w, r)
			return
		}
		document.ServeHTTP(w, r)
	})
}

// servePage answers the document, with a nonce that no other answer has.
func servePage(w http.ResponseWriter, r *http.Request, page []byte) {
	nonce := rand.Text()
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", fmt.Sprintf(policy, nonce))
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(bytes.ReplaceAll(page, []byte(placeholder), []byte(nonce))))
}
