package wire_test

import (
	"compress/gzip"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var rewrite = flag.Bool("rewrite", false, "write testdata/model.txt anew; commit only changes you understand")

// described are the operations that testdata/model.txt is about.
var described = []string{
	"CreateBackup", "DescribeBackup", "ListBackups", "DeleteBackup", "RestoreTableFromBackup",
	"RestoreTableToPointInTime", "DescribeContinuousBackups", "UpdateContinuousBackups",
	"CreateTable", "DescribeTable", "ListTables", "UpdateTable", "DeleteTable", "TagResource", "UntagResource",
	"ListTagsOfResource", "UpdateTimeToLive", "DescribeTimeToLive", "DescribeLimits", "DescribeEndpoints",
	"PutItem", "GetItem", "UpdateItem", "DeleteItem", "Query", "Scan", "BatchGetItem", "BatchWriteItem",
	"TransactGetItems", "TransactWriteItems", "ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction",
	"PutResourcePolicy", "GetResourcePolicy", "DeleteResourcePolicy",
	"UpdateContributorInsights", "DescribeContributorInsights", "ListContributorInsights",
	"EnableKinesisStreamingDestination", "DisableKinesisStreamingDestination",
	"UpdateKinesisStreamingDestination", "DescribeKinesisStreamingDestination",
	"CreateGlobalTable", "UpdateGlobalTable", "DescribeGlobalTable", "ListGlobalTables", "UpdateGlobalTableSettings",
	"DescribeGlobalTableSettings", "UpdateTableReplicaAutoScaling", "DescribeTableReplicaAutoScaling",
}

// describedStreams are the operations that testdata/model-streams.txt is about: those of streams have a model of their
// own, with shapes of the same names.
var describedStreams = []string{"ListStreams", "DescribeStream", "GetShardIterator", "GetRecords"}

// TestModelIsTheService compares the files of testdata/model*.txt with the descriptions of the service that come with
// botocore, the package beneath the AWS CLI, where that is installed.
func TestModelIsTheService(t *testing.T) {
	folder, source := findBotocore(t)
	if want := loadedSource(); want != source && !*rewrite {
		t.Skipf("testdata/model.txt is from %s, and %s is installed: nothing to compare it with", want, source)
	}
	for file, of := range map[string]struct {
		service    string
		operations []string
	}{
		"testdata/model.txt":         {"dynamodb", described},
		"testdata/model-streams.txt": {"dynamodbstreams", describedStreams},
	} {
		m := readService(t, filepath.Join(folder, "data", of.service, "2012-08-10/service-2.json.gz"), of.operations)
		m.source = source
		if *rewrite {
			require.NoError(t, os.WriteFile(file, []byte(m.String()), 0o644))
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		want, got := strings.Split(m.String(), "\n"), strings.Split(string(text), "\n")
		for i := range min(len(want), len(got)) {
			require.Equal(t, want[i], got[i], "%s:%d: write it anew with -rewrite", file, i+1)
		}
		require.Len(t, got, len(want))
	}
}

func loadedSource() string {
	m, err := theModel()
	if err != nil {
		return "nowhere"
	}
	return m.source
}

// findBotocore returns where botocore is and its name and version, or skips the test.
func findBotocore(t *testing.T) (folder, source string) {
	out, err := exec.Command("python3", "-c", "import botocore; print(botocore.__file__, botocore.__version__)").Output()
	words := strings.Fields(string(out))
	if err != nil || len(words) != 2 {
		t.Skip("botocore is not installed: pip install botocore to compare testdata/model.txt with the service's model")
	}
	return filepath.Dir(words[0]), "botocore " + words[1]
}

// serviceFile is the part of service-2.json that counts.
type serviceFile struct {
	Operations map[string]struct {
		Input, Output *serviceRef
		Errors        []serviceRef
	}
	Shapes map[string]serviceShape
}

type serviceRef struct{ Shape string }

type serviceShape struct {
	Type               string
	Members            map[string]serviceRef
	Required           []string
	Member, Key, Value *serviceRef
	Min, Max           *int
	Pattern            string
	Enum               []string
	Exception          bool
}

func readService(t *testing.T, name string, operations []string) *model {
	f, err := os.Open(name)
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	var service serviceFile
	require.NoError(t, json.NewDecoder(z).Decode(&service))

	m := newModel()
	for _, name := range operations {
		from, ok := service.Operations[name]
		require.True(t, ok, name)
		op := &modelOperation{name: name, input: service.visit(m, from.Input.Shape)}
		if from.Output != nil {
			op.output = service.visit(m, from.Output.Shape)
		}
		for _, e := range from.Errors {
			op.errors = append(op.errors, service.visit(m, e.Shape).name)
		}
		slices.Sort(op.errors)
		m.operations[name] = op
	}
	return m
}

// visit copies a shape, and all that it is made of, to m.
func (f *serviceFile) visit(m *model, name string) *modelShape {
	if s := m.shapes[name]; s != nil {
		return s
	}
	from, s := f.Shapes[name], m.shape(name)
	s.kind, s.pattern, s.enum, s.min, s.max = from.Type, from.Pattern, from.Enum, from.Min, from.Max
	if from.Exception {
		s.kind = "exception"
	}
	switch {
	case from.Member != nil:
		s.element = f.visit(m, from.Member.Shape)
	case from.Key != nil:
		s.key, s.element = f.visit(m, from.Key.Shape), f.visit(m, from.Value.Shape)
	}
	for member, ref := range from.Members {
		s.members = append(s.members, modelMember{member, f.visit(m, ref.Shape), slices.Contains(from.Required, member)})
	}
	slices.SortFunc(s.members, func(a, b modelMember) int { return strings.Compare(a.name, b.name) })
	return s
}
