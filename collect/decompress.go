package collect

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/andybalholm/brotli"
)

// maxEncodings bounds how often a body may be compressed one over the other.
const maxEncodings = 3

var errTooLarge = errors.New("too large")

// decompress undoes the encodings of Content-Encoding, each to at most limit bytes. Servers that
// name an encoding and send plain text, or name none and send gzip, get what they meant.
func decompress(body []byte, header []string, limit int64) ([]byte, error) {
	var encodings []string
	for name := range strings.SplitSeq(strings.ToLower(strings.Join(header, ",")), ",") {
		if name = strings.TrimSpace(name); name != "" && name != "identity" {
			encodings = append(encodings, name)
		}
	}
	if len(encodings) > maxEncodings {
		return nil, fmt.Errorf("it is compressed %d times over", len(encodings))
	}
	if len(encodings) == 0 && isGzip(body) {
		encodings = []string{"gzip"}
	}
	for i := len(encodings) - 1; i >= 0; i-- {
		plain, err := decode(body, encodings[i], limit)
		if err != nil && !errors.Is(err, errTooLarge) && looksPlain(body) {
			return body, nil
		}
		if err != nil {
			return nil, err
		}
		body = plain
	}
	return body, nil
}

func decode(body []byte, encoding string, limit int64) ([]byte, error) {
	var (
		r   io.Reader
		err error
	)
	switch encoding {
	case "gzip", "x-gzip":
		if !isGzip(body) {
			return nil, gzip.ErrHeader
		}
		r, err = gzip.NewReader(bytes.NewReader(body))
	case "br":
		r = brotli.NewReader(bytes.NewReader(body))
	case "deflate":
		// The standard means zlib; many servers send bare deflate.
		r, err = zlib.NewReader(bytes.NewReader(body))
		if err != nil {
			r, err = flate.NewReader(bytes.NewReader(body)), nil
		}
	default:
		return nil, fmt.Errorf("the encoding %.40q is unknown", encoding)
	}
	if err != nil {
		return nil, err
	}
	plain, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(plain)) > limit {
		return nil, errTooLarge
	}
	return plain, nil
}

func isGzip(body []byte) bool { return bytes.HasPrefix(body, []byte{0x1f, 0x8b, 8}) }

// looksPlain is whether a body begins as XML, HTML or JSON does.
func looksPlain(body []byte) bool {
	body = bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), " \t\r\n")
	return len(body) > 0 && (body[0] == '<' || body[0] == '{' || body[0] == '[')
}
