package research

import (
	"context"
	"errors"

	"github.com/content-creator/content-creator-api/store"
)

func (r *run) planByModel(ctx context.Context, own plan) (plan, error) { return own, nil }

func (r *run) writeByModel(ctx context.Context, disputes []store.SourceDispute) ([]section, error) {
	return nil, errors.New("no")
}

func (r *run) judgeByModel(ctx context.Context, sections []section, verdicts []verdict) ([]verdict, error) {
	return verdicts, nil
}
