package main

import (
	"net/http"
	"time"
)

// pieceTimeout is how long a client may take for one piece of an answer, of some 32 KB at most.
const pieceTimeout = 30 * time.Second

// patiently has next answer a request for which it may need any time, or whose answer may have any length. The server's
// write timeout counts from the end of the headers, so it is for what is answered at once. Here it is moved on with the
// answer: the client has the given time, which must not be longer, for each piece of it. Its request must still come
// within the read timeout, which no longer counts once all of it is there.
func patiently(next http.Handler, w http.ResponseWriter, r *http.Request, piece time.Duration) {
	p := &patient{w, http.NewResponseController(w), piece, time.Now()}
	defer p.hurry() // with what is still in buffers
	next.ServeHTTP(p, r)
}

// patient is the ResponseWriter of such a request.
type patient struct {
	http.ResponseWriter
	conn  *http.ResponseController
	piece time.Duration
	moved time.Time
}

// Unwrap is for http.ResponseController.
func (p *patient) Unwrap() http.ResponseWriter { return p.ResponseWriter }

// WriteHeader begins the answer.
func (p *patient) WriteHeader(status int) {
	p.hurry()
	p.ResponseWriter.WriteHeader(status)
}

// Write sends a piece of the answer.
func (p *patient) Write(b []byte) (int, error) {
	p.hurry()
	return p.ResponseWriter.Write(b)
}

// Flush is for an answer that is passed on as it comes.
func (p *patient) Flush() {
	p.hurry()
	p.conn.Flush()
}

// hurry bounds what is sent next. Moving a deadline is not cheap, so it is left where it is for a while. A writer that
// has none is not that of a server.
func (p *patient) hurry() {
	if now := time.Now(); now.Sub(p.moved) > p.piece/10 {
		p.conn.SetWriteDeadline(now.Add(p.piece))
		p.moved = now
	}
}
