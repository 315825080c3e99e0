package main

import (
	"bytes"
	"flag"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
)

func TestFlags(t *testing.T) {
	instant, documented := tidemark.Instant(), tidemark.Documented()
	tests := []struct {
		name string
		args []string
		want func(*tidemark.Options) // what differs from instant
	}{
		{"none", nil, func(*tidemark.Options) {}},
		{"documented", []string{"-profile", "documented"}, func(o *tidemark.Options) {
			o.Profile, o.Timing = documented.Profile, documented.Timing
		}},
		{"place and seed", []string{"-account=111122223333", "-region=local", "-seed=18446744073709551615"},
			func(o *tidemark.Options) { o.Account, o.Region, o.Seed = "111122223333", "local", 1<<64-1 }},
		{"a marker needs a window", []string{"-marker", "torn"}, func(o *tidemark.Options) {
			o.Profile.Marker, o.Profile.Window = backup.Torn, time.Minute
		}},
		{"exact needs none", []string{"-marker", "exact"}, func(*tidemark.Options) {}},
		{"documented, but exact", []string{"-marker", "exact", "-profile", "documented"}, func(o *tidemark.Options) {
			o.Profile, o.Timing = documented.Profile, documented.Timing
			o.Profile.Marker = backup.Exact
		}},
		{"limits", []string{"-limits", "on"}, func(o *tidemark.Options) { o.Profile.Rates = documented.Profile.Rates }},
		{"no limits", []string{"-limits", "off", "-profile", "documented"}, func(o *tidemark.Options) {
			o.Profile, o.Timing = documented.Profile, documented.Timing
			o.Profile.Rates = backup.Rates{}
		}},
		{"manual clock", []string{"-clock", "manual"}, func(o *tidemark.Options) { o.Clock = clock.NewManual(clock.Epoch) }},
		{"manual clock from", []string{"-start", "2026-01-02T05:04:05+02:00", "-clock", "manual"},
			func(o *tidemark.Options) { o.Clock = clock.NewManual(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			want := instant
			want.Clock, want.Account, want.Region = clock.System{}, "123456789012", "us-east-1"
			test.want(&want)
			c, err := parseFlags(test.args)
			require.NoError(t, err)
			require.Equal(t, want, c.options())
			require.NoError(t, c.options().Profile.Validate())
		})
	}
}

// Whatever the profile, the backups of an upstream are exact: of most of its tables there is no other time to take.
func TestFlagsOfAnUpstream(t *testing.T) {
	for _, profile := range profiles {
		for _, more := range [][]string{nil, {"-marker", "exact"}} {
			c, err := parseFlags(append([]string{"-upstream", "https://db.test/x", "-profile", profile}, more...))
			require.NoError(t, err)
			want := backup.Instant()
			if profile == "documented" {
				want = backup.Documented()
			}
			want.Marker, want.Window = backup.Exact, 0
			require.Equal(t, want, c.backups())
			require.Equal(t, "exact", c.marker)
			require.EqualValues(t, 256<<20, c.memory)
		}
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]int64{
		"1KB": 1 << 10, "256mb": 256 << 20, "2Gb": 2 << 30, "8388607TB": 8388607 << 40,
	} {
		n, err := parseSize(text)
		require.NoError(t, err, text)
		require.Equal(t, want, n)
		require.Equal(t, strings.ToUpper(text), sizeText(n))
	}
	for _, text := range []string{"", "0", "0MB", "1", "MB", "-1MB", "1.5GB", "1 GB", "256M", "1MiB", "8388608TB", "1B"} {
		n, err := parseSize(text)
		require.Error(t, err, "%s: %d", text, n)
	}
}

func TestLoops(t *testing.T) {
	for _, test := range []struct {
		addr, upstream string
		loops          bool
	}{
		{"127.0.0.1:8000", "http://127.0.0.1:8000", true},
		{"127.0.0.1:8000", "http://localhost:8000/", true},
		{"localhost:8000", "http://[::1]:8000", true},
		{":8000", "http://127.0.0.1:8000", true},
		{"0.0.0.0:80", "http://localhost", true},
		{"[::]:443", "https://127.0.0.1", true},
		{"db.test:8000", "http://DB.test:8000", true},
		{"127.0.0.1:8000", "http://127.0.0.1:8001", false},
		{"127.0.0.1:8000", "http://127.0.0.2:8000", false},
		{"127.0.0.1:8000", "http://db.test:8000", false},
		{":8000", "http://db.test:8000", false},
		{"127.0.0.1:443", "http://127.0.0.1", false},
		{"127.0.0.1:0", "http://127.0.0.1:8000", false},
	} {
		c := config{addr: test.addr, upstream: test.upstream}
		require.Equal(t, test.loops, c.wouldLoop(), "%v", test)
	}
}

func TestEveryMarkerWithEveryProfile(t *testing.T) {
	for _, profile := range profiles {
		for _, marker := range markers {
			c, err := parseFlags([]string{"-profile", profile, "-marker", marker})
			require.NoError(t, err)
			_, err = tidemark.New(c.options())
			require.NoError(t, err, "%s %s", profile, marker)
		}
	}
}

func TestLogLevels(t *testing.T) {
	for name, want := range map[string]slog.Level{
		"off": logOff, "error": slog.LevelError, "warn": slog.LevelWarn, "info": slog.LevelInfo, "debug": slog.LevelDebug,
	} {
		c, err := parseFlags([]string{"-log", name})
		require.NoError(t, err)
		require.Equal(t, want, c.log)
	}
}

func TestFlagsThatMakeNoSense(t *testing.T) {
	const there = "http://127.0.0.1:8001"
	tests := []struct {
		args []string
		want string
	}{
		{[]string{"-addr", "8000"}, `invalid value "8000" for flag -addr: not of the form host:port`},
		{[]string{"-addr", "localhost:http"}, `for flag -addr: the port is not a number between 0 and 65535`},
		{[]string{"-addr", "localhost:65536"}, `for flag -addr: the port is not a number between 0 and 65535`},
		{[]string{"-profile", "fast"}, `invalid value "fast" for flag -profile: not one of instant, documented`},
		{[]string{"-profile", ""}, `for flag -profile: not one of`},
		{[]string{"-marker", "Exact"}, `for flag -marker: not one of exact, fuzzy, torn, earliest, latest`},
		{[]string{"-limits", "yes"}, `for flag -limits: not one of auto, on, off`},
		{[]string{"-throughput", "yes"}, `for flag -throughput: not one of on, off`},
		{[]string{"-throughput", "on", "-upstream", there}, `-throughput is for tables of our own`},
		{[]string{"-kinesis", "some"}, `for flag -kinesis: not one of none, any`},
		{[]string{"-kinesis", "any", "-upstream", there}, `-kinesis is for tables of our own`},
		{[]string{"-clock", "wall"}, `for flag -clock: not one of system, manual`},
		{[]string{"-log", "trace"}, `for flag -log: not one of off, error, warn, info, debug`},
		{[]string{"-seed", "-1"}, `invalid value "-1" for flag -seed: not a whole number between 0 and 18446744073709551615`},
		{[]string{"-seed", "abc"}, `invalid value "abc" for flag -seed: not a whole number`},
		{[]string{"-seed", "18446744073709551616"}, `for flag -seed: not a whole number between`},
		{[]string{"-account", "12345678901"}, `for flag -account: not 12 digits`},
		{[]string{"-account", ""}, `for flag -account: not 12 digits`},
		{[]string{"-region", "US East"}, `for flag -region: not the name of a region`},
		{[]string{"-region", "US-EAST-1"}, `for flag -region: not the name of a region`},
		{[]string{"-region", "us_east"}, `for flag -region: not the name of a region`},
		{[]string{"-region", ""}, `for flag -region: not the name of a region`},
		{[]string{"-clock", "manual", "-start", "tomorrow"}, `for flag -start: not a time in RFC 3339, such as`},
		{[]string{"-clock", "manual", "-start", "1969-12-31T23:59:59Z"}, `for flag -start: not between 1970-01-01T00`},
		{[]string{"-clock", "manual", "-start", "2262-01-01T00:00:00Z"}, `for flag -start: not between 1970-01-01T00`},
		{[]string{"-start", "2026-01-02T03:04:05Z"}, "-start is for the manual clock: add -clock manual"},
		{[]string{"-memory", "1GB"}, "-memory is for backups of tables that are elsewhere: add -upstream"},
		{[]string{"-spool", "/tmp"}, "-spool is for backups of tables that are elsewhere: add -upstream"},
		{[]string{"-upstream", there, "-clock", "manual"}, "-clock manual and -start are for tables of our own"},
		{[]string{"-upstream", there, "-start", "2026-01-02T03:04:05Z"}, "-clock manual and -start are for tables of our"},
		{[]string{"-upstream", there, "-marker", "torn"}, "-marker torn needs the history of every table"},
		{[]string{"-upstream", there, "-memory", "lots"}, `for flag -memory: not a size, such as 256MB or 1GB`},
		{[]string{"-upstream", ""}, `invalid value "" for flag -upstream: not the URL of an HTTP endpoint`},
		{[]string{"-upstream", "127.0.0.1:8001"}, `for flag -upstream: not the URL of an HTTP endpoint, such as http://`},
		{[]string{"-upstream", "ftp://127.0.0.1"}, `for flag -upstream: not the URL of an HTTP endpoint, such as http://`},
		{[]string{"-upstream", "http://me:secret@127.0.0.1"}, `for flag -upstream: a URL of host, port and path alone`},
		{[]string{"-upstream", "http://127.0.0.1?a=b"}, `for flag -upstream: a URL of host, port and path alone`},
		{[]string{"-upstream", "http://127.0.0.1:8000"}, "-upstream http://127.0.0.1:8000 is where this server is to " +
			"listen itself: give another -addr, such as 127.0.0.1:0"},
		{[]string{"-port", "8000"}, "flag provided but not defined: -port"},
		{[]string{"serve"}, `unexpected argument "serve": there are flags only`},
	}
	for _, test := range tests {
		var stdout, stderr bytes.Buffer
		require.Equal(t, exitUsage, run(t.Context(), test.args, &stdout, &stderr), "%v", test.args)
		require.Contains(t, stderr.String(), "tidemark: ")
		require.Contains(t, stderr.String(), test.want)
		require.Contains(t, stderr.String(), "\nRun tidemark -h for the flags.\n")
		require.Empty(t, stdout.String())
	}
}

func TestHelp(t *testing.T) {
	var stdout, stderr bytes.Buffer
	require.Equal(t, exitDone, run(t.Context(), []string{"-h"}, &stdout, &stderr))
	require.Empty(t, stderr.String())
	newFlags(new(config)).VisitAll(func(f *flag.Flag) { require.Contains(t, stdout.String(), "\n  -"+f.Name+" ") })
	for _, line := range bytes.Split(stdout.Bytes(), []byte("\n")) {
		require.LessOrEqual(t, len(line), 120, "%s", line)
	}
	for _, value := range []string{"127.0.0.1:8000", "instant", "system", "info", "2024-01-15T12:00:00Z"} {
		require.Regexp(t, `\(default `+value, stdout.String())
	}
}
