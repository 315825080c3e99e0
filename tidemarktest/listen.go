package tidemarktest

import (
	"net"
	"net/http"
)

// Listen returns a URL on the loopback interface at which the endpoint answers until the test is over, for clients in
// other processes and languages. All calls return the same. It has goroutines and a socket, so it does not belong into
// a synctest bubble.
func (e *Endpoint) Listen() string {
	e.t.Helper()
	e.server.Lock()
	defer e.server.Unlock()
	if e.server.url != "" {
		return e.server.url
	}
	if err := e.delays.over(); err != nil {
		e.t.Fatalf("tidemarktest: Listen: %v", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		e.t.Fatalf("tidemarktest: Listen: %v", err)
	}
	server, done := &http.Server{Handler: e}, make(chan struct{})
	go func() {
		defer close(done)
		server.Serve(listener)
	}()
	e.server.url = "http://" + listener.Addr().String()
	e.server.stop = func() {
		server.Close()
		listener.Close() // which the server may not have known yet
		<-done
	}
	return e.server.url
}

func (e *Endpoint) stopServer() {
	e.server.Lock()
	defer e.server.Unlock()
	if e.server.stop != nil {
		e.server.stop()
	}
}
