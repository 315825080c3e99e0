package integration_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/tidemark-db/tidemark/integration/servers"

	"github.com/stretchr/testify/require"
)

// example returns a copy of one of the examples in another language, and what runs a program there with our command.
func example(t *testing.T, name string) (dir string, run func(program string, args ...string) string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), name)
	require.NoError(t, os.Mkdir(dir, 0o700))
	files, err := filepath.Glob(filepath.Join("../examples", name, "*.*"))
	require.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, filepath.Base(file)), text, 0o600))
	}
	tidemark, err := servers.UnderTest().Build()
	require.NoError(t, err)
	return dir, func(program string, args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), program, args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "TIDEMARK="+tidemark, "NO_PROXY=*", "AWS_CONFIG_FILE="+os.DevNull,
			"AWS_SHARED_CREDENTIALS_FILE="+os.DevNull)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		return string(out)
	}
}

func TestPythonExample(t *testing.T) {
	t.Parallel()
	if exec.Command("python3", "-c", "import boto3").Run() != nil {
		t.Skip("SKIPPED: there is no python3 with boto3 on this machine, so examples/python is not tried")
	}
	_, run := example(t, "python")
	require.Regexp(t, `Ran [1-9]\d* tests[^$]*\nOK`, run("python3", "-m", "unittest"))
}

func TestJavaScriptExample(t *testing.T) {
	t.Parallel()
	for _, sdk := range []string{"client-dynamodb", "client-dynamodb-streams", "lib-dynamodb"} {
		if _, err := servers.InModules("TIDEMARK_AWS_SDK_JS", "@aws-sdk", sdk+"/package.json"); err != nil {
			t.Skip("SKIPPED: ", err)
		}
	}
	if err := servers.Needs("node", "the AWS SDK for JavaScript"); err != nil {
		t.Skip("SKIPPED: ", err)
	}
	dir, run := example(t, "javascript")
	modules, err := servers.InModules("TIDEMARK_AWS_SDK_JS", "@aws-sdk", "")
	require.NoError(t, err)
	require.NoError(t, os.Symlink(filepath.Dir(modules), filepath.Join(dir, "node_modules")))
	require.Regexp(t, `(?m)^. pass [1-9]\d*$`, run("node", "--test"))
}
