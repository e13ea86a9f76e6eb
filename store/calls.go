package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// A Call is one request to an outside service, with what it cost. Its JSON form is the API's.
type Call struct {
	ID uuid.UUID `json:"id"`
	// JobID is the job that made it, RunID and TopicID what it was for.
	JobID     JobID      `json:"job_id"`
	RunID     *uuid.UUID `json:"run_id"`
	TopicID   *uuid.UUID `json:"topic_id"`
	Provider  string     `json:"provider"`
	Model     *string    `json:"model"`
	Operation string     `json:"operation"`
	// State is reserved, answered, failed or lost.
	State string `json:"state"`
	// ReservedUSD is the most that it could cost, CostUSD what it did; nil is not known.
	ReservedUSD  *float64  `json:"reserved_usd"`
	CostUSD      *float64  `json:"cost_usd"`
	Price        CallPrice `json:"price"`
	InputTokens  *int      `json:"input_tokens"`
	OutputTokens *int      `json:"output_tokens"`
	Error        *string   `json:"error"`

	MadeAt    time.Time  `json:"made_at"`
	SettledAt *time.Time `json:"settled_at"`
}

// A CallPrice is what a service asked when the call was made, in US dollars; nil is not known.
type CallPrice struct {
	InputPerMillion  *float64 `json:"input_per_million_usd"`
	OutputPerMillion *float64 `json:"output_per_million_usd"`
	PerRequest       *float64 `json:"per_request_usd"`
}

// The states of a call.
const (
	CallReserved = "reserved"
	CallAnswered = "answered"
	CallFailed   = "failed"
	CallLost     = "lost"
)

// A CallRequest is a call before it is made. All money is in micro-dollars, nil where it is not known.
type CallRequest struct {
	JobID                      JobID
	RunID, TopicID             *uuid.UUID
	Attempt                    uuid.UUID
	Provider, Model, Operation string
	Request                    []byte
	Most                       *int64
	PerInput, PerOutput        *int64
	PerRequest                 *int64
	// RepeatLost makes a call again whose answer was lost, although it may have been paid for.
	RepeatLost bool
	// MaxCost and MaxRequests are what the calls of the job may come to; nil is without end.
	MaxCost     *int64
	MaxRequests *int
}

func (r CallRequest) fingerprint() []byte {
	h := sha256.New()
	for _, part := range []string{r.Provider, r.Model, r.Operation} {
		_, _ = fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	_, _ = h.Write(r.Request)
	return h.Sum(nil)
}

// A CallReply is what came of a call.
type CallReply struct {
	Body                      []byte
	InputTokens, OutputTokens *int
	Cost                      *int64
}

// Refusals of ReserveCall.
var (
	// ErrUnknownPrice: what the call costs is not known, and there is a limit to what may be spent.
	ErrUnknownPrice = errors.New("the price is not known")
	// ErrTooManyRequests: the job has made as many as it may.
	ErrTooManyRequests = errors.New("too many requests")
	// ErrAnswerLost: it was made by a process that died.
	ErrAnswerLost = errors.New("the answer was lost")
)

// OverBudget refuses a call: those of the job could come to more than they may, of which Left micro-dollars are left.
type OverBudget struct{ Left int64 }

func (e *OverBudget) Error() string {
	return fmt.Sprintf("over the budget: %d micro-dollars are left", e.Left)
}

// ReserveCall notes that a call is about to be made, with the most that it can cost, and answers its id. One that the
// job made before, and that was answered, is answered by what it brought instead. What may be spent is never
// exceeded by what is spent and reserved together.
func (s *Store) ReserveCall(ctx context.Context, r CallRequest) (id uuid.UUID, before *CallReply, err error) {
	const insert = `
		insert into calls (id, job_id, run_id, topic_id, provider, model, operation, fingerprint, state, attempt, most_micros,
			input_micros_per_million, output_micros_per_million, micros_per_request)
		values (@id, @job, @run, @topic, @provider, @model, @operation, @fingerprint, 'reserved', @attempt, @most,
			@per_input, @per_output, @per_request)`
	fingerprint := r.fingerprint()
	var refusal error
	err = s.InTx(ctx, func(ctx context.Context) error {
		// One call of a job after the other reads what the rest have reserved.
		if _, err := s.db(ctx).Exec(ctx, `select pg_advisory_xact_lock($1::int, hashint8($2))`, callLockClass, int64(r.JobID)); err != nil {
			return err
		}
		before, err = s.earlierCall(ctx, r, fingerprint)
		if errors.Is(err, ErrAnswerLost) {
			// That it is lost stays noted.
			refusal = err
			return nil
		}
		if err != nil || before != nil {
			return err
		}
		if err := s.affordable(ctx, r); err != nil {
			return err
		}
		id = newID()
		_, err := s.db(ctx).Exec(ctx, insert, pgx.NamedArgs{
			"id": id, "job": int64(r.JobID), "run": r.RunID, "topic": r.TopicID, "provider": r.Provider, "model": r.Model,
			"operation": r.Operation, "fingerprint": fingerprint, "attempt": r.Attempt, "most": r.Most,
			"per_input": r.PerInput, "per_output": r.PerOutput, "per_request": r.PerRequest,
		})
		return err
	})
	return id, before, errors.Join(err, refusal)
}

// callLockClass sets the locks of jobs' calls apart from other advisory locks.
const callLockClass = 0x63637773

// earlierCall is the answer to an equal call. One of which nobody will ever hear is given up as lost, and is in
// the way of another only where it may have been paid for.
func (s *Store) earlierCall(ctx context.Context, r CallRequest, fingerprint []byte) (*CallReply, error) {
	const (
		find = `
			select id, state, attempt, most_micros, reply, input_tokens, output_tokens, cost_micros
			from calls
			where job_id = $1 and fingerprint = $2 and state <> 'failed'
			order by made_at desc, id desc
			limit 1`
		// What could cost nothing has cost nothing.
		lose = `
			update calls
			set state = 'lost', error = 'The process that made it died before it was answered.', settled_at = now(),
				cost_micros = case most_micros when 0 then 0 end
			where id = $1`
	)
	var (
		id, attempt uuid.UUID
		state       string
		most        *int64
		reply       CallReply
	)
	err := s.db(ctx).QueryRow(ctx, find, int64(r.JobID), fingerprint).
		Scan(&id, &state, &attempt, &most, &reply.Body, &reply.InputTokens, &reply.OutputTokens, &reply.Cost)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, err
	case state == CallAnswered:
		return &reply, nil
	case state == CallReserved && attempt == r.Attempt:
		return nil, fmt.Errorf("the call %s is made twice at once", id)
	case state == CallReserved:
		if _, err := s.db(ctx).Exec(ctx, lose, id); err != nil {
			return nil, err
		}
	}
	free := most != nil && *most == 0
	if free || r.RepeatLost {
		return nil, nil
	}
	return nil, ErrAnswerLost
}

