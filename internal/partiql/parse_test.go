package partiql_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/partiql"
)

// parse reads a statement that must be one.
func parse(t *testing.T, text string, parameters ...attr.Value) *partiql.Statement {
	t.Helper()
	s, err := partiql.Parse(text, parameters)
	require.NoError(t, err, text)
	return s
}

func message(err error) string {
	if e, ok := err.(*exception.Error); ok && e.Code == exception.Validation {
		return e.Message
	}
	return "no refusal"
}

// Whether a WHERE holds for one item, which has something of every type.
func TestConditions(t *testing.T) {
	item := attr.MustItem(attr.Map{
		"pk": attr.S("a"), "n": attr.N("1"), "b": attr.B([]byte{1, 2}), "yes": attr.Bool(true), "nul": attr.Null(),
		"ss": attr.SS("x", "y"), "li": attr.L(attr.N("1"), attr.S("two")), "date": attr.S("2020"),
		"m": attr.M(attr.Map{"x": attr.M(attr.Map{"y z": attr.N("3")}), "li": attr.L(attr.N("9"))}),
	})
	for where, holds := range map[string]bool{
		`pk = 'a'`:     true,
		`'a' = pk`:     true,
		`PK = 'a'`:     false, // names have a case
		`"pk" = 'a'`:   true,
		`pk = 'it''s'`: false,
		`n = 1`:        true, `n = 1.0`: true, `n = 10e-1`: true, `n = .1e1`: true, `n = 1.`: true, `n = - - 1`: true,
		`n = -1`: false, `n = +1`: true, `n > -/* c */ 1`: true,
		`n != 2`: true, `n <> 1`: false, `n < 2`: true, `n <= 1`: true, `n > 1`: false, `n >= 1`: true,
		`n = '1'`: false, `n < 'z'`: false,
		`n BETWEEN 0 AND 1`: true, `n NOT BETWEEN 0 AND 1`: false, `1 BETWEEN n AND 2`: true,
		`n BETWEEN 0 AND 1 AND pk = 'b'`: false,
		`n IN [2, 1]`:                    true, `n IN (2, 1)`: true, `n IN <<2, 1>>`: true, `n NOT IN (2)`: true, `n IN (2)`: false,
		`1 IN (n)`: true, `pk IN ('a')`: true,
		`NOT n = 2`: true, `NOT NOT n = 1`: true, `not (n = 1 and pk = 'a')`: false,
		`n = 2 OR n = 1 AND pk = 'a'`: true, `(n = 2 OR n = 1) AND pk = 'b'`: false,
		`gone IS MISSING`: true, `n IS MISSING`: false, `n IS NOT MISSING`: true, `m.x IS NOT MISSING`: true,
		`nul IS NULL`: true, `n IS NULL`: false, `gone IS NULL`: false, `gone IS NOT NULL`: true, `nul = NULL`: true,
		`yes IS BOOL`: true, `yes IS BOOLEAN`: true, `pk IS STRING`: true, `n IS NUMERIC`: true, `b IS BLOB`: true,
		`m IS STRUCT`: true, `m IS TUPLE`: true, `li IS LIST`: true, `li IS STRUCT`: false,
		`yes = true`: true, `yes = false`: false,
		`ss = <<'y', 'x'>>`: true, `li = [1, 'two']`: true, `li = (1, 'two')`: true, `m.x = {'y z': 3}`: true,
		`li[0] = 1`: true, `li[1] = 'two'`: true, `li[2] IS MISSING`: true, `li[-0] = 1`: true, `m.li[0] = 9`: true,
		`m.x."y z" = 3`: true, `m['x']['y z'] = 3`: true, `m["x"]['y z'] = 3`: true, `m[x]["y z"] = 3`: true, `m[y] IS MISSING`: true,
		`"contains"(ss, 'x')`: true, `1 IS NUMERIC`: true, `"m.x" IS MISSING`: true, `"date" = '2020'`: true,
		`begins_with(pk, 'a')`: true, `BEGINS_WITH (pk, 'b')`: false,
		`contains(ss, 'x')`: true, `contains(li, 'two')`: true, `contains('abc', pk)`: true,
		`attribute_type(n, 'N')`: true, `attribute_exists(n)`: true, `ATTRIBUTE_NOT_EXISTS(n)`: false,
		`size(ss) = 2`: true, `SIZE(b) > 1`: true, `size(n) = 1`: false, `size(ss) = size(b)`: true,
		`attribute_exists(n) = true`: true, `true = attribute_exists(gone)`: false, `(n = 1) = yes`: true,
		`(n BETWEEN 0 AND 5) <> false`: true, `attribute_exists(gone) IN [true, false]`: true,
		`attribute_exists(n) <> 1`: true, `NOT attribute_exists(n) = true`: false,
		`1 = 1`: true, `'a' = 'b'`: false,
		"pk -- the key\n = 'a'": true, `pk/* key */='a' -- done`: true, `note = 'a--b /*c*/'`: false,
	} {
		t.Run(where, func(t *testing.T) {
			s := parse(t, `SELECT * FROM Music WHERE `+where+`;`)
			require.Equal(t, holds, s.Condition.Holds(item))
		})
	}
}

