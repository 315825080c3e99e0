package partiql_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/internal/expr"
	"github.com/tidemark-db/tidemark/internal/partiql"
)

// What cannot be a statement, with what is said of it after the words that say so.
func TestMalformed(t *testing.T) {
	for text, reason := range map[string]string{
		``:                                   "Unexpected term",
		` ; `:                                "Unexpected term",
		`-- nothing`:                         "Unexpected term",
		`SLECT * FROM Music`:                 "Expected data manipulation",
		`garbage x`:                          "Expected data manipulation",
		`UPDATE Payment-1 SET a = 1`:         "Expected data manipulation",
		`UPDATE Music WHERE pk = 'a'`:        "Expected data manipulation",
		`UPDATE Music`:                       "Expected data manipulation",
		`SELECT * FROM Music WHERE a = 1 x`:  "Unexpected token after expression",
		`SELECT * FROM Music WHERE a = 1 e5`: "Unexpected token after expression",
		`SELECT * FROM Music WHERE a = 1)`:   "Unexpected token after expression",
		`SELECT * FROM Music;;`:              "Unexpected token after expression",
		`SELECT * FROM Music; SELECT * FROM Music`:                               "Unexpected token after expression",
		`SELECT * FROM Music ORDER BY a WHERE a = 1`:                             "Unexpected token after expression",
		`DELETE FROM Music WHERE a = 1 ORDER BY a`:                               "Unexpected token after expression",
		`INSERT INTO Music VALUE {'a': 1} x`:                                     "Unexpected token after expression",
		`INSERT INTO Music m VALUE {'a': 1}`:                                     "Unexpected token after expression",
		`INSERT INTO Music VALUES {'a': 1}`:                                      "Unexpected token after expression",
		`FROM Music SET c = 1 WHERE a = 1`:                                       "Unexpected token after expression",
		`FROM Music SET c = 1 WHERE a = 1 SET d = 2`:                             "Unexpected token after expression",
		`UPDATE Music SET a = 1 WHERE b = 2 LIMIT 1`:                             "Unexpected token after expression",
		`UPDATE Music REMOVE a, b WHERE c = 1`:                                   "Unexpected token after expression",
		`SELECT * FROM Music WHERE a == 1`:                                       "Unexpected operator",
		`SELECT * FROM Music WHERE`:                                              "Unexpected term",
		`SELECT * FROM Music WHERE;`:                                             "Unexpected term",
		`SELECT * FROM Music WHERE NOT`:                                          "Unexpected term",
		`SELECT * FROM Music WHERE (`:                                            "Unexpected term",
		`SELECT * FROM`:                                                          "Unexpected term",
		`SELECT * FROM Music WHERE a = ['x'`:                                     "Expected RIGHT_PAREN",
		`SELECT * FROM Music WHERE (a = 1`:                                       "Expected RIGHT_PAREN",
		`SELECT * FROM Music WHERE a = 1 AND`:                                    "Missing right-hand side expression of infix operator",
		`SELECT * FROM Music WHERE a = 1 OR`:                                     "Missing right-hand side expression of infix operator",
		`SELECT * FROM Music WHERE a =`:                                          "Missing right-hand side expression of infix operator",
		`SELECT * FROM Music WHERE ORDER BY a`:                                   "Unexpected keyword",
		`SELECT * FROM Music WHERE date = 1`:                                     "Unexpected keyword",
		`SELECT a, FROM Music`:                                                   "Unexpected keyword",
		`SELECT * FROM Music WHERE IS NULL`:                                      "Unexpected operator",
		`SELECT * FROM Music WHERE a = LIKE`:                                     "Unexpected operator",
		`SELECT * FROM Music WHERE a IS FOO`:                                     "Expected type name",
		`SELECT * FROM Music WHERE a.inner = 1`:                                  "Invalid path dot component",
		`SELECT * FROM Music WHERE a. = 1`:                                       "Invalid path dot component",
		`DELETE FROM`:                                                            "Expected identifier for simple path",
		`DELETE FROM;`:                                                           "Expected identifier for simple path",
		`DELETE FROM WHERE a = 1`:                                                "Expected identifier for simple path",
		`UPDATE Music SET WHERE`:                                                 "Expected identifier for simple path",
		`DELETE FROM 'Music'`:                                                    "Expected identifier for simple path",
		`UPDATE Music SET 'a' = 1`:                                               "Expected identifier for simple path",
		`SELECT * FROM Music WHERE a = 1e2147483648`:                             "",
		`SELECT * FROM Music WHERE a = 1e99999999999`:                            "",
		`SELECT * FROM Music WHERE a = 1.5e-2147483647`:                          "",
		`SELECT * FROM Music WHERE a = 1 # note`:                                 "",
		`SELECT * FROM Music WHERE a = 1 /* note`:                                "",
		`SELECT * FROM "Music`:                                                   "",
		`SELECT * FROM Music WHERE a = 'x`:                                       "",
		`SELECT * FROM Music WHERE a = 1x`:                                       "",
		`SELECT * FROM Music WHERE a = 1` + strings.Repeat(" ", partiql.MaxSize): "",
	} {
		t.Run(text[:min(len(text), 60)], func(t *testing.T) {
			_, err := partiql.Parse(text, nil)
			require.Equal(t, "Statement wasn't well formed, can't be processed: "+reason, message(err))
		})
	}
}

