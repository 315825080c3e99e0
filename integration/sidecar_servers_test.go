package integration_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/clock"
)

// peersVariable is the variable of the environment that has the tests take the time that other programs take.
const peersVariable = "TIDEMARK_PEERS"

// kind is a program that a sidecar can stand in front of, with what it cannot do.
type kind struct {
	name  string
	start func() (*server, error) // an absent error: the program cannot be had here

	noTransactions bool // it does not know TransactWriteItems
	noTTL          bool // nor UpdateTimeToLive
	noStatements   bool // nor PartiQL
	noARNs         bool // a table cannot be named by its ARN
	noBinaryKeys   bool // a Scan in segments fails if the partition key is binary

	sluggish bool // takes long over large answers and many requests at once

	busyItems int // how many items a table has that is backed up among writers
	histories int // how many random histories it is taken through

	once   sync.Once
	shared *server
	err    error
}

// kinds are all that the stories of the sidecar are told of. The first is there on every machine.
var kinds = []*kind{
	{name: "tidemark", start: func() (*server, error) { return plain.start() },
		busyItems: 100_000, histories: 24},
	{name: "DynamoDB Local", start: startDynamoDBLocal, busyItems: 100_000, histories: 24, noARNs: true},
	{name: "dynalite", start: startDynalite, busyItems: 100_000, histories: 24,
		noTransactions: true, noTTL: true, noStatements: true, noARNs: true},
	{name: "moto", start: startMoto, busyItems: 10_000, histories: 6, noBinaryKeys: true, sluggish: true},
}

// absent says why a program cannot be had, and what to do about that.
type absent struct{ why string }

func (a absent) Error() string { return a.why }

// run returns the program, which is started when it is first asked for and serves all tests: each has tables of its
// own. It skips the test where the program cannot be had.
func (k *kind) run(t testing.TB) *server {
	t.Helper()
	k.once.Do(func() { k.shared, k.err = k.start() })
	if a := (absent{}); errors.As(k.err, &a) {
		t.Skip("SKIPPED: ", a.why)
	}
	require.NoError(t, k.err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s says:\n%s", k.name, k.shared.output.tail())
		}
	})
	return k.shared
}

// slow skips the test unless it may take the time that this program needs for it.
func (k *kind) slow(t testing.TB) {
	t.Helper()
	if k != kinds[0] && os.Getenv(peersVariable) != "1" {
		t.Skipf("SKIPPED: this takes long with %s: to have it run, set %s=1", k.name, peersVariable)
	}
}

func TestMain(m *testing.M) {
	code := m.Run()
	for _, k := range kinds {
		if k.shared != nil {
			k.shared.kill()
		}
	}
	if dir, err := commands(); err == nil {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

// server is a program that serves DynamoDB's protocol.
type server struct {
	name, url string
	process   *exec.Cmd
	output    output
	ended     chan struct{} // closed when it has ended and its output is complete
	err       error         // what it ended with
}

// output is what a program has printed.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) all() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// tail returns the end of it, as far as it can tell something.
func (o *output) tail() string {
	var lines []string
	for line := range strings.Lines(o.all()) {
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
func begin(name string, process *exec.Cmd, stdout io.Writer) (*server, error) {
	s := &server{name: name, process: process, ended: make(chan struct{})}
	process.Stdout, process.Stderr = &s.output, &s.output
	if stdout != nil {
		process.Stdout = io.MultiWriter(stdout, &s.output)
	}
	bind(process)
	if err := process.Start(); err != nil {
		return nil, fmt.Errorf("%s could not be started: %w", name, err)
	}
	go func() {
		s.err = process.Wait()
		close(s.ended)
	}()
	return s, nil
}

// beginAt starts a program that listens at a port it is told, and waits until it does.
func beginAt(name string, command func(port string) *exec.Cmd) (*server, error) {
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
	s.url = "http://" + address
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		if c, err := net.Dial("tcp", address); err == nil {
			return s, c.Close()
		}
		select {
		case <-s.ended:
			return nil, fmt.Errorf("%s ended with %v before it listened:\n%s", name, s.err, s.output.tail())
		default:
		}
		if err := clock.Sleep(ctx, clock.System{}, 20*time.Millisecond); err != nil {
			s.kill()
			return nil, fmt.Errorf("%s did not listen within a minute:\n%s", name, s.output.tail())
		}
	}
}

// stop asks the program to end, and waits until it has.
func (s *server) stop() error {
	if s.process.Process.Signal(syscall.SIGTERM) != nil {
		s.kill()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	select {
	case <-s.ended:
	case <-ctx.Done():
		s.kill()
		return fmt.Errorf("%s did not end by itself:\n%s", s.name, s.output.tail())
	}
	return s.err
}

// kill ends the program at once.
func (s *server) kill() {
	s.process.Process.Kill()
	<-s.ended
}

var peakOf = regexp.MustCompile(`VmHWM:\s*(\d+) kB`)

// peak returns the most memory that the program has had, in bytes, where the system tells.
func (s *server) peak() (bytes int64, known bool) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.process.Process.Pid))
	found := peakOf.FindSubmatch(status)
	if err != nil || found == nil {
		return 0, false
	}
	kb, err := strconv.ParseInt(string(found[1]), 10, 64)
	return kb << 10, err == nil
}

// command is Tidemark's own, built when it is first needed.
type command struct {
	args []string
	once sync.Once
	path string
	err  error
}

var (
	plain = &command{}
	raced = &command{args: []string{"-race"}} // with the race detector

	commands = sync.OnceValues(func() (dir string, err error) { return os.MkdirTemp("", "tidemark-integration-") })
)

// build returns the path of the command.
func (c *command) build() (string, error) {
	c.once.Do(func() {
		var dir string
		if dir, c.err = commands(); c.err != nil {
			return
		}
		c.path = filepath.Join(dir, "tidemark"+strings.Join(c.args, "")+".exe") // a name that is good everywhere
		args := append([]string{"build", "-o", c.path}, c.args...)
		out, err := exec.Command("go", append(args, "github.com/tidemark-db/tidemark/cmd/tidemark")...).CombinedOutput()
		if err != nil {
			c.err = fmt.Errorf("the command could not be built: %w\n%s", err, out)
		}
	})
	return c.path, c.err
}

// underTest returns the command that has the race detector if the tests have.
func underTest() *command {
	info, ok := debug.ReadBuildInfo()
	if ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		return raced
	}
	return plain
}

