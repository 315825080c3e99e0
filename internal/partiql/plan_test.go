package partiql_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/internal/expr"
	"github.com/tidemark-db/tidemark/internal/partiql"
)

var (
	pk = expr.KeyAttribute{Name: "pk", Type: attr.TypeS}
	sk = expr.KeyAttribute{Name: "sk", Type: attr.TypeS}
)

// shown returns the ranges of a plan, such as "a[= 1] b[any]".
func shown(p *partiql.Plan) string {
	if !p.Keyed {
		return "scan"
	}
	signs := map[expr.SortOperator]string{expr.SortEqual: "= ", expr.SortLess: "< ", expr.SortAtMost: "<= ",
		expr.SortGreater: "> ",
		expr.SortAtLeast: ">= ", expr.SortBetween: "from ", expr.SortBeginsWith: "begins "}
	var all []string
	for _, r := range p.Reads {
		partition, _ := r.Partition.Text()
		value, _ := r.Sort.Value.Text()
		upper, _ := r.Sort.Upper.Text()
		all = append(all, strings.TrimSpace(fmt.Sprintf("%s[%s%s%s]", partition, signs[r.Sort.Operator], value, upper)))
	}
	return strings.Join(all, " ")
}

// What of a table with a sort key is read for a WHERE.
func TestPlans(t *testing.T) {
	const (
		overlapping = "Overlapping conditions with range keys are not supported in where clause"
		tooMany     = "Too many decomposed read operations for a given query."
		wrongType   = "Key attribute's data type should match its data type in table's schema: Key "
	)
	many := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "'v%d', ", i)
		}
		return strings.TrimSuffix(b.String(), ", ")
	}
	for where, want := range map[string]string{
		`pk = 'a'`:                                                    "a[]",
		`'a' = pk AND '1' < sk`:                                       "a[> 1]",
		`pk = 'a' AND sk = '1'`:                                       "a[= 1]",
		`pk = 'a' AND x = 1`:                                          "a[]",
		`pk = 'a' AND (x = 1 OR y = 2)`:                               "a[]",
		`pk = 'a' AND sk BETWEEN '1' AND '3'`:                         "a[from 13]",
		`pk = 'a' AND begins_with(sk, '1')`:                           "a[begins 1]",
		`pk = 'a' AND sk > '1' AND sk = '2'`:                          "a[= 2]",
		`pk = 'a' AND sk > '1' AND sk < '3'`:                          "a[> 1]",
		`pk = 'a' AND NOT sk = '1'`:                                   "a[]",
		`pk = 'a' AND sk <> '1'`:                                      "a[]",
		`pk = 'a' AND attribute_exists(sk)`:                           "a[]",
		`pk = 'b' OR pk = 'a'`:                                        "b[] a[]",
		`pk IN ['b', 'a']`:                                            "b[] a[]",
		`pk IN ['b', 'a'] AND sk IN ['2', '1']`:                       "b[= 1] b[= 2] a[= 1] a[= 2]",
		`pk = 'a' AND (sk = '3' OR sk < '2')`:                         "a[< 2] a[= 3]",
		`pk = 'a' AND sk = '1' OR pk = 'b'`:                           "a[= 1] b[]",
		`pk = 'a' AND pk = 'a'`:                                       "a[]",
		`pk = 'a' AND pk = 'b'`:                                       "",
		`pk = 'a' AND sk > '5' AND sk < '2'`:                          "",
		`pk = 'a' AND (pk = 'b' OR x = 1)`:                            "a[]",
		`(pk='a' AND x=1) OR (pk='b' AND x=2)`:                        "a[] b[]",
		`pk = 'a' AND (begins_with(sk, 'a') OR begins_with(sk, 'b'))`: "a[begins a] a[begins b]",

		// What cannot be told apart by ranges is read at once.
		`pk = 'a' AND NOT sk = '1' OR pk = 'a' AND sk = '2'`:          "a[]",
		`pk = 'a' AND sk <> '1' OR pk = 'a' AND sk = '2'`:             "a[]",
		`pk = 'a' OR pk = 'a' AND NOT sk = '1'`:                       "a[]",
		`pk = 'b' OR pk = 'a' AND sk = '2' OR pk = 'a' AND sk <> '1'`: "b[] a[]",

		`x = 1`:                             "scan",
		`sk = '1'`:                          "scan",
		`pk > 'a'`:                          "scan",
		`pk > 1`:                            "scan",
		`pk <> 'a'`:                         "scan",
		`NOT pk = 'a'`:                      "scan",
		`begins_with(pk, 'a')`:              "scan",
		`pk = x`:                            "scan",
		`pk = 'a' OR x = 1`:                 "scan",
		`pk = 'a' OR sk = '1'`:              "scan",
		`"pk"[0] = 'a'`:                     "scan",
		`pk IN [` + many(51) + `] OR x = 1`: "scan",
		`pk IN [x, 'a']`:                    "scan",

		`pk IN ['a', 'a']`:                                 overlapping,
		`pk = 'a' OR pk = 'a'`:                             overlapping,
		`pk = 'a' AND (sk > '0' OR sk < '5')`:              overlapping,
		`pk = 'a' AND (sk = '1' OR x = 1)`:                 overlapping,
		`(pk='a' AND x=1) OR (pk='a' AND x=2)`:             overlapping,
		`pk = 'a' AND (sk <= '1' OR sk >= '1')`:            overlapping,
		`pk = 'a' AND (sk < '1' OR sk > '1')`:              "a[< 1] a[> 1]",
		`pk = 'a' AND (sk < '1' OR sk > '1' OR sk = '1')`:  "a[< 1] a[= 1] a[> 1]",
		`pk = 'a' AND (begins_with(sk, 'a') OR sk = 'ab')`: overlapping,
		`pk = 'a' AND (begins_with(sk, 'a') OR sk = 'b')`:  "a[begins a] a[= b]",

		`pk IN [` + many(50) + `] AND sk = '1' AND x = 1`:              "50 reads",
		`pk IN [` + many(51) + `]`:                                     tooMany,
		`pk = 'a' AND sk IN [` + many(51) + `]`:                        tooMany,
		`pk IN [` + many(26) + `] AND sk IN ['1', '2']`:                tooMany,
		`pk = 'a'` + strings.Repeat(` AND (sk = '1' OR sk = '2')`, 70): tooMany,

		`pk = 1`:                      wrongType + "pk",
		`pk = 1 OR pk = 'a'`:          wrongType + "pk",
		`pk = 'a' AND sk > 1`:         wrongType + "sk",
		`pk = 'a' AND sk IN ['1', 2]`: wrongType + "sk",
	} {
		t.Run(where[:min(len(where), 60)], func(t *testing.T) {
			plan, err := parse(t, `SELECT * FROM Music WHERE `+where).Plan(pk, sk)
			switch {
			case err != nil:
				require.Equal(t, want, message(err))
			case want == "50 reads":
				require.Len(t, plan.Reads, 50)
			default:
				require.Equal(t, want, shown(plan))
			}
		})
	}
}

