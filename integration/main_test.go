package integration_test

import (
	"testing"

	"github.com/tidemark-db/tidemark/integration/servers"
)

func TestMain(m *testing.M) { servers.Main(m) }
