package attr

import "unicode/utf8"

// The service's words for what this package refuses, and a few of its own where the service's are not known.
const (
	msgNoType    = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
	msgManyTypes = "Supplied AttributeValue has more than one datatypes set, " +
		"must contain exactly one of the supported datatypes"
	msgNullValue = "The supplied Item contains a null AttributeValue"
	msgNullField = msgNullValue + ": %s is null"
	msgNullFalse = "One or more parameter values were invalid: Null attribute value types must have the value of true"
	msgTooDeep   = "Nesting Levels have exceeded supported limits: " +
		"Attributes in the item have nested levels beyond supported limit"
	msgEmptySS   = "One or more parameter values were invalid: An string set  may not be empty"
	msgEmptyNS   = "One or more parameter values were invalid: An number set  may not be empty"
	msgEmptyBS   = "One or more parameter values were invalid: Binary sets should not be empty"
	msgNullInSS  = "One or more parameter values were invalid: An string set may not have a null string as a member"
	msgNullInNS  = "The parameter cannot be converted to a numeric value"
	msgNullInBS  = "One or more parameter values were invalid: Binary sets may not contain null or empty values"
	msgTwiceInSS = "One or more parameter values were invalid: Input collection [%s] contains duplicates."
	msgTwiceInNS = "Input collection contains duplicates"
	msgTwiceInBS = "One or more parameter values were invalid: Input collection [%s]of type BS contains duplicates."
	msgNotUTF8   = "One or more parameter values were invalid: A string is not valid UTF-8"
	msgNoName    = "Empty attribute name"
	msgNameUTF8  = "One or more parameter values were invalid: An attribute name is not valid UTF-8"
	msgLongName  = "Attribute name is too large, must be less than 65536 bytes"
)

// maxNameSize is how many bytes an attribute name may have.
const maxNameSize = 65535

// nameRefusal returns the reason why name cannot name an attribute or a field of a map, or "".
func nameRefusal(name string) string {
	if reason := nameLengthRefusal(len(name)); reason != "" {
		return reason
	}
	if !utf8.ValidString(name) {
		return msgNameUTF8
	}
	return ""
}

// nameLengthRefusal is nameRefusal for a name of n bytes that is valid UTF-8.
func nameLengthRefusal(n int) string {
	switch {
	case n == 0:
		return msgNoName
	case n > maxNameSize:
		return msgLongName
	}
	return ""
}
