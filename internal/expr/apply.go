package expr

import (
	"slices"

	"github.com/tidemark-db/tidemark/attr"
)

// What an update refuses when it meets an item that it does not fit.
const (
	msgInvalidPath = "The document path provided in the update expression is invalid for update"
	msgMissing     = "The provided expression refers to an attribute that does not exist in the item"
	msgOperandType = "An operand in the update expression has an incorrect data type"
	msgTooLarge    = "Item size to update has exceeded the maximum allowed size"
	msgTooDeep     = "Nesting Levels have exceeded supported limits"
	msgMismatch    = "Type mismatch for attribute to update" // without an expression
)

// Apply returns item as the update makes it; item must exist, see [Update.Create]. All that the update reads it reads
// of the item as it was, and the indexes of lists are those of the lists as they were. The error is an
// exception.Validation: an operand is missing or not of the right type, a number is out of range, a path leads through
// what is not there or is no document, or the item would be nested too deeply.
//
// What is set must fit an item, or the update ends before it has made something huge; beyond that neither the size of the
// item nor its key is looked at.
func (u *Update) Apply(item attr.Item) (attr.Item, error) { return u.apply(item, false) }

// Create returns the item that the update makes where there is none, of which key has the key attributes. It is the
// zero Item if there is still none afterwards, because the update does nothing but remove. The errors are those of
// [Update.Apply], but for one: a part of an attribute can be removed although there is no such attribute.
func (u *Update) Create(key attr.Item) (attr.Item, error) {
	item, err := u.apply(key, true)
	adds := slices.ContainsFunc(u.actions, func(a action) bool { return a.verb == verbSet || a.verb == verbAdd })
	if err != nil || !adds {
		return attr.Item{}, err
	}
	return item, nil
}

// change is what an action comes to for some item.
type change struct {
	kind  changeKind
	value attr.Value // of changeSet
}

type changeKind uint8

const (
	changeNone changeKind = iota
	changeSet
	changeRemove
)

// rebuild is one application of an update.
type rebuild struct {
	actions []action
	changes []change // of the actions of the same numbers
	absent  bool     // there is no item yet
}

func (u *Update) apply(item attr.Item, absent bool) (attr.Item, error) {
	r := rebuild{actions: u.actions, changes: make([]change, len(u.actions)), absent: absent}
	var space [fewReads]attr.Value
	found, size := u.reads.of(item, &space), 0
	for i := range u.actions {
		var err error
		if r.changes[i], err = u.actions[i].change(found); err != nil {
			if !u.actions[i].path.fits(item) { // which is told before a wrong operand
				err = refuse(msgInvalidPath)
			}
			return attr.Item{}, err
		}
		// All that is set is in the item at last. A short update can make much out of little, so it ends here.
		if size += r.changes[i].value.Size(); size > attr.MaxItemSize {
			return attr.Item{}, refuse(msgTooLarge)
		}
	}
	m := item.Map()
	if err := r.fields(m, u.tree.kids); err != nil {
		return attr.Item{}, err
	}
	made, err := attr.NewItem(m)
	if err != nil { // all of it is sound by itself
		err = refuse(msgTooDeep)
	}
	return made, err
}

// change finds what the action does to an item, with what has been found in it.
func (a *action) change(found []attr.Value) (change, error) {
	if a.verb == verbRemove {
		return change{kind: changeRemove}, nil
	}
	v, err := a.value.resolve(found)
	if err != nil || a.verb == verbSet {
		return change{changeSet, v}, err
	}
	old, ok := a.was.find(found)
	switch {
	case a.verb == verbAdd && !ok:
		return change{changeSet, v}, nil
	case !ok:
		return change{}, nil
	case old.Type() != v.Type() && a.legacy:
		return change{}, refuse(msgMismatch)
	case old.Type() != v.Type():
		return change{}, refuse(msgOperandType)
	case a.verb == verbDelete:
		left := without(old, v)
		if left.IsZero() {
			return change{kind: changeRemove}, nil
		}
		return change{changeSet, left}, nil
	case v.Type() == attr.TypeN:
		sum, err := add(old, v, false)
		return change{changeSet, sum}, err
	case v.Type() == attr.TypeL:
		list, err := concatenate(old, v)
		return change{changeSet, list}, err
	}
	return change{changeSet, union(old, v)}, nil
}

