// Package integration holds no code, only tests: that the clients which people already have, unchanged, cannot tell
// Tidemark from the service where Tidemark promises the same. It drives aws-sdk-go-v2, in the process and over a
// socket, the AWS CLI and boto3.
//
// It is a module of its own so that the AWS SDK is not a dependency of Tidemark. To run it:
//
//	cd integration && go test ./...
//
// The tests of the CLI and of boto3 are skipped, and say so, on a machine that has no aws or no boto3.
package integration
