package arn_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/arn"
)

const (
	accountText = "123456789012"
	tableText   = "arn:aws:dynamodb:us-east-1:123456789012:table/Music"
	backupText  = tableText + "/backup/01489602797149-73d8d5bc"
)

var (
	created = time.Date(2017, time.March, 15, 18, 33, 17, 149_999_999, time.UTC)
	music   = arn.Table("us-east-1", accountText, "Music")
)

func TestRoundTrip(t *testing.T) {
	tests := []struct {
		arn  arn.ARN
		kind string
		want string
	}{
		{music, "table", tableText},
		{music.Index("by.artist"), "index", tableText + "/index/by.artist"},
		{music.Stream(created), "stream", tableText + "/stream/2017-03-15T18:33:17.149"},
		{music.Stream(created.In(time.FixedZone("", 3600))), "stream", tableText + "/stream/2017-03-15T18:33:17.149"},
		{music.Backup("01489602797149-73d8d5bc"), "backup", backupText},
		{music.Export("01489602797149-73d8d5bc"), "export", tableText + "/export/01489602797149-73d8d5bc"},
		{music.Import("01489602797149-73d8d5bc"), "import", tableText + "/import/01489602797149-73d8d5bc"},
		{music.Backup("01489602797149-73d8d5bc").TableARN(), "table", tableText},
		{music.Backup("01489602797149-73d8d5bc").Index("byYear"), "index", tableText + "/index/byYear"},
		{arn.Table("cn-north-1", accountText, "a-b"), "table", "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/a-b"},
		{arn.Table("ddblocal", "000000000000", "a_b"), "table", "arn:aws:dynamodb:ddblocal:000000000000:table/a_b"},
	}
	for _, test := range tests {
		t.Run(test.want, func(t *testing.T) {
			require.Equal(t, test.want, test.arn.String())
			require.Equal(t, test.kind, test.arn.Kind.String())
			parsed, err := arn.Parse(test.want)
			require.NoError(t, err)
			require.Equal(t, test.arn, parsed)
		})
	}
	require.Equal(t, "Kind(9)", arn.Kind(9).String())
}

func TestParseFaults(t *testing.T) {
	tests := []struct {
		text string
		want arn.Fault
	}{
		{"", arn.FaultForm},
		{"Music", arn.FaultForm},
		{"arn:aws:dynamodb:us-east-1:123456789012", arn.FaultForm},
		{"ARN" + backupText[3:], arn.FaultForm},
		{"arn:aws:dynamodb:us-east-1:123456789012:", arn.FaultForm},
		{"arn:aws:dynamodb:us-east-1:123456789012:Music", arn.FaultForm},
		{"arn:aws:dynamodb::123456789012:global-table/Music", arn.FaultForm},
		{"arn:aws:s3:::bucket", arn.FaultForm},
		{"arn:aws:dynamodb:us-east-1:123456789012:table/ab", arn.FaultForm},
		{tableText + "/", arn.FaultForm},
		{tableText + "/backup", arn.FaultForm},
		{tableText + "/backup/", arn.FaultForm},
		{tableText + "/Backup/01489602797149-73d8d5bc", arn.FaultForm},
		{tableText + "/backup/1489602797149-73d8d5bc", arn.FaultForm},
		{tableText + "/backup/01489602797149-73D8D5BC", arn.FaultForm},
		{tableText + "/backup/01489602797149_73d8d5bc", arn.FaultForm},
		{tableText + "/backup/0148960279714a-73d8d5bc", arn.FaultForm},
		{tableText + "/export/01489602797149-73d8d5bg", arn.FaultForm},
		{tableText + "/index/ix", arn.FaultForm},
		{tableText + "/index/by/year", arn.FaultForm},
		{tableText + "/stream/2017-03-15T18:33:17.149Z", arn.FaultForm},
		{tableText + "/stream/2017-03-15T18:33:17,149", arn.FaultForm},
		{tableText + "/stream/2017-02-30T18:33:17.149", arn.FaultForm},
		{tableText + "/table/Music", arn.FaultForm},
		{"arn::dynamodb:us-east-1:123456789012:table/Music", arn.FaultPartition},
		{"arn:AWS:dynamodb:us-east-1:123456789012:table/Music", arn.FaultPartition},
		{"arn:aws:s3:us-east-1:123456789012:table/Music", arn.FaultService},
		{"arn:aws:dynamodb::123456789012:table/Music", arn.FaultNoRegion},
		{"arn:aws:dynamodb::1:table/Music", arn.FaultNoRegion},
		{"arn:aws:dynamodb:US-EAST-1:123456789012:table/Music", arn.FaultRegion},
		{"arn:aws:dynamodb:us-east-1::table/Music", arn.FaultAccount},
		{"arn:aws:dynamodb:us-east-1:12345678901a:table/Music", arn.FaultAccount},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			got, err := arn.Parse(test.text)
			require.ErrorIs(t, err, test.want)
			var e *arn.ParseError
			require.ErrorAs(t, err, &e)
			require.Equal(t, arn.ParseError{Text: test.text, Fault: test.want}, *e)
			require.Zero(t, got)
		})
	}
}

