package wire

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/request"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/table"
)

// StreamsTargetPrefix is what comes before the name of the operation in the X-Amz-Target header of a request for streams.
const StreamsTargetPrefix = "DynamoDBStreams_20120810."

// streamOperations are those of the service's other protocol, for streams.
var streamOperations = map[string]operation{
	"ListStreams":      listStreams,
	"DescribeStream":   describeStream,
	"GetShardIterator": getShardIterator,
	"GetRecords":       getRecords,
}

// Target returns what the X-Amz-Target header of a request for an operation has. Streams have a prefix of their own.
func Target(operation string) string {
	if streamOperations[operation] != nil {
		return StreamsTargetPrefix + operation
	}
	return TargetPrefix + operation
}

// operationOf returns the name of the operation that a target asks for.
func operationOf(target string) string { return target[strings.IndexByte(target, '.')+1:] }

// iteratorLife is for how long a shard iterator can be used.
const iteratorLife = 15 * time.Minute

// maxStreamLimit is how many streams, or shards of one, an answer has at most.
const maxStreamLimit = 100

var (
	streamRule   = request.Rule{Required: true, Min: 37, Max: 1024}
	shardRule    = request.Rule{Min: 28, Max: 65}
	sequenceRule = request.Rule{Min: 21, Max: 40}
	startRule    = request.Rule{Required: true, Enum: starts()}
	iteratorRule = request.Rule{Required: true, Min: 1, Max: 2048}
)

func starts() (names []string) {
	for _, start := range table.StreamStarts {
		names = append(names, string(start))
	}
	return names
}

// readLimit reads how much is asked for. The service's model does not know the greatest value.
func (c *call) readLimit(most int64, refusal string) int {
	limit, _ := c.in.Int("Limit", request.Rule{Min: 1})
	if limit > most {
		c.Refuse(invalid("%s %d", refusal, most))
	}
	return int(limit)
}

func listStreams(c *call) error {
	name := c.in.Text("TableName", request.Rule{Name: true})
	after := c.in.Text("ExclusiveStartStreamArn", request.Rule{Min: streamRule.Min, Max: streamRule.Max})
	limit := c.readLimit(maxStreamLimit, "Limit cannot be greater than the maximum allowed size:")
	if err := c.Err(); err != nil {
		return err
	}
	list, last, err := c.tables.ListStreams(c.ctx, name, after, limit)
	if err != nil {
		return err
	}
	c.out.Begin('{')
	if last != "" {
		c.writeText("LastEvaluatedStreamArn", last)
	}
	c.writeArray("Streams", len(list), func(i int) {
		a := list[i].ARN()
		c.out.Begin('{')
		c.writeText("StreamArn", a.String())
		c.writeText("StreamLabel", a.ID)
		c.writeText("TableName", a.Table)
		c.out.End('}')
	})
	c.out.End('}')
	return nil
}

func describeStream(c *call) error {
	name := c.in.Text("StreamArn", streamRule)
	after := c.in.Text("ExclusiveStartShardId", shardRule)
	limit := c.readLimit(maxStreamLimit, "Limit cannot be greater than the maximum:")
	filter := c.in.Object("ShardFilter", optional)
	filter.Text("Type", request.Rule{Enum: []string{"CHILD_SHARDS"}})
	parent := filter.Text("ShardId", shardRule)
	if filter.Given() && (!filter.Has("Type") || !filter.Has("ShardId")) {
		c.Refuse(invalid("A ShardFilter needs a Type and a ShardId"))
	}
	if err := c.Err(); err != nil {
		return err
	}
	d, err := c.describedStream(name)
	if err != nil {
		return err
	}
	if limit == 0 {
		limit = maxStreamLimit
	}
	shards, last := d.Shards[:0], ""
	for _, h := range d.Shards {
		if h.ID <= after || parent != "" && h.Parent != parent {
			continue
		}
		if len(shards) == limit {
			last = shards[limit-1].ID
			break
		}
		shards = append(shards, h)
	}
	d.Shards = shards
	c.writeStreamDescription(&d, last)
	return nil
}

func (c *call) describedStream(name string) (schema.Stream, error) {
	s, err := c.tables.Stream(name)
	if err != nil {
		return schema.Stream{}, err
	}
	return s.Describe()
}

func (c *call) writeStreamDescription(d *schema.Stream, last string) {
	w := &c.out
	w.Begin('{')
	w.Name("StreamDescription")
	w.Begin('{')
	c.writeTime("CreationRequestDateTime", d.CreationTime)
	c.writeKeySchema(d.KeySchema)
	if last != "" {
		c.writeText("LastEvaluatedShardId", last)
	}
	c.writeArray("Shards", len(d.Shards), func(i int) { c.writeShard(d.Shards[i]) })
	c.writeText("StreamArn", d.ARN.String())
	c.writeText("StreamLabel", d.ARN.ID)
	c.writeText("StreamStatus", string(d.Status))
	c.writeText("StreamViewType", string(d.View))
	c.writeText("TableName", d.ARN.Table)
	w.End('}')
	w.End('}')
}

