package wire_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// statement returns a request for one statement.
func statement(text string, more ...any) string {
	request := map[string]any{"Statement": text}
	for i := 0; i < len(more); i += 2 {
		request[more[i].(string)] = more[i+1]
	}
	body, _ := json.Marshal(request)
	return strings.ReplaceAll(string(body), "'", `\u0027`) // which a body may have instead of quotes
}

// selected is an answer to a SELECT.
type selected struct {
	Items            []map[string]map[string]any
	LastEvaluatedKey map[string]any
	NextToken        string
}

func (e *endpoint) selects(text string, more ...any) (s selected) {
	e.Helper()
	require.NoError(e, json.Unmarshal([]byte(e.ok("ExecuteStatement", statement(text, more...))), &s))
	return s
}

// songs returns the songs that a SELECT finds, page by page.
func (e *endpoint) songs(text string, limit int) (found []string, pages int) {
	e.Helper()
	var more []any
	if limit > 0 {
		more = []any{"Limit", limit}
	}
	for {
		s := e.selects(text, more...)
		pages++
		for _, item := range s.Items {
			found = append(found, item["Song"]["S"].(string))
		}
		require.Equal(e, s.LastEvaluatedKey != nil, s.NextToken != "")
		if s.NextToken == "" {
			return found, pages
		}
		more = append(more, "NextToken", s.NextToken)
	}
}

