package wire

// tokens remembers the transactions of the last ten minutes that had a token.
type tokens struct{}
