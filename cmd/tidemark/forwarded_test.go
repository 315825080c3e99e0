package main

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/wire"
)

func TestForwardedAnswersAreTheSame(t *testing.T) {
	answers := map[string]struct {
		status int
		header http.Header
		body   string
	}{
		"GetItem": {200, http.Header{"X-Amz-Crc32": {"42"}, "Server": {"Jetty"}, "X-Twice": {"a", "b"}},
			"{ \"Item\":\t{\"n\" : {\"N\":\"1E+2\"}, \"\\u00e4\":{\"B\":\"//8=\"}} }\n\n"},
		"PutItem":      {200, http.Header{"X-Amzn-Requestid": {"id-of-theirs"}, "Content-Type": {"application/json"}}, "{}"},
		"UpdateItem":   {400, http.Header{}, `{"__type":"theirs#Odd","Message":"no"}`},
		"FlyToTheMoon": {501, http.Header{"Content-Type": {"text/html"}}, "<html>\x00\xff"},
		"CreateTable":  {200, http.Header{"Content-Encoding": {"gzip"}}, "not really packed"},
		"DescribeTable": {200, http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
			strings.Repeat(`{"a":1}`, 100_000)},
	}
	theirs := another(t, func(w http.ResponseWriter, r *http.Request, operation string) bool {
		a, known := answers[operation]
		if r.Method == http.MethodGet {
			a.status, a.body, known = 203, "you asked "+r.URL.String()+" of "+r.Host+" as "+r.UserAgent(), true
		}
		if known {
			body, _ := io.ReadAll(r.Body)
			for name, values := range a.header {
				w.Header()[name] = values
			}
			w.Header().Set("Date", "Mon, 15 Jan 2024 12:00:00 GMT")
			w.Header().Set("X-Body", string(body))
			w.Header().Set("X-Authorization", r.Header.Get("Authorization"))
			w.WriteHeader(a.status)
			io.WriteString(w, a.body)
		}
		return known
	})
	s := start(t, "-upstream", theirs.url)
	for _, c := range []*http.Client{s.client, theirs.client} {
		c.Transport.(*http.Transport).DisableCompression = true // to see what is sent
	}
	const item = `{ "TableName":"Music", "Key" : {"Artist":{"S":"\u0041"}}, "Item" : {"Artist":{"S":"\u0041"}}}`
	for operation := range answers {
		headers := signed(operation, "AKID", "eu-north-1")
		require.Equal(t, theirs.send("POST", "/", item, headers...), s.send("POST", "/", item, headers...), operation)
	}
	for _, path := range []string{"/", "/shell/?a=%20b", "/a%2Fb"} {
		same := []string{"Host", "dynamodb.test:8000"}
		require.Equal(t, theirs.send("GET", path, "", same...), s.send("GET", path, "", same...), path)
	}
}

func TestForwardedAnswersAreStreamed(t *testing.T) {
	read := make(chan struct{})
	theirs := another(t, func(w http.ResponseWriter, _ *http.Request, operation string) bool {
		if operation == "Scan" {
			io.WriteString(w, `{"Items":`)
			http.NewResponseController(w).Flush()
			<-read
			io.WriteString(w, `[]}`)
		}
		return operation == "Scan"
	})
	s := start(t, "-upstream", theirs.url)
	r, err := http.NewRequest("POST", s.url, strings.NewReader(`{"TableName":"Music"}`))
	require.NoError(t, err)
	for h := signed("Scan", "test", "us-east-1"); len(h) > 0; h = h[2:] {
		r.Header.Set(h[0], h[1])
	}
	response, err := s.client.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	first := make([]byte, len(`{"Items":`))
	_, err = io.ReadFull(response.Body, first)
	close(read)
	require.NoError(t, err)
	rest, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, `{"Items":[]}`, string(first)+string(rest))
}

// An answer that the upstream does not bring to its end must not look like a whole one.
func TestForwardedAnswersThatBreakOff(t *testing.T) {
	theirs := another(t, func(w http.ResponseWriter, _ *http.Request, operation string) bool {
		if operation == "Scan" {
			io.WriteString(w, `{"Items":[]}`)
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
		return false
	})
	s := start(t, "-upstream", theirs.url)
	r, err := http.NewRequest("POST", s.url, strings.NewReader(`{}`))
	require.NoError(t, err)
	r.Header.Set("X-Amz-Target", wire.TargetPrefix+"Scan")
	response, err := s.client.Do(r)
	if err == nil {
		_, err = io.ReadAll(response.Body)
		response.Body.Close()
	}
	require.Error(t, err)
}
