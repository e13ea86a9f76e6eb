package server

import (
	"compress/gzip"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/klauspost/compress/gzhttp"
	"github.com/labstack/echo/v4"
)

const (
	// worthCompressing is how long an answer is at least that is compressed: a shorter one fits into
	// one packet as it is.
	worthCompressing = 1400
	// zippedTag ends the ETag of a compressed answer: other bytes, another tag.
	zippedTag = "-gzip"
)

// compressible are the types of answers that get much smaller. A stream of events is none of them:
// each event is sent as it happens.
var compressible = regexp.MustCompile(`^(application/(json|yaml|xml|(rss|atom|feed)\+(xml|json))|text/(html|plain|markdown|x-opml))\b`)

// compress sends long texts as gzip to clients that take it. It stands around everything else, and the
// rest of the server knows the ETags without their ending.
func compress(next echo.HandlerFunc) echo.HandlerFunc {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(worthCompressing), gzhttp.CompressionLevel(gzip.DefaultCompression), gzhttp.EnableZstd(false),
		gzhttp.ContentTypeFilter(compressible.MatchString), gzhttp.SetContentType(false), gzhttp.SuffixETag(zippedTag), gzhttp.KeepAcceptRanges())
	if err != nil {
		panic(fmt.Sprintf("server: compression cannot be set up: %v", err))
	}
	return func(c echo.Context) (err error) {
		response := c.Response()
		plain := response.Writer
		defer func() { response.Writer = plain }()
		forgetZipped(c)
		wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			response.Writer = w
			err = next(c)
		})).ServeHTTP(plain, c.Request())
		return err
	}
}

// forgetZipped takes the endings from the tags of a request, and gives them back to an answer without a body.
func forgetZipped(c echo.Context) {
	request, response := c.Request(), c.Response()
	if strings.Contains(request.Header.Get("If-None-Match"), zippedTag+`"`) {
		response.Before(func() {
			if tag := response.Header().Get("ETag"); tag != "" && response.Status == http.StatusNotModified {
				response.Header().Set("ETag", strings.TrimSuffix(tag, `"`)+zippedTag+`"`)
			}
		})
	}
	for _, name := range []string{"If-Match", "If-None-Match"} {
		if tags := request.Header.Get(name); tags != "" {
			request.Header.Set(name, strings.ReplaceAll(tags, zippedTag+`"`, `"`))
		}
	}
}
