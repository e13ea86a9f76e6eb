package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// A Job is a piece of background work as the API shows it. The row behind it is the queue's.
type Job struct {
	ID          JobID           `json:"id"`
	Kind        string          `json:"kind"`
	State       string          `json:"state"`
	Subject     *JobSubject     `json:"subject"`
	Progress    JobProgress     `json:"progress"`
	Attempt     int             `json:"attempt"`
	MaxAttempts int             `json:"max_attempts"`
	Error       *JobError       `json:"error"`
	Result      json.RawMessage `json:"result"`
	CreatedAt   time.Time       `json:"created_at"`
	ScheduledAt time.Time       `json:"scheduled_at"`
	StartedAt   *time.Time      `json:"started_at"`
	FinishedAt  *time.Time      `json:"finished_at"`
}

// Finished reports whether the job will not change any more unless somebody retries it.
func (j Job) Finished() bool { return j.State != "queued" && j.State != "running" }

// A JobID is the queue's number, a string in JSON.
type JobID int64

// ParseJobID reads an id; text that is none belongs to no job.
func ParseJobID(text string) (JobID, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, notFound("job", text)
	}
	return JobID(id), nil
}

func (id JobID) String() string { return strconv.FormatInt(int64(id), 10) }

// MarshalText makes the id a string in JSON.
func (id JobID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// JobSubject is what a job works on.
type JobSubject struct {
	Type string    `json:"type"`
	ID   uuid.UUID `json:"id"`
}

// JobProgress is how far a job's work is: 0 to 100, a step for programs and one for people.
type JobProgress struct {
	Percent int    `json:"percent"`
	Stage   string `json:"stage"`
	Message string `json:"message"`
}

// JobError is why the last attempt failed.
type JobError struct {
	Message string    `json:"message"`
	Attempt int       `json:"attempt"`
	At      time.Time `json:"at"`
}

// publicJobs leaves out the queue's own housekeeping.
const publicJobs = `river_job.kind in ('poll', 'article', 'discover', 'import', 'research', 'discover_topics', 'synthesize', 'research_keyword', 'research_competitor', 'research_serp', 'rescore_topics')`

const jobColumns = `
	river_job.id, river_job.kind, job_state(river_job.state, river_job.metadata) as state,
	river_job.args ->> 'collection_id' as collection_id, river_job.args ->> 'document_id' as document_id, river_job.args ->> 'topic_id' as topic_id,
	coalesce(job_progress.percent, 0) as percent, coalesce(job_progress.stage, '') as stage,
	coalesce(job_progress.message, '') as message,
	river_job.attempt, river_job.max_attempts, river_job.errors[array_upper(river_job.errors, 1)] as error,
	river_job.metadata -> 'output' as result,
	river_job.created_at, river_job.scheduled_at, river_job.attempted_at, river_job.finalized_at`

// Job reads one job.
func (s *Store) Job(ctx context.Context, id JobID) (Job, error) {
	const q = `
		select ` + jobColumns + `
		from river_job
		left join job_progress on job_progress.job_id = river_job.id
		where river_job.id = $1 and ` + publicJobs
	rows, _ := s.db(ctx).Query(ctx, q, int64(id))
	job, err := pgx.CollectExactlyOneRow(rows, scanJob)
	return job, orNotFound(err, "job", id)
}

// riversCancel is what River keeps as the error of an attempt that a person has cancelled.
const riversCancel = "JobCancelError: job cancelled remotely"

func scanJob(row pgx.CollectableRow) (Job, error) {
	var j Job
	var collectionID, documentID, topicID *uuid.UUID
	var attemptError *struct {
		Error   string    `json:"error"`
		Attempt int       `json:"attempt"`
		At      time.Time `json:"at"`
	}
	err := row.Scan(&j.ID, &j.Kind, &j.State, &collectionID, &documentID, &topicID, &j.Progress.Percent, &j.Progress.Stage, &j.Progress.Message,
		&j.Attempt, &j.MaxAttempts, &attemptError, &j.Result, &j.CreatedAt, &j.ScheduledAt, &j.StartedAt, &j.FinishedAt)
	if collectionID != nil {
		j.Subject = &JobSubject{Type: "collection", ID: *collectionID}
	}
	if documentID != nil {
		j.Subject = &JobSubject{Type: "document", ID: *documentID}
	}
	if topicID != nil {
		j.Subject = &JobSubject{Type: "topic", ID: *topicID}
	}
	if attemptError != nil {
		j.Error = &JobError{Message: strings.Replace(attemptError.Error, riversCancel, "It was cancelled.", 1), Attempt: attemptError.Attempt, At: attemptError.At}
	}
	if j.State == "succeeded" {
		j.Progress.Percent = 100
	}
	return j, err
}

// ReportProgress keeps how far a job is and tells those who follow it, in one transaction.
func (s *Store) ReportProgress(ctx context.Context, id JobID, p JobProgress) error {
	const save = `
		insert into job_progress (job_id, percent, stage, message)
		values ($1, $2, $3, $4)
		on conflict (job_id) do update
		set percent = excluded.percent, stage = excluded.stage, message = excluded.message`
	const tell = `
		select emit_event('job.progress', id, jsonb_build_object('job_id', id::text, 'progress', $2::jsonb))
		from river_job
		where id = $1 and not 'scheduled' = any (tags)`
	return s.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.db(ctx).Exec(ctx, save, int64(id), p.Percent, p.Stage, p.Message); err != nil {
			return err
		}
		_, err := s.db(ctx).Exec(ctx, tell, int64(id), p)
		return err
	})
}

