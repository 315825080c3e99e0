package wire_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/tidemark-db/tidemark/wire"
)

// A signature is not verified, but it has to be there in full.
func TestAuthorizationHeader(t *testing.T) {
	s := newSite(t, wire.Options{})
	const (
		scope        = "Credential=AKID/20240115/us-east-1/dynamodb/aws4_request"
		signed       = "SignedHeaders=host"
		signature    = "Signature=0f"
		noCredential = "Authorization header requires 'Credential' parameter. "
		noSignature  = "Authorization header requires 'Signature' parameter. "
		noSigned     = "Authorization header requires 'SignedHeaders' parameter. "
		noDate       = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
		v4           = "AWS4-HMAC-SHA256"
	)
	for _, header := range []string{
		v4 + " " + scope + ", " + signed + ", " + signature,
		v4 + " " + scope + "," + signed + "," + signature,
		v4 + "   " + signature + " ,\t" + signed + ",  " + scope + ",",
		v4 + " Credential=AKID/x/us-east-1/s3/y, " + signed + ", " + signature + ", More=1",
	} {
		status, answer := s.ask("ListTables", "{}", "Authorization", header)
		s.answered(status, answer)
	}
	status, answer := s.ask("ListTables", "{}", "X-Amz-Date", "", "Date", "Mon, 15 Jan 2024 12:00:00 GMT")
	s.answered(status, answer)

	for _, header := range []string{"", " ", "Bearer x", "aws4-hmac-sha256 " + scope, "AWS " + scope, scope} {
		r := request("ListTables", "{}")
		r.Header["Authorization"] = []string{header}
		s.refuses(r, 400, coral+"MissingAuthenticationTokenException", "message", "Request is missing Authentication Token")
	}
	for header, lacks := range map[string]string{
		v4:                                       noCredential + noSignature + noSigned,
		v4 + " ":                                 noCredential + noSignature + noSigned,
		v4 + " " + scope:                         noSignature + noSigned,
		v4 + " " + signature + ", " + signed:     noCredential,
		v4 + " " + scope + ", " + signature:      noSigned,
		v4 + " Credential=, " + signed + ", x=y": noCredential + noSignature,
		v4 + " credential=x, signature=y, ,,=":   noCredential + noSignature + noSigned,
	} {
		incomplete := func(text string, changes ...string) {
			r := request("ListTables", "{}", append(changes, "Authorization", header)...)
			s.refuses(r, 400, coral+"IncompleteSignatureException", "message", text+"Authorization="+header)
		}
		incomplete(lacks)
		incomplete(lacks+noDate, "X-Amz-Date", "")
	}
	s.refuses(request("ListTables", "{}", "X-Amz-Date", ""), 400, coral+"IncompleteSignatureException", "message",
		noDate+"Authorization="+authorization("AKIDEXAMPLE", "us-east-1"))
}

func (s *site) answered(status int, answer string) {
	s.Helper()
	if status != 200 || answer != `{"TableNames":[]}` {
		s.Errorf("%d %s", status, answer)
	}
}

func TestScope(t *testing.T) {
	s := newSite(t, wire.Options{})
	for _, scope := range []string{
		"AKID", "AKID/20240115/us-east-1/dynamodb", "AKID/20240115/us-east-1/dynamodb/aws4_request/x", "////x/",
		"/20240115/us-east-1/dynamodb/aws4_request", "//",
	} {
		header := "AWS4-HMAC-SHA256 Credential=" + scope + ", SignedHeaders=host, Signature=0f"
		s.refuses(request("ListTables", "{}", "Authorization", header), 400, coral+"IncompleteSignatureException", "message",
			"Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '"+scope+"'")
	}
}

// A request may be signed in its query instead, but not in both places.
func TestAuthorizationInQuery(t *testing.T) {
	s := newSite(t, wire.Options{})
	signed := func(change func(url.Values)) *http.Request {
		r := request("ListTables", "{}", "Authorization", "", "X-Amz-Date", "")
		query := url.Values{
			"X-Amz-Algorithm":     {"AWS4-HMAC-SHA256"},
			"X-Amz-Credential":    {"111122223333/20240115/eu-west-1/dynamodb/aws4_request"},
			"X-Amz-Date":          {"20240115T120000Z"},
			"X-Amz-Signature":     {"0f"},
			"X-Amz-SignedHeaders": {"host"},
		}
		change(query)
		r.URL.RawQuery = query.Encode()
		return r
	}
	w := s.send(signed(func(url.Values) {}))
	s.answered(w.Code, w.Body.String())

	both := signed(func(url.Values) {})
	both.Header.Set("Authorization", authorization("AKID", "us-east-1"))
	s.refuses(both, 400, coral+"InvalidSignatureException", "message",
		"Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.")

	const missing = "AWS query-string parameters must include '"
	for name, text := range map[string]string{
		"X-Amz-Credential":    missing + "X-Amz-Credential'. ",
		"X-Amz-Signature":     missing + "X-Amz-Signature'. ",
		"X-Amz-SignedHeaders": missing + "X-Amz-SignedHeaders'. ",
		"X-Amz-Date":          missing + "X-Amz-Date'. ",
	} {
		s.refuses(signed(func(q url.Values) { q.Del(name) }), 400, coral+"IncompleteSignatureException", "message",
			text+"Re-examine the query-string parameters.")
	}
	s.refuses(signed(func(q url.Values) { q.Del("X-Amz-Date"); q.Set("X-Amz-Algorithm", "") }), 400,
		coral+"IncompleteSignatureException", "message",
		missing+"X-Amz-Algorithm'. "+missing+"X-Amz-Date'. Re-examine the query-string parameters.")
	s.refuses(signed(func(q url.Values) { q.Del("X-Amz-Algorithm") }), 400, coral+"MissingAuthenticationTokenException",
		"message", "Request is missing Authentication Token")
	s.refuses(signed(func(q url.Values) { q.Set("X-Amz-Credential", "AKID") }), 400, coral+"IncompleteSignatureException",
		"message", "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'AKID'")
}
