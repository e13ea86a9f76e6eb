package contentcreator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"github.com/oapi-codegen/nullable"
)

// All iterates over everything that a list has, page by page. It ends after the first error, which is yielded once.
func All[T any](ctx context.Context, page func(ctx context.Context, cursor string) ([]T, nullable.Nullable[string], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for cursor := ""; ; {
			items, next, err := page(ctx, cursor)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			// A cursor that does not move would never end.
			following, err := next.Get()
			if err != nil || following == "" || following == cursor {
				return
			}
			cursor = following
		}
	}
}

// AllByPage iterates over a list by the numbers of its pages, from 1 to as many as each page says there are. Numbers
// reach 10,000 items deep and shift while rows are added; All does neither. It ends after the first error, which is
// yielded once.
func AllByPage[T any](ctx context.Context, page func(ctx context.Context, number int) (items []T, pages int, err error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for number, pages := 1, 1; number <= pages; number++ {
			var items []T
			var err error
			if items, pages, err = page(ctx, number); err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
		}
	}
}

// Result reads a finished job's result as the type that its kind has, such as DiscoveryReport.
func Result[T any](job *Job) (*T, error) {
	result, err := job.Result.Get()
	if err != nil {
		return nil, errors.New("content creator: job " + job.ID + " has no result")
	}
	text, err := json.Marshal(result)
	if err != nil {
		return nil, err
	}
	value := new(T)
	if err := json.Unmarshal(text, value); err != nil {
		return nil, fmt.Errorf("content creator: the result of job %s: %w", job.ID, err)
	}
	return value, nil
}
