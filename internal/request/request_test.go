package request_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/request"
)

const (
	failed    = " failed to satisfy constraint: Member must "
	structure = "SerializationException: Start of structure or map found where not expected"
	noField   = "SerializationException: Unexpected field type"
	noPayload = "SerializationException: Unexpected value type in payload"
)

// violation is the text of a request with these violations.
func violation(clauses ...string) string {
	s := ""
	if len(clauses) > 1 {
		s = "s"
	}
	return fmt.Sprintf("ValidationException: %d validation error%s detected: %s", len(clauses), s,
		strings.Join(clauses, "; "))
}

// quoted lets ' stand for " in a body.
func quoted(body string) []byte { return []byte(strings.ReplaceAll(body, "'", `"`)) }

// parse returns a body that must be an object.
func parse(t *testing.T, body string) (*request.Reader, request.Object) {
	t.Helper()
	var r request.Reader
	o, err := r.Parse(quoted(body))
	require.NoError(t, err, body)
	return &r, o
}

// reading is one read of a body, with what is read and what is wrong.
type reading struct {
	body  string
	read  func(request.Object) any
	want  any
	wrong string // empty: nothing
}

// pair is a value and whether it was given.
type pair struct {
	value any
	given bool
}

func both[T any](v T, given bool) any { return pair{v, given} }

func readAll(t *testing.T, readings []reading) {
	t.Helper()
	for _, test := range readings {
		r, o := parse(t, test.body)
		require.Equal(t, test.want, test.read(o), test.body)
		if test.wrong == "" {
			require.NoError(t, r.Err(), test.body)
		} else {
			require.EqualError(t, r.Err(), test.wrong, test.body)
		}
	}
}

func TestText(t *testing.T) {
	text := func(rule request.Rule) func(request.Object) any {
		return func(o request.Object) any { return o.Text("TableName", rule) }
	}
	optional, required := text(request.Rule{}), text(request.Required)
	bounded, name := text(request.Rule{Required: true, Min: 2, Max: 3}), text(request.Rule{Name: true})
	enum := text(request.Rule{Enum: []string{"HASH", "RANGE"}})
	null := violation("Value null at 'tableName'" + failed + "not be null")
	const pattern = "satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
	readAll(t, []reading{
		{`{'TableName': 'Music'}`, optional, "Music", ""},
		{`{'TableName': ''}`, required, "", ""},
		{`{}`, optional, "", ""}, {`{'TableName': null}`, optional, "", ""},
		{`{}`, required, "", null}, {`{'TableName': null}`, required, "", null},
		{`{'tableName': 'Music'}`, required, "", null},
		{`{}`, name, "", ""}, {`{}`, enum, "", ""}, {`{}`, bounded, "", null},
		{`{'TableName': 1}`, optional, "", "SerializationException: NUMBER_VALUE cannot be converted to String"},
		{`{'TableName': []}`, optional, "", "SerializationException: Unrecognized collection type class java.lang.String"},
		{`{'TableName': {}}`, optional, "", structure},

		{`{'TableName': 'éé'}`, bounded, "éé", ""}, {`{'TableName': 'ééé'}`, bounded, "ééé", ""},
		{`{'TableName': ''}`, bounded, "",
			violation("Value '' at 'tableName'" + failed + "have length greater than or equal to 2")},
		{`{'TableName': 'é'}`, bounded, "é",
			violation("Value 'é' at 'tableName'" + failed + "have length greater than or equal to 2")},
		{`{'TableName': 'abcd'}`, bounded, "abcd",
			violation("Value 'abcd' at 'tableName'" + failed + "have length less than or equal to 3")},

		{`{'TableName': 'a.b-c_9'}`, name, "a.b-c_9", ""},
		{`{'TableName': 'a b'}`, name, "a b", violation("Value 'a b' at 'tableName'" + failed + pattern)},
		{`{'TableName': ''}`, name, "", violation("Value '' at 'tableName'"+failed+pattern,
			"Value '' at 'tableName'"+failed+"have length greater than or equal to 3")},

		{`{'TableName': 'RANGE'}`, enum, "RANGE", ""},
		{`{'TableName': 'hash'}`, enum, "hash",
			violation("Value 'hash' at 'tableName'" + failed + "satisfy enum value set: [HASH, RANGE]")},
		{`{'TableName': ''}`, enum, "",
			violation("Value '' at 'tableName'" + failed + "satisfy enum value set: [HASH, RANGE]")},

		// The last of several counts, also if it is null; names and texts may be escaped, other members be anything.
		{`{'TableName': 'a', 'TableName': 'b'}`, optional, "b", ""},
		{`{'TableName': 1, 'TableName': 'b'}`, optional, "b", ""},
		{`{'TableName': 'a', 'TableName': null}`, required, "", null},
		{`{'\u0054ableN\u0061me': 'M\u0075sic\n\ud83d\ude00'}`, optional, "Music\n\U0001F600", ""},
		{`{'TableName': 'a', 'T\u0061bleName': 'b'}`, optional, "b", ""},
		{`{'x': [{'TableName': 1}], 'TableName' : 'a' , 'TableName2': 1e999, '': null}`, optional, "a", ""},
	})
	require.Equal(t, strings.Repeat("x", 1000), func() any {
		_, o := parse(t, `{'TableName': '`+strings.Repeat("x", 1000)+`'}`)
		return optional(o)
	}())
}