// Ranges of one partition may be read wider than they are, but no item belongs to two of them.
func TestRangesShareNoItem(t *testing.T) {
	s := parse(t, `SELECT * FROM Music WHERE pk = 'a' AND (sk > '1' AND sk < '3' OR sk > '3' AND sk < '5')`)
	plan, err := s.Plan(pk, sk)
	require.NoError(t, err)
	require.Equal(t, "a[> 1] a[> 3]", shown(plan))
	require.False(t, plan.Reads[0].Past(attr.S("2"), false))
	require.True(t, plan.Reads[0].Past(attr.S("3"), false))
	require.False(t, plan.Reads[0].Past(attr.S("3"), true))
	require.True(t, plan.Reads[0].Past(attr.S("1"), true))
	for sort, want := range map[string]int{"1": -1, "2": 0, "3": -1, "4": 1, "5": -1} {
		for j, r := range plan.Reads {
			require.Equal(t, j == want, r.Holds(attr.S(sort)), sort)
		}
	}
}

func TestOrders(t *testing.T) {
	const (
		hash = "Must have hash key in ORDER BY clause when more than one hash key condition specified in WHERE clause."
		none = "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause."
	)
	for rest, want := range map[string]string{
		`WHERE pk = 'a'`:             "a[] ascending",
		`WHERE pk = 'a' ORDER BY sk`: "a[] ascending",
		`WHERE pk = 'a' AND sk < '5' AND sk > '1' AND sk >= '2' AND sk > '2'`:    "a[> 2] ascending",
		`WHERE pk = 'a' AND sk > '1' AND sk < '5' AND sk < '4' ORDER BY sk DESC`: "a[< 4] descending",
		`WHERE pk = 'a' ORDER BY sk DESC`:                                        "a[] descending",
		`WHERE pk = 'a' ORDER BY pk`:                                             "a[] descending", // the service was seen to do so
		`WHERE pk IN ['b', 'a'] ORDER BY pk`:                                     "a[] b[] descending",
		`WHERE pk IN ['a', 'b'] ORDER BY pk DESC, sk ASC`:                        "b[] a[] ascending",
		`WHERE pk IN ['b', 'a'] ORDER BY sk DESC, pk`:                            "a[] b[] descending",
		`WHERE pk = 'a' AND sk IN ['1', '2'] ORDER BY sk DESC`:                   "a[= 2] a[= 1] descending",
		`WHERE pk IN ['a', 'b'] ORDER BY sk`:                                     hash,
		`WHERE pk > 'a' ORDER BY sk`:                                             none,
		`WHERE x = 1 ORDER BY sk`:                                                none,
		`ORDER BY sk`:                                                            "Must have WHERE clause in the statement when using ORDER BY clause.",
		`WHERE pk = 'a' ORDER BY x`:                                              "Attribute x in ORDER BY clause must be part of the primary key",
	} {
		t.Run(rest, func(t *testing.T) {
			plan, err := parse(t, `SELECT * FROM Music `+rest).Plan(pk, sk)
			if err != nil {
				require.Equal(t, want, message(err))
				return
			}
			way := " ascending"
			if plan.Reverse {
				way = " descending"
			}
			require.Equal(t, want, shown(plan)+way)
		})
	}
}