var banner = regexp.MustCompile(` at (http://\S+)`)

// start starts the command on a free port, or the one that the arguments have, and waits for the line that says where
// it is.
func (c *command) start(args ...string) (*server, error) {
	path, err := c.build()
	if err != nil {
		return nil, err
	}
	if !slices.Contains(args, "-addr") {
		args = append(args, "-addr", "127.0.0.1:0")
	}
	process := exec.Command(path, append(args, "-log", "error")...)
	process.Env = append(os.Environ(), "GORACE=halt_on_error=1")
	printed, stdout := io.Pipe()
	s, err := begin("tidemark "+strings.Join(args, " "), process, stdout)
	if err != nil {
		return nil, err
	}
	go func() {
		<-s.ended
		stdout.Close()
	}()
	lines := bufio.NewScanner(printed)
	for lines.Scan() && s.url == "" {
		if found := banner.FindStringSubmatch(lines.Text()); found != nil {
			s.url = found[1]
			break
		}
	}
	go io.Copy(io.Discard, printed)
	if s.url == "" {
		s.kill()
		return nil, fmt.Errorf("%s did not say where it is:\n%s", s.name, s.output.tail())
	}
	return s, nil
}

const howToGet = "npm install --no-save --prefix integration amplify-dynamodb-simulator dynalite " +
	"@aws-sdk/client-dynamodb @aws-sdk/client-dynamodb-streams @aws-sdk/lib-dynamodb"

// inModules returns a folder that a variable names, or else one that npm has made beside the tests.
func inModules(variable, within, file string) (string, error) {
	dir := os.Getenv(variable)
	if dir == "" {
		dir = filepath.Join("node_modules", within)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(dir, file)); err != nil {
		return "", absent{fmt.Sprintf("there is no %s in %s: run %s, or have %s name its folder",
			file, dir, howToGet, variable)}
	}
	return dir, nil
}

// needs looks for a program that another one runs with.
func needs(program, whose string) error {
	if _, err := exec.LookPath(program); err != nil {
		return absent{fmt.Sprintf("%s needs the program %s, which is not on this machine", whose, program)}
	}
	return nil
}

func startDynamoDBLocal() (*server, error) {
	dir, err := inModules("TIDEMARK_DYNAMODB_LOCAL", "amplify-dynamodb-simulator/emulator", "DynamoDBLocal.jar")
	if err == nil {
		err = needs("java", "DynamoDB Local")
	}
	if err != nil {
		return nil, err
	}
	return beginAt("DynamoDB Local", func(port string) *exec.Cmd {
		c := exec.Command("java", "-Djava.library.path=./DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar",
			"-inMemory", "-sharedDb", "-disableTelemetry", "-port", port)
		c.Dir = dir
		return c
	})
}

func startDynalite() (*server, error) {
	dir, err := inModules("TIDEMARK_DYNALITE", "dynalite", "cli.js")
	if err == nil {
		err = needs("node", "dynalite")
	}
	if err != nil {
		return nil, err
	}
	return beginAt("dynalite", func(port string) *exec.Cmd {
		c := exec.Command("node", "cli.js", "--host", "127.0.0.1", "--port", port,
			"--createTableMs", "0", "--deleteTableMs", "0", "--updateTableMs", "0")
		c.Dir = dir
		return c
	})
}

func startMoto() (*server, error) {
	if err := needs("python3", "moto's server"); err != nil {
		return nil, err
	}
	if out, err := exec.Command("python3", "-c", "import moto.server").CombinedOutput(); err != nil {
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		return nil, absent{fmt.Sprintf("python3 cannot import moto.server (%s): run pip install 'moto[server]'",
			lines[len(lines)-1])}
	}
	return beginAt("moto", func(port string) *exec.Cmd {
		return exec.Command("python3", "-m", "moto.server", "-H", "127.0.0.1", "-p", port)
	})
}
