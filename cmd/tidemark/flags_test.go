package main

import (
	"bytes"
	"flag"
	"log/slog"
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