// Attributes that an index lacks are missed only if no alternative does without them.
func TestLacking(t *testing.T) {
	for where, want := range map[string][]string{
		`pk = 'y' AND (b = 1 AND a = 2 OR has = 3)`: {"b", "a"},
		`pk = 'y' AND has = 1`:                      nil,
		`x = 1`:                                     nil,
		`(pk = 'b' AND u1 = 1) OR (pk = 'q' AND u2 = 1)`: {"u2"},
		`(pk = 'q' AND u1 = 1) OR (pk = 'b' AND u2 = 1)`: {"u1"},
		`(pk = 'y' AND has = 1) OR (pk = 'z' AND a = 1)`: nil,
		`(pk = 'y' AND x = 1) OR pk = 'z'`:               nil,
		`pk IN ['y', 'z'] AND x IS NOT MISSING`:          {"x"},
		`pk = 'y' AND (pk = 'z' OR x = 1)`:               nil,
		`pk = 'y' AND NOT begins_with(x, 'a')`:           {"x"},
	} {
		plan, err := parse(t, `SELECT * FROM Music WHERE `+where).Plan(pk, expr.KeyAttribute{})
		require.NoError(t, err, where)
		lacking := plan.Lacking(func(name string) bool { return name == "has" })
		require.Equal(t, want, lacking, where)
	}
}

// holds reports whether a condition holds for v.
func holds(c expr.SortCondition, v attr.Value) bool {
	order, _ := v.Compare(c.Value)
	switch c.Operator {
	case expr.SortEqual:
		return order == 0
	case expr.SortLess:
		return order < 0
	case expr.SortAtMost:
		return order <= 0
	case expr.SortGreater:
		return order > 0
	case expr.SortAtLeast:
		return order >= 0
	case expr.SortBetween:
		upper, _ := v.Compare(c.Upper)
		return order >= 0 && upper <= 0
	}
	text, _ := v.Text()
	prefix, _ := c.Value.Text()
	b, _ := v.Bytes()
	start, _ := c.Value.Bytes()
	return strings.HasPrefix(text, prefix) && bytes.HasPrefix(b, start)
}