// affordable refuses a call that the limits of its job do not leave room for.
func (s *Store) affordable(ctx context.Context, r CallRequest) error {
	const q = `
		select count(*), coalesce(sum(coalesce(cost_micros, most_micros, 0)), 0)::bigint
		from calls
		where job_id = $1`
	if r.MaxCost == nil && r.MaxRequests == nil {
		return nil
	}
	var made int
	var spent int64
	if err := s.db(ctx).QueryRow(ctx, q, int64(r.JobID)).Scan(&made, &spent); err != nil {
		return err
	}
	switch {
	case r.MaxRequests != nil && made >= *r.MaxRequests:
		return ErrTooManyRequests
	case r.MaxCost == nil:
		return nil
	case r.Most == nil:
		return ErrUnknownPrice
	case spent+*r.Most > *r.MaxCost:
		return &OverBudget{max(*r.MaxCost-spent, 0)}
	}
	return nil
}

// SettleCall notes what came of a call that was reserved.
func (s *Store) SettleCall(ctx context.Context, id uuid.UUID, r CallReply) error {
	const q = `
		update calls
		set state = 'answered', reply = $2, input_tokens = $3, output_tokens = $4, cost_micros = $5, settled_at = now()
		where id = $1`
	_, err := s.db(ctx).Exec(ctx, q, id, r.Body, r.InputTokens, r.OutputTokens, r.Cost)
	return err
}

// FailCall notes that a call was not answered. A cost of nil is not known: what was reserved for it stays reserved.
func (s *Store) FailCall(ctx context.Context, id uuid.UUID, message string, cost *int64) error {
	const q = `
		update calls
		set state = 'failed', error = left($2, 500), cost_micros = $3, settled_at = now()
		where id = $1`
	_, err := s.db(ctx).Exec(ctx, q, id, message, cost)
	return err
}

// A CallFilter narrows a list of calls; nil fields do not.
type CallFilter struct {
	Provider, Operation, State *string
	RunID, TopicID             *uuid.UUID
	// Since is inclusive, Until exclusive.
	Since, Until *time.Time
}

func (f CallFilter) args() pgx.NamedArgs {
	return pgx.NamedArgs{
		"provider": f.Provider, "operation": f.Operation, "state": f.State, "run": f.RunID, "topic": f.TopicID,
		"since": f.Since, "until": f.Until,
	}
}

