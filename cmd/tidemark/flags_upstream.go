package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"math"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/internal/upstream"
)

// defaultMemory is how much is kept of an upstream's tables before the rest goes to disk.
const defaultMemory = 256 << 20

func upstreamFlags(f *flag.FlagSet, c *config) {
	usage := "stand in front of the DynamoDB endpoint at this `url`: back its tables up, and forward everything else"
	f.Func("upstream", usage, func(s string) error {
		c.upstream = s
		return checkUpstream(s)
	})
	c.memory = defaultMemory
	usage = "with -upstream, the `size` of the backups and history that are kept in memory, such as 512MB or 2GB;\n" +
		"the rest goes to disk (default " + sizeText(defaultMemory) + ")"
	f.Func("memory", usage, func(s string) (err error) {
		c.memory, err = parseSize(s)
		return err
	})
	f.StringVar(&c.spool, "spool", "",
		"with -upstream, the `directory` for what goes to disk (default: where the system has temporary files)")
}

func checkUpstream(s string) error {
	if _, err := upstream.NewClient(upstream.Endpoint{URL: s}); err != nil {
		return errors.New("not the URL of an HTTP endpoint, such as http://127.0.0.1:8001")
	}
	if u, err := url.Parse(s); err != nil || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("a URL of host, port and path alone, please: keys are taken from the environment")
	}
	return nil
}

// units are those of sizes, the largest first.
var units = []struct {
	name  string
	bytes int64
}{{"TB", 1 << 40}, {"GB", 1 << 30}, {"MB", 1 << 20}, {"KB", 1 << 10}}

// parseSize reads a number of bytes with a unit.
func parseSize(s string) (int64, error) {
	for _, unit := range units {
		digits, found := strings.CutSuffix(strings.ToUpper(s), unit.name)
		if !found {
			continue
		}
		n, err := strconv.ParseUint(digits, 10, 63)
		if err == nil && n > 0 && n <= math.MaxInt64/uint64(unit.bytes) {
			return int64(n) * unit.bytes, nil
		}
	}
	return 0, errors.New("not a size, such as 256MB or 1GB: a whole number of KB, MB, GB or TB")
}

// sizeText is what parseSize reads.
func sizeText(n int64) string {
	for _, unit := range units {
		if n%unit.bytes == 0 {
			return strconv.FormatInt(n/unit.bytes, 10) + unit.name
		}
	}
	return strconv.FormatInt(n, 10) + " bytes"
}

// checkMode refuses flags that do not fit to where the tables are.
func (c config) checkMode() error {
	if c.upstream == "" {
		for _, name := range []string{"memory", "spool"} {
			if c.given[name] {
				return fmt.Errorf("-%s is for backups of tables that are elsewhere: add -upstream", name)
			}
		}
		return nil
	}
	switch {
	case c.given["throughput"]:
		return errors.New("-throughput is for tables of our own: those of -upstream are throttled there, or not")
	case c.given["kinesis"]:
		return errors.New("-kinesis is for tables of our own: the destinations of those of -upstream are up to it")
	case c.clock == "manual" || c.given["start"]:
		return errors.New("-clock manual and -start are for tables of our own: those of -upstream go by the system's clock")
	case c.marker != "" && c.marker != string(backup.Exact):
		return fmt.Errorf("-marker %s needs the history of every table: backups of the tables of -upstream are exact",
			c.marker)
	case c.wouldLoop():
		return fmt.Errorf("-upstream %s is where this server is to listen itself: give another -addr, such as %s",
			c.upstream, net.JoinHostPort(cmp.Or(c.host(), "127.0.0.1"), "0"))
	}
	return nil
}

// wouldLoop reports whether requests for the upstream would come here, as far as the flags tell.
func (c config) wouldLoop() bool {
	u, _ := url.Parse(c.upstream)
	_, port, _ := net.SplitHostPort(c.addr)
	theirs := cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
	if port != theirs {
		return false
	}
	// What a name stands for may be several addresses, and to listen at no address in particular is to listen at all.
	vague := func(host string) bool {
		ip := net.ParseIP(host)
		return host == "" || strings.EqualFold(host, "localhost") || ip != nil && ip.IsUnspecified()
	}
	local := func(host string) bool {
		ip := net.ParseIP(host)
		return vague(host) || ip != nil && ip.IsLoopback()
	}
	here, there := c.host(), u.Hostname()
	return strings.EqualFold(here, there) || vague(here) && local(there) || local(here) && vague(there)
}
