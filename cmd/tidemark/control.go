package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/internal/endpoint"
	"github.com/tidemark-db/tidemark/internal/upstream"
)

// maxControlBody is the size of the largest body that a control endpoint reads.
const maxControlBody = 4 << 10

// backend is what the control endpoints look at: the server's own tables, or a sidecar.
type backend interface {
	seed() uint64 // the seed
	places() []place
	behind() *upstream.Source // nil: the tables are the server's own
	reset() *refusal          // forgets all tables and backups
}

// place is an account and region with its backups.
type place struct {
	account, region string
	backups         *backup.Engine
}

// own is the backend of tables that the server has itself.
type own struct{ *endpoint.Endpoint }

func (o own) seed() uint64             { return o.Options().Seed }
func (o own) behind() *upstream.Source { return nil }

func (o own) places() []place {
	var all []place
	for _, db := range o.DBs() {
		all = append(all, place{db.Tables.Account(), db.Tables.Region(), db.Backups})
	}
	return all
}

func (o own) reset() *refusal {
	o.Reset()
	return nil
}

// control answers what is under controlPrefix.
type control struct {
	backend backend
	clock   clock.Clock
	manual  *clock.Manual // nil: the clock cannot be moved

	moving sync.Mutex // so that a move finds the clock where it was checked to be
}

// refusal is what is wrong with a request, and the status to answer.
type refusal struct {
	status int
	text   string
}

func refuse(status int, format string, args ...any) *refusal {
	return &refusal{status, fmt.Sprintf(format, args...)}
}

// action does what a request with a body asks for and returns the answer.
type action func(c *control, body []byte) (answer any, refused *refusal)

// resources are the control endpoints, with what their methods do.
var resources = map[string]struct{ get, post action }{
	"health":      {get: health},
	"seed":        {get: seed},
	"clock":       {get: readClock, post: moveClock},
	"transitions": {get: transitions},
	"reset":       {post: reset},
	"restores":    {get: restores},
	"delays":      {get: delays},
}

// ServeHTTP answers a request that the guard has let pass.
func (c *control) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	resource, known := resources[strings.TrimPrefix(r.URL.Path, controlPrefix)]
	if !known {
		answerError(w, http.StatusNotFound, "there is no "+r.URL.Path+": under "+controlPrefix+" are "+
			strings.Join(slices.Sorted(maps.Keys(resources)), ", "))
		return
	}
	do, allowed := resource.post, []string{}
	if resource.get != nil {
		allowed = append(allowed, http.MethodGet, http.MethodHead)
	}
	if resource.post != nil {
		allowed = append(allowed, http.MethodPost)
	}
	if !slices.Contains(allowed, r.Method) {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		answerError(w, http.StatusMethodNotAllowed, "the method must be "+strings.Join(allowed, " or "))
		return
	}
	var body []byte
	if r.Method != http.MethodPost {
		do = resource.get
	} else {
		var refused *refusal
		if body, refused = readBody(w, r); refused != nil {
			answerError(w, refused.status, refused.text)
			return
		}
	}
	answer, refused := do(c, body)
	if refused != nil {
		answerError(w, refused.status, refused.text)
		return
	}
	answerJSON(w, http.StatusOK, answer)
}

// readBody returns the body of a request, which may have none.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, *refusal) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxControlBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return nil, refuse(http.StatusRequestEntityTooLarge, "the body is larger than %d bytes", tooLarge.Limit)
	}
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "the body ended early")
	}
	// A page from elsewhere cannot send this type unless it is allowed to, and the guard does not allow it.
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if len(body) > 0 && (err != nil || kind != "application/json") {
		return nil, refuse(http.StatusUnsupportedMediaType,
			"a body needs the header Content-Type: application/json; with curl: -H 'Content-Type: application/json'")
	}
	return body, nil
}

// decode reads a body that is one JSON object without unknown members.
func decode(body []byte, into any) *refusal {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		if _, err = d.Token(); err == io.EOF {
			return nil
		}
		err = errors.New("there is more after the object")
	}
	what := strings.TrimPrefix(err.Error(), "json: ")
	if mistyped := (*json.UnmarshalTypeError)(nil); errors.As(err, &mistyped) {
		what = strings.TrimPrefix(mistyped.Field+" cannot be a JSON "+mistyped.Value, " ")
	} else if err == io.EOF {
		what = "it is empty"
	}
	return refuse(http.StatusBadRequest, "the body is not what it should be: %s", what)
}

func answerError(w http.ResponseWriter, status int, text string) {
	answerJSON(w, status, struct {
		Error string `json:"error"`
	}{text})
}

func answerJSON(w http.ResponseWriter, status int, answer any) {
	var body bytes.Buffer
	e := json.NewEncoder(&body)
	e.SetEscapeHTML(false)
	if err := e.Encode(answer); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(body.Len()))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	w.Write(body.Bytes())
}

func health(*control, []byte) (any, *refusal) {
	return struct {
		Status string `json:"status"`
	}{"healthy"}, nil
}

func seed(c *control, _ []byte) (any, *refusal) {
	return struct {
		Seed uint64 `json:"seed,string"`
	}{c.backend.seed()}, nil
}

func readClock(c *control, _ []byte) (any, *refusal) {
	kind := "system"
	if c.manual != nil {
		kind = "manual"
	}
	return struct {
		Clock string    `json:"clock"`
		Now   time.Time `json:"now"`
	}{kind, c.clock.Now()}, nil
}

// firstTime and lastTime bound what a manual clock may show. Instants reach some months further, for what lies ahead.
var (
	firstTime = time.Unix(0, 0).UTC()
	lastTime  = time.Date(2261, time.December, 31, 23, 59, 59, 0, time.UTC)
)

