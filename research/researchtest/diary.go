// Package researchtest has what tests and measurements of research need.
package researchtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"sync"

	"github.com/google/uuid"

	"github.com/content-creator/content-creator-api/llm/llmtest"
	"github.com/content-creator/content-creator-api/research"
	"github.com/content-creator/content-creator-api/store"
)

// A Diary is a research.Journal that lives in memory. The zero Diary is empty.
type Diary struct {
	llmtest.Book

	mu        sync.Mutex
	done      map[string]json.RawMessage
	snapshots map[uuid.UUID]store.Snapshot
}

// Do is research.Journal's.
func (d *Diary) Do(ctx context.Context, step research.Step, do func(context.Context) (any, error)) (json.RawMessage, error) {
	d.mu.Lock()
	output, known := d.done[step.Key]
	d.mu.Unlock()
	if known {
		return output, nil
	}
	value, err := do(ctx)
	if err != nil {
		return nil, err
	}
	output, err = json.Marshal(value)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.done == nil {
		d.done = map[string]json.RawMessage{}
	}
	d.done[step.Key] = output
	return output, err
}

// Keep is research.Journal's.
func (d *Diary) Keep(_ context.Context, s store.Snapshot) (store.Snapshot, error) {
	sum := sha256.Sum256([]byte(s.Text))
	s.Hash = hex.EncodeToString(sum[:])
	s.ID = uuid.NewSHA1(uuid.NameSpaceURL, []byte(s.CanonicalURL+s.Hash))
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.snapshots == nil {
		d.snapshots = map[uuid.UUID]store.Snapshot{}
	}
	d.snapshots[s.ID] = s
	return s, nil
}

// Kept is research.Journal's; what was never kept is empty.
func (d *Diary) Kept(_ context.Context, id uuid.UUID) (store.Snapshot, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.snapshots[id], nil
}

// Tell tells nobody.
func (d *Diary) Tell(context.Context, int, string, string) {}
