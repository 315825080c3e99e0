package integration_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// shell runs programs as somebody does who has Tidemark's address in the environment, and nothing else set up.
type shell struct {
	*endpoint
	env []string
}

func newShell(e *endpoint) *shell {
	home := e.TempDir()
	env := []string{
		"AWS_ENDPOINT_URL_DYNAMODB=" + e.url, "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret",
		"AWS_DEFAULT_REGION=" + region, "AWS_PAGER=", "AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull, "HOME=" + home,
		"NO_PROXY=*", "PYTHONDONTWRITEBYTECODE=1",
	}
	for _, name := range []string{"PATH", "PYENV_ROOT", "PYENV_VERSION", "SYSTEMROOT", "TMPDIR"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return &shell{e, env}
}

// run returns what a program prints, which must succeed or fail as wanted.
func (s *shell) run(succeeds bool, name string, args ...string) (stdout, stderr string) {
	s.Helper()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(s.ctx, name, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr, cmd.Dir = s.env, &out, &errs, s.TempDir()
	err := cmd.Run()
	require.Equal(s, succeeds, err == nil, "%s %s: %v\n%s%s", name, strings.Join(args, " "), err, &out, &errs)
	return out.String(), errs.String()
}

// object is an answer in JSON.
type object = map[string]any

// at returns the object that is at a path of member names.
func at(o object, path ...string) object {
	for _, name := range path {
		o, _ = o[name].(object)
	}
	return o
}

// aws runs a command of aws dynamodb, given as one line of words, and returns its answer.
func (s *shell) aws(line string, more ...string) object {
	s.Helper()
	out, _ := s.run(true, "aws", append(append([]string{"dynamodb"}, strings.Fields(line)...), more...)...)
	answer := object{}
	if strings.TrimSpace(out) != "" {
		require.NoError(s, json.Unmarshal([]byte(out), &answer), out)
	}
	return answer
}

// refused runs a command that must fail with that text.
func (s *shell) refused(text, line string, more ...string) {
	s.Helper()
	_, errs := s.run(false, "aws", append(append([]string{"dynamodb"}, strings.Fields(line)...), more...)...)
	require.Contains(s, errs, text)
}

// needsAWS skips the test where there is no AWS CLI.
func needsAWS(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skip("SKIPPED: there is no aws on this machine, so the AWS CLI is not tried")
	}
}

func TestCLI(t *testing.T) {
	t.Parallel()
	needsAWS(t)
	for name, tell := range map[string]func(*shell){
		"the reference's example": followTheReference,
		"pages":                   pageByCLI,
		"point-in-time recovery":  recoverByCLI,
		"refusals":                refuseByCLI,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEndpoint(t)
			e.listen()
			tell(newShell(e))
		})
	}
}

const createMusic = "create-table --table-name MusicCollection --billing-mode PAY_PER_REQUEST " +
	"--attribute-definitions AttributeName=Artist,AttributeType=S AttributeName=SongTitle,AttributeType=S " +
	"--key-schema AttributeName=Artist,KeyType=HASH AttributeName=SongTitle,KeyType=RANGE"

// followTheReference types what the CLI's reference has as its examples of backups, in their order.
func followTheReference(s *shell) {
	s.clock.Advance(715 * time.Millisecond)
	require.Equal(s, "MusicCollection", at(s.aws(createMusic), "TableDescription")["TableName"])
	s.aws("wait table-exists --table-name MusicCollection")
	const happyDay = `{"Artist": {"S": "The Acme Band"}, "SongTitle": {"S": "Happy Day"}}`
	s.aws("put-item --table-name MusicCollection --item", happyDay)

	created := at(s.aws("create-backup --table-name MusicCollection --backup-name MusicCollectionBackup"), "BackupDetails")
	arn, _ := created["BackupArn"].(string)
	require.Regexp(s, `^arn:aws:dynamodb:us-east-1:\d{12}:table/MusicCollection/backup/\d{14}-[0-9a-f]{8}$`, arn)
	require.Equal(s, "MusicCollectionBackup", created["BackupName"])
	require.Equal(s, "CREATING", created["BackupStatus"])
	require.Equal(s, "USER", created["BackupType"])

	listed, _ := s.aws("list-backups")["BackupSummaries"].([]any)
	require.Len(s, listed, 1)
	require.Equal(s, arn, listed[0].(object)["BackupArn"])
	require.Equal(s, created["BackupCreationDateTime"], listed[0].(object)["BackupCreationDateTime"])

	described := at(s.aws("describe-backup --backup-arn", arn), "BackupDescription")
	require.Equal(s, "AVAILABLE", at(described, "BackupDetails")["BackupStatus"])
	require.Equal(s, created["BackupCreationDateTime"], at(described, "BackupDetails")["BackupCreationDateTime"])
	require.EqualValues(s, 1, at(described, "SourceTableDetails")["ItemCount"])

	restored := s.aws("restore-table-from-backup --target-table-name MusicCollection-restored --backup-arn", arn)
	require.Equal(s, arn, at(restored, "TableDescription", "RestoreSummary")["SourceBackupArn"])
	s.aws("wait table-exists --table-name MusicCollection-restored")
	got := s.aws("get-item --table-name MusicCollection-restored --key", happyDay)
	require.Equal(s, "Happy Day", at(got, "Item", "SongTitle")["S"])

	deleted := at(s.aws("delete-backup --backup-arn", arn), "BackupDescription")
	require.Equal(s, "DELETED", at(deleted, "BackupDetails")["BackupStatus"])
	s.refused("(BackupNotFoundException) when calling the DescribeBackup operation: Backup not found: "+arn,
		"describe-backup --backup-arn", arn)
}

