package wire_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/wire"
)

// A program that gives the package nonsense is told so; it does not panic.
func TestMisuse(t *testing.T) {
	ours := newEndpoint(t).api // in us-east-1
	for name, open := range map[string]func(account, region string) (*wire.API, error){
		"nothing":              func(string, string) (*wire.API, error) { return nil, nil },
		"tables of elsewhere":  func(string, string) (*wire.API, error) { return ours, nil },
		"an error of its own":  func(string, string) (*wire.API, error) { return nil, http.ErrServerClosed },
		"an error without API": func(string, string) (*wire.API, error) { return ours, exception.InternalServerError },
	} {
		_, err := wire.NewHandler(wire.Options{Open: open}).API("", "eu-west-1")
		require.Error(t, err, name)
	}
	api, err := wire.NewHandler(wire.Options{}).API("", "local")
	require.NoError(t, err)
	_, answer := api.Do(context.Background(), wire.TargetPrefix+"ListTables", []byte("{}"))
	require.Equal(t, `{"TableNames":[]}`, string(answer))

	w := httptest.NewRecorder()
	wire.WriteError(w, nil)
	require.Equal(t, http.StatusInternalServerError, w.Code)
	_, err = wire.Transport{}.RoundTrip(httptest.NewRequest(http.MethodPost, "/", nil))
	require.EqualError(t, err, "wire: a Transport needs a Handler")
}
