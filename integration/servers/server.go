package servers

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/tidemark-db/tidemark/clock"
)

// Server is a program that serves DynamoDB's protocol.
type Server struct {
	Name, URL string
	process   *exec.Cmd
	Output    Output
	Ended     chan struct{} // closed when it has ended and its output is complete
	err       error         // what it ended with
}

// Output is what a program has printed.
type Output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write adds to it.
func (o *Output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

// All returns all of it.
func (o *Output) All() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// Tail returns the end of it, as far as it can tell something.
func (o *Output) Tail() string {
	var lines []string
	for line := range strings.Lines(o.All()) {
		if !strings.Contains(line, `"POST / HTTP/1.1" 200`) { // a log of what went well
			lines = append(lines, line)
		}
	}
	const enough = 30
	return strings.Join(lines[max(0, len(lines)-enough):], "")
}

// bind has a program end with this one, on systems that can do that.
var bind = func(*exec.Cmd) {}

// begin starts a program.
func begin(name string, process *exec.Cmd, stdout io.Writer) (*Server, error) {
	s := &Server{Name: name, process: process, Ended: make(chan struct{})}
	process.Stdout, process.Stderr = &s.Output, &s.Output
	if stdout != nil {
		process.Stdout = io.MultiWriter(stdout, &s.Output)
	}
	bind(process)
	if err := process.Start(); err != nil {
		return nil, fmt.Errorf("%s could not be started: %w", name, err)
	}
	go func() {
		s.err = process.Wait()
		close(s.Ended)
	}()
	return s, nil
}

// beginAt starts a program that listens at a port it is told, and waits until it does.
func beginAt(name string, command func(port string) *exec.Cmd) (*Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := l.Addr().String()
	l.Close()
	_, port, _ := net.SplitHostPort(address)
	s, err := begin(name, command(port), nil)
	if err != nil {
		return nil, err
	}
	s.URL = "http://" + address
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		if c, err := net.Dial("tcp", address); err == nil {
			return s, c.Close()
		}
		select {
		case <-s.Ended:
			return nil, fmt.Errorf("%s ended with %v before it listened:\n%s", name, s.err, s.Output.Tail())
		default:
		}
		if err := clock.Sleep(ctx, clock.System{}, 20*time.Millisecond); err != nil {
			s.Kill()
			return nil, fmt.Errorf("%s did not listen within a minute:\n%s", name, s.Output.Tail())
		}
	}
}

// Stop asks the program to end, and waits until it has.
func (s *Server) Stop() error {
	if s.process.Process.Signal(syscall.SIGTERM) != nil {
		s.Kill()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	select {
	case <-s.Ended:
	case <-ctx.Done():
		s.Kill()
		return fmt.Errorf("%s did not end by itself:\n%s", s.Name, s.Output.Tail())
	}
	return s.err
}

// Kill ends the program at once.
func (s *Server) Kill() {
	s.process.Process.Kill()
	<-s.Ended
}

var peakOf = regexp.MustCompile(`VmHWM:\s*(\d+) kB`)

// Peak returns the most memory that the program has had, in bytes, where the system tells.
func (s *Server) Peak() (bytes int64, known bool) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.process.Process.Pid))
	found := peakOf.FindSubmatch(status)
	if err != nil || found == nil {
		return 0, false
	}
	kb, err := strconv.ParseInt(string(found[1]), 10, 64)
	return kb << 10, err == nil
}
