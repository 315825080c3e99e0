package main

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tidemark-db/tidemark/wire"
)

func newLog(out io.Writer, level slog.Level) *slog.Logger {
	if level == logOff {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: level}))
}

// logged returns a handler that does what next does and logs every request: at level error if the fault is the
// server's, warn if the request was refused or its client has gone, else info.
func logged(next http.Handler, log *slog.Logger) http.Handler {
	if !log.Enabled(context.Background(), slog.LevelError) {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin := time.Now()
		watched := &watcher{ResponseWriter: w}
		finished := false
		defer func() { // also if next panics, which net/http logs by itself
			if finished && watched.status == 0 {
				watched.status = http.StatusOK
			}
			level := levelFor(watched.status)
			if gone(r, watched) {
				level = min(level, slog.LevelWarn) // nobody was there any more to be answered
			}
			log.LogAttrs(r.Context(), level, "request", attributes(log, r, watched, time.Since(begin))...)
		}()
		next.ServeHTTP(watched, r)
		finished = true
	})
}

// gone reports whether a request failed that no client was waiting for any longer. The answer to a failure is short and
// is sent when it has been logged, so nobody can have read it already.
func gone(r *http.Request, w *watcher) bool { return w.status >= 500 && r.Context().Err() != nil }

func levelFor(status int) slog.Level {
	switch {
	case status == 0, status >= 500:
		return slog.LevelError
	case status >= 400:
		return slog.LevelWarn
	}
	return slog.LevelInfo
}

func attributes(log *slog.Logger, r *http.Request, w *watcher, took time.Duration) []slog.Attr {
	a := []slog.Attr{
		slog.String("operation", operation(r)),
		slog.Int("status", w.status),
		slog.Duration("took", took),
	}
	if gone(r, w) {
		a = append(a, slog.String("client", "gone"))
	}
	if w.exception != "" {
		a = append(a, slog.String("error", w.exception))
	}
	if w.message != "" {
		a = append(a, slog.String("message", cut(w.message, 400)))
	}
	if id := w.Header().Get("X-Amzn-Requestid"); id != "" {
		a = append(a, slog.String("id", id))
	}
	if log.Enabled(r.Context(), slog.LevelDebug) {
		a = append(a, slog.String("from", r.RemoteAddr), slog.Int64("in", r.ContentLength), slog.Int64("out", w.written),
			slog.String("agent", short(r.UserAgent())))
	}
	return a
}

// operation says what a request is for: the operation of the protocol, else the method and path.
func operation(r *http.Request) string {
	for _, prefix := range []string{wire.TargetPrefix, wire.StreamsTargetPrefix} {
		if name, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), prefix); ok {
			return short(name)
		}
	}
	return short(r.Method + " " + r.URL.Path)
}

// short keeps a client from filling the log.
func short(s string) string { return cut(s, 120) }

// cut returns s, or as many whole characters from its beginning as have no more than most bytes, and a mark.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most] + "…"
}

// watcher notes what a handler answers.
type watcher struct {
	http.ResponseWriter
	status    int
	written   int64
	exception string // of an answer that is an error of the protocol
	message   string // of such an answer, or of a control endpoint's
}

// Unwrap is for http.ResponseController.
func (w *watcher) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Flush is for an answer that is passed on as it comes.
func (w *watcher) Flush() { http.NewResponseController(w.ResponseWriter).Flush() }

// WriteHeader notes the status.
func (w *watcher) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write notes how much there is, and which error it is. Errors are written in one piece.
func (w *watcher) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	if w.status >= 400 && w.written == 0 {
		var e struct {
			Type    string `json:"__type"`
			Message string `json:"message"` // also Message, as some exceptions have it
			Error   string `json:"error"`   // of a control endpoint
		}
		if json.Unmarshal(b, &e) == nil {
			w.exception = e.Type[strings.IndexByte(e.Type, '#')+1:]
			w.message = cmp.Or(e.Message, e.Error)
		}
	}
	n, err := w.ResponseWriter.Write(b)
	w.written += int64(n)
	return n, err
}
