// Package expr is DynamoDB's expression language: conditions and filters ([Condition]), updates ([Update]), projections
// ([Projection]) and key conditions ([KeyCondition]).
//
// A request's ExpressionAttributeNames and ExpressionAttributeValues become [Params]. Each expression of the request is
// parsed with them, which finds all that can be wrong whatever the item is; [Params.Unused] then tells whether
// something was given for nothing. What was parsed can be applied to any number of items. A [Builder] makes conditions and
// updates of parts that were written otherwise.
//
// What is guaranteed:
//
//   - Every refusal is an error of code [exception.Validation] in the service's own words, where they are known. Of
//     several faults in one expression it tells the one that the service tells.
//   - An update reads the old item throughout, and an update that fails changes nothing: items are immutable.
//   - No text makes this package panic. How deeply it recurses is bounded by the length of the text, which is at most
//     [MaxSize] bytes.
//   - Numbers are added exactly. Strings have their size in units of UTF-16, as there.
//
// # Concurrency
//
// Params note what is used of them, so the expressions of one request are parsed one after another. What was parsed is
// immutable and may be used by several goroutines at once.
//
// # Differences from AWS
//
//   - Which of several faults of one expression is told is known from DynamoDB Local, and is not at odds with what has been
//     observed of the service. But where two paths overlap, "path two" is always one of them; the service, which looks
//     for it among all paths, has been seen to name another.
//   - Of several actions of an update that an item does not fit, the first one with a wrong operand is told, before those with
//     a wrong path. DynamoDB Local tells them in an order that depends on how the attributes are named.
//   - The names of types in messages that list all of them stand in a fixed order.
//   - Messages repeat no more than about a kilobyte of a path or a value.
//   - Of the 2 MB of names and values, a value takes what it counts for in an item.
//   - Of the conditions without expressions (Expected, filters, KeyConditions) there may be any number, and IN of them
//     takes any number of values.
//   - A sum that needs more than 38 digits is refused as an overflow, as it is there, even if it is a small number.
//   - Functions count as operators towards the greatest number of both, which is documented for updates alone.
//   - list_append cannot be an operand, as within another list_append there.
package expr
