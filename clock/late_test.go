package clock_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/clock"
)

func TestLate(t *testing.T) {
	var c clock.Manual
	s := clock.NewSequencer(&c)
	first := s.Next()
	c.Advance(time.Hour)
	second := s.Next()
	late := s.Late(clock.Epoch.Add(time.Minute))
	require.Equal(t, clock.Epoch.Add(time.Minute), late.Time())
	require.True(t, late.After(first) && late.Before(second), "it lies where it belongs")
	require.Greater(t, late.Sequence(), second.Sequence(), "no number is given twice")
	again := s.Late(clock.Epoch.Add(time.Minute))
	require.True(t, again.After(late))
	require.Equal(t, c.Now(), s.Late(c.Now().Add(time.Second)).Time(), "nothing lies ahead")
	third := s.Next()
	require.True(t, third.After(second))
	require.Greater(t, third.Sequence(), again.Sequence())
}