func TestBool(t *testing.T) {
	optional := func(o request.Object) any { return both(o.Bool("Enabled", request.Rule{})) }
	required := func(o request.Object) any { return both(o.Bool("Enabled", request.Required)) }
	readAll(t, []reading{
		{`{'Enabled': true}`, required, pair{true, true}, ""},
		{`{'Enabled': false}`, required, pair{false, true}, ""},
		{`{}`, optional, pair{false, false}, ""}, {`{'Enabled': null}`, optional, pair{false, false}, ""},
		{`{}`, required, pair{false, false}, violation("Value null at 'enabled'" + failed + "not be null")},
		{`{'Enabled': 'true'}`, optional, pair{false, true}, "SerializationException: Unexpected token received from parser"},
		{`{'Enabled': 1}`, optional, pair{false, true},
			"SerializationException: NUMBER_VALUE cannot be converted to Boolean"},
		{`{'Enabled': {}}`, optional, pair{false, true}, structure},
	})
}

func TestIntegers(t *testing.T) {
	read := func(rule request.Rule) func(request.Object) any {
		return func(o request.Object) any { return both(o.Int("Limit", rule)) }
	}
	long := func(o request.Object) any { return both(o.Long("Limit", request.Rule{Min: 1})) }
	free, bounded := read(request.Rule{}), read(request.Rule{Min: 1, Max: 100})
	atMost, required := read(request.Rule{Max: 5}), read(request.Required)
	outside := func(value, must string) string {
		return violation("Value '" + value + "' at 'limit'" + failed + "have value " + must)
	}
	readAll(t, []reading{
		{`{'Limit': 7}`, bounded, pair{int64(7), true}, ""}, {`{'Limit': 100}`, bounded, pair{int64(100), true}, ""},
		{`{'Limit': 0}`, free, pair{int64(0), true}, ""}, {`{'Limit': -0}`, free, pair{int64(0), true}, ""},
		{`{'Limit': 7.9}`, free, pair{int64(7), true}, ""}, {`{'Limit': -7.9}`, free, pair{int64(-7), true}, ""},
		{`{'Limit': 1.5e1}`, free, pair{int64(15), true}, ""}, {`{'Limit': 1E-400}`, free, pair{int64(0), true}, ""},
		{`{'Limit': 2147483647}`, free, pair{int64(2147483647), true}, ""},
		{`{'Limit': -2147483648}`, free, pair{int64(-2147483648), true}, ""},
		{`{'Limit': 9223372036854775807}`, long, pair{int64(9223372036854775807), true}, ""},
		{`{}`, bounded, pair{int64(0), false}, ""}, {`{'Limit': null}`, bounded, pair{int64(0), false}, ""},
		{`{}`, required, pair{int64(0), false}, violation("Value null at 'limit'" + failed + "not be null")},

		{`{'Limit': 0}`, bounded, pair{int64(0), true}, outside("0", "greater than or equal to 1")},
		{`{'Limit': -1}`, bounded, pair{int64(-1), true}, outside("-1", "greater than or equal to 1")},
		{`{'Limit': 101}`, bounded, pair{int64(101), true}, outside("101", "less than or equal to 100")},
		{`{'Limit': 0}`, long, pair{int64(0), true}, outside("0", "greater than or equal to 1")},
		{`{'Limit': 6}`, atMost, pair{int64(6), true}, outside("6", "less than or equal to 5")},
		{`{'Limit': -6}`, atMost, pair{int64(-6), true}, ""},

		{`{'Limit': '7'}`, free, pair{int64(0), true}, "SerializationException: STRING_VALUE cannot be converted to Integer"},
		{`{'Limit': true}`, long, pair{int64(0), true}, "SerializationException: TRUE_VALUE cannot be converted to Long"},
		{`{'Limit': {}}`, free, pair{int64(0), true}, structure},
	})
	// What the type cannot hold is of another type.
	for _, huge := range []string{"2147483648", "-2147483649", "9223372036854775808", "1e400", strings.Repeat("9", 5000)} {
		r, o := parse(t, "{'Limit': "+huge+"}")
		_, given := o.Int("Limit", request.Rule{Min: 1})
		require.True(t, given)
		require.ErrorContains(t, r.Err(), "_VALUE cannot be converted to Integer")
	}
	for _, huge := range []string{"9223372036854775808", "-9.3e18", "1e400", strings.Repeat("9", 5000)} {
		r, o := parse(t, "{'Limit': "+huge+"}")
		o.Long("Limit", request.Rule{Min: 1})
		require.ErrorContains(t, r.Err(), "_VALUE cannot be converted to Long")
	}
}

