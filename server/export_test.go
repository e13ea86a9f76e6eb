package server

import "time"

// Beat makes silent streams show at other times that they live. Call it before there are any.
func (s *Server) Beat(every time.Duration) { s.heartbeat = every }

// Subscribed is how many streams and waits would be woken.
func (s *Server) Subscribed() int {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	return len(s.hub.subscribers)
}
