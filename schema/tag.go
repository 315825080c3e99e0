package schema

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tidemark-db/tidemark/exception"
)

// CheckTag refuses a tag that a table cannot have with a ValidationException: its key as CheckTagKey does, and a value
// of more than 256 characters or with others than keys may have.
func CheckTag(key, value string) error {
	if err := CheckTagKey(key); err != nil {
		return err
	}
	if utf8.RuneCountInString(value) > 256 || !taggable(value) {
		return exception.Validation.Errorf("The Tag Value provided is invalid, Value: %s", value)
	}
	return nil
}

// CheckTagKey refuses the key of a tag that a table cannot have with a ValidationException. It must have 1 to 128
// characters: letters and digits of all scripts, spaces and +-=._:/@. Keys that begin with aws: are the service's own.
func CheckTagKey(key string) error {
	switch n := utf8.RuneCountInString(key); {
	case n < 1 || n > 128 || !taggable(key):
		return exception.Validation.Errorf("The Tag Key provided is invalid, Key: %s", key)
	case len(key) >= 4 && strings.EqualFold(key[:4], "aws:"):
		return exception.Validation.Errorf("Tag Key cannot be prefixed with aws:, Key: %s", key)
	}
	return nil
}

func taggable(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return !unicode.In(r, unicode.L, unicode.N, unicode.Z) && !strings.ContainsRune("+-=._:/@", r)
	})
}
