package request

import (
	"strconv"

	"github.com/tidemark-db/tidemark/internal/jsontext"
)

// Double returns a member that is a number, with its fraction; given tells 0 from none. A number that is out of range
// is infinite.
func (o Object) Double(name string, rule Rule) (f float64, given bool) {
	raw := o.raw(name)
	if raw == nil {
		o.absent(name, rule)
		return 0, false
	}
	if !isNumber(raw) {
		o.r.wrong(raw, jsontext.Double)
		return 0, true
	}
	f, _ = strconv.ParseFloat(string(raw), 64)
	return f, true
}