// fields makes the changes at and beneath kids to the map that has them.
func (r *rebuild) fields(m attr.Map, kids []branch) error {
	for i := range kids {
		kid := &kids[i]
		old, ok := m[kid.step.name]
		v, keep, err := r.value(kid, old, ok)
		switch {
		case err != nil:
			return err
		case keep:
			m[kid.step.name] = v
		default:
			delete(m, kid.step.name)
		}
	}
	return nil
}

// value makes the changes at and beneath b to what is found there, if ok, and reports whether something is there then.
func (r *rebuild) value(b *branch, old attr.Value, ok bool) (v attr.Value, keep bool, err error) {
	if b.use != noUse {
		switch c := r.changes[b.use]; c.kind {
		case changeSet:
			return c.value, true, nil
		case changeRemove:
			return attr.Value{}, false, nil
		}
		return old, ok, nil
	}
	names := b.kids[0].step.isName()
	switch {
	case !ok && r.absent && r.removes(b):
		return old, false, nil
	case names && old.Type() == attr.TypeM:
		m := make(attr.Map, old.Len()+len(b.kids))
		for name, field := range old.Fields() {
			m[name] = field
		}
		if err := r.fields(m, b.kids); err != nil {
			return old, ok, err
		}
		return attr.M(m), true, nil
	case !names && old.Type() == attr.TypeL:
		list, err := r.elements(old, b.kids)
		if err != nil {
			return old, ok, err
		}
		return attr.L(list...), true, nil
	}
	return old, ok, refuse(msgInvalidPath)
}

// removes reports whether all that happens beneath b is REMOVE.
func (r *rebuild) removes(b *branch) bool {
	if b.use != noUse {
		return r.actions[b.use].verb == verbRemove
	}
	for i := range b.kids {
		if !r.removes(&b.kids[i]) {
			return false
		}
	}
	return true
}

// elements makes the changes at and beneath kids to the elements of a list. What is set beyond its end is appended in
// the order of the indexes.
func (r *rebuild) elements(old attr.Value, kids []branch) ([]attr.Value, error) {
	list := make([]attr.Value, 0, old.Len()+len(kids))
	i := 0
	for e := range old.Elements() {
		keep := true
		if len(kids) > 0 && kids[0].step.index == i {
			var err error
			if e, keep, err = r.value(&kids[0], e, true); err != nil {
				return nil, err
			}
			kids = kids[1:]
		}
		if keep {
			list = append(list, e)
		}
		i++
	}
	for k := range kids {
		e, keep, err := r.value(&kids[k], attr.Value{}, false)
		if err != nil {
			return nil, err
		}
		if keep {
			list = append(list, e)
		}
	}
	return list, nil
}

// resolve returns what o stands for in an update of an item, with what has been found in it.
func (o *operand) resolve(found []attr.Value) (attr.Value, error) {
	switch {
	case o.path != nil:
		if v, ok := o.find(found); ok {
			return v, nil
		}
		return attr.Value{}, refuse(msgMissing)
	case o.call == nil:
		return o.value, nil
	}
	args := o.call.args
	if o.call.function == functionIfNotExists {
		if v, ok := args[0].find(found); ok {
			return v, nil
		}
		return args[1].resolve(found)
	}
	v, err := args[0].resolve(found)
	if err != nil {
		return attr.Value{}, err
	}
	wanted := attr.TypeN
	if o.call.function == functionListAppend {
		wanted = attr.TypeL
	}
	if v.Type() != wanted { // which is told before a second operand that is not there
		return attr.Value{}, refuse(msgOperandType)
	}
	w, err := args[1].resolve(found)
	if err != nil {
		return attr.Value{}, err
	}
	if o.call.function == functionListAppend {
		return concatenate(v, w)
	}
	return add(v, w, o.call.function == functionMinus)
}

// concatenate is list_append.
func concatenate(v, w attr.Value) (attr.Value, error) {
	if v.Type() != attr.TypeL || w.Type() != attr.TypeL {
		return attr.Value{}, refuse(msgOperandType)
	}
	if v.Size()+w.Size() > attr.MaxItemSize {
		return attr.Value{}, refuse(msgTooLarge)
	}
	list := make([]attr.Value, 0, v.Len()+w.Len())
	for e := range v.Elements() {
		list = append(list, e)
	}
	for e := range w.Elements() {
		list = append(list, e)
	}
	return attr.L(list...), nil
}
