package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/internal/endpoint"
	"github.com/tidemark-db/tidemark/wire"
)

func TestHealthAndSeed(t *testing.T) {
	s := start(t, "-seed", "18446744073709551615")
	require.JSONEq(t, `{"status": "healthy"}`, s.get("/_tidemark/health"))
	require.JSONEq(t, `{"seed": "18446744073709551615"}`, s.get("/_tidemark/seed"), "exact in every language")

	a := s.send("HEAD", "/_tidemark/health", "")
	require.Equal(t, 200, a.status)
	require.Empty(t, a.body)
	require.Equal(t, "application/json", a.header.Get("Content-Type"))
	require.Equal(t, "no-store", a.header.Get("Cache-Control"))

	s = start(t)
	drawn := s.get("/_tidemark/seed")
	s.stop()
	require.Contains(t, s.stdout.String(), "seed     "+strings.Trim(drawn, "{}\"\nsed:")+"\n")
}

func TestMoveTheClock(t *testing.T) {
	s := start(t, "-clock", "manual")
	steps := []struct{ body, now string }{
		{`{"advance": "90m"}`, "2024-01-15T13:30:00Z"},
		{` {"advance": "1h0.5s"} `, "2024-01-15T14:30:00.5Z"},
		{`{"advance": "0s"}`, "2024-01-15T14:30:00.5Z"},
		{`{"set": "2024-01-15T14:30:00.5Z"}`, "2024-01-15T14:30:00.5Z"},
		{`{"set": "2026-01-02T05:04:05+02:00", "advance": null}`, "2026-01-02T03:04:05Z"},
	}
	require.JSONEq(t, `{"clock": "manual", "now": "2024-01-15T12:00:00Z"}`, s.get("/_tidemark/clock"))
	for _, step := range steps {
		a := s.post("/_tidemark/clock", step.body)
		require.Equal(t, 200, a.status, a.body)
		require.JSONEq(t, `{"clock": "manual", "now": "`+step.now+`"}`, a.body)
		require.JSONEq(t, a.body, s.get("/_tidemark/clock"))
	}
	s.do("CreateTable", music)
	described := s.do("DescribeTable", `{"TableName": "Music"}`)["Table"].(map[string]any)
	require.EqualValues(t, 1767323045, described["CreationDateTime"], "tables and backups live by that clock")
}

func TestMovesThatAreRefused(t *testing.T) {
	s := start(t, "-clock", "manual")
	tests := []struct {
		body   string
		status int
		want   string
	}{
		{`{"advance": "-1s"}`, 400, `-1s is negative: the clock moves forward only`},
		{`{"advance": "35d"}`, 400, `\"35d\" is not a duration, such as 90m or 840h: the units are`},
		{`{"advance": ""}`, 400, `\"\" is not a duration`},
		{`{"advance": 90}`, 400, `advance cannot be a JSON number`},
		{`{"advance": "2562047h"}`, 400, `is not between 1970-01-01T00:00:00Z and 2261-12-31T23:59:59Z`},
		{`{"set": "2024-01-15T11:59:59.999Z"}`, 400,
			`2024-01-15T11:59:59.999Z is in the past: the clock shows 2024-01-15T12:00:00Z`},
		{`{"set": "2024-01-16"}`, 400, `\"2024-01-16\" is not a time in RFC 3339, such as`},
		{`{"set": "2262-01-01T00:00:00Z"}`, 400, `is not between`},
		{`{"set": "2030-01-01T00:00:00Z", "advance": "1s"}`, 400, `give either \"advance\"`},
		{`{}`, 400, `give either \"advance\"`},
		{`null`, 400, `give either \"advance\"`},
		{``, 400, `it is empty`},
		{`[]`, 400, `cannot be a JSON array`},
		{`{"advance": "1s"`, 400, `unexpected EOF`},
		{`{"advance": "1s"} {}`, 400, `there is more after the object`},
		{`{"advance": "1s"} }`, 400, `there is more after the object`},
		{`{"add": "1s"}`, 400, `unknown field \"add\"`},
		{`{"advance": "` + strings.Repeat("0", maxControlBody) + `1s"}`, 413, `larger than 4096 bytes`},
	}
	for _, test := range tests {
		a := s.post("/_tidemark/clock", test.body)
		require.Equal(t, test.status, a.status, "%s: %s", test.body, a.body)
		require.True(t, strings.HasPrefix(a.body, `{"error":"`), a.body)
		require.Contains(t, a.body, test.want)
	}
	for _, kind := range []string{"", "text/plain", "application/x-www-form-urlencoded", "application/json-ish", ";"} {
		a := s.send("POST", "/_tidemark/clock", `{"advance": "1s"}`, "Content-Type", kind)
		require.Equal(t, http.StatusUnsupportedMediaType, a.status, kind)
		require.JSONEq(t, `{"error": "a body needs the header Content-Type: application/json; `+
			`with curl: -H 'Content-Type: application/json'"}`, a.body)
	}
	a := s.send("POST", "/_tidemark/clock", `{"advance": "1s"}`, "Content-Type", "application/json; charset=utf-8")
	require.JSONEq(t, `{"clock": "manual", "now": "2024-01-15T12:00:01Z"}`, a.body, "nothing has moved it before")
}

