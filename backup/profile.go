package backup

import (
	"fmt"
	"time"
)

// Profile is every knob of an [Engine]. Start from [Documented] or [Instant] and change single fields.
type Profile struct {
	// Marker is where in the window a backup's cut falls, unless its request says otherwise.
	Marker Marker

	// Window is how far before and after its request the cut of a backup may fall. The service promises 60 seconds
	// (CreateBackup). 0 leaves no room: every marker is exact.
	Window time.Duration

	// Partitions is how many parts of a table have a marker of their own under Torn: 1 or more.
	Partitions int

	// Creating is how long a backup is CREATING at least. It stays so until its marker has passed.
	Creating time.Duration

	// Restoring is how long the target of a restore is CREATING.
	Restoring time.Duration

	// Unregistered is how long backup operations do not find a new table.
	Unregistered time.Duration

	// Enabling is how long after it has become ACTIVE a new table still answers ContinuousBackupsUnavailable.
	Enabling time.Duration

	// Departing is how long a DELETING table can still be backed up and have point-in-time recovery switched.
	Departing time.Duration

	// SystemDelay is how long after DeleteTable the SYSTEM backup appears.
	SystemDelay time.Duration

	// SystemRetention is how long a SYSTEM backup is kept.
	SystemRetention time.Duration

	// RecoveryLag is how far the latest restorable time is behind the present.
	RecoveryLag time.Duration

	// SettingsAsOf has a restore to a point in time take capacity and encryption from the table as it was then, as the
	// guide has it. Otherwise they are the table's present ones, as the reference text of the operation has it.
	SettingsAsOf bool

	// ExactSizes has backups show the items and bytes that they hold, instead of the table's statistics when they
	// were requested.
	ExactSizes bool

	// ConcurrentRestores bounds the restores that run at the same time. 0: no bound.
	ConcurrentRestores int

	// Rates bounds how often operations may be called.
	Rates Rates
}

// Rates bounds operations by the second. A zero [Rate] is no bound.
type Rates struct {
	CreateBackup              Rate
	DescribeBackup            Rate
	ListBackups               Rate
	DeleteBackup              Rate
	RestoreTableFromBackup    Rate
	DescribeContinuousBackups Rate
}

// Rate allows Burst calls at once and PerSecond in the long run.
type Rate struct {
	PerSecond, Burst int
}

// SystemRetention is how long the service keeps the SYSTEM backup of a deleted table.
const SystemRetention = 35 * 24 * time.Hour

// Documented returns the profile of the service as AWS describes it, with its waits and its limits. Durations that
// are not documented have the values observed for small tables. That statistics, and with them the sizes of backups, are
// up to six hours old is a matter of the source: see table.ServiceTiming.
func Documented() Profile {
	return Profile{
		Marker:             Fuzzy,
		Window:             time.Minute,
		Partitions:         16,
		Creating:           time.Second,
		Restoring:          5 * time.Minute,
		Unregistered:       3 * time.Second,
		Enabling:           3 * time.Second,
		Departing:          time.Second,
		SystemDelay:        5 * time.Second,
		SystemRetention:    SystemRetention,
		RecoveryLag:        5 * time.Minute,
		ConcurrentRestores: 50,
		Rates: Rates{
			CreateBackup:              Rate{50, 50},
			DescribeBackup:            Rate{10, 13},
			ListBackups:               Rate{5, 5},
			DeleteBackup:              Rate{10, 13},
			RestoreTableFromBackup:    Rate{10, 13},
			DescribeContinuousBackups: Rate{10, 13},
		},
	}
}

// Instant returns a profile for tests and for work in the process: exact markers, no waiting, no limits but the 50
// concurrent restores, exact sizes. An answer to CreateBackup still says CREATING; the next call finds it ACTIVE.
func Instant() Profile {
	return Profile{
		Marker:             Exact,
		Partitions:         16,
		SystemRetention:    SystemRetention,
		ExactSizes:         true,
		ConcurrentRestores: 50,
	}
}

// The greatest values that a profile can have. They keep sums of times in range and a backup cheap.
const (
	MaxWindow     = 24 * time.Hour
	MaxPartitions = 4096
	maxDuration   = 100 * 365 * 24 * time.Hour
	maxRate       = 1_000_000
)

// Validate returns an error that names the first field with an impossible value.
func (p Profile) Validate() error {
	for _, d := range []struct {
		name       string
		value, max time.Duration
	}{
		{"Window", p.Window, MaxWindow}, {"Creating", p.Creating, maxDuration}, {"Restoring", p.Restoring, maxDuration},
		{"Unregistered", p.Unregistered, maxDuration}, {"Enabling", p.Enabling, maxDuration},
		{"SystemRetention", p.SystemRetention, maxDuration}, {"SystemDelay", p.SystemDelay, p.SystemRetention},
		{"Departing", p.Departing, p.SystemRetention}, {"RecoveryLag", p.RecoveryLag, maxDuration},
	} {
		if d.value < 0 || d.value > d.max {
			return fmt.Errorf("backup: Profile.%s is %v, not between 0 and %v", d.name, d.value, d.max)
		}
	}
	switch {
	case !p.Marker.known():
		return fmt.Errorf("backup: Profile.Marker is unknown: %q", p.Marker)
	case p.Marker != Exact && p.Window == 0:
		return fmt.Errorf("backup: Profile.Marker %s needs a Profile.Window", p.Marker)
	case p.Partitions < 1 || p.Partitions > MaxPartitions:
		return fmt.Errorf("backup: Profile.Partitions is %d, not between 1 and %d", p.Partitions, MaxPartitions)
	case p.ConcurrentRestores < 0:
		return fmt.Errorf("backup: Profile.ConcurrentRestores is negative: %d", p.ConcurrentRestores)
	}
	return p.Rates.validate()
}

func (r Rates) validate() error {
	for _, rate := range []struct {
		name string
		Rate
	}{
		{"CreateBackup", r.CreateBackup}, {"DescribeBackup", r.DescribeBackup}, {"ListBackups", r.ListBackups},
		{"DeleteBackup", r.DeleteBackup}, {"RestoreTableFromBackup", r.RestoreTableFromBackup},
		{"DescribeContinuousBackups", r.DescribeContinuousBackups},
	} {
		if min(rate.PerSecond, rate.Burst) < 0 || max(rate.PerSecond, rate.Burst) > maxRate {
			return fmt.Errorf("backup: Profile.Rates.%s is %v, not between 0 and %d", rate.name, rate.Rate, maxRate)
		}
	}
	return nil
}
