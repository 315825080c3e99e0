package request_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/internal/request"
)

func TestValue(t *testing.T) {
	read := func(o request.Object) any { return o.Value("v", request.Rule{}) }
	need := func(o request.Object) any { return o.Value("v", request.Required) }
	var none attr.Value
	readAll(t, []reading{
		{`{'v':{'S':'a'}}`, need, attr.S("a"), ""},
		{`{'v':{'N':'1.0'}}`, read, attr.N("1"), ""},
		{`{'v':{'S':'a'},'v':{'L':[{'BOOL':true}]}}`, read, attr.L(attr.Bool(true)), ""},
		{`{'v':null}`, read, none, ""},
		{`{}`, need, none, violation("Value null at 'v' failed to satisfy constraint: Member must not be null")},
		{`{'v':{}}`, read, none, "ValidationException: Supplied AttributeValue is empty, " +
			"must contain exactly one of the supported datatypes"},
		{`{'v':{'S':'a','N':'1'}}`, read, none, "ValidationException: Supplied AttributeValue has more than one " +
			"datatypes set, must contain exactly one of the supported datatypes"},
		{`{'v':{'N':'x'}}`, read, none, "ValidationException: The parameter cannot be converted to a numeric value: x"},
		{`{'v':'a'}`, read, none, "SerializationException: Unexpected field type"},
		{`{'v':{'S':7}}`, read, none, "SerializationException: NUMBER_VALUE cannot be converted to String"},
		{`{'v':[{'S':'a'}]}`, read, none,
			"SerializationException: Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue"},
	})
	require.Equal(t, none, need(request.Object{}))
}

func TestValueList(t *testing.T) {
	read := func(o request.Object) any { return both(o.ValueList("v", request.Rule{})) }
	need := func(o request.Object) any { return both(o.ValueList("v", request.Required)) }
	var none []attr.Value
	a := attr.S("a")
	readAll(t, []reading{
		{`{'v':[{'S':'a'},{'N':'2'}]}`, need, pair{[]attr.Value{a, attr.N("2")}, true}, ""},
		{`{'v':[]}`, need, pair{[]attr.Value{}, true}, ""},
		{`{'v':null}`, read, pair{none, false}, ""},
		{`{}`, need, pair{none, false}, violation("Value null at 'v' failed to satisfy constraint: Member must not be null")},
		{`{'v':[{'S':'a'},null]}`, read, pair{[]attr.Value{a}, true},
			violation("Value null at 'v.2.member' failed to satisfy constraint: Member must not be null")},
		{`{'v':[{'N':'x'},{'S':'a'}]}`, read, pair{[]attr.Value{{}, a}, true},
			"ValidationException: The parameter cannot be converted to a numeric value: x"},
		{`{'v':{'S':'a'}}`, read, pair{[]attr.Value{}, true},
			"SerializationException: Start of structure or map found where not expected"},
		{`{'v':['a']}`, read, pair{[]attr.Value{{}}, true}, "SerializationException: Unexpected value type in payload"},
	})
	r, o := parse(t, `{'v':[`+strings.Repeat(`{'S':'a'},`, 4000)+`{'S':'a'}]}`)
	values, given := o.ValueList("v", request.Rule{})
	require.Len(t, values, 1000)
	require.True(t, given)
	require.EqualError(t, r.Err(), "ValidationException: v has more than 1000 elements")
	require.Equal(t, pair{none, false}, need(request.Object{}))
}
