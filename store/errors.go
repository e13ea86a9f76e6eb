package store

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Kind says what sort of refusal an Error is; the server turns it into a status.
type Kind int

// The kinds of refusal.
const (
	KindNotFound Kind = iota + 1
	// KindConflict: the thing is in no state for that.
	KindConflict
	// KindInvalid: the values break a rule; Details["errors"] maps each field to its fault.
	KindInvalid
	// KindStale: it has changed since the caller read it.
	KindStale
)

// An Error is a refusal that the caller can do something about. Its message is for people and
// never holds inner errors.
type Error struct {
	Kind Kind
	// Resource is "topic", "collection", "document", "job", "api_key" …
	Resource string
	Message  string
	Details  map[string]any
}

func (e *Error) Error() string { return e.Message }

func notFound(resource string, id any) *Error {
	return &Error{
		Kind: KindNotFound, Resource: resource,
		Message: fmt.Sprintf("There is no %s with the id %v.", noun(resource), id),
		Details: map[string]any{"id": fmt.Sprint(id)},
	}
}

func conflict(resource, message string, details map[string]any) *Error {
	return &Error{Kind: KindConflict, Resource: resource, Message: message, Details: details}
}

// invalid reports broken rules, all at once: field to fault.
func invalid(resource, message string, faults map[string]string) *Error {
	return &Error{Kind: KindInvalid, Resource: resource, Message: message, Details: map[string]any{"errors": faults}}
}

func stale(resource string, id any) *Error {
	return &Error{
		Kind: KindStale, Resource: resource,
		Message: fmt.Sprintf("The %s has changed since you read it: its ETag differs from If-Match. Read it again.", noun(resource)),
		Details: map[string]any{"id": fmt.Sprint(id)},
	}
}

func noun(resource string) string {
	if resource == "api_key" {
		return "API key"
	}
	return strings.ReplaceAll(resource, "_", " ")
}

// orNotFound turns "no row" into the refusal that names the resource.
func orNotFound(err error, resource string, id any) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return notFound(resource, id)
	}
	return err
}

// orInvalid turns a rule that the database found broken into the refusal that names the field. The
// API's schema has refused nearly all of it before; some rules count differently there.
func orInvalid(err error, resource string) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return err
	}
	message := "The " + noun(resource) + " cannot be kept so."
	switch pg.Code {
	case "23514": // check_violation; PostgreSQL names a column's rule table_column_check
		field := strings.TrimSuffix(strings.TrimPrefix(pg.ConstraintName, pg.TableName+"_"), "_check")
		return invalid(resource, message, map[string]string{field: "is not among the values or lengths that are allowed"})
	case "22021": // character_not_in_repertoire
		return invalid(resource, message, map[string]string{"body": "holds the character NUL, which cannot be kept"})
	}
	return err
}

// brokenConstraint is the name of the constraint that err reports as broken, or "".
func brokenConstraint(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.ConstraintName
	}
	return ""
}

// JobConflict is the refusal to change a job in the state that it is in.
func JobConflict(job Job, message string) *Error {
	return conflict("job", message, map[string]any{"id": job.ID.String(), "state": job.State})
}

// IsUniqueViolation reports whether err is PostgreSQL's refusal of a second row with the same key.
func IsUniqueViolation(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23505"
}
