// Command tidemark serves tables and backups over DynamoDB's protocol, for the AWS CLI and the SDKs of every
// language.
//
//	go run ./cmd/tidemark
//
// It listens on 127.0.0.1:8000 and says so on standard output, with a line to try it with. The last word of the first line
// is its URL, also with -addr 127.0.0.1:0, which takes a free port; who has read it need not wait until the server is
// ready. docs/languages.md shows how a test in another language does that. The tables are the server's own, in memory, and
// gone with the process. With -upstream they are those of another endpoint that speaks the protocol:
//
//	go run ./cmd/tidemark -addr 127.0.0.1:8001 -upstream http://127.0.0.1:8000
//
// Then the eight backup operations are answered here, and everything else is forwarded as it is. docs/sidecar.md is
// the guide to that: what it gives, what it costs, and what it cannot see.
//
// Requests must be signed, with any keys at all: nothing is verified. An access key of 12 digits is the account that
// the request is for; any other stands for that of -account. The region is the one that the request was signed for.
//
// tidemark -h explains the flags. With -profile instant nothing takes any time and nothing is throttled; with
// -profile documented the server keeps the waits and the limits that AWS describes. With -clock manual, time stands
// still until it is moved, and a test need not wait for anything; the limits of -limits and -throughput count by that
// clock too, so that what has been used up comes back only when it is moved.
//
// # Control
//
// What is under /_tidemark/ is for tests and tools that are not written in Go. Requests need no signature. Answers
// are JSON, and an error is {"error": "what is wrong"} with a fitting status. Times are RFC 3339, in UTC.
//
//	GET  /_tidemark/health       answers {"status": "healthy"}
//	GET  /_tidemark/seed         answers {"seed": "42"}, a text: not every language has numbers of 64 bits
//	GET  /_tidemark/clock        answers {"clock": "manual", "now": "2024-01-15T12:00:00Z"}
//	POST /_tidemark/clock        takes {"advance": "90m"} or {"set": "2026-01-02T03:04:05Z"}, answers like GET
//	GET  /_tidemark/transitions  answers {"transitions": [{"account", "region", "arn", "from", "to", "at"}, ...]}
//	POST /_tidemark/reset        takes nothing, answers {}
//	GET  /_tidemark/restores     answers {"restores": [{"table", "items", "total", "begun", "ended", "error", "stuck"}]}
//	GET  /_tidemark/delays       answers {"writes": 7, "longestSeconds": 0.0012, "totalSeconds", "securedSeconds", ...}
//
// To move the clock from a shell:
//
//	curl -H 'Content-Type: application/json' -d '{"advance": "90m"}' http://127.0.0.1:8000/_tidemark/clock
//
// Without the header, curl says that it sends a form, which is refused: 415.
//
// The clock moves forward only, the units of a duration are h, m, s, ms, us and ns, and what comes due on the way is
// done before the answer. The system clock cannot be moved: 409.
//
// The transitions are the changes of backups that are certain to come, in all accounts and regions, the next one
// first. Their words are those of DescribeBackup: CREATING, AVAILABLE, DELETED; "from" is empty for a backup that
// appears. Tables change with time too, but are not listed. To move the clock to a transition, send its time as it is
// written: it may end in a nanosecond.
//
// A reset forgets all tables and backups, and has ids and markers drawn from the seed anew. The clock stays. The
// tables of an upstream cannot be forgotten: 409.
//
// The last two are for an upstream; without -upstream they answer 409. A restore writes "items" of "total"; "ended"
// is null while it goes on, "error" says why it failed, and it is "stuck" if its table could not be deleted again.
// The delays are how long the "writes" so far were held back by snapshots and histories: the longest, all together,
// the longest that one waited for its item to be read beforehand, and, as "readBackSeconds", the longest reading of
// what one had written.
//
// These endpoints refuse whatever a browser sends on behalf of another page: requests with the Origin of another site
// or from a Sec-Fetch-Site other than this one, and requests for a Host that is neither an address, nor localhost,
// nor the host of -addr. A body must be application/json. The protocol itself lets pages from anywhere use it, as the
// service does.
//
// # Bounds
//
// A request's line and headers may have 16 KB, its body 16 MB, or 4 KB under /_tidemark/. A client that is slower
// than 10 seconds with its headers or 30 seconds with the whole request is cut off; so is one that has not taken its
// answer 60 seconds after its headers. With -upstream, where an answer may be long in coming, it has 30 seconds for
// each piece of some 32 KB instead.
//
// SIGINT and SIGTERM end the server: it takes no more connections, finishes what is under way, 5 seconds at most, and
// exits with 0. Restores into an upstream that are still running then are given up and their tables deleted, 30
// seconds at most. A flag that makes no sense ends it with 2, an address that cannot be listened at, or an upstream
// that has not answered within 5 seconds, with 1. These are the command's own: go run exits with 1 after a SIGINT,
// whatever the command says. Where that matters, run what go build has built.
//
// # Log
//
// Standard error has a line for each request, at the level WARN if it was refused, with the name of the exception
// ("error") and what was wrong ("message"), or if its client did not wait for the answer (client=gone), and at the
// level ERROR if the fault is the server's, or the upstream's; see -log. Messages can contain what the request did:
// names, ARNs and values. Long ones are cut. A restore into an upstream has a line when it has ended, an ERROR if it
// has failed.
//
// # Differences from AWS
//
// Headers that are too long are answered with status 431 instead of 400.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/internal/endpoint"
	"github.com/tidemark-db/tidemark/wire"
)

