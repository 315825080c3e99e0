package policy_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDenies(t *testing.T) {
	const (
		root  = "arn:aws:iam::123456789012:root"
		put   = "dynamodb:PutResourcePolicy"
		table = "arn:aws:dynamodb:us-east-1:123456789012:table/Music"
		all   = `"Principal":"*","Action":"*","Resource":"*"`
	)
	for statement, want := range map[string]bool{
		`"Effect":"Deny",` + all:                                                                                         true,
		`"Effect":"Allow","Condition":{"a":{"b":"c"}},` + all:                                                            false,
		`"Effect":"Deny","Condition":{"a":{"b":"c"}},` + all:                                                             false,
		`"Effect":"Deny","NotPrincipal":"*","Action":"*","Resource":"*"`:                                                 false,
		`"Effect":"Deny","Principal":{"AWS":"123456789012"},"Action":"*","Resource":"*"`:                                 true,
		`"Effect":"Deny","Principal":{"AWS":["210987654321","*"]},"Action":"*","Resource":"*"`:                           true,
		`"Effect":"Deny","Principal":{"AWS":"210987654321"},"Action":"*","Resource":"*"`:                                 false,
		`"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::123456789012:role/a"},"Action":"*","Resource":"*"`:             false,
		`"Effect":"Deny","Principal":{"Service":"*"},"Action":"*","Resource":"*"`:                                        false,
		`"Effect":"Deny","Principal":"*","Action":["dynamodb:GetItem","DynamoDB:put*policy"],"Resource":"` + table + `"`: true,
		`"Effect":"Deny","Principal":"*","Action":"dynamodb:Put????????Policy","Resource":"*/Music"`:                     true,
		`"Effect":"Deny","Principal":"*","Action":"dynamodb:Put?ResourcePolicy","Resource":"*"`:                          false,
		`"Effect":"Deny","Principal":"*","Action":"dynamodb:DeleteResourcePolicy","Resource":"*"`:                        false,
		`"Effect":"Deny","Principal":"*","Action":"*","Resource":"` + table + `2"`:                                       false,
		`"Effect":"Deny","Principal":"*","Action":"*","Resource":["a*b*d","*table/music"]`:                               false,
		`"Effect":"Deny","Principal":"*","NotAction":"dynamodb:Get*","Resource":"*:table/*"`:                             true,
		`"Effect":"Deny","Principal":"*","NotAction":["a","dynamodb:*"],"Resource":"*"`:                                  false,
		`"Effect":"Deny","Principal":"*","Action":"*","NotResource":"*/index/*"`:                                         true,
		`"Effect":"Deny","Principal":"*","Action":"*","NotResource":"` + table + `*"`:                                    false,
	} {
		p := parse(t, `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"1"},"Action":"*","Resource":"*"},{`+statement+`}]}`)
		require.Equal(t, want, p.Denies(root, put, table), statement)
	}
}
