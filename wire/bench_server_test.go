package wire_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// serving is the variable by which the test binary is told to be a server.
const serving = "TIDEMARK_BENCHMARK_SERVES"

// TestMain makes the test binary the server of BenchmarkLoopback when it is told to. The server writes its address, and
// then for every line that it reads the processor time that it has used, in nanoseconds.
func TestMain(m *testing.M) {
	kind := os.Getenv(serving)
	if kind == "" {
		os.Exit(m.Run())
	}
	var b testing.B
	h := benchHandler(&b, 1000)
	if kind == "empty" {
		s := newSender(benchRequests[0].operation, benchRequests[0].body)
		s.send(h)
		h = empty{bytes.Clone(s.sink.body)}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go http.Serve(l, h)
	fmt.Println(l.Addr())
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		fmt.Println(processorTime())
	}
}

// processorTime returns what this process has used so far.
func processorTime() int64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err)
	}
	return used.Utime.Nano() + used.Stime.Nano()
}

// server is a process of its own, so that its processor time is not mixed with its clients'.
type server struct {
	b       *testing.B
	url     string
	answers *bufio.Scanner
	ask     io.Writer
}

func startServer(b *testing.B, kind string) *server {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), serving+"="+kind)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(b, err)
	in, err := cmd.StdinPipe()
	require.NoError(b, err)
	require.NoError(b, cmd.Start())
	b.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
	s := &server{b: b, answers: bufio.NewScanner(out), ask: in}
	require.True(b, s.answers.Scan(), "the server does not start")
	s.url = "http://" + s.answers.Text() + "/"
	return s
}

func (s *server) used() time.Duration {
	fmt.Fprintln(s.ask)
	require.True(s.b, s.answers.Scan(), "the server has gone")
	n, err := strconv.ParseInt(s.answers.Text(), 10, 64)
	require.NoError(s.b, err)
	return time.Duration(n)
}

// BenchmarkLoopback has eight clients send GetItem over connections that stay open. server-ns/op is the processor time
// of the server for one of them: compare with empty.
func BenchmarkLoopback(b *testing.B) {
	for _, kind := range []string{"empty", "tidemark"} {
		b.Run(kind, func(b *testing.B) {
			s := startServer(b, kind)
			send := func(n int) {
				const clients = 8
				var all sync.WaitGroup
				for range clients {
					all.Go(func() { s.get(n / clients) })
				}
				all.Wait()
			}
			send(2000) // connections are open and pools are full
			before := s.used()
			b.ResetTimer()
			send(b.N)
			b.StopTimer()
			b.ReportMetric(float64(s.used()-before)/float64(b.N), "server-ns/op")
		})
	}
}

func (s *server) get(n int) {
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for range n {
		r, _ := http.NewRequest(http.MethodPost, s.url, strings.NewReader(benchRequests[0].body))
		r.Header = newSender("GetItem", "").request.Header
		answer, err := client.Do(r)
		if err != nil {
			s.b.Error(err)
			return
		}
		io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			s.b.Error(answer.Status)
			return
		}
	}
}
