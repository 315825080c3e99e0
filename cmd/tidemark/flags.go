package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/tidemark-db/tidemark"
	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/table"
)

// config is what the flags say.
type config struct {
	addr    string
	profile string
	marker  string // empty: the profile's
	seed    uint64
	account string
	region  string
	limits  string
	kinesis string // "any": every Kinesis stream that is named is taken to exist
	bounded string // "on": operations on items are bounded by the throughput of their tables
	clock   string
	start   time.Time
	log     slog.Level

	upstream string // empty: the tables are the server's own
	memory   int64  // of the upstream's snapshots and histories
	spool    string // empty: where the system has temporary files

	given map[string]bool // the flags that are there
}

// logOff is the level that nothing is logged at.
const logOff = slog.Level(100)

// The values that flags with a choice can have.
var (
	profiles = []string{"instant", "documented"}
	markers  = []string{"exact", "fuzzy", "torn", "earliest", "latest"}
	limits   = []string{"auto", "on", "off"}
	switches = []string{"on", "off"}
	streams  = []string{"none", "any"}
	clocks   = []string{"system", "manual"}
	levels   = []string{"off", "error", "warn", "info", "debug"}

	levelOf = map[string]slog.Level{
		"off": logOff, "error": slog.LevelError, "warn": slog.LevelWarn, "info": slog.LevelInfo, "debug": slog.LevelDebug,
	}
)

// newFlags returns the flags, which write to c. What Parse accepts is not fully checked yet: see parseFlags.
func newFlags(c *config) *flag.FlagSet {
	f := flag.NewFlagSet("tidemark", flag.ContinueOnError)
	f.SetOutput(io.Discard) // run says what is wrong
	f.Usage = func() {}
	f.StringVar(&c.addr, "addr", "127.0.0.1:8000", "the `host:port` to listen at; port 0 takes a free one")
	c.profile, c.limits, c.clock, c.log, c.bounded = "instant", "auto", "system", slog.LevelInfo, "off"
	c.kinesis = "none"
	choice(f, &c.profile, "profile", profiles,
		"the `name` of how tables and backups behave: instant takes no time, documented has the waits and\n"+
			"limits that AWS describes")
	choice(f, &c.marker, "marker", markers,
		"`where` the cut of a backup falls: at its request (exact, default of instant), or up to 60 s before or\n"+
			"after it (fuzzy, default of documented; torn, earliest, latest)")
	seedFlag(f, &c.seed)
	c.account, c.region = table.DefaultAccount, table.DefaultRegion
	checked(f, &c.account, "account",
		"the account of requests whose access key is not 12 digits itself, as 12 `digits`;\n"+
			"with -upstream, whose the tables are said to be", arn.ValidAccount)
	checked(f, &c.region, "region",
		"the `region` of the printed aws line; a request is for the one it names.\n"+
			"With -upstream, where the tables are said to be, and what our own requests\n"+
			"are signed for", validRegion)
	choice(f, &c.limits, "limits", limits,
		"`when` to throttle backup operations at the documented calls per second of the clock: on, off, or\n"+
			"auto: with -profile documented")
	choice(f, &c.bounded, "throughput", switches,
		"`when` to throttle operations on items: beyond the provisioned throughput, or the maximum, of their\n"+
			"table (on), or never (off)")
	choice(f, &c.kinesis, "kinesis", streams,
		"which Kinesis `streams` exist, as destinations of tables: none, so that to enable one fails as it does\n"+
			"where there is no such stream, or any. No record goes to them")
	choice(f, &c.clock, "clock", clocks, "the `kind` of clock: system, or manual, which stands still until it is moved")
	startFlag(f, &c.start)
	upstreamFlags(f, c)
	f.Func("log", "the `level` of the log on standard error: off, error (requests that fail by our fault), warn (also\n"+
		"those that are refused), info (all), debug (more about each) (default info)", func(s string) error {
		level, known := levelOf[s]
		c.log = level
		return oneOf(levels, known)
	})
	return f
}

func seedFlag(f *flag.FlagSet, seed *uint64) {
	usage := "draw ids and markers from this `number`, to repeat a run; 0: a random one"
	f.Func("seed", usage, func(s string) (err error) {
		if *seed, err = strconv.ParseUint(s, 0, 64); err != nil {
			return fmt.Errorf("not a whole number between 0 and %d", uint64(math.MaxUint64))
		}
		return nil
	})
}

func startFlag(f *flag.FlagSet, start *time.Time) {
	usage := "the `time` that the manual clock starts at, in RFC 3339 (default " + clock.Epoch.Format(time.RFC3339) + ")"
	f.Func("start", usage, func(s string) error {
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return errors.New("not a time in RFC 3339, such as 2026-01-02T03:04:05Z")
		}
		*start = t.UTC()
		return checkTime(t)
	})
}

