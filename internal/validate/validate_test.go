package validate_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/validate"
)

func TestCheck(t *testing.T) {
	const failed = " failed to satisfy constraint: Member must "
	long := strings.Repeat("a", 256)
	tests := []struct {
		name string
		run  func(*validate.Check)
		want string
	}{
		{
			name: "required",
			run:  func(c *validate.Check) { c.Required("backupName", false) },
			want: "1 validation error detected: Value null at 'backupName'" + failed + "not be null",
		},
		{
			name: "too short",
			run:  func(c *validate.Check) { c.Length("backupName", "ab", 3, 255) },
			want: "1 validation error detected: Value 'ab' at 'backupName'" + failed +
				"have length greater than or equal to 3",
		},
		{
			name: "too long",
			run:  func(c *validate.Check) { c.Length("backupName", long, 3, 255) },
			want: "1 validation error detected: Value '" + long + "' at 'backupName'" + failed +
				"have length less than or equal to 255",
		},
		{
			name: "pattern",
			run:  func(c *validate.Check) { c.Pattern("s3Bucket", "A", "[a-z]+", false) },
			want: "1 validation error detected: Value 'A' at 's3Bucket'" + failed +
				"satisfy regular expression pattern: [a-z]+",
		},
		{
			name: "integer too low",
			run:  func(c *validate.Check) { c.Range("limit", 0, 1, 100) },
			want: "1 validation error detected: Value '0' at 'limit'" + failed + "have value greater than or equal to 1",
		},
		{
			name: "integer too high",
			run:  func(c *validate.Check) { c.Range("limit", 101, 1, 100) },
			want: "1 validation error detected: Value '101' at 'limit'" + failed + "have value less than or equal to 100",
		},
		{
			name: "enum",
			run:  func(c *validate.Check) { c.Enum("billingMode", "FREE", "PROVISIONED", "PAY_PER_REQUEST") },
			want: "1 validation error detected: Value 'FREE' at 'billingMode'" + failed +
				"satisfy enum value set: [PROVISIONED, PAY_PER_REQUEST]",
		},
		{
			name: "list too short",
			run:  func(c *validate.Check) { c.Count("keySchema", "[]", 0, 1, 2) },
			want: "1 validation error detected: Value '[]' at 'keySchema'" + failed +
				"have length greater than or equal to 1",
		},
		{
			name: "list too long",
			run:  func(c *validate.Check) { c.Count("keySchema", "[a, b, c]", 3, 1, 2) },
			want: "1 validation error detected: Value '[a, b, c]' at 'keySchema'" + failed +
				"have length less than or equal to 2",
		},
		{
			name: "empty name",
			run:  func(c *validate.Check) { c.Name("backupName", "") },
			want: "2 validation errors detected: " +
				"Value '' at 'backupName'" + failed + "satisfy regular expression pattern: [a-zA-Z0-9_.-]+; " +
				"Value '' at 'backupName'" + failed + "have length greater than or equal to 3",
		},
		{
			name: "name with a space",
			run:  func(c *validate.Check) { c.Name("tableName", "my table") },
			want: "1 validation error detected: Value 'my table' at 'tableName'" + failed +
				"satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
		},
		{
			name: "the order is the caller's",
			run: func(c *validate.Check) {
				c.Required("tableName", false)
				c.Range("limit", -1, 1, 100)
				c.Required("backupName", false)
			},
			want: "3 validation errors detected: " +
				"Value null at 'tableName'" + failed + "not be null; " +
				"Value '-1' at 'limit'" + failed + "have value greater than or equal to 1; " +
				"Value null at 'backupName'" + failed + "not be null",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var c validate.Check
			test.run(&c)
			err := c.Err()
			require.ErrorIs(t, err, exception.Validation)
			var e *exception.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, test.want, e.Message)
		})
	}
}

// pass runs every check on values at the edges of what is allowed.
func pass(name string) error {
	var c validate.Check
	c.Required("tableName", true)
	c.Name("tableName", "a-b")
	c.Name("tableName", name)
	c.Length("tableArn", name, 1, 255)
	c.Length("description", name, 0, 0)
	c.Length("three characters", "äöü", 3, 3)
	c.Pattern("tableName", name, "", true)
	c.Range("limit", 1, 1, 100)
	c.Range("limit", 100, 1, 100)
	c.Range("unbounded", 1<<40, 1, 0)
	c.Enum("keyType", "RANGE", "HASH", "RANGE")
	c.Count("keySchema", "", 2, 1, 2)
	c.Count("unbounded", "", 1000, 1, 0)
	return c.Err()
}

func TestCheckPasses(t *testing.T) {
	name := strings.Repeat("a", 255)
	require.NoError(t, pass(name))
	allocs := testing.AllocsPerRun(100, func() { _ = pass(name) })
	require.Zero(t, allocs, "a request in which nothing is violated must cost no memory")
}

func ExampleCheck() {
	var c validate.Check
	c.Name("backupName", "ok")
	c.Range("limit", 0, 1, 100)
	fmt.Println(strings.NewReplacer("detected: ", "detected:\n", "; ", ";\n").Replace(c.Err().Error()))
	// Output:
	// ValidationException: 2 validation errors detected:
	// Value 'ok' at 'backupName' failed to satisfy constraint: Member must have length greater than or equal to 3;
	// Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1
}