func TestTime(t *testing.T) {
	read := func(o request.Object) any { return both(o.Time("At")) }
	at := func(seconds, nanos int64) pair { return pair{time.Unix(seconds, nanos).UTC(), true} }
	const tooFar = "SerializationException: At is not a time: it must be seconds since 1970 between the years 1 and 10000"
	readAll(t, []reading{
		{`{'At': 1723076080}`, read, at(1723076080, 0), ""},
		{`{'At': 1723076080.695}`, read, at(1723076080, 695e6), ""},
		{`{'At': 1.723076080695E9}`, read, at(1723076080, 695e6), ""},
		{`{'At': 1723076080.123456}`, read, at(1723076080, 123456e3), ""},
		{`{'At': 1723076080.1234561}`, read, at(1723076080, 123456e3), ""},
		{`{'At': 0}`, read, at(0, 0), ""}, {`{'At': -1.5}`, read, at(-2, 5e8), ""},
		{`{'At': 253402300799}`, read, at(253402300799, 0), ""},
		{`{}`, read, pair{time.Time{}, false}, ""}, {`{'At': null}`, read, pair{time.Time{}, false}, ""},
		{`{'At': 253402300800}`, read, pair{time.Time{}, true}, tooFar},
		{`{'At': 1e400}`, read, pair{time.Time{}, true}, tooFar}, {`{'At': -1e18}`, read, pair{time.Time{}, true}, tooFar},
		{`{'At': 1723076080695000}`, read, pair{time.Time{}, true}, tooFar},
		{`{'At': '2024-01-15T12:00:00Z'}`, read, pair{time.Time{}, true},
			"SerializationException: STRING_VALUE cannot be converted to Date"},
	})
}