// choice is a flag with one of a few values.
func choice(f *flag.FlagSet, value *string, name string, values []string, usage string) {
	if *value != "" {
		usage += " (default " + *value + ")"
	}
	f.Func(name, usage, func(s string) error {
		*value = s
		return oneOf(values, slices.Contains(values, s))
	})
}

func oneOf(values []string, ok bool) error {
	if !ok {
		return fmt.Errorf("not one of %s", strings.Join(values, ", "))
	}
	return nil
}

// checked is a flag whose value must be valid.
func checked(f *flag.FlagSet, value *string, name, usage string, valid func(string) bool) {
	f.Func(name, usage+" (default "+*value+")", func(s string) error {
		*value = s
		if !valid(s) {
			return fmt.Errorf("not %s", map[string]string{"account": "12 digits", "region": "the name of a region"}[name])
		}
		return nil
	})
}

// validRegion accepts what the endpoint does: the service's regions, and other names such as "local".
func validRegion(s string) bool {
	_, err := arn.Parse(arn.Table(s, table.DefaultAccount, "any").String())
	return err == nil
}

// parseFlags reads the arguments. The error is flag.ErrHelp if they ask for help.
func parseFlags(args []string) (config, error) {
	var c config
	f := newFlags(&c)
	if err := f.Parse(args); err != nil {
		return config{}, err
	}
	if f.NArg() > 0 {
		return config{}, fmt.Errorf("unexpected argument %q: there are flags only", f.Arg(0))
	}
	c.given = make(map[string]bool)
	f.Visit(func(f *flag.Flag) { c.given[f.Name] = true })
	if err := checkAddr(c.addr); err != nil {
		return config{}, err
	}
	if err := c.checkMode(); err != nil {
		return config{}, err
	}
	if !c.start.IsZero() && c.clock != "manual" {
		return config{}, errors.New("-start is for the manual clock: add -clock manual")
	}
	c.start = cmp.Or(c.start, clock.Epoch)
	c.marker = cmp.Or(c.marker, string(c.backups().Marker))
	return c, nil
}

func checkAddr(addr string) error {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("invalid value %q for flag -addr: not of the form host:port", addr)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("invalid value %q for flag -addr: the port is not a number between 0 and 65535", addr)
	}
	return nil
}

// host returns what requests may call this server besides its addresses, as far as -addr says.
func (c config) host() string {
	host, _, _ := net.SplitHostPort(c.addr)
	return host
}

// options returns the options of every DB.
func (c config) options() tidemark.Options {
	o := tidemark.Instant()
	if c.profile == "documented" {
		o = tidemark.Documented()
	}
	o.Profile = c.backups()
	o.Seed, o.Account, o.Region = c.seed, c.account, c.region
	o.Clock = clock.System{}
	if c.clock == "manual" {
		o.Clock = clock.NewManual(c.start)
	}
	if c.kinesis == "any" {
		o.KinesisStream = isKinesisStream
	}
	return o
}

// isKinesisStream reports whether an ARN is that of a Kinesis stream.
func isKinesisStream(arn string) bool {
	part := strings.SplitN(arn, ":", 6)
	if len(part) < 6 || part[2] != "kinesis" {
		return false
	}
	name, stream := strings.CutPrefix(part[5], "stream/")
	return stream && name != "" && !strings.Contains(name, "/") // which would be a consumer
}

// backups returns how backups behave.
func (c config) backups() backup.Profile {
	documented := backup.Documented()
	p := documented
	if c.profile == "instant" {
		p = backup.Instant()
	}
	p.Marker = cmp.Or(backup.Marker(c.marker), p.Marker)
	if p.Marker != backup.Exact {
		p.Window = documented.Window
	}
	if c.upstream != "" {
		p.Marker, p.Window = backup.Exact, 0 // a table without history has no other moment than the present
	}
	switch c.limits {
	case "on":
		p.Rates = documented.Rates
	case "off":
		p.Rates = backup.Rates{}
	}
	return p
}

// printHelp explains the flags.
func printHelp(out io.Writer) {
	fmt.Fprint(out, "tidemark serves tables and backups over DynamoDB's protocol: tables of its own, which are in\n"+
		"memory, or those of another endpoint, with -upstream.\n\n")
	columns := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	newFlags(new(config)).VisitAll(func(f *flag.Flag) {
		name, usage := flag.UnquoteUsage(f)
		if f.DefValue != "" && f.DefValue != "0" {
			usage += " (default " + f.DefValue + ")"
		}
		fmt.Fprintf(columns, "  -%s %s\t%s\n", f.Name, name, strings.ReplaceAll(usage, "\n", "\n\t"))
	})
	columns.Flush()
	fmt.Fprint(out, "\nUnder /_tidemark/ are health, clock, seed, transitions and reset, and with -upstream restores\n"+
		"and delays: see go doc ./cmd/tidemark.\n")
}