// pageByCLI lists backups in pages: of the CLI's making, and by hand.
func pageByCLI(s *shell) {
	c := s.client()
	s.createMusic(c, "MusicCollection")
	var arns []string
	for range 5 {
		s.clock.Advance(time.Hour)
		arns = append(arns, *s.backUp(c, "MusicCollection", "hourly").BackupArn)
	}
	list := func(line string, more ...string) (got []string, answer object) {
		answer = s.aws("list-backups "+line, more...)
		summaries, _ := answer["BackupSummaries"].([]any)
		for _, summary := range summaries {
			got = append(got, summary.(object)["BackupArn"].(string))
		}
		return got, answer
	}
	all, _ := list("--table-name MusicCollection --page-size 2")
	require.Equal(s, arns, all)
	first, answer := list("--max-items 3")
	require.Equal(s, arns[:3], first)
	rest, _ := list("--starting-token", answer["NextToken"].(string))
	require.Equal(s, arns[3:], rest)
	page, answer := list("--no-paginate --limit 2 --exclusive-start-backup-arn", arns[0])
	require.Equal(s, arns[1:3], page)
	require.Equal(s, arns[2], answer["LastEvaluatedBackupArn"])
	ago := func(d time.Duration) string { return s.clock.Now().Add(-d).Format(time.RFC3339) }
	between, _ := list("--backup-type ALL --time-range-lower-bound " + ago(3*time.Hour) +
		" --time-range-upper-bound " + ago(0))
	require.Equal(s, arns[1:4], between)
}

func recoverByCLI(s *shell) {
	c := s.client()
	s.createMusic(c, "MusicCollection")
	const recovery = "PointInTimeRecoveryDescription"
	on := at(s.aws("update-continuous-backups --table-name MusicCollection --point-in-time-recovery-specification "+
		"PointInTimeRecoveryEnabled=true,RecoveryPeriodInDays=9"), "ContinuousBackupsDescription")
	require.Equal(s, "ENABLED", at(on, recovery)["PointInTimeRecoveryStatus"])
	s.put(c, "MusicCollection", song("A", "B", "Year", number("1998")))
	good := s.clock.Advance(time.Minute)
	s.clock.Advance(time.Minute)
	s.put(c, "MusicCollection", song("A", "B", "Year", number("-1")))
	s.clock.Advance(time.Hour)
	described := at(s.aws("describe-continuous-backups --table-name MusicCollection"),
		"ContinuousBackupsDescription", recovery)
	require.EqualValues(s, 9, described["RecoveryPeriodInDays"])
	require.NotEmpty(s, described["LatestRestorableDateTime"])
	const restore = "restore-table-to-point-in-time --source-table-name MusicCollection --target-table-name "
	s.aws(restore + "Good --restore-date-time " + good.Format(time.RFC3339))
	s.aws(restore + "Latest --use-latest-restorable-time")
	require.Equal(s, number("1998"), s.get(c, "Good", song("A", "B"))["Year"])
	require.Equal(s, number("-1"), s.get(c, "Latest", song("A", "B"))["Year"])
}

func refuseByCLI(s *shell) {
	s.refused("(TableNotFoundException) when calling the CreateBackup operation: Table not found: MusicCollection",
		"create-backup --table-name MusicCollection --backup-name MusicCollectionBackup")
	s.refused("(ValidationException) when calling the DescribeBackup operation: Invalid Backup ARN",
		"describe-backup --backup-arn arn:aws:dynamodb:us-east-1:123456789012:table/MusicCollection")
}