// Whatever a WHERE says, and however small the pages are, a SELECT finds what a Scan would keep by the same condition,
// each item once.
func TestSelectFindsWhatAScanKeeps(t *testing.T) {
	e := newEndpoint(t)
	e.music()
	for _, artist := range "abc" {
		for song := range 6 {
			e.ok("ExecuteStatement", statement(fmt.Sprintf("INSERT INTO Music VALUE {'Artist': '%c', 'Song': '%d', 'Plays': %d}",
				artist, song, song%3)))
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	one := func(choices ...string) string { return choices[random.IntN(len(choices))] }
	song := func() string { return fmt.Sprintf("'%d'", random.IntN(6)) }
	var condition func(depth int) string
	condition = func(depth int) string {
		switch random.IntN(9 + 3*min(depth, 1)) {
		case 0, 1:
			return "Artist = '" + one("a", "b", "c", "d") + "'"
		case 2:
			return "Artist IN ['" + one("a", "b") + "', '" + one("c", "d") + "']"
		case 3, 4:
			return "Song " + one("=", "<", "<=", ">", ">=", "<>") + " " + song()
		case 5:
			return "Song BETWEEN '" + one("0", "1", "2") + "' AND '" + one("2", "4", "5") + "'"
		case 6:
			return "begins_with(Song, " + song() + ")"
		case 7:
			return "Song IN (" + song() + ", " + song() + ")"
		case 8:
			return "Plays " + one("=", "<>", "<") + " " + one("0", "1", "2")
		case 9:
			return "NOT " + one("Song = "+song(), "("+condition(depth-1)+")", "Plays = 1")
		}
		return "(" + condition(depth-1) + one(" AND ", " AND ", " OR ") + condition(depth-1) + ")"
	}
	found, refused := 0, 0
	for range 1500 {
		where := condition(3)
		if random.IntN(2) == 0 {
			where = "Artist = '" + one("a", "b") + "' AND " + where
		}
		status, answer := e.do("ExecuteStatement", statement("SELECT Artist, Song FROM Music WHERE "+where))
		if status != 200 {
			require.Regexp(t, "Overlapping conditions with range keys", answer, where)
			refused++
			continue
		}
		// What is not the key is no condition of a range, so this is a scan.
		scan := "SELECT Artist, Song FROM Music WHERE " + where + " OR Plays > 9"
		want, _ := e.songs(scan, 0)
		got, _ := e.songs("SELECT Artist, Song FROM Music WHERE "+where, 0)
		slow, _ := e.songs("SELECT Artist, Song FROM Music WHERE "+where, 1+random.IntN(3))
		require.Equal(t, got, slow, where)
		slices.Sort(want)
		slices.Sort(got)
		require.Equal(t, want, got, where)
		found += len(got)
	}
	require.Positive(t, found)
	require.Positive(t, refused)
}

// A page ends with the item that makes it reach a megabyte, whatever it is that the SELECT keeps.
func TestSelectPagesOfAMegabyte(t *testing.T) {
	e := newEndpoint(t)
	e.music()
	for artist := range 2 {
		for song := range 4 {
			e.ok("ExecuteStatement", statement(fmt.Sprintf("INSERT INTO Music VALUE {'Artist': '%d', 'Song': '%d', 'Text': ?}",
				artist, song), "Parameters", []any{map[string]string{"S": strings.Repeat("x", 350<<10)}}))
		}
	}
	songs, pages := e.songs("SELECT Song FROM Music WHERE Artist IN ['0', '1']", 0)
	require.Equal(t, []string{"0", "1", "2", "3", "0", "1", "2", "3"}, songs)
	require.Equal(t, 3, pages)
	songs, pages = e.songs("SELECT Song FROM Music WHERE Text = 'y'", 0)
	require.Empty(t, songs)
	require.Equal(t, 3, pages)
}

// Whatever is made of a token, it is refused in a word of the service or goes on somewhere.
func TestForgedTokens(t *testing.T) {
	e := newEndpoint(t)
	e.music()
	for song := range 3 {
		e.ok("PutItem", fmt.Sprintf(`{'TableName': 'Music', 'Item': {'Artist': {'S': 'a'}, 'Song': {'S': '%d'}}}`, song))
	}
	const text = "SELECT Song FROM Music WHERE Artist = 'a' AND Song < '5'"
	token := e.selects(text, "Limit", 1).NextToken
	random := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		raw, err := base64.StdEncoding.DecodeString(token)
		require.NoError(t, err)
		switch at := random.IntN(len(raw)); random.IntN(3) {
		case 0:
			raw[at] ^= byte(1 + random.IntN(255))
		case 1:
			raw = raw[:at]
		default:
			raw = append(raw, raw[at:]...)
		}
		forged := base64.StdEncoding.EncodeToString(raw)
		if status, answer := e.do("ExecuteStatement", statement(text, "NextToken", forged)); status != 200 {
			require.Regexp(t, `"(Invalid NextToken|NextToken does not match request)"|have length greater than`, answer)
		}
	}
}

// Of what is no token at all the service says only so much.
func TestStatementsThatAreNone(t *testing.T) {
	e := newEndpoint(t)
	e.music()
	for _, text := range []string{"SELECT * FROM Music WHERE a = 1 # note", "SELECT * FROM \"Music", "SELECT /* note"} {
		e.refuses("ExecuteStatement", statement(text), "ValidationException",
			"Statement wasn't well formed, can't be processed: ")
	}
	e.ok("ExecuteStatement", statement(strings.Repeat(" ", 8150)+"SELECT * FROM Music"))
	deep := strings.Repeat("(", 4000) + "a = 1" + strings.Repeat(")", 4000)
	e.ok("ExecuteStatement", statement("SELECT * FROM Music WHERE "+deep))
	e.ok("ExecuteStatement", statement("SELECT * FROM Music WHERE "+strings.Repeat("NOT ", 299)+"a = 1"))
}

// A short statement cannot make much of little.
func TestListsThatGrow(t *testing.T) {
	e := newEndpoint(t)
	e.music()
	e.ok("PutItem", `{'TableName': 'Music', 'Item': {'Artist': {'S': 'a'}, 'Song': {'S': 'b'}, 'l': {'L': [{'S': '`+
		strings.Repeat("x", 200<<10)+`'}]}}}`)
	list := "l"
	for range 300 {
		list = "list_append(" + list + ",l)"
	}
	e.refuses("ExecuteStatement", statement("UPDATE Music SET l = "+list+" WHERE Artist = 'a' AND Song = 'b'"),
		"ValidationException", "Item size to update has exceeded the maximum allowed size")
}

// What statements write is in backups and in the history of a table, as any write.
func TestStatementsAreInBackups(t *testing.T) {
	e := newEndpoint(t)
	e.music()
	e.ok("UpdateContinuousBackups",
		`{'TableName': 'Music', 'PointInTimeRecoverySpecification': {'PointInTimeRecoveryEnabled': true}}`)
	e.clock.Advance(time.Minute)
	e.ok("ExecuteStatement", statement("INSERT INTO Music VALUE {'Artist': 'a', 'Song': '1', 'Plays': 1}"))
	insert := statement("INSERT INTO Music VALUE {'Artist': 'a', 'Song': '2'}")
	update := statement("UPDATE Music SET Plays = 2 WHERE Artist = 'a' AND Song = '2'")
	e.ok("BatchExecuteStatement", `{'Statements': [`+insert+`]}`)
	e.ok("ExecuteTransaction", `{'TransactStatements': [`+update+`]}`)
	before := e.clock.Now().Unix()
	var backup struct{ BackupDetails struct{ BackupArn string } }
	answer := e.ok("CreateBackup", `{'TableName': 'Music', 'BackupName': 'all'}`)
	require.NoError(t, json.Unmarshal([]byte(answer), &backup))
	e.clock.Advance(time.Minute)
	e.ok("ExecuteStatement", statement("DELETE FROM Music WHERE Artist = 'a' AND Song = '1'"))
	e.clock.Advance(time.Minute)
	e.ok("RestoreTableFromBackup", `{'TargetTableName': 'Restored', 'BackupArn': '`+backup.BackupDetails.BackupArn+`'}`)
	e.ok("RestoreTableToPointInTime", fmt.Sprintf(
		`{'SourceTableName': 'Music', 'TargetTableName': 'Earlier', 'RestoreDateTime': %d}`, before+1))
	for table, want := range map[string]int{"Music": 1, "Restored": 2, "Earlier": 2} {
		require.Len(t, e.selects("SELECT * FROM "+table+" WHERE Artist = 'a' AND attribute_exists(Song)").Items, want, table)
	}
	require.Len(t, e.selects("SELECT * FROM Earlier WHERE Plays = 2").Items, 1)
}
