package collect

import (
	"cmp"
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// maxURL is the longest address that is read, in bytes.
const maxURL = 8192

var (
	errURLTooLong = errors.New("it is longer than " + strconv.Itoa(maxURL) + " bytes")
	errURLForm    = errors.New("it cannot be read as an address")
	errURLScheme  = errors.New("it begins with neither http:// nor https://")
	errURLHost    = errors.New("its host is no name that can be looked up")
	errURLPort    = errors.New("its port is none")
)

// Canonical is the address that one article has wherever it is linked from. It is a key: to open
// the page use the address as it was given.
//
// The host is lower-cased and in ASCII, the scheme's own port is dropped, and http becomes https
// where the port is the scheme's own: no site worth reading serves two articles there. The case of
// the path is kept, for it tells articles apart; so are www., a trailing slash and double slashes,
// which only the server knows to mean the same. Dot segments are resolved, percent-encoding is made
// uniform, credentials and fragments go, except #! routes. Parameters that only track go (see
// tracks); the others are sorted by name, those of one name in their order.
// Canonical(Canonical(x)) is Canonical(x).
func Canonical(raw string) (string, error) {
	u, err := parseURL(raw)
	if err != nil {
		return "", err
	}
	scheme := u.Scheme
	if u.Port() == "" {
		scheme = "https"
	}
	path := removeDots(normalEscapes(u.EscapedPath(), false))
	out := scheme + "://" + u.Host + cmp.Or(path, "/")
	if query := canonicalQuery(u.RawQuery); query != "" {
		out += "?" + query
	}
	if fragment := u.EscapedFragment(); strings.HasPrefix(fragment, "!") {
		out += "#" + normalEscapes(fragment, true)
	}
	if len(out) > maxURL {
		return "", errURLTooLong
	}
	return out, nil
}

// parseURL reads an absolute http or https address as leniently as browsers do; its host comes
// lower-cased, in ASCII and without the scheme's own port.
func parseURL(raw string) (*url.URL, error) { return resolveURL(nil, raw) }

// resolveURL is parseURL for an address that may be relative to another.
func resolveURL(base *url.URL, raw string) (*url.URL, error) {
	u, err := looseURL(raw)
	if err != nil {
		return nil, err
	}
	if base != nil {
		u = base.ResolveReference(u)
	}
	u.Scheme = strings.ToLower(u.Scheme)
	if u.Scheme != "http" && u.Scheme != "https" {
		return nil, errURLScheme
	}
	host, err := asciiHost(u.Hostname())
	if err != nil {
		return nil, err
	}
	port := u.Port()
	u.Host = host
	if port == "" {
		return u, nil
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil || number == 0 {
		return nil, errURLPort
	}
	if port = strconv.FormatUint(number, 10); port != ownPorts[u.Scheme] {
		u.Host += ":" + port
	}
	return u, nil
}

// ownPorts are the ports that an address need not name.
var ownPorts = map[string]string{"http": "80", "https": "443"}

// looseURL repairs what browsers repair too: white space, stray percent signs, characters that
// should have been encoded.
func looseURL(raw string) (*url.URL, error) {
	raw = strings.NewReplacer("\t", "", "\r", "", "\n", "").Replace(strings.TrimFunc(raw, func(r rune) bool { return r <= ' ' }))
	if len(raw) > maxURL {
		return nil, errURLTooLong
	}
	rest := 0
	if i := strings.Index(raw, "//"); i >= 0 && !strings.ContainsAny(raw[:i], "/?#") {
		rest = i + 2
		if j := strings.IndexAny(raw[rest:], "/?#"); j >= 0 {
			rest += j
		} else {
			rest = len(raw)
		}
	}
	var b strings.Builder
	b.WriteString(raw[:rest])
	for i := rest; i < len(raw); i++ {
		c := raw[i]
		switch {
		case c == '%' && !isEscape(raw[i:]):
			b.WriteString("%25")
		case c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`{|}", c) >= 0:
			writeEscape(&b, c)
		default:
			b.WriteByte(c)
		}
	}
	u, err := url.Parse(b.String())
	if err != nil {
		// The library's own words repeat the address, credentials and all.
		return nil, errURLForm
	}
	return u, nil
}

// asciiHost is a host as DNS knows it; an IPv6 address comes in brackets.
func asciiHost(host string) (string, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		if addr.Is4() {
			return addr.String(), nil
		}
		return "[" + addr.WithZone("").String() + "]", nil
	}
	if strings.Contains(host, "..") {
		return "", errURLHost
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if strings.ContainsFunc(host, func(r rune) bool { return r >= 0x80 }) {
		ascii, err := hostProfile.ToASCII(host)
		if err != nil {
			return "", errURLHost
		}
		host = strings.TrimSuffix(ascii, ".")
	}
	if host == "" || len(host) > 253 || host[0] == '.' || strings.Contains(host, "..") || strings.ContainsFunc(host, noHostChar) {
		return "", errURLHost
	}
	return host, nil
}

func noHostChar(r rune) bool {
	return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789-_.", r)
}

var hostProfile = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false))

// removeDots resolves the dot segments of an absolute path (RFC 3986, 5.2.4).
func removeDots(path string) string {
	if !strings.Contains(path, "/.") {
		return path
	}
	segments := strings.Split(path, "/")[1:]
	out := make([]string, 0, len(segments))
	for i, segment := range segments {
		last := i == len(segments)-1
		switch segment {
		case "..":
			out = out[:max(len(out)-1, 0)]
		case ".":
		default:
			out = append(out, segment)
			continue
		}
		if last {
			out = append(out, "")
		}
	}
	return "/" + strings.Join(out, "/")
}

// normalEscapes writes percent-encoding in one way: what needs none has none, the rest is upper-case.
func normalEscapes(s string, query bool) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case isEscape(s[i:]):
			decoded := unhex(s[i+1])<<4 | unhex(s[i+2])
			i += 2
			if isUnreserved(decoded) {
				b.WriteByte(decoded)
			} else {
				writeEscape(&b, decoded)
			}
		case isUnreserved(c), strings.IndexByte("!$&'()*+,;=:@/", c) >= 0, query && c == '?':
			b.WriteByte(c)
		default:
			writeEscape(&b, c)
		}
	}
	return b.String()
}

func writeEscape(b *strings.Builder, c byte) {
	const digits = "0123456789ABCDEF"
	b.WriteByte('%')
	b.WriteByte(digits[c>>4])
	b.WriteByte(digits[c&15])
}

// isEscape is whether a text begins with a percent sign and two digits.
func isEscape(s string) bool { return len(s) > 2 && s[0] == '%' && isHex(s[1]) && isHex(s[2]) }

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c&^0x20 - 'A' + 10
}

func isUnreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0
}

// canonicalQuery leaves out what only tracks and sorts the rest.
func canonicalQuery(raw string) string {
	type parameter struct{ name, all string }
	var parameters []parameter
	for part := range strings.SplitSeq(normalEscapes(raw, true), "&") {
		name, value, _ := strings.Cut(part, "=")
		if part == "" || tracks(name, value) {
			continue
		}
		parameters = append(parameters, parameter{name, part})
	}
	slices.SortStableFunc(parameters, func(a, b parameter) int { return cmp.Compare(a.name, b.name) })
	parts := make([]string, len(parameters))
	for i, p := range parameters {
		parts[i] = p.all
	}
	return strings.Join(parts, "&")
}

// trackingNames are parameters that say how a reader came, never what is read.
var trackingNames = map[string]bool{
	"fbclid": true, "gclid": true, "gclsrc": true, "gbraid": true, "wbraid": true, "dclid": true, "msclkid": true,
	"yclid": true, "ysclid": true, "twclid": true, "ttclid": true, "li_fat_id": true, "rdt_cid": true, "epik": true,
	"igshid": true, "igsh": true, "mc_cid": true, "mc_eid": true, "mc_tc": true, "mkt_tok": true, "_ga": true, "_gl": true,
	"_gac": true, "_hsenc": true, "_hsmi": true, "__hssc": true, "__hstc": true, "__hsfp": true, "hsctatracking": true,
	"wt_mc": true, "wt.mc_id": true, "wt.mc_ev": true, "wt.tsrc": true, "wt_zmc": true, "xtor": true, "ns_mchannel": true,
	"ns_source": true, "ns_campaign": true, "ns_linkname": true, "ns_fee": true, "fb_action_ids": true,
	"fb_action_types": true, "vero_conv": true, "vero_id": true, "oly_anon_id": true, "oly_enc_id": true, "s_cid": true,
	"ml_subscriber": true, "ml_subscriber_hash": true, "ck_subscriber_id": true, "sc_cid": true, "cmpid": true,
	"wickedid": true, "trk_contact": true, "trk_msg": true, "bsft_eid": true, "bsft_uid": true, "guccounter": true,
	"guce_referrer": true, "guce_referrer_sig": true,
}

// trackingPrefixes begin the names of whole families of them: Google, Matomo, AT Internet, HubSpot.
var trackingPrefixes = []string{
	"utm_", "mtm_", "pk_", "piwik_", "matomo_", "hsa_", "at_campaign", "at_medium", "at_custom",
	"at_link", "at_format", "at_creation", "at_ptr_", "at_recipient", "at_send_date", "at_variant", "at_bbc_team",
}

// feedNames are parameters that mean something on many sites and only track where their value
// says no more than that the reader came from a feed.
var feedNames = map[string]bool{
	"ref": true, "source": true, "src": true, "from": true, "via": true, "partner": true, "emc": true, "dgcid": true,
	"cmp": true, "campaign": true, "medium": true, "origin": true,
}

// tracks is whether a parameter says nothing of the article. "ref" and "source" choose content on
// some sites (a branch, a translation), so they go only where they name the feed itself:
// ?ref=rss, ?source=rss----4ab1c5, ?from=atom.
func tracks(name, value string) bool {
	// A doubly escaped "&amp;" sticks to the name.
	name = strings.ToLower(strings.TrimPrefix(name, "amp;"))
	if trackingNames[name] {
		return true
	}
	for _, prefix := range trackingPrefixes {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	if !feedNames[name] {
		return false
	}
	value = strings.ToLower(value)
	for _, kind := range []string{"rss", "atom", "feed", "rssfeed"} {
		if rest, ok := strings.CutPrefix(value, kind); ok && (rest == "" || strings.IndexByte("-_.", rest[0]) >= 0) {
			return true
		}
	}
	return false
}
