package collect

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	readability "codeberg.org/readeck/go-readability/v2"
	distiller "github.com/markusmobius/go-domdistiller"
	"github.com/markusmobius/go-trafilatura"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Which blocks of a page are its article is put to the vote of three seekers that look for different
// things: Trafilatura, Readability and DOM Distiller. Each errs on pages where the others do not, so
// that what two agree on is better than the best of them alone; `task score-articles` measures it. What is
// kept is the page's own markup, of which the seekers lose some.

// A seeker finds the part of a page that is its article; nil if there is none. It may change the page.
type seeker func(page *html.Node, address *url.URL) *html.Node

// The seekers, as indices and as bits of a block's votes.
const (
	byTrafilatura = iota
	byReadability
	byDistiller
	seekers
)

var allSeekers = [seekers]seeker{
	byTrafilatura: func(page *html.Node, address *url.URL) *html.Node {
		// Comments are no part of an article, and dates are read elsewhere, with their times.
		found, err := trafilatura.ExtractDocument(page, trafilatura.Options{
			OriginalURL: address, EnableFallback: true, ExcludeComments: true, HtmlDateMode: trafilatura.Disabled,
		})
		if err != nil {
			return nil
		}
		return found.ContentNode
	},
	byReadability: func(page *html.Node, address *url.URL) *html.Node {
		parser := readability.NewParser()
		found, err := parser.ParseAndMutate(page, address)
		if err != nil {
			return nil
		}
		return found.Node
	},
	byDistiller: func(page *html.Node, address *url.URL) *html.Node {
		found, err := distiller.Apply(page, &distiller.Options{OriginalURL: address})
		if err != nil {
			return nil
		}
		return found.Node
	},
}

// A block is a run of text that stands on lines of its own.
type block struct {
	texts []*html.Node
	// key is its letters and digits in lower case, size how many they are.
	key  string
	size int
	// votes has a bit for each seeker that takes it for a part of the article.
	votes   uint8
	caption bool
	heading bool
}

func (b block) by(reader int) bool { return b.votes>>reader&1 == 1 }

const (
	// longBlock is from where on a text is believed to be one although Trafilatura leaves it out.
	longBlock = 90
	// sameText is from where on a text is found inside a longer block of a seeker's.
	sameText = 25
	// leastAgreed is what share of Trafilatura's text the others must agree to, or it counts alone: they are
	// lost on that page.
	leastAgreed = 0.4
)

// vote answers the nodes of a page that belong to its article: texts, and the pictures that may.
func (e *Extractor) vote(page *html.Node, base *url.URL) (map[*html.Node]bool, error) {
	blocks, pictures := blocksOf(page), map[string]bool{}
	var failed error
	found := 0
	for i, find := range e.seekers {
		copied := cloneTree(page)
		var part *html.Node
		err := guarded(func() error { part = find(copied, base); return nil })
		switch {
		case err != nil:
			failed = err
		case part != nil:
			found++
			castVotes(blocks, part, i)
			for n := range part.Descendants() {
				if address := pictureOf(n, base); address != "" {
					pictures[address] = true
				}
			}
		}
	}
	if found == 0 && failed != nil {
		return nil, failed
	}
	kept := map[*html.Node]bool{}
	keep := elect(blocks)
	dropTeasers(blocks, keep)
	for i := range blocks {
		if !keep[i] {
			continue
		}
		for _, n := range blocks[i].texts {
			kept[n] = true
		}
	}
	for n := range page.Descendants() {
		if address := pictureOf(n, base); pictures[address] {
			kept[n] = true
		}
	}
	return kept, nil
}

// pictureOf is the address of an image; "" if it is none.
func pictureOf(n *html.Node, base *url.URL) string {
	if n.DataAtom != atom.Img {
		return ""
	}
	u, err := resolveURL(base, attr(n, "src"))
	if err != nil {
		return ""
	}
	return u.String()
}

