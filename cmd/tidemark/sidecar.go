package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tidemark-db/tidemark"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/upstream"
	"github.com/tidemark-db/tidemark/wire"
)

const (
	// reachTimeout is how long the upstream may take for the first answers.
	reachTimeout = 5 * time.Second

	// endTimeout is how long running restores, whose tables are deleted again, may take once the server is to end.
	endTimeout = 30 * time.Second
)

// sidecar answers the backup operations for the tables of an upstream, and forwards everything else.
type sidecar struct {
	source    *upstream.Source
	proxy     *upstream.Proxy
	transport *upstream.Transport
	profile   backup.Profile
	seedUsed  uint64
	log       *slog.Logger
	piece     time.Duration // pieceTimeout, but for tests

	// Backups have ARNs, so there can be none before it is known where the tables are: until then they are those of an
	// account without tables.
	engine  *backup.Engine
	handler http.Handler
	empty   http.Handler
	locate  sync.Mutex
	located atomic.Bool

	under sync.RWMutex // held for reading by requests that are under way
}

// newSidecar returns the sidecar of the upstream that the flags name, which must answer.
func newSidecar(ctx context.Context, c config, log *slog.Logger) (*sidecar, error) {
	s := &sidecar{log: log, piece: pieceTimeout}
	s.transport = upstream.NewTransport()
	client, err := upstream.NewClient(c.endpoint(s.transport))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, reachTimeout, fmt.Errorf("no answer within %v", reachTimeout))
	defer cancel()
	if err := reach(ctx, client); err != nil {
		return nil, fmt.Errorf("there is no DynamoDB to stand in front of at %s: %w", c.upstream, err)
	}
	if s.source, err = upstream.New(ctx, client, s.options(c)); err != nil {
		return nil, err
	}
	s.proxy, s.profile, s.seedUsed = upstream.NewProxy(s.source), c.backups(), cmp.Or(c.seed, rand.Uint64())
	nothing, err := tidemark.New(c.options())
	if err == nil {
		s.empty = s.handlerOf(nothing.Backups)
		_, err = s.settle(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.source.Close())
	}
	return s, nil
}

// settle makes the engine when it is known where the tables are, and reports whether there is one.
func (s *sidecar) settle(ctx context.Context) (bool, error) {
	if s.located.Load() {
		return true, nil
	}
	s.locate.Lock()
	defer s.locate.Unlock()
	if known, err := s.source.Located(ctx); !known || err != nil || s.located.Load() {
		return s.located.Load(), err
	}
	engine, err := backup.New(s.source, backup.Options{Profile: s.profile, Seed: s.seedUsed})
	if err != nil {
		return false, err
	}
	s.engine, s.handler = engine, s.handlerOf(engine)
	s.located.Store(true)
	return true, nil
}

// handlerOf answers backup operations with an engine, and forwards everything else.
func (s *sidecar) handlerOf(engine *backup.Engine) http.Handler {
	api := wire.NewAPI(nil, engine)
	return wire.NewHandler(wire.Options{
		Open:    func(string, string) (*wire.API, error) { return api, nil },
		Account: s.source.Account(),
		Seed:    s.seedUsed,
		Next:    s.proxy,
	})
}

// endpoint returns how the upstream is spoken to.
func (c config) endpoint(t http.RoundTripper) upstream.Endpoint {
	e := upstream.Endpoint{URL: c.upstream, Region: c.region, Transport: t}
	if key := os.Getenv("AWS_ACCESS_KEY_ID"); key != "" {
		e.AccessKey, e.SecretKey = key, os.Getenv("AWS_SECRET_ACCESS_KEY")
		e.SessionToken = os.Getenv("AWS_SESSION_TOKEN")
	}
	return e
}

func (s *sidecar) options(c config) upstream.Options {
	o := upstream.Options{Memory: c.memory, Spool: c.spool, Background: true, Ended: s.ended}
	if c.given["account"] {
		o.Account = c.account
	}
	if c.given["region"] {
		o.Region = c.region
	}
	return o
}

// reach asks the upstream for something that every DynamoDB answers.
func reach(ctx context.Context, client *upstream.Client) error {
	answer, err := client.Call(ctx, "ListTables", []byte(`{"Limit":1}`))
	var e *exception.Error
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &e) && e.Code == exception.InternalServerError:
		return errors.New(e.Message) // the code is our own
	case err != nil:
		return err
	}
	var tables struct{ TableNames *[]string }
	if json.Unmarshal(answer, &tables) != nil || tables.TableNames == nil {
		return errors.New("what it answers to ListTables is no list of tables")
	}
	return nil
}

// ended logs how a restore has ended.
func (s *sidecar) ended(p upstream.Progress) {
	level, what := slog.LevelInfo, "restored"
	switch {
	case p.Stuck:
		level, what = slog.LevelError, "restore failed, and its table could not be deleted"
	case p.Err != nil:
		level, what = slog.LevelError, "restore failed"
	}
	a := []slog.Attr{
		slog.String("table", p.Table), slog.Int("items", p.Items), slog.Int("of", p.Total),
		slog.Duration("took", p.Ended.Sub(p.Begun)),
	}
	if p.Err != nil {
		a = append(a, slog.String("message", cut(p.Err.Error(), 400)))
	}
	s.log.LogAttrs(context.Background(), level, what, a...)
}

// mayNeedBackups reports whether a request is not just forwarded: all operations of the backup family have names like
// this.
func mayNeedBackups(r *http.Request) bool {
	target := r.Header.Get("X-Amz-Target")
	return strings.Contains(target, "Backup") || strings.Contains(target, "PointInTime")
}

func (s *sidecar) locatedNow(ctx context.Context) bool {
	there, _ := s.settle(ctx) // if it fails, so will whatever asks the upstream next
	return there
}

// ServeHTTP answers a request, which may take as long as the upstream needs.
func (s *sidecar) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.under.TryRLock() {
		http.Error(w, "the server is ending", http.StatusServiceUnavailable)
		return
	}
	defer s.under.RUnlock()
	handler := s.empty
	if s.located.Load() || mayNeedBackups(r) && s.locatedNow(r.Context()) {
		handler = s.handler
	}
	patiently(handler, w, r, s.piece)
}

// close ends the restores that are running, after the requests that are under way. It gives up when it has had its
// time, and on those requests earlier: an upstream that does not answer should not keep the server from ending.
func (s *sidecar) close(patience time.Duration) {
	late := time.NewTimer(patience)
	defer late.Stop()
	alone, done := make(chan struct{}), make(chan struct{})
	go func() {
		s.under.Lock() // for good
		close(alone)
	}()
	go func() {
		defer close(done)
		select {
		case <-alone:
		case <-time.After(patience / 10): // it is some time since their clients were cut off
		}
		s.source.Close()
		s.transport.CloseIdleConnections()
	}()
	select {
	case <-done:
	case <-late.C:
		for _, p := range s.source.Restores() {
			if p.Ended.IsZero() || p.Stuck {
				s.log.Error("table left behind at the upstream, half restored", "table", p.Table)
			}
		}
	}
}

func (s *sidecar) seed() uint64             { return s.seedUsed }
func (s *sidecar) behind() *upstream.Source { return s.source }

func (s *sidecar) places() []place {
	if !s.located.Load() {
		return nil
	}
	return []place{{s.source.Account(), s.source.Region(), s.engine}}
}

func (s *sidecar) reset() *refusal {
	return refuse(http.StatusConflict, "the tables are those of -upstream, which are not forgotten by being told to: "+
		"delete tables and backups one by one, or start both servers anew")
}
