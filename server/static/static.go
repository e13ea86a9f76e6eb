// Package static serves files that are part of the binary, each in the smallest encoding that a client takes.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A File is one answer in its encodings. It has a strong ETag, another one for each.
type File struct {
	// Policy is its Content-Security-Policy; as a part of a page it needs nothing.
	Policy string

	contentType, cacheControl, hash string
	// brotli and zipped are nil where they gain nothing; all are made when the first client asks.
	brotli, zipped, plain func() []byte
}

// Files are those below root by their addresses: what ends in .gz is served under the name without it, what ends in .br is the
// brotli of the file beside it.
func Files(root fs.FS) (map[string]*File, error) {
	files := map[string]*File{}
	return files, fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) == ".br" {
			return err
		}
		content, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		f := New(name, content)
		if small, err := fs.ReadFile(root, name+".br"); err == nil {
			f.brotli = func() []byte { return small }
			f.zipped = sync.OnceValue(func() []byte { return zip(content) })
		}
		files["/"+strings.TrimSuffix(name, ".gz")] = f
		return nil
	})
}

// New is a file of this name. Below /assets/ names have a hash or a version in them, so that clients may keep them for ever.
func New(name string, content []byte) *File {
	sum := sha256.Sum256(content)
	f := &File{
		Policy: "default-src 'none'; frame-ancestors 'none'", contentType: contentType(strings.TrimSuffix(name, ".gz")),
		cacheControl: "no-cache", hash: hex.EncodeToString(sum[:12]), plain: func() []byte { return content },
	}
	if strings.Contains("/"+name, "/assets/") {
		f.cacheControl = "public, max-age=31536000, immutable"
	}
	if path.Ext(name) == ".gz" {
		f.zipped, f.plain = f.plain, sync.OnceValue(func() []byte { return unzip(content) })
	}
	return f
}

// contentType goes by the ending and not by the machine's lists.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".md":
		return "text/markdown; charset=utf-8"
	case ".png":
		return "image/png"
	case ".svg":
		return "image/svg+xml"
	}
	return "text/plain; charset=utf-8"
}

// ReadOnly refuses all methods but GET and HEAD.
func ReadOnly(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		next(w, r)
	})
}

// ServeHTTP answers the file.
func (f *File) ServeHTTP(w http.ResponseWriter, r *http.Request) { ReadOnly(f.serve).ServeHTTP(w, r) }

func (f *File) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", f.contentType)
	header.Set("Content-Security-Policy", f.Policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", f.cacheControl)
	if f.zipped != nil {
		header.Set("Vary", "Accept-Encoding")
	}
	tag := f.hash
	encoding, content := f.encode(strings.Join(r.Header.Values("Accept-Encoding"), ","))
	if encoding != "" {
		header.Set("Content-Encoding", encoding)
		tag += "-" + encoding
	}
	header.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// encode answers the smallest form that the client understands, and its name.
func (f *File) encode(accepted string) (encoding string, content []byte) {
	switch {
	case f.brotli != nil && accepts(accepted, "br"):
		return "br", f.brotli()
	case f.zipped != nil && accepts(accepted, "gzip", "x-gzip"):
		return "gzip", f.zipped()
	}
	return "", f.plain()
}

// accepts follows RFC 9110, section 12.5.3: a weight of zero refuses, and an encoding by its own name goes before the asterisk.
func accepts(header string, names ...string) bool {
	wildcard := false
	for coding := range strings.SplitSeq(header, ",") {
		name, weight, weighted := strings.Cut(coding, ";")
		_, weight, _ = strings.Cut(weight, "=")
		q, err := strconv.ParseFloat(strings.TrimSpace(weight), 64)
		taken := !weighted || err == nil && q > 0
		switch name = strings.ToLower(strings.TrimSpace(name)); {
		case name == names[0], name == names[len(names)-1]:
			return taken
		case name == "*":
			wildcard = taken
		}
	}
	return wildcard
}

// zip compresses into memory, which cannot fail.
func zip(content []byte) []byte {
	var zipped bytes.Buffer
	writer, _ := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	_, _ = writer.Write(content)
	_ = writer.Close()
	return zipped.Bytes()
}

// unzip opens what the build zipped; the tests open every file once.
func unzip(zipped []byte) []byte {
	reader, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		panic(fmt.Sprintf("static: an embedded file is broken: %v", err))
	}
	content, err := io.ReadAll(reader)
	if err != nil {
		panic(fmt.Sprintf("static: an embedded file is broken: %v", err))
	}
	return content
}