// What lies deeper is named by its path.
func TestPaths(t *testing.T) {
	r, o := parse(t, `{'PointInTimeRecoverySpecification': {}, 'SSESpecification': {'KMSMasterKeyId': 1.5, 'SSEType': 'x'},
		'KeySchema': [{'AttributeName': 'a'}, {}, null, {'AttributeName': ''}],
		'Requests': {'Music': {'Keys': {}}, 'B.b': {'Keys': {'Limit': 0}}, 'none': null}, 'Tags': ['', null, 'ab']}`)
	spec := o.Object("PointInTimeRecoverySpecification", request.Required)
	spec.Bool("PointInTimeRecoveryEnabled", request.Required)
	require.Equal(t, "pointInTimeRecoverySpecification.x", spec.Path("X"))
	o.Object("SSESpecification", request.Required).Text("SSEType", request.Rule{Enum: []string{"KMS"}})
	elements, given := o.Objects("KeySchema", request.Rule{Max: 3})
	require.True(t, given)
	require.Len(t, elements, 3)
	for _, e := range elements {
		e.Text("AttributeName", request.Rule{Required: true, Min: 1})
	}
	for name, m := range o.Members("Requests", request.Required) {
		require.Equal(t, name != "none", m.Given())
		keys := m.Object("Keys", request.Required)
		keys.Int("Limit", request.Rule{Min: 1, Required: true})
	}
	texts, given := o.Texts("Tags", request.Required, request.Rule{Min: 1, Max: 1})
	require.True(t, given)
	require.Equal(t, []string{"", "ab"}, texts)
	list := `[{"AttributeName": "a"}, {}, null, {"AttributeName": ""}]`
	require.EqualError(t, r.Err(), violation(
		"Value null at 'pointInTimeRecoverySpecification.pointInTimeRecoveryEnabled'"+failed+"not be null",
		"Value 'x' at 'sSESpecification.sSEType'"+failed+"satisfy enum value set: [KMS]",
		"Value null at 'keySchema.3.member'"+failed+"not be null",
		"Value '"+list+"' at 'keySchema'"+failed+"have length less than or equal to 3",
		"Value null at 'keySchema.2.member.attributeName'"+failed+"not be null",
		"Value '' at 'keySchema.4.member.attributeName'"+failed+"have length greater than or equal to 1",
		"Value null at 'requests.Music.member.keys.limit'"+failed+"not be null",
		"Value '0' at 'requests.B.b.member.keys.limit'"+failed+"have value greater than or equal to 1",
		"Value '' at 'tags.1.member'"+failed+"have length greater than or equal to 1",
		"Value null at 'tags.2.member'"+failed+"not be null",
	))
}

func TestLists(t *testing.T) {
	objects := func(rule request.Rule) func(request.Object) any {
		return func(o request.Object) any {
			elements, given := o.Objects("List", rule)
			return pair{len(elements), given}
		}
	}
	texts := func(rule request.Rule) func(request.Object) any {
		return func(o request.Object) any { return both(o.Texts("List", rule, request.Rule{})) }
	}
	bounds := request.Rule{Required: true, Min: 1, Max: 2}
	none := []string(nil)
	null := violation("Value null at 'list'" + failed + "not be null")
	short := violation("Value '[]' at 'list'" + failed + "have length greater than or equal to 1")
	readAll(t, []reading{
		{`{'List': [{}, {'a': 1}]}`, objects(bounds), pair{2, true}, ""},
		{`{'List': []}`, objects(request.Required), pair{0, true}, ""}, {`{}`, objects(request.Rule{}), pair{0, false}, ""},
		{`{'List': []}`, objects(bounds), pair{0, true}, short}, {`{'List': null}`, objects(bounds), pair{0, false}, null},
		{`{'List': [{}, {}, {}]}`, objects(bounds), pair{3, true},
			violation("Value '[{}, {}, {}]' at 'list'" + failed + "have length less than or equal to 2")},
		{`{'List': {}}`, objects(bounds), pair{0, true}, structure},
		{`{'List': '[]'}`, objects(bounds), pair{0, true}, noField},
		{`{'List': ['a']}`, objects(bounds), pair{1, true}, noPayload},
		{`{'List': [[]]}`, objects(bounds), pair{1, true}, "SerializationException: Unrecognized collection type Element"},
		{`{'List': [null]}`, objects(bounds), pair{0, true},
			violation("Value null at 'list.1.member'" + failed + "not be null")},

		{`{'List': ['a', 'b']}`, texts(bounds), pair{[]string{"a", "b"}, true}, ""},
		{`{'List': []}`, texts(request.Rule{}), pair{[]string{}, true}, ""},
		{`{}`, texts(request.Rule{}), pair{none, false}, ""},
		{`{'List': []}`, texts(bounds), pair{[]string{}, true}, short}, {`{}`, texts(bounds), pair{none, false}, null},
		{`{'List': [1]}`, texts(bounds), pair{[]string{""}, true},
			"SerializationException: NUMBER_VALUE cannot be converted to String"},
		{`{'List': 1}`, texts(bounds), pair{[]string{}, true}, noField},
	})
	// The text of a long list is cut short in the message.
	r, o := parse(t, `{'List': [`+strings.Repeat("'x',", 10_000)+`'x']}`)
	o.Texts("List", bounds, request.Rule{})
	require.ErrorContains(t, r.Err(), "...' at 'list'"+failed+"have length less than or equal to 2")
	require.Less(t, len(r.Err().Error()), 2000)
}

