package wire

import (
	"slices"
	"strconv"
	"time"

	"github.com/tidemark-db/tidemark/schema"
)

// The functions here write single members. The service has the members of every object in alphabetical order, so their
// callers keep that order. What a table or backup does not have is left out, except where it says otherwise.

func (c *call) writeText(name, text string) {
	c.out.Name(name)
	c.out.String(text)
}

func (c *call) writeInt(name string, n int64) {
	c.out.Name(name)
	c.out.Int(n)
}

func (c *call) writeBool(name string, b bool) {
	c.out.Name(name)
	c.out.Bool(b)
}

// writeTime writes a time unless it is the zero time.
func (c *call) writeTime(name string, t time.Time) {
	if !t.IsZero() {
		c.out.Name(name)
		c.out.Buf = appendTime(c.out.Buf, t)
	}
}

// appendTime appends seconds since 1970 with milliseconds, as the service does: 1.723076080695E9.
func appendTime(dst []byte, t time.Time) []byte {
	seconds := float64(t.UnixMilli()) / 1000
	if seconds < 1e7 {
		return strconv.AppendFloat(dst, seconds, 'f', -1, 64)
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, seconds, 'E', -1, 64)
	power := len(dst) - len("+09") // here Go has a sign, and two digits always
	tens, ones := dst[power+1], dst[power+2]
	dst = dst[:power-1]
	if len(dst) == start+1 {
		dst = append(dst, '.', '0')
	}
	dst = append(dst, 'E')
	if tens != '0' {
		dst = append(dst, tens)
	}
	return append(dst, ones)
}

// writeList writes an array of n elements, if there are any.
func (c *call) writeList(name string, n int, element func(i int)) {
	if n > 0 {
		c.writeArray(name, n, element)
	}
}

// writeArray writes an array of n elements, also if there are none.
func (c *call) writeArray(name string, n int, element func(i int)) {
	c.out.Name(name)
	c.out.Begin('[')
	for i := range n {
		c.out.Elem()
		element(i)
	}
	c.out.End(']')
}

func (c *call) writeKeySchema(keys schema.KeySchema) {
	c.writeList("KeySchema", len(keys), func(i int) {
		c.out.Begin('{')
		c.writeText("AttributeName", keys[i].Name)
		c.writeText("KeyType", string(keys[i].Type))
		c.out.End('}')
	})
}

func (c *call) writeProjection(p schema.Projection) {
	c.out.Name("Projection")
	c.out.Begin('{')
	names := slices.Sorted(slices.Values(p.NonKey))
	c.writeList("NonKeyAttributes", len(names), func(i int) { c.out.String(names[i]) })
	c.writeText("ProjectionType", string(p.Type))
	c.out.End('}')
}

// writeThroughput writes the throughput also where it is 0, for tables that are on demand.
func (c *call) writeThroughput(t schema.Throughput) {
	c.out.Name("ProvisionedThroughput")
	c.out.Begin('{')
	c.writeCapacity(t)
	c.out.End('}')
}

func (c *call) writeCapacity(t schema.Throughput) {
	c.writeInt("ReadCapacityUnits", t.Read)
	c.writeInt("WriteCapacityUnits", t.Write)
}

func (c *call) writeOnDemand(t schema.OnDemandThroughput) {
	if t == (schema.OnDemandThroughput{}) {
		return
	}
	c.out.Name("OnDemandThroughput")
	c.out.Begin('{')
	if t.MaxRead != 0 {
		c.writeInt("MaxReadRequestUnits", t.MaxRead)
	}
	if t.MaxWrite != 0 {
		c.writeInt("MaxWriteRequestUnits", t.MaxWrite)
	}
	c.out.End('}')
}

// writeEncryption writes how a table is encrypted, or was before what is being changed.
func (c *call) writeEncryption(e schema.Encryption, updating bool) {
	status := enabledWord(true)
	if updating {
		status = string(schema.Updating)
	}
	if e == (schema.Encryption{}) && !updating {
		return
	}
	c.out.Name("SSEDescription")
	c.out.Begin('{')
	if e != (schema.Encryption{}) {
		c.writeText("KMSMasterKeyArn", e.KeyARN)
		c.writeText("SSEType", e.Type)
	}
	c.writeText("Status", status)
	c.out.End('}')
}

// writeStream writes a stream setting under the name that it has: not the same in tables and backups.
func (c *call) writeStream(name string, view schema.StreamView) {
	if view == "" {
		return
	}
	c.out.Name(name)
	c.out.Begin('{')
	c.writeBool("StreamEnabled", true)
	c.writeText("StreamViewType", string(view))
	c.out.End('}')
}

// writeTimeToLive writes a TimeToLiveDescription, also of a table that has time to live switched off.
func (c *call) writeTimeToLive(ttl schema.TimeToLive) {
	c.out.Begin('{')
	if ttl.Attribute != "" {
		c.writeText("AttributeName", ttl.Attribute)
	}
	c.writeText("TimeToLiveStatus", string(ttl.Status))
	c.out.End('}')
}
