// Package docs shows an OpenAPI specification to people, from the binary and with nothing from
// anywhere else: Swagger UI at /docs, to try requests out, and Redoc at /redoc, to read, and guides at /docs/guides.
package docs

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"

	"github.com/content-creator/content-creator-api/server/static"
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
)

// policies are those of the pages, by address.
var policies = map[string]string{"/docs": swaggerPolicy, "/docs/guides": guidesPolicy, "/redoc": redocPolicy}

// Handler answers GET and HEAD for /docs, /docs/guides and /redoc and for all that their pages load. The pages
// read the specification from specURL, which must be of the same origin: their content security
// policy lets them ask no other. Every answer has a strong ETag; addresses with a version in them
// may be cached for ever, the others are to be asked for again each time. Unknown addresses are
// answered 404, other methods 405.
func Handler(specURL string) http.Handler {
	root, err := fs.Sub(site, "site")
	if err != nil {
		panic(fmt.Sprintf("docs: the embedded pages are broken: %v", err))
	}
	files, err := static.Files(root)
	if err != nil {
		panic(fmt.Sprintf("docs: the embedded pages are broken: %v", err))
	}
	for room, policy := range policies {
		name := room + "/index.html"
		delete(files, name)
		files[room] = static.New(name, page(root, name[1:], specURL))
		files[room].Policy = policy
		files[room+"/"] = files[room]
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, known := files[r.URL.Path]
		if !known {
			http.NotFound(w, r)
			return
		}
		f.ServeHTTP(w, r)
	})
}

// page is one of the embedded pages, filled in.
func page(root fs.FS, name, specURL string) []byte {
	var page bytes.Buffer
	shown := struct {
		Specification string
		Guides        template.HTML
	}{specURL, guidePage()}
	if err := template.Must(template.ParseFS(root, name)).Execute(&page, shown); err != nil {
		panic(fmt.Sprintf("docs: the embedded pages are broken: %v", err))
	}
	return page.Bytes()
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
