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
// there on every machine, and of moto's, DynamoDB Local and dynalite, where they are: python3 can import moto.server;
// the environment has TIDEMARK_DYNAMODB_LOCAL, the folder of DynamoDBLocal.jar, and TIDEMARK_DYNALITE, that of npm's
// dynalite, or this folder has both in node_modules, and there are java and node:
//
//	npm install --no-save --prefix integration amplify-dynamodb-simulator dynalite \
//		@aws-sdk/client-dynamodb @aws-sdk/client-dynamodb-streams @aws-sdk/lib-dynamodb
//
// TestDifferential sends the same random requests to Tidemark in this process and to those that are there of its command,
// DynamoDB Local, dynalite and moto. It fails if they answer or do something different that is not in its catalogue of
// known differences, which docs/differences.md gives the reasons for, and prints the shortest requests that show it.
//
// TIDEMARK_PEERS=1 has them take the time that the backup of a large table takes with those three, and tens of thousands
// of random requests; TIDEMARK_SEED=1000 has the random histories and requests be others.
package integration
