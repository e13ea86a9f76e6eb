package server

import "time"

// Beat makes silent streams show at other times that they live. Call it before there are any.
func (s *Server) Beat(every time.Duration) { s.heartbeat = every }
