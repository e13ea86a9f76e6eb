package store

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

const (
	// TotalCap is the number up to which lists count exactly.
	TotalCap = 10_000
	// MaxPageDepth is how many items deep page numbers reach; cursors reach any depth.
	MaxPageDepth = 10_000
	// MaxPageSize is the most items that one page holds.
	MaxPageSize = 100
	// DefaultPageSize is how many items a page holds unless told.
	DefaultPageSize = 20
)

// A Page asks for a part of a list. The zero Page is the first one in the default order.
type Page struct {
	// Number counts from 1; it is ignored where there is a Cursor.
	Number int
	Size   int
	// Cursor is the NextCursor of the page before, asked for with the same filter and order.
	Cursor string
	// Sort is one of the list's orders; empty takes the default.
	Sort string
}

// A List is one page of a list.
type List[T any] struct {
	Items []T `json:"items"`
	// Total is exact if TotalRelation is "eq"; with "gte" there are at least as many.
	Total         int    `json:"total"`
	TotalRelation string `json:"total_relation"`
	// Page is 0 after a cursor.
	Page     int `json:"page"`
	PageSize int `json:"page_size"`
	// Pages counts as far as Total does.
	Pages int `json:"pages"`
	// NextCursor is nil on the last page.
	NextCursor *string `json:"next_cursor"`
}

// An order is one way to sort a list. It has no ties: its last key is unique.
type order struct {
	name string
	desc bool
	keys []sortKey
}

// A sortKey is a column, or an expression that an index knows. Nulls are not allowed. All keys of an
// order run in the same direction, so that a row comparison can continue behind any row.
type sortKey struct {
	column string
	kind   keyKind
}

// A keyKind is the SQL type of a sort key.
type keyKind string

const (
	keyText   keyKind = "text"
	keyTime   keyKind = "timestamptz"
	keyInt    keyKind = "integer"
	keyBigInt keyKind = "bigint"
	keyFloat  keyKind = "double precision"
	keyID     keyKind = "uuid"
)

// by is the order by clause.
func (o order) by(alias string) string {
	direction := ""
	if o.desc {
		direction = " desc"
	}
	var columns []string
	for _, key := range o.keys {
		columns = append(columns, alias+key.column+direction)
	}
	return strings.Join(columns, ", ")
}

// columns lists the keys, but for the id, for a select.
func (o order) columns(alias string) string {
	var columns []string
	for _, key := range o.keys[:len(o.keys)-1] {
		columns = append(columns, alias+key.column)
	}
	return strings.Join(columns, ", ")
}

// texts is the select expression that a cursor is made of.
func (o order) texts(alias string) string {
	var columns []string
	for _, key := range o.keys {
		columns = append(columns, alias+key.column+"::text")
	}
	return "array[" + strings.Join(columns, ", ") + "]"
}

// behind is the condition that continues an order behind the row with these keys.
func (o order) behind(alias string, keys []string, args pgx.NamedArgs) string {
	if o.desc {
		return o.compared(alias, " < ", "cursor_", keys, args)
	}
	return o.compared(alias, " > ", "cursor_", keys, args)
}

// until is the condition that a row comes no later than the one with these keys.
func (o order) until(alias string, keys []string, args pgx.NamedArgs) string {
	if o.desc {
		return o.compared(alias, " >= ", "until_", keys, args)
	}
	return o.compared(alias, " <= ", "until_", keys, args)
}

func (o order) compared(alias, comparison, prefix string, keys []string, args pgx.NamedArgs) string {
	var columns, values []string
	for i, key := range o.keys {
		name := prefix + strconv.Itoa(i)
		args[name] = keys[i]
		columns = append(columns, alias+key.column)
		values = append(values, "@"+name+"::text::"+string(key.kind))
	}
	return "(" + strings.Join(columns, ", ") + ")" + comparison + "(" + strings.Join(values, ", ") + ")"
}

// A paging is a Page that has been checked.
type paging struct {
	order  order
	number int
	size   int
	// filter stands for the filter's values; a cursor works with the same only.
	filter string
	// after holds the sort keys of the row to continue behind; nil starts at the beginning.
	after []string
	// mark is what a search keeps from its first page on.
	mark int64
}

type cursor struct {
	Sort   string   `json:"s"`
	Filter string   `json:"f"`
	Keys   []string `json:"k"`
	Mark   int64    `json:"m,omitempty"`
}

// offset is how many rows come before the page.
func (p paging) offset() int {
	if p.after != nil {
		return 0
	}
	return (p.number - 1) * p.size
}