// What the process exits with.
const (
	exitDone  = 0
	exitFail  = 1
	exitUsage = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // so that a second signal ends the process at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run serves until ctx ends, and returns what to exit with.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	c, err := parseFlags(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		printHelp(stdout)
		return exitDone
	case err != nil:
		fmt.Fprintf(stderr, "tidemark: %v\nRun tidemark -h for the flags.\n", err)
		return exitUsage
	}
	if err := serve(ctx, c, stdout, stderr); err != nil {
		fmt.Fprintf(stderr, "tidemark: %v\n", err)
		return exitFail
	}
	return exitDone
}

// withHint says what to do about an address that another program, often a server of before, listens at.
func withHint(c config, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%w; -addr %s takes a free port", err, quoted(net.JoinHostPort(c.host(), "0")))
	}
	return err
}

// front is what the flags make of the server.
type front struct {
	protocol http.Handler
	backend  backend
	clock    clock.Clock
	banner   func(out io.Writer, url string)
	end      func() // after the last request
}

// ownTables returns the front of a server that has its tables itself.
func ownTables(c config) (front, error) {
	options := c.options()
	e, err := endpoint.New(options, wire.Options{EnforceThroughput: c.bounded == "on"})
	if err != nil {
		return front{}, err
	}
	return front{
		protocol: e, backend: own{e}, clock: options.Clock, end: func() {},
		banner: func(out io.Writer, url string) { printBanner(out, c, e.Options(), url) },
	}, nil
}

// upstreamTables returns the front of a server whose tables are elsewhere.
func upstreamTables(ctx context.Context, c config, log *slog.Logger) (front, error) {
	s, err := newSidecar(ctx, c, log)
	if err != nil {
		return front{}, err
	}
	return front{
		protocol: s, backend: s, clock: clock.System{}, end: func() { s.close(endTimeout) },
		banner: func(out io.Writer, url string) { s.printBanner(out, c, url) },
	}, nil
}

// serve is run with its flags read.
func serve(ctx context.Context, c config, stdout, stderr io.Writer) error {
	log := newLog(stderr, c.log)
	var f front
	var err error
	if c.upstream == "" {
		f, err = ownTables(c)
	} else {
		f, err = upstreamTables(ctx, c, log)
	}
	if err != nil {
		return err
	}
	defer f.end()
	listener, err := net.Listen("tcp", c.addr)
	if err != nil {
		return withHint(c, err)
	}
	at := address(c, listener.Addr())
	warn(stderr, listener.Addr())
	manual, _ := f.clock.(*clock.Manual)
	routes := route{
		protocol: f.protocol,
		control:  &guard{host: c.host(), next: &control{backend: f.backend, clock: f.clock, manual: manual}},
	}
	f.banner(stdout, at)
	return serveUntil(ctx, listener, newServer(logged(routes, log), log), shutdownTimeout, log)
}
