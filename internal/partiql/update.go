package partiql

import (
	"strings"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/internal/expr"
)

// updates translates SET and REMOVE.
type updates struct {
	*translator
	b *expr.Builder
}

func (t *translator) update(actions []assignment) *expr.Update {
	u := &updates{translator: t, b: expr.NewUpdateBuilder()}
	for _, a := range actions {
		path := u.pathOf(a.path)
		switch v := a.value; {
		case t.failure != nil:
			return nil
		case v == nil:
			u.b.Remove(path)
		case v.kind == kindCall && (v.text == "set_add" || v.text == "set_delete"):
			u.members(path, v)
		default:
			u.b.Set(path, u.operand(v))
		}
	}
	if t.failure != nil {
		return nil
	}
	update, err := u.b.Update()
	t.fail(err)
	return update
}

// members translates the functions that add elements to a set, or take them away, which they do in place.
func (u *updates) members(path expr.Path, n *node) {
	name := strings.ToUpper(n.text)
	switch {
	case len(n.args) != 2:
		u.refuseAt(name+" must have exactly two arguments", n.at)
		return
	case !n.args[0].reference() || !u.pathOf(n.args[0]).Equal(path):
		u.refuseAt("The first argument to "+name+" must equal the assignment value", n.at)
		return
	}
	var set attr.Value
	if n.args[1].constant() {
		set = u.constant(n.args[1])
	}
	switch set.Type() {
	case attr.TypeSS, attr.TypeNS, attr.TypeBS:
	default:
		u.refuseAt("The second argument to "+name+" must be a value with type SET", n.args[0].at)
		return
	}
	if n.text == "set_add" {
		u.b.Add(path, set)
	} else {
		u.b.Delete(path, set)
	}
}

// operand translates what an attribute is set to, or a part of it.
func (u *updates) operand(n *node) expr.Operand {
	switch {
	case u.failure != nil:
	case n.reference():
		return u.b.Path(u.pathOf(n))
	case n.constant():
		return expr.ValueOperand(u.constant(n))
	case n.kind == kindMissing:
		u.refuse(missingCompared)
	case n.kind == kindSum && (n.text == "+" || n.text == "-"),
		n.kind == kindSign,
		n.kind == kindCall && changes[n.text]:
		args := make([]expr.Operand, len(n.args))
		for i, arg := range n.args {
			args[i] = u.operand(arg)
		}
		if u.failure == nil {
			return u.b.Call(n.text, args...)
		}
	case n.kind == kindIs:
		u.refuse("IS operator is not supported in update expressions")
	case n.kind != kindCall:
		u.refuse("Unsupported operator in Update Expression. Operator: " + n.text)
	case tests[n.text], n.text == "size":
		u.refuse("The function is not allowed in an update expression; function: " + n.text)
	default:
		u.unknown(n)
	}
	return expr.Operand{}
}
