package integration_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/tidemark-db/tidemark/integration/servers"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
)

// lifeTable is a table with an index of each kind.
func lifeTable(name string) *dynamodb.CreateTableInput {
	in := musicTable(name)
	in.AttributeDefinitions = append(in.AttributeDefinitions,
		types.AttributeDefinition{AttributeName: aws.String("Year"), AttributeType: types.ScalarAttributeTypeN},
		types.AttributeDefinition{AttributeName: aws.String("Genre"), AttributeType: types.ScalarAttributeTypeS})
	in.GlobalSecondaryIndexes = []types.GlobalSecondaryIndex{{
		IndexName: aws.String("ByYear"),
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String("Year"), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String("SongTitle"), KeyType: types.KeyTypeRange},
		},
		Projection: &types.Projection{
			ProjectionType: types.ProjectionTypeInclude, NonKeyAttributes: []string{"Label"},
		},
	}}
	in.LocalSecondaryIndexes = []types.LocalSecondaryIndex{{
		IndexName: aws.String("ByGenre"),
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String("Artist"), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String("Genre"), KeyType: types.KeyTypeRange},
		},
		Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
	}}
	return in
}

// discography is a few songs with everything that an item can hold; some are in no index.
func discography() []item {
	var songs []item
	for i := range 40 {
		s := song(fmt.Sprint("Artist ", i%4), fmt.Sprintf("Song %02d \u00e9\u4e16\u754c", i),
			"Label", text("Blue"), "Plays", number(fmt.Sprint(i*i)))
		if i%3 > 0 {
			s["Year"] = number(fmt.Sprint(1990 + i%5))
		}
		if i%4 > 0 {
			s["Genre"] = text([]string{"Jazz", "Rock", "Folk"}[i%3])
		}
		songs = append(songs, s)
	}
	songs[7]["Everything"] = &types.AttributeValueMemberM{Value: item{
		"list": &types.AttributeValueMemberL{Value: []types.AttributeValue{
			number("-1.5"), text(""), &types.AttributeValueMemberBOOL{Value: true}, &types.AttributeValueMemberNULL{Value: true},
			&types.AttributeValueMemberL{Value: []types.AttributeValue{}}, &types.AttributeValueMemberM{Value: item{}},
		}},
		"bytes":  &types.AttributeValueMemberB{Value: []byte{0, 255, 1}},
		"texts":  &types.AttributeValueMemberSS{Value: []string{"a", "b<&>\"", "c\n"}},
		"counts": &types.AttributeValueMemberNS{Value: []string{"1", "2.5", "-3"}},
		"blobs":  &types.AttributeValueMemberBS{Value: [][]byte{{1}, {2, 3}}},
		"exact":  number("12345678901234567890123456789012345678"),
	}}
	return songs
}

func (s *sidecar) put(table string, items ...item) {
	s.Helper()
	for _, i := range items {
		_, err := s.client.PutItem(s.ctx, &dynamodb.PutItemInput{TableName: &table, Item: i})
		require.NoError(s, err)
	}
}

// Everything that the backup family has, on a table of somebody else's.
func TestSidecarLife(t *testing.T) {
	t.Parallel()
	overKinds(t, func(t *testing.T, s *sidecar) {
		s.create(lifeTable("Life"))
		s.put("Life", discography()...)
		s.setTimeToLive("Life")
		before := s.views(s.direct, "Life")
		require.Len(t, before[""], 40)
		require.NotEmpty(t, before["ByYear"])
		require.NotEmpty(t, before["ByGenre"])

		arn := s.backUp("Life")
		require.Equal(t, before, s.views(s.direct, "Life"), "a backup changes nothing")
		s.describeBackup(arn)
		s.change("Life")
		s.changeByStatement("Life")
		changed := s.views(s.direct, "Life")
		require.NotEqual(t, before[""], changed[""])
		require.Equal(t, changed, s.views(s.client, "Life"), "reads pass as they are")

		restored := s.restore(arn, "LifeRestored")
		require.Equal(t, before, s.views(s.client, "LifeRestored"))
		require.Equal(t, before, s.views(s.direct, "LifeRestored"), "it is a table of the upstream's, indexes and all")
		require.Equal(t, changed, s.views(s.client, "Life"), "a restore leaves its source alone")
		s.describeRestored(restored)
		s.refuseRestores(arn, "Life")
		s.overrideIndexes(arn)

		_, err := s.client.DeleteBackup(s.ctx, &dynamodb.DeleteBackupInput{BackupArn: arn})
		require.NoError(t, err)
		_, err = s.client.DescribeBackup(s.ctx, &dynamodb.DescribeBackupInput{BackupArn: arn})
		require.ErrorAs(t, err, new(*types.BackupNotFoundException))
		require.Empty(t, s.backups("Life", types.BackupTypeFilterAll))
		require.Equal(t, before, s.views(s.client, "LifeRestored"), "a table outlives the backup it was made of")
		s.drop("Life", "LifeRestored", "LifeBare")
		require.Empty(t, s.backups("Life", types.BackupTypeFilterAll), "only point-in-time recovery leaves a SYSTEM backup")
	})
}

