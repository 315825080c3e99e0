package storage

import (
	"errors"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
)

// What a refusal may be besides a ValidationException, for errors.Is: a fault that can be seen without the table.
var (
	ErrEmptyKey = errors.New("an empty key value")
	ErrTooLarge = errors.New("an item or a key value over the greatest size")
)

// because returns a refusal with its cause.
func because(cause error, format string, args ...any) error {
	err := exception.Validation.Errorf(format, args...)
	err.Err = cause
	return err
}

// Check returns nil if item can be stored in a table of this layout, and otherwise a ValidationException.
func (l *Layout) Check(item attr.Item) error {
	for _, part := range [2]struct {
		attrs []Attr
		limit int
	}{{l.Key.Partition, attr.MaxPartitionKeySize}, {l.Key.Sort, attr.MaxSortKeySize}} {
		for _, a := range part.attrs {
			v, ok := item.Lookup(a.Name)
			if !ok {
				return exception.Validation.Errorf("One or more parameter values were invalid: Missing the key %s in the item", a.Name)
			}
			if v.Type() != a.Type {
				return exception.Validation.Errorf("One or more parameter values were invalid: "+
					"Type mismatch for key %s expected: %s actual: %s", a.Name, a.Type, v.Type())
			}
			if err := checkKeyValue(a.Name, v, part.limit); err != nil {
				return err
			}
		}
	}
	if item.Size() > attr.MaxItemSize {
		return because(ErrTooLarge, "Item size has exceeded the maximum allowed size")
	}
	var first error // of the index whose name is the least, as by the service
	least := ""
	for i := range l.Indexes {
		x := &l.Indexes[i]
		if err := x.check(item); err != nil && (first == nil || x.Name < least) {
			first, least = err, x.Name
		}
	}
	return first
}

// checkKeyValue checks the value of a key attribute whose type is right.
func checkKeyValue(name string, v attr.Value, limit int) error {
	if v.Type() == attr.TypeN {
		return nil
	}
	switch n := v.Len(); {
	case n == 0:
		return because(ErrEmptyKey, "One or more parameter values are not valid. "+
			"The AttributeValue for a key attribute cannot contain an empty %s value. Key: %s", typeWord(v), name)
	case n > limit:
		return tooLarge(limit)
	}
	return nil
}

func tooLarge(limit int) error {
	if limit == attr.MaxPartitionKeySize {
		return because(ErrTooLarge, "One or more parameter values were invalid: "+
			"Size of hashkey has exceeded the maximum size limit of%d bytes", limit)
	}
	return because(ErrTooLarge, "One or more parameter values were invalid: "+
		"Aggregated size of all range keys has exceeded the size limit of %d bytes", limit)
}

func typeWord(v attr.Value) string {
	if v.Type() == attr.TypeB {
		return "binary"
	}
	return "string"
}

// check refuses an item whose index keys have another type than defined or are empty. Missing ones are fine: such an
// item is not in the index.
func (x *IndexLayout) check(item attr.Item) error {
	for _, a := range x.Key.Partition {
		if err := x.checkAttr(item, a, attr.MaxPartitionKeySize); err != nil {
			return err
		}
	}
	for _, a := range x.Key.Sort {
		if err := x.checkAttr(item, a, attr.MaxSortKeySize); err != nil {
			return err
		}
	}
	return nil
}

func (x *IndexLayout) checkAttr(item attr.Item, a Attr, limit int) error {
	v, ok := item.Lookup(a.Name)
	switch {
	case !ok:
		return nil
	case v.Type() != a.Type:
		return exception.Validation.Errorf("One or more parameter values were invalid: "+
			"Type mismatch for Index Key %s Expected: %s Actual: %s IndexName: %s", a.Name, a.Type, v.Type(), x.Name)
	case v.Type() != attr.TypeN && v.Len() == 0:
		return because(ErrEmptyKey, "One or more parameter values are not valid. A value specified for a secondary index "+
			"key is not supported. The AttributeValue for a key attribute cannot contain an empty %s value. IndexName: %s, IndexKey: %s",
			typeWord(v), x.Name, a.Name)
	case v.Type() != attr.TypeN && v.Len() > limit:
		return tooLarge(limit)
	}
	return nil
}

// CheckKey returns nil if an item of this layout could have key k, and otherwise a ValidationException.
func (l *Layout) CheckKey(k attr.Key) error {
	if err := checkKeyPart(l.Key.Partition, k.Partition, attr.MaxPartitionKeySize); err != nil {
		return err
	}
	return checkKeyPart(l.Key.Sort, k.Sort, attr.MaxSortKeySize)
}

// ReadKey returns the key that item has the attributes of, and no others; otherwise it fails as CheckKey does.
func (l *Layout) ReadKey(item attr.Item) (attr.Key, error) {
	k := l.KeyOf(item)
	if err := l.CheckKey(k); err != nil {
		return attr.Key{}, err
	}
	if item.Len() != len(l.Key.Partition)+len(l.Key.Sort) {
		return attr.Key{}, errKeyElement()
	}
	return k, nil
}

func errKeyElement() error {
	return exception.Validation.Errorf("The provided key element does not match the schema")
}

func checkKeyPart(attrs []Attr, v attr.Value, limit int) error {
	switch {
	case len(attrs) == 0 && v.IsZero():
		return nil
	case v.Err() != nil:
		return v.Err()
	case len(attrs) != 1 || v.Type() != attrs[0].Type:
		return errKeyElement()
	}
	return checkKeyValue(attrs[0].Name, v, limit)
}

// KeyOf returns the key of item, with the zero Value for what item lacks. It is sound if item has passed Check.
func (l *Layout) KeyOf(item attr.Item) attr.Key {
	var k attr.Key
	k.Partition, _ = item.Lookup(l.Key.Partition[0].Name)
	if len(l.Key.Sort) > 0 {
		k.Sort, _ = item.Lookup(l.Key.Sort[0].Name)
	}
	return k
}

// Position returns those attributes of item that say where it lies in index i, or in the table if i is negative.
func (l *Layout) Position(i int, item attr.Item) attr.Item {
	attrs := l.Key.Attrs()
	if i >= 0 {
		attrs = append(attrs, l.Indexes[i].Key.Attrs()...)
	}
	names := make([]string, len(attrs))
	for n, a := range attrs {
		names[n] = a.Name
	}
	return item.Project(names...)
}
