package store

import (
	"context"
	"errors"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/oapi-codegen/nullable"
	"golang.org/x/net/publicsuffix"
)

// Site is what shares one budget: the registrable domain of a host by the public suffix list, or the
// host itself where it has none.
func Site(host string) string {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if net.ParseIP(host) != nil {
		return host
	}
	if domain, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return domain
	}
	return host
}

// A Host is how a site is asked. Its JSON form is the API's.
type Host struct {
	Site string `json:"host"`
	// RequestsPerSecond is the rate that holds; Override the one that was set by hand.
	RequestsPerSecond float64    `json:"requests_per_second"`
	Override          *float64   `json:"override"`
	NextRequestAt     *time.Time `json:"next_request_at"`
	// WaitSeconds is how long a request would wait that were made now.
	WaitSeconds   float64    `json:"wait_seconds"`
	InFlight      bool       `json:"in_flight"`
	BlockedUntil  *time.Time `json:"blocked_until"`
	BlockedReason *string    `json:"blocked_reason"`
	Requests      int64      `json:"requests"`
	Failures      int64      `json:"failures"`
	LastStatus    *int       `json:"last_status"`
	LastRequestAt *time.Time `json:"last_request_at"`
	// Collections share the host's budget.
	Collections int64 `json:"collections"`
	Revision    int64 `json:"-"`
}

// HostBudget shares out requests to sites among all processes: one at a time, and no more a second
// than the site's rate.
type HostBudget struct {
	Store *Store
	// Default is how many requests a second a site gets, Rates the sites that get another number.
	Default float64
	Rates   map[string]float64
	Now     func() time.Time
}

// A HostTurn is what became of a site's turn.
type HostTurn struct {
	// Requests is how many were made: a redirect within a site is a part of the turn, since it could
	// never be followed at a site of one request a minute.
	Requests int
	// Status is that of the last answer, zero if none came.
	Status int
	// Rest is how long the whole site asks to be left alone.
	Rest time.Duration
}

// hostLease is how long a request may be under way before its turn is given to the next one. It is
// longer than any request may take.
const hostLease = 90 * time.Second

func (b HostBudget) rate(site string) float64 {
	if rate, special := b.Rates[site]; special {
		return rate
	}
	return b.Default
}

// Take answers zero where it is the caller's turn to ask a site, else for how long it surely is not.
func (b HostBudget) Take(ctx context.Context, site string) (time.Duration, error) {
	const take = `
		insert into hosts as h (site, leased_until, next_request_at, requests, last_request_at)
		values (@site, @leased, @now::timestamptz + make_interval(secs => 1 / @rate::float8), 1, @now)
		on conflict (site) do update
		set leased_until = @leased, requests = h.requests + 1, last_request_at = @now,
			next_request_at = @now::timestamptz + make_interval(secs => 1 / coalesce(h.requests_per_second, @rate)),
			blocked_until = null, blocked_reason = null
		where h.leased_until <= @now and h.next_request_at <= @now and coalesce(h.blocked_until <= @now, true)
		returning true`
	// A request that is under way will take a moment more.
	const wait = `
		select greatest(next_request_at, blocked_until, @now::timestamptz,
			case when leased_until > @now then @now::timestamptz + interval '250 milliseconds' end) - @now::timestamptz
		from hosts
		where site = @site`
	now := b.Now()
	args := pgx.NamedArgs{"site": site, "rate": b.rate(site), "now": now, "leased": now.Add(hostLease)}
	var taken bool
	err := b.Store.db(ctx).QueryRow(ctx, take, args).Scan(&taken)
	if err == nil {
		return 0, nil
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return 0, err
	}
	var left time.Duration
	err = b.Store.db(ctx).QueryRow(ctx, wait, args).Scan(&left)
	return max(left, 10*time.Millisecond), err
}

// maxHostRest bounds how long refusals in a row can block a site.
const maxHostRest = 7 * 24 * time.Hour

// Give ends a turn. Each request after the first puts the next turn off by as long as the first did. A rest
// blocks the site; each refusal in a row that follows doubles it. What cannot be told the database ends by
// itself.
func (b HostBudget) Give(ctx context.Context, site string, t HostTurn) {
	const q = `
		update hosts
		set leased_until = '-infinity', requests = requests + @more::int,
			next_request_at = next_request_at + @more::int * make_interval(secs => 1 / coalesce(requests_per_second, @rate)),
			last_status = nullif(@status::int, 0),
			failures = failures + case when @status::int = 0 or @status::int >= 400 then 1 else 0 end,
			refusals = case when @rest::interval > interval '0' then refusals + 1 else 0 end,
			blocked_until = case when @rest::interval > interval '0'
				then @now::timestamptz + least(@rest::interval * power(2, least(refusals, 10)), @most::interval) else blocked_until end,
			blocked_reason = case when @rest::interval > interval '0' then 'it answered 429 Too Many Requests' else blocked_reason end
		where site = @site`
	_, _ = b.Store.db(ctx).Exec(ctx, q, pgx.NamedArgs{
		"site": site, "status": t.Status, "rest": t.Rest, "now": b.Now(), "most": maxHostRest,
		"more": max(t.Requests-1, 0), "rate": b.rate(site),
	})
}

