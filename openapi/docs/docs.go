// Package docs shows an OpenAPI specification to people, from the binary and with nothing from
// anywhere else: Swagger UI at /docs, to try requests out, and Redoc at /redoc, to read, and guides at /docs/guides.
package docs

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
)

//go:generate sh refresh.sh 5.35.0 2.5.4

// site is laid out as its addresses are; what ends in .gz is served under the name without it.
//
//go:embed site
var site embed.FS

//go:embed guides.md
var guides []byte

const (
	swaggerPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
		"font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

	// Redoc makes style elements that are empty and fills them through the CSSOM, and one with the
	// text of its scroll bars: the two hashes are all that it needs beside 'self'. The browser test
	// tells the new hash where a refresh changes that text. Its search runs in a worker from a blob.
	redocPolicy = "default-src 'none'; script-src 'self'; style-src 'self' " +
		"'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' 'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='; " +
		"img-src 'self' data:; connect-src 'self'; font-src 'self'; worker-src blob:; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

	guidesPolicy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

	assetPolicy = "default-src 'none'; frame-ancestors 'none'"
)

// Handler answers GET and HEAD for /docs, /docs/guides and /redoc and for all that their pages load. The pages
// read the specification from specURL, which must be of the same origin: their content security
// policy lets them ask no other. Every answer has a strong ETag; addresses with a version in them
// may be cached for ever, the others are to be asked for again each time. Unknown addresses are
// answered 404, other methods 405.
func Handler(specURL string) http.Handler {
	files := map[string]*file{}
	err := fs.WalkDir(site, "site", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := site.ReadFile(name)
		if err != nil {
			return err
		}
		address := strings.TrimPrefix(name, "site")
		if !strings.HasSuffix(address, "/index.html") {
			files[strings.TrimSuffix(address, ".gz")] = newFile(address, content)
			return nil
		}
		page := &bytes.Buffer{}
		shown := struct {
			Specification string
			Guides        template.HTML
		}{specURL, guidePage()}
		if err := template.Must(template.New(name).Parse(string(content))).Execute(page, shown); err != nil {
			return err
		}
		room := path.Dir(address)
		files[room] = newFile(address, page.Bytes())
		files[room+"/"] = files[room]
		return nil
	})
	if err != nil {
		panic(fmt.Sprintf("docs: the embedded pages are broken: %v", err))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, known := files[r.URL.Path]
		if !known {
			http.NotFound(w, r)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		f.serve(w, r)
	})
}

// guidePage is guides.md as HTML, its headings with ids.
func guidePage() template.HTML {
	var page bytes.Buffer
	markdown := goldmark.New(goldmark.WithExtensions(extension.Table), goldmark.WithParserOptions(parser.WithAutoHeadingID()))
	if err := markdown.Convert(guides, &page); err != nil {
		panic(fmt.Sprintf("docs: the embedded guides are broken: %v", err))
	}
	return template.HTML(page.String()) //nolint:gosec // our own
}

// file is one answer in its two encodings.
type file struct {
	contentType, policy, cacheControl, hash string

	zipped []byte        // nil where zipping gains nothing
	plain  func() []byte // kept from the first client on that does not take gzip
}

func newFile(address string, content []byte) *file {
	sum := sha256.Sum256(content)
	f := &file{policy: assetPolicy, cacheControl: "no-cache", hash: hex.EncodeToString(sum[:12])}
	if strings.Contains(address, "/assets/") {
		f.cacheControl = "public, max-age=31536000, immutable"
	}
	switch address {
	case "/docs/index.html":
		f.policy = swaggerPolicy
	case "/redoc/index.html":
		f.policy = redocPolicy
	case "/docs/guides/index.html":
		f.policy = guidesPolicy
	}
	if strings.HasSuffix(address, ".gz") {
		f.zipped = content
		f.plain = sync.OnceValue(func() []byte { return unzip(content) })
	} else {
		f.plain = func() []byte { return content }
	}
	switch path.Ext(strings.TrimSuffix(address, ".gz")) {
	case ".html":
		f.contentType = "text/html; charset=utf-8"
	case ".css":
		f.contentType = "text/css; charset=utf-8"
	case ".js":
		f.contentType = "text/javascript; charset=utf-8"
	case ".png":
		f.contentType = "image/png"
	default:
		f.contentType = "text/plain; charset=utf-8"
	}
	return f
}

func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", f.contentType)
	header.Set("Content-Security-Policy", f.policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", f.cacheControl)
	etag, content := f.hash, f.zipped
	if f.zipped != nil {
		header.Set("Vary", "Accept-Encoding")
	}
	if f.zipped != nil && acceptsGzip(r.Header.Values("Accept-Encoding")) {
		header.Set("Content-Encoding", "gzip")
		etag += "-gzip"
	} else {
		content = f.plain()
	}
	header.Set("ETag", `"`+etag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// acceptsGzip follows RFC 9110, section 12.5.3: a weight of zero refuses, and gzip by its own name
// goes before the asterisk.
func acceptsGzip(headers []string) bool {
	wildcard := false
	for coding := range strings.SplitSeq(strings.Join(headers, ","), ",") {
		name, weight, _ := strings.Cut(coding, ";")
		_, weight, _ = strings.Cut(weight, "=")
		q, err := strconv.ParseFloat(strings.TrimSpace(weight), 64)
		taken := err != nil || q > 0
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "gzip", "x-gzip":
			return taken
		case "*":
			wildcard = taken
		}
	}
	return wildcard
}

// unzip opens what refresh.sh zipped; the tests open every file once.
func unzip(zipped []byte) []byte {
	reader, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		panic(fmt.Sprintf("docs: an embedded file is broken: %v", err))
	}
	content, err := io.ReadAll(reader)
	if err != nil {
		panic(fmt.Sprintf("docs: an embedded file is broken: %v", err))
	}
	return content
}
