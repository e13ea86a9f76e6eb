package store

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// A plainListing lists a table that ordinary SQL is fast enough for: collections, fetches, hosts, jobs, keys.
type plainListing[T any] struct {
	resource string
	// from is the from clause and where its conditions; both use the same names as the orders.
	columns, from, where string
	// orders, the first of which is the default.
	orders []order
	scan   pgx.RowToFunc[T]
	// keys are an item's sort keys in an order, as a cursor holds them.
	keys func(item T, order string) []string
}

// page answers one page of what args select.
func (l plainListing[T]) page(ctx context.Context, s *Store, p Page, args pgx.NamedArgs) (List[T], error) {
	checked, err := p.checked(l.resource, l.orders, args)
	if err != nil {
		return List[T]{}, err
	}
	args = maps.Clone(args)
	args["limit"], args["offset"], args["cap"] = checked.size+1, checked.offset(), s.totalCap+1
	behind := "true"
	if checked.after != nil {
		behind = checked.order.behind("", checked.after, args)
	}
	q := `
		select ` + l.columns + `
		from ` + l.from + `
		where ` + l.where + ` and ` + behind + `
		order by ` + checked.order.by("") + `
		limit @limit offset @offset`
	rows, _ := s.planned(ctx).Query(ctx, q, args)
	items, err := pgx.CollectRows(rows, l.scan)
	if err != nil {
		return List[T]{}, fmt.Errorf("list: %w", err)
	}
	var count int
	q = `select count(*) from (select from ` + l.from + ` where ` + l.where + ` limit @cap) counted`
	if err := s.planned(ctx).QueryRow(ctx, q, args).Scan(&count); err != nil {
		return List[T]{}, fmt.Errorf("count: %w", err)
	}
	keys := make([][]string, len(items))
	for i, item := range items {
		keys[i] = l.keys(item, checked.order.name)
	}
	return newList(checked, items, keys, counted(count, s.totalCap)), nil
}

