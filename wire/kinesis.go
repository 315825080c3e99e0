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

// readDestination reads which stream is to be the destination of which table, and how it is to be configured.
func (c *call) readDestination(member string) (table, stream string, configuration request.Object, precision string) {
	table = c.in.Text("TableName", tableRule)
	stream = c.in.Text("StreamArn", kinesisRule)
	configuration = c.in.Object(member, optional)
	precision = configuration.Text("ApproximateCreationDateTimePrecision", precisionRule)
	return table, stream, configuration, precision
}

func enableKinesisStreamingDestination(c *call) error {
	const member = "EnableKinesisStreamingConfiguration"
	name, stream, _, precision := c.readDestination(member)
	if err := c.Err(); err != nil {
		return err
	}
	table, d, err := c.tables.EnableKinesisStreamingDestination(c.ctx, name, stream, precision)
	if err != nil {
		return err
	}
	c.out.Begin('{')
	c.writeText("DestinationStatus", string(d.Status))
	c.out.Name(member)
	c.out.Begin('{')
	c.writePrecision(d.Precision)
	c.out.End('}')
	c.writeText("StreamArn", d.StreamARN)
	c.writeText("TableName", table)
	c.out.End('}')
	return nil
}

func disableKinesisStreamingDestination(c *call) error {
	name, stream, configuration, _ := c.readDestination("EnableKinesisStreamingConfiguration")
	if configuration.Given() {
		c.Refuse(exception.Validation.Errorf(
			"Stream cannot be disabled using EnableKinesisStreamingConfiguration parameters"))
	}
	if err := c.Err(); err != nil {
		return err
	}
	return c.tables.DisableKinesisStreamingDestination(c.ctx, name, stream) // which fails
}

func updateKinesisStreamingDestination(c *call) error {
	name, stream, _, precision := c.readDestination("UpdateKinesisStreamingConfiguration")
	if precision == "" {
		c.Refuse(exception.Validation.Errorf("Streaming destination cannot be updated with given parameters: " +
			"UpdateKinesisStreamingConfiguration cannot be null or contain only null values"))
	}
	if err := c.Err(); err != nil {
		return err
	}
	return c.tables.UpdateKinesisStreamingDestination(c.ctx, name, stream) // which fails
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
	w := &c.out
	w.Begin('{')
	w.Name("KinesisDataStreamDestinations")
	w.Begin('[')
	for i := range d.List {
		w.Elem()
		c.writeDestination(&d.List[i])
	}
	w.End(']')
	c.writeText("TableName", d.Table)
	w.End('}')
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
