package collect

import (
	"hash/fnv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// A token is a word, a number, or two neighbouring characters of a script that puts no spaces between words.
type token struct {
	// text is folded: compatibility forms and capitals are gone.
	text string
	hash uint64
	// raw is as it was written.
	raw     string
	number  bool
	capital bool
	// first: nothing stands before it in its sentence.
	first bool
}

// maxCompared bounds how much of a text is compared.
const maxCompared = 8000

// unspaced are the scripts whose words no space tells apart.
var unspaced = []*unicode.RangeTable{unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar}

func isUnspaced(r rune) bool {
	const longSound = 'ー' // of both kana, and so of no script of its own
	return r >= '\u0e00' && (unicode.In(r, unspaced...) || r == longSound)
}

// tokens are the words and numbers of a text, whatever its language. 1,200.50 is one number, l'eau two words.
func tokens(text string) []token {
	runes := []rune(norm.NFKC.String(text))
	var list []token
	first := true
	for i := 0; i < len(runes) && len(list) < maxCompared; {
		r := runes[i]
		switch {
		case isUnspaced(r):
			end := i + 1
			for end < len(runes) && isUnspaced(runes[end]) {
				end++
			}
			list = append(list, pairs(runes[i:end], first)...)
			i, first = end, false
		case unicode.IsDigit(r):
			end := numberEnd(runes, i)
			list = append(list, newToken(runes[i:end], first))
			i, first = end, false
		case unicode.IsLetter(r):
			end := wordEnd(runes, i)
			list = append(list, newToken(runes[i:end], first))
			i, first = end, false
		default:
			first = first || endsSentence(r)
			i++
		}
	}
	return list[:min(len(list), maxCompared)]
}

func endsSentence(r rune) bool { return strings.ContainsRune(".!?:\n。！？", r) }

func newToken(runes []rune, first bool) token {
	raw := string(runes)
	text := strings.ToLower(raw)
	return token{
		text: text, hash: hashOf(text), raw: raw, number: unicode.IsDigit(runes[0]), capital: unicode.IsUpper(runes[0]), first: first,
	}
}

// pairs are the overlapping pairs of characters of a run; a lonely character stands for itself.
func pairs(run []rune, first bool) []token {
	if len(run) == 1 {
		return []token{newToken(run, first)}
	}
	list := make([]token, 0, len(run)-1)
	for i := range run[:len(run)-1] {
		list = append(list, newToken(run[i:i+2], first && i == 0))
	}
	return list
}

func numberEnd(runes []rune, i int) int {
	for i++; i < len(runes); i++ {
		inside := strings.ContainsRune(".,:", runes[i]) && i+1 < len(runes) && unicode.IsDigit(runes[i+1])
		if !inside && !unicode.IsDigit(runes[i]) {
			break
		}
	}
	return i
}

func wordEnd(runes []rune, i int) int {
	for i++; i < len(runes); i++ {
		if !unicode.IsLetter(runes[i]) && !unicode.IsDigit(runes[i]) && !unicode.IsMark(runes[i]) || isUnspaced(runes[i]) {
			break
		}
	}
	return i
}

func hashOf(text string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text))
	return h.Sum64()
}

// mix spreads a number over all 64 bits (the finaliser of SplitMix64).
func mix(h uint64) uint64 {
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// shingles are the hashes of every k tokens in a row, in their order.
func shingles(list []token, k int) []uint64 {
	if len(list) < k {
		return nil
	}
	hashes := make([]uint64, 0, len(list)-k+1)
	for i := range len(list) - k + 1 {
		h := uint64(k)
		for _, t := range list[i : i+k] {
			h = mix(h*0x9e3779b97f4a7c15 + t.hash)
		}
		hashes = append(hashes, h)
	}
	return hashes
}
