// Package attr holds what DynamoDB tables are made of: attribute values ([Value]), items ([Item]) and primary keys
// ([Key]), with their sizes, their order, and their JSON form.
//
// What is guaranteed:
//
//   - A Value or an Item that exists is within the service's rules: numbers in range and of at most 38 significant
//     digits, sets neither empty nor with duplicates, no more than [MaxDepth] levels, text in UTF-8.
//   - Two of them are == exactly when DynamoDB calls them equal. They can be keys of Go maps.
//   - [Item.Size] and [Value.Size] count bytes as DynamoDB does for its limit on the size of an item.
//   - [Value.Compare], and the bytes that [AppendKey] makes, are in DynamoDB's order of keys.
//   - What AppendJSON writes, [ParseItem] and [ParseValue] read back as an equal value, and equal values have equal
//     texts.
//   - No input makes this package panic, but for [MustItem], and none costs memory out of proportion to its length.
//
// The greatest sizes of items and keys, and the rule that key values are not empty, concern tables; they are not
// enforced here.
//
// Every refusal of a value is an error with code [exception.Validation], and carries the service's own words where
// they are known. Text that is not JSON of the proper form is refused with [exception.Serialization].
//
// Constructors such as [S] and [L] return a Value alone, so that they can be nested; one that was asked for what
// cannot be returns an invalid Value, whatever holds an invalid Value is invalid in the same way, and [NewItem] or
// [Value.Err] tells the reason.
//
// # Concurrency
//
// Values, Items and Keys are immutable and may be shared between goroutines, except that UnmarshalJSON sets the
// variable on which it is called. All functions may be called at the same time.
//
// HAZARD: a Value taken out of an Item or another Value, and a string from [Value.Text] or of a name, refers to the
// memory of the whole. To keep a small part of a large item for long, make a new value of a clone of its text.
//
// # Differences from AWS
//
//   - Numbers are written in plain decimal, without an exponent however large or small they are, so that equal
//     numbers have one text.
//   - The elements of sets come back in ascending order, as do the names of items and maps.
//   - S and attribute names must be valid UTF-8 when they are given as Go strings. In JSON, a byte that is not valid
//     UTF-8 and half a surrogate pair are read as U+FFFD.
//   - Levels are counted for lists and maps; a set is not a level.
//   - A member of an attribute value given twice in JSON, or an attribute, counts as it was given last.
//   - Messages repeat no more than about a kilobyte of what they refuse. Those for text that is no JSON or no UTF-8 are
//     this package's own.
package attr