// momentKey is a time as a cursor holds it.
func momentKey(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05.999999-07") }

// A CollectionFilter narrows a list of collections; nil fields do not.
type CollectionFilter struct {
	Domain, Market, Type, Health *string
	// Category selects a folder with all that is inside of it.
	Category *string
	Enabled  *bool
}

var collectionListing = plainListing[Collection]{
	resource: "collection",
	columns:  collectionColumns,
	from:     "collections",
	where: `(@domain::text is null or domain = @domain)
			and (@market::text is null or market = @market)
			and (@type::text is null or type = @type)
			and (@category::text is null or category = @category or starts_with(category, @category || '/'))
			and (@health::text is null or health = @health)
			and (@enabled::boolean is null or enabled = @enabled)`,
	orders: []order{
		{name: "-created_at", desc: true, keys: []sortKey{{"created_at", keyTime}, {"id", keyID}}},
		{name: "name", keys: []sortKey{{"lower(name)", keyText}, {"id", keyID}}},
		{name: "next_poll_at", keys: []sortKey{{"next_poll_at", keyTime}, {"id", keyID}}},
	},
	scan: pgx.RowToStructByName[Collection],
	keys: func(c Collection, order string) []string {
		switch order {
		case "name":
			// The index lowers as the database does, which need not be as Go does.
			return []string{c.NameKey, c.ID.String()}
		case "next_poll_at":
			return []string{momentKey(c.NextPollAt), c.ID.String()}
		}
		return []string{momentKey(c.CreatedAt), c.ID.String()}
	},
}

// Collections answers one page of collections.
func (s *Store) Collections(ctx context.Context, f CollectionFilter, p Page) (List[Collection], error) {
	return collectionListing.page(ctx, s, p, f.args())
}

func (f CollectionFilter) args() pgx.NamedArgs {
	if f.Market != nil {
		f.Market = new(marketCode(*f.Market))
	}
	return pgx.NamedArgs{
		"domain": f.Domain, "market": f.Market, "type": f.Type, "category": categoryPath(f.Category), "health": f.Health, "enabled": f.Enabled,
	}
}

// A JobFilter narrows a list of jobs; nil fields do not.
type JobFilter struct{ Kind, State *string }

// queueStates are the queue's states that the API may call so; its index knows only these.
var queueStates = map[string][]string{
	"queued":    {"available", "pending", "retryable", "scheduled"},
	"running":   {"running"},
	"succeeded": {"completed"},
	"failed":    {"cancelled", "discarded"},
	"cancelled": {"cancelled"},
}

var jobListing = plainListing[Job]{
	resource: "job",
	columns:  jobColumns,
	from:     "river_job left join job_progress on job_progress.job_id = river_job.id",
	where: publicJobs + `
			and (@kind::text is null or river_job.kind = @kind)
			and (@state::text is null or river_job.state = any (@states::river_job_state[])
				and job_state(river_job.state, river_job.metadata) = @state)`,
	orders: []order{{name: "-id", desc: true, keys: []sortKey{{"river_job.id", keyBigInt}}}},
	scan:   scanJob,
	keys:   func(j Job, _ string) []string { return []string{j.ID.String()} },
}

// Jobs answers one page of jobs, the newest first.
func (s *Store) Jobs(ctx context.Context, f JobFilter, p Page) (List[Job], error) {
	args := pgx.NamedArgs{"kind": f.Kind, "state": f.State, "states": []string{}}
	if f.State != nil {
		args["states"] = queueStates[*f.State]
	}
	return jobListing.page(ctx, s, p, args)
}

var apiKeyListing = plainListing[APIKey]{
	resource: "api_key",
	columns:  apiKeyColumns,
	from:     "api_keys",
	where:    "true",
	orders:   []order{{name: "-created_at", desc: true, keys: []sortKey{{"created_at", keyTime}, {"id", keyID}}}},
	scan:     pgx.RowToStructByName[APIKey],
	keys:     func(k APIKey, _ string) []string { return []string{momentKey(k.CreatedAt), k.ID.String()} },
}

// APIKeys answers one page of keys, the newest first.
func (s *Store) APIKeys(ctx context.Context, p Page) (List[APIKey], error) {
	return apiKeyListing.page(ctx, s, p, pgx.NamedArgs{})
}

var hostListing = plainListing[Host]{
	resource: "host",
	columns:  hostColumns,
	from:     "hosts",
	where:    `(@blocked::boolean is null or (blocked_until is not null and blocked_until > @now) = @blocked)`,
	orders: []order{
		{name: "host", keys: []sortKey{{"site", keyText}}},
		{name: "-requests", desc: true, keys: []sortKey{{"requests", keyBigInt}, {"site", keyText}}},
	},
	scan: pgx.RowToStructByName[Host],
	keys: func(h Host, order string) []string {
		if order == "-requests" {
			return []string{strconv.FormatInt(h.Requests, 10), h.Site}
		}
		return []string{h.Site}
	},
}

var fetchListing = plainListing[Fetch]{
	resource: "fetch",
	columns:  fetchColumns,
	from:     "fetches",
	where:    `collection_id = @collection and (@outcome::text is null or outcome = @outcome)`,
	orders:   []order{{name: "-started_at", desc: true, keys: []sortKey{{"id", keyID}}}},
	scan: func(row pgx.CollectableRow) (Fetch, error) {
		fetch, err := pgx.RowToStructByName[Fetch](row)
		fetch.NextPollWhy = fetch.NextPollReason
		return fetch, err
	},
	keys: func(f Fetch, _ string) []string { return []string{f.ID.String()} },
}

// A FetchFilter narrows a list of fetches; nil fields do not.
type FetchFilter struct{ Outcome *string }

// Fetches answers one page of what a collection's polls have met, the newest first.
func (s *Store) Fetches(ctx context.Context, collection uuid.UUID, f FetchFilter, p Page) (List[Fetch], error) {
	if _, err := s.Collection(ctx, collection); err != nil {
		return List[Fetch]{}, err
	}
	return fetchListing.page(ctx, s, p, pgx.NamedArgs{"collection": collection, "outcome": f.Outcome})
}