// views returns what a table and its indexes hold, by the indexes' names; of the table itself there is none.
func (s *sidecar) views(c *dynamodb.Client, table string) map[string][]string {
	s.Helper()
	return map[string][]string{"": s.contents(c, table),
		"ByYear": s.contents(c, table, "ByYear"), "ByGenre": s.contents(c, table, "ByGenre")}
}

// setTimeToLive switches it on, where the upstream can.
func (s *sidecar) setTimeToLive(table string) {
	s.Helper()
	_, err := s.client.UpdateTimeToLive(s.ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName: &table,
		TimeToLiveSpecification: &types.TimeToLiveSpecification{
			AttributeName: aws.String("Expires"), Enabled: aws.Bool(true),
		},
	})
	if s.kind.NoTTL {
		requireAPIErrorCode(s, err, "UnknownOperationException")
		return
	}
	require.NoError(s, err)
}

// describeBackup checks what is said of a backup of Life.
func (s *sidecar) describeBackup(arn *string) {
	s.Helper()
	out, err := s.client.DescribeBackup(s.ctx, &dynamodb.DescribeBackupInput{BackupArn: arn})
	require.NoError(s, err)
	d := out.BackupDescription
	require.Equal(s, types.BackupStatusAvailable, d.BackupDetails.BackupStatus)
	require.Equal(s, types.BackupTypeUser, d.BackupDetails.BackupType)
	require.Equal(s, "Life", *d.SourceTableDetails.TableName)
	require.EqualValues(s, 40, *d.SourceTableDetails.ItemCount)
	require.Equal(s, lifeTable("").KeySchema, d.SourceTableDetails.KeySchema)
	require.Equal(s, types.BillingModePayPerRequest, d.SourceTableDetails.BillingMode)
	f := d.SourceTableFeatureDetails
	require.Len(s, f.GlobalSecondaryIndexes, 1)
	require.Equal(s, lifeTable("").GlobalSecondaryIndexes[0].KeySchema, f.GlobalSecondaryIndexes[0].KeySchema)
	require.Equal(s, lifeTable("").GlobalSecondaryIndexes[0].Projection, f.GlobalSecondaryIndexes[0].Projection)
	require.Len(s, f.LocalSecondaryIndexes, 1)
	if !s.kind.NoTTL {
		require.Equal(s, "Expires", *f.TimeToLiveDescription.AttributeName)
	}
	listed := s.backups("Life", types.BackupTypeFilterAll)
	require.Len(s, listed, 1)
	require.Equal(s, arn, listed[0].BackupArn)
	require.Equal(s, d.SourceTableDetails.TableId, listed[0].TableId)
}

func (s *sidecar) backups(table string, of types.BackupTypeFilter) []types.BackupSummary {
	s.Helper()
	out, err := s.client.ListBackups(s.ctx, &dynamodb.ListBackupsInput{TableName: &table, BackupType: of})
	require.NoError(s, err)
	return out.BackupSummaries
}

// change changes a table in every way that the upstream knows.
func (s *sidecar) change(table string) {
	s.Helper()
	songs := discography()
	key := func(i int) item { return item{"Artist": songs[i]["Artist"], "SongTitle": songs[i]["SongTitle"]} }
	s.put(table, song("Artist 9", "New", "Year", number("2020"), "Genre", text("Jazz")), key(1))
	_, err := s.client.DeleteItem(s.ctx, &dynamodb.DeleteItemInput{TableName: &table, Key: key(2)})
	require.NoError(s, err)
	_, err = s.client.UpdateItem(s.ctx, &dynamodb.UpdateItemInput{
		TableName: &table, Key: key(4), UpdateExpression: aws.String("SET #y = :y REMOVE Genre ADD Plays :one"),
		ExpressionAttributeNames:  map[string]string{"#y": "Year"},
		ExpressionAttributeValues: item{":y": number("2021"), ":one": number("1")},
	})
	require.NoError(s, err)
	_, err = s.client.BatchWriteItem(s.ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{
		table: {{PutRequest: &types.PutRequest{Item: key(5)}}, {DeleteRequest: &types.DeleteRequest{Key: key(6)}}},
	}})
	require.NoError(s, err)
	_, err = s.client.TransactWriteItems(s.ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Put: &types.Put{TableName: &table, Item: key(8)}}, {Delete: &types.Delete{TableName: &table, Key: key(9)}},
	}})
	if s.kind.NoTransactions {
		requireAPIErrorCode(s, err, "UnknownOperationException")
	} else {
		require.NoError(s, err)
	}
}

