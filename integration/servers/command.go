package servers

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
)

// Command is Tidemark's own, built when it is first needed.
type Command struct {
	args []string
	once sync.Once
	path string
	err  error
}

var (
	Plain = &Command{}
	Raced = &Command{args: []string{"-race"}} // with the race detector

	commands = sync.OnceValues(func() (dir string, err error) { return os.MkdirTemp("", "tidemark-integration-") })
)

// Build returns the path of the command.
func (c *Command) Build() (string, error) {
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

// UnderTest returns the command that has the race detector if the tests have.
func UnderTest() *Command {
	info, ok := debug.ReadBuildInfo()
	if ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		return Raced
	}
	return Plain
}

var banner = regexp.MustCompile(` at (http://\S+)`)

// Start starts the command on a free port, or the one that the arguments have, and waits for the line that says where
// it is.
func (c *Command) Start(args ...string) (*Server, error) {
	path, err := c.Build()
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
		<-s.Ended
		stdout.Close()
	}()
	lines := bufio.NewScanner(printed)
	for lines.Scan() && s.URL == "" {
		if found := banner.FindStringSubmatch(lines.Text()); found != nil {
			s.URL = found[1]
			break
		}
	}
	go io.Copy(io.Discard, printed)
	if s.URL == "" {
		s.Kill()
		return nil, fmt.Errorf("%s did not say where it is:\n%s", s.Name, s.Output.Tail())
	}
	return s, nil
}