func (c *call) writeShard(h schema.Shard) {
	w := &c.out
	w.Begin('{')
	if h.Parent != "" {
		c.writeText("ParentShardId", h.Parent)
	}
	w.Name("SequenceNumberRange")
	w.Begin('{')
	if h.Last != "" {
		c.writeText("EndingSequenceNumber", h.Last)
	}
	c.writeText("StartingSequenceNumber", h.First)
	w.End('}')
	c.writeText("ShardId", h.ID)
	w.End('}')
}

func getShardIterator(c *call) error {
	name := c.in.Text("StreamArn", streamRule)
	shard := c.in.Text("ShardId", request.Rule{Required: true, Min: shardRule.Min, Max: shardRule.Max})
	start := table.StreamStart(c.in.Text("ShardIteratorType", startRule))
	sequence := c.in.Text("SequenceNumber", sequenceRule)
	byNumber := start == table.AtSequenceNumber || start == table.AfterSequenceNumber
	switch given := c.in.Has("SequenceNumber"); {
	case byNumber && !given:
		c.Refuse(invalid("Invalid SequenceNumber"))
	case !byNumber && given:
		c.Refuse(invalid("SequenceNumber should not be passed for this iterator type"))
	}
	if err := c.Err(); err != nil {
		return err
	}
	s, err := c.tables.Stream(name)
	if err != nil {
		return err
	}
	p, err := s.Position(shard, start, sequence)
	if err != nil {
		return err
	}
	c.out.Begin('{')
	c.writeText("ShardIterator", iterator(s, p, c.tables.Now()))
	c.out.End('}')
	return nil
}

// iterator returns the text that stands for a place in a stream for a while.
func iterator(s *table.Stream, p table.StreamPosition, now time.Time) string {
	place := binary.BigEndian.AppendUint64(make([]byte, 0, placeLen), uint64(now.UnixNano()))
	place = binary.BigEndian.AppendUint64(place, uint64(p.Shard))
	place = binary.BigEndian.AppendUint64(place, uint64(p.Before))
	return s.ARN().String() + "|1|" + base64.StdEncoding.EncodeToString(place)
}

const placeLen = 3 * 8

// readIterator returns what iterator was given.
func (c *call) readIterator(text string) (*table.Stream, table.StreamPosition, error) {
	bad := exception.Validation.Errorf("Invalid ShardIterator")
	parts := strings.Split(text, "|")
	if len(parts) != 3 || parts[1] != "1" {
		return nil, table.StreamPosition{}, bad
	}
	place, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(place) != placeLen {
		return nil, table.StreamPosition{}, bad
	}
	number := func(i int) int { return int(binary.BigEndian.Uint64(place[8*i:])) }
	made, now := time.Unix(0, int64(number(0))), c.tables.Now()
	switch {
	case made.After(now):
		return nil, table.StreamPosition{}, bad
	case now.Sub(made) > iteratorLife:
		return nil, table.StreamPosition{}, exception.ExpiredIterator.Errorf(
			"The provided iterator exceeds the maximum age allowed.")
	}
	s, err := c.tables.Stream(parts[0])
	return s, table.StreamPosition{Shard: number(1), Before: number(2)}, err
}

func getRecords(c *call) error {
	text := c.in.Text("ShardIterator", iteratorRule)
	limit := c.readLimit(table.MaxStreamRecords, "Limit should be less than or equal to")
	if err := c.Err(); err != nil {
		return err
	}
	s, p, err := c.readIterator(text)
	if err != nil {
		return err
	}
	records, next, more, err := s.Read(p, limit)
	if err != nil {
		return err
	}
	c.out.Begin('{')
	if more {
		c.writeText("NextShardIterator", iterator(s, next, c.tables.Now()))
	}
	c.writeArray("Records", len(records), func(i int) { c.writeRecord(s, &records[i]) })
	c.out.End('}')
	return nil
}

// writeRecord writes a record, whose id is made of its stream and its number.
func (c *call) writeRecord(s *table.Stream, r *table.StreamRecord) {
	id := sha256.Sum256([]byte(s.ARN().String() + r.Sequence))
	w := &c.out
	w.Begin('{')
	c.writeText("awsRegion", c.tables.Region())
	w.Name("dynamodb")
	w.Begin('{')
	c.writeTime("ApproximateCreationDateTime", r.At.Time().Truncate(time.Second))
	c.writeImage("Keys", r.Keys)
	c.writeImage("NewImage", r.New)
	c.writeImage("OldImage", r.Old)
	c.writeText("SequenceNumber", r.Sequence)
	c.writeInt("SizeBytes", int64(r.Size))
	c.writeText("StreamViewType", string(s.View()))
	w.End('}')
	c.writeText("eventID", hex.EncodeToString(id[:16]))
	c.writeText("eventName", string(r.Event))
	c.writeText("eventSource", "aws:dynamodb")
	c.writeText("eventVersion", "1.1")
	if r.Expired {
		w.Name("userIdentity")
		w.Begin('{')
		c.writeText("PrincipalId", "dynamodb.amazonaws.com")
		c.writeText("Type", "Service")
		w.End('}')
	}
	w.End('}')
}

func (c *call) writeImage(name string, item attr.Item) {
	if !item.IsZero() {
		c.out.Name(name)
		c.out.Buf = item.AppendJSON(c.out.Buf)
	}
}
