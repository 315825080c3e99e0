package wire

import (
	"encoding/base64"
	"strings"

	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/request"
	"github.com/tidemark-db/tidemark/schema"
)

var (
	insightAction = request.Rule{Required: true, Enum: []string{"ENABLE", "DISABLE"}}
	insightModes  = request.Rule{Enum: []string{string(schema.AccessedAndThrottledKeys), string(schema.ThrottledKeys)}}
)

func updateContributorInsights(c *call) error {
	name := c.in.Text("TableName", tableRule)
	index := c.nameOf("IndexName", "IndexName", optional)
	action := c.in.Text("ContributorInsightsAction", insightAction)
	mode := schema.InsightsMode(c.in.Text("ContributorInsightsMode", insightModes))
	if err := c.Err(); err != nil {
		return err
	}
	d, err := c.tables.UpdateContributorInsights(c.ctx, name, index, action == "ENABLE", mode)
	if err != nil {
		return err
	}
	c.writeInsights(&d)
	return nil
}

func describeContributorInsights(c *call) error {
	name := c.in.Text("TableName", tableRule)
	index := c.nameOf("IndexName", "IndexName", optional)
	if err := c.Err(); err != nil {
		return err
	}
	d, err := c.tables.DescribeContributorInsights(c.ctx, name, index)
	if err != nil {
		return err
	}
	c.out.Begin('{')
	c.writeInsightsMode(&d)
	c.writeList("ContributorInsightsRuleList", len(d.Rules), func(i int) { c.out.String(d.Rules[i]) })
	c.writeText("ContributorInsightsStatus", string(d.Status))
	c.writeInsightsIndex(&d)
	c.writeTime("LastUpdateDateTime", d.UpdateTime)
	c.writeText("TableName", d.Table)
	c.out.End('}')
	return nil
}

func listContributorInsights(c *call) error {
	name := c.in.Text("TableName", request.Rule{Min: tableRule.Min, Max: tableRule.Max})
	limit, limited := c.in.Int("MaxResults", request.Rule{Max: 100})
	if limited && limit < 1 {
		c.Refuse(invalid("MaxResults must be greater than 0"))
	}
	after := c.readInsightsToken()
	if err := c.Err(); err != nil {
		return err
	}
	list, last, err := c.tables.ListContributorInsights(c.ctx, name, after, int(limit))
	if err != nil {
		return err
	}
	c.out.Begin('{')
	c.writeArray("ContributorInsightsSummaries", len(list), func(i int) { c.writeInsights(&list[i]) })
	if last != "" {
		c.writeText("NextToken", base64.RawURLEncoding.EncodeToString([]byte(last)))
	}
	c.out.End('}')
	return nil
}

// readInsightsToken reads where a list is to go on: after which table and index.
func (c *call) readInsightsToken() string {
	token := c.in.Text("NextToken", optional)
	if !c.in.Has("NextToken") {
		return ""
	}
	place, err := base64.RawURLEncoding.DecodeString(token)
	table, index, ok := strings.Cut(string(place), "/")
	if err != nil || !ok || !arn.ValidName(table) || index != "" && !arn.ValidName(index) {
		c.Refuse(exception.Validation.Errorf("Invalid Request: Provided nextToken is invalid: %s", clip(token)))
	}
	return string(place)
}

// clip shortens what a refusal quotes.
func clip(text string) string {
	const enough = 1024
	if len(text) > enough {
		return strings.ToValidUTF8(text[:enough], "") + "..."
	}
	return text
}

// writeInsights writes what an update and a list tell of insights.
func (c *call) writeInsights(d *schema.Insights) {
	c.out.Begin('{')
	c.writeInsightsMode(d)
	c.writeText("ContributorInsightsStatus", string(d.Status))
	c.writeInsightsIndex(d)
	c.writeText("TableName", d.Table)
	c.out.End('}')
}

func (c *call) writeInsightsMode(d *schema.Insights) {
	if d.Mode != "" {
		c.writeText("ContributorInsightsMode", string(d.Mode))
	}
}

func (c *call) writeInsightsIndex(d *schema.Insights) {
	if d.Index != "" {
		c.writeText("IndexName", d.Index)
	}
}
