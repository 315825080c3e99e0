package differential_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

// fault does something wrong to a request. It reports whether it found a place for that.
type fault struct {
	name   string
	faulty bool // what has it must be refused
	do     func(g *generator, op string, body obj) bool
}

// spoil does something wrong to about half of the requests, and to some of these two or three things.
func (g *generator) spoil(r trial) trial {
	if g.sane || g.chance(2) {
		return r
	}
	n := 1
	if g.chance(5) {
		n = 2 + g.IntN(2)
	}
	sane := r.body
	r.body = deepCopy(sane).(obj)
	for range n {
		f, seed := faults[g.IntN(len(faults))], g.Uint64()
		alone := deepCopy(sane).(obj)
		if strings.HasSuffix(r.op, "Table") && f.faulty {
			continue // of a definition little is known for sure
		}
		if !f.do(g.from(seed), r.op, alone) || !f.do(g.from(seed), r.op, r.body) {
			continue
		}
		r.faults = append(r.faults, f.name)
		r.alone = append(r.alone, alone)
		if len(r.faults) > 1 || !f.faulty {
			r.verdict = open // one fault may undo another
		} else {
			r.verdict = faulty
		}
	}
	if r.verdict != sound {
		r.toEnd = r.toEnd && r.op == "Scan" // its pages have no order
	}
	return r
}

// from returns the generator with other random numbers, which are the same each time.
func (g *generator) from(seed uint64) *generator {
	other := *g
	other.Rand = rand.New(rand.NewPCG(seed, 1))
	return &other
}

// objectsWith returns all objects in a request that have a member.
func objectsWith(v any, member string) []obj {
	var found []obj
	switch v := v.(type) {
	case obj:
		if _, ok := v[member]; ok {
			found = append(found, v)
		}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			found = append(found, objectsWith(v[name], member)...)
		}
	case arr:
		for _, e := range v {
			found = append(found, objectsWith(e, member)...)
		}
	}
	return found
}

// at changes one of the members that have one of the names.
func (g *generator) at(body obj, change func(in obj, name string) bool, names ...string) bool {
	for _, i := range g.Perm(len(names)) {
		if found := objectsWith(body, names[i]); len(found) > 0 {
			return change(found[g.IntN(len(found))], names[i])
		}
	}
	return false
}

// set gives one of the members that have one of the names a value.
func set(names []string, value func(g *generator) any) func(*generator, string, obj) bool {
	return func(g *generator, _ string, body obj) bool {
		return g.at(body, func(in obj, name string) bool {
			in[name] = value(g)
			return true
		}, names...)
	}
}

// add gives a request a member of its own, if its operation has it.
func add(name, ops string, value func(g *generator) any) func(*generator, string, obj) bool {
	return func(g *generator, op string, body obj) bool {
		if !slices.Contains(strings.Fields(ops), op) {
			return false
		}
		body[name] = value(g)
		return true
	}
}

func oneOf(values ...any) func(*generator) any {
	return func(g *generator) any { return values[g.IntN(len(values))] }
}

// edit changes one of the texts that have one of the names.
func edit(names []string, change func(g *generator, text string) string) func(*generator, string, obj) bool {
	return func(g *generator, _ string, body obj) bool {
		return g.at(body, func(in obj, name string) bool {
			text, ok := in[name].(string)
			in[name] = change(g, text)
			return ok && in[name] != text
		}, names...)
	}
}

// retype gives a random member another JSON type.
func (g *generator) retype(_ string, body obj) bool {
	in, name := g.anywhere(body)
	switch in[name].(type) {
	case string:
		in[name] = oneOf(1, true, arr{}, obj{}, 1.5)(g)
	case int, bool:
		in[name] = oneOf("x", arr{}, obj{}, "5", "true")(g)
	default:
		in[name] = oneOf("x", 1, true)(g)
	}
	return true
}

func (g *generator) nothing(_ string, body obj) bool {
	in, name := g.anywhere(body)
	in[name] = nil
	return true
}

func (g *generator) empty(_ string, body obj) bool {
	in, name := g.anywhere(body)
	switch in[name].(type) {
	case string:
		in[name] = ""
	case obj:
		in[name] = obj{}
	case arr:
		in[name] = arr{}
	default:
		return false
	}
	return true
}

func (g *generator) omit(_ string, body obj) bool {
	in, name := g.anywhere(body)
	delete(in, name)
	return true
}

// anywhere returns a random member, more often one near the top.
func (g *generator) anywhere(body obj) (in obj, name string) {
	in = body
	for {
		names := slices.Sorted(maps.Keys(in))
		if len(names) == 0 {
			in["Foo"] = 1
			return in, "Foo"
		}
		name = names[g.IntN(len(names))]
		next := inside(in[name])
		if next == nil || len(next) == 0 || g.chance(2) {
			return in, name
		}
		in = next
	}
}

// inside returns the object that a member is, or is a list of.
func inside(v any) obj {
	switch v := v.(type) {
	case obj:
		return v
	case arr:
		if len(v) > 0 {
			return inside(v[0])
		}
	}
	return nil
}
