package research

import (
	"cmp"
	"slices"
	"strings"

	"github.com/content-creator/content-creator-api/store"
)

// clusterAddresses is how many addresses a cluster tells.
const clusterAddresses = 10

// ClusterKeywords puts keywords together whose searches share at least so many of their first results, by canonical address. Each
// keyword of a cluster shares them with its hub, so that no chain of neighbours joins what has nothing in common. The hub is the
// keyword with most neighbours that are in no cluster yet. The order of the keywords does not matter.
//
// Pairs are found by the addresses they share, so that what has nothing in common costs nothing.
func ClusterKeywords(keywords []store.KeywordResults, least int) (clusters []store.KeywordCluster, alone []store.LoneKeyword) {
	keywords = slices.Clone(keywords)
	slices.SortFunc(keywords, func(a, b store.KeywordResults) int {
		return cmp.Or(strings.Compare(store.TitleKey(a.Keyword), store.TitleKey(b.Keyword)), strings.Compare(a.Keyword, b.Keyword))
	})
	overlaps := overlapsOf(keywords, least)
	clusters, alone = []store.KeywordCluster{}, []store.LoneKeyword{}
	clustered := make([]bool, len(keywords))
	for {
		hub := nextHub(overlaps, clustered)
		if hub < 0 {
			break
		}
		members := []neighbour{{hub, len(overlaps[hub].addresses)}}
		for _, n := range overlaps[hub].near {
			if !clustered[n.keyword] {
				members = append(members, n)
			}
		}
		slices.SortStableFunc(members[1:], func(a, b neighbour) int { return cmp.Compare(b.shared, a.shared) })
		for _, m := range members {
			clustered[m.keyword] = true
			for _, n := range overlaps[m.keyword].near {
				overlaps[n.keyword].free--
			}
		}
		clusters = append(clusters, clusterOf(keywords, overlaps, members))
	}
	for i, done := range clustered {
		if done {
			continue
		}
		lone := store.LoneKeyword{KeywordResults: keywords[i], Shared: overlaps[i].closest.shared}
		if lone.Shared > 0 {
			lone.Closest = &keywords[overlaps[i].closest.keyword].Keyword
		}
		alone = append(alone, lone)
	}
	return clusters, alone
}

// A neighbour is a keyword with how many addresses it shares.
type neighbour struct{ keyword, shared int }

// An overlap is what a keyword has in common with others.
type overlap struct {
	// addresses are its own, each once.
	addresses []string
	// near share enough, free of them are in no cluster yet, strength is all that they share.
	near           []neighbour
	free, strength int
	closest        neighbour
}

func overlapsOf(keywords []store.KeywordResults, least int) []overlap {
	overlaps := make([]overlap, len(keywords))
	// found has the keywords that find an address.
	found := map[string][]int{}
	for i, keyword := range keywords {
		for _, address := range keyword.Addresses {
			if address = canonicalOf(address); !slices.Contains(overlaps[i].addresses, address) {
				overlaps[i].addresses = append(overlaps[i].addresses, address)
				found[address] = append(found[address], i)
			}
		}
	}
	shared := make([]int, len(keywords))
	for i := range overlaps {
		o := &overlaps[i]
		var met []int
		for _, address := range o.addresses {
			for _, j := range found[address] {
				if shared[j]++; shared[j] == 1 {
					met = append(met, j)
				}
			}
		}
		slices.Sort(met)
		for _, j := range met {
			n := neighbour{j, shared[j]}
			shared[j] = 0
			if j == i {
				continue
			}
			if n.shared > o.closest.shared {
				o.closest = n
			}
			if n.shared >= least {
				o.near = append(o.near, n)
				o.strength += n.shared
			}
		}
		o.free = len(o.near)
	}
	return overlaps
}

// nextHub is the keyword with most free neighbours, then with most in common with its neighbours; -1 where none has any.
func nextHub(overlaps []overlap, clustered []bool) int {
	best := -1
	for i, o := range overlaps {
		if clustered[i] || o.free == 0 {
			continue
		}
		if best < 0 || o.free > overlaps[best].free || o.free == overlaps[best].free && o.strength > overlaps[best].strength {
			best = i
		}
	}
	return best
}

// clusterOf tells a cluster, the first member of which is its hub.
func clusterOf(keywords []store.KeywordResults, overlaps []overlap, members []neighbour) store.KeywordCluster {
	hub := overlaps[members[0].keyword].addresses
	cluster := store.KeywordCluster{Hub: keywords[members[0].keyword].Keyword}
	uses := map[string]int{}
	for _, m := range members {
		member := store.ClusteredKeyword{KeywordResults: keywords[m.keyword]}
		for _, address := range overlaps[m.keyword].addresses {
			uses[address]++
			if slices.Contains(hub, address) {
				member.Shared = append(member.Shared, address)
			}
		}
		cluster.Keywords = append(cluster.Keywords, member)
	}
	for address, keywords := range uses {
		if keywords > 1 {
			cluster.Addresses = append(cluster.Addresses, store.SharedAddress{URL: address, Keywords: keywords})
		}
	}
	slices.SortFunc(cluster.Addresses, func(a, b store.SharedAddress) int {
		return cmp.Or(cmp.Compare(b.Keywords, a.Keywords), strings.Compare(a.URL, b.URL))
	})
	cluster.Addresses = cluster.Addresses[:min(len(cluster.Addresses), clusterAddresses)]
	return cluster
}
