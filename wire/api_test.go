package wire_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/wire"
)

func TestDoUnknownTargets(t *testing.T) {
	e := newEndpoint(t)
	for _, target := range []string{
		"", "ListTables", wire.TargetPrefix, wire.TargetPrefix + "listTables", wire.TargetPrefix + "ListTables ",
		"DynamoDB_20111205.ListTables", wire.StreamsTargetPrefix + "ListTables", wire.TargetPrefix + "ListStreams",
		wire.TargetPrefix + wire.TargetPrefix + "ListTables",
	} {
		status, answer := e.api.Do(context.Background(), target, []byte(`{`))
		require.Equal(t, 400, status, target)
		require.Equal(t, `{"__type":"com.amazon.coral.service#UnknownOperationException"}`, string(answer), target)
	}
	for _, operation := range []string{ // what there is no part of yet is not half there
		"ExportTableToPointInTime", "DescribeExport", "ListExports", "ImportTable", "DescribeImport", "ListImports",
	} {
		e.refuses(operation, `{}`, "UnknownOperationException",
			"Tidemark does not support the operation "+operation+" yet")
	}
}

// Of a body that is no JSON object the service says nothing; of a member of the wrong type it says which.
func TestDoBadBodies(t *testing.T) {
	e := newEndpoint(t)
	for _, body := range []string{
		"", " ", "null", "[]", `""`, "1", "{", "{}{}", `{"Limit":01}`, "\xff", strings.Repeat("[", 1<<20),
	} {
		status, answer := e.api.Do(context.Background(), wire.TargetPrefix+"ListTables", []byte(body))
		require.Equal(t, 400, status)
		require.Equal(t, `{"__type":"com.amazon.coral.service#SerializationException"}`, string(answer))
	}
	status, answer := e.do("ListTables", `{'Limit': 'x'}`)
	require.Equal(t, 400, status)
	require.Equal(t, `{"__type":"com.amazon.coral.service#SerializationException",`+
		`"Message":"STRING_VALUE cannot be converted to Integer"}`, answer)
	require.Equal(t, `{"TableNames":[]}`, e.ok("ListTables", " \n{}\t"))
}

// The answer stays what it was, whatever is asked next, and the body is not kept.
func TestDoAnswerIsTheCallers(t *testing.T) {
	e := newEndpoint(t)
	e.music()
	put := func(song string) []byte {
		body := []byte(`{"TableName":"Music","Item":{"Artist":{"S":"a"},"Song":{"S":"` + song + `"}}}`)
		_, answer := e.api.Do(context.Background(), wire.TargetPrefix+"PutItem", body)
		clear(body)
		return answer
	}
	get := func(song string) []byte {
		_, answer := e.api.Do(context.Background(), wire.TargetPrefix+"GetItem",
			[]byte(`{"TableName":"Music","Key":{"Artist":{"S":"a"},"Song":{"S":"`+song+`"}}}`))
		return answer
	}
	require.Equal(t, "{}", string(put("one")))
	require.Equal(t, "{}", string(put("two")))
	first := get("one")
	second := get("two")
	const item = `{"Item":{"Artist":{"S":"a"},"Song":{"S":"%s"}}}`
	require.JSONEq(t, fmt.Sprintf(item, "one"), string(first))
	require.JSONEq(t, fmt.Sprintf(item, "two"), string(second))
	for i := range first {
		first[i] = 'x'
	}
	require.JSONEq(t, fmt.Sprintf(item, "two"), string(second))
	require.JSONEq(t, fmt.Sprintf(item, "one"), string(get("one")))
}

// Requests that come at once do not get into each other's way.
func TestDoAtOnce(t *testing.T) {
	e := newEndpoint(t)
	e.music()
	var group sync.WaitGroup
	for g := range 8 {
		group.Go(func() {
			for i := range 50 {
				key := fmt.Sprintf(`{"Artist":{"S":"%d"},"Song":{"S":"%d"}}`, g, i)
				e.api.Do(context.Background(), wire.TargetPrefix+"PutItem", []byte(`{"TableName":"Music","Item":`+key+`}`))
				if _, answer := e.api.Do(context.Background(), wire.TargetPrefix+"GetItem",
					[]byte(`{"TableName":"Music","Key":`+key+`}`)); string(answer) != `{"Item":`+key+`}` {
					t.Error(string(answer))
				}
				long := strings.Repeat(strconv.Itoa(g), 300)
				if _, answer := e.api.Do(context.Background(), wire.TargetPrefix+"DescribeTable",
					[]byte(`{"TableName":"`+long+`","TableName":"`+long+`x"}`)); !strings.Contains(string(answer), long) {
					t.Error(string(answer))
				}
			}
		})
	}
	group.Wait()
	e.answers("GetItem", `{'TableName': 'Music', 'Key': {'Artist': {'S': '7'}, 'Song': {'S': '49'}}}`,
		`{'Item': {'Artist': {'S': '7'}, 'Song': {'S': '49'}}}`)
}

func TestOperations(t *testing.T) {
	names := wire.Operations()
	require.Contains(t, names, "CreateBackup")
	require.Contains(t, names, "RestoreTableToPointInTime")
	e := newEndpoint(t)
	for _, name := range names {
		_, answer := e.do(name, `{`)
		require.Contains(t, answer, "SerializationException", name)
	}
	require.True(t, slices.IsSorted(names))
}
