package table

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
)

// destination is a Kinesis stream that was to get the table's changes.
type destination struct {
	arn, precision string

	asked   schema.DestinationStatus // what was asked for last: ENABLING, UPDATING or DISABLING
	since   time.Time
	failure string // why it cannot be enabled; empty: it can
}

// EnableKinesisStreamingDestination asks for the changes of a table to go to a Kinesis stream. If there is that stream
// (Options.KinesisStream) the destination is ENABLING, and ACTIVE after that; if there is none, the service takes the
// request too, and the destination ends as ENABLE_FAILED. Either way no record goes anywhere. An empty precision is
// MILLISECOND; the other one is MICROSECOND.
//
// It fails with ResourceNotFound if there is no such table or a restore is filling it, with a ValidationException if the
// table has a destination that is neither DISABLED nor ENABLE_FAILED, and with ResourceInUse if the table is DELETING.
func (s *Store) EnableKinesisStreamingDestination(
	_ context.Context, name, streamARN, precision string,
) (table string, d schema.Destination, err error) {
	failure := s.kinesisFailure(streamARN)
	err = s.attached("EnableKinesisStreamingDestination", name, func(t *Table, now time.Time) error {
		for _, other := range t.mu.destinations {
			switch t.describeDestination(other, moment{now: now}).Status {
			case schema.DestinationDisabled, schema.DestinationEnableFailed:
			default:
				return errDestination("EnableKinesisStreamingDestination must be DISABLED or ENABLE_FAILED " +
					"to perform ENABLE operation.")
			}
		}
		if err := t.notDeletingLocked(); err != nil {
			return err
		}
		rest := slices.DeleteFunc(t.mu.destinations, func(d destination) bool { return d.arn == streamARN })
		to := destination{arn: streamARN, precision: precision, failure: failure}
		t.mu.destinations = append([]destination{to}, rest...)
		table, d = t.name, t.switchDestinationLocked(&t.mu.destinations[0], schema.DestinationEnabling, now)
		return nil
	})
	return table, d, err
}

// DisableKinesisStreamingDestination has a Kinesis stream be no destination of a table any more: it is DISABLING, and
// DISABLED after that. It fails with ResourceNotFound if there is no such table or a restore is filling it, and with a
// ValidationException if the stream is not an ACTIVE destination, nor DISABLING already.
func (s *Store) DisableKinesisStreamingDestination(
	_ context.Context, name, streamARN string,
) (table string, d schema.Destination, err error) {
	err = s.attached("DisableKinesisStreamingDestination", name, func(t *Table, now time.Time) error {
		switch to, status := t.destinationLocked(streamARN, now); status {
		case schema.DestinationActive:
			table, d = t.name, t.switchDestinationLocked(to, schema.DestinationDisabling, now)
		case schema.DestinationDisabling:
			table, d = t.name, t.describeDestination(*to, moment{now: now})
		default:
			return errDestination("KinesisStreamingDestination must be ACTIVE to perform DISABLE operation.")
		}
		return nil
	})
	return table, d, err
}

// UpdateKinesisStreamingDestination changes how precise the times are that a Kinesis stream gets: MILLISECOND or
// MICROSECOND. The destination is UPDATING, and ACTIVE after that. It fails as DisableKinesisStreamingDestination does
// if it is not ACTIVE, and with a ValidationException if there is nothing to change.
func (s *Store) UpdateKinesisStreamingDestination(
	_ context.Context, name, streamARN, precision string,
) (table string, d schema.Destination, err error) {
	const op = "UpdateKinesisStreamingDestination"
	if precision == "" {
		err := exception.Validation.Errorf("Streaming destination cannot be updated with given parameters: " +
			"UpdateKinesisStreamingConfiguration cannot be null or contain only null values")
		return "", d, exception.During(op, name, err)
	}
	err = s.attached(op, name, func(t *Table, now time.Time) error {
		to, status := t.destinationLocked(streamARN, now)
		switch {
		case status != schema.DestinationActive:
			return errDestination("Kinesis streaming is not in ACTIVE state. Updates are only allowed in ACTIVE state. "+
				"TableName: %s, kdsArn: %s", t.name, streamARN)
		case precision == cmp.Or(to.precision, "MILLISECOND"):
			return exception.Validation.Errorf("Invalid Request: Precision is already set to the desired value of %s "+
				"for tableId: %s, kdsArn: %s", precision, t.mu.definition.ID, streamARN)
		}
		to.precision = precision
		table, d = t.name, t.switchDestinationLocked(to, schema.DestinationUpdating, now)
		return nil
	})
	return table, d, err
}

func errDestination(format string, args ...any) error {
	return exception.Validation.Errorf(
		"Table is not in a valid state to enable Kinesis Streaming Destination: "+format, args...)
}

// DescribeKinesisStreamingDestination returns the Kinesis streams that were to get the changes of a table. It fails with
// ResourceNotFound if there is no such table or a restore is filling it.
func (s *Store) DescribeKinesisStreamingDestination(
	_ context.Context, name string,
) (d schema.Destinations, err error) {
	err = s.attached("DescribeKinesisStreamingDestination", name, func(t *Table, now time.Time) error {
		d.Table = t.name
		for _, to := range t.mu.destinations {
			d.List = append(d.List, t.describeDestination(to, moment{now: now}))
		}
		return nil
	})
	return d, err
}

// destinationLocked returns the destination with that ARN and its status, which is empty if there is none.
func (t *Table) destinationLocked(streamARN string, now time.Time) (*destination, schema.DestinationStatus) {
	i := slices.IndexFunc(t.mu.destinations, func(d destination) bool { return d.arn == streamARN })
	if i < 0 {
		return nil, ""
	}
	to := &t.mu.destinations[i]
	return to, t.describeDestination(*to, moment{now: now}).Status
}

// switchDestinationLocked notes what is asked for, and returns what to answer.
func (t *Table) switchDestinationLocked(
	to *destination, asked schema.DestinationStatus, now time.Time,
) schema.Destination {
	to.asked, to.since = asked, now
	return t.describeDestination(*to, moment{now: now, answer: true})
}

func (t *Table) describeDestination(to destination, m moment) schema.Destination {
	d := schema.Destination{StreamARN: to.arn, Precision: to.precision, Status: schema.DestinationActive}
	switch {
	case m.before(to.since.Add(t.store.timing.Switching)):
		d.Status = to.asked
	case to.asked == schema.DestinationDisabling:
		d.Status = schema.DestinationDisabled
	case to.failure != "":
		d.Status, d.Description = schema.DestinationEnableFailed, to.failure
	}
	return d
}

// kinesisFailure returns why a stream cannot become a destination; empty if it can.
func (s *Store) kinesisFailure(streamARN string) string {
	const stream = "The kinesis Arn used to enable kinesis replication belongs to a stream which is not in "
	part := strings.SplitN(streamARN, ":", 6)
	switch {
	case len(part) == 6 && arn.ValidRegion(part[3]) && part[3] != s.region:
		return stream + "the current region"
	case len(part) == 6 && arn.ValidAccount(part[4]) && part[4] != s.account:
		return stream + "Active state"
	case len(part) < 6, part[3] != s.region, part[4] != s.account, s.kinesisStream == nil, !s.kinesisStream(streamARN):
		return "User does not have a permission to use kinesis stream"
	}
	return ""
}
