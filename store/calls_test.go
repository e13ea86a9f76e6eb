package store_test

import (
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
	"github.com/content-creator/content-creator-api/store/storetest"
)

// request is a call of a job that can cost 10 micro-dollars.
func request(text string, attempt uuid.UUID, change ...func(*store.CallRequest)) store.CallRequest {
	r := store.CallRequest{
		JobID: 7, Attempt: attempt, Provider: "openrouter", Model: "m", Operation: "write", Request: []byte(text),
		Most: new(int64(10)), PerInput: new(int64(1_000_000)), PerOutput: new(int64(2_000_000)),
	}
	for _, f := range change {
		f(&r)
	}
	return r
}

func TestCallIsAnsweredOnce(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	attempt := uuid.New()
	id, before, err := s.ReserveCall(t.Context(), request("a", attempt))
	require.NoError(t, err)
	require.Nil(t, before)
	require.NoError(t, s.SettleCall(t.Context(), id, store.CallReply{Body: []byte("said"), InputTokens: new(3), OutputTokens: new(2), Cost: new(int64(7))}))

	for _, again := range []uuid.UUID{attempt, uuid.New()} {
		_, before, err = s.ReserveCall(t.Context(), request("a", again))
		require.NoError(t, err)
		require.Equal(t, &store.CallReply{Body: []byte("said"), InputTokens: new(3), OutputTokens: new(2), Cost: new(int64(7))}, before)
	}
	// Another operation, model or job is another call.
	for _, change := range []func(*store.CallRequest){
		func(r *store.CallRequest) { r.Operation = "judge" },
		func(r *store.CallRequest) { r.Model = "n" },
		func(r *store.CallRequest) { r.JobID = 8 },
	} {
		_, before, err = s.ReserveCall(t.Context(), request("a", attempt, change))
		require.NoError(t, err)
		require.Nil(t, before)
	}
	list, err := s.Calls(t.Context(), store.CallFilter{State: new(store.CallAnswered)}, store.Page{})
	require.NoError(t, err)
	require.Len(t, list.Items, 1)
	call := list.Items[0]
	require.InDelta(t, 0.000007, *call.CostUSD, 1e-12)
	require.InDelta(t, 0.00001, *call.ReservedUSD, 1e-12)
	require.InDelta(t, 1., *call.Price.InputPerMillion, 1e-9)
	require.Nil(t, call.Price.PerRequest)
}

func TestLostCalls(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	_, _, err := s.ReserveCall(t.Context(), request("a", uuid.New()))
	require.NoError(t, err)

	// Its process has died: it may have been paid for, and is not made again, now or later.
	for range 2 {
		_, _, err = s.ReserveCall(t.Context(), request("a", uuid.New()))
		require.ErrorIs(t, err, store.ErrAnswerLost)
	}
	list, err := s.Calls(t.Context(), store.CallFilter{State: new(store.CallLost)}, store.Page{})
	require.NoError(t, err)
	require.Len(t, list.Items, 1)
	require.Nil(t, list.Items[0].CostUSD)

	// ... unless that is wanted, or it was free.
	repeat := func(r *store.CallRequest) { r.RepeatLost = true }
	_, before, err := s.ReserveCall(t.Context(), request("a", uuid.New(), repeat))
	require.NoError(t, err)
	require.Nil(t, before)
	free := func(r *store.CallRequest) { r.Most = new(int64(0)) }
	_, _, err = s.ReserveCall(t.Context(), request("b", uuid.New(), free))
	require.NoError(t, err)
	_, _, err = s.ReserveCall(t.Context(), request("b", uuid.New(), free))
	require.NoError(t, err)
	list, err = s.Calls(t.Context(), store.CallFilter{State: new(store.CallLost)}, store.Page{Size: 1})
	require.NoError(t, err)
	require.NotNil(t, list.Items[0].CostUSD, "what is free has cost nothing, heard of or not")
	require.Zero(t, *list.Items[0].CostUSD)

	// The same attempt never makes a call twice at once.
	attempt := uuid.New()
	_, _, err = s.ReserveCall(t.Context(), request("c", attempt))
	require.NoError(t, err)
	_, _, err = s.ReserveCall(t.Context(), request("c", attempt))
	require.ErrorContains(t, err, "twice at once")
}

func TestFailedCallsCanBeMadeAgain(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	attempt := uuid.New()
	for range 2 {
		id, before, err := s.ReserveCall(t.Context(), request("a", attempt))
		require.NoError(t, err)
		require.Nil(t, before)
		require.NoError(t, s.FailCall(t.Context(), id, "503", new(int64(0))))
	}
	costs, err := s.Costs(t.Context(), store.CallFilter{})
	require.NoError(t, err)
	require.Equal(t, 2, costs.Total.Requests)
	require.Zero(t, costs.Total.KnownUSD)
	require.Len(t, costs.Parts, 1)
}

// TestBudgetHolds has many calls at once against one budget: what is reserved and spent together never goes over it.
func TestBudgetHolds(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	attempt := uuid.New()
	limit := func(r *store.CallRequest) { r.MaxCost, r.MaxRequests = new(int64(55)), new(100) }
	var (
		wait    sync.WaitGroup
		mu      sync.Mutex
		allowed int
	)
	for i := range 20 {
		wait.Go(func() {
			_, _, err := s.ReserveCall(t.Context(), request(string(rune('a'+i)), attempt, limit))
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				allowed++
				return
			}
			var over *store.OverBudget
			if assert.ErrorAs(t, err, &over) {
				assert.ErrorContains(t, over, "micro-dollars are left")
			}
		})
	}
	wait.Wait()
	require.Equal(t, 5, allowed)

	_, _, err := s.ReserveCall(t.Context(), request("x", attempt, limit, func(r *store.CallRequest) { r.Most = nil }))
	require.ErrorIs(t, err, store.ErrUnknownPrice)
	_, _, err = s.ReserveCall(t.Context(), request("y", attempt, func(r *store.CallRequest) { r.MaxRequests = new(5) }))
	require.ErrorIs(t, err, store.ErrTooManyRequests)
	// What costs nothing still has room.
	_, _, err = s.ReserveCall(t.Context(), request("z", attempt, limit, func(r *store.CallRequest) { r.Most = new(int64(5)) }))
	require.NoError(t, err)
}
