package upstream

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
)

// maxAnswer is the largest answer to a Call that is read: a page of a Scan is 1 MB of items, which JSON can make
// several times as long.
const maxAnswer = 32 << 20

const (
	targetPrefix = "DynamoDB_20120810."
	contentType  = "application/x-amz-json-1.0"
)

// Client speaks DynamoDB's JSON protocol to one endpoint. Make one with [NewClient]. It may be used by any number of
// goroutines at once.
type Client struct {
	base        *url.URL
	credentials credentials
	transport   http.RoundTripper
}

// Endpoint says where an upstream is and how it is spoken to.
type Endpoint struct {
	URL    string // such as "http://127.0.0.1:8000"
	Region string // what requests are signed for; empty: "us-east-1"

	// AccessKey, SecretKey and SessionToken are what requests are signed with. The first two are "tidemark" if they are
	// empty: many emulators want a signature and do not verify it.
	AccessKey, SecretKey, SessionToken string

	Transport http.RoundTripper // nil: a new [Transport]
}

// NewClient returns a Client. It fails if the URL is not that of an HTTP endpoint. It does not try to reach it.
func NewClient(e Endpoint) (*Client, error) {
	base, err := url.Parse(e.URL)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, fmt.Errorf("upstream: %q is not the URL of an HTTP endpoint, such as http://127.0.0.1:8000", e.URL)
	}
	if base.Path == "" {
		base.Path = "/" // clients post to it
	}
	c := &Client{base: base, transport: e.Transport, credentials: credentials{
		access: cmp.Or(e.AccessKey, "tidemark"), secret: cmp.Or(e.SecretKey, "tidemark"), token: e.SessionToken,
		region: cmp.Or(e.Region, "us-east-1"),
	}}
	if c.transport == nil {
		c.transport = NewTransport()
	}
	return c, nil
}

// Call asks for one operation, such as "DescribeTable", with a body in AWS JSON, and returns the body of the answer.
// It tries once. The error is an *exception.Error: that which the upstream answered, or an InternalServerError that
// wraps what kept an answer from coming, or from being read.
func (c *Client) Call(ctx context.Context, operation string, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base.String(), bytes.NewReader(body))
	if err != nil {
		return nil, failed(operation, err)
	}
	r.Header = http.Header{
		"Content-Type": {contentType}, "X-Amz-Target": {targetPrefix + operation},
	}
	// The endpoint compares with its machine's time, whatever clock tables go by.
	c.credentials.sign(r.Header, r.URL.Host, r.URL.EscapedPath(), body, clock.System{}.Now())
	r.Header.Set("User-Agent", "tidemark")
	resp, err := c.transport.RoundTrip(r)
	if err != nil {
		return nil, failed(operation, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, failed(operation, err)
	case len(answer) > maxAnswer:
		return nil, failed(operation, fmt.Errorf("the answer is longer than %d bytes", maxAnswer))
	case resp.StatusCode != http.StatusOK:
		return nil, refusal(operation, resp, answer)
	}
	return answer, nil
}

// failed is the error of a request that has no answer.
func failed(operation string, err error) error {
	return exception.InternalServerError.Errorf("the upstream did not answer %s: %w", operation, err)
}

// refusal reads an error that the upstream answered. A fault of the upstream's own is an InternalServerError whatever it
// calls it: what became of the request is not known.
func refusal(operation string, resp *http.Response, body []byte) error {
	var e struct {
		Type    string `json:"__type"`
		Message string `json:"message"` // or Message
	}
	if json.Unmarshal(body, &e) != nil || e.Type == "" {
		e.Type = resp.Header.Get("X-Amzn-Errortype")
	}
	// "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException:http://..." in its longest form
	name, _, _ := strings.Cut(e.Type[strings.LastIndexByte(e.Type, '#')+1:], ":")
	if name == "" || resp.StatusCode >= http.StatusInternalServerError {
		const enough = 200
		return exception.InternalServerError.Errorf("the upstream answered %s with status %d: %s",
			operation, resp.StatusCode, body[:min(len(body), enough)])
	}
	return &exception.Error{Op: operation, Code: exception.Code(name), Message: e.Message}
}
