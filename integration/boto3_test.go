package integration_test

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestBoto3 runs testdata/boto3_story.py, which has the checks.
func TestBoto3(t *testing.T) {
	t.Parallel()
	if exec.Command("python3", "-c", "import boto3").Run() != nil {
		t.Skip("SKIPPED: there is no python3 with boto3 on this machine, so boto3 is not tried")
	}
	story, err := filepath.Abs("testdata/boto3_story.py")
	require.NoError(t, err)
	e := newEndpoint(t)
	e.listen()
	out, _ := newShell(e).run(true, "python3", story)
	require.Regexp(t, `(?m)^done$`, out)
	t.Log(out)
}