func TestMaps(t *testing.T) {
	names := func(o request.Object) any { return o.Names("Map") }
	values := func(o request.Object) any {
		texts := map[string]string{}
		values, _ := o.Values("Map")
		for name, v := range values {
			texts[name] = v.String()
		}
		return texts
	}
	members := func(rule request.Rule) func(request.Object) any {
		return func(o request.Object) any {
			var seen []string
			for name, m := range o.Members("Map", rule) {
				seen = append(seen, fmt.Sprint(name, m.Len()))
			}
			return seen
		}
	}
	bounds := request.Rule{Required: true, Min: 1, Max: 2}
	nothing := map[string]string{}
	readAll(t, []reading{
		{`{'Map': {'#a': 'x', '#b': '', '#a': 'y'}}`, names, map[string]string{"#a": "y", "#b": ""}, ""},
		{`{}`, names, map[string]string(nil), ""}, {`{'Map': {}}`, names, nothing, ""},
		{`{'Map': {'#a': 1}}`, names, map[string]string{"#a": ""},
			"SerializationException: NUMBER_VALUE cannot be converted to String"},
		{`{'Map': []}`, names, map[string]string(nil),
			"SerializationException: Unrecognized collection type java.util.Map<java.lang.String, java.lang.String>"},

		{`{'Map': {':a': {'N': '1'}, ':b': {'S': 'x'}}}`, values,
			map[string]string{":a": `{"N":"1"}`, ":b": `{"S":"x"}`}, ""},
		{`{}`, values, nothing, ""}, {`{'Map': 1}`, values, nothing, noField},
		{`{'Map': []}`, values, nothing, "SerializationException: Unrecognized collection type " +
			"java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>"},

		{`{'Map': {'b': {'x': 1}, 'a': {}}}`, members(bounds), []string{"b1", "a0"}, ""},
		{`{'Map': {'b': {}, 'a': {}, 'b': {'x': 1, 'y': 2}}}`, members(bounds), []string{"a0", "b2"}, ""},
		{`{'Map': {'b': {}, 'a': null}}`, members(bounds), []string{"b0", "a0"}, ""},
		{`{}`, members(request.Rule{}), []string(nil), ""},
		{`{}`, members(bounds), []string(nil), violation("Value null at 'map'" + failed + "not be null")},
		{`{'Map': {}}`, members(bounds), []string(nil),
			violation("Value '{}' at 'map'" + failed + "have length greater than or equal to 1")},
		{`{'Map': {'a':{},'b':{},'c':{}}}`, members(bounds), []string{"a0", "b0", "c0"},
			violation(`Value '{"a":{},"b":{},"c":{}}' at 'map'` + failed + "have length less than or equal to 2")},
		{`{'Map': {'a': 1}}`, members(bounds), []string{"a0"}, noPayload},
		{`{'Map': 1}`, members(bounds), []string(nil), noField},
	})
	r, o := parse(t, `{'Map': {':n': {'N': ''}, ':o': {}}}`)
	bad, fault := o.Values("Map")
	require.Equal(t, map[string]attr.Value{":n": attr.Null(), ":o": attr.Null()}, bad)
	require.EqualError(t, fault, "ValidationException: Map contains invalid value: "+
		"The parameter cannot be converted to a numeric value for key :n")
	require.NoError(t, r.Err())
	for range o.Members("Map", request.Rule{}) {
		break // yields no more
	}
}