// changeByStatement deletes an item in PartiQL, where the upstream knows that. Recovery counts it from when it is
// found.
func (s *sidecar) changeByStatement(table string) {
	s.Helper()
	songs := discography()
	_, err := s.client.ExecuteStatement(s.ctx, &dynamodb.ExecuteStatementInput{
		Statement: aws.String(fmt.Sprintf(`DELETE FROM "%s" WHERE Artist='%s' AND SongTitle='%s'`, table,
			songs[10]["Artist"].(*types.AttributeValueMemberS).Value,
			songs[10]["SongTitle"].(*types.AttributeValueMemberS).Value)), // moto cannot delete with parameters
	})
	if s.kind.NoStatements {
		requireAPIErrorCode(s, err, "UnknownOperationException")
	} else {
		require.NoError(s, err)
	}
}

// describeRestored checks that a table restored from Life is like it.
func (s *sidecar) describeRestored(d *types.TableDescription) {
	s.Helper()
	source := s.await("Life")
	require.Equal(s, source.KeySchema, d.KeySchema)
	require.ElementsMatch(s, source.AttributeDefinitions, d.AttributeDefinitions)
	require.Equal(s, source.BillingModeSummary.BillingMode, d.BillingModeSummary.BillingMode)
	require.Len(s, d.GlobalSecondaryIndexes, 1)
	require.Equal(s, "ByYear", *d.GlobalSecondaryIndexes[0].IndexName)
	require.Equal(s, source.GlobalSecondaryIndexes[0].KeySchema, d.GlobalSecondaryIndexes[0].KeySchema)
	require.Equal(s, source.GlobalSecondaryIndexes[0].Projection, d.GlobalSecondaryIndexes[0].Projection)
	require.Len(s, d.LocalSecondaryIndexes, 1)
	require.Equal(s, source.LocalSecondaryIndexes[0].KeySchema, d.LocalSecondaryIndexes[0].KeySchema)
}

// refuseRestores checks the refusals that a restore has: of a name that is taken, and of a backup that is not there.
func (s *sidecar) refuseRestores(arn *string, taken string) {
	s.Helper()
	restore := func(arn *string, target string) error {
		_, err := s.client.RestoreTableFromBackup(s.ctx, &dynamodb.RestoreTableFromBackupInput{
			BackupArn: arn, TargetTableName: &target,
		})
		return err
	}
	require.ErrorAs(s, restore(arn, taken), new(*types.TableAlreadyExistsException))
	missing := (*arn)[:len(*arn)-8] + "00000000"
	require.ErrorAs(s, restore(&missing, "Never"), new(*types.BackupNotFoundException))
	_, err := s.client.CreateBackup(s.ctx, &dynamodb.CreateBackupInput{
		TableName: aws.String("Nowhere"), BackupName: aws.String("none"),
	})
	require.ErrorAs(s, err, new(*types.TableNotFoundException))
}

// overrideIndexes restores a backup without its indexes.
func (s *sidecar) overrideIndexes(arn *string) {
	s.Helper()
	_, err := s.client.RestoreTableFromBackup(s.ctx, &dynamodb.RestoreTableFromBackupInput{
		BackupArn: arn, TargetTableName: aws.String("LifeBare"),
		GlobalSecondaryIndexOverride: []types.GlobalSecondaryIndex{},
		LocalSecondaryIndexOverride:  []types.LocalSecondaryIndex{},
	})
	require.NoError(s, err)
	d := s.await("LifeBare")
	require.Empty(s, d.GlobalSecondaryIndexes)
	require.Empty(s, d.LocalSecondaryIndexes)
	require.Len(s, s.contents(s.direct, "LifeBare"), 40)
}