// elect says which blocks are kept.
func elect(blocks []block) []bool {
	keep := make([]bool, len(blocks))
	var sizes [seekers]int
	agreed := 0
	for i, b := range blocks {
		for r := range seekers {
			if b.by(r) {
				sizes[r] += b.size
			}
		}
		if keep[i] = b.elected(); keep[i] {
			agreed += b.size
		}
	}
	leader := byTrafilatura
	if sizes[byTrafilatura] == 0 {
		leader = byReadability
	}
	if sizes[leader] == 0 {
		leader = byDistiller
	}
	if float64(agreed) < leastAgreed*float64(sizes[leader]) {
		for i, b := range blocks {
			keep[i] = b.by(leader)
		}
	}
	// What Readability alone has between two texts of the article belongs to them: a subheading, a short line.
	elected := append([]bool{}, keep...)
	for i := 1; i < len(blocks)-1; i++ {
		if !elected[i] && elected[i-1] && elected[i+1] && blocks[i].by(byReadability) && !blocks[i].caption {
			keep[i] = true
		}
	}
	return keep
}

// elected is whether enough seekers want a block.
func (b block) elected() bool {
	readable, distilled := b.by(byReadability), b.by(byDistiller)
	if b.by(byTrafilatura) {
		return readable || distilled
	}
	return readable && distilled && b.size > longBlock && !b.caption
}

// teaserHeads are the letters of the headings above lists of other articles, and of what else follows one.
var teaserHeads = map[string]bool{}

func init() {
	for _, head := range []string{
		"Related", "Related articles", "Related stories", "Related posts", "Related news", "Related content", "Related topics", "Related reading",
		"Read next", "Read also", "Read more", "More on this", "More on this story", "More from this author", "More stories", "More like this",
		"You may also like", "You might also like", "Recommended", "Recommended for you", "Recommended reading", "Most popular", "Most read",
		"Trending", "Trending now", "Latest news", "Latest posts", "Recent posts", "See also our", "Further reading on this site",
		"Mehr zum Thema", "Mehr dazu", "Lesen Sie auch", "Lies auch", "Das könnte Sie auch interessieren", "Das könnte dich auch interessieren",
		"Auch interessant", "Passend zum Thema", "Weitere Artikel", "Weitere Beiträge", "Ähnliche Artikel", "Ähnliche Beiträge", "Meistgelesen",
		"Verwandte Themen", "Verwandte Artikel", "Empfehlungen der Redaktion", "Aus dem Archiv", "Neueste Beiträge",
		"À lire aussi", "Lire aussi", "Sur le même sujet", "Sur le même thème", "Articles liés", "Articles similaires", "Les plus lus", "Vous aimerez aussi",
		"Noticias relacionadas", "Artículos relacionados", "Entradas relacionadas", "Te puede interesar", "También te puede interesar", "Lea también",
		"Lee también", "Más información", "Lo más leído", "Más noticias", "Relacionados",
		"Leggi anche", "Articoli correlati", "Potrebbe interessarti", "Potrebbe interessarti anche", "I più letti",
		"Leia também", "Veja também", "Notícias relacionadas", "Artigos relacionados", "Mais lidas",
		"Lees ook", "Meer over dit onderwerp", "Gerelateerde artikelen", "Läs också", "Läs mer", "Les også", "Læs også", "Czytaj także", "Zobacz także",
		"関連記事", "あわせて読みたい", "おすすめ記事", "人気記事", "相关阅读", "相关新闻", "相关文章", "推荐阅读", "延伸阅读", "相關閱讀", "相關新聞", "延伸閱讀", "관련 기사", "추천 기사",
	} {
		teaserHeads[letters(head)] = true
	}
}

// mostTeasers is what share of an article can be teasers of others.
const mostTeasers = 0.5

