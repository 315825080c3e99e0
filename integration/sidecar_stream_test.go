package integration_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidemark-db/tidemark/integration/servers"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/clock"
)

// Pages of a megabyte come through the sidecar byte for byte as they come directly.
func TestSidecarLargeAnswers(t *testing.T) {
	t.Parallel()
	overKinds(t, func(t *testing.T, s *sidecar) {
		if s.kind.Sluggish {
			s.kind.Slow(t)
		}
		s.create(musicTable("Large"))
		for i := range 45 {
			s.put("Large", song(fmt.Sprint("Artist ", i%5), fmt.Sprint("Song ", i),
				"Lyrics", text(strings.Repeat(fmt.Sprintf("la %d \u00e9\u4e16<&>\\\"\n", i), 3000))))
		}
		for _, encoding := range []string{"identity", "gzip"} {
			pages, bytes, start := 0, 0, ""
			for more := true; more; pages++ {
				body := `{"TableName":"Large"` + start + "}"
				direct, want := s.request(s.ctx, s.upstream, "Scan", body, "Accept-Encoding", encoding)
				forwarded, got := s.request(s.ctx, s.url, "Scan", body, "Accept-Encoding", encoding)
				require.Equal(t, direct.StatusCode, forwarded.StatusCode)
				require.True(t, want == got, "page %d: %d bytes directly, %d through the sidecar", pages, len(want), len(got))
				require.Equal(t, endToEnd(direct.Header), endToEnd(forwarded.Header))
				bytes += len(got)
				if encoding == "gzip" && direct.Header.Get("Content-Encoding") == "gzip" {
					break // what the next page begins with has been seen above
				}
				var page struct{ LastEvaluatedKey json.RawMessage }
				require.NoError(t, json.Unmarshal([]byte(got), &page))
				start, more = `,"ExclusiveStartKey":`+string(page.LastEvaluatedKey), page.LastEvaluatedKey != nil
			}
			t.Logf("%s: %d pages of together %d bytes", encoding, pages, bytes)
		}
		for _, refused := range []string{`{"TableName":"Nothing"}`, `{`, `{"TableName":"Large","Limit":-1}`} {
			direct, want := s.request(s.ctx, s.upstream, "Scan", refused)
			forwarded, got := s.request(s.ctx, s.url, "Scan", refused)
			require.Equal(t, direct.StatusCode, forwarded.StatusCode)
			require.Equal(t, want, got)
			require.Equal(t, endToEnd(direct.Header), endToEnd(forwarded.Header))
		}
		s.restore(s.backUp("Large"), "LargeAgain")
		require.True(t, slices.Equal(s.contents(s.direct, "Large"), s.contents(s.direct, "LargeAgain")))
		s.drop("Large", "LargeAgain")
	})
}

// endToEnd returns the headers that are about an answer, not about one request or one connection.
func endToEnd(h http.Header) http.Header {
	h = h.Clone()
	for _, name := range []string{"Date", "X-Amzn-Requestid", "Connection", "Keep-Alive", "Transfer-Encoding"} {
		h.Del(name)
	}
	return h
}

// dripping is an upstream without tables whose answers to a Scan come in pieces.
type dripping struct {
	piece  []byte
	pieces int
	length int // what is said of it; 0: nothing
	pass   chan struct{}
}

func (d *dripping) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	if !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".Scan") {
		io.WriteString(w, `{"TableNames":[]}`)
		return
	}
	if d.length > 0 {
		w.Header().Set("Content-Length", fmt.Sprint(d.length))
	}
	for range d.pieces {
		w.Write(d.piece)
		if d.pass != nil {
			w.(http.Flusher).Flush()
			select {
			case <-d.pass:
			case <-r.Context().Done():
			}
		}
	}
}

// An answer is passed on as it comes. It takes no more of the sidecar's memory than a piece of it.
func TestSidecarStreams(t *testing.T) {
	t.Parallel()
	t.Run("pieces", func(t *testing.T) {
		const piece = 50_000
		for _, length := range []int{0, 3 * piece} {
			d := &dripping{piece: make([]byte, piece), pieces: 3, length: length, pass: make(chan struct{})}
			s := startBefore(t, d)
			ctx, cancel := context.WithTimeout(s.ctx, 20*time.Second)
			defer cancel()
			answer, err := s.send(ctx, s.url, "Scan", `{}`)
			require.NoError(t, err)
			defer answer.Body.Close()
			const buffered = 8 << 10 // what the servers in between may keep until more comes
			got := make([]byte, piece-buffered)
			for range d.pieces { // the next piece is not sent before this one has come
				_, err := io.ReadFull(answer.Body, got)
				require.NoError(t, err)
				select {
				case d.pass <- struct{}{}:
				case <-ctx.Done():
					require.NoError(t, ctx.Err(), "the upstream was broken off")
				}
				got = make([]byte, piece)
			}
			rest, err := io.ReadAll(answer.Body)
			require.NoError(t, err)
			require.Len(t, rest, buffered)
		}
	})
	t.Run("an answer that breaks off", func(t *testing.T) {
		s := startBefore(t, &dripping{piece: make([]byte, 100_000), pieces: 2, length: 300_000})
		answer, err := s.send(s.ctx, s.url, "Scan", `{}`)
		require.NoError(t, err)
		defer answer.Body.Close()
		_, err = io.Copy(io.Discard, answer.Body)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF, "it is not taken for a whole one")
	})
	t.Run("memory", func(t *testing.T) {
		const mb = 1 << 20
		server := httptest.NewServer(&dripping{piece: make([]byte, mb), pieces: 200})
		t.Cleanup(server.Close)
		s := startCommand(t, servers.Plain, server.URL) // the race detector takes memory of its own
		before, known := s.server.Peak()
		if !known {
			t.Skip("SKIPPED: this system does not tell how much memory a program has had")
		}
		answer, err := s.send(s.ctx, s.url, "Scan", `{}`)
		require.NoError(t, err)
		defer answer.Body.Close()
		n, err := io.Copy(io.Discard, answer.Body)
		require.NoError(t, err)
		require.EqualValues(t, 200*mb, n)
		after, _ := s.server.Peak()
		t.Logf("an answer of %d MB took %d MB of memory", n/mb, (after-before)/mb)
		require.Less(t, after-before, int64(50*mb))
	})
}

