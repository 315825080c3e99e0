package wire

import (
	"net/http"
	"strings"

	"github.com/tidemark-db/tidemark/exception"
)

// credential is what a request says of who sends it. The signature is not verified: nobody here knows the secret keys.
type credential struct{ accessKey, region string }

// algorithm is the only one that requests are signed with.
const algorithm = "AWS4-HMAC-SHA256"

// authenticate finds the credential of a request, in its Authorization header or, for one that was signed beforehand,
// in its query.
func authenticate(r *http.Request) (credential, error) {
	var header string
	if h := r.Header["Authorization"]; len(h) > 0 {
		header = h[0]
	}
	inQuery := strings.Contains(r.URL.RawQuery, "X-Amz-Algorithm")
	switch {
	case header != "" && inQuery:
		return credential{}, exception.InvalidSignature.Errorf(
			"Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.")
	case inQuery:
		return fromQuery(r)
	case !strings.HasPrefix(header, algorithm):
		return credential{}, exception.MissingAuthenticationToken.Errorf("Request is missing Authentication Token")
	}
	return fromHeader(header, r.Header["X-Amz-Date"] != nil || r.Header["Date"] != nil)
}

func fromHeader(header string, dated bool) (credential, error) {
	rest := header[len(algorithm):]
	found := ""
	missing := []string{"Credential", "Signature", "SignedHeaders"}
	for rest != "" {
		var part string
		part, rest, _ = cut(rest, ',')
		name, value, _ := cut(strings.TrimSpace(part), '=')
		for i, m := range missing {
			if m == name && value != "" {
				missing[i] = ""
			}
		}
		if name == "Credential" {
			found = value
		}
	}
	var lacks strings.Builder
	for _, m := range missing {
		if m != "" {
			lacks.WriteString("Authorization header requires '" + m + "' parameter. ")
		}
	}
	if !dated {
		lacks.WriteString("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ")
	}
	if lacks.Len() > 0 {
		return credential{}, exception.IncompleteSignature.Errorf("%sAuthorization=%s", lacks.String(), header)
	}
	return parseCredential(found)
}

func fromQuery(r *http.Request) (credential, error) {
	query := r.URL.Query()
	var lacks strings.Builder
	for _, name := range []string{
		"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date",
	} {
		if query.Get(name) == "" {
			lacks.WriteString("AWS query-string parameters must include '" + name + "'. ")
		}
	}
	if lacks.Len() > 0 {
		return credential{}, exception.IncompleteSignature.Errorf("%sRe-examine the query-string parameters.", lacks.String())
	}
	return parseCredential(query.Get("X-Amz-Credential"))
}

// parseCredential reads a credential with its scope: key/date/region/service/aws4_request.
func parseCredential(text string) (credential, error) {
	accessKey, rest, _ := cut(text, '/')
	_, rest, _ = cut(rest, '/')
	region, rest, ok := cut(rest, '/')
	if !ok || strings.Count(rest, "/") != 1 || accessKey == "" {
		return credential{}, exception.IncompleteSignature.Errorf(
			"Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '%s'", text)
	}
	return credential{accessKey, region}, nil
}

// cut is strings.Cut at a single byte.
func cut(s string, sep byte) (before, after string, found bool) {
	if i := strings.IndexByte(s, sep); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}
