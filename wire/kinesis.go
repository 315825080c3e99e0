package wire

import (
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/request"
	"github.com/tidemark-db/tidemark/schema"
)

var (
	kinesisRule   = request.Rule{Required: true, Min: 37, Max: 1024}
	precisionRule = request.Rule{Enum: []string{"MILLISECOND", "MICROSECOND"}}
)

const (
	enableMember = "EnableKinesisStreamingConfiguration"
	updateMember = "UpdateKinesisStreamingConfiguration"
)

// readDestination reads which stream is to be the destination of which table, and how it is to be configured.
func (c *call) readDestination(member string) (table, stream string, configuration request.Object, precision string) {
	table = c.in.Text("TableName", tableRule)
	stream = c.in.Text("StreamArn", kinesisRule)
	configuration = c.in.Object(member, optional)
	precision = configuration.Text("ApproximateCreationDateTimePrecision", precisionRule)
	return table, stream, configuration, precision
}

func enableKinesisStreamingDestination(c *call) error {
	name, stream, _, precision := c.readDestination(enableMember)
	if err := c.Err(); err != nil {
		return err
	}
	table, d, err := c.tables.EnableKinesisStreamingDestination(c.ctx, name, stream, precision)
	return c.answerDestination(enableMember, table, &d, err)
}

func disableKinesisStreamingDestination(c *call) error {
	name, stream, configuration, _ := c.readDestination(enableMember)
	if configuration.Given() {
		c.Refuse(exception.Validation.Errorf("Stream cannot be disabled using " + enableMember + " parameters"))
	}
	if err := c.Err(); err != nil {
		return err
	}
	table, d, err := c.tables.DisableKinesisStreamingDestination(c.ctx, name, stream)
	return c.answerDestination("", table, &d, err)
}

func updateKinesisStreamingDestination(c *call) error {
	name, stream, _, precision := c.readDestination(updateMember)
	if err := c.Err(); err != nil {
		return err
	}
	table, d, err := c.tables.UpdateKinesisStreamingDestination(c.ctx, name, stream, precision)
	return c.answerDestination(updateMember, table, &d, err)
}

// answerDestination answers with what has become of a destination, and the configuration of the request as the member
// of that name, or with err.
func (c *call) answerDestination(configuration, table string, d *schema.Destination, err error) error {
	if err != nil {
		return err
	}
	c.out.Begin('{')
	c.writeText("DestinationStatus", string(d.Status))
	if configuration == enableMember {
		c.writeConfiguration(configuration, d.Precision)
	}
	c.writeText("StreamArn", d.StreamARN)
	c.writeText("TableName", table)
	if configuration == updateMember {
		c.writeConfiguration(configuration, d.Precision)
	}
	c.out.End('}')
	return nil
}

func (c *call) writeConfiguration(member, precision string) {
	c.out.Name(member)
	c.out.Begin('{')
	c.writePrecision(precision)
	c.out.End('}')
}

func describeKinesisStreamingDestination(c *call) error {
	name := c.in.Text("TableName", tableRule)
	if err := c.Err(); err != nil {
		return err
	}
	d, err := c.tables.DescribeKinesisStreamingDestination(c.ctx, name)
	if err != nil {
		return err
	}
	c.out.Begin('{')
	c.writeArray("KinesisDataStreamDestinations", len(d.List), func(i int) { c.writeDestination(&d.List[i]) })
	c.writeText("TableName", d.Table)
	c.out.End('}')
	return nil
}

func (c *call) writeDestination(d *schema.Destination) {
	c.out.Begin('{')
	c.writePrecision(d.Precision)
	c.writeText("DestinationStatus", string(d.Status))
	if d.Description != "" {
		c.writeText("DestinationStatusDescription", d.Description)
	}
	c.writeText("StreamArn", d.StreamARN)
	c.out.End('}')
}

func (c *call) writePrecision(precision string) {
	if precision != "" {
		c.writeText("ApproximateCreationDateTimePrecision", precision)
	}
}
