package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRequestLog(t *testing.T) {
	created := `level=INFO msg=request operation=CreateTable status=200 took=[0-9.]+.?s id=[A-Z0-9]{52}`
	control := `level=INFO msg=request operation="GET /_tidemark/health" status=200 took=[0-9.]+.?s`
	refused := `level=WARN msg=request operation=CreateTable status=400 took=[0-9.]+.?s error=ResourceInUseException ` +
		`message="Table already exists: Music" id=[A-Z0-9]{52}`
	missing := `level=WARN msg=request operation="GET /nothing" status=404 took=[0-9.]+.?s id=[A-Z0-9]{52}`
	more := ` from=127\.0\.0\.1:[0-9]+ in=[0-9]+ out=[0-9]+ agent=Go-http-client/1\.1`
	tests := []struct {
		level string
		want  []string
	}{
		{"off", nil},
		{"error", nil},
		{"warn", []string{refused, missing}},
		{"info", []string{created, refused, control, missing}},
		{"debug", []string{created + more, refused + more, control + more, missing + more, "level=DEBUG msg=stopping"}},
	}
	for _, test := range tests {
		t.Run(test.level, func(t *testing.T) {
			s := start(t, "-log", test.level)
			s.do("CreateTable", music)
			status, _ := s.at("test", "us-east-1", "CreateTable", music)
			require.Equal(t, 400, status)
			s.get("/_tidemark/health")
			s.send("GET", "/nothing", "")
			require.Zero(t, s.stop())
			var lines []string
			for line := range strings.Lines(s.stderr.String()) {
				lines = append(lines, line)
			}
			require.Len(t, lines, len(test.want), "%s", lines)
			for i, want := range test.want {
				require.Regexp(t, `^time=\S+ `+want+`\n$`, lines[i])
			}
		})
	}
}

func TestLogOfFaults(t *testing.T) {
	faults := map[string]http.HandlerFunc{
		"status=500": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(500)
			w.Write([]byte(`{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError"}`))
		},
		"status=0":   func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"status=200": func(http.ResponseWriter, *http.Request) {},
	}
	for want, handler := range faults {
		var out locked
		in := httptest.NewServer(logged(handler, newLog(&out, slog.LevelInfo)))
		response, err := in.Client().Get(in.URL)
		if err == nil {
			response.Body.Close()
		}
		in.Close()
		require.Contains(t, out.String(), want)
		require.Equal(t, want != "status=200", strings.Contains(out.String(), "level=ERROR"), out.String())
		require.Equal(t, want == "status=500", strings.Contains(out.String(), "error=InternalServerError"), out.String())
	}
}

func TestLogSaysWhy(t *testing.T) {
	s := start(t)
	s.at("test", "us-east-1", "CreateBackup", `{"TableName": "None", "BackupName": "nightly"}`)
	s.at("test", "us-east-1", "CreateBackup", `{"TableName": 1}`) // its text is the member Message
	s.post("/_tidemark/clock", `{"advance": "1h"}`)
	s.send("HEAD", "/_tidemark/", "")
	s.send("GET", "/_tidemark/health", "", "Origin", "http://evil.example")
	s.send("GET", "/_tidemark/"+strings.Repeat("ä", 600), "")
	s.stop()
	lines := strings.Split(strings.TrimSpace(s.stderr.String()), "\n")
	wants := []string{
		`status=400 took=\S+ error=TableNotFoundException message="Table not found: None" id=`,
		`status=400 took=\S+ error=SerializationException message=.* id=`,
		`status=409 took=\S+ message="the system clock cannot be moved: start the server with -clock manual"$`,
		`status=404 took=\S+ message="there is no /_tidemark/: under /_tidemark/ are clock, delays, health,`,
		`status=403 took=\S+ message="cross-origin requests are not answered"$`,
		`status=404 took=\S+ message="there is no /_tidemark/ä{188}…"$`,
	}
	require.Len(t, lines, len(wants))
	for i, want := range wants {
		require.Contains(t, lines[i], "level=WARN")
		require.Regexp(t, want, lines[i])
	}
}

// Whoever sends requests must not be able to write log lines of their own, or very long ones.
func TestLogCannotBeForged(t *testing.T) {
	s := start(t)
	s.send("POST", "/", "{}", signed("X\tlevel=ERROR msg=boo"+strings.Repeat("x", 5000), "test", "us-east-1")...)
	s.send("GET", "/a%0Atime=now%20level=ERROR", "")
	s.stop()
	log := s.stderr.String()
	require.Equal(t, 2, strings.Count(log, "\n"), log)
	require.Contains(t, log, `operation="X\tlevel=ERROR msg=booxxx`)
	require.Contains(t, log, `operation="GET /a\ntime=now level=ERROR"`)
	require.Less(t, len(log), 1000)
}
