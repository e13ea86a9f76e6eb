package research

import (
	"math"

	"github.com/content-creator/content-creator-api/annotate"
)

// BM25 as Lucene has it: its idf is never negative, so that a page does not sink for containing what most contain.
const (
	bm25K1 = 1.5
	bm25B  = 0.75
	// titleWeight is how often a title counts.
	titleWeight = 3
)

// A bm25 scores pages for one query.
type bm25 struct {
	query  map[string]float64 // the idf of each term
	counts []map[string]int
	length []int
	mean   float64
	// bound is what no page's score reaches: each term's idf times k1 + 1.
	bound float64
	// bodies are the terms of each page without its title.
	bodies [][]string
}

// newBM25 reads pages in the query's language.
func newBM25(q Query, groups []Group) *bm25 {
	x := &bm25{query: map[string]float64{}}
	total := 0
	for _, g := range groups {
		title, body := annotate.Stems(g.Title, q.tongue()), annotate.Stems(g.body(), q.tongue())
		counts := map[string]int{}
		for _, t := range title {
			counts[t] += titleWeight
		}
		for _, t := range body {
			counts[t]++
		}
		length := titleWeight*len(title) + len(body)
		x.counts, x.length, x.bodies = append(x.counts, counts), append(x.length, length), append(x.bodies, body)
		total += length
	}
	x.mean = float64(max(total, 1)) / float64(max(len(groups), 1))
	for _, term := range annotate.Stems(q.Text, q.tongue()) {
		with := 0
		for _, counts := range x.counts {
			if counts[term] > 0 {
				with++
			}
		}
		if _, seen := x.query[term]; !seen {
			idf := math.Log(1 + (float64(len(groups)-with)+0.5)/(float64(with)+0.5))
			x.query[term] = idf
			x.bound += idf * (bm25K1 + 1)
		}
	}
	return x
}

// score is a page's, and which share it is of what could be reached.
func (x *bm25) score(i int) (score, share float64) {
	norm := bm25K1 * (1 - bm25B + bm25B*float64(x.length[i])/x.mean)
	for _, term := range sortedKeys(x.query) {
		if n := float64(x.counts[i][term]); n > 0 {
			score += x.query[term] * n * (bm25K1 + 1) / (n + norm)
		}
	}
	if x.bound > 0 {
		share = score / x.bound
	}
	return score, share
}
