package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/net/publicsuffix"
)

// A selection is what a filter selects, as SQL.
type selection struct {
	args pgx.NamedArgs
	// equal are conditions over the columns of the facets.
	equal []string
	// rows are the other conditions, over the columns of the table.
	rows []rowCondition
	// tags are the filters as the search index knows them.
	tags []tagged
	// spans are the bounds of time columns.
	spans map[string]span
	// facets are the facets that equal selects; nil where it has no condition.
	facets []int64
	// languages are those of the facets; nil where there are none.
	languages []string
	// named is the filter whose values are to be looked up in the facets.
	named *tagged
}

type rowCondition struct {
	column, sql string
	// tagged: the search index answers it exactly.
	tagged bool
}

// tagged is a filter by any of some values.
type tagged struct {
	kind   string
	values []string
}

// A span reaches from its first moment up to, but not including, its last.
type span struct{ after, before *time.Time }

func newSelection() *selection {
	return &selection{args: pgx.NamedArgs{}, spans: map[string]span{}}
}

// is selects rows whose column has one of these values; no value selects all.
func (s *selection) is(column, kind string, values ...string) {
	values = slices.DeleteFunc(slices.Clone(values), func(value string) bool { return value == "" })
	if len(values) == 0 {
		return
	}
	s.args[column] = values
	s.equal = append(s.equal, column+"::text = any(@"+column+"::text[])")
	s.tags = append(s.tags, tagged{kind, values})
}

// below selects rows whose column is a site, or a host below it; "" selects all. Below a public suffix, such as com,
// there is no site.
func (s *selection) below(column, kind, site string) {
	if site == "" {
		return
	}
	s.args["site"] = site
	condition := column + " = @site::text"
	if _, err := publicsuffix.EffectiveTLDPlusOne(site); err == nil {
		condition = "(" + condition + " or right(" + column + ", length(@site::text) + 1) = '.' || @site::text)"
	}
	s.equal = append(s.equal, condition)
	s.named = &tagged{kind, []string{column}}
}

// leastTagged is from which value on atLeast uses the search index.
const leastTagged = 7

// atLeast selects rows whose column, from 1 to 10, has this value or more; 0 selects all.
func (s *selection) atLeast(column, kind string, value int) {
	if value <= 1 {
		return
	}
	s.args[column] = value
	s.rows = append(s.rows, rowCondition{column, "t." + column + " >= @" + column + "::integer", value >= leastTagged})
	if value < leastTagged {
		// Most rows have it: looking at them costs less than asking the index for each value.
		return
	}
	var values []string
	for v := value; v <= 10; v++ {
		values = append(values, strconv.Itoa(v))
	}
	s.tags = append(s.tags, tagged{kind, values})
}

// within selects rows whose column lies in the span. A row without a date lies in none.
func (s *selection) within(column string, after, before *time.Time) {
	if after == nil && before == nil {
		return
	}
	s.spans[column] = span{after, before}
	condition := "t." + column + " > '-infinity'"
	if after != nil {
		s.args[column+"_after"] = *after
		condition = "t." + column + " >= @" + column + "_after::timestamptz"
	}
	if before != nil {
		s.args[column+"_before"] = *before
		condition += " and t." + column + " < @" + column + "_before::timestamptz"
	}
	s.rows = append(s.rows, rowCondition{column, condition, false})
}

// where joins the conditions over rows, with any others.
func (s *selection) where(more ...string) string {
	var conditions []string
	for _, row := range s.rows {
		conditions = append(conditions, row.sql)
	}
	return allOf(append(conditions, more...)...)
}

// rest joins the conditions that the search index does not answer, in a form in which no other index does:
// the planner would read that, too, and intersect.
func (s *selection) rest(more ...string) string {
	conditions := more
	for _, row := range s.rows {
		if !row.tagged {
			conditions = append(conditions, "("+row.sql+") is true")
		}
	}
	return allOf(conditions...)
}

// split parts the conditions into those on the column and the rest.
func (s *selection) split(column string) (on, off string) {
	var these, others []string
	for _, row := range s.rows {
		if row.column == column {
			these = append(these, row.sql)
			continue
		}
		others = append(others, row.sql)
	}
	return allOf(these...), allOf(others...)
}

func allOf(conditions ...string) string {
	conditions = slices.DeleteFunc(conditions, func(c string) bool { return c == "" || c == "true" })
	if len(conditions) == 0 {
		return "true"
	}
	return strings.Join(conditions, " and ")
}

// inFacets is the condition that a row t is in the selected facets. "Is true" keeps the planner from
// turning it into a join, which would lose the order of a walk.
func (s *selection) inFacets() string {
	if s.facets == nil {
		return "true"
	}
	return "(t.facet in (select unnest(@facets::bigint[]))) is true"
}

// resolve looks up the facets that the filters select.
func (l *listing) resolve(ctx context.Context, db querier, s *selection) error {
	if len(s.equal) == 0 {
		return nil
	}
	q := `
		select coalesce(array_agg(f.facet), '{}'), coalesce(array_agg(distinct f.language), '{}')
		from (select distinct facet, language from ` + l.facets + ` where ` + allOf(s.equal...) + `) f`
	if err := db.QueryRow(ctx, q, s.args).Scan(&s.facets, &s.languages); err != nil {
		return fmt.Errorf("look up facets: %w", err)
	}
	s.args["facets"] = s.facets
	if s.named == nil {
		return nil
	}
	return l.lookUp(ctx, db, s)
}

// maxNamed is for how many values of a filter the search index is asked; rows are looked at where there are more.
const maxNamed = 200

// lookUp turns a filter by values that are still to be found into one that the search index knows.
func (l *listing) lookUp(ctx context.Context, db querier, s *selection) error {
	var values []string
	q := `select coalesce(array_agg(distinct ` + s.named.values[0] + `), '{}') from ` + l.facets + ` where ` + allOf(s.equal...)
	if err := db.QueryRow(ctx, q, s.args).Scan(&values); err != nil {
		return fmt.Errorf("look up %s: %w", s.named.values[0], err)
	}
	if len(values) <= maxNamed {
		s.tags = append(s.tags, tagged{s.named.kind, values})
		return nil
	}
	s.rows = append(s.rows, rowCondition{"facet", s.inFacets(), false})
	return nil
}

// nothing reports that the filters exclude each other.
func (s *selection) nothing() bool { return s.facets != nil && len(s.facets) == 0 }