const callConditions = `
	(@provider::text is null or provider = @provider)
	and (@operation::text is null or operation = @operation)
	and (@state::text is null or state = @state)
	and (@run::uuid is null or run_id = @run)
	and (@topic::uuid is null or topic_id = @topic)
	and (@since::timestamptz is null or made_at >= @since)
	and (@until::timestamptz is null or made_at < @until)`

var callListing = plainListing[Call]{
	resource: "call",
	columns: `id, job_id, run_id, topic_id, provider, nullif(model, '') as model, operation, state, most_micros, cost_micros,
		input_micros_per_million, output_micros_per_million, micros_per_request, input_tokens, output_tokens, error, made_at, settled_at`,
	from:   "calls",
	where:  callConditions,
	orders: []order{{name: "-made_at", desc: true, keys: []sortKey{{"made_at", keyTime}, {"id", keyID}}}},
	scan:   scanCall,
	keys:   func(c Call, _ string) []string { return []string{momentKey(c.MadeAt), c.ID.String()} },
}

func scanCall(row pgx.CollectableRow) (Call, error) {
	var c Call
	var most, cost, perInput, perOutput, perRequest *int64
	err := row.Scan(&c.ID, &c.JobID, &c.RunID, &c.TopicID, &c.Provider, &c.Model, &c.Operation, &c.State, &most, &cost,
		&perInput, &perOutput, &perRequest, &c.InputTokens, &c.OutputTokens, &c.Error, &c.MadeAt, &c.SettledAt)
	c.ReservedUSD, c.CostUSD = dollars(most), dollars(cost)
	c.Price = CallPrice{InputPerMillion: dollars(perInput), OutputPerMillion: dollars(perOutput), PerRequest: dollars(perRequest)}
	return c, err
}

// dollars are micro-dollars as people read them; nil stays nil.
func dollars(micros *int64) *float64 {
	if micros == nil {
		return nil
	}
	return new(float64(*micros) / 1e6)
}

// Calls answers one page of calls, the newest first.
func (s *Store) Calls(ctx context.Context, f CallFilter, p Page) (List[Call], error) {
	return callListing.page(ctx, s, p, f.args())
}

// A Spending is what calls have cost. Its JSON form is the API's.
type Spending struct {
	Requests int `json:"requests"`
	// KnownUSD is what the calls of known cost came to; of CallsOfUnknownCost it is not known what they cost.
	KnownUSD           float64 `json:"known_usd"`
	CallsOfUnknownCost int     `json:"calls_of_unknown_cost"`
	InputTokens        int64   `json:"input_tokens"`
	OutputTokens       int64   `json:"output_tokens"`
}

// A SpendingPart is the spending of one group of calls.
type SpendingPart struct {
	Provider  string  `json:"provider"`
	Model     *string `json:"model"`
	Operation string  `json:"operation"`
	Spending
}

// A CostReport is what was spent, and on what. Its JSON form is the API's.
type CostReport struct {
	Since *time.Time     `json:"since"`
	Until *time.Time     `json:"until"`
	Total Spending       `json:"total"`
	Parts []SpendingPart `json:"parts"`
}

const spendingColumns = `
	count(*) as requests, coalesce(sum(cost_micros), 0)::float8 / 1e6 as known_usd,
	count(*) filter (where cost_micros is null) as calls_of_unknown_cost,
	coalesce(sum(input_tokens), 0)::bigint as input_tokens, coalesce(sum(output_tokens), 0)::bigint as output_tokens`

// Costs sums up the calls that a filter selects, as a whole and by provider, model and operation.
func (s *Store) Costs(ctx context.Context, f CallFilter) (CostReport, error) {
	const q = `
		select provider, nullif(model, '') as model, operation,` + spendingColumns + `
		from calls
		where ` + callConditions + `
		group by provider, model, operation
		order by known_usd desc, requests desc, provider, model, operation
		limit 200`
	report := CostReport{Since: f.Since, Until: f.Until}
	return inSnapshot(ctx, s, func(ctx context.Context) (CostReport, error) {
		rows, _ := s.planned(ctx).Query(ctx, `select `+spendingColumns+` from calls where `+callConditions, f.args())
		var err error
		if report.Total, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Spending]); err != nil {
			return report, fmt.Errorf("sum up the costs: %w", err)
		}
		rows, _ = s.planned(ctx).Query(ctx, q, f.args())
		report.Parts, err = pgx.CollectRows(rows, pgx.RowToStructByName[SpendingPart])
		return report, err
	})
}
