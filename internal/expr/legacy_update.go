package expr

import (
	"slices"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
)

// Assignment changes one attribute, as requests did before there were expressions: it is an element of a request's
// AttributeUpdates. It is immutable.
type Assignment struct{ action action }

var (
	sets     = []attr.Type{attr.TypeSS, attr.TypeNS, attr.TypeBS}
	addables = []attr.Type{attr.TypeSS, attr.TypeNS, attr.TypeBS, attr.TypeN, attr.TypeL}
)

// NewAssignment returns what an action, "PUT", "ADD" or "DELETE", does to an attribute with a value; an action of "" is
// PUT, and the zero Value is none. The error is an exception.Validation: the action is not for such a value.
func NewAssignment(attribute, act string, value attr.Value) (Assignment, error) {
	const invalid = "One or more parameter values were invalid: "
	a := action{legacy: true, path: path{{attribute, noIndex}}, value: operand{value: value}}
	none, t := value.IsZero(), value.Type()
	err := checkAttribute(attribute)
	switch {
	case err != nil:
	case none && act != verbDelete.String():
		err = refuse(invalid + "Only DELETE action is allowed when no attribute value is specified")
	case none:
		a.verb = verbRemove
	case act == verbDelete.String():
		if a.verb = verbDelete; !slices.Contains(sets, t) {
			err = exception.Validation.Errorf(invalid+"DELETE action with value is not supported for the type %s", t)
		}
	case act == verbAdd.String():
		if a.verb = verbAdd; !slices.Contains(addables, t) {
			err = exception.Validation.Errorf(invalid+"ADD action is not supported for the type %s", t)
		}
	default:
		a.verb = verbSet
	}
	return Assignment{a}, err
}

// Gives returns the value that the update gives to an attribute, or adds to it or deletes from it, as far as the
// request alone tells; the zero Value if it does not.
func (u *Update) Gives(attribute string) attr.Value {
	for i := range u.actions {
		a := &u.actions[i]
		if len(a.path) == 1 && a.path[0].name == attribute && a.verb != verbRemove && a.value.isValue() {
			return a.value.value
		}
	}
	return attr.Value{}
}

// IsExpression reports whether the update was written as an UpdateExpression.
func (u *Update) IsExpression() bool { return len(u.actions) == 0 || !u.actions[0].legacy }

// NewUpdate returns the update that makes all the assignments, which are of different attributes. It is nil if there
// are none.
func NewUpdate(assignments []Assignment) *Update {
	if len(assignments) == 0 {
		return nil
	}
	u := &Update{actions: make([]action, len(assignments))}
	names := make([]string, len(assignments))
	for i, a := range assignments {
		u.actions[i], names[i] = a.action, a.action.path[0].name
	}
	u.tree = attributes(names)
	u.findReads()
	return u
}
