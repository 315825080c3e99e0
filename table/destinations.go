package table

import (
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
	since          time.Time
}

// EnableKinesisStreamingDestination asks for the changes of a table to go to a Kinesis stream. There are no Kinesis
// streams here, so it does what the service does with a stream that does not exist: the destination is ENABLING, and
// ENABLE_FAILED after that. No record goes anywhere.
//
// It fails with ResourceNotFound if there is no such table or a restore is filling it, with ResourceInUse if the table is
// DELETING, and with a ValidationException if another destination is still ENABLING.
func (s *Store) EnableKinesisStreamingDestination(
	_ context.Context, name, streamARN, precision string,
) (table string, d schema.Destination, err error) {
	err = s.attached("EnableKinesisStreamingDestination", name, func(t *Table, now time.Time) error {
		if err := t.notDeletingLocked(); err != nil {
			return err
		}
		for _, other := range t.mu.destinations {
			if t.describeDestination(other, moment{now: now}).Status == schema.DestinationEnabling {
				return errDestination("EnableKinesisStreamingDestination must be DISABLED or ENABLE_FAILED " +
					"to perform ENABLE operation.")
			}
		}
		to := destination{arn: streamARN, precision: precision, since: now}
		rest := slices.DeleteFunc(t.mu.destinations, func(d destination) bool { return d.arn == streamARN })
		t.mu.destinations = append([]destination{to}, rest...)
		table, d = t.name, t.describeDestination(to, moment{now: now, answer: true})
		return nil
	})
	return table, d, err
}

// DisableKinesisStreamingDestination fails: with ResourceNotFound if there is no such table or a restore is filling it,
// and else with a ValidationException, since no destination is ever ACTIVE.
func (s *Store) DisableKinesisStreamingDestination(_ context.Context, name, streamARN string) error {
	return s.attached("DisableKinesisStreamingDestination", name, func(*Table, time.Time) error {
		return errDestination("KinesisStreamingDestination must be ACTIVE to perform DISABLE operation.")
	})
}

// UpdateKinesisStreamingDestination fails as DisableKinesisStreamingDestination does.
func (s *Store) UpdateKinesisStreamingDestination(_ context.Context, name, streamARN string) error {
	return s.attached("UpdateKinesisStreamingDestination", name, func(t *Table, _ time.Time) error {
		return errDestination("Kinesis streaming is not in ACTIVE state. Updates are only allowed in ACTIVE state. "+
			"TableName: %s, kdsArn: %s", t.name, streamARN)
	})
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

func (t *Table) describeDestination(to destination, m moment) schema.Destination {
	d := schema.Destination{StreamARN: to.arn, Precision: to.precision, Status: schema.DestinationEnabling}
	if m.before(to.since.Add(t.store.timing.Switching)) {
		return d
	}
	d.Status = schema.DestinationEnableFailed
	const stream = "The kinesis Arn used to enable kinesis replication belongs to a stream which is not in "
	part := strings.SplitN(to.arn, ":", 6)
	switch {
	case len(part) == 6 && arn.ValidRegion(part[3]) && part[3] != t.store.region:
		d.Description = stream + "the current region"
	case len(part) == 6 && arn.ValidAccount(part[4]) && part[4] != t.store.account:
		d.Description = stream + "Active state"
	default:
		d.Description = "User does not have a permission to use kinesis stream"
	}
	return d
}
