package backuptest

import (
	"errors"
	"fmt"
	"time"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
)

func engineChecks() []check {
	return []check{
		{
			Info: Info{"EngineStory", "a backup is created, described, listed, restored and deleted, and outlives its table",
				"this is what users of the store will do with it"},
			run: engineStory,
		},
		{
			Info: Info{"EngineOverrides", "a restore's overrides drop and rename indexes",
				"this is what users of the store will do with it"},
			needs: []Lack{Indexes}, run: engineOverrides,
		},
		{
			Info: Info{"EngineRace", "of several restores of backups under one name, one makes the table",
				"jobs that restore are started twice"},
			run: engineRace,
		},
		{
			Info: Info{"ManyTables", "a store with hundreds of tables has backups of all of them",
				"what holds for one table must not depend on how many there are"},
			run: manyTables,
		},
	}
}

func engineStory(t *trial) {
	e := t.engine(backup.Instant())
	t.create(simple("Things"))
	t.put("Things", thing("a", 1), thing("b", 1))
	held := items{}.with(byID, thing("a", 1), thing("b", 1))
	id := t.state("Things").ID
	arn := t.backUp(e, "Things")
	t.put("Things", thing("a", 2))
	t.drop("Things", key("b"))
	if t.failed() {
		return
	}
	d, err := e.DescribeBackup(t.ctx, arn)
	t.worked("DescribeBackup", err)
	t.require(d.Status == backup.Active && d.Table.Name == "Things" && d.Table.ID == id, "described the backup",
		fmt.Sprintf("a backup that is %s, of %s with id %q", d.Status, d.Table.Name, d.Table.ID),
		fmt.Sprintf("one that is %s, of Things with id %q", backup.Active, id))
	t.backedUp("took a backup and wrote to the table", e, arn, held)
	_, err = e.RestoreTableFromBackup(t.ctx, backup.RestoreInput{TargetTableName: "Things", BackupARN: arn})
	t.refused("restored the backup over its table", err, exception.TableAlreadyExists)
	t.holds("restored the backup over its table", "Things", byID, items{}.with(byID, thing("a", 2)))

	t.remove("Things")
	t.engineRestore(e, arn, "Restored", held)
	t.backedUp("deleted the table", e, arn, held)
	t.create(simple("Things"))
	t.hands.move(time.Second)
	second := t.backUp(e, "Things")
	t.backedUp("created the table again and took a backup", e, second, items{})
	t.backedUp("created the table again", e, arn, held)
	if t.failed() {
		return
	}
	list, _, err := e.ListBackups(t.ctx, backup.ListInput{TableName: "Things"})
	t.worked("ListBackups", err)
	t.require(len(list) == 2 && list[0].ARN == arn && list[1].ARN == second,
		"listed the backups of both tables of one name", fmt.Sprintf("%d backups", len(list)), "both, the older one first")
	_, err = e.DeleteBackup(t.ctx, arn)
	t.worked("DeleteBackup", err)
	_, err = e.DescribeBackup(t.ctx, arn)
	t.refused("described the deleted backup", err, exception.BackupNotFound)
	t.holds("deleted the backup", "Restored", byID, held)
	_, err = e.CreateBackup(t.ctx, backup.CreateInput{TableName: "Never", BackupName: "kit"})
	t.refused("CreateBackup of a table that is not there", err, exception.TableNotFound)
}

// engineRestore restores a backup and compares the table with what is wanted.
func (t *trial) engineRestore(e *backup.Engine, arn, target string, want items) {
	if t.failed() {
		return
	}
	_, err := e.RestoreTableFromBackup(t.ctx, backup.RestoreInput{TargetTableName: target, BackupARN: arn})
	if t.worked("RestoreTableFromBackup to table "+target, err) {
		t.awaitActive(target)
		t.holds("restored a backup", target, byID, want)
	}
}

func engineOverrides(t *trial) {
	e := t.engine(backup.Instant())
	d := indexed("Things")
	t.create(d)
	t.put("Things", coloured("a", "red"))
	arn := t.backUp(e, "Things")
	renamed := d.GlobalIndexes[1]
	renamed.Name = "Renamed"
	for _, restore := range []struct {
		target  string
		indexes []schema.Index
	}{{"Same", nil}, {"None", []schema.Index{}}, {"One", []schema.Index{renamed}}} {
		if t.failed() {
			return
		}
		target, indexes := restore.target, restore.indexes
		_, err := e.RestoreTableFromBackup(t.ctx, backup.RestoreInput{
			TargetTableName: target, BackupARN: arn, Overrides: backup.Overrides{GlobalIndexes: indexes},
		})
		if !t.worked("restored a backup with overrides", err) {
			return
		}
		t.awaitActive(target)
		want := indexes
		if want == nil {
			want = d.GlobalIndexes
		}
		c, s := t.capture(target)
		if t.failed() {
			return
		}
		t.require(sameIndexes(c.Table().GlobalIndexes, want), "restored a backup with overrides, and captured the new table",
			fmt.Sprintf("%v", c.Table().GlobalIndexes), fmt.Sprintf("%v", want))
		for _, x := range want {
			item := coloured("a", "red")
			if x.Projection.Type == schema.ProjectKeysOnly {
				item = item.Project("id", "colour")
			}
			t.inIndex("restored a backup with overrides, and captured the new table", s, x.Name, item)
		}
	}
}

func engineRace(t *trial) {
	const racers = 4
	e := t.engine(backup.Instant())
	t.create(simple("Things"))
	var arns [racers]string
	for i := range arns {
		t.put("Things", thing("a", i))
		arns[i] = t.backUp(e, "Things")
	}
	if t.failed() {
		return
	}
	won := -1
	for i, err := range together(racers, func(i int) error {
		_, err := e.RestoreTableFromBackup(t.ctx, backup.RestoreInput{TargetTableName: "Target", BackupARN: arns[i]})
		return err
	}) {
		switch {
		case err == nil && won >= 0:
			t.fail("restored four backups under one name at the same time", "two that did not fail", "one")
		case err == nil:
			won = i
		case !errors.Is(err, exception.TableAlreadyExists) && !errors.Is(err, exception.TableInUse):
			t.refused("restored four backups under one name at the same time", err, exception.TableAlreadyExists)
		}
	}
	t.require(won >= 0, "restored four backups under one name at the same time", "none that did not fail", "one")
	t.awaitActive("Target")
	t.holds("restored four backups under one name at the same time", "Target", byID, items{}.with(byID, thing("a", won)))
}

func manyTables(t *trial) {
	const tables = 300
	e := t.engine(backup.Instant())
	arns := make([]string, tables)
	for i := range tables {
		name := fmt.Sprintf("Table.%03d", i)
		t.create(simple(name))
		t.put(name, thing("a", i))
		arns[i] = t.backUp(e, name)
		t.put(name, thing("a", -1))
	}
	for i, arn := range arns {
		t.backedUp("took backups of many tables", e, arn, items{attr.Key{Partition: attr.S("a")}: thing("a", i)})
	}
}
