package table

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
)

// insights are those of a table or an index that were enabled once.
type insights struct {
	enabled bool
	mode    schema.InsightsMode
	since   time.Time // they were enabled, whatever has become of the mode since then
	changed time.Time
}

// UpdateContributorInsights enables or disables the contributor insights of a table, or of a global index if one is
// named, and returns what has become of them. There is nothing to see in them here: no rule is made anywhere. An empty
// mode is AccessedAndThrottledKeys. What is so already is left alone.
//
// UpdateContributorInsights fails with ResourceNotFound if there is no such table or index, or a restore is filling the
// table, and with a ValidationException if insights are to be enabled while the table or the index is CREATING.
func (s *Store) UpdateContributorInsights(
	_ context.Context, name, index string, enable bool, mode schema.InsightsMode,
) (d schema.Insights, err error) {
	err = s.attached("UpdateContributorInsights", name, func(t *Table, now time.Time) error {
		keys, err := t.insightfulLocked(index, now)
		if err != nil {
			return err
		}
		if enable {
			if err := t.insightsLocked(index, now); err != nil {
				return err
			}
		}
		was := t.mu.insights[index]
		mode = cmp.Or(mode, schema.AccessedAndThrottledKeys)
		if was.enabled == enable && (!enable || was.mode == mode) {
			d = t.describeInsightsLocked(index, keys, moment{now: now})
			return nil
		}
		to := insights{enabled: enable, mode: mode, since: now, changed: now}
		if was.enabled {
			to.since = was.since
		}
		if !enable {
			to.mode = was.mode
		}
		if t.mu.insights == nil {
			t.mu.insights = make(map[string]insights)
		}
		t.mu.insights[index] = to
		d = t.describeInsightsLocked(index, keys, moment{now: now, answer: true})
		return nil
	})
	return d, err
}

// DescribeContributorInsights returns the contributor insights of a table, or of a global index if one is named. It fails
// with ResourceNotFound as UpdateContributorInsights does.
func (s *Store) DescribeContributorInsights(
	_ context.Context, name, index string,
) (d schema.Insights, err error) {
	err = s.attached("DescribeContributorInsights", name, func(t *Table, now time.Time) error {
		keys, err := t.insightfulLocked(index, now)
		if err != nil {
			return err
		}
		d = t.describeInsightsLocked(index, keys, moment{now: now})
		return nil
	})
	return d, err
}

// ListContributorInsights returns the contributor insights that are not DISABLED of up to limit tables and indexes after
// the one given, and where to go on, which is empty at the end: by the names of tables, and of each table its own before
// those of its indexes. If a table is named, they are all of it, whatever the limit; it fails with ResourceNotFound if
// there is none. A limit of 0 is 100.
func (s *Store) ListContributorInsights(
	_ context.Context, name, after string, limit int,
) (list []schema.Insights, last string, err error) {
	if name != "" {
		err := s.attached("ListContributorInsights", name, func(t *Table, now time.Time) error {
			list = t.listInsightsLocked(now)
			return nil
		})
		return list, "", err
	}
	table, index, _ := strings.Cut(after, "/")
	for _, t := range s.byName() {
		if t.name < table {
			continue
		}
		t.mu.Lock()
		now := s.now()
		if t.thereLocked(now) == nil {
			list = append(list, t.listInsightsLocked(now)...)
		}
		t.mu.Unlock()
	}
	list = slices.DeleteFunc(list, func(d schema.Insights) bool {
		return after != "" && d.Table == table && d.Index <= index
	})
	if limit = cmp.Or(limit, 100); len(list) > limit {
		list = list[:limit]
		last = list[limit-1].Table + "/" + list[limit-1].Index
	}
	return list, last, nil
}

// byName returns all tables in the order of their names.
func (s *Store) byName() []*Table {
	s.forget(s.Now())
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.SortedFunc(maps.Values(s.mu.tables), func(a, b *Table) int { return strings.Compare(a.name, b.name) })
}

// insightfulLocked returns the key of the table, or of a global index that is not about to be made.
func (t *Table) insightfulLocked(index string, now time.Time) (schema.KeySchema, error) {
	if index == "" {
		return t.mu.definition.KeySchema, nil
	}
	o := t.mu.online
	phase := o.at(moment{now: now})
	known := t.mu.definition.GlobalIndexes
	if phase == deleting {
		known = append(slices.Clip(known), o.index)
	}
	for i := range known {
		if x := &known[i]; x.Name == index && (phase != allocating || o.index.Name != index) {
			return x.KeySchema, nil
		}
	}
	return nil, exception.ResourceNotFound.Errorf("Requested resource not found: Index: %s not found for table: %s",
		index, t.name)
}

// insightsLocked refuses to enable insights before there is something to look into.
func (t *Table) insightsLocked(index string, now time.Time) error {
	const format = "Table or Index is not in a valid state to update Key Access Insights: " +
		"%s must be ACTIVE to enable ContributorInsights."
	status := t.statusLocked(now)
	switch {
	case status == schema.Creating:
		return exception.Validation.Errorf(format, "TableStatus")
	case index != "" && t.indexStateLocked(index, moment{now: now}, status).Status == schema.Creating:
		return exception.Validation.Errorf(format, "IndexStatus")
	}
	return nil
}

func (t *Table) listInsightsLocked(now time.Time) (list []schema.Insights) {
	for _, index := range slices.Sorted(maps.Keys(t.mu.insights)) {
		keys, err := t.insightfulLocked(index, now)
		if err != nil {
			continue // the index is gone
		}
		if d := t.describeInsightsLocked(index, keys, moment{now: now}); d.Status != schema.InsightsDisabled {
			list = append(list, d)
		}
	}
	return list
}

func (t *Table) describeInsightsLocked(index string, keys schema.KeySchema, m moment) schema.Insights {
	is, once := t.mu.insights[index]
	d := schema.Insights{
		Table: t.name, Index: index, Status: schema.InsightsDisabled, Mode: is.mode, UpdateTime: is.changed,
	}
	switching := once && m.before(is.changed.Add(t.store.timing.Switching))
	switch {
	case is.enabled && switching:
		d.Status = schema.InsightsEnabling
	case is.enabled:
		d.Status = schema.InsightsEnabled
		d.Rules = is.rules(t.name, index, keys)
	case switching:
		d.Status = schema.InsightsDisabling
	}
	return d
}

// rules returns the names that the service gives its rules: for the keys that are most accessed and those that are most
// throttled, of partitions and, if there is a sort key, of items.
func (is insights) rules(table, index string, keys schema.KeySchema) (names []string) {
	const longest = 128 - len("DynamoDBContributorInsights-PKC--") - len("1705320000000")
	of := table
	if index != "" {
		of += "-" + index
	}
	if len(of) > longest {
		of = of[:longest]
	}
	kinds := []string{"PKC", "SKC", "PKT", "SKT"}
	for _, kind := range kinds {
		switch {
		case kind[0] == 'S' && !slices.ContainsFunc(keys, func(e schema.KeyElement) bool { return e.Type == schema.Range }):
		case kind[2] == 'C' && is.mode == schema.ThrottledKeys:
		default:
			names = append(names, fmt.Sprintf("DynamoDBContributorInsights-%s-%s-%d", kind, of, is.since.UnixMilli()))
		}
	}
	return names
}
