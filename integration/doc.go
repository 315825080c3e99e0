// Package integration holds no code, only tests: that the clients which people already have, unchanged, cannot tell
// Tidemark from the service where Tidemark promises the same. It drives aws-sdk-go-v2, in the process and over a
// socket, the AWS CLI, boto3 and the AWS SDK for JavaScript.
//
// It is a module of its own so that the AWS SDK is not a dependency of Tidemark. To run it:
//
//	cd integration && go test ./...
//
// The tests of the CLI and of boto3 are skipped, and say so, on a machine that has no aws or no boto3, and so is that
// of examples/javascript where there is no node, or no @aws-sdk in node_modules of this folder nor in TIDEMARK_AWS_SDK_JS.
//
// The tests whose names begin with TestSidecar put Tidemark's command in front of another server: of itself, which is
// there on every machine, and of the peers in package servers, which says how to get them.
//
// Package differential asks the same peers the same random requests.
package integration
