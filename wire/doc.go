// Package wire speaks DynamoDB's protocol, AWS JSON 1.0, so that AWS SDKs, the AWS CLI and everything else that has a
// DynamoDB client work against Tidemark.
//
// There are three layers, to be taken where they fit. An [API] answers requests for one account in one region and
// knows nothing of HTTP: a target and a body in, a status and a body out. A [Handler] is an http.Handler over any number
// of them; it finds out which one a request is for. A [Transport] is an http.RoundTripper that reaches a handler without
// a socket.
//
// A test wants package tidemarktest, and a shell the command tidemark: both are this package with a clock.
//
// Requests for streams, which have a protocol and clients of their own, are answered at the same place: what the header
// X-Amz-Target has tells them apart ([Target]).
//
// # Guarantees
//
//   - A request that is refused has changed nothing.
//   - Every refusal is an exception of the service, with the service's own words where they are known. No request makes
//     the handler panic or answer InternalServerError, except for a body that says it is gzip and is not.
//   - What the service has and this package does not is refused in clear words, never answered by half: see
//     "Not supported yet".
//   - Members of answers are those of the service's model, in alphabetical order at every depth.
//   - Status ACTIVE of a backup, as the reference text and package backup call it, is AVAILABLE here, as in the model.
//   - Attribute values go from the request to the table and back without reflection and in one pass each.
//
// # Whose tables
//
// The credential of a request names an access key and a region. An access key of 12 digits is the account itself; any
// other one stands for [Options].Account. Accounts and regions do not see each other. Any well-formed signature is
// accepted: it is not verified, and neither is its time, since a test's clock is not the client's.
//
// HAZARD: so there is no authentication. Whoever reaches the handler may do everything.
//
// Regions are any names of lower-case letters, digits and hyphens, so that "local" works too.
//
// HAZARD: as with the service, a page of any origin may send requests and read the answers (CORS), so a page that is open
// in a browser on the same machine can do so too.
//
// HAZARD: tokens of transactions are forgotten after ten minutes of the store's clock. By a clock that nobody moves they
// live, and answer for their transaction, as long as the handler.
//
// HAZARD: each account and region that is ever named is kept, with all its tables, until [Handler.Reset].
//
// # Throughput
//
// What operations on items consume is counted by the service's rules, and answered where a request asks for it
// (ReturnConsumedCapacity). It is bounded by the throughput of tables only if that is asked for:
// [Options].EnforceThroughput, [API.EnforceThroughput].
//
// # Order of checks
//
// As in the service: the form of the HTTP request, its target, its credential, the JSON of the body, the types of its
// members, the model's constraints (all violations in one message), the rules that span members, the table or backup,
// and its state.
//
// # Not supported yet
//
//   - Replicas and witnesses. The operations on replicas and global tables answer what the service answers for a table of
//     one region.
//   - Exports and imports: these operations answer UnknownOperationException, which says so. For the service's own names it
//     has a text, unlike there.
//
// # Concurrency
//
// Everything here may be used by any number of goroutines at once. A request is answered in the goroutine that brings
// it; no other is started.
//
// # Differences from AWS
//
// Requests:
//
//   - Signatures are not verified, as said. There are no access keys that do not exist.
//   - Since 2026 the service has a newer way of checking requests, which comes to one operation and region after the other:
//     it tells the first violation alone, and other texts begin with its words. Here it is as before, everywhere.
//   - What a wrong JSON type is told as is what others have seen the service say; the texts of gzip and size errors are
//     ours. Headers are limited by the server that the handler runs in, which answers by itself.
//   - Where a violation quotes a list or a map, it is the request's own JSON, cut at about a kilobyte; other values are
//     cut at four. No more than ten violations are told.
//   - A request may have 131,072 members outside of items, and a list without a bound of its own 1,000 elements.
//   - Numbers lose their fraction where the model wants an integer. JSON that is nested more than 256 deep is not read.
//   - Timestamps in requests are taken to the microsecond.
//   - Endpoints that are discovered (DescribeEndpoints) are the host that the request was sent to.
//
// Items, expressions and pages:
//
//   - All reads are consistent, with or without ConsistentRead; without it they consume half as much.
//   - A null in the place of an attribute's update, or in a list of values, is told as a required member that is missing.
//     Of a path into a key attribute in the condition of a write nothing is known of the service; it is refused as in
//     other expressions.
//   - An update is bounded by the size of the item that it makes. The service has been seen to count some bytes for each
//     of its actions too.
//   - Of paths that overlap the last two that do are told. The service has been seen to tell a second one that does not.
//   - The filter of a Scan of an index sees the attributes that the index has.
//   - Lists of attributes that an index lacks are in the order of the alphabet. What is wrong with a value in an
//     ExclusiveStartKey is told without the words "The provided starting key is invalid".
//
// Batches and transactions:
//
//   - Everything in a BatchWriteItem or a BatchGetItem is processed, but for items over 16 MB, and for what finds no
//     throughput left where that is enforced.
//   - The 4 MB of a transaction count the items put and updated, or read; the 16 MB of a BatchGetItem count whole items,
//     before their projection. BatchGetItem answers under the name or ARN that the request has.
//   - Transactions wait for each other, so none is ever in conflict with another. In what order the service looks for
//     faults of a transaction's elements, and which of them cancel it, is known in part.
//   - Of a transaction that comes again with its token only TransactItems is compared, whatever the order of members. The
//     text for a transaction over 4 MB is ours.
//
// PartiQL:
//
//   - Of a statement that cannot be read, the service says what it expected. For faults that have not been
//     observed there it is one of the same words. CAST, CASE, dates, Ion literals and @ before a name are told as
//     unreadable too, and which words need quotes is known from a parser of the service's kind. Of several faults the
//     first that is found is told, in the WHERE before the rest.
//   - Where the WHERE of a SELECT names several ranges, they are read in the order of the statement unless it has an
//     ORDER BY. In a transaction, an INSERT of what is there is canceled as DuplicateItem, and a DELETE of what is not
//     there is none that fails, whatever its WHERE says. More parameters than places are let pass, and numbers among them
//     whose exponent needs more than 32 bits are told as out of bounds. RETURNING MODIFIED answers the parts of
//     attributes that are changed, as UpdateItem does. One item twice in a BatchExecuteStatement refuses all of it.
//     NextTokens do not expire.
//
// Capacity:
//
//   - A Scan is counted as the read of one partition; that of a small table on demand has been seen to
//     cost more at the service, whatever was in it. What finds nothing costs the least that can be read, also a SELECT that
//     nothing can meet. An update that its condition refuses is counted with the item that is there, since what it would
//     have made is not worked out.
//   - SizeEstimateRangeGB is exact, and each item collection is told once. A transaction with a token that has been seen
//     before tells none.
//   - Throughput that is enforced is that of a table as a whole, which here is not divided among partitions. Tables on
//     demand have no bounds but their maxima. Filling a new index consumes nothing. A batch that writes more than is left
//     leaves undone what comes last in the request.
//
// Tables and indexes:
//
//   - CreateTable requires AttributeDefinitions and KeySchema, as the service did before it could make a table of another
//     one.
//   - Attribute definitions and tags are in the order of their names, whatever order they were given in. Tags can be read
//     at once after they were set.
//   - Where an index is being created, words of ours refuse to create it again, and to switch a stream what was observed is
//     filled up: "Table: T Indexes: [I]". Of a key with several attributes, what is said of conditions on
//     partition attributes is inferred from keys that have one; of several sort attributes that lack a condition the
//     first is named.
//   - While the throughput of a table is being changed, or its class, its class and its throughput are refused in words
//     that are inferred from others of the service.
//   - WarmThroughput is kept and told of, bounded by no quota, and means nothing here. The texts for it in a restore are
//     those for a new index, and it may be changed while an index is being created, which the service answers with
//     InternalServerError, as it does an empty one alone. It becomes greater by UpdateTable and provisioned throughput,
//     never by use.
//   - Quotas are those of a new account, unless a program sets others (table.Quotas): what DescribeLimits tells is what
//     CreateTable and UpdateTable keep to. Tables may be any number, unless one is set. Restores are bounded as new tables.
//
// Streams:
//
//   - Of what is refused to who reads them the exceptions are known and few of the texts. Ours are those for an
//     iterator that has expired, which is the model's description of it, and for half a ShardFilter; those for limits and
//     sequence numbers are inferred. ListStreams and DescribeStream are in the order of the names, and the calls for streams
//     are not bounded in number.
//
// Other settings:
//
//   - All tags come in one answer.
//   - A resource policy is kept, in the form in which the service gives it back, and nothing more: it allows and denies
//     nothing, and its actions, resources and principals need not exist. That the caller could not put another one is seen
//     where that is denied to everybody of the account, without a condition. It can be read at once after it was put. The
//     place of a fault that the syntax error of a document tells is our guess.
//   - Contributor insights can be enabled and disabled, but there is nothing to be seen in them: the rules whose names are
//     listed are made nowhere. Names that would be too long for a rule are cut. Pages of ListContributorInsights are full.
//   - No record goes to a Kinesis stream. Unless a program says that there is one (table.Options.KinesisStream), it is
//     treated as the service treats a stream that does not exist: enabling it as a destination is answered, and fails
//     after that (ENABLE_FAILED). To change the precision of one takes no longer than to enable it.
//   - ListGlobalTables takes any RegionName; the service answers an unknown one with InternalServerError.
package wire
