package main

import (
	"cmp"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"github.com/tidemark-db/tidemark"
)

// address returns the URL to ask for, as far as possible with the host that the server was told to listen at.
func address(c config, at net.Addr) string {
	host, port, _ := net.SplitHostPort(at.String())
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost" // one cannot ask for 0.0.0.0 everywhere
	} else if named := c.host(); named != "" {
		host = named
	}
	return "http://" + net.JoinHostPort(strings.ReplaceAll(host, "%", "%25"), port)
}

// loopback reports whether no other machine can reach an address.
func loopback(at net.Addr) bool {
	tcp, ok := at.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// warn says so if other machines can reach an address.
func warn(out io.Writer, at net.Addr) {
	if !loopback(at) {
		fmt.Fprintf(out, "tidemark: warning: %s is open to other machines and nothing is protected: whoever reaches it "+
			"can read, change and delete everything.\n", at)
	}
}

// printBanner says where the server is, and gives lines to paste into a shell.
func printBanner(out io.Writer, c config, o tidemark.Options, url string) {
	fmt.Fprintf(out, `Tidemark serves DynamoDB's protocol at %s

  AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test aws --endpoint-url %s --region %s dynamodb list-backups

  profile  %s, marker %s
  account  %s
  seed     %d
`, url, quoted(url), o.Region, c.profile, o.Profile.Marker, o.Account, o.Seed)
	if c.clock == "system" {
		fmt.Fprint(out, "  clock    system\n\n")
		return
	}
	fmt.Fprintf(out, "  clock    manual, stands at %s until it is moved:\n\n", o.Clock.Now().Format(time.RFC3339))
	fmt.Fprintf(out, "  curl -H 'Content-Type: application/json' -d '{\"advance\": \"90m\"}' %s\n\n",
		quoted(url+controlPrefix+"clock"))
}

// printBanner says what the sidecar is in front of, and what it cannot do.
func (s *sidecar) printBanner(out io.Writer, c config, url string) {
	fmt.Fprintf(out, `Tidemark, in front of %s, serves DynamoDB's protocol at %s

  AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test aws --endpoint-url %[3]s --region %s dynamodb list-backups

  profile  %s, marker %s
  tables   %s
  seed     %d
  memory   %s for backups and history, the rest goes to %s

  Writes that do not pass this address are not seen: a backup that is being taken may have them in part, and history
  lacks them. Backups and history last as long as this process.

`, c.upstream, url, quoted(url), c.region, c.profile, s.profile.Marker, s.where(),
		s.seed(), sizeText(c.memory), cmp.Or(c.spool, os.TempDir()))
}

// where says where the tables are said to be.
func (s *sidecar) where() string {
	if !s.located.Load() {
		return "none yet: the first one will say in which region and account they are"
	}
	return fmt.Sprintf("said to be in %s, of account %s", s.source.Region(), s.source.Account())
}

// quoted keeps a shell from taking the brackets of an address for a pattern.
func quoted(url string) string {
	if strings.ContainsAny(url, "[]%") {
		return "'" + url + "'"
	}
	return url
}
