package wire

import (
	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/request"
	"github.com/tidemark-db/tidemark/snapshot"
)

// The model's bounds of Segment and TotalSegments.
const (
	maxSegment       = 999999
	maxTotalSegments = 1000000
)

func scan(c *call) error {
	c.refuseMixed(c.in, scanForms)
	names := c.attributesToGet(c.in)
	filter := c.legacyFilter("ScanFilter")
	r := c.readReading()
	segment := c.readSegment()
	e := c.readExpressions(c.in, "ProjectionExpression", "FilterExpression")
	r.readExpressions(&e, filter, names)
	r.checkSelection(c, "")
	c.readCapacity()
	if err := c.Err(); err != nil {
		return err
	}
	s, err := c.open(r)
	if err != nil {
		return err
	}
	if err := s.checkScan(r, segment); err != nil {
		return err
	}
	return c.answerPage(r, s, snapshot.Query{Segment: segment})
}

// readSegment reads which part of the table to scan; the zero Segment is all of it.
func (c *call) readSegment() snapshot.Segment {
	segment, given := c.in.Int("Segment", optional)
	c.Check.Range("segment", segment, 0, maxSegment)
	total, divided := c.in.Int("TotalSegments", request.Rule{Min: 1, Max: maxTotalSegments})
	switch {
	case given && !divided:
		c.Refuse(exception.Validation.Errorf("The TotalSegments parameter is required but was not present in the request " +
			"when Segment parameter is present"))
	case divided && !given:
		c.Refuse(exception.Validation.Errorf("The Segment parameter is required but was not present in the request " +
			"when parameter TotalSegments is present"))
	case segment >= total && given:
		c.Refuse(exception.Validation.Errorf("The Segment parameter is zero-based and must be less than "+
			"parameter TotalSegments: Segment: %d is not less than TotalSegments: %d", segment, total))
	}
	return snapshot.Segment{Index: int(segment), Total: int(total)}
}

// checkScan refuses what does not fit s.
func (s *source) checkScan(r *reading, segment snapshot.Segment) error {
	if !r.after.IsZero() {
		if err := s.checkScanStart(r.after, segment); err != nil {
			return err
		}
	}
	if err := s.checkSelected(r); err != nil {
		return err
	}
	if r.projection != nil {
		if err := checkScalars(s.definition, r.projection.Nested()); err != nil {
			return err
		}
	}
	if r.filter != nil {
		return checkScalars(s.definition, r.filter.Nested())
	}
	return nil
}

// checkScanStart refuses a starting key that is not sound, or that lies in another segment.
func (s *source) checkScanStart(after attr.Item, segment snapshot.Segment) error {
	key := after
	if s.index != nil {
		if after.Len() != len(s.keyNames()) {
			return errStart
		}
		for _, e := range s.key {
			if err := s.checkStart(after, e); err != nil {
				return err
			}
		}
		key = s.tableKey(after)
	}
	if err := s.checkStartInTable(key); err != nil {
		return err
	}
	if !segment.Holds(s.partitionOf(after)...) {
		return exception.Validation.Errorf("The provided starting key is invalid: Invalid ExclusiveStartKey. "+
			"Please use ExclusiveStartKey with correct Segment. TotalSegments: %d Segment: %d", segment.Total, segment.Index)
	}
	return nil
}
