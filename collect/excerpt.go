package collect

import (
	"regexp"
	"strings"

	"github.com/content-creator/content-creator-api/store"
)

// excerptWords is from how many words on a feed's text is taken for the whole article.
const excerptWords = 200

// leadsOn is how an excerpt ends that wants to be clicked on.
var leadsOn = regexp.MustCompile(`(?i)(?:…|\.\.\.|\[…\]|\[\.\.\.\]|&hellip;|` +
	`\b(?:(?:continue|keep) reading|read (?:more|on|the (?:full|whole|rest).{0,40})|more|full (?:story|article)|view (?:full )?(?:article|post)|` +
	`weiterlesen|weiter lesen|mehr lesen|mehr erfahren|mehr|zum (?:artikel|beitrag)|lire (?:la suite|plus)|en savoir plus|` +
	`(?:leer|ver|seguir) (?:más|leyendo)|sigue leyendo|continuar leyendo|leggi (?:tutto|di più|l'articolo)|continua (?:a leggere)?|` +
	`lees (?:meer|verder)|ler mais|leia mais|czytaj (?:dalej|więcej)|läs (?:mer|vidare)|les mer|læs mere)|` +
	`続きを読む|もっと見る|阅读全文|继续阅读|閱讀全文|더 보기)[\s.…»>→\])]*$`)

// wordpressEnd is the line that WordPress puts below the entries of a feed, whole or not.
var wordpressEnd = regexp.MustCompile(`(?i)\n(?:The post .+ (?:first )?appeared first on .+|Der Beitrag .+ erschien zuerst auf .+|` +
	`L’article .+ est apparu en premier sur .+|La entrada .+ (?:se publicó|apareció) primero en .+|L'articolo .+ proviene da .+)$`)

// IsExcerpt is whether a document's text is probably less than its page has: it is short, or ends like a
// text that goes on elsewhere.
func IsExcerpt(d store.Document) bool {
	if d.ContentText == nil || d.WordCount == nil || *d.WordCount < excerptWords {
		return true
	}
	text := wordpressEnd.ReplaceAllString(strings.TrimSpace(*d.ContentText), "")
	if len(text) > 200 {
		text = text[len(text)-200:]
	}
	return leadsOn.MatchString(text)
}
