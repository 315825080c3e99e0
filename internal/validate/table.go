package validate

import (
	"strings"

	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/exception"
)

// Table returns the bare name of a table that a request names by name or by ARN, for an endpoint of the given region
// and account. A name must have the length and characters of one; an ARN must be that of a table here.
func Table(nameOrARN, region, account string) (string, error) {
	if !strings.HasPrefix(nameOrARN, "arn:") {
		var c Check
		c.Name("tableName", nameOrARN)
		return nameOrARN, c.Err()
	}
	a, err := arn.Parse(nameOrARN)
	switch {
	case err != nil:
		return "", exception.Validation.Errorf("Invalid TableArn: Invalid Table ARN")
	case a.Region != region:
		return "", exception.Validation.Errorf("1 validation error detected: Invalid AWS region in '%s'", nameOrARN)
	case a.Account != account:
		return "", exception.AccessDenied.Errorf("Access is denied")
	case a.Kind != arn.KindTable || a.Partition != arn.Partition(region):
		return "", exception.Validation.Errorf("Invalid TableArn: Invalid Table ARN")
	}
	return a.Table, nil
}