// Many clients read at once, on a machine that has enough to do. Every answer comes to its end.
func TestSidecarManyReads(t *testing.T) {
	t.Parallel()
	upstream, err := servers.Plain.Start()
	require.NoError(t, err)
	t.Cleanup(upstream.Kill)
	s := startCommand(t, servers.Plain, upstream.URL)
	s.create(musicTable("Read"))
	for i := range 40 {
		s.put("Read", song("A", fmt.Sprint(i), "Lyrics", text(strings.Repeat("la ", 70))))
	}
	_, want := s.request(s.ctx, s.upstream, "Scan", `{"TableName":"Read"}`)
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			for range 750 {
				answer, err := s.send(s.ctx, s.url, "Scan", `{"TableName":"Read"}`)
				if err != nil {
					t.Error(err)
					return
				}
				got, err := io.ReadAll(answer.Body)
				answer.Body.Close()
				if err != nil || string(got) != want {
					t.Errorf("an answer of %d bytes after %d of them: %v", len(want), len(got), err)
				}
			}
		})
	}
	readers.Wait()
}

// startBefore starts a sidecar in front of a handler.
func startBefore(t *testing.T, h http.Handler) *sidecar {
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return startSidecar(t, server.URL)
}

// Clients go away in the middle of whatever they have asked for. Nobody else notices, and of each write backups and
// history know whether it was done.
func TestSidecarClientsGo(t *testing.T) {
	t.Parallel()
	overKinds(t, func(t *testing.T, s *sidecar) {
		if s.kind.Sluggish {
			s.kind.Slow(t)
		}
		s.fillShelf("Left")
		s.setRecovery("Left", true)
		requests := []func(context.Context, int) error{
			func(ctx context.Context, _ int) error {
				_, err := s.client.Scan(ctx, &dynamodb.ScanInput{TableName: aws.String("Left")})
				return err
			},
			func(ctx context.Context, n int) error {
				_, err := s.client.PutItem(ctx, &dynamodb.PutItemInput{
					TableName: aws.String("Left"), Item: song("Artist 0", fmt.Sprint("Song ", n*7), "New", number(fmt.Sprint(n)))})
				return err
			},
			func(ctx context.Context, n int) error {
				_, err := s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
					TableName: aws.String("Left"), Key: song("Artist 1", fmt.Sprint("Song ", n*7+1))})
				return err
			},
			func(ctx context.Context, _ int) error {
				_, err := s.client.CreateBackup(ctx, &dynamodb.CreateBackupInput{
					TableName: aws.String("Left"), BackupName: aws.String("left")})
				return err
			},
		}
		answered := s.leave(requests)
		require.NotZero(t, answered)
		require.Less(t, answered, departures)
		t.Logf("%d of %d requests were answered before their client went", answered, departures)
		want := s.quiet("Left")
		s.restore(s.backUp("Left"), "LeftBackup")
		s.nextSecond()
		_, err := s.recoverAt("Left", "LeftLatest", nil)
		require.NoError(t, err)
		s.await("LeftLatest")
		require.Equal(t, want, s.contents(s.direct, "LeftBackup"))
		require.Equal(t, want, s.contents(s.direct, "LeftLatest"))
		for _, b := range s.backups("Left", types.BackupTypeFilterAll) {
			require.Equal(t, types.BackupStatusAvailable, b.BackupStatus)
		}
		s.drop("Left", "LeftBackup", "LeftLatest")
	})
}

const departures = 96

// leave has clients ask and go, several at a time, and returns how many were answered.
func (s *sidecar) leave(requests []func(context.Context, int) error) (answered int) {
	random := rand.New(rand.NewPCG(1, 1))
	from := clock.System{}.Now()
	for n, ask := range requests {
		require.NoError(s, ask(s.ctx, departures+n))
	}
	patience := float64(clock.System{}.Now().Sub(from))
	var mu sync.Mutex
	for n := 0; n < departures; {
		var clients sync.WaitGroup
		for range 8 {
			ask, i := requests[random.IntN(len(requests))], n
			after := time.Duration(random.ExpFloat64() * patience)
			n++
			clients.Go(func() {
				ctx, cancel := context.WithCancel(s.ctx)
				defer cancel()
				go func() {
					clock.Sleep(ctx, clock.System{}, after)
					cancel()
				}()
				err := ask(ctx, i)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					answered++
				} else if !errors.Is(err, context.Canceled) {
					s.Errorf("request %d: %v", i, err)
				}
			})
		}
		clients.Wait()
	}
	return answered
}

// quiet returns the contents of a table when no write is on its way any more.
func (s *sidecar) quiet(table string) (contents []string) {
	s.Helper()
	s.until("the last write to arrive", func() bool {
		before := contents
		contents = s.contents(s.direct, table)
		require.NoError(s, clock.Sleep(s.ctx, clock.System{}, 50*time.Millisecond))
		return slices.Equal(before, contents)
	})
	return contents
}