// checked turns a Page into a paging, or says every fault of it. The first order is the default;
// filter is any value that stands for what is being listed.
func (p Page) checked(resource string, orders []order, filter any) (paging, error) {
	faults := map[string]string{}
	checked := paging{order: orders[0], number: max(p.Number, 1), size: p.Size, filter: fingerprint(filter)}
	if p.Size == 0 {
		checked.size = DefaultPageSize
	}
	if p.Number < 0 {
		faults["page"] = "pages count from 1"
	}
	if checked.size < 0 || checked.size > MaxPageSize {
		faults["page_size"] = fmt.Sprintf("must be from 1 to %d", MaxPageSize)
	}
	if p.Sort != "" {
		i := slices.IndexFunc(orders, func(o order) bool { return o.name == p.Sort })
		if i < 0 {
			faults["sort"] = "must be one of " + orderNames(orders)
			return checked, invalid(resource, "The list cannot be read so.", faults)
		}
		checked.order = orders[i]
	}
	if p.Cursor != "" {
		if fault := checked.follow(p.Cursor); fault != "" {
			faults["cursor"] = fault
		}
	}
	if p.Cursor == "" && checked.number > MaxPageDepth/max(checked.size, 1) {
		faults["page"] = fmt.Sprintf("page numbers reach %d items deep; go further with cursor", MaxPageDepth)
	}
	if len(faults) > 0 {
		return checked, invalid(resource, "The list cannot be read so.", faults)
	}
	return checked, nil
}

// follow continues behind an encoded cursor, or answers what is wrong with it.
func (p *paging) follow(encoded string) string {
	const broken = "is not a cursor that this list gave"
	text, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return broken
	}
	var c cursor
	if err := json.Unmarshal(text, &c); err != nil {
		return broken
	}
	if c.Sort != p.order.name {
		return "belongs to another order: repeat the sort of the page that gave it"
	}
	if c.Filter != p.filter {
		return "belongs to other filters: repeat the filters of the page that gave it"
	}
	if !p.order.fits(c.Keys) || c.Mark < 0 {
		return broken
	}
	p.after, p.mark, p.number = c.Keys, c.Mark, 0
	return ""
}

func (p paging) cursor(keys []string) *string {
	// Strings and numbers always have a JSON form.
	text, _ := json.Marshal(cursor{Sort: p.order.name, Filter: p.filter, Keys: keys, Mark: p.mark})
	encoded := base64.RawURLEncoding.EncodeToString(text)
	return &encoded
}

// fingerprint stands for a filter in a cursor.
func fingerprint(filter any) string {
	text, _ := json.Marshal(filter)
	sum := sha256.Sum256(text)
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}

// fits reports whether keys can be sort keys of this order, so that no hostile cursor reaches a cast.
func (o order) fits(keys []string) bool {
	if len(keys) != len(o.keys) {
		return false
	}
	for i, key := range o.keys {
		if !key.kind.fits(keys[i]) {
			return false
		}
	}
	return true
}

func (k keyKind) fits(key string) bool {
	var err error
	switch k {
	case keyTime:
		_, err = keyMoment(key)
	case keyInt:
		_, err = strconv.ParseInt(key, 10, 32)
	case keyBigInt:
		_, err = strconv.ParseInt(key, 10, 64)
	case keyFloat:
		_, err = strconv.ParseFloat(key, 64)
	case keyID:
		_, err = uuid.Parse(key)
	case keyText:
		return utf8.ValidString(key) && !strings.ContainsRune(key, 0)
	}
	return err == nil
}

// keyMoment reads a sort key that is a time; the zero time stands for no date.
func keyMoment(key string) (time.Time, error) {
	if key == "-infinity" {
		return time.Time{}, nil
	}
	return time.Parse("2006-01-02 15:04:05.999999-07", key)
}

func orderNames(orders []order) string {
	var names []string
	for _, o := range orders {
		names = append(names, o.name)
	}
	return strings.Join(names, ", ")
}

// newList is the page of these rows, which are one more than asked for unless it is the last.
func newList[T any](p paging, items []T, keys [][]string, count total) List[T] {
	list := List[T]{
		Items: items, Total: count.rows, TotalRelation: "eq", PageSize: p.size, Page: p.number,
		Pages: (count.rows + p.size - 1) / p.size,
	}
	if !count.exact {
		list.TotalRelation = "gte"
	}
	if len(items) > p.size {
		list.Items = items[:p.size]
		list.NextCursor = p.cursor(keys[p.size-1])
	}
	if list.Items == nil {
		list.Items = []T{}
	}
	return list
}

// A total is how many rows match, as far as they were counted.
type total struct {
	rows  int
	exact bool
}

// counted makes a total of a count that stopped behind limit.
func counted(count, limit int) total {
	return total{rows: min(count, limit), exact: count <= limit}
}
