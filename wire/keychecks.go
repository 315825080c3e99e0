package wire

import (
	"slices"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/expr"
	"github.com/tidemark-db/tidemark/schema"
)

// checkScalars refuses paths that lead into key attributes, of the table or of any index, by the names of the
// attributes that paths lead into.
func checkScalars(d *schema.Table, nested []string) error {
	if len(nested) == 0 {
		return nil
	}
	const text = "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: %s: %s"
	for _, e := range d.KeySchema {
		if slices.Contains(nested, e.Name) {
			return exception.Validation.Errorf(text, "Key", e.Name)
		}
	}
	for _, name := range nested {
		if _, known := d.Attributes[name]; known {
			return exception.Validation.Errorf(text, "IndexKey", name)
		}
	}
	return nil
}

// checkPaths refuses a condition and an update, either of which may be nil, that lead into key attributes, and an
// update expression with an empty value for the key of an index.
func checkPaths(d *schema.Table, condition *expr.Condition, update *expr.Update) error {
	if update != nil {
		if err := checkScalars(d, update.Nested()); err != nil {
			return err
		}
		for _, e := range indexKeys(d) {
			if v := update.Gives(e.Name); update.IsExpression() && isEmptyKey(v, d.Attributes[e.Name]) {
				return emptyUpdate(v)
			}
		}
	}
	if condition != nil {
		return checkScalars(d, condition.Nested())
	}
	return nil
}

// checkUpdate refuses an update that no item of a table can take: of an attribute of the key, or one that gives the key
// of an index a value of another type.
func checkUpdate(update *expr.Update, d *schema.Table) error {
	if update == nil {
		return nil
	}
	if err := leavesKey(update, d.KeySchema); err != nil {
		return err
	}
	var first error
	least := ""
	for x, e := range indexKeys(d) {
		t := update.Gives(e.Name).Type()
		if t != 0 && t != d.Attributes[e.Name] && (first == nil || x.Name < least) {
			least = x.Name
			first = invalid("Type mismatch for Index Key %s Expected: %s Actual: %s IndexName: %s",
				e.Name, d.Attributes[e.Name], t, x.Name)
		}
	}
	return first
}

// indexKeys yields the elements of the keys of a table's indexes.
func indexKeys(d *schema.Table) func(yield func(*schema.Index, schema.KeyElement) bool) {
	return func(yield func(*schema.Index, schema.KeyElement) bool) {
		for _, indexes := range [2][]schema.Index{d.GlobalIndexes, d.LocalIndexes} {
			for i := range indexes {
				for _, e := range indexes[i].KeySchema {
					if !yield(&indexes[i], e) {
						return
					}
				}
			}
		}
	}
}

// checkUpdated refuses what an update expression has made of an item if the key of an index is now one that it cannot
// have. Of an update without an expression the service tells the same as of any item.
func checkUpdated(update *expr.Update, d *schema.Table, item attr.Item) error {
	if !update.IsExpression() || len(d.GlobalIndexes)+len(d.LocalIndexes) == 0 {
		return nil
	}
	for _, name := range update.Attributes() {
		if t, known := d.Attributes[name]; known {
			if err := checkUpdatedKey(item, name, t); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkUpdatedKey(item attr.Item, name string, t attr.Type) error {
	switch v, ok := item.Lookup(name); {
	case !ok:
	case v.Type() != t:
		return exception.Validation.Errorf(
			"The update expression attempted to update the secondary index key to unsupported type")
	case isEmptyKey(v, t):
		return emptyUpdate(v)
	}
	return nil
}

// isEmptyKey reports whether v is of the type of a key but empty.
func isEmptyKey(v attr.Value, t attr.Type) bool {
	return v.Type() == t && t != attr.TypeN && v.Len() == 0
}

// emptyUpdate says of an empty value that an update expression cannot give it to the key of an index.
func emptyUpdate(v attr.Value) error {
	kind := "string"
	if v.Type() == attr.TypeB {
		kind = "binary"
	}
	return exception.Validation.Errorf("One or more parameter values are not valid. The update expression attempted to "+
		"update a secondary index key to a value that is not supported. "+
		"The AttributeValue for a key attribute cannot contain an empty %s value.", kind)
}
