// Package archtest has no code, only tests: of how the module is built, not of what it does. They read the source of
// every package and fail, with the reason, where it breaks a rule of the house.
//
// The tables of what may import what stand in table_test.go. A new package has to be entered there.
package archtest
