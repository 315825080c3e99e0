package wire

import (
	"github.com/tidemark-db/tidemark/internal/request"
	"github.com/tidemark-db/tidemark/table"
)

var (
	resourceRule = request.Rule{Required: true, Min: 1, Max: 1283}
	revisionRule = request.Rule{Min: 1, Max: 255}
)

func putResourcePolicy(c *call) error {
	in := table.PolicyInput{
		Resource: c.in.Text("ResourceArn", resourceRule),
		Document: c.in.Text("Policy", required),
		Expected: c.in.Text("ExpectedRevisionId", revisionRule),
	}
	in.ConfirmRemoveSelfResourceAccess, _ = c.in.Bool("ConfirmRemoveSelfResourceAccess", optional)
	if err := c.Err(); err != nil {
		return err
	}
	revision, err := c.tables.PutResourcePolicy(c.ctx, in)
	if err != nil {
		return err
	}
	c.writeRevision(revision)
	return nil
}

func getResourcePolicy(c *call) error {
	resource := c.in.Text("ResourceArn", resourceRule)
	if err := c.Err(); err != nil {
		return err
	}
	p, err := c.tables.ResourcePolicy(c.ctx, resource)
	if err != nil {
		return err
	}
	c.out.Begin('{')
	c.writeText("Policy", p.Document)
	c.writeText("RevisionId", p.Revision)
	c.out.End('}')
	return nil
}

func deleteResourcePolicy(c *call) error {
	resource := c.in.Text("ResourceArn", resourceRule)
	expected := c.in.Text("ExpectedRevisionId", revisionRule)
	if err := c.Err(); err != nil {
		return err
	}
	revision, err := c.tables.DeleteResourcePolicy(c.ctx, resource, expected)
	if err != nil {
		return err
	}
	c.writeRevision(revision)
	return nil
}

// writeRevision writes the answer to a change of a policy: where there never was one, there is nothing to tell.
func (c *call) writeRevision(revision string) {
	c.out.Begin('{')
	if revision != "" {
		c.writeText("RevisionId", revision)
	}
	c.out.End('}')
}

// readPolicy reads the policy of a new table. An empty one is as good as none to the store, but not to the service.
func (c *call) readPolicy() string {
	document := c.in.Text("ResourcePolicy", optional)
	if document == "" && c.in.Has("ResourcePolicy") {
		c.Refuse(invalid("Invalid policy document: This policy contains invalid Json"))
	}
	return document
}