func TestTheSystemClockCannotBeMoved(t *testing.T) {
	s := start(t)
	require.Contains(t, s.get("/_tidemark/clock"), `"clock":"system"`)
	a := s.post("/_tidemark/clock", `{"advance": "1s"}`)
	require.Equal(t, http.StatusConflict, a.status)
	require.JSONEq(t, `{"error": "the system clock cannot be moved: start the server with -clock manual"}`, a.body)
}

func TestTransitions(t *testing.T) {
	s := start(t, "-clock", "manual", "-marker", "latest")
	require.JSONEq(t, `{"transitions": []}`, s.get("/_tidemark/transitions"))

	s.do("CreateTable", music)
	first := s.backup()
	s.post("/_tidemark/clock", `{"advance": "20s"}`)
	s.at("test", "us-east-1", "UpdateContinuousBackups",
		`{"TableName": "Music", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}}`)
	s.at("000000000001", "eu-west-1", "CreateTable", music)
	_, members := s.at("000000000001", "eu-west-1", "CreateBackup", `{"TableName": "Music", "BackupName": "nightly"}`)
	elsewhere := members["BackupDetails"].(map[string]any)["BackupArn"].(string)
	require.JSONEq(t, `{"transitions": [
		{"account": "123456789012", "region": "us-east-1", "arn": "`+first+`",
			"from": "CREATING", "to": "AVAILABLE", "at": "2024-01-15T12:01:00.000000001Z"},
		{"account": "000000000001", "region": "eu-west-1", "arn": "`+elsewhere+`",
			"from": "CREATING", "to": "AVAILABLE", "at": "2024-01-15T12:01:20.000000001Z"}]}`, s.get("/_tidemark/transitions"))

	s.post("/_tidemark/clock", `{"set": "2024-01-15T12:01:00.000000001Z"}`)
	described := s.do("DescribeBackup", `{"BackupArn": "`+first+`"}`)["BackupDescription"].(map[string]any)
	require.Equal(t, "AVAILABLE", described["BackupDetails"].(map[string]any)["BackupStatus"], "in the same words")
	pending := s.get("/_tidemark/transitions")
	require.NotContains(t, pending, first)
	require.Contains(t, pending, elsewhere)

	s.do("DeleteTable", `{"TableName": "Music"}`)
	pending = s.get("/_tidemark/transitions")
	require.Contains(t, pending, `"from":"AVAILABLE","to":"DELETED","at":"2024-02-19T12:01:00Z"}`,
		"the SYSTEM backup expires")
	require.Less(t, strings.Index(pending, elsewhere), strings.Index(pending, "DELETED"), "by time, wherever they are")
}

