package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// guard refuses the requests that a browser sends on behalf of a page from elsewhere. Such a page needs no answer to
// do harm: that its request arrives is enough. Of the headers that are looked at here, other programs send Host alone,
// and whoever runs them could do anything anyway.
type guard struct {
	host       string // the host that the server was told to listen at; may be empty
	protection http.CrossOriginProtection
	next       http.Handler
}

// ServeHTTP passes on what is not refused.
func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := g.check(r); err != nil {
		answerError(w, http.StatusForbidden, err.Error())
		return
	}
	g.next.ServeHTTP(w, r)
}

var errCrossOrigin = errors.New("cross-origin requests are not answered")

func (g *guard) check(r *http.Request) error {
	// A page can have its own name point to this machine, and is then of the same origin to its browser. It cannot do that
	// to an address or to localhost.
	if host := hostname(r.Host); !g.answersTo(host) {
		return fmt.Errorf("there is nothing for host %q: ask for an address or localhost, "+
			"or start the server with that host in -addr", host)
	}
	for _, origin := range r.Header["Origin"] {
		if !strings.EqualFold(origin, "http://"+r.Host) {
			return errCrossOrigin
		}
	}
	for _, site := range r.Header["Sec-Fetch-Site"] {
		if site != "same-origin" && site != "none" { // same-site is another port, so another program
			return errCrossOrigin
		}
	}
	if err := g.protection.Check(r); err != nil {
		return errCrossOrigin
	}
	return nil
}

func (g *guard) answersTo(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return strings.EqualFold(host, "localhost") || host != "" && strings.EqualFold(host, g.host)
}

// hostname returns a Host header without port and brackets.
func hostname(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return strings.TrimSuffix(strings.TrimPrefix(hostport, "["), "]")
}
