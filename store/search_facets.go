package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// A Facet counts the values of a field among the documents that match a search.
type Facet struct {
	Field string `json:"field"`
	// Relation is "eq" where all matches were counted. With "gte" only the newest were: each count is a lower bound,
	// and Counted says of how many.
	Relation string `json:"relation"`
	Counted  int    `json:"counted"`
	// Values are the most frequent, of months the latest; at most 20.
	Values []FacetValue `json:"values"`
	// Other is how many of those counted have none of Values.
	Other int `json:"other"`
}

// A FacetValue is a value and how many matches have it.
type FacetValue struct {
	// Value is nil for documents without a date.
	Value *string `json:"value"`
	Count int     `json:"count"`
}

// facetValues is how many values a facet has at most.
const facetValues = 20

// facetFields are the fields that can be counted, as expressions over what tallied selects.
var facetFields = map[string]string{
	"source": "source", "source_name": "source_name", "language": "language", "domain": "domain", "market": "market",
	"month": "case when month > '-infinity' then to_char(month, 'YYYY-MM') end",
}

// FacetFields are the fields that FindDocuments can count the values of.
func FacetFields() []string { return slices.Sorted(maps.Keys(facetFields)) }

// facets counts the values of fields among the matches: all of them where they are few enough to be read, else the
// newest. Either is a bounded number of rows.
func (f hits[T]) facets(ctx context.Context, fields []string) ([]Facet, error) {
	if len(fields) == 0 {
		return nil, nil
	}
	facets := make([]Facet, len(fields))
	for i, field := range fields {
		if _, known := facetFields[field]; !known {
			return nil, invalid("document", "The facets cannot be counted.", map[string]string{
				"facets": "must be of " + strings.Join(FacetFields(), ", "),
			})
		}
		facets[i] = Facet{Field: field, Relation: "eq", Values: []FacetValue{}}
	}
	if f.hunt == nil {
		return facets, nil
	}
	relation := "eq"
	if !f.count.exact {
		relation = "gte"
	}
	counted, err := f.hunt.tally(ctx, f.count.exact, facets)
	if err != nil {
		return nil, fmt.Errorf("count facets: %w", err)
	}
	for i := range facets {
		facets[i].Relation, facets[i].Counted, facets[i].Other = relation, counted, counted
		for _, value := range facets[i].Values {
			facets[i].Other -= value.Count
		}
	}
	return facets, nil
}

// tally fills in the values of facets and answers how many matches were counted. Rows are counted by the number of
// their combination of values first; what that stands for is looked up once for each.
func (h *hunt) tally(ctx context.Context, all bool, facets []Facet) (counted int, err error) {
	args := maps.Clone(h.s.args)
	gathered, err := h.gatheredSQL(ctx, all, args)
	if err != nil {
		return 0, err
	}
	matching := "true"
	if h.phrase {
		matching = h.own("g.", "g.search_vector @@ ")
	}
	q := `with gathered as materialized (` + gathered + `),
		counted as (
			select g.facet, date_trunc('month', g.published_order) as month, count(*) as n
			from gathered g
			where ` + matching + `
			group by 1, 2),
		tallied as materialized (
			select c.n, c.month, v.*
			from counted c
			cross join lateral (
				select f.source, f.source_name, f.language, f.domain, f.market
				from ` + h.facets + ` f
				where f.facet = c.facet
				limit 1) v)
		select -1 as field, null as value, coalesce(sum(n), 0) as n from tallied`
	for i, facet := range facets {
		first := "n desc, value"
		if facet.Field == "month" {
			first = "value desc nulls last"
		}
		q += fmt.Sprintf(`
		union all
		(select %d, %s as value, sum(n) as n from tallied group by 2 order by %s limit %d)`, i, facetFields[facet.Field], first, facetValues)
	}
	rows, _ := h.db.Query(ctx, q, args)
	var field, n int
	var value *string
	_, err = pgx.ForEachRow(rows, []any{&field, &value, &n}, func() error {
		if field < 0 {
			counted = n
			return nil
		}
		facets[field].Values = append(facets[field].Values, FacetValue{value, n})
		return nil
	})
	return counted, err
}

// gatheredSQL selects the matches to count: all, or the newest step by step until there are enough.
func (h *hunt) gatheredSQL(ctx context.Context, all bool, args pgx.NamedArgs) (string, error) {
	columns := "t.facet, t.published_order"
	args["counted"] = h.counted
	if h.phrase {
		columns += ", t.language, t.search_vector"
		args["counted"] = h.phrased
	}
	if all {
		return `
			select ` + columns + `
			from ` + h.table + ` t
			where ` + allOf(h.everywhere(args), h.s.rest("t.seq <= @newest")), nil
	}
	steps, err := h.steps(ctx)
	if err != nil {
		return "", err
	}
	from, matching := h.within(steps, args)
	return `
			select x.*
			from ` + from + `
			cross join lateral (
				select ` + columns + `
				from ` + h.table + ` t
				where ` + allOf(matching, h.s.rest()) + `
				order by t.seq desc
				limit @counted) x
			limit @counted`, nil
}