func TestParametersTakeTheirPlaces(t *testing.T) {
	s := parse(t, `INSERT INTO Music VALUE {'a': ?, 'b': 2, 'c': ?}`, attr.S("one"), attr.L(attr.N("3")), attr.S("none's"))
	require.Equal(t, attr.MustItem(attr.Map{"a": attr.S("one"), "b": attr.N("2"), "c": attr.L(attr.N("3"))}), s.Item)
	s = parse(t, `SELECT * FROM Music WHERE a = ? AND b IN [?, 4] AND c = '?'`, attr.N("1"), attr.N("2"))
	require.True(t, s.Condition.Holds(attr.MustItem(attr.Map{"a": attr.N("1"), "b": attr.N("2"), "c": attr.S("?")})))
}

func TestInsertedValues(t *testing.T) {
	s := parse(t, `insert into "Mu-sic" value {'s': 'it''s', 'n': -1.50, 'e': 1E3, 't': true, 'f': FALSE, 'z': null,
		'l': [1, ['x'], (2, 3)], 'm': {'k': {'k': []}, 'e': {}}, 'ss': <<'b', 'a'>>, 'ns': <<1, 2.5>>}`)
	require.Equal(t, partiql.Insert, s.Kind)
	require.Equal(t, "Mu-sic", s.Table)
	require.JSONEq(t, `{"s": {"S": "it's"}, "n": {"N": "-1.5"}, "e": {"N": "1000"}, "t": {"BOOL": true},
		"f": {"BOOL": false}, "z": {"NULL": true}, "ss": {"SS": ["a", "b"]}, "ns": {"NS": ["1", "2.5"]},
		"l": {"L": [{"N": "1"}, {"L": [{"S": "x"}]}, {"L": [{"N": "2"}, {"N": "3"}]}]},
		"m": {"M": {"k": {"M": {"k": {"L": []}}}, "e": {"M": {}}}}}`, s.Item.String())
}

func TestUpdates(t *testing.T) {
	item := attr.MustItem(attr.Map{"pk": attr.S("a"), "n": attr.N("1"), "li": attr.L(attr.N("1")),
		"ss": attr.SS("x"), "m": attr.M(attr.Map{"k": attr.N("1")})})
	for actions, want := range map[string]string{
		`SET n = n + 1`:                                   `{"n": {"N": "2"}}`,
		`SET n=n-1-1`:                                     `{"n": {"N": "-1"}}`,
		`SET n = n - (1 - 2)`:                             `{"n": {"N": "2"}}`,
		`SET a = 1, b = 'x' SET c = n`:                    `{"a": {"N": "1"}, "b": {"S": "x"}, "c": {"N": "1"}}`,
		`SET m.z = [true] REMOVE m.k`:                     `{"m": {"M": {"z": {"L": [{"BOOL": true}]}}}}`,
		`SET li[1] = 2`:                                   `{"li": {"L": [{"N": "2"}]}}`,
		`SET li = list_append(li, [2])`:                   `{"li": {"L": [{"N": "1"}, {"N": "2"}]}}`,
		`SET li = LIST_APPEND([0], li)`:                   `{"li": {"L": [{"N": "0"}, {"N": "1"}]}}`,
		`SET z = if_not_exists(z, 5)`:                     `{"z": {"N": "5"}}`,
		`SET ss = set_add(ss, <<'y'>>)`:                   `{"ss": {"SS": ["x", "y"]}}`,
		`SET ns = SET_ADD(ns, <<1>>)`:                     `{"ns": {"NS": ["1"]}}`,
		`SET ss = set_delete(ss, <<'x'>>)`:                `{}`,
		`SET ss = set_add(ss, ?)`:                         `{"ss": {"SS": ["p", "x"]}}`,
		`REMOVE m.k REMOVE li[0]`:                         `{}`,
		`SET li = list_append(list_append(li, [2]), [3])`: `{"li": {"L": [{"N": "1"}, {"N": "2"}, {"N": "3"}]}}`,
	} {
		for _, text := range []string{
			`UPDATE Music ` + actions + ` WHERE pk = 'a' RETURNING MODIFIED NEW *`,
			`FROM "Music" WHERE pk = 'a' ` + actions + ` RETURNING MODIFIED NEW *`,
		} {
			t.Run(text, func(t *testing.T) {
				s := parse(t, text, attr.SS("p"))
				require.Equal(t, partiql.ReturnModifiedNew, s.Returning)
				updated, err := s.Update.Apply(item)
				require.NoError(t, err)
				require.JSONEq(t, want, s.Update.Project(updated).String())
			})
		}
	}
}

