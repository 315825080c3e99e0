package upstream_test

import (
	"context"
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/internal/upstream"
)

// moto starts moto's server and returns its URL. It skips the test where there is none.
func moto(t *testing.T) string {
	if os.Getenv("MOTO") == "" {
		t.Skip("MOTO is not set, so moto's server is not started")
	}
	if err := exec.Command("python3", "-c", "import moto.server").Run(); err != nil {
		t.Skip("this needs python3 with moto's server: ", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := l.Addr().(*net.TCPAddr)
	require.NoError(t, l.Close())
	server := exec.Command("python3", "-m", "moto.server", "-H", "127.0.0.1", "-p", fmt.Sprint(address.Port))
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		server.Process.Kill()
		server.Wait()
	})
	wait, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		if c, err := net.Dial("tcp", address.String()); err == nil {
			c.Close()
			return "http://" + address.String()
		}
		require.NoError(t, clock.Sleep(wait, clock.System{}, 20*time.Millisecond), "moto's server did not start")
	}
}

// Another emulator, over sockets: backups under writers, a restore, and recovery to a point in time.
func TestMoto(t *testing.T) {
	behind, err := upstream.NewClient(upstream.Endpoint{URL: moto(t)})
	require.NoError(t, err)
	source, err := upstream.New(ctx, behind, upstream.Options{})
	require.NoError(t, err)
	defer source.Close()
	proxy := httptest.NewServer(upstream.NewProxy(source))
	defer proxy.Close()
	w := &world{T: t, source: source}
	w.client, err = upstream.NewClient(upstream.Endpoint{URL: proxy.URL})
	require.NoError(t, err)
	w.backups, err = backup.New(source, backup.Options{Profile: backup.Instant()})
	require.NoError(t, err)
	w.create("Busy")
	const n = 60
	for at := 0; at < n; at += 20 {
		var puts []string
		for id := at; id < at+20; id++ {
			puts = append(puts, fmt.Sprintf(`{"PutRequest":{"Item":{"id":{"N":"%d"},"v":{"N":"0"}}}}`, id))
		}
		w.ok("BatchWriteItem", `{"RequestItems":{"Busy":[`+strings.Join(puts, ",")+`]}}`)
	}
	var stop atomic.Bool
	var writers sync.WaitGroup
	acknowledged := make([]atomic.Int64, n)
	writers.Go(func() { // one after the other, so that the counters of any instant are as this loop goes
		for i := 0; !stop.Load(); i++ {
			if err := w.add("Busy", i%n); err != nil {
				t.Error(err)
				return
			}
			acknowledged[i%n].Add(1)
		}
	})
	var arn string
	for range 3 {
		total := int64(0)
		for i := range acknowledged {
			total += acknowledged[i].Load()
		}
		arn = w.backup("Busy")
		require.NoError(t, w.restore(arn, fmt.Sprint("Restored", total)))
		s := w.capture(fmt.Sprint("Restored", total))
		require.Equal(t, n, s.Len())
		sum, last := int64(0), int64(-1)
		for i := range n {
			item, ok := s.Lookup(attr.Key{Partition: attr.Int(int64(i))})
			require.True(t, ok)
			v, _ := item.Lookup("v")
			text, _ := v.Number()
			var count int64
			fmt.Sscan(text, &count)
			require.True(t, last < 0 || count == last || count == last-1, "%d has been counted to %d, the one before to %d", i, count, last)
			last = count
			sum += count
		}
		require.GreaterOrEqual(t, sum, total, "a write from before the request is missing")
	}
	stop.Store(true)
	writers.Wait()

	w.recover("Busy")
	before := byID(w.capture("Busy"))
	at := source.Now()
	require.NoError(t, w.add("Busy", 3))
	_, err = w.backups.RestoreTableToPointInTime(ctx, backup.PointInTimeInput{
		SourceTableName: "Busy", TargetTableName: "Before", RestoreTime: at})
	require.NoError(t, err)
	require.Equal(t, before, byID(w.capture("Before")))
	w.ok("DeleteTable", `{'TableName':'Busy'}`)
	list, _, err := w.backups.ListBackups(ctx, backup.ListInput{Type: backup.System})
	require.NoError(t, err)
	require.Len(t, list, 1)
}
