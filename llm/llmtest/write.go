package llmtest

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// write sends a reply, whole or not.
func (s *Server) write(w http.ResponseWriter, r *http.Request, q Request, reply Reply) {
	if reply.Drop {
		panic(http.ErrAbortHandler)
	}
	body, contentType := s.body(q, reply)
	w.Header().Set("Content-Type", contentType)
	for name, value := range reply.Header {
		w.Header().Set(name, value)
	}
	status := reply.Status
	if status == 0 {
		status = http.StatusOK
	}
	if !reply.Hang && !reply.Break {
		w.WriteHeader(status)
		_, _ = w.Write(body) //nolint:gosec // a test's own words
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body[:len(body)/2]) //nolint:gosec // a test's own words
	_ = http.NewResponseController(w).Flush()
	if reply.Hang {
		<-r.Context().Done()
	}
	panic(http.ErrAbortHandler)
}

// body is what a reply is on the wire.
func (s *Server) body(q Request, reply Reply) (body []byte, contentType string) {
	if reply.Body != "" {
		contentType = "application/json"
		if reply.Body[0] == '<' {
			contentType = "text/html; charset=utf-8"
		}
		return []byte(reply.Body), contentType
	}
	answer := map[string]any{}
	if reply.Error != nil {
		answer["error"] = reply.Error.wire()
	} else {
		finish := reply.Finish
		if finish == "" {
			finish = "stop"
		}
		message := map[string]any{"role": "assistant", "content": reply.content()}
		if reply.Refusal != "" {
			message["content"], message["refusal"] = nil, reply.Refusal
		}
		answer = map[string]any{
			"id": "chatcmpl-1", "object": "chat.completion", "created": 1790000000, "model": q.Model,
			"choices": []any{map[string]any{"index": 0, "message": message, "finish_reason": finish}},
		}
		if !reply.NoUsage {
			answer["usage"] = s.usage(q, reply)
		}
	}
	raw, err := json.Marshal(answer)
	if err != nil {
		panic(err)
	}
	return raw, "application/json"
}

func (f Fault) wire() map[string]any {
	fault := map[string]any{"message": f.Message, "code": f.Code}
	if f.Type != "" {
		fault["type"], fault["param"] = f.Type, f.Param
	}
	if len(f.FlaggedBecause) > 0 {
		fault["metadata"] = map[string]any{"reasons": f.FlaggedBecause, "provider_name": "OpenAI"}
	}
	return fault
}
