package differential_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// mostAttempts bounds how often a sequence is tried again.
const mostAttempts = 150

// shrinking makes a sequence shorter that ends with a finding.
type shrinking struct {
	testing.TB
	*differential
	tables   []*shape
	requests []trial
	class    string
	found    *finding
	attempts int
}

// shrunk is a short sequence with what it ends with.
type shrunk struct {
	story string
	found *finding
}

// shrink returns a sequence with a finding of that class, from which no request and no member of the last one can be
// left out.
func shrink(t testing.TB, d *differential, tables []*shape, requests []trial, class string) shrunk {
	s := &shrinking{TB: t, differential: d, tables: tables, requests: requests, class: class}
	if !s.still(requests) {
		s.found = d.found[class].first // it depends on more than the sequence
	} else {
		s.leaveOutRequests()
		if !strings.HasPrefix(class, verdictPoint) { // which is for the whole of the request
			s.leaveOutMembers()
		}
	}
	var b strings.Builder
	for _, r := range s.requests {
		b.WriteString("  " + cut(r.String(), 3000) + "\n")
	}
	return shrunk{b.String(), s.found}
}

// still reports whether a sequence has a finding of the class, and keeps it if it has, up to there.
func (s *shrinking) still(requests []trial) bool {
	if s.attempts++; s.attempts > mostAttempts {
		return false
	}
	session := newSession(s, s.peer, s.theirs, s.tables)
	defer session.end()
	for i, r := range requests {
		if f := session.ask(r); f != nil && f.class() == s.class {
			s.requests, s.found = slices.Clone(requests[:i+1]), f
			return true
		}
	}
	for _, check := range []func() *finding{session.checkIndexes, session.checkStreams} {
		if f := check(); f != nil && f.class() == s.class {
			s.requests, s.found = requests, f
			return true
		}
	}
	return false
}

// leaveOutRequests tries to do without parts of the sequence, smaller and smaller ones.
func (s *shrinking) leaveOutRequests() {
	for size := len(s.requests) - 1; size > 0; size /= 2 {
		for start := 0; start+size < len(s.requests); {
			if !s.still(slices.Delete(slices.Clone(s.requests), start, start+size)) {
				start += size
			}
		}
	}
}

// leaveOutMembers tries to do without members of the last request, from the top down.
func (s *shrinking) leaveOutMembers() {
	for again := true; again; {
		again = false
		last := s.requests[len(s.requests)-1]
		for _, path := range paths(last.body, nil) {
			shorter := last
			shorter.body = deepCopy(last.body).(obj)
			shorter.alone = nil
			remove(shorter.body, path)
			if s.still(append(slices.Clone(s.requests[:len(s.requests)-1]), shorter)) {
				again = true
				break
			}
		}
	}
}

// paths returns the places of all members within v, those at the top first.
func paths(v any, at []any) [][]any {
	var here, below [][]any
	each := func(key, e any) {
		path := append(slices.Clone(at), key)
		here = append(here, path)
		below = append(below, paths(e, path)...)
	}
	switch v := v.(type) {
	case obj:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			each(name, v[name])
		}
	case arr:
		for i, e := range v {
			each(i, e)
		}
	}
	return append(here, below...)
}

// remove takes what is at a path out of v, and returns v without it.
func remove(v any, path []any) any {
	switch v := v.(type) {
	case obj:
		name := path[0].(string)
		if len(path) == 1 {
			delete(v, name)
		} else {
			v[name] = remove(v[name], path[1:])
		}
		return v
	case arr:
		i := path[0].(int)
		if len(path) == 1 {
			return slices.Delete(v, i, i+1)
		}
		v[i] = remove(v[i], path[1:])
		return v
	}
	return v
}
