package partiql

import (
	"strconv"
	"strings"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
)

// constant returns the value of a literal or a parameter. It is kept in n.
func (t *translator) constant(n *node) attr.Value {
	if n.value.IsZero() && t.failure == nil {
		if n.kind == kindParameter {
			n.value = t.parameters[n.n]
		} else {
			n.value = t.literal(n, "root", 0)
		}
	}
	return n.value
}

// literal returns the value of a literal. The path says where in the whole value it is, for messages, and depth how
// deep.
func (t *translator) literal(n *node, path string, depth int) attr.Value {
	if depth >= attr.MaxDepth {
		t.refuse("Nesting Levels have exceeded supported limits under " + path)
	}
	if t.failure != nil {
		return attr.Value{}
	}
	switch n.kind {
	case kindText:
		return t.sound(attr.S(n.text), path)
	case kindNumber:
		return t.sound(number(n.text), path)
	case kindBool:
		return attr.Bool(n.text == "true")
	case kindNull:
		return attr.Null()
	case kindList:
		list := make([]attr.Value, len(n.args))
		for i, arg := range n.args {
			list[i] = t.literal(arg, path+"["+strconv.Itoa(i)+"]", depth+1)
		}
		return t.made(attr.L(list...))
	case kindBag:
		return t.bag(n, path)
	case kindTuple:
		m := make(attr.Map, len(n.args)/2)
		t.fields(n, path, func(name string, v *node) { m[name] = t.literal(v, path+"."+name, depth+1) })
		return t.made(attr.M(m))
	}
	what := n.text
	if n.reference() && depth > 0 || n.kind == kindParameter || n.kind == kindMissing {
		what = names[n.kind]
	}
	t.refuseAt("Unsupported data type: "+clip(what)+" under key "+clip(path), n.at)
	return attr.Value{}
}

// number returns the number that text denotes, which may begin or end with a point.
func number(text string) attr.Value {
	sign := ""
	if rest, ok := strings.CutPrefix(text, "-"); ok {
		sign, text = "-", rest
	}
	if text[0] == '.' {
		text = "0" + text
	}
	if whole, rest, ok := strings.Cut(text, "."); ok && (rest == "" || !isDigit(rest[0])) {
		text = whole + rest
	}
	return attr.N(sign + text)
}

// sound refuses a value that there cannot be, with its place.
func (t *translator) sound(v attr.Value, path string) attr.Value {
	if err := v.Err(); err != nil {
		t.refuse(message(err) + " under " + clip(path))
	}
	return v
}

// made refuses a list, map or set that there cannot be.
func (t *translator) made(v attr.Value) attr.Value {
	if err := v.Err(); err != nil {
		t.refuse(message(err))
	}
	return v
}

func message(err error) string {
	if e, ok := err.(*exception.Error); ok {
		return e.Message
	}
	return err.Error()
}

// bag returns the set that <<...>> is.
func (t *translator) bag(n *node, path string) attr.Value {
	if len(n.args) == 0 {
		t.refuse("Empty bags are not supported")
		return attr.Value{}
	}
	texts := make([]string, len(n.args))
	for i, arg := range n.args {
		if arg.kind != kindText && arg.kind != kindNumber || arg.kind != n.args[0].kind {
			t.refuse("Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags")
			return attr.Value{}
		}
		texts[i] = arg.text
	}
	if n.args[0].kind == kindText {
		return t.made(attr.SS(texts...))
	}
	seen := make(map[attr.Value]bool, len(texts))
	for i, arg := range n.args {
		v := t.sound(number(arg.text), path)
		if seen[v] {
			t.refuse("One or more parameter values were invalid: Input collection [" + clip(strings.Join(texts, ", ")) +
				"] contains duplicates! under " + clip(path))
		}
		seen[v] = true
		if texts[i], _ = v.Number(); t.failure != nil {
			return attr.Value{}
		}
	}
	return t.made(attr.NS(texts...))
}

// fields goes through the fields of a tuple.
func (t *translator) fields(n *node, path string, field func(name string, v *node)) {
	seen := make(map[string]bool, len(n.args)/2)
	for i := 0; i < len(n.args); i += 2 {
		name := n.args[i]
		switch {
		case name.kind != kindText:
			what := names[name.kind]
			if name.kind == kindNumber {
				what = "INT"
			}
			t.refuseAt("Tuple keys must be of type String. Actual type: "+what+" under "+clip(path), name.at)
		case seen[name.text]:
			t.refuseAt("Duplicate keys in tuple. Key: "+clip(name.text)+" under "+clip(path), n.at)
		}
		t.named(name.text)
		if t.failure != nil {
			return
		}
		seen[name.text] = true
		field(name.text, n.args[i+1])
	}
}

// item returns the item of an INSERT, of which values alone can be parameters.
func (t *translator) item(n *node) attr.Item {
	if n.kind != kindTuple {
		t.refuseAt("Unsupported format in item expression. Please use struct format {...} to express item values for "+
			"insert statement.", n.at)
		return attr.Item{}
	}
	m := make(attr.Map, len(n.args)/2)
	t.fields(n, "root", func(name string, v *node) { m[name] = t.constant(v) })
	if t.failure != nil {
		return attr.Item{}
	}
	item, err := attr.NewItem(m)
	t.fail(err)
	return item
}
