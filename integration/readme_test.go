package integration_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What the README tells people to type into a shell works as it stands there.
func TestREADME(t *testing.T) {
	t.Parallel()
	needsAWS(t)
	readme, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	var script string
	for _, block := range strings.Split(string(readme), "```") {
		if strings.HasPrefix(block, "\nexport AWS_") {
			script = block
		}
	}
	const address = "http://127.0.0.1:8000"
	require.Contains(t, script, "export AWS_ENDPOINT_URL_DYNAMODB="+address)
	e := newEndpoint(t)
	e.listen()
	s := newShell(e)
	out, _ := s.run(true, "sh", "-euc", strings.ReplaceAll(script, address, e.url))
	require.Contains(t, out, `"BackupName": "MusicCollectionBackup"`)
	require.Contains(t, out, `"BackupStatus": "CREATING"`)
	require.Contains(t, out[strings.LastIndex(out, "BackupSummaries"):], `"BackupStatus": "AVAILABLE"`)
	require.Contains(t, out[strings.LastIndex(out, `"Items"`):], "The Acme Band", "the copy has what the backup holds")
}
