package wire

import "net/http"

// maxAge is how many seconds a browser may remember that it was allowed something.
const maxAge = "172800"

// allowOrigin lets a page from anywhere read the answer.
func allowOrigin(header http.Header) {
	header.Set("Access-Control-Allow-Origin", "*")
	header.Set("Access-Control-Expose-Headers",
		"x-amzn-RequestId,x-amzn-ErrorType,x-amz-crc32,x-amz-request-id,x-amz-id-2,Date")
}

// allowMethods answers a preflight request: all that the page asks for is allowed.
func allowMethods(header, asked http.Header) {
	header.Set("Access-Control-Max-Age", maxAge)
	for _, name := range []string{"Headers", "Method"} {
		if v := asked.Get("Access-Control-Request-" + name); v != "" {
			allowed := "Access-Control-Allow-" + name
			if name == "Method" {
				allowed += "s"
			}
			header.Set(allowed, v)
		}
	}
	header.Set("Content-Length", "0")
}