func checkTime(t time.Time) error {
	if t.Before(firstTime) || t.After(lastTime) {
		return fmt.Errorf("not between %s and %s", firstTime.Format(time.RFC3339), lastTime.Format(time.RFC3339))
	}
	return nil
}

func moveClock(c *control, body []byte) (any, *refusal) {
	switch {
	case c.backend.behind() != nil:
		return nil, refuse(http.StatusConflict, "the system clock cannot be moved, and the tables of -upstream go by it")
	case c.manual == nil:
		return nil, refuse(http.StatusConflict, "the system clock cannot be moved: start the server with -clock manual")
	}
	var in struct {
		Advance *string `json:"advance"`
		Set     *string `json:"set"`
	}
	if refused := decode(body, &in); refused != nil {
		return nil, refused
	}
	if (in.Advance == nil) == (in.Set == nil) {
		return nil, refuse(http.StatusBadRequest,
			`give either "advance", such as "90m", or "set", such as "2026-01-02T03:04:05Z"`)
	}
	c.moving.Lock()
	defer c.moving.Unlock()
	now := c.manual.Now()
	to, refused := target(now, in.Advance, in.Set)
	if refused != nil {
		return nil, refused
	}
	if err := checkTime(to); err != nil {
		return nil, refuse(http.StatusBadRequest, "%s is %v", to.Format(time.RFC3339), err)
	}
	c.manual.Set(to)
	for _, p := range c.backend.places() {
		p.backups.Settle()
	}
	return readClock(c, nil)
}

// target returns where the clock is to go.
func target(now time.Time, advance, set *string) (time.Time, *refusal) {
	if set != nil {
		t, err := time.Parse(time.RFC3339, *set)
		switch {
		case err != nil:
			return t, refuse(http.StatusBadRequest, "%q is not a time in RFC 3339, such as 2026-01-02T03:04:05Z", *set)
		case t.Before(now):
			return t, refuse(http.StatusBadRequest, "%s is in the past: the clock shows %s and moves forward only",
				*set, now.Format(time.RFC3339Nano))
		}
		return t.UTC(), nil
	}
	d, err := time.ParseDuration(*advance)
	switch {
	case err != nil:
		return now, refuse(http.StatusBadRequest,
			"%q is not a duration, such as 90m or 840h: the units are h, m, s, ms, us, ns", *advance)
	case d < 0:
		return now, refuse(http.StatusBadRequest, "%s is negative: the clock moves forward only", *advance)
	}
	return now.Add(d), nil
}

// transition is a change of a backup to come.
type transition struct {
	Account string    `json:"account"`
	Region  string    `json:"region"`
	ARN     string    `json:"arn"`
	From    string    `json:"from"`
	To      string    `json:"to"`
	At      time.Time `json:"at"`
}

func transitions(c *control, _ []byte) (any, *refusal) {
	all := []transition{} // never null
	for _, p := range c.backend.places() {
		for _, t := range p.backups.Pending() {
			all = append(all, transition{
				Account: p.account, Region: p.region,
				ARN: t.ARN, From: statusWord(t.From), To: statusWord(t.To), At: t.At.UTC(),
			})
		}
	}
	// Stable: those of one place are in the order in which they will happen, those of others by account and region.
	slices.SortStableFunc(all, func(a, b transition) int { return a.At.Compare(b.At) })
	return struct {
		Transitions []transition `json:"transitions"`
	}{all}, nil
}

// statusWord returns the protocol's word for a status.
func statusWord(s backup.Status) string {
	if s == backup.Active {
		return "AVAILABLE"
	}
	return string(s)
}

func reset(c *control, body []byte) (any, *refusal) {
	if len(body) > 0 {
		if refused := decode(body, new(struct{})); refused != nil {
			return nil, refused
		}
	}
	return struct{}{}, c.backend.reset()
}

// restoring is how a restore into an upstream goes.
type restoring struct {
	Table string     `json:"table"`
	Items int        `json:"items"`
	Total int        `json:"total"`
	Begun time.Time  `json:"begun"`
	Ended *time.Time `json:"ended"` // null while it goes on
	Error string     `json:"error"` // empty unless it has failed
	Stuck bool       `json:"stuck"`
}

func restores(c *control, _ []byte) (any, *refusal) {
	source, refused := c.upstream()
	if refused != nil {
		return nil, refused
	}
	all := []restoring{} // never null
	for _, p := range source.Restores() {
		r := restoring{Table: p.Table, Items: p.Items, Total: p.Total, Begun: p.Begun.UTC(), Stuck: p.Stuck}
		if !p.Ended.IsZero() {
			ended := p.Ended.UTC()
			r.Ended = &ended
		}
		if p.Err != nil {
			r.Error = p.Err.Error()
		}
		all = append(all, r)
	}
	return struct {
		Restores []restoring `json:"restores"`
	}{all}, nil
}

func delays(c *control, _ []byte) (any, *refusal) {
	source, refused := c.upstream()
	if refused != nil {
		return nil, refused
	}
	d := source.Delays()
	return struct {
		Writes   int     `json:"writes"`
		Longest  float64 `json:"longestSeconds"`
		Total    float64 `json:"totalSeconds"`
		Secured  float64 `json:"securedSeconds"`
		ReadBack float64 `json:"readBackSeconds"`
	}{d.Writes, d.Longest.Seconds(), d.Total.Seconds(), d.Secured.Seconds(), d.ReadBack.Seconds()}, nil
}

func (c *control) upstream() (*upstream.Source, *refusal) {
	source := c.backend.behind()
	if source == nil {
		return nil, refuse(http.StatusConflict, "this is for a server that is started with -upstream: "+
			"here the tables are its own, nothing has to be copied and no write is held back")
	}
	return source, nil
}
