package server

import (
	"compress/gzip"
	"net/http"
	"regexp"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"

	"github.com/content-creator/content-creator-api/clients/web"
)

const (
	// worthCompressing is how long an answer is at least that is compressed: a shorter one fits into
	// one packet as it is.
	worthCompressing = 1400
	// zippedTag ends the ETag of a compressed answer: other bytes, another tag.
	zippedTag = `-gzip"`
)

// compressible are the types of answers that get much smaller. A stream of events is none of them:
// each event is sent as it happens.
var compressible = regexp.MustCompile(`^(application/(json|yaml|xml|(rss|atom|feed)\+(xml|json))|text/(html|plain|markdown|x-opml))\b`)

var zippers = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

// compress sends long texts as gzip to clients that take it. It stands around everything else, and the
// rest of the server knows the ETags without their ending.
func compress(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		request, response := c.Request(), c.Response()
		writer := &compressor{
			ResponseWriter: response.Writer,
			zips:           request.Method != http.MethodHead && web.Accepts(strings.Join(request.Header.Values("Accept-Encoding"), ","), "gzip"),
			hasZipped:      strings.Contains(request.Header.Get("If-None-Match"), zippedTag),
		}
		for _, name := range []string{"If-Match", "If-None-Match"} {
			if tags := request.Header.Get(name); tags != "" {
				request.Header.Set(name, strings.ReplaceAll(tags, zippedTag, `"`))
			}
		}
		response.Writer = writer
		err := next(c)
		writer.finish()
		return err
	}
}

// A compressor holds an answer back until it is long enough to be worth compressing, or ends.
type compressor struct {
	http.ResponseWriter
	// zips tells whether the client takes gzip, hasZipped whether it has an earlier answer in it.
	zips, hasZipped bool
	status          int
	held            []byte
	// begun tells whether the header is sent; zipper is what writes from then on, nil where nothing is compressed.
	begun  bool
	zipper *gzip.Writer
}

// Unwrap lets deadlines through.
func (w *compressor) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader keeps the status until it is known how the body is sent.
func (w *compressor) WriteHeader(status int) {
	if w.begun {
		return
	}
	w.status = status
	if status == http.StatusNotModified && w.hasZipped {
		w.tagZipped()
	}
	if header := w.Header(); compressible.MatchString(header.Get("Content-Type")) && header.Get("Content-Encoding") == "" {
		header.Add("Vary", "Accept-Encoding")
		if w.zips && status >= http.StatusOK && status != http.StatusPartialContent {
			return
		}
	}
	w.begin()
}

// Write sends, compresses or holds a part of the body.
func (w *compressor) Write(part []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if w.zipper != nil {
		return w.zipper.Write(part)
	}
	if w.begun {
		return w.ResponseWriter.Write(part)
	}
	w.held = append(w.held, part...)
	if len(w.held) < worthCompressing {
		return len(part), nil
	}
	w.zip()
	_, err := w.zipper.Write(w.held)
	return len(part), err
}

// FlushError sends what is held: whoever asks for it does not wait for more.
func (w *compressor) FlushError() error {
	w.release()
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// zip begins a compressed answer.
func (w *compressor) zip() {
	header := w.Header()
	header.Set("Content-Encoding", "gzip")
	header.Del("Content-Length")
	w.tagZipped()
	w.begin()
	w.zipper = zippers.Get().(*gzip.Writer) //nolint:forcetypeassert // nothing else is put in
	w.zipper.Reset(w.ResponseWriter)
}

func (w *compressor) tagZipped() {
	if tag := w.Header().Get("ETag"); tag != "" {
		w.Header().Set("ETag", strings.TrimSuffix(tag, `"`)+zippedTag)
	}
}

func (w *compressor) begin() {
	w.begun = true
	w.ResponseWriter.WriteHeader(w.status)
}

// release sends what is held as it is. A client that has gone is noticed by the next who writes.
func (w *compressor) release() {
	if w.begun || w.status == 0 {
		return
	}
	w.begin()
	_, _ = w.ResponseWriter.Write(w.held)
}

// finish ends the answer.
func (w *compressor) finish() {
	w.release()
	if w.zipper != nil {
		_ = w.zipper.Close()
		zippers.Put(w.zipper)
	}
}
