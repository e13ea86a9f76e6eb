// Package web shows the console, a page for people over the API, from the binary and with nothing
// from anywhere else. The build in dist is made by `task console` from the sources beside it.
package web

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"
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
	assetPolicy = "default-src 'none'; frame-ancestors 'none'"

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
	files := filesOf(root)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		if f, known := files[r.URL.Path]; known {
			f.serve(w, r)
			return
		}
		if strings.HasPrefix(r.URL.Path, "/assets/") {
			http.NotFound(w, r)
			return
		}
		servePage(w, r, page)
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

// file is one answer in its encodings.
type file struct {
	contentType, cacheControl, hash string

	plain []byte
	// brotli was made by the build; nil where it gains nothing.
	brotli []byte
	// zipped is for clients that know no brotli, and made when the first of them asks; nil where zipping gains nothing.
	zipped func() []byte
}

// filesOf are the files beside the page, by address.
func filesOf(root fs.FS) map[string]*file {
	files := map[string]*file{}
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || name == "index.html" || path.Ext(name) == ".br" {
			return err
		}
		content, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		f := newFile(name, content)
		if small, err := fs.ReadFile(root, name+".br"); err == nil {
			f.brotli = small
		}
		files["/"+name] = f
		return nil
	})
	if err != nil {
		panic(fmt.Sprintf("web: the embedded console is broken: %v", err))
	}
	return files
}

func newFile(name string, content []byte) *file {
	sum := sha256.Sum256(content)
	f := &file{cacheControl: "no-cache", hash: hex.EncodeToString(sum[:12]), plain: content}
	if strings.HasPrefix(name, "assets/") {
		f.cacheControl = "public, max-age=31536000, immutable"
	}
	switch path.Ext(name) {
	case ".css":
		f.contentType = "text/css; charset=utf-8"
	case ".js":
		f.contentType = "text/javascript; charset=utf-8"
	case ".md":
		f.contentType = "text/markdown; charset=utf-8"
	case ".svg":
		f.contentType = "image/svg+xml"
	default:
		f.contentType = "application/octet-stream"
	}
	f.zipped = sync.OnceValue(func() []byte { return zip(content) })
	return f
}

func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", f.contentType)
	header.Set("Content-Security-Policy", assetPolicy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", f.cacheControl)
	encoding, content := f.encode(r.Header.Get("Accept-Encoding"))
	if f.zipped != nil {
		header.Set("Vary", "Accept-Encoding")
	}
	if encoding != "" {
		header.Set("Content-Encoding", encoding)
	}
	header.Set("ETag", `"`+f.hash+encoding+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// encode answers the smallest form that the client understands, and its name.
func (f *file) encode(accepted string) (encoding string, content []byte) {
	switch {
	case f.brotli != nil && Accepts(accepted, "br"):
		return "br", f.brotli
	case f.zipped != nil && Accepts(accepted, "gzip"):
		return "gzip", f.zipped()
	}
	return "", f.plain
}

// Accepts reports whether a client names an encoding in Accept-Encoding and does not refuse it by a weight of zero.
func Accepts(header, encoding string) bool {
	for coding := range strings.SplitSeq(header, ",") {
		name, weight, weighted := strings.Cut(coding, ";")
		if !strings.EqualFold(strings.TrimSpace(name), encoding) {
			continue
		}
		_, weight, _ = strings.Cut(weight, "=")
		q, err := strconv.ParseFloat(strings.TrimSpace(weight), 64)
		return !weighted || err == nil && q > 0
	}
	return false
}

// zip compresses into memory, which cannot fail.
func zip(content []byte) []byte {
	var zipped bytes.Buffer
	writer, _ := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	_, _ = writer.Write(content)
	_ = writer.Close()
	return zipped.Bytes()
}