// Whatever is said of a sort key, what is read for it is what is asked for, from one end to the other.
func TestSpans(t *testing.T) {
	texts := []string{"", "a", "ab", "abc", "ac", "b", "\u00ff", "\u00ffz"}
	domains := map[attr.Type][]attr.Value{attr.TypeN: {attr.N("-2"), attr.N("0"), attr.N("1"), attr.N("1.5"), attr.N("20")}}
	for _, text := range texts {
		domains[attr.TypeS] = append(domains[attr.TypeS], attr.S(text))
		domains[attr.TypeB] = append(domains[attr.TypeB], attr.B([]byte(text)))
	}
	random := rand.New(rand.NewPCG(5, 6))
	found := 0
	for range 20000 {
		typ := []attr.Type{attr.TypeS, attr.TypeN, attr.TypeB}[random.IntN(3)]
		domain := domains[typ]
		where, parameters := "pk = 'a'", []attr.Value(nil)
		for range 1 + random.IntN(3) {
			forms := []string{"sk = ?", "sk < ?", "sk <= ?", "sk > ?", "sk >= ?", "sk BETWEEN ? AND ?", "begins_with(sk, ?)"}
			if typ == attr.TypeN {
				forms = forms[:6]
			}
			form := forms[random.IntN(len(forms))]
			low := random.IntN(len(domain))
			parameters = append(parameters, domain[low])
			if strings.HasPrefix(form, "sk BETWEEN") {
				parameters = append(parameters, domain[low+random.IntN(len(domain)-low)])
			}
			where += " AND " + form
		}
		s := parse(t, "SELECT * FROM Music WHERE "+where+" ORDER BY sk "+[]string{"ASC", "DESC"}[random.IntN(2)], parameters...)
		plan, err := s.Plan(pk, expr.KeyAttribute{Name: "sk", Type: typ})
		require.NoError(t, err)
		inOrder := slices.Clone(domain)
		if plan.Reverse {
			slices.Reverse(inOrder)
		}
		past := false
		for _, v := range inOrder {
			wanted := s.Condition.Holds(attr.MustItem(attr.Map{"pk": attr.S("a"), "sk": v}))
			if len(plan.Reads) == 0 {
				require.False(t, wanted, "%s %v", where, parameters)
				continue
			}
			r := plan.Reads[0]
			require.Equal(t, wanted, r.Holds(v), "%s %v: %v", where, parameters, v)
			past = past || r.Past(v, plan.Reverse)
			if wanted {
				require.False(t, past, "%s %v: %v", where, parameters, v)
				require.True(t, holds(r.Sort, v), "%s %v: %v is not read by %v", where, parameters, v, r.Sort)
				found++
			}
		}
	}
	require.Greater(t, found, 10000)
}

// FuzzParse reads anything, and looks at what it means if it is a statement.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		`SELECT a, b.c[0]."d e" FROM "T-1"."i" WHERE pk = 'x' AND (sk BETWEEN 1 AND ? OR NOT size(a) > 2) ORDER BY sk DESC`,
		`INSERT INTO Music VALUE {'a': [1, <<'b'>>, {'c': null}], 'd': -1.5e3, 'e': ?} -- done`,
		`UPDATE Music SET a = list_append(a, [1]) - 2 REMOVE b['c'] WHERE pk = 'a' AND sk = 1 RETURNING ALL OLD *`,
		`FROM Music WHERE pk IN ('a', 'b') AND x IS NOT MISSING SET a = set_add(a, <<1>>);`,
		`DELETE FROM Music WHERE begins_with(a, 'x') /* so */ RETURNING ALL OLD *`,
		`EXISTS(SELECT * FROM Music WHERE pk = 'a' AND sk = 1 AND attribute_type(a, 'N') = true)`,
	} {
		f.Add(text)
	}
	item := attr.MustItem(attr.Map{"pk": attr.S("a"), "sk": attr.S("1"), "a": attr.L(attr.N("1"))})
	f.Fuzz(func(t *testing.T, text string) {
		s, err := partiql.Parse(text, []attr.Value{attr.S("p"), attr.N("1")})
		if err != nil {
			require.NotEqual(t, "no refusal", message(err))
			return
		}
		if s.Condition != nil {
			s.Condition.Holds(item)
			s.Condition.Holds(attr.Item{})
		}
		if s.Update != nil {
			s.Update.Apply(item)
		}
		for _, c := range s.Columns {
			c.Path.In(item)
		}
		if s.Kind != partiql.Insert {
			s.Key("pk", "sk")
			s.ReadKey("pk", "sk")
			plan, err := s.Plan(pk, sk)
			if err == nil {
				checkPlan(t, s, plan)
			}
		}
	})
}

// checkPlan requires that each item that a statement finds is in one range that is read, if any are.
func checkPlan(t *testing.T, s *partiql.Statement, plan *partiql.Plan) {
	if !plan.Keyed {
		return
	}
	for _, partition := range []string{"a", "b", "x", "p"} {
		for _, sort := range []string{"", "0", "1", "5", "a", "p", "zz"} {
			item := attr.MustItem(attr.Map{"pk": attr.S(partition), "sk": attr.S(sort), "x": attr.N("1")})
			if !s.Condition.Holds(item) {
				continue
			}
			in := 0
			for _, r := range plan.Reads {
				if r.Partition == attr.S(partition) && r.Holds(attr.S(sort)) {
					in++
				}
			}
			require.Equal(t, 1, in, item)
		}
	}
}
