package tidemarktest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tidemark-db/tidemark"
	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/table"
)

// Option changes what [Start] makes. The order of options does not matter, unless two say the same: the later counts.
// A [Fault] is an Option too.
type Option interface{ set(*settings) }

type option func(*settings)

func (o option) set(s *settings) { o(s) }

// settings is what options have chosen.
type settings struct {
	options tidemark.Options
	start   time.Time
	marker  backup.Marker // empty: the profile's
	window  time.Duration
	faults  []Fault

	throughput bool // enforced
}

func newSettings() *settings { return &settings{options: tidemark.Instant()} }

// complete fills in what is left open, and finds what contradicts itself.
func (s *settings) complete() error {
	if s.options.Clock == nil {
		s.options.Clock = clock.NewManual(s.start)
	} else if !s.start.IsZero() {
		return errors.New("WithStart is for the endpoint's own clock, not for one that it is given (WithClock)")
	}
	if s.options.Profile == (backup.Profile{}) {
		s.options.Profile = backup.Instant()
	}
	if s.marker != "" {
		s.options.Profile.Marker, s.options.Profile.Window = s.marker, s.window
	}
	if err := s.options.Profile.Validate(); err != nil {
		return err
	}
	if err := checkPlace(s.options.Account, s.options.Region); err != nil {
		return err
	}
	for _, d := range []struct {
		name  string
		value time.Duration
	}{
		{"Creating", s.options.Timing.Creating}, {"Updating", s.options.Timing.Updating},
		{"Deleting", s.options.Timing.Deleting}, {"StatisticsEvery", s.options.Timing.StatisticsEvery},
		{"Backfilling", s.options.Timing.Backfilling}, {"Expiring", s.options.Timing.Expiring},
		{"TTLSwitching", s.options.Timing.TTLSwitching}, {"TTLCooldown", s.options.Timing.TTLCooldown},
		{"Switching", s.options.Timing.Switching}, {"PolicyCooldown", s.options.Timing.PolicyCooldown},
		{"Shard", s.options.Timing.Shard}, {"Settling", s.options.Timing.Settling},
		{"Warming", s.options.Timing.Warming},
		{"ProtectionCooldown", s.options.Timing.ProtectionCooldown},
		{"DecreaseCooldown", s.options.Timing.DecreaseCooldown},
	} {
		if d.value < 0 {
			return fmt.Errorf("Timing.%s is negative: %v", d.name, d.value)
		}
	}
	return nil
}

// WithProfile has backups behave as p says. The zero Profile means backup.Instant().
func WithProfile(p backup.Profile) Option { return option(func(s *settings) { s.options.Profile = p }) }

// WithTiming has tables take the time that t says.
func WithTiming(t table.Timing) Option { return option(func(s *settings) { s.options.Timing = t }) }

// Documented has backups and tables behave as AWS describes the service: with waits, limits, throttled calls, and
// markers anywhere within a minute of the request. It stands for WithProfile and WithTiming.
func Documented() Option {
	return option(func(s *settings) {
		s.options.Profile, s.options.Timing = backup.Documented(), table.ServiceTiming()
	})
}

// WithMarker has backups choose by m which of the commits up to window before and after their request they hold. A
// backup whose marker lies ahead is CREATING until the clock has passed it. All but backup.Exact need a window; the
// service promises a minute.
func WithMarker(m backup.Marker, window time.Duration) Option {
	return option(func(s *settings) { s.marker, s.window = m, window })
}

// WithThroughput bounds what operations on items consume by the throughput of their tables, as wire's
// API.EnforceThroughput says: a new table has a second's worth of it, and more as the clock moves.
func WithThroughput() Option { return option(func(s *settings) { s.throughput = true }) }

// WithQuotas bounds by q what tables may have together and each, and has DescribeLimits tell of it.
func WithQuotas(q table.Quotas) Option { return option(func(s *settings) { s.options.Quotas = q }) }

// WithKinesisStreams has Kinesis streams be there, by their ARNs, that tables can have as their destinations. No record
// goes to them. All others do not exist.
func WithKinesisStreams(arns ...string) Option {
	arns = slices.Clone(arns)
	return option(func(s *settings) {
		s.options.KinesisStream = func(arn string) bool { return slices.Contains(arns, arn) }
	})
}

// WithSeed draws markers and ids from seed, so that a run that failed can be repeated. 0: a random seed.
func WithSeed(seed uint64) Option { return option(func(s *settings) { s.options.Seed = seed }) }

// WithClock has the endpoint go by c: a *clock.Manual that several endpoints or the tested code share, or clock.System
// in a synctest bubble, whose time it then follows. nil: a clock of its own.
func WithClock(c clock.Clock) Option { return option(func(s *settings) { s.options.Clock = c }) }

// WithStart has the endpoint's own clock stand at t first, instead of at clock.Epoch.
func WithStart(t time.Time) Option { return option(func(s *settings) { s.start = t }) }

// WithAccount makes account, of 12 digits, the default account, instead of table.DefaultAccount.
func WithAccount(account string) Option {
	return option(func(s *settings) { s.options.Account = account })
}

// WithRegion makes region the one of Endpoint.DB, instead of table.DefaultRegion.
func WithRegion(region string) Option { return option(func(s *settings) { s.options.Region = region }) }

// WithTransitions has fn called with every change of a backup's status, by the calls that find it; see
// backup.Options.OnTransition.
func WithTransitions(fn func(backup.Transition)) Option {
	return option(func(s *settings) { s.options.OnTransition = fn })
}

// checkPlace refuses what is neither empty nor an account, or neither empty nor what can be a region.
func checkPlace(account, region string) error {
	if account != "" && !arn.ValidAccount(account) {
		return fmt.Errorf("%q is no account: one has 12 digits", account)
	}
	if region == "" {
		return nil
	}
	if _, err := arn.Parse(arn.Table(region, table.DefaultAccount, "any").String()); err != nil {
		return fmt.Errorf("%q is no region: one has lower-case letters, digits and hyphens", region)
	}
	return nil
}