// What the syntax allows, but not the service.
func TestUnsupported(t *testing.T) {
	const is = ". Supported data types are [MISSING, NULL, BOOLEAN, BLOB, STRING, NUMERIC, STRUCT, TUPLE, LIST]"
	for text, want := range map[string]string{
		`garbage`:                                  "Unsupported operation: VariableReference",
		`x IS INT4`:                                "Unsupported operation: IsType",
		`CREATE TABLE Music`:                       "Unsupported operation: CreateTable",
		`INSERT INTO Music {'a': 1}`:               "Unsupported operation: InsertOp",
		`SELECT * FROM Music m WHERE a = 1`:        "Aliasing is not supported",
		`SELECT * FROM Music AS m`:                 "Aliasing is not supported",
		`SELECT a AS b FROM Music`:                 "Aliasing is not supported",
		`UPDATE Music m SET a = 1`:                 "Aliasing is not supported",
		`DELETE FROM Music m WHERE a = 1`:          "Aliasing is not supported",
		`SELECT * FROM Music, Other`:               "Only select from a single table or index is supported.",
		`SELECT * FROM Music LEFT JOIN B ON a = b`: "Only select from a single table or index is supported.",
		`SELECT * FROM (SELECT * FROM Music)`:      "Unexpected from source",
		`SELECT * FROM 'Music'`:                    "Unexpected from source",
		`SELECT * FROM ?`:                          "Unexpected from source",
		`SELECT * FROM Music[0]`:                   "Unexpected from source",
		`SELECT * FROM Music LIMIT 1`:              "Unsupported clause: LIMIT at 1:27:1",
		`SELECT * FROM Music GROUP BY a`:           "Unsupported clause: GROUP BY",
		`SELECT DISTINCT a FROM Music`:             "Unsupported token in expression: DISTINCT",
		`SELECT VALUE a FROM Music`:                "Select projection doesn't support value or pivot keywords",
		`SELECT a.* FROM Music`:                    "Changing item's hierarchy while reading isn't supported",
		`SELECT 1 FROM Music`:                      "Unexpected path component at 1:8:1",
		`SELECT COUNT(*) FROM Music`:               "Unexpected path component at 1:8:5",
		`SELECT size(a) FROM Music`:                "Unexpected path component at 1:8:4",
		`SELECT a, a FROM Music`:                   "Duplicate identifiers in select clause: a",
		`SELECT m.z, z FROM Music`:                 "Duplicate identifiers in select clause: z",
		`SELECT m, m.z FROM Music`: "Two document paths overlap with each other; must remove or rewrite one of these paths; " +
			"path one: [m, z], path two: [m]",
		`SELECT l[-1] FROM Music`: "List index is not within the allowable range; index: [-1] at 1:11:1",
		`SELECT l[2147483648] FROM Music`: "List index is not within the allowable range; index: [2147483648] at " +
			"1:10:10",
		`SELECT a FROM Music WHERE l[?] = 1`:   "Number of parameters in request and statement don't match.",
		`SELECT a FROM Music WHERE l[b.c] = 1`: "Unexpected path component at 1:29:1",
		`SELECT a FROM Music WHERE l[*] = 1`:   "Wildcard path component like a[*].b are not supported at 1:29:1",
		`SELECT a FROM Music WHERE l.* = 1`:    "Unpivot path component like a.*.b are not supported at 1:29:1",
		`SELECT * FROM Music ORDER BY a.b`:     "Argument to ORDER BY must be of type VariableReference. Type: PATH",
		`SELECT * FROM ""`:                     "Path component cannot be an empty string",
		`SELECT * FROM Music.""`:               "Path component cannot be an empty string",
		`SELECT * FROM Music.a.b`:              "A path may contain at most 2 components in the FROM clause",
		`SELECT * FROM "arn:aws:x"`: "Table name should be within the length [3, 255] and only contain 'a-z', 'A-Z', " +
			"'0-9', '-', '_', '.'.",
		`INSERT INTO Music.byX VALUE {'a': 1}`: "FROM clause may only contain a single table name in data " +
			"manipulation statements",
		`UPDATE Music.byX SET a = 1`: "This operation is not supported on an index",
		`DELETE FROM Music.byX`:      "This operation is not supported on an index",

		`SELECT * FROM Music WHERE a`:           "WHERE clause must contain an expression that resolves to a boolean",
		`SELECT * FROM Music WHERE true`:        "WHERE clause must contain an expression that resolves to a boolean",
		`SELECT * FROM Music WHERE size(a)`:     "WHERE clause must contain an expression that resolves to a boolean",
		`SELECT * FROM Music WHERE a AND b=1`:   "The arguments to AND/OR must be Expressions",
		`SELECT * FROM Music WHERE b=1 OR true`: "The arguments to AND/OR must be Expressions",
		`SELECT * FROM Music WHERE NOT a`:       "The argument to NOT must be a Type or Expression",
		`SELECT * FROM Music WHERE a + 1`:       "Unsupported operator in Condition Expression. Operator: +",
		`SELECT * FROM Music WHERE NOT -a`:      "Unsupported operator in Condition Expression. Operator: -",
		`SELECT * FROM Music WHERE MISSING`:     "MISSING must be compared using IS operator",
		`SELECT * FROM Music WHERE if_not_exists(a, 1)`: "The function is not allowed in a condition expression; " +
			"function: if_not_exists",
		`SELECT * FROM Music WHERE a BETWEEN 1 AND a`: "The first operand must be distinct from the remaining operands for " +
			"this operator or function; operator: BETWEEN, first operand: [a]",
		`SELECT * FROM Music WHERE a IS NULL IS NULL`: "The left hand side argument to IS must be a Variable Reference, " +
			"Literal, or Path",
		`SELECT * FROM Music WHERE [1] IS LIST`: "The left hand side argument to IS must be a Variable Reference, Literal, " +
			"or Path",
		`SELECT * FROM Music WHERE EXISTS(SELECT * FROM Music)`: "Unsupported token in expression: SELECT at 1:34:6",
		`SELECT * FROM Music WHERE a = (SELECT b FROM Music)`:   "Unsupported token in expression: SELECT at 1:32:6",
		`SELECT * FROM Music HAVING a = 1`:                      "Unsupported clause: HAVING at 1:30:1",
		`SELECT * FROM Music WHERE m."" = 1`:                    "Path component cannot be an empty string",
		`SELECT * FROM Music WHERE ` + strings.Repeat("NOT ", 300) + `a = 1`: "The expression contains too many operators; " +
			"operator count: 301",
		`UPDATE Music SET a = 1` + strings.Repeat(" + 1", 301): "The expression contains too many operators; operator " +
			"count: 301",
		`SELECT * FROM Music WHERE a` + strings.Repeat(".a", 32) + ` = 1`: "The document path has too many nesting levels; " +
			"nesting levels: 33",
		`SELECT m[''] FROM Music`:               "Path component cannot be an empty string",
		`UPDATE Music SET a = {'b': {'': 1}}`:   "Path component cannot be an empty string",
		`INSERT INTO Music VALUE {'': 1}`:       "Path component cannot be an empty string",
		`EXISTS(SELECT COUNT(*) FROM Music)`:    "Unexpected path component at 1:15:5",
		`SELECT * FROM Music WHERE a = MISSING`: "MISSING must be compared using IS operator",
		`SELECT * FROM Music WHERE a LIKE 'x%'`: "Unsupported operator in Condition Expression. Operator: like",
		`SELECT * FROM Music WHERE a + 1 = 2`:   "Unsupported operator in Condition Expression. Operator: +",
		`SELECT * FROM Music WHERE a > -b`:      "Unsupported operator in Condition Expression. Operator: -",
		`SELECT * FROM Music WHERE a IN 'x'`: "IN operator must have a left hand argument of type Variable Reference and " +
			"right hand argument of type Seq with at least one member",
		`SELECT * FROM Music WHERE a IS INT`:              "Unsupported data type for IS operator: INTEGER" + is + " at 1:29:2",
		`SELECT * FROM Music WHERE EXISTS(a)`:             "Unrecognized function: exists at 1:27:6",
		"SELECT *\nFROM Music\n WHERE\tFoo(a, b)":         "Unrecognized function: foo at 3:8:3",
		`SELECT * FROM Music WHERE set_add(a, <<1>>) = a`: "Unrecognized function: set_add at 1:27:7",
		`SELECT * FROM Music WHERE attribute_exists('a')`: "Operator or function requires a document path; " +
			"operator or function: attribute_exists",
		`SELECT * FROM Music WHERE attribute_exists()`: "Incorrect number of operands for operator or function; " +
			"operator or function: attribute_exists, number of operands: 0",
		`SELECT * FROM Music WHERE ATTRIBUTE_TYPE(a, 1)`: "Incorrect operand type for operator or function; " +
			"operator or function: attribute_type, operand type: N",
		`SELECT * FROM Music WHERE a < true`: "Incorrect operand type for operator or function; " +
			"operator or function: <, operand type: BOOL",
		`SELECT * FROM Music WHERE attribute_exists(a) > false`: "Incorrect operand type for operator or function; " +
			"operator or function: >, operand type: BOOL",
		`SELECT * FROM Music WHERE a BETWEEN 'x' AND 1`: "The BETWEEN operator requires same data type for lower and upper " +
			"bounds; lower bound operand: AttributeValue: {S:x}, upper bound operand: AttributeValue: {N:1}",
		`SELECT * FROM Music WHERE a = a`: "The first operand must be distinct from the remaining operands for this operator " +
			"or function; operator: =, first operand: [a]",
		`SELECT * FROM Music WHERE a IN [1, a]`: "The first operand must be distinct from the remaining operands for this " +
			"operator or function; operator: IN, first operand: [a]",
		`SELECT * FROM Music WHERE a IN [` + strings.Repeat("1, ", 100) + `1]`: "The IN operator is provided with too many " +
			"operands; number of operands: 101",

		`INSERT INTO Music VALUE 'x'`: "Unsupported format in item expression. Please use struct format {...} to express " +
			"item values for insert statement. at 1:25:3",
		`INSERT INTO Music VALUE {'a': 1} RETURNING ALL OLD *`: "RETURNING is not supported in INSERT",
		`INSERT INTO Music VALUE {a: 1}`: "Tuple keys must be of type String. Actual type: VariableReference under " +
			"root at 1:26:1",
		`INSERT INTO Music VALUE {1: 1}`:           "Tuple keys must be of type String. Actual type: INT under root at 1:26:1",
		`INSERT INTO Music VALUE {'a': 1, 'a': 2}`: "Duplicate keys in tuple. Key: a under root at 1:25:1",
		`INSERT INTO Music VALUE {'a': b}`:         "Unsupported data type: b under key root at 1:31:1",
		`INSERT INTO Music VALUE {'a': {'b': c}}`: "Unsupported data type: VariableReference under key root.b at " +
			"1:37:1",
		`INSERT INTO Music VALUE {'a': 1+1}`:     "Unsupported data type: + under key root at 1:32:1",
		`INSERT INTO Music VALUE {'a': size(b)}`: "Unsupported data type: size under key root at 1:31:4",
		`INSERT INTO Music VALUE {'a': MISSING}`: "Unsupported data type: MISSING under key root at 1:31:7",
		`INSERT INTO Music VALUE {'a': <<>>}`:    "Empty bags are not supported",
		`INSERT INTO Music VALUE {'a': <<1, 'b'>>}`: "Unsupported data type in Bag. DynamoDB only supports either " +
			"numbers or strings in bags",
		`INSERT INTO Music VALUE {'a': <<[1]>>}`: "Unsupported data type in Bag. DynamoDB only supports either " +
			"numbers or strings in bags",
		`INSERT INTO Music VALUE {'a': <<'b', 'b'>>}`: "One or more parameter values were invalid: Input collection " +
			"[b, b] contains duplicates.",
		`INSERT INTO Music VALUE {'a': [<<2, 2.0>>]}`: "One or more parameter values were invalid: Input collection " +
			"[2, 2.0] contains duplicates! under root[0]",
		`INSERT INTO Music VALUE {'a': {'x': 1e126}}`: "Number overflow. Attempting to store a number with magnitude " +
			"larger than supported range under root.x",
		`INSERT INTO Music VALUE {'a': [1, 1e-131]}`: "Number underflow. Attempting to store a number with magnitude " +
			"smaller than supported range under root[1]",
		`INSERT INTO Music VALUE {'a': ` + strings.Repeat("1", 39) + `}`: "Attempting to store more than 38 " +
			"significant digits in a Number under root",
		`INSERT INTO Music VALUE {'a': ` + strings.Repeat("[", 32) + "1" + strings.Repeat("]", 32) + `}`: "Nesting Levels have exceeded " +
			"supported limits under root" + strings.Repeat("[0]", 32),

		`UPDATE Music SET a = b * 2`:      "Unsupported operator in Update Expression. Operator: *",
		`UPDATE Music SET a = b || 'x'`:   "Unsupported operator in Update Expression. Operator: ||",
		`UPDATE Music SET a = true AND b`: "Unsupported operator in Update Expression. Operator: and",
		`UPDATE Music SET a = MISSING`:    "MISSING must be compared using IS operator",
		`UPDATE Music SET a = size(b)`:    "The function is not allowed in an update expression; function: size",
		`UPDATE Music SET a = foo(b)`:     "Unrecognized function: foo at 1:22:3",
		`UPDATE Music SET a = -a`: "Incorrect number of operands for operator or function; operator or function: -, " +
			"number of operands: 1",
		`UPDATE Music SET a = 'x' + 1`: "Incorrect operand type for operator or function; operator or function: +, " +
			"operand type: S",
		`UPDATE Music SET a = list_append(a)`: "Incorrect number of operands for operator or function; operator or " +
			"function: list_append, number of operands: 1",
		`UPDATE Music SET a = list_append(a, 3)`: "Incorrect operand type for operator or function; operator or " +
			"function: list_append, operand type: N",
		`UPDATE Music SET a = set_add(b, <<1>>)`: "The first argument to SET_ADD must equal the assignment value at " +
			"1:22:7",
		`UPDATE Music SET a = set_add(<<1>>, <<1>>)`: "The first argument to SET_ADD must equal the assignment value " +
			"at 1:22:7",
		`UPDATE Music SET a = set_delete(a)`: "SET_DELETE must have exactly two arguments at 1:22:10",
		`UPDATE Music SET a = set_add(a, 'x')`: "The second argument to SET_ADD must be a value with type SET at " +
			"1:30:1",
		`UPDATE Music SET a = set_add(a, b)`: "The second argument to SET_ADD must be a value with type SET at 1:30:1",
		`UPDATE Music SET "ab" = set_add("ab", ['x'])`: "The second argument to SET_ADD must be a value with type SET " +
			"at 1:33:4",
		`UPDATE Music SET a = 1 SET a = 2`: "Two document paths overlap with each other; must remove or rewrite one of " +
			"these paths; path one: [a], path two: [a]",
		`UPDATE Music SET m = 1 SET m.x = 2`: "Two document paths overlap with each other; must remove or rewrite one of " +
			"these paths; path one: [m, x], path two: [m]",
		`UPDATE Music SET a = 1 WHERE b = 1 RETURNING ALL NEW a`: "Expected '*' after ( MODIFIED | ALL ) ( NEW | OLD " +
			") in RETURNING clause",
		`UPDATE Music SET a = 1 WHERE b = 1 RETURNING ALL NEW *, ALL OLD *`: "Invalid syntax with multiple returning elements " +
			"in RETURNING clause",
		`DELETE FROM Music RETURNING MODIFIED OLD *`: "Invalid returning clause: RETURNING MODIFIED OLD *. " +
			"Only RETURNING ALL OLD * is allowed in DELETE statements.",
	} {
		t.Run(text[:min(len(text), 60)], func(t *testing.T) {
			require.Equal(t, want, message(refused(text)), text)
		})
	}
}

