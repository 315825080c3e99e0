package expr

import (
	"slices"
	"strings"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
)

// The greatest lengths, in bytes, of a placeholder with its first character, of the name that one stands for, and of all.
const (
	maxPlaceholder = 255
	maxName        = 65535
	maxParams      = 2 << 20 // all names and values together, with their placeholders
)

// Params are a request's ExpressionAttributeNames and ExpressionAttributeValues, and a note of which of them its
// expressions use. A nil *Params has neither names nor values. Params must not be used by several goroutines at once.
type Params struct {
	names  map[string]string
	values map[string]attr.Value
	used   []string // the keys of both maps, which differ in their first character
	space  [4]string
}

// NewParams returns the params with those names and values, by their placeholders: "#n" for a name, ":v" for a value.
// A nil map is one that the request does not have; one that it has must not be empty. The maps are kept, and must not
// change while expressions are parsed. The error, an [exception.Validation], is the first fault in ascending order of
// placeholders, names before values, or that they are too large.
func NewParams(names map[string]string, values map[string]attr.Value) (*Params, error) {
	if names != nil && len(names) == 0 {
		return nil, refuse("ExpressionAttributeNames must not be empty")
	}
	if err := firstFault(names, checkName); err != nil {
		return nil, err
	}
	nameSize := sizeOf(names, func(name string) int { return len(name) })
	if nameSize > maxParams {
		return nil, refuse("ExpressionAttributeNames exceeds max size")
	}
	if values != nil && len(values) == 0 {
		return nil, refuse("ExpressionAttributeValues must not be empty")
	}
	if err := firstFault(values, checkValue); err != nil {
		return nil, err
	}
	switch valueSize := sizeOf(values, attr.Value.Size); {
	case valueSize > maxParams:
		return nil, refuse("ExpressionAttributeValues exceeds max size")
	case nameSize+valueSize > maxParams:
		return nil, refuse("Combined size of ExpressionAttributeNames and ExpressionAttributeValues exceeds max size")
	}
	p := &Params{names: names, values: values}
	p.used = p.space[:0]
	return p, nil
}

// sizeOf returns how many bytes the keys of m have, and what they stand for.
func sizeOf[V any](m map[string]V, size func(V) int) (sum int) {
	for key, v := range m {
		sum += len(key) + size(v)
	}
	return sum
}

// firstFault returns what check finds wrong, of several faults that at the least key.
func firstFault[V any](m map[string]V, check func(key string, v V) error) error {
	var least string
	var first error
	for key, v := range m {
		if err := check(key, v); err != nil && (first == nil || key < least) {
			least, first = key, err
		}
	}
	return first
}

func checkName(key, name string) error {
	if err := checkPlaceholder("ExpressionAttributeNames", '#', key); err != nil {
		return err
	}
	switch {
	case name == "":
		return refuse("ExpressionAttributeNames contains invalid value: Empty attribute name for key " + key)
	case len(name) > maxName:
		return exception.Validation.Errorf("ExpressionAttributeNames contains invalid value: "+
			"Attribute name is too large, must be less than %d bytes for key %s", maxName+1, key)
	}
	return nil
}

// checkPlaceholder refuses a key that no expression could contain.
func checkPlaceholder(where string, first byte, key string) error {
	const invalid = "%s contains invalid key: The expression attribute map contains "
	switch {
	case key == "":
		return exception.Validation.Errorf(invalid+"an empty key;", where)
	case len(key) > maxPlaceholder && first == '#':
		return exception.Validation.Errorf(invalid+"a key that is too long; size of key: %d", where, len(key))
	case len(key) > maxPlaceholder:
		return exception.Validation.Errorf(invalid+"a key that is too long;", where)
	}
	ok := len(key) > 1 && key[0] == first
	for i := 1; ok && i < len(key); i++ {
		ok = isNamePart(key[i])
	}
	if ok {
		return nil
	}
	return exception.Validation.Errorf("%s contains invalid key: Syntax error; key: \"%s\"", where, clip(key))
}

// checkValue refuses a value that an item could not hold.
func checkValue(key string, v attr.Value) error {
	if err := checkPlaceholder("ExpressionAttributeValues", ':', key); err != nil || v.Type() != 0 {
		return err
	}
	_, err := attr.NewItem(attr.Map{key: v}) // which knows what to say of the zero Value
	if err == nil {
		return nil
	}
	reason := err.Error()
	if e, ok := err.(*exception.Error); ok {
		reason = e.Message
	}
	return exception.Validation.Errorf("ExpressionAttributeValues contains invalid value: %s for key %s", reason, key)
}

// Unused returns an [exception.Validation] that lists the names that no expression parsed so far has used, or else the
// values; it is nil if all have been used. It is for when all expressions of a request have been parsed.
func (p *Params) Unused() error {
	if p == nil {
		return nil
	}
	if keys := unused(p, p.names); keys != "" {
		return refuse("Value provided in ExpressionAttributeNames unused in expressions: keys: {" + keys + "}")
	}
	if keys := unused(p, p.values); keys != "" {
		return refuse("Value provided in ExpressionAttributeValues unused in expressions: keys: {" + keys + "}")
	}
	return nil
}

// unused lists the keys of m that have not been used.
func unused[V any](p *Params, m map[string]V) string {
	slices.Sort(p.used) // which is short, but m may be long
	var keys []string
	for key := range m {
		if _, ok := slices.BinarySearch(p.used, key); !ok {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return strings.Join(keys, ", ")
}

// name returns the name that placeholder stands for and notes that it is used.
func (p *Params) name(placeholder string) (name string, ok bool) {
	if p == nil {
		return "", false
	}
	name, ok = p.names[placeholder]
	if ok {
		p.use(placeholder)
	}
	return name, ok
}

// value returns the value that placeholder stands for and notes that it is used.
func (p *Params) value(placeholder string) (v attr.Value, ok bool) {
	if p == nil {
		return attr.Value{}, false
	}
	v, ok = p.values[placeholder]
	if ok {
		p.use(placeholder)
	}
	return v, ok
}

func (p *Params) use(placeholder string) {
	if !slices.Contains(p.used, placeholder) {
		p.used = append(p.used, placeholder)
	}
}
