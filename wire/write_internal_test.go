package wire

import (
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Times are written as the service does, which is how Java writes a double.
func TestAppendTime(t *testing.T) {
	for _, test := range []struct {
		ms   int64
		want string
	}{
		{1723076080695, "1.723076080695E9"}, {1700000000000, "1.7E9"}, {1700000000001, "1.700000000001E9"},
		{1000000000000, "1.0E9"}, {2000000000000, "2.0E9"}, {1705320000000, "1.70532E9"}, {1705320000500, "1.7053200005E9"},
		{999999999999, "9.99999999999E8"}, {100000000000, "1.0E8"}, {99999999999, "9.9999999999E7"}, {10000000000, "1.0E7"},
		{9999999999, "9999999.999"}, {86400000, "86400"}, {1, "0.001"}, {1500, "1.5"}, {0, "0"},
		{-1, "-0.001"}, {-1500, "-1.5"}, {-62135596800000, "-62135596800"},
		{9999999999999, "9.999999999999E9"}, {10000000000000, "1.0E10"}, {10000000000001, "1.0000000000001E10"},
		{253402300799999, "2.53402300799999E11"},
	} {
		got := string(appendTime([]byte("x"), time.UnixMilli(test.ms)))
		require.Equal(t, "x"+test.want, got)
		seconds, err := strconv.ParseFloat(got[1:], 64)
		require.NoError(t, err)
		require.Equal(t, float64(test.ms)/1000, seconds)
	}
	// What is finer than a millisecond is cut off.
	require.Equal(t, "1.7E9", string(appendTime(nil, time.Unix(1700000000, 999_999))))
}

// Any time from 1970 to 9999 can be read back to the millisecond.
func TestAppendTimeReadsBack(t *testing.T) {
	for ms := int64(0); ms < 253402300799999; ms += 777_777_777_777 / 10 {
		seconds, err := strconv.ParseFloat(string(appendTime(nil, time.UnixMilli(ms))), 64)
		require.NoError(t, err)
		require.Equal(t, ms, int64(math.Round(seconds*1000)))
	}
}
