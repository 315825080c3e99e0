package request

import (
	"math"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/jsontext"
)

// Rule is what the model says of a member. The zero Rule allows anything.
type Rule struct {
	Required bool

	// Min and Max bound a number, the characters of a text, or the elements of a list or map. A Max of 0 is no bound,
	// and neither is a Min of 0.
	Min, Max int

	// Name has a text be one of the names of tables, indexes and backups, of 3 to 255 characters, and the names in a map
	// be those of tables, or ARNs.
	Name bool

	// Enum lists all that a text may be.
	Enum []string
}

// most is how many elements of a list are looked at: some more than it may have.
func (r Rule) most() int {
	if r.Max > 0 {
		return r.Max + 1
	}
	return 1000
}

// Required is the rule of a member that must be there and may be anything.
var Required = Rule{Required: true}

// Text returns a member that is a string, or "" if it is not there.
func (o Object) Text(name string, rule Rule) string {
	raw := o.raw(name)
	if raw == nil {
		o.absent(name, rule)
		return ""
	}
	text, ok := o.r.text(raw)
	if ok {
		o.checkText(name, text, rule)
	}
	return text
}

// text reads a string.
func (r *Reader) text(raw []byte) (text string, ok bool) {
	if raw[0] != '"' {
		r.wrong(raw, jsontext.String)
		return "", false
	}
	s := jsontext.Scanner{Data: raw}
	var space [128]byte
	b, _ := s.Text(space[:0])
	return string(b), true
}

// checkText finds the name of the member only if it is needed: most texts are sound.
func (o Object) checkText(name, text string, rule Rule) {
	c := &o.r.Check
	if n := utf8.RuneCountInString(text); n < rule.Min || rule.Max > 0 && n > rule.Max {
		c.Length(o.Path(name), text, rule.Min, rule.Max)
	}
	if rule.Name && !arn.ValidName(text) {
		c.Name(o.Path(name), text)
	}
	if rule.Enum != nil && !slices.Contains(rule.Enum, text) {
		c.Enum(o.Path(name), text, rule.Enum...)
	}
}

// Texts returns a member that is a list of strings; the rule of each is element. given tells an empty list from none.
func (o Object) Texts(name string, rule, element Rule) (texts []string, given bool) {
	texts = []string{}
	if !o.each(name, rule, func(n int, e []byte) {
		text, ok := o.r.text(e)
		if ok {
			o.checkText(elementOf(name, n), text, element)
		}
		texts = append(texts, text)
	}) {
		return nil, false
	}
	return texts, true
}

// each reads the elements of a member that is a list, counted from 1, but for those that are null or beyond what is looked
// at. given tells an empty list from none.
func (o Object) each(name string, rule Rule, read func(n int, element []byte)) (given bool) {
	raw := o.raw(name)
	if raw == nil {
		o.absent(name, rule)
		return false
	}
	n := 0
	for e := range o.elements(raw) {
		n++
		switch {
		case n > rule.most():
		case e[0] == 'n':
			o.r.Check.Required(o.Path(elementOf(name, n)), false)
		default:
			read(n, e)
		}
	}
	o.count(name, raw, n, rule)
	return true
}

// elementOf returns the name of an element of a list.
func elementOf(list string, n int) string { return list + "." + strconv.Itoa(n) + ".member" }

// Bool returns a member that is true or false; given tells false from none.
func (o Object) Bool(name string, rule Rule) (b, given bool) {
	raw := o.raw(name)
	if raw == nil {
		o.absent(name, rule)
		return false, false
	}
	if raw[0] != 't' && raw[0] != 'f' {
		o.r.wrong(raw, jsontext.Boolean)
	}
	return raw[0] == 't', true
}

// wrong notes that a value is not of the type wanted.
func (r *Reader) wrong(raw []byte, wanted string) {
	if r.types == nil {
		s := jsontext.Scanner{Data: raw}
		s.Mismatch(wanted)
		r.types = s.Err()
	}
}

// Int returns a member that is a number, without its fraction; given tells 0 from none.
func (o Object) Int(name string, rule Rule) (n int64, given bool) {
	return o.integer(name, rule, jsontext.Integer)
}

// Long is Int for members that the model calls long, which makes a difference to the text of a wrong type alone.
func (o Object) Long(name string, rule Rule) (n int64, given bool) {
	return o.integer(name, rule, jsontext.Long)
}

