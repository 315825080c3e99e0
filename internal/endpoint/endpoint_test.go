package endpoint_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/internal/endpoint"
	"github.com/tidemark-db/tidemark/table"
	"github.com/tidemark-db/tidemark/wire"
)

const music = `{"TableName": "Music", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}]}`

func open(t *testing.T, o tidemark.Options) *endpoint.Endpoint {
	t.Helper()
	e, err := endpoint.New(o, wire.Options{})
	require.NoError(t, err)
	return e
}

// ask sends a request that must be fine, past HTTP.
func ask(t *testing.T, e *endpoint.Endpoint, account, region, operation, body string) string {
	t.Helper()
	api, err := e.API(account, region)
	require.NoError(t, err)
	status, answer := api.Do(context.Background(), wire.Target(operation), []byte(body))
	require.Equal(t, 200, status, string(answer))
	return string(answer)
}

func TestDefaults(t *testing.T) {
	e := open(t, tidemark.Options{})
	require.Equal(t, table.DefaultAccount, e.Options().Account)
	require.Equal(t, table.DefaultRegion, e.Options().Region)
	require.Equal(t, clock.System{}, e.Options().Clock)
	require.NotZero(t, e.Options().Seed)
	require.Len(t, e.DBs(), 1)
	db, err := e.DB("", "")
	require.NoError(t, err)
	require.Same(t, db, e.DBs()[0])
	require.Equal(t, table.DefaultAccount, db.Tables.Account())
	require.Equal(t, table.DefaultRegion, db.Tables.Region())
}

// What Go code does to a DB the requests see, and the other way round. All DBs go by one clock.
func TestDBIsBehindTheRequests(t *testing.T) {
	now := new(clock.Manual)
	e := open(t, tidemark.Options{Clock: now, Account: "000000000001", Region: "eu-west-1", Profile: backup.Documented()})
	ask(t, e, "000000000002", "eu-west-2", "CreateTable", music)
	db, err := e.DB("000000000002", "eu-west-2")
	require.NoError(t, err)
	require.Same(t, now, db.Clock)
	d, err := db.Tables.DescribeTable(context.Background(), "Music")
	require.NoError(t, err)
	require.Equal(t, now.Now(), d.CreationTime.UTC())
	now.Advance(time.Hour)
	answer := ask(t, e, "000000000002", "eu-west-2", "CreateBackup", `{"TableName": "Music", "BackupName": "first"}`)
	require.Contains(t, answer, `"CREATING"`)
	now.Advance(24 * time.Hour)
	require.Contains(t, ask(t, e, "000000000002", "eu-west-2", "ListBackups", "{}"), `"AVAILABLE"`)

	_, err = db.Tables.DeleteTable(context.Background(), "Music")
	require.NoError(t, err)
	require.Equal(t, `{"TableNames":[]}`, ask(t, e, "000000000002", "eu-west-2", "ListTables", "{}"))

	same, err := e.DB("", "eu-west-1")
	require.NoError(t, err)
	require.Equal(t, "000000000001", same.Tables.Account())
	var places []string
	ask(t, e, "000000000002", "eu-west-1", "ListTables", "{}")
	for _, db := range e.DBs() {
		places = append(places, db.Tables.Account()+" "+db.Tables.Region())
	}
	require.Equal(t, []string{"000000000001 eu-west-1", "000000000002 eu-west-1", "000000000002 eu-west-2"}, places)
}

// With one seed a run can be repeated, in whatever order places are asked for; no two places have the same ids.
func TestSeeds(t *testing.T) {
	backups := func(seed uint64, regions ...string) map[string]string {
		e := open(t, tidemark.Options{Clock: new(clock.Manual), Seed: seed})
		ids := map[string]string{}
		for _, region := range regions {
			ask(t, e, table.DefaultAccount, region, "CreateTable", music)
			answer := ask(t, e, table.DefaultAccount, region, "CreateBackup", `{"TableName": "Music", "BackupName": "one"}`)
			_, rest, _ := strings.Cut(answer, "/backup/")
			ids[region], _, _ = strings.Cut(rest, `"`)
		}
		return ids
	}
	first := backups(7, "us-east-1", "eu-west-1", "eu-west-2")
	require.Equal(t, first, backups(7, "eu-west-2", "eu-west-1", "us-east-1"))
	require.NotEqual(t, first, backups(8, "us-east-1", "eu-west-1", "eu-west-2"))
	require.NotEqual(t, first["us-east-1"], first["eu-west-1"])
	require.NotEqual(t, first["eu-west-1"], first["eu-west-2"])
}

func TestNewFails(t *testing.T) {
	_, err := endpoint.New(tidemark.Options{Profile: backup.Profile{Creating: -1}}, wire.Options{})
	require.Error(t, err)
	for _, o := range []tidemark.Options{{Account: "12"}, {Region: "nowhere in particular"}} {
		_, err := endpoint.New(o, wire.Options{})
		require.Error(t, err)
	}
	e := open(t, tidemark.Options{})
	_, err = e.DB("12", "")
	require.Error(t, err)
	_, err = e.DB("", "US")
	require.Error(t, err)
	require.Len(t, e.DBs(), 1)
}

func TestReset(t *testing.T) {
	e := open(t, tidemark.Options{})
	ask(t, e, table.DefaultAccount, "us-east-1", "CreateTable", music)
	old, err := e.DB("", "us-east-1")
	require.NoError(t, err)
	e.Reset()
	require.Empty(t, e.DBs())
	require.Equal(t, `{"TableNames":[]}`, ask(t, e, table.DefaultAccount, "us-east-1", "ListTables", "{}"))
	db, err := e.DB("", "us-east-1")
	require.NoError(t, err)
	require.NotSame(t, old, db)
	require.Len(t, e.DBs(), 1)
}

// However resets and requests come together, what DB returns afterwards is what requests are answered from.
func TestResetAmongRequests(t *testing.T) {
	e := open(t, tidemark.Options{Clock: new(clock.Manual)})
	for round := range 50 {
		var group sync.WaitGroup
		for i := range 6 {
			group.Go(func() {
				region := fmt.Sprintf("us-east-%d", 1+i%2)
				switch db, err := e.DB("", region); {
				case i == 0:
					e.Reset()
				case err != nil || db == nil:
					t.Error("no DB", err)
				default:
					ask(t, e, table.DefaultAccount, region, "ListTables", "{}")
				}
			})
		}
		group.Wait()
		for _, region := range []string{"us-east-1", "us-east-2"} {
			name := fmt.Sprintf("Table%d", round)
			ask(t, e, table.DefaultAccount, region, "CreateTable", strings.Replace(music, "Music", name, 1))
			db, err := e.DB("", region)
			require.NoError(t, err)
			_, err = db.Tables.DescribeTable(context.Background(), name)
			require.NoError(t, err)
			require.Contains(t, e.DBs(), db)
		}
	}
}
