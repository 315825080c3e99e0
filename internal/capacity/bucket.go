package capacity

import "time"

// Kept is how long capacity that is not used is kept for later.
const Kept = 300 * time.Second

// maxRate keeps what a Bucket can hold within an int64. It is far more than any table of the service can have.
const maxRate = 1e10

// Bucket is what may be consumed of a table or an index: it fills by a rate up to what that makes in [Kept], and what
// is consumed is taken out of it. It can be in debt, since what an operation costs is known only afterwards: nothing more
// may then be consumed until the debt is paid.
//
// The zero Bucket has no bounds.
type Bucket struct {
	rate  int64     // units a second; 0: without bounds
	level int64     // millionths of half a unit
	at    time.Time // when the level was that
}

// perUnit is how much of a level is one unit.
const perUnit = int64(One) * 1e6

// NewBucket returns the bucket of something that has been there since an instant, of which nothing has been consumed
// so far: it holds what has come together since, and a second's worth to begin with. A rate of 0 is without bounds.
func NewBucket(rate int64, since time.Time) Bucket {
	b := Bucket{at: since}
	b.setRate(rate)
	return b
}

// SetRate changes the rate from now on. What is in the bucket stays in it, as far as there is room for it; with a higher
// rate there is at once what it makes more in a second.
func (b *Bucket) SetRate(rate int64, now time.Time) {
	if clamp(rate) == b.rate {
		return
	}
	b.fill(now)
	b.at = now
	b.setRate(rate)
}

func (b *Bucket) setRate(rate int64) {
	rate = clamp(rate)
	if rate > b.rate {
		b.level += (rate - b.rate) * perUnit
	}
	b.rate = rate
	b.level = min(b.level, b.most())
	if rate == 0 {
		b.level = 0 // there is no debt either
	}
}

func clamp(rate int64) int64 { return min(max(rate, 0), maxRate) }

func (b *Bucket) most() int64 { return b.rate * perUnit * int64(Kept/time.Second) }

// fill brings the level up to date. Time that goes back changes nothing.
func (b *Bucket) fill(now time.Time) {
	passed := now.Sub(b.at)
	if b.rate == 0 || passed < time.Microsecond {
		return
	}
	if room := b.most() - b.level; passed/time.Microsecond >= time.Duration(room/(b.rate*int64(One)))+1 {
		b.level, b.at = b.most(), now // all of it, however long ago the bucket was full
		return
	}
	whole := passed.Truncate(time.Microsecond)
	b.level += int64(whole/time.Microsecond) * b.rate * int64(One)
	b.at = b.at.Add(whole)
}

// Open reports whether there is anything left to consume.
func (b *Bucket) Open(now time.Time) bool {
	b.fill(now)
	return b.rate == 0 || b.level > 0
}

// Take takes out what has been consumed, whether there was as much or not.
func (b *Bucket) Take(u Units, now time.Time) {
	if b.rate == 0 {
		return
	}
	b.fill(now)
	b.level -= int64(u) * 1e6
}
