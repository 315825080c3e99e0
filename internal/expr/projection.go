package expr

import "github.com/tidemark-db/tidemark/attr"

// Projection is a projection expression. It is immutable and may be used by several goroutines at once.
type Projection struct{ tree branch }

// ParseProjection parses text, a request's ProjectionExpression, and notes in params what it uses. The error is an
// exception.Validation.
func ParseProjection(text string, params *Params) (*Projection, error) {
	p, err := newParser(kindProjection, text, nil, params)
	if err != nil {
		return nil, err
	}
	projection := &Projection{}
	for use := 0; ; use++ {
		p.plant(&projection.tree, p.path(), use)
		if !p.accept(",") {
			break
		}
	}
	if err := p.finish(faultReserved, faultReference, faultOverlap, faultConflict); err != nil {
		return nil, err
	}
	return projection, nil
}

// plant adds a path to a tree and notes it if it clashes with an earlier one.
func (p *parser) plant(tree *branch, pa path, use int) {
	if p.failure != "" {
		return
	}
	overlap, conflict := tree.add(pa, use)
	const rest = " with each other; must remove or rewrite one of these paths; path one: "
	if overlap != nil && !p.noted(faultOverlap) {
		p.note(faultOverlap, "Two document paths overlap", rest, overlap.String(), ", path two: ", pa.String())
	}
	if conflict != nil && !p.noted(faultConflict) {
		p.note(faultConflict, "Two document paths conflict", rest, conflict.String(), ", path two: ", pa.String())
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
