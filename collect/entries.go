package collect

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"

	"github.com/content-creator/content-creator-api/store"
)

// add makes a document of an entry, unless an earlier one is the same.
//
// Most feeds give each article an address. Others link all of their entries to one page: a changelog to its
// sections, a podcast to its show, a status page to itself. None of those may push another one out, so that
// each is kept under an address of its own making.
func (r *reader) add(b *Batch, e entry) error {
	address, canonical, err := r.address(e)
	if err != nil {
		return err
	}
	d := r.document(e, address, canonical)
	if r.source == store.TypeRSS {
		d.EntryAddress = r.entryAddress(e, address, d)
		if canonical == r.site {
			// The site itself is no article.
			d.CanonicalURL = d.EntryAddress
		}
	}
	for _, i := range r.seen[canonical] {
		if r.source != store.TypeRSS || same(b.Documents[i], d) {
			b.Duplicates++
			return nil
		}
	}
	r.seen[canonical] = append(r.seen[canonical], len(b.Documents))
	b.Documents = append(b.Documents, d)
	if at := r.seen[canonical]; len(at) > 1 {
		for _, i := range at {
			b.Documents[i].CanonicalURL = b.Documents[i].EntryAddress
		}
	}
	return nil
}

// same is whether two entries at one address are one: they have the same title, and nothing else tells them apart.
func same(a, b store.Document) bool {
	return a.Title == b.Title && (a.GUID() == "" || b.GUID() == "" || a.GUID() == b.GUID() || a.ContentHash == b.ContentHash)
}

// entryAddress tells an entry from others at its address: by its guid and the place on the page that it links
// to, else by its title. Where a feed uses a guid twice, the title counts, too.
func (r *reader) entryAddress(e entry, address *url.URL, d store.Document) string {
	says := strings.TrimSpace(e.guid)
	if canonical, err := Canonical(says); err == nil && canonical == d.CanonicalURL {
		says = ""
	}
	key := address.EscapedFragment() + "\n" + says
	if says == "" {
		key += "\n" + d.Title
	}
	made := entryKey(d.CanonicalURL, key)
	if r.kept[made] {
		made = entryKey(d.CanonicalURL, key+"\n"+d.Title)
	}
	r.kept[made] = true
	return made
}

func entryKey(canonical, key string) string {
	sum := sha256.Sum256([]byte(key))
	page, _, _ := strings.Cut(canonical, "#")
	return page + "#entry-" + hex.EncodeToString(sum[:8])
}