// refused returns what is wrong with a statement, be it told only when its table is known.
func refused(text string) error {
	s, err := partiql.Parse(text, nil)
	if err == nil {
		_, err = s.Plan(expr.KeyAttribute{Name: "pk", Type: attr.TypeS}, expr.KeyAttribute{})
	}
	return err
}

// A parameter stands for a value of its own, not for a part of one.
func TestParametersInLiterals(t *testing.T) {
	_, err := partiql.Parse(`UPDATE Music SET x = [?] WHERE a = 1`, []attr.Value{attr.S("v")})
	require.Equal(t, "Unsupported data type: Parameter under key root[0] at 1:23:1", message(err))
	_, err = partiql.Parse(`INSERT INTO Music VALUE {'m': {'k': ?}}`, []attr.Value{attr.S("v")})
	require.Equal(t, "Unsupported data type: Parameter under key root.k at 1:37:1", message(err))
	_, err = partiql.Parse(`SELECT * FROM Music WHERE a = ? AND b = ?`, []attr.Value{attr.S("v")})
	require.Equal(t, "Number of parameters in request and statement don't match.", message(err))
	_, err = partiql.Parse(`SELECT * FROM Music WHERE a < ?`, []attr.Value{attr.Bool(true)})
	require.Equal(t, "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL",
		message(err))
}
