package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"
)

// What a client may take of the server.
const (
	maxHeader     = 16 << 10
	headerTimeout = 10 * time.Second
	readTimeout   = 30 * time.Second
	writeTimeout  = 60 * time.Second // from the end of the headers, so it has readTimeout in it

	// Longer than clients keep a connection for later, 90 seconds in Go's own: the side that closes should be the one that
	// knows whether it is about to send something.
	idleTimeout = 2 * time.Minute

	// shutdownTimeout is how long requests that are under way may take once the server is to end.
	shutdownTimeout = 5 * time.Second
)

// addedHeader is what net/http reads of a header beyond http.Server.MaxHeaderBytes.
const addedHeader = 4 << 10

func newServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		MaxHeaderBytes:    maxHeader - addedHeader,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelError),
	}
}

// serveUntil serves until ctx ends and the requests that are under way then are done, or have had their time.
func serveUntil(
	ctx context.Context, listener net.Listener, server *http.Server, patience time.Duration, log *slog.Logger,
) error {
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	log.Debug("stopping")
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if err := server.Shutdown(ending); err != nil {
		log.Warn("requests were cut off", "error", err)
		server.Close()
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// controlPrefix is where the control endpoints are.
const controlPrefix = "/_tidemark/"

// route keeps the control endpoints and the protocol apart.
type route struct{ protocol, control http.Handler }

// ServeHTTP hands the request to one of the two.
func (m route) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path+"/", controlPrefix) {
		m.control.ServeHTTP(w, r)
		return
	}
	m.protocol.ServeHTTP(w, r)
}
