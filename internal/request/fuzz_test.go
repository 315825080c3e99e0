package request_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/request"
)

// readEverything asks for each kind of member, a few levels deep.
func readEverything(o request.Object, levels int) {
	bounds := request.Rule{Required: true, Min: 1, Max: 2}
	for _, name := range []string{"a", "b"} {
		o.Text(name, request.Rule{Required: true, Name: true, Enum: []string{"x"}})
		o.Int(name, bounds)
		o.Long(name, bounds)
		o.Bool(name, request.Required)
		o.Time(name)
		o.Item(name, request.Required)
		o.Items(name, bounds)
		o.Texts(name, bounds, bounds)
		o.Values(name)
		o.Value(name, request.Required)
		o.ValueList(name, bounds)
		o.Names(name)
		o.Unsupported(name)
		if levels == 0 {
			continue
		}
		readEverything(o.Object(name, request.Required), levels-1)
		elements, _ := o.Objects(name, bounds)
		for _, e := range elements {
			readEverything(e, levels-1)
		}
		for _, m := range o.Members(name, bounds) {
			readEverything(m, levels-1)
		}
	}
}

func FuzzRequest(f *testing.F) {
	for _, body := range []string{
		"", "{}", "{'a':1}", "{'a':'x','b':null}", "{'a':[{'a':[{}]},null,'x'],'b':{'a':{'S':'x'},'b':{'b':'x'}}}",
		"{'a':1e400,'b':-1.5}", "{'\\u0061':[1,2,3],'a':{}}", "{'b':{'a':{'N':'x'}}}", "{'a':true,'a':false}", "{'a':",
	} {
		f.Add(quoted(body))
	}
	var r request.Reader // one for all, as in the server
	f.Fuzz(func(t *testing.T, body []byte) {
		defer r.Reset()
		o, err := r.Parse(body)
		var object map[string]json.RawMessage
		asObject := json.Unmarshal(body, &object) == nil && object != nil
		if err != nil {
			require.ErrorIs(t, err, exception.Serialization)
			require.True(t, !asObject || strings.Contains(err.Error(), "too deep"), "%q: %v", body, err)
			return
		}
		require.True(t, asObject, "%q", body)
		for name, raw := range object {
			require.Equal(t, string(raw) != "null", o.Has(name), "%q: %q", body, name)
		}
		readEverything(o, 2)
		var refused *exception.Error
		require.True(t, errors.As(r.Err(), &refused), "%q", body) // nothing can be all of that
		require.Contains(t, []exception.Code{exception.Serialization, exception.Validation}, refused.Code)
		require.NotEmpty(t, refused.Message)
	})
}