// dropTeasers takes lists of other articles out of what was elected: the smallest element around such a
// list's heading that holds links, where the article is not in the same one.
func dropTeasers(blocks []block, keep []bool) {
	total := 0
	for i, b := range blocks {
		if keep[i] {
			total += b.size
		}
	}
	for i, b := range blocks {
		if !keep[i] || !teaserHeads[b.key] {
			continue
		}
		var around *html.Node
		for n := b.texts[0].Parent; n != nil && n.DataAtom != atom.Body; n = n.Parent {
			if links, size := linksIn(n), sizeWithin(blocks, keep, n); links >= 2 && size > b.size {
				if float64(size) < mostTeasers*float64(total) {
					around = n
				}
				break
			}
		}
		for j := range blocks {
			if around != nil && isWithin(blocks[j].texts[0], around) {
				keep[j] = false
			}
		}
	}
}

func linksIn(n *html.Node) int {
	links := 0
	for c := range n.Descendants() {
		if c.DataAtom == atom.A {
			links++
		}
	}
	return links
}

// sizeWithin is how much of what is kept stands in an element.
func sizeWithin(blocks []block, keep []bool, n *html.Node) int {
	size := 0
	for i, b := range blocks {
		if keep[i] && isWithin(b.texts[0], n) {
			size += b.size
		}
	}
	return size
}

func isWithin(n, around *html.Node) bool {
	for ; n != nil; n = n.Parent {
		if n == around {
			return true
		}
	}
	return false
}

// castVotes marks the blocks that a seeker has found.
func castVotes(blocks []block, part *html.Node, seeker int) {
	own := map[string]bool{}
	var all strings.Builder
	for _, b := range blocksOf(part) {
		own[b.key] = true
		all.WriteString(b.key)
	}
	text := all.String()
	for i := range blocks {
		b := &blocks[i]
		if own[b.key] || b.size >= sameText && strings.Contains(text, b.key) {
			b.votes |= 1 << seeker
		}
	}
}

// unread are the elements whose text nobody sees as text.
var unread = map[atom.Atom]bool{
	atom.Head: true, atom.Script: true, atom.Style: true, atom.Noscript: true, atom.Template: true, atom.Svg: true,
	atom.Iframe: true, atom.Select: true, atom.Textarea: true, atom.Button: true, atom.Object: true,
}

// within are the elements that stand in a line of text.
var within = map[atom.Atom]bool{
	atom.A: true, atom.Abbr: true, atom.B: true, atom.Bdi: true, atom.Bdo: true, atom.Cite: true, atom.Code: true, atom.Data: true,
	atom.Del: true, atom.Dfn: true, atom.Em: true, atom.Font: true, atom.I: true, atom.Img: true, atom.Ins: true, atom.Kbd: true,
	atom.Label: true, atom.Mark: true, atom.Picture: true, atom.Q: true, atom.Rp: true, atom.Rt: true, atom.Ruby: true, atom.S: true,
	atom.Samp: true, atom.Small: true, atom.Source: true, atom.Span: true, atom.Strong: true, atom.Sub: true, atom.Sup: true,
	atom.Time: true, atom.Tt: true, atom.U: true, atom.Var: true, atom.Wbr: true,
}

// blocksOf are the blocks of a tree in its order; one without a letter or digit is none.
func blocksOf(root *html.Node) []block {
	var (
		out     []block
		current block
		walk    func(n *html.Node, caption, heading bool)
	)
	flush := func(caption, heading bool) {
		var text strings.Builder
		for _, n := range current.texts {
			text.WriteString(n.Data)
		}
		current.key = letters(text.String())
		current.size, current.caption, current.heading = utf8.RuneCountInString(current.key), caption, heading
		if current.size > 0 {
			out = append(out, current)
		}
		current = block{}
	}
	walk = func(n *html.Node, caption, heading bool) {
		switch {
		case n.Type == html.TextNode:
			current.texts = append(current.texts, n)
			return
		case n.Type == html.CommentNode, n.Type == html.ElementNode && unread[n.DataAtom]:
			return
		}
		stands := n.Type == html.ElementNode && (!within[n.DataAtom] || n.DataAtom == 0)
		if stands {
			flush(caption, heading)
			caption = caption || isCaption(n)
			heading = heading || isHeading(n)
		}
		for c := range n.ChildNodes() {
			walk(c, caption, heading)
		}
		if stands {
			flush(caption, heading)
		}
	}
	walk(root, false, false)
	flush(false, false)
	return out
}

