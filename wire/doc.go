// Package wire speaks DynamoDB's protocol, AWS JSON 1.0, so that AWS SDKs and the AWS CLI work against Tidemark.
package wire
