// Package endpoint is what the server and the test fake have in common: a [wire.Handler] before a [tidemark.DB] for
// each account and region that is asked for, all by one clock.
package endpoint

import (
	"cmp"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/tidemark-db/tidemark"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/table"
	"github.com/tidemark-db/tidemark/wire"
)

// Endpoint is a handler with all that lies behind it. Make one with [New].
type Endpoint struct {
	*wire.Handler
	options tidemark.Options

	mu struct {
		sync.Mutex
		opened map[place]opened
	}
}

type place struct{ account, region string }

type opened struct {
	db  *tidemark.DB
	api *wire.API
}

// New returns an endpoint without tables. The options are those of every DB; Account is also whose tables requests are
// for whose access key does not say. before is wire.Options.Before. It fails if the options have an impossible value.
func New(o tidemark.Options, before wire.Options) (*Endpoint, error) {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	o.Account, o.Region = cmp.Or(o.Account, table.DefaultAccount), cmp.Or(o.Region, table.DefaultRegion)
	if o.Seed == 0 {
		o.Seed = rand.Uint64()
	}
	e := &Endpoint{options: o}
	e.mu.opened = make(map[place]opened)
	before.Open, before.Account, before.Seed = e.open, o.Account, o.Seed
	e.Handler = wire.NewHandler(before)
	_, err := e.DB(o.Account, o.Region)
	return e, err
}

// Options returns what the endpoint was made with, defaults filled in. The seed is never 0.
func (e *Endpoint) Options() tidemark.Options { return e.options }

// DB returns the tables and backups of an account and region; what is empty is that of the options.
func (e *Endpoint) DB(account, region string) (*tidemark.DB, error) {
	account, region = cmp.Or(account, e.options.Account), cmp.Or(region, e.options.Region)
	if _, err := e.API(account, region); err != nil { // which refuses what is no account or region
		return nil, err
	}
	found, err := e.at(account, region) // not necessarily what API opened: a Reset may have come in between
	return found.db, err
}

// DBs returns all that have been asked for since the last Reset, by account and region.
func (e *Endpoint) DBs() []*tidemark.DB {
	e.mu.Lock()
	defer e.mu.Unlock()
	var dbs []*tidemark.DB
	for _, o := range e.mu.opened {
		dbs = append(dbs, o.db)
	}
	slices.SortFunc(dbs, func(a, b *tidemark.DB) int {
		return cmp.Or(cmp.Compare(a.Tables.Account(), b.Tables.Account()), cmp.Compare(a.Tables.Region(), b.Tables.Region()))
	})
	return dbs
}

// Reset forgets all tables and backups. Requests that are under way may still see them.
func (e *Endpoint) Reset() {
	e.mu.Lock()
	clear(e.mu.opened)
	e.mu.Unlock()
	// Last, so that the handler keeps nothing that is not in e.mu.opened.
	e.Handler.Reset()
}

func (e *Endpoint) open(account, region string) (*wire.API, error) {
	found, err := e.at(account, region)
	return found.api, err
}

// at returns what is at a place, and makes it if need be. Its seed depends on its place alone, so that a run can be
// repeated in whatever order places are asked for; at the place of the options it is that of the options.
func (e *Endpoint) at(account, region string) (opened, error) {
	p := place{account, region}
	e.mu.Lock()
	defer e.mu.Unlock()
	if found, ok := e.mu.opened[p]; ok {
		return found, nil
	}
	o := e.options
	if account != o.Account || region != o.Region {
		h := fnv.New64a()
		h.Write([]byte(account + " " + region))
		o.Seed ^= h.Sum64()
	}
	o.Account, o.Region = account, region
	db, err := tidemark.New(o)
	if err != nil {
		return opened{}, err
	}
	made := opened{db, wire.NewAPI(db.Tables, db.Backups)}
	e.mu.opened[p] = made
	return made, nil
}