// TestMovingSettles looks from inside, because every call from outside would settle by itself.
func TestMovingSettles(t *testing.T) {
	var came []backup.Transition
	manual := clock.NewManual(clock.Epoch)
	o := tidemark.Documented()
	o.Clock, o.OnTransition = manual, func(c backup.Transition) { came = append(came, c) }
	e, err := endpoint.New(o, wire.Options{})
	require.NoError(t, err)
	c := &control{backend: own{e}, clock: manual, manual: manual}
	in := httptest.NewServer(route{protocol: e, control: c})
	defer in.Close()
	s := &server{T: t, url: in.URL, client: in.Client()}

	s.do("CreateTable", music)
	s.post("/_tidemark/clock", `{"advance": "10s"}`)
	s.backup()
	require.Len(t, came, 1)
	s.post("/_tidemark/clock", `{"advance": "61s"}`)
	require.Len(t, came, 2)
	require.Equal(t, backup.Active, came[1].To)
	require.False(t, came[1].At.After(clock.Epoch.Add(71*time.Second)))
}

func TestReset(t *testing.T) {
	s := start(t, "-clock", "manual", "-marker", "latest")
	s.do("CreateTable", music)
	s.backup()
	s.at("test", "eu-west-1", "CreateTable", music)
	s.post("/_tidemark/clock", `{"advance": "1s"}`)

	refused := s.post("/_tidemark/reset", `{"tables": true}`)
	require.Equal(t, 400, refused.status)
	require.Contains(t, refused.body, `unknown field \"tables\"`)
	require.Len(t, s.do("ListTables", `{}`)["TableNames"], 1, "nothing was forgotten")

	for _, body := range []string{"", "{}"} {
		a := s.post("/_tidemark/reset", body)
		require.Equal(t, 200, a.status, a.body)
		require.JSONEq(t, `{}`, a.body)
		require.JSONEq(t, `{"transitions": []}`, s.get("/_tidemark/transitions"))
		require.Empty(t, s.do("ListTables", `{}`)["TableNames"])
		require.Empty(t, s.do("ListBackups", `{}`)["BackupSummaries"])
		_, elsewhere := s.at("test", "eu-west-1", "ListTables", `{}`)
		require.Empty(t, elsewhere["TableNames"])
	}
	require.Contains(t, s.get("/_tidemark/clock"), "2024-01-15T12:00:01Z", "the clock stays")
}

func TestMethodsAndPaths(t *testing.T) {
	s := start(t)
	for path, allowed := range map[string]string{
		"health": "GET, HEAD", "seed": "GET, HEAD", "transitions": "GET, HEAD", "clock": "GET, HEAD, POST", "reset": "POST",
		"restores": "GET, HEAD", "delays": "GET, HEAD",
	} {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"} {
			a := s.send(method, "/_tidemark/"+path, "")
			if strings.Contains(allowed, method) {
				require.NotEqual(t, http.StatusMethodNotAllowed, a.status, "%s %s", method, path)
				continue
			}
			require.Equal(t, http.StatusMethodNotAllowed, a.status, "%s %s", method, path)
			require.Equal(t, allowed, a.header.Get("Allow"))
			if method != "HEAD" {
				require.JSONEq(t, `{"error": "the method must be `+strings.ReplaceAll(allowed, ", ", " or ")+`"}`, a.body)
			}
		}
	}
	for _, path := range []string{
		"/_tidemark", "/_tidemark/", "/_tidemark/clocks", "/_tidemark/clock/", "/_tidemark//clock",
	} {
		a := s.send("GET", path, "")
		require.Equal(t, 404, a.status, path)
		require.JSONEq(t, `{"error": "there is no `+path+`: `+
			`under /_tidemark/ are clock, delays, health, reset, restores, seed, transitions"}`, a.body)
	}
	for _, path := range []string{"/_tidemarks", "/x/_tidemark/clock", "/x/../_tidemark/clock"} {
		a := s.send("GET", path, "")
		require.Equal(t, 404, a.status, path)
		require.Contains(t, a.body, "UnknownOperationException", "%s is none of the control endpoints", path)
	}
}