// WatchJob makes a job that the schedule queued tell of itself from now on, since somebody asked for it.
func (s *Store) WatchJob(ctx context.Context, id JobID) error {
	_, err := s.db(ctx).Exec(ctx, `update river_job set tags = array_remove(tags, 'scheduled') where id = $1`, int64(id))
	return err
}

// RequeueOrphans makes jobs runnable again whose worker has died: running ones whose client holds no
// session lock any more (see HoldClientLock). It answers how many there were. One that has used up
// its attempts gets another, since it was not the work that failed; one that was cancelled meanwhile
// stays so.
func (s *Store) RequeueOrphans(ctx context.Context) (int64, error) {
	const q = `
		update river_job
		set state = case when metadata ? 'cancel_attempted_at' then 'cancelled' else 'available' end::river_job_state,
			finalized_at = case when metadata ? 'cancel_attempted_at' then now() end,
			scheduled_at = now(), max_attempts = greatest(max_attempts, attempt + 1)
		where state = 'running' and id in (
			select id
			from river_job
			where state = 'running'
				and not exists (
					select from pg_locks
					where locktype = 'advisory' and objsubid = 2
						and database = (select oid from pg_database where datname = current_database())
						and classid = $1::int::oid
						and objid = hashtext(attempted_by[array_upper(attempted_by, 1)])::oid)
			for update skip locked)`
	tag, err := s.db(ctx).Exec(ctx, q, clientLockClass)
	return tag.RowsAffected(), err
}

// clientLockClass sets the workers' session locks apart from other advisory locks.
const clientLockClass = 0x63637770

// HoldClientLock holds the session lock that says a worker is alive until ctx ends or the connection
// breaks, and calls held once it has it. It keeps one connection of the pool.
func (s *Store) HoldClientLock(ctx context.Context, clientID string, held func()) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("hold the worker's lock: %w", err)
	}
	defer func() { _ = conn.Hijack().Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, `select pg_advisory_lock($1::int, hashtext($2))`, clientLockClass, clientID); err != nil {
		return fmt.Errorf("hold the worker's lock: %w", err)
	}
	held()
	// Nothing is sent here; waiting notices a broken connection at once.
	_, err = conn.Conn().WaitForNotification(ctx)
	return fmt.Errorf("hold the worker's lock: %w", err)
}

// QueueDepth is how many jobs of a queue are in a state, and how old the oldest one that may run is.
type QueueDepth struct {
	Queue, State string
	Jobs         int64
	OldestAge    time.Duration
}

// QueueDepths counts the unfinished jobs by queue and state.
func (s *Store) QueueDepths(ctx context.Context) ([]QueueDepth, error) {
	const q = `
		select queue, job_state(state, metadata) as state, count(*) as jobs,
			greatest(now() - min(scheduled_at), interval '0') as oldest_age
		from river_job
		where state in ('available', 'running', 'retryable', 'scheduled', 'pending')
		group by 1, 2`
	rows, _ := s.db(ctx).Query(ctx, q)
	return pgx.CollectRows(rows, pgx.RowToStructByName[QueueDepth])
}

// HasDueJobs is whether jobs of a queue are due that no worker has begun.
func (s *Store) HasDueJobs(ctx context.Context, queue string) (waiting bool, err error) {
	const q = `select exists (select from river_job where state = 'available' and queue = $1 and scheduled_at <= now())`
	err = s.db(ctx).QueryRow(ctx, q, queue).Scan(&waiting)
	return waiting, err
}

// HasUnfinishedJob is whether a job of a kind is queued or running.
func (s *Store) HasUnfinishedJob(ctx context.Context, kind string) (there bool, err error) {
	const q = `
		select exists (
			select
			from river_job
			where kind = $1 and state = any ('{available,pending,retryable,running,scheduled}'::river_job_state[]))`
	err = s.db(ctx).QueryRow(ctx, q, kind).Scan(&there)
	return there, err
}