func TestCheck(t *testing.T) {
	require.NoError(t, music.Check())

	nowhere := arn.Table("us-nowhere-1", accountText, "Music")
	require.ErrorIs(t, nowhere.Check(), arn.FaultRegion)

	local := arn.Table("ddblocal", accountText, "Music")
	require.ErrorIs(t, local.Check(), arn.FaultRegion)
	require.ErrorIs(t, local.Check("local"), arn.FaultRegion)
	require.NoError(t, local.Check("local", "ddblocal"))

	for _, partition := range []string{"aws-cn", "nonsense", ""} {
		moved := music
		moved.Partition = partition
		require.ErrorIs(t, moved.Check(), arn.FaultPartition)
		require.ErrorIs(t, moved.Check("us-east-1"), arn.FaultPartition)
	}
}

func TestFaultTexts(t *testing.T) {
	seen := map[string]bool{}
	for f := arn.FaultForm; f <= arn.FaultAccount; f++ {
		require.False(t, seen[f.Error()], f.Error())
		seen[f.Error()] = true
	}
	_, err := arn.Parse("Music")
	require.EqualError(t, err, `arn "Music": not the ARN of a DynamoDB resource`)
	require.Equal(t, "faulty", arn.Fault(0).Error())
}

func TestBackupID(t *testing.T) {
	id := uuid.MustParse("73d8d5bc-1111-4222-8333-444444444444")
	zero := uuid.MustParse("00000000-1111-4222-8333-444444444444")

	require.Equal(t, "01489602797149-73d8d5bc", arn.BackupID(created, id))
	require.Equal(t, "01489602797149-00000000", arn.SystemBackupID(created))
	require.Equal(t, "01489602797149-00000001", arn.BackupID(created, zero), "that suffix is kept for SYSTEM")
	require.Equal(t, "00000000000000-73d8d5bc", arn.BackupID(time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC), id))
	require.Equal(t, "99999999999999-73d8d5bc", arn.BackupID(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), id))

	require.True(t, arn.IsSystemBackupID(arn.SystemBackupID(created)))
	require.False(t, arn.IsSystemBackupID(arn.BackupID(created, zero)))
	require.False(t, arn.IsSystemBackupID("1-00000000"))

	when, suffix, err := arn.ParseBackupID("01489602797149-73d8d5bc")
	require.NoError(t, err)
	require.Equal(t, created.Truncate(time.Millisecond), when)
	require.Equal(t, "73d8d5bc", suffix)

	for _, bad := range []string{"", "01489602797149", "01489602797149-73d8d5b", "-1489602797149-73d8d5bc"} {
		_, _, err := arn.ParseBackupID(bad)
		require.ErrorIs(t, err, arn.FaultForm, bad)
	}
}

func TestRegions(t *testing.T) {
	valid := map[string]string{
		"us-east-1": "aws", "us-west-2": "aws", "eu-central-2": "aws", "ap-southeast-2": "aws", "sa-east-1": "aws",
		"ca-west-1": "aws", "me-south-1": "aws", "af-south-1": "aws", "il-central-1": "aws", "mx-central-1": "aws",
		"cn-north-1": "aws-cn", "cn-northwest-1": "aws-cn", "us-gov-west-1": "aws-us-gov",
		"us-iso-east-1": "aws-iso", "us-isob-east-1": "aws-iso-b", "eu-isoe-west-1": "aws-iso-e",
		"us-isof-south-1": "aws-iso-f", "eusc-de-east-1": "aws-eusc",
	}
	for region, partition := range valid {
		require.True(t, arn.ValidRegion(region), region)
		require.Equal(t, partition, arn.Partition(region), region)
	}
	invalid := []string{"", "local", "ddblocal", "us-nowhere-1", "US-EAST-1", "us-east", "us-east-0", "us-east-1a",
		"us-east-1\n", "xx-east-1", "us-gov-nowhere-1", "eusc-xx-east-1", "us-eastwest-1"}
	for _, region := range invalid {
		require.False(t, arn.ValidRegion(region), region)
	}
	require.Equal(t, "aws", arn.Partition("ddblocal"))
}

func TestNamesAndAccounts(t *testing.T) {
	for _, name := range []string{"abc", "A_b-c.9", "...", strings.Repeat("x", 255)} {
		require.True(t, arn.ValidName(name), name)
	}
	for _, name := range []string{"", "ab", "a b", "a/b", "täg", "a$Deleted", strings.Repeat("x", 256)} {
		require.False(t, arn.ValidName(name), name)
	}
	require.True(t, arn.ValidAccount("000000000000"))
	for _, account := range []string{"", "12345678901", "1234567890123", "12345678901x"} {
		require.False(t, arn.ValidAccount(account), account)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(tableText)
	f.Add(backupText)
	f.Add(music.Stream(created).String())
	f.Add(music.Index("byYear").String())
	f.Add("arn:aws:dynamodb::123456789012:table/Music/import/01489602797149-00000000")
	f.Fuzz(func(t *testing.T, s string) {
		a, err := arn.Parse(s)
		if err != nil {
			require.Zero(t, a)
			return
		}
		require.Equal(t, s, a.String())
		_ = a.Check()
	})
}
