// Package servers starts the programs that tests ask: Tidemark's own command, built when it is first needed, and its
// peers where they are.
//
// moto is there if python3 can import moto.server. DynamoDB Local and dynalite are found in the folders that the
// environment has in TIDEMARK_DYNAMODB_LOCAL (that of DynamoDBLocal.jar) and TIDEMARK_DYNALITE (that of its package), or
// in node_modules of this module, and need java and node:
//
//	npm install --no-save --prefix integration amplify-dynamodb-simulator dynalite \
//		@aws-sdk/client-dynamodb @aws-sdk/client-dynamodb-streams @aws-sdk/lib-dynamodb
//
// TIDEMARK_PEERS=1 has tests take the time that a large table, or tens of thousands of random requests, take with them;
// TIDEMARK_SEED=1000 has random histories and requests be others.
package servers