func TestItems(t *testing.T) {
	item := func(o request.Object) any { return o.Item("Key", request.Required).String() }
	items := func(o request.Object) any {
		var texts []string
		for _, i := range o.Items("Keys", request.Rule{Required: true, Min: 1, Max: 2}) {
			texts = append(texts, i.String())
		}
		return texts
	}
	const empty, none, noMap = "{}", "null", "SerializationException: Unrecognized collection type " +
		"java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>"
	nothing := []string(nil)
	readAll(t, []reading{
		{`{'Key': {'a': {'S': 'x'}}}`, item, `{"a":{"S":"x"}}`, ""}, {`{'Key': {}}`, item, empty, ""},
		{`{}`, item, none, violation("Value null at 'key'" + failed + "not be null")},
		{`{'Key': []}`, item, none, noMap}, {`{'Key': 'x'}`, item, none, noField},
		{`{'Key': {'a': 'x'}}`, item, none, noPayload},
		{`{'Key': {'a': {'N': 'x'}}}`, item, none,
			"ValidationException: The parameter cannot be converted to a numeric value: x"},

		{`{'Keys': [{'a': {'S': 'x'}}, {'b': {'N': '1'}}]}`, items, []string{`{"a":{"S":"x"}}`, `{"b":{"N":"1"}}`}, ""},
		{`{}`, items, nothing, violation("Value null at 'keys'" + failed + "not be null")},
		{`{'Keys': []}`, items, nothing,
			violation("Value '[]' at 'keys'" + failed + "have length greater than or equal to 1")},
		{`{'Keys': [{}, null, {}]}`, items, []string{empty, empty}, violation(
			"Value null at 'keys.2.member'"+failed+"not be null",
			"Value '[{}, null, {}]' at 'keys'"+failed+"have length less than or equal to 2")},
		{`{'Keys': [1]}`, items, []string{none}, noField}, {`{'Keys': {}}`, items, nothing, structure},
	})
}

// A wrong type is told before violations, and they before what cannot be, in whatever order they were met.
func TestOrderOfErrors(t *testing.T) {
	r, o := parse(t, `{'TableName': 'ab', 'Limit': '1', 'Enabled': 1, 'Key': {'a': {'N': 'x'}}}`)
	require.NoError(t, r.Err())
	r.Refuse(exception.Validation.Errorf("the first"))
	o.Item("Key", request.Required)
	require.EqualError(t, r.Err(), "ValidationException: the first")
	o.Text("TableName", request.Rule{Name: true})
	r.Check.Required("own", false)
	require.EqualError(t, r.Err(), violation("Value 'ab' at 'tableName'"+failed+"have length greater than or equal to 3",
		"Value null at 'own'"+failed+"not be null"))
	o.Int("Limit", request.Rule{})
	o.Bool("Enabled", request.Rule{})
	require.EqualError(t, r.Err(), "SerializationException: STRING_VALUE cannot be converted to Integer")
}

// Like the service, a message names ten violations and no more, however many there are.
func TestManyViolations(t *testing.T) {
	r, o := parse(t, `{'KeySchema': [`+strings.Repeat("{},", 100_000)+`{}]}`)
	elements, _ := o.Objects("KeySchema", request.Rule{Min: 1})
	for _, e := range elements {
		e.Text("AttributeName", request.Required)
	}
	require.ErrorContains(t, r.Err(), "10 validation errors detected: ")
	require.ErrorContains(t, r.Err(), "'keySchema.9.member.attributeName'")
	require.ErrorContains(t, r.Err(), "'keySchema.10.member.attributeName'")
	require.NotContains(t, r.Err().Error(), "'keySchema.11.member.attributeName'")
}

// A list is looked at as far as it may be long, and not much further.
func TestLongLists(t *testing.T) {
	long := `{'KeySchema': [` + strings.Repeat("{},", 100_000) + `{}]}`
	r, o := parse(t, long)
	elements, _ := o.Objects("KeySchema", request.Rule{Max: 2})
	require.Len(t, elements, 3)
	require.ErrorContains(t, r.Err(), "at 'keySchema'"+failed+"have length less than or equal to 2")
	r, o = parse(t, long)
	elements, _ = o.Objects("KeySchema", request.Rule{})
	require.Len(t, elements, 1000)
	require.EqualError(t, r.Err(), "ValidationException: KeySchema has more than 1000 elements")

	r, o = parse(t, `{'Names': {`+strings.Repeat(`"":0,`, 200_000)+`"a":0}}`)
	o.Object("Names", request.Rule{})
	require.EqualError(t, r.Err(), "SerializationException: The request has more than 131072 members")
}

func TestUnsupported(t *testing.T) {
	r, o := parse(t, `{'WarmThroughput': null, 'TableName': 'Music', 'ResourcePolicy': '{}', 'AttributesToGet': []}`)
	o.Unsupported("WarmThroughput", "Expected")
	require.NoError(t, r.Err())
	o.Unsupported("Expected", "ResourcePolicy", "AttributesToGet")
	require.EqualError(t, r.Err(), "ValidationException: Tidemark does not support the parameter ResourcePolicy yet")
}

