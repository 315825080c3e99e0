package attr

import (
	"encoding/base64"

	"github.com/tidemark-db/tidemark/internal/jsontext"
)

// AppendJSON appends the value in DynamoDB's JSON, such as {"N":"1.5"}. The text is compact, the fields of maps and
// the elements of sets are in ascending order, and equal values have equal texts. For the zero Value and for an
// invalid one it appends null.
func (v Value) AppendJSON(dst []byte) []byte {
	if v.Type() == 0 {
		return append(dst, "null"...)
	}
	dst = append(dst, `{"`...)
	dst = append(dst, v.typ.String()...)
	dst = append(dst, `":`...)
	switch v.typ {
	case TypeBOOL, TypeNULL:
		if v.data == "\x00" {
			dst = append(dst, "false"...)
		} else {
			dst = append(dst, "true"...)
		}
	case TypeL, TypeSS, TypeNS, TypeBS:
		dst = appendElements(dst, v)
	case TypeM:
		dst = appendFieldsJSON(dst, v.data)
	default:
		dst = appendScalar(dst, v)
	}
	return append(dst, '}')
}

// appendScalar appends the text of a value of type S, N or B as a string of JSON.
func appendScalar(dst []byte, v Value) []byte {
	if v.typ == TypeS {
		return jsontext.AppendString(dst, v.data)
	}
	dst = append(dst, '"')
	if v.typ == TypeN {
		dst = appendNumberText(dst, v.data)
	} else {
		dst = appendBase64(dst, v.data)
	}
	return append(dst, '"')
}

func appendElements(dst []byte, v Value) []byte {
	dst = append(dst, '[')
	first := len(dst)
	for e := range v.Elements() {
		if len(dst) > first {
			dst = append(dst, ',')
		}
		if v.typ == TypeL {
			dst = e.AppendJSON(dst)
		} else {
			dst = appendScalar(dst, e)
		}
	}
	return append(dst, ']')
}

// appendFieldsJSON appends the fields encoded in s as an object.
func appendFieldsJSON(dst []byte, s string) []byte {
	dst = append(dst, '{')
	first := len(dst)
	for s != "" {
		var name string
		var v Value
		name, v, s = cutField(s)
		if len(dst) > first {
			dst = append(dst, ',')
		}
		dst = append(jsontext.AppendString(dst, name), ':')
		dst = v.AppendJSON(dst)
	}
	return append(dst, '}')
}

// appendBase64 appends the padded standard base64 of data.
func appendBase64(dst []byte, data string) []byte {
	return base64.StdEncoding.AppendEncode(dst, []byte(data))
}

// jsonGuess returns a capacity that most texts of that many encoded bytes fit.
func jsonGuess(encoded int) int { return 32 + 2*encoded }

// String returns the text that [Value.AppendJSON] appends, or, for an invalid Value, what is wrong with it.
func (v Value) String() string {
	if v.typ == typeInvalid {
		return "invalid: " + v.data
	}
	return string(v.AppendJSON(make([]byte, 0, jsonGuess(len(v.data)))))
}

// MarshalJSON returns the text that [Value.AppendJSON] appends; for an invalid Value it returns [Value.Err].
func (v Value) MarshalJSON() ([]byte, error) {
	if err := v.Err(); err != nil {
		return nil, err
	}
	return v.AppendJSON(make([]byte, 0, jsonGuess(len(v.data)))), nil
}

// UnmarshalJSON sets *v to what [ParseValue] returns. As is the custom, null changes nothing.
func (v *Value) UnmarshalJSON(json []byte) error {
	if string(json) == "null" {
		return nil
	}
	parsed, err := ParseValue(json)
	if err != nil {
		return err
	}
	*v = parsed
	return nil
}

// AppendJSON appends the item in DynamoDB's JSON, such as {"id":{"S":"a"}}, in the manner of [Value.AppendJSON]. For
// the zero Item it appends null.
func (it Item) AppendJSON(dst []byte) []byte {
	if it.IsZero() {
		return append(dst, "null"...)
	}
	return appendFieldsJSON(dst, it.body())
}

// String returns the text that [Item.AppendJSON] appends.
func (it Item) String() string {
	return string(it.AppendJSON(make([]byte, 0, jsonGuess(len(it.enc)))))
}

// MarshalJSON returns the text that [Item.AppendJSON] appends. The error is always nil.
func (it Item) MarshalJSON() ([]byte, error) {
	return it.AppendJSON(make([]byte, 0, jsonGuess(len(it.enc)))), nil
}

// UnmarshalJSON sets *it to what [ParseItem] returns. As is the custom, null changes nothing.
func (it *Item) UnmarshalJSON(json []byte) error {
	if string(json) == "null" {
		return nil
	}
	parsed, err := ParseItem(json)
	if err != nil {
		return err
	}
	*it = parsed
	return nil
}

// ParseValue reads one value in DynamoDB's JSON, such as {"L":[{"S":"a"},{"BOOL":true}]}; it does not keep json. The
// error is an [exception.Serialization] if the text is not JSON or not of that form, and else an
// [exception.Validation] for the first fault in what it says. Members that are no type's name, or are null, are
// ignored.
func ParseValue(json []byte) (Value, error) {
	p := newParser(json)
	defer p.free()
	p.value(0)
	p.End()
	if err := p.err(); err != nil {
		return Value{}, err
	}
	s := p.spans[0]
	return Value{s.typ, string(p.buf[s.mid:s.end])}, nil
}

// ParseItem reads an item in DynamoDB's JSON: an object with the attributes' names and their values as [ParseValue]
// reads them; it does not keep json. Of attributes with the same name the last one counts. Errors are those of
// ParseValue, and an [exception.Validation] for a name that [NewItem] refuses.
func ParseItem(json []byte) (Item, error) {
	p := newParser(json)
	defer p.free()
	size := p.object(1)
	p.End()
	if err := p.err(); err != nil {
		return Item{}, err
	}
	start := len(p.buf)
	p.buf = appendUvarint(p.buf, size)
	p.appendFields(0)
	return Item{string(p.buf[start:])}, nil
}
