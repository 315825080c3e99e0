package upstream

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"
)

// credentials are what requests of our own are signed with.
type credentials struct {
	access, secret, token, region string
}

const service = "dynamodb"

// sign adds to the headers what the signature of a POST needs, and the signature: AWS Signature Version 4, over all
// headers that there are.
func (c credentials) sign(h http.Header, host, path string, body []byte, now time.Time) {
	date := now.UTC().Format("20060102T150405Z")
	h.Set("X-Amz-Date", date)
	if c.token != "" {
		h.Set("X-Amz-Security-Token", c.token)
	}
	lines, names := []string{"host:" + host}, []string{"host"}
	for name, values := range h {
		lower := strings.ToLower(name)
		names = append(names, lower)
		lines = append(lines, lower+":"+strings.TrimSpace(strings.Join(values, ",")))
	}
	slices.Sort(names)
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(nameOf(a), nameOf(b)) })
	signed := strings.Join(names, ";")
	request := strings.Join([]string{
		http.MethodPost, path, "", strings.Join(lines, "\n"), "", signed, hexSum(body),
	}, "\n")
	scope := strings.Join([]string{date[:8], c.region, service, "aws4_request"}, "/")
	text := strings.Join([]string{"AWS4-HMAC-SHA256", date, scope, hexSum([]byte(request))}, "\n")
	key := []byte("AWS4" + c.secret)
	for _, part := range strings.Split(scope, "/") {
		key = keyed(key, part)
	}
	h.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+c.access+"/"+scope+", SignedHeaders="+signed+
		", Signature="+hex.EncodeToString(keyed(key, text)))
}

func nameOf(line string) string {
	name, _, _ := strings.Cut(line, ":")
	return name
}

func keyed(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
