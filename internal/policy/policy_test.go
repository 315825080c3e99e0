package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/policy"
)

const (
	one = `{"Version":"2012-10-17","Statement":[{"Sid":"Read","Effect":"Allow",` +
		`"Principal":{"AWS":"arn:aws:iam::210987654321:root"},"Action":"dynamodb:GetItem","Resource":"*"}]}`
	prefix = "One or more parameter values were invalid: "
)

func parse(t *testing.T, document string) policy.Policy {
	t.Helper()
	p, err := policy.Parse(document, "aws")
	require.NoError(t, err, document)
	return p
}

func TestForm(t *testing.T) {
	tests := []struct{ name, document, want string }{
		{"its own form", one, one},
		{"other words for the same", `{ "Statement" : { "Resource" : ["*"] , "Action":["dynamodb:GetItem"],
			"Effect":"ALLOW","Sid":"R\u0065ad","Principal":{"AWS":["210987654321","arn:aws:iam::210987654321:root"]}},
			"Version":"2012-10-17"}`, one},
		{"an id, other principals, lists of several", `{"Id":"i","Statement":[{"Effect":"Deny","NotPrincipal":{
			"Service":["a","b"],"AWS":["*","1"],"CanonicalUser":"c"},"NotAction":["x","x"],"NotResource":["r","s"]}]}`,
			`{"Version":"2008-10-17","Id":"i","Statement":[{"Effect":"Deny","NotPrincipal":{"AWS":["*","1"],` +
				`"Service":["a","b"],"CanonicalUser":"c"},"NotAction":["x","x"],"NotResource":["r","s"]}]}`},
		{"conditions", `{"Statement":{"Effect":"Allow","Principal":"*","Action":"x","Resource":"r","Condition":{
			"Bool":{"b":[true]},"NumericLess":{"c":[1,2.50e1]},"StringLike":{"a":"x"}}}}`,
			`{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"x","Resource":"r","Condition":` +
				`{"Bool":{"b":true},"NumericLess":{"c":[1,2.50e1]},"StringLike":{"a":"x"}}}]}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := parse(t, test.document)
			require.Equal(t, test.want, p.String())
			if strings.Contains(test.document, "Version") {
				require.Equal(t, p, parse(t, p.String()), "what is given back is the same policy")
			} else {
				require.NotEqual(t, p, parse(t, p.String()), "the service takes the default version for another one")
			}
		})
	}
	require.Empty(t, policy.Policy{}.String())
	cn, err := policy.Parse(one, "aws-cn")
	require.NoError(t, err)
	require.Equal(t, one, cn.String(), "what is an ARN stays as it is")
	cn, err = policy.Parse(strings.Replace(one, "arn:aws:iam::210987654321:root", "210987654321", 1), "aws-cn")
	require.NoError(t, err)
	require.Contains(t, cn.String(), `"arn:aws-cn:iam::210987654321:root"`)
}

func TestFaults(t *testing.T) {
	statement := func(rest string) string { return `{"Statement":[{` + rest + `}]}` }
	syntax := func(document, at string) string {
		return fmt.Sprintf("%sInvalid policy document: Syntax error at position (1,%d)", prefix, strings.Index(document, at)+1)
	}
	const ok = `"Effect":"Deny","Principal":"*","Action":"a","Resource":"r"`
	notJSON := prefix + "Invalid policy document: This policy contains invalid Json"
	tests := []struct{ document, want string }{
		{"", notJSON},
		{"{} {}", notJSON},
		{`{"Statement":[{]}`, notJSON},
		{`{"Statement":[1,,2]}`, notJSON},
		{strings.Repeat("[", 100), notJSON},
		{strings.Repeat("[", 100) + strings.Repeat("]", 100), notJSON},
		{"{" + strings.Repeat(" ", policy.MaxSize), prefix + "Maximum policy size of 20480 bytes exceeded"},
		{"[]", notJSON},
		{`"a"`, notJSON},
		{" null", prefix + "Invalid policy document: This text appears not to be a policy"},
		{"{}", prefix + "Invalid policy document: Syntax error at position (1,3)"},
		{`{"Id":"a"}`, prefix + "Invalid policy document: Missing required field Statement"},
		{`{"Statement":[]}`, prefix + "Invalid policy document: Could not parse the policy: Statement is empty!"},
		{`{"Statement":[{},{}]}`, prefix + "Invalid policy document: Missing required field Effect"},
		{statement(`"Effect":"Deny"`), prefix + "Invalid policy document: Missing required field Principal"},
	}
	for _, document := range []string{
		`{"Version":"@","Statement":[]}`, `{"Version":@7,"Statement":[]}`, `{"Id":@7,"Statement":[]}`,
		`{"Statement":"@"}`, `{"Statement":["@"]}`, `{"Other":"@"}`, `{"Id":"a","Id":"@"}`,
		statement(`"Effect":"@"`), statement(`"Effect":@true`), statement(ok + `,"Sid":@7`), statement(ok + `,"Else":"@"`),
		statement(ok + `,"NotAction":"@"`), statement(`"Effect":"Deny","Principal":"@"`),
		statement(`"Effect":"Deny","Principal":@{}`), statement(`"Effect":"Deny","Principal":{"Who":"@"}`),
		statement(`"Effect":"Deny","Principal":{"AWS":@[]}`), statement(`"Effect":"Deny","Principal":{"AWS":[@7]}`),
		statement(ok + `,"Condition":"@"`), statement(ok + `,"Condition":{"a":"@"}`),
		statement(ok + `,"Condition":{"a":{"b":@null}}`), statement(ok + `,"Condition":{"a":{"b":[@{}]}}`),
	} {
		at := strings.IndexByte(document, '@')
		if document[at-1] == '"' { // the whole text is at fault
			tests = append(tests, struct{ document, want string }{document, syntax(document, `"@`)})
			continue
		}
		clean := document[:at] + document[at+1:]
		tests = append(tests, struct{ document, want string }{clean, syntax(document, "@")})
	}
	for _, test := range tests {
		p, err := policy.Parse(test.document, "aws")
		require.ErrorIs(t, err, exception.Validation, test.document)
		var e *exception.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, test.want, e.Message, test.document)
		require.True(t, p.IsZero())
	}
}

// FuzzParse: no text makes it panic, and what it gives back it reads as the same.
func FuzzParse(f *testing.F) {
	f.Add(one)
	f.Add(`{"Statement":{"Effect":"Deny","Principal":{"AWS":["1","1"]},"Action":["a"],"Resource":[],"Condition":{"":{"":[]}}}}`)
	f.Fuzz(func(t *testing.T, document string) {
		p, err := policy.Parse(document, "aws")
		if err != nil {
			require.ErrorIs(t, err, exception.Validation)
			return
		}
		shown := p.String()
		if len(shown) > policy.MaxSize {
			return
		}
		again, err := policy.Parse(shown, "aws")
		require.NoError(t, err, shown)
		require.Equal(t, shown, again.String())
	})
}