func TestColumns(t *testing.T) {
	s := parse(t, `SELECT pk, m.x."y z", li[0], m.li[1][02], "a.b"['c'] FROM Music."by-x"`)
	require.Equal(t, "by-x", s.Index)
	var names []string
	for _, c := range s.Columns {
		names = append(names, c.Name)
	}
	require.Equal(t, []string{"pk", "y z", "li[0]", "li[1][2]", "c"}, names)
	v, ok := s.Columns[2].Path.In(attr.MustItem(attr.Map{"li": attr.L(attr.S("first"))}))
	require.True(t, ok)
	require.Equal(t, attr.S("first"), v)
}

func TestKeysOfWrites(t *testing.T) {
	const (
		incomplete = "Where clause does not contain a mandatory equality on all key attributes"
		exists     = "EXISTS() must contain a single item read with additional condition"
		several    = "Multiple conditions on same key pk. Only single item Update/Insert/Delete are supported"
	)
	for text, want := range map[string]string{
		`DELETE FROM Music WHERE pk = 'a' AND sk = 1`:                            `{"pk": {"S": "a"}, "sk": {"N": "1"}}`,
		`DELETE FROM Music WHERE (1 = sk AND x > 2) AND pk = 'a' AND pk = 'a'`:   `{"pk": {"S": "a"}, "sk": {"N": "1"}}`,
		`DELETE FROM Music WHERE pk = 'a' AND sk = 1 AND (x = 1 OR pk = 'b')`:    `{"pk": {"S": "a"}, "sk": {"N": "1"}}`,
		`DELETE FROM Music WHERE pk = 'a' AND sk = 1 AND pk = 'b'`:               several,
		`DELETE FROM Music WHERE pk = 'a'`:                                       incomplete,
		`DELETE FROM Music`:                                                      incomplete,
		`DELETE FROM Music WHERE pk IN ['a'] AND sk = 1`:                         incomplete,
		`DELETE FROM Music WHERE pk = 'a' AND sk > 1`:                            incomplete,
		`DELETE FROM Music WHERE pk = x AND sk = 1`:                              incomplete,
		`DELETE FROM Music WHERE pk = 'a' OR sk = 1`:                             incomplete,
		`DELETE FROM Music WHERE NOT (pk = 'a' AND sk = 1)`:                      incomplete,
		`EXISTS(SELECT * FROM Music WHERE pk = 'a' AND sk = 1 AND x IS MISSING)`: `{"pk": {"S": "a"}, "sk": {"N": "1"}}`,
		`EXISTS(SELECT * FROM Music WHERE pk = 'a' AND sk = 1 AND pk = 'b')`:     `{"pk": {"S": "a"}, "sk": {"N": "1"}}`,
		`EXISTS(SELECT * FROM Music WHERE pk = 'a' AND sk = 1)`:                  exists,
		`EXISTS(SELECT * FROM Music WHERE pk IN ['a'] AND sk = 1 AND x = 1)`:     exists,
		`EXISTS(SELECT * FROM Music)`:                                            exists,
	} {
		t.Run(text, func(t *testing.T) {
			key, err := parse(t, text).Key("pk", "sk")
			if err != nil {
				require.Equal(t, want, message(err))
				return
			}
			require.JSONEq(t, want, key.String())
		})
	}
}

func TestReadKeys(t *testing.T) {
	for where, ok := range map[string]bool{
		`pk = 'a' AND sk = '1'`:                          true,
		`(sk = '1') AND pk = 'a' AND pk = 'a'`:           true,
		`pk IN ['a'] AND sk IN ('1')`:                    true,
		`pk = 'a' AND sk = '1' AND x = 1`:                false,
		`pk = 'a' AND sk = '1' AND pk = 'b'`:             false,
		`pk = 'a' AND sk > '1'`:                          false,
		`pk IN ['a', 'b'] AND sk = '1'`:                  false,
		`pk = 'a'`:                                       false,
		`pk = 'a' AND sk = '1' OR pk = 'a' AND sk = '2'`: false,
	} {
		_, got := parse(t, `SELECT * FROM Music WHERE `+where).ReadKey("pk", "sk")
		require.Equal(t, ok, got, where)
	}
}