func (o Object) integer(name string, rule Rule, kind string) (n int64, given bool) {
	raw := o.raw(name)
	if raw == nil {
		o.absent(name, rule)
		return 0, false
	}
	if !isNumber(raw) {
		o.r.wrong(raw, kind)
		return 0, true
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		f, _ := strconv.ParseFloat(string(raw), 64) // out of range it is infinite
		if f >= math.MaxInt64 || f <= math.MinInt64 {
			o.r.wrong(raw, kind)
		}
		n = int64(f)
	}
	if kind == jsontext.Integer && n != int64(int32(n)) {
		o.r.wrong(raw, kind)
	}
	if rule.Min != 0 && n < int64(rule.Min) || rule.Max != 0 && n > int64(rule.Max) {
		low, high := int64(rule.Min), int64(rule.Max)
		if high == 0 {
			high = low - 1
		}
		o.r.Check.Range(o.Path(name), n, low, high)
	}
	return n, true
}

func isNumber(raw []byte) bool { return raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9' }

// The seconds between which timestamps lie: the zero time, which stands for none, and the year 10000.
const (
	earliest = -62135596800
	latest   = 253402300800
)

// Time returns a member that is a timestamp, in seconds since 1970 with a fraction of up to microseconds; given tells
// whether it is there.
func (o Object) Time(name string) (t time.Time, given bool) {
	raw := o.raw(name)
	if raw == nil {
		return time.Time{}, false
	}
	if !isNumber(raw) {
		o.r.wrong(raw, jsontext.Timestamp)
		return time.Time{}, true
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || f <= earliest || f >= latest {
		o.r.mismatch(exception.Serialization.Errorf("%s is not a time: it must be seconds since 1970 "+
			"between the years 1 and 10000", name))
		return time.Time{}, true
	}
	return time.UnixMicro(int64(math.Round(f * 1e6))).UTC(), true
}

// Item returns a member that is an item or a key: a map of attribute values. It is the zero Item if the member is not
// there or cannot be.
func (o Object) Item(name string, rule Rule) attr.Item {
	raw := o.raw(name)
	if raw == nil {
		o.absent(name, rule)
		return attr.Item{}
	}
	return o.r.item(raw, jsontext.ValueMap)
}

func (r *Reader) item(raw []byte, wanted string) attr.Item {
	if raw[0] != '{' {
		r.wrong(raw, wanted)
		return attr.Item{}
	}
	item, err := attr.ParseItem(raw)
	if err != nil {
		r.invalid(err)
	}
	return item
}

// invalid notes what is wrong with an attribute value.
func (r *Reader) invalid(err error) {
	if isSerialization(err) {
		r.mismatch(err)
		return
	}
	r.Refuse(err)
}

// Items returns a member that is a list of items or keys; the size of the list is the rule's.
func (o Object) Items(name string, rule Rule) []attr.Item {
	var items []attr.Item
	o.each(name, rule, func(_ int, e []byte) { items = append(items, o.r.item(e, jsontext.ValueMap)) })
	return items
}

// Values returns a member that is a map of attribute values, nil if it is not there. A value that cannot be is null in
// the map. What is wrong with the first such value is the fault, which is not noted, because the service tells what is
// wrong with the names before it.
func (o Object) Values(name string) (values map[string]attr.Value, fault error) {
	m := o.object(name, Rule{}, jsontext.ValueMap)
	if !m.Given() {
		return nil, nil
	}
	values = make(map[string]attr.Value, m.Len())
	for _, e := range o.r.members[m.from:m.to] {
		v, err := attr.ParseValue(e.raw)
		if err != nil {
			v = attr.Null()
			switch err = valueError(name, string(e.name), err); {
			case isSerialization(err):
				o.r.mismatch(err)
			case fault == nil:
				fault = err
			}
		}
		values[string(e.name)] = v
	}
	return values, fault
}

func isSerialization(err error) bool {
	e, ok := err.(*exception.Error)
	return ok && e.Code == exception.Serialization
}

// valueError says of which value in a map the service would complain.
func valueError(member, key string, err error) error {
	if e, ok := err.(*exception.Error); ok && e.Code == exception.Validation {
		return exception.Validation.Errorf("%s contains invalid value: %s for key %s", member, e.Message, key)
	}
	return err
}

// Names returns a member that is a map of strings, nil if it is not there.
func (o Object) Names(name string) map[string]string {
	m := o.object(name, Rule{}, jsontext.StringMap)
	if !m.Given() {
		return nil
	}
	texts := make(map[string]string, m.Len())
	for _, e := range o.r.members[m.from:m.to] {
		texts[string(e.name)], _ = o.r.text(e.raw)
	}
	return texts
}