func isHeading(n *html.Node) bool {
	switch n.DataAtom {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return true
	default:
		return false
	}
}

// isCaption is whether an element says what is on a picture, or whose it is.
func isCaption(n *html.Node) bool {
	if n.DataAtom == atom.Figcaption {
		return true
	}
	names := strings.ToLower(attr(n, "class") + " " + attr(n, "id"))
	return strings.Contains(names, "caption") || strings.Contains(names, "credit") || strings.Contains(names, "bildunterschrift")
}

// letters are the letters and digits of a text in lower case.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// cloneTree copies a tree, for those who change theirs.
func cloneTree(n *html.Node) *html.Node {
	c := &html.Node{Type: n.Type, DataAtom: n.DataAtom, Data: n.Data, Namespace: n.Namespace, Attr: append([]html.Attribute(nil), n.Attr...)}
	for child := range n.ChildNodes() {
		c.AppendChild(cloneTree(child))
	}
	return c
}

// dropTitle leaves out the headings that repeat the article's title: a document has it as a field.
func dropTitle(page *html.Node, kept map[*html.Node]bool, title string) {
	title = letters(title)
	for _, b := range blocksOf(page) {
		if !kept[b.texts[0]] {
			continue
		}
		if !b.heading {
			return
		}
		if title != "" && (b.key == title || b.size > sameText && strings.Contains(title, b.key)) {
			for _, n := range b.texts {
				delete(kept, n)
			}
		}
	}
}

// pruneToArticle takes everything out of a page but what is kept.
func pruneToArticle(page *html.Node, kept map[*html.Node]bool) {
	texts := 0
	for n := range kept {
		if n.Type == html.TextNode {
			texts++
		}
	}
	left := texts
	var prune func(n *html.Node)
	prune = func(n *html.Node) {
		for c := n.FirstChild; c != nil; {
			next := c.NextSibling
			switch {
			case kept[c] && c.Type == html.TextNode:
				left--
			// What stands before the first text is shown as the lead picture, what follows the last is no part of it.
			case kept[c] && left < texts && left > 0:
			case c.Type == html.TextNode && strings.TrimSpace(c.Data) == "":
			case c.Type != html.ElementNode, unread[c.DataAtom], c.DataAtom == atom.Img:
				n.RemoveChild(c)
			default:
				prune(c)
				tidy(n, c)
			}
			c = next
		}
	}
	prune(bodyOf(page))
}

// hollow is whether an element of a pruned page says nothing without others beside it.
func hollow(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Br, atom.Hr, atom.Wbr, atom.Col:
		return true
	case atom.Td, atom.Th:
		return n.FirstChild == nil
	default:
		return n.Type == html.TextNode && strings.TrimSpace(n.Data) == ""
	}
}

// tidy takes out an element that holds nothing any more, and puts what a mere wrapper holds in its place.
// Cells stay, for those beside them would move.
func tidy(parent, n *html.Node) {
	if hollow(n) {
		return
	}
	var only *html.Node
	count := 0
	for c := range n.ChildNodes() {
		if !hollow(c) {
			only = c
			count++
		}
	}
	cell := n.DataAtom == atom.Td || n.DataAtom == atom.Th
	switch {
	case count == 0 && cell:
		for n.FirstChild != nil {
			n.RemoveChild(n.FirstChild)
		}
	case count == 0:
		parent.RemoveChild(n)
	case count == 1 && wraps(n) && (blocks[only.DataAtom] || only.DataAtom == atom.Img):
		n.RemoveChild(only)
		parent.InsertBefore(only, n)
		parent.RemoveChild(n)
	}
}

func wraps(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Div, atom.Section, atom.Article, atom.Main, atom.Header, atom.Footer, atom.Aside, atom.Center, atom.Form:
		return true
	default:
		return false
	}
}
