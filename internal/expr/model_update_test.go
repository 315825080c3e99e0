package expr_test

import (
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/internal/expr"
)

// change is one action of a random update: where it is and what it comes to for an item; remove tells that the part is
// to go, and neither value nor remove that it stays as it is.
type change struct {
	steps []any
	of    func(document) (x any, remove bool, err error)
}

var (
	errMissing = errors.New("missing")
	errType    = errors.New("type")
	errPath    = errors.New("path")
)

func (r *maker) update() (string, []change) {
	sections := map[string][]string{}
	var changes []change
	for range 1 + r.IntN(4) {
		path, steps := r.path()
		if slices.ContainsFunc(changes, func(c change) bool { return clash(c.steps, steps) }) {
			continue
		}
		verb, text, of := r.action(path, steps)
		sections[verb] = append(sections[verb], text)
		changes = append(changes, change{steps, of})
	}
	var parts []string
	for verb, texts := range sections {
		parts = append(parts, verb+" "+strings.Join(texts, ", "))
	}
	slices.Sort(parts)
	return strings.Join(parts, " "), changes
}

// clash reports whether one path leads into the other, or they take something for different things.
func clash(a, b []any) bool {
	for i := range min(len(a), len(b)) {
		if fmt.Sprintf("%T", a[i]) != fmt.Sprintf("%T", b[i]) {
			return true
		}
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func (r *maker) action(path string, steps []any) (verb, text string, of func(document) (any, bool, error)) {
	switch r.IntN(6) {
	case 0:
		return "REMOVE", path, func(document) (any, bool, error) { return nil, true, nil }
	case 1:
		n := big.NewRat(int64(r.IntN(9)), 4)
		return "ADD", path + " " + r.literal(n), func(d document) (any, bool, error) {
			old, ok := at(d, steps)
			if !ok {
				return n, false, nil
			}
			sum, err := plus(old, n, 1)
			return sum, false, err
		}
	case 2:
		s := set{r.pick("p", "q"): true, "x": true}
		deletes := r.IntN(2) == 0
		return map[bool]string{true: "DELETE", false: "ADD"}[deletes], path + " " + r.literal(s),
			func(d document) (any, bool, error) { return naiveSet(d, steps, s, deletes) }
	}
	value, f := r.assigned(2)
	if r.IntN(3) == 0 {
		other, g := r.assigned(1)
		sign, name := int64(1), "+"
		if r.IntN(2) == 0 {
			sign, name = -1, "-"
		}
		return "SET", path + " = " + value + name + other, func(d document) (any, bool, error) {
			x, err := f(d)
			if err != nil {
				return nil, false, err
			}
			y, err := g(d)
			if err != nil {
				return nil, false, err
			}
			sum, err := plus(x, y, sign)
			return sum, false, err
		}
	}
	return "SET", path + "=" + value, func(d document) (any, bool, error) { x, err := f(d); return x, false, err }
}

func naiveSet(d document, steps []any, s set, deletes bool) (any, bool, error) {
	old, ok := at(d, steps)
	if !ok && deletes {
		return nil, false, errNothing
	}
	if !ok {
		return s, false, nil
	}
	before, ok := old.(set)
	if !ok {
		return nil, false, errType
	}
	after := set{}
	for e := range before {
		after[e] = true
	}
	for e := range s {
		after[e] = true
		if deletes {
			delete(after, e)
		}
	}
	return after, len(after) == 0, nil
}

// errNothing tells that a part stays as it is, which here is not there.
var errNothing = errors.New("nothing to do")

// assigned makes an operand of SET that is no sum.
func (r *maker) assigned(depth int) (string, func(document) (any, error)) {
	path, steps := r.path()
	switch kind := r.IntN(5); {
	case kind == 0:
		x := big.NewRat(int64(r.IntN(100)), 10)
		return r.literal(x), func(document) (any, error) { return x, nil }
	case kind == 1 && depth > 0:
		other, f := r.assigned(depth - 1)
		for strings.HasPrefix(other, "list_append") {
			other, f = r.assigned(depth - 1)
		}
		return "if_not_exists(" + path + "," + other + ")", func(d document) (any, error) {
			if x, ok := at(d, steps); ok {
				return x, nil
			}
			return f(d)
		}
	case kind == 2 && depth == 2:
		list := []any{"new"}
		return "if_not_exists(" + path + "," + r.literal(list) + ")", func(d document) (any, error) {
			if x, ok := at(d, steps); ok {
				return x, nil
			}
			return list, nil
		}
	}
	return path, func(d document) (any, error) {
		if x, ok := at(d, steps); ok {
			return x, nil
		}
		return nil, errMissing
	}
}

func plus(x, y any, sign int64) (any, error) {
	a, ok := x.(*big.Rat)
	b, ok2 := y.(*big.Rat)
	if !ok || !ok2 {
		return nil, errType
	}
	return new(big.Rat).Add(a, new(big.Rat).Mul(b, big.NewRat(sign, 1))), nil
}

// gone marks elements of lists that are to be removed.
type gone struct{}

// naiveApply makes the changes one after the other to a copy of d.
func naiveApply(d document, changes []change) (document, error) {
	after := clone(d).(document)
	type late struct {
		list  []any // the steps to the list
		index int
		x     any
	}
	var tails []late
	for _, c := range changes {
		x, remove, err := c.of(d)
		nothing := errors.Is(err, errNothing)
		if err != nil && !nothing {
			return nil, err
		}
		parent, ok := at(after, c.steps[:len(c.steps)-1])
		switch last := c.steps[len(c.steps)-1].(type) {
		case string:
			m, isMap := parent.(document)
			switch {
			case !ok || !isMap:
				return nil, errPath
			case nothing:
			case remove:
				delete(m, last)
			default:
				m[last] = x
			}
		case int:
			list, isList := parent.([]any)
			switch {
			case !ok || !isList:
				return nil, errPath
			case nothing:
			case last >= len(list) && !remove:
				tails = append(tails, late{c.steps[:len(c.steps)-1], last, x})
			case last < len(list) && remove:
				list[last] = gone{}
			case last < len(list):
				list[last] = x
			}
		}
	}
	slices.SortStableFunc(tails, func(a, b late) int { return a.index - b.index })
	for _, l := range tails {
		parent, _ := at(after, l.list[:len(l.list)-1])
		list, _ := at(after, l.list)
		longer := append(list.([]any), l.x)
		switch last := l.list[len(l.list)-1].(type) {
		case string:
			parent.(document)[last] = longer
		case int:
			parent.([]any)[last] = longer
		}
	}
	return sweep(after).(document), nil
}

// sweep drops what is gone.
func sweep(x any) any {
	switch x := x.(type) {
	case []any:
		list := []any{}
		for _, e := range x {
			if _, isGone := e.(gone); !isGone {
				list = append(list, sweep(e))
			}
		}
		return list
	case document:
		for name := range x {
			x[name] = sweep(x[name])
		}
	}
	return x
}

func TestUpdatesAgainstModel(t *testing.T) {
	applied, total := 0, 0
	for seed := range uint64(2000) {
		r := &maker{rand.New(rand.NewPCG(seed, 2)), map[string]attr.Value{}}
		text, changes := r.update()
		var given map[string]attr.Value
		if len(r.values) > 0 {
			given = r.values
		}
		p, err := expr.NewParams(nil, given)
		require.NoError(t, err)
		u, err := expr.ParseUpdate(text, p)
		require.NoError(t, err, "seed %d: %s", seed, text)
		for range 5 {
			d := r.document(3)
			before := attr.MustItem(toMap(d))
			want, wantErr := naiveApply(d, changes)
			got, err := u.Apply(before)
			total++
			if wantErr != nil {
				require.Error(t, err, "seed %d: %s\n%v\nwant %v", seed, text, d, wantErr)
				continue
			}
			require.NoError(t, err, "seed %d: %s\n%v", seed, text, d)
			require.Equal(t, attr.MustItem(toMap(want)), got, "seed %d: %s\n%v\n%v", seed, text, d, want)
			applied++
		}
	}
	require.Greater(t, applied, total/10)
}
