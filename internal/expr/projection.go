package expr

import (
	"slices"

	"github.com/tidemark-db/tidemark/attr"
)

// Projection is a projection expression. It is immutable and may be used by several goroutines at once.
type Projection struct{ tree branch }

// ParseProjection parses text, a request's ProjectionExpression, and notes in params what it uses. The error is an
// exception.Validation.
func ParseProjection(text string, params *Params) (*Projection, error) {
	p, err := newParser(kindProjection, text, nil, params)
	if err != nil {
		return nil, err
	}
	var paths []path
	for {
		p.turn = -len(paths)
		paths = append(paths, p.path(faultPath))
		if !p.accept(",") {
			break
		}
	}
	p.finish()
	projection := &Projection{}
	for use, pa := range slices.Backward(paths) {
		p.plant(&projection.tree, pa, use)
	}
	if err := p.err("Invalid ProjectionExpression: "); err != nil {
		return nil, err
	}
	return projection, nil
}

// plant adds a path to a tree, or notes that it clashes with one that is there. After that there is nothing to add.
func (p *parser) plant(tree *branch, pa path, use int) {
	if p.failure != "" || p.clashed {
		return
	}
	if clash, how := tree.add(pa, use); clash != nil {
		p.clashed = true
		p.noteAt(-use, faultPath, "Two document paths ", how, " with each other; must remove or rewrite one of these paths; ",
			"path one: ", pa.String(), ", path two: ", clash.String())
	}
}

// Apply returns the parts of item that the projection names, each within as much of the item as leads to it. Elements
// of a list close up in their order. What the item does not have is left out; if it has nothing of it all, the result
// is an item without attributes. Of the zero Item it is the zero Item.
func (pr *Projection) Apply(item attr.Item) attr.Item { return pr.tree.project(item) }

// Attributes returns the names of the attributes that the projection names or of which it names a part, in ascending
// order.
func (pr *Projection) Attributes() []string { return pr.tree.names() }

// Nested returns the names of those attributes of which the projection names a part, in ascending order.
func (pr *Projection) Nested() []string { return pr.tree.nested() }
