package main

import (
	"fmt"
	"time"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/snapshot"
)

// explain shows the window of the backup and, for each edit, what was promised and what became of it.
func (s *story) explain(arn string) error {
	window, err := s.db.Backups.Window(s.ctx, arn)
	if err != nil {
		return err
	}
	held, err := s.db.Backups.Snapshot(s.ctx, arn)
	if err != nil {
		return err
	}
	fmt.Printf("              everything up to %s is promised in, everything after %s out\n",
		clockTime(window.Earliest), clockTime(window.Latest))
	if markers := window.Cut.Markers(); len(markers) == 1 {
		fmt.Printf("              the marker (%s) fell at %s\n", window.Marker, clockTime(markers[0].Time()))
	} else {
		fmt.Printf("              each of %d partitions has a marker of its own (%s)\n", len(markers), window.Marker)
	}
	fmt.Println("              edit at        promised  in the backup")
	for _, edit := range s.edits {
		if err := s.explainEdit(window, held, edit); err != nil {
			return err
		}
	}
	return nil
}

func (s *story) explainEdit(w backup.Window, held *snapshot.Snapshot, edit snapshot.Change) error {
	item, _ := held.Lookup(edit.Key)
	in := item == edit.New
	if in != w.Holds(edit.At, edit.Key.Partition) {
		return fmt.Errorf("the backup does not hold what its window says: %v", edit.New)
	}
	marker := w.Cut.Marker(edit.Key.Partition)
	answer, where := "yes", "before"
	if !in {
		answer, where = "no", "after"
	}
	fmt.Printf("              %s   %-8s  %-3s  %s %s the marker %s\n", clockTime(edit.At.Time()), w.Promise(edit.At), answer,
		marker.Time().Sub(edit.At.Time()).Abs().Round(time.Millisecond), where, clockTime(marker.Time()))
	return nil
}

// keyOf returns the key of an item of the table that was backed up.
func keyOf(s *snapshot.Snapshot, item attr.Item) (key attr.Key) {
	keys := s.Table().KeySchema
	key.Partition, _ = item.Lookup(keys.Partition())
	if sort := keys.Sort(); sort != "" {
		key.Sort, _ = item.Lookup(sort)
	}
	return key
}
