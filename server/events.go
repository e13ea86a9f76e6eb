package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/content-creator/content-creator-api/gen/api"
	"github.com/content-creator/content-creator-api/store"
)

const (
	// heartbeat is how often a silent stream shows that it lives.
	heartbeat = 15 * time.Second
	// recheck is how often streams look by themselves: an event of a long transaction becomes
	// readable without another notification.
	recheck = time.Second
	// lateness is how long a finished job's last event may take to become readable.
	lateness = 3 * time.Second
	// eventBatch is how many events are read at once.
	eventBatch = 200
)

// A hub wakes everybody who waits for something to happen.
type hub struct {
	mu          sync.Mutex
	subscribers map[chan struct{}]bool
}

func newHub() *hub { return &hub{subscribers: map[chan struct{}]bool{}} }

// subscribe returns a channel that gets a value when something may have happened.
func (h *hub) subscribe() (woken <-chan struct{}, unsubscribe func()) {
	channel := make(chan struct{}, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.subscribers[channel] = true
	return channel, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.subscribers, channel)
	}
}

func (h *hub) wake() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for channel := range h.subscribers {
		select {
		case channel <- struct{}{}:
		default: // it is awake already
		}
	}
}

// follow listens to what the database tells until ctx ends. What may have been missed while it could
// not listen is read again.
func (s *Server) follow(ctx context.Context) {
	tick := time.NewTicker(recheck)
	defer tick.Stop()
	var listening sync.WaitGroup
	defer listening.Wait()
	listening.Go(func() {
		for ctx.Err() == nil {
			err := s.Store.Listen(ctx, func() { s.reload(ctx); s.keys.forget() }, func(payload string) { s.heard(ctx, payload) })
			if ctx.Err() == nil {
				s.Logger.Warn("the database's notifications are away", "error", err)
				sleep(ctx, recheck)
			}
		}
	})
	for {
		select {
		case <-tick.C:
			s.hub.wake()
		case <-ctx.Done():
			return
		}
	}
}

func (s *Server) heard(ctx context.Context, payload string) {
	switch payload {
	case "settings":
		s.reload(ctx)
	case "api_keys":
		s.keys.forget()
	default:
		s.hub.wake()
	}
}

// sleep waits, but not beyond the end of ctx.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// StreamEvents follows everything.
func (s *Server) StreamEvents(ctx context.Context, req api.StreamEventsRequestObject) (api.StreamEventsResponseObject, error) {
	stream := &stream{server: s, ctx: ctx}
	if req.Params.Types != nil {
		for _, t := range *req.Params.Types {
			stream.filter.Types = append(stream.filter.Types, string(t))
		}
	}
	var err error
	if req.Params.LastEventID != nil {
		stream.after, err = eventID(*req.Params.LastEventID)
	} else {
		stream.after, err = s.Store.LastEventID(ctx)
	}
	return stream, err
}

// eventID reads a Last-Event-ID.
func eventID(text string) (store.EventID, error) {
	id, err := store.ParseEventID(text)
	if err != nil {
		return id, invalidRequest(map[string]string{"Last-Event-ID": "is not an id that a stream has sent"})
	}
	return id, nil
}

// StreamJobEvents follows one job, from its beginning.
func (s *Server) StreamJobEvents(ctx context.Context, req api.StreamJobEventsRequestObject) (api.StreamJobEventsResponseObject, error) {
	id, err := store.ParseJobID(req.JobID)
	if err != nil {
		return nil, err
	}
	if _, err := s.Store.Job(ctx, id); err != nil {
		return nil, err
	}
	stream := &stream{server: s, ctx: ctx, filter: store.EventFilter{JobID: int64(id)}}
	if req.Params.LastEventID != nil {
		stream.after, err = eventID(*req.Params.LastEventID)
	}
	return stream, err
}

// A stream sends events until its client goes, or its job has finished.
type stream struct {
	server *Server
	ctx    context.Context //nolint:containedctx // the generated code calls Visit without one
	filter store.EventFilter
	after  store.EventID
}

// VisitStreamEventsResponse sends the stream.
func (s *stream) VisitStreamEventsResponse(w http.ResponseWriter) error { return s.send(w) }

// VisitStreamJobEventsResponse sends the stream.
func (s *stream) VisitStreamJobEventsResponse(w http.ResponseWriter) error { return s.send(w) }

// send never fails: once the stream has begun there is nobody to tell. A client that was cut off
// comes back with the last id it has.
func (s *stream) send(w http.ResponseWriter) error {
	woken, unsubscribe := s.server.hub.subscribe()
	defer unsubscribe()
	out := http.NewResponseController(w)
	// A stream has no end that the server's limits could know.
	_ = out.SetReadDeadline(time.Time{})
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	write := func(text string) bool {
		_ = out.SetWriteDeadline(time.Now().Add(heartbeat))
		_, err := w.Write([]byte(text))
		return err == nil && out.Flush() == nil
	}
	alive := write(": welcome\n\n")
	beat := time.NewTicker(s.server.heartbeat)
	defer beat.Stop()
	for heard := time.Now(); alive; {
		text, done, err := s.next()
		if err != nil {
			s.server.Logger.WarnContext(s.ctx, "an event stream broke off", "error", err)
			return nil
		}
		if text != "" {
			heard, alive = time.Now(), write(text)
		}
		// A finished job's last event may become readable a moment after the job itself.
		if done == finishedTold || done == finished && time.Since(heard) > lateness {
			return nil
		}
		select {
		case <-woken:
		case <-beat.C:
			alive = write(": still here\n\n")
		case <-s.server.draining:
			return nil
		case <-s.ctx.Done():
			return nil
		}
	}
	return nil
}

// How far a followed job is.
const (
	running = iota
	// finished: the event that says so has not been sent here.
	finished
	// finishedTold: it has.
	finishedTold
)

// next reads the events that have come since, as text, and how far the job was before.
func (s *stream) next() (text string, done int, err error) {
	if s.filter.JobID != 0 {
		job, err := s.server.Store.Job(s.ctx, store.JobID(s.filter.JobID))
		if err != nil {
			return "", running, err
		}
		if job.Finished() {
			done = finished
		}
	}
	events, err := s.server.Store.Events(s.ctx, s.after, s.filter, eventBatch)
	if err != nil {
		return "", running, err
	}
	var b strings.Builder
	for _, e := range events {
		data, _ := json.Marshal(e) // the database has no other data than JSON
		_, _ = fmt.Fprintf(&b, "id: %s\nevent: %s\ndata: %s\n\n", e.ID, e.Type, data)
		s.after = e.ID
	}
	if last := len(events) - 1; done == finished && last >= 0 && last < eventBatch-1 && ends(events[last].Type) {
		done = finishedTold
	}
	return b.String(), done, nil
}

// ends reports whether an event says that its job has finished.
func ends(eventType string) bool {
	return eventType == "job.succeeded" || eventType == "job.failed" || eventType == "job.cancelled"
}