// Point-in-time recovery, and the backup that a deleted table leaves.
func TestSidecarRecovery(t *testing.T) {
	t.Parallel()
	overKinds(t, func(t *testing.T, s *sidecar) {
		s.create(lifeTable("Ledger"))
		s.put("Ledger", discography()[:20]...)
		_, err := s.recoverAt("Ledger", "Never", nil)
		require.ErrorAs(t, err, new(*types.PointInTimeRecoveryUnavailableException))
		s.setRecovery("Ledger", true)
		s.put("Ledger", discography()[20:]...)
		good := s.views(s.direct, "Ledger")
		at := s.nextSecond()
		s.change("Ledger")
		changed := s.views(s.direct, "Ledger")

		described, err := s.client.DescribeContinuousBackups(s.ctx, &dynamodb.DescribeContinuousBackupsInput{
			TableName: aws.String("Ledger"),
		})
		require.NoError(t, err)
		window := described.ContinuousBackupsDescription.PointInTimeRecoveryDescription
		require.Equal(t, types.PointInTimeRecoveryStatusEnabled, window.PointInTimeRecoveryStatus)
		require.False(t, window.EarliestRestorableDateTime.After(at))
		require.False(t, window.LatestRestorableDateTime.Before(at))

		for target, want := range map[string]map[string][]string{"LedgerThen": good, "LedgerNow": changed} {
			var when *time.Time
			if target == "LedgerThen" {
				when = &at
			} else {
				s.nextSecond() // for the latest time is a whole second too
			}
			_, err := s.recoverAt("Ledger", target, when)
			require.NoError(t, err)
			s.await(target)
			require.Equal(t, want, s.views(s.direct, target), target)
		}
		early := at.Add(-time.Hour)
		_, err = s.recoverAt("Ledger", "Never", &early)
		require.ErrorAs(t, err, new(*types.InvalidRestoreTimeException))

		s.drop("Ledger")
		left := s.backups("Ledger", types.BackupTypeFilterSystem)
		require.Len(t, left, 1)
		require.Equal(t, "Ledger$DeletedTableBackup", *left[0].BackupName)
		s.restore(left[0].BackupArn, "Ledger")
		require.Equal(t, changed, s.views(s.client, "Ledger"), "under its old name")
		s.drop("Ledger", "LedgerThen", "LedgerNow")
		require.Len(t, s.backups("Ledger", types.BackupTypeFilterAll), 1,
			"recovery was not on for the table that was restored")
	})
}

// recoverAt restores a table as it was at a time, or as late as possible.
func (s *sidecar) recoverAt(source, target string, at *time.Time) (*dynamodb.RestoreTableToPointInTimeOutput, error) {
	in := &dynamodb.RestoreTableToPointInTimeInput{SourceTableName: &source, TargetTableName: &target, RestoreDateTime: at}
	if at == nil {
		in.UseLatestRestorableTime = aws.Bool(true)
	}
	return s.client.RestoreTableToPointInTime(s.ctx, in)
}

// A table may be named by the ARN that its description has.
func TestSidecarARNs(t *testing.T) {
	t.Parallel()
	for _, k := range servers.Kinds {
		t.Run(k.Name, func(t *testing.T) {
			t.Parallel()
			upstream := k.Run(t).URL
			s := newSidecar(t, nil, upstream, upstream)
			s.create(musicTable("Named"))
			s = startSidecar(t, upstream)
			s.kind = k
			s.put("Named", song("A", "B"))
			s.useARN("Named")
			s.drop("Named", "NamedAgain")
		})
	}
	t.Run("a sidecar that is there before the first table", func(t *testing.T) {
		t.Parallel()
		upstream, err := servers.Plain.Start("-account", "111122223333")
		require.NoError(t, err)
		t.Cleanup(upstream.Kill)
		s := startSidecar(t, upstream.URL)
		s.kind = servers.Kinds[0]
		s.create(musicTable("Named"))
		s.put("Named", song("A", "B"))
		s.useARN("Named")
	})
}

// useARN backs a table up and restores it, and writes to it, by its ARN.
func (s *sidecar) useARN(name string) {
	s.Helper()
	table := *s.await(name).TableArn
	s.restore(s.backUp(table), name+"Again")
	require.Equal(s, s.contents(s.direct, name), s.contents(s.client, name+"Again"))
	require.Len(s, s.backups(table, types.BackupTypeFilterAll), 1)
	if s.kind.NoARNs {
		s.Log("this upstream does not know tables by ARN, so writes that name one are not tried")
		return
	}
	s.setRecovery(name, true)
	s.put(table, song("A", "C"))
	at := s.nextSecond()
	_, err := s.recoverAt(name, name+"Then", &at)
	require.NoError(s, err)
	s.await(name + "Then")
	require.Len(s, s.contents(s.direct, name+"Then"), 2)
	s.drop(name + "Then")
}
