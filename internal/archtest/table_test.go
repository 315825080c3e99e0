package archtest_test

const module = "github.com/tidemark-db/tidemark"

// arrows says of every package which others of this module it may import. The root package is ".", a name that ends
// in /* stands for everything beneath, and anything allows all packages but the examples. Imports of test files are
// not restricted.
var arrows = map[string][]string{
	"exception":         {},
	"clock":             {},
	"arn":               {},
	"internal/validate": {"arn", "exception"},
	"internal/jsontext": {"exception"},
	"attr":              {"exception", "internal/jsontext"},
	"internal/expr":     {"attr", "exception"},
	"internal/partiql":  {"attr", "exception", "internal/expr"},
	"internal/request":  {"arn", "attr", "exception", "internal/jsontext", "internal/validate"},
	"schema":            {"arn", "attr", "exception", "internal/validate"},
	"internal/capacity": {"attr", "schema"},
	"internal/policy":   {"arn", "exception", "internal/jsontext"},
	"internal/storage":  {"attr", "clock", "exception", "schema"},
	"snapshot":          {"attr", "clock", "exception", "internal/storage", "schema"},
	"internal/spool":    {"attr", "clock", "exception", "internal/storage"},
	"table": {"arn", "attr", "clock", "exception", "internal/policy", "internal/storage", "internal/validate", "schema",
		"snapshot"},

	// Never table and never internal/storage: an emulator with tables of its own links backup without ours.
	"backup": {"arn", "attr", "clock", "exception", "internal/validate", "schema", "snapshot"},

	// The same for the kit that tries such an emulator's store.
	"backup/backuptest": {"arn", "attr", "backup", "clock", "exception", "schema", "snapshot"},

	"wire": {"arn", "attr", "backup", "clock", "exception", "internal/capacity", "internal/expr", "internal/jsontext",
		"internal/partiql", "internal/request", "schema", "snapshot", "table"},

	// What stands between a client and tables that are elsewhere.
	"internal/upstream": {"arn", "attr", "clock", "exception", "internal/request", "internal/spool", "internal/storage",
		"schema", "snapshot", "wire"},

	".":                 {anything},
	"internal/endpoint": {".", "clock", "table", "wire"},
	"tidemarktest":      {anything},
	"cmd/*":             {anything},
	"docs/diagrams":     {anything},
	"examples/*":        {anything},

	// For tests alone.
	"internal/archtest": {},
	"internal/model":    {"attr", "clock", "schema", "snapshot"},
	"internal/scenario": {},
}

const anything = "*"

// The modules that may be imported from outside the standard library.
var (
	dependencies     = []string{"github.com/google/btree", "github.com/google/uuid"}
	testDependencies = []string{"github.com/stretchr/testify/require"}
)

// reserved are packages of the standard library that only some packages may import, outside of tests.
var reserved = map[string][]string{
	"net/http":      {"wire", "wire/*", "cmd/*", "examples/*", "tidemarktest", "internal/upstream"},
	"encoding/json": {"wire", "wire/*", "cmd/*", "examples/*", "tidemarktest", "internal/upstream"},
}

// clockReaders are the packages that may ask the machine for the time. All others are told it by a clock.Clock.
var clockReaders = []string{"clock", "cmd/*", "examples/*"}

const (
	maxFileLines     = 600
	maxFunctionLines = 70
)
