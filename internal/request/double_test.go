package request_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/request"
)

func TestDouble(t *testing.T) {
	tests := []struct {
		body  string
		want  float64
		given bool
		fault string
	}{
		{`{"D": 70.5}`, 70.5, true, ""},
		{`{"D": -1E3}`, -1000, true, ""},
		{`{"D": 0}`, 0, true, ""},
		{`{"D": 1e999}`, math.Inf(1), true, ""},
		{`{}`, 0, false, "1 validation error detected: Value null at 'd' failed to satisfy constraint: Member must not be null"},
		{`{"D": null}`, 0, false, "1 validation error detected: Value null at 'd' failed to satisfy constraint: Member must not be null"},
		{`{"D": "70"}`, 0, true, "STRING_VALUE cannot be converted to Double"},
		{`{"D": [1]}`, 0, true, "Unrecognized collection type class java.lang.Double"},
	}
	for _, test := range tests {
		var r request.Reader
		o, err := r.Parse([]byte(test.body))
		require.NoError(t, err)
		got, given := o.Double("D", request.Required)
		require.Equal(t, test.given, given, test.body)
		require.Equal(t, test.want, got, test.body)
		if test.fault == "" {
			require.NoError(t, r.Err())
			continue
		}
		var e *exception.Error
		require.ErrorAs(t, r.Err(), &e, test.body)
		require.Equal(t, test.fault, e.Message)
	}
}
