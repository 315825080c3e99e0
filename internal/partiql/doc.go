// Package partiql is the part of PartiQL that DynamoDB speaks: SELECT, INSERT, UPDATE and DELETE of one table each,
// and EXISTS.
//
// [Parse] reads a statement with its parameters and finds all that can be wrong without its table. Conditions,
// updates and their evaluation are those of package expr; this package has the other way of writing them. What a
// WHERE means for a key is found afterwards: [Statement.Key] is the item that it names, [Statement.Plan] what must be
// read.
//
// What is guaranteed:
//
//   - Every refusal is an error of code [exception.Validation] in the service's own words, where they are known.
//   - No text makes this package panic. How deeply it recurses is bounded by the length of the text, which is at most
//     [MaxSize] characters, and how long it takes also by the operators that conditions and updates may have.
//
// # Concurrency
//
// A Statement is immutable and may be used by several goroutines at once.
//
// # Differences from AWS
//
//   - A statement that cannot be read is told by the service with a word on what was expected. That word is the
//     service's for the faults that have been observed there; for others it is one of the same.
//   - Of several faults that the syntax allows, the first that is found is told. That is not always the service's.
//   - Words of SQL that cannot name attributes without quotes are those that a parser of the service's kind was seen to
//     refuse.
//   - Ion literals, CAST, CASE, dates and @ before a name are refused as what cannot be read.
package partiql
