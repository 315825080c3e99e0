package clock_test

import (
	"fmt"
	"time"

	"github.com/tidemark-db/tidemark/clock"
)

func ExampleManual() {
	var m clock.Manual
	fmt.Println(m.Now())
	fmt.Println(m.Advance(90 * time.Second))
	fmt.Println(m.Set(clock.Epoch)) // already past: the clock stays
	// Output:
	// 2024-01-15 12:00:00 +0000 UTC
	// 2024-01-15 12:01:30 +0000 UTC
	// 2024-01-15 12:01:30 +0000 UTC
}

func ExampleSequencer() {
	m := new(clock.Manual)
	s := clock.NewSequencer(m)
	first, second := s.Next(), s.Next() // the clock has not moved in between
	m.Advance(time.Millisecond)

	fmt.Println(first)
	fmt.Println(second)
	fmt.Println(s.Next())
	fmt.Println(first.Before(second))
	// Output:
	// 2024-01-15T12:00:00Z#1
	// 2024-01-15T12:00:00Z#2
	// 2024-01-15T12:00:00.001Z#3
	// true
}

func ExampleInstant() {
	s := clock.NewSequencer(new(clock.Manual))
	commit := s.Next()

	fmt.Println(clock.StartOf(clock.Epoch).Before(commit))
	fmt.Println(clock.EndOf(clock.Epoch).After(commit))
	// Output:
	// true
	// true
}

func ExampleParseInstant() {
	i, err := clock.ParseInstant("2024-01-15T12:00:00.5Z#42")
	fmt.Println(i.Time(), i.Sequence(), err)
	// Output: 2024-01-15 12:00:00.5 +0000 UTC 42 <nil>
}