// What is not there has no members, and complains of none.
func TestAbsentObject(t *testing.T) {
	r, o := parse(t, `{'none': null}`)
	require.Same(t, r, o.Reader())
	for _, absent := range []request.Object{{}, o.Object("none", request.Rule{}), o.Object("other", request.Rule{})} {
		require.False(t, absent.Given())
		require.Nil(t, absent.Reader())
		require.Zero(t, absent.Len())
		require.False(t, absent.Has("a"))
		require.Empty(t, absent.Text("a", request.Required))
		absent.Int("a", request.Required)
		absent.Bool("a", request.Required)
		absent.Time("a")
		absent.Item("a", request.Required)
		require.Empty(t, absent.Items("a", request.Required))
		require.Nil(t, absent.Names("a"))
		absent.Values("a")
		absent.Unsupported("a")
		absent.Texts("a", request.Required, request.Required)
		absent.Objects("a", request.Required)
		for range absent.Members("a", request.Required) {
			require.Fail(t, "a member of nothing")
		}
	}
	require.NoError(t, r.Err())
	o.Object("none", request.Required)
	require.EqualError(t, r.Err(), violation("Value null at 'none'"+failed+"not be null"))
}

func TestParseRefuses(t *testing.T) {
	for _, body := range []string{
		"", " ", "null", "[]", "1", "'a'", "{", "}", "{]", "{'a'}", "{'a':}", "{'a':1", "{'a':1,}", "{a:1}", "{'a':1}x",
		"{}{}",
		"{'a':'\x01'}", "{'\x01':1}", "{'a\\q':1}", "{'a':01}", "{'a':[1,]}", "\ufeff{}",
		"{'a':" + strings.Repeat("[", 1<<20),
		"{'a':" + strings.Repeat("[", 300) + strings.Repeat("]", 300) + "}", strings.Repeat("{'a':", 1<<20),
	} {
		var r request.Reader
		_, err := r.Parse(quoted(body))
		require.ErrorIs(t, err, exception.Serialization, "%.40q", body)
		r.Reset()
		o, err := r.Parse(quoted(" \t\r\n{ 'a' : 'b' }\n"))
		require.NoError(t, err)
		require.Equal(t, "b", o.Text("a", request.Required))
		require.Equal(t, 1, o.Len())
		require.NoError(t, r.Err())
	}
}

// A Reader that was reset knows nothing of what it read before, however much it was.
func TestReset(t *testing.T) {
	var r request.Reader
	read := func(body string) (request.Object, error) {
		o, err := r.Parse(quoted(body))
		require.NoError(t, err)
		o.Text("TableName", request.Rule{Required: true, Name: true})
		for _, e := range func() []request.Object { e, _ := o.Objects("List", request.Rule{}); return e }() {
			e.Text("a", request.Required)
		}
		o.Int("Limit", request.Rule{})
		o.Unsupported("Expected")
		return o, r.Err()
	}
	huge := `{'` + strings.Repeat(`\u0061`, 100_000) + `': 1, 'List': [` + strings.Repeat("{'a': 'b'},", 30_000) + `{}]}`
	for range 3 {
		for _, bad := range []string{`{'Limit': 'x'}`, `{'Expected': 1, 'TableName': 'abc'}`, `{'List': [{}, {}]}`, huge} {
			_, err := read(bad)
			require.Error(t, err)
			r.Reset()
			o, err := read(`{'TableName': 'Music', 'L\u0069st': [{'a': ''}]}`)
			require.NoError(t, err)
			require.Equal(t, 2, o.Len())
			require.False(t, o.Has("Limit"))
			r.Reset()
		}
	}
}

// Reading a plain request over and over takes no memory.
func TestReuse(t *testing.T) {
	body := quoted(`{'TableName': 'Music', 'Limit': 10, 'Key': {'a': {'S': 'x'}}, 'Spec': {'Enabled': true}}`)
	var r request.Reader
	allocations := testing.AllocsPerRun(100, func() {
		o, err := r.Parse(body)
		o.Int("Limit", request.Rule{Min: 1, Max: 100})
		o.Object("Spec", request.Required).Bool("Enabled", request.Required)
		if err != nil || r.Err() != nil || o.Len() != 4 {
			t.Error("the request was not read")
		}
		r.Reset()
	})
	require.LessOrEqual(t, allocations, 2.0)
}
