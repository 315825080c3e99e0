// Package differential holds no code, only a test: the same random requests go to Tidemark in this process and to its
// peers, as far as they are there: its own command, DynamoDB Local, dynalite and moto. The test fails if one of them
// answers or does something different that is not in the catalogue of known differences, for which docs/differences.md
// gives the reasons, and prints the shortest requests that show it.
package differential