// hostColumns need the parameters now and rate; the rate of special sites is filled in later.
const hostColumns = `
	site, 0::float8 as requests_per_second, requests_per_second as override,
	nullif(next_request_at, '-infinity') as next_request_at, 0::float8 as wait_seconds, leased_until > @now as in_flight,
	case when blocked_until > @now then blocked_until end as blocked_until,
	case when blocked_until > @now then blocked_reason end as blocked_reason,
	requests, failures, last_status, last_request_at,
	(select count(*) from collections where collections.site = hosts.site) as collections, revision`

// complete fills in what follows from the clock and the rates.
func (b HostBudget) complete(h Host, now time.Time) Host {
	h.RequestsPerSecond = b.rate(h.Site)
	if h.Override != nil {
		h.RequestsPerSecond = *h.Override
	}
	for _, at := range []*time.Time{h.NextRequestAt, h.BlockedUntil} {
		if at != nil {
			h.WaitSeconds = max(h.WaitSeconds, at.Sub(now).Seconds())
		}
	}
	return h
}

// A HostFilter narrows a list of hosts; nil fields do not.
type HostFilter struct{ Blocked *bool }

// Hosts answers one page of the sites that have been asked.
func (b HostBudget) Hosts(ctx context.Context, f HostFilter, p Page) (List[Host], error) {
	now := b.Now()
	list, err := hostListing.page(ctx, b.Store, p, pgx.NamedArgs{"now": now, "blocked": f.Blocked})
	for i, h := range list.Items {
		list.Items[i] = b.complete(h, now)
	}
	return list, err
}

// Host answers how a site is asked, by its name or that of any host of it. One that nothing has been asked of is not found.
func (b HostBudget) Host(ctx context.Context, name string) (Host, error) {
	const q = `select ` + hostColumns + ` from hosts where site = @site`
	now := b.Now()
	rows, _ := b.Store.db(ctx).Query(ctx, q, pgx.NamedArgs{"site": Site(name), "now": now})
	h, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Host])
	if err != nil {
		return Host{}, orNotFound(err, "host", Site(name))
	}
	return b.complete(h, now), nil
}

// HostUpdate is what to change of a host: unspecified fields stay as they are, null takes the default back.
type HostUpdate struct {
	RequestsPerSecond nullable.Nullable[float64]   `json:"requests_per_second,omitempty"`
	BlockedUntil      nullable.Nullable[time.Time] `json:"blocked_until,omitempty"`
}

// UpdateHost sets a host's rate by hand, or when it may be asked again; polls that wait for it try at once. A host that
// has not been asked yet is made. A nonzero revision must be its own, else it is stale.
func (b HostBudget) UpdateHost(ctx context.Context, name string, revision int64, u HostUpdate) (Host, error) {
	const make = `insert into hosts (site) values ($1) on conflict do nothing`
	const change = `
		update hosts
		set requests_per_second = case when @set_rate then @rate::float8 else requests_per_second end,
			blocked_until = case when @set_blocked then @blocked::timestamptz else blocked_until end,
			blocked_reason = case when not @set_blocked then blocked_reason when @blocked::timestamptz is not null then 'it was blocked by hand' end,
			refusals = case when @set_blocked then 0 else refusals end,
			revision = revision + 1
		where site = @site and (@revision = 0 or revision = @revision)`
	var host Host
	err := b.Store.InTx(ctx, func(ctx context.Context) error {
		site := Site(name)
		if revision == 0 {
			if _, err := b.Store.db(ctx).Exec(ctx, make, site); err != nil {
				return err
			}
		}
		tag, err := b.Store.db(ctx).Exec(ctx, change, pgx.NamedArgs{
			"site": site, "revision": revision,
			"set_rate": u.RequestsPerSecond.IsSpecified(), "rate": valueOf(u.RequestsPerSecond),
			"set_blocked": u.BlockedUntil.IsSpecified(), "blocked": valueOf(u.BlockedUntil),
		})
		if err != nil {
			return orInvalid(err, "host")
		}
		if host, err = b.Host(ctx, site); err == nil && tag.RowsAffected() == 0 {
			err = stale("host", site)
		}
		if err != nil || host.BlockedUntil != nil {
			return err
		}
		return b.Store.hastenPolls(ctx, site, b.Now())
	})
	return host, err
}
