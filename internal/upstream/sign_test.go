package upstream

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/clock"
)

// The signatures are those that botocore makes of the same requests at the same time.
func TestSignature(t *testing.T) {
	for token, want := range map[string]string{
		"":        "SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=dda931dd12ad7a538839e056f3fcbdcdfedb4aa66fadbd8d5904a5ba46d4a0e2",
		"a token": "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, Signature=628670f29cbfbba7bc7d8547751e5925a94597fb25665bae3f47a0467e247c2d",
	} {
		h := http.Header{"Content-Type": {contentType}, "X-Amz-Target": {"DynamoDB_20120810.ListTables"}}
		c := credentials{access: "AKID", secret: "secret", token: token, region: "eu-west-3"}
		c.sign(h, "127.0.0.1:8000", "/", []byte(`{"Limit":1}`), clock.Epoch)
		require.Equal(t, "20240115T120000Z", h.Get("X-Amz-Date"))
		require.Equal(t, "AWS4-HMAC-SHA256 Credential=AKID/20240115/eu-west-3/dynamodb/aws4_request, "+want,
			h.Get("Authorization"))
	}
}
