// Package tidemarktest starts a DynamoDB endpoint for a test, in one line and with nothing to wait for. By default
// nothing takes any time ([backup.Instant]) and a backup holds exactly what was acknowledged before it; [Documented]
// behaves as AWS describes the service.
//
//	func TestNightlyBackup(t *testing.T) {
//		ep := tidemarktest.Start(t)
//		client := dynamodb.New(dynamodb.Options{ // of any SDK and version
//			BaseEndpoint: &ep.URL,
//			HTTPClient:   ep.HTTPClient,
//			Region:       "us-east-1",
//			Credentials:  credentials.NewStaticCredentialsProvider("test", "test", ""),
//		})
//		...
//		ep.Clock.Advance(24 * time.Hour)
//	}
//
// The client works as it does with the service, but its requests never leave the goroutine that sends them: there is no
// port and no socket. [Endpoint.DB] is what lies behind, to fill tables and look into backups without a client.
// [Endpoint.Listen] opens a port for clients in other processes and languages.
//
// An endpoint takes some ten microseconds to start, so every test and subtest can have its own.
//
// # Clients
//
// Code that takes an aws.Config gets those four fields in one, and so do the clients of tables and streams together:
//
//	cfg := aws.Config{BaseEndpoint: &ep.URL, HTTPClient: ep.HTTPClient, Region: "us-east-1", Credentials: ...}
//	tables, streams := dynamodb.NewFromConfig(cfg), dynamodbstreams.NewFromConfig(cfg)
//
// Code that finds its endpoint, keys and region in the environment finds this one there:
//
//	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", ep.Listen()) // and AWS_ENDPOINT_URL_DYNAMODB_STREAMS
//
// # Time
//
// The clock stands still until the test moves it. [Endpoint.AdvanceToBackup] moves it to the moment at which a backup
// is available, and [Endpoint.WaitForBackup] waits for that moment while somebody else moves it; both have a sibling
// for tables that are being created, updated or restored. In a testing/synctest bubble, WithClock(clock.System{}) has
// the endpoint follow the time of the bubble.
//
// # Faults
//
// A [Fault] makes calls of an operation go wrong: [Fail], [Throttle], [Lose], [Delay], [Cancel] for a transaction, and
// [Hold] for a backup that stays CREATING. It is given to [Start], or to [Endpoint.Inject] in the middle of a test:
//
//	ep.Inject(tidemarktest.Fail("PutItem", exception.InternalServerError).Nth(3))
//	ep.Inject(tidemarktest.Throttle("CreateBackup").Times(2))
//	ep.Inject(tidemarktest.Cancel("TransactWriteItems", nil, exception.TransactionConflict))
//	ep.Inject(tidemarktest.Delay("DescribeBackup", time.Second).Always())
//
// A call is a request as it arrives, with a credential and for an operation that is known; each attempt of a client
// that tries again is one. A call that fails or is throttled changes nothing. All calls of an endpoint count together,
// whatever account and region they are for.
//
// # Guarantees
//
//   - Endpoints share nothing but what they are given: any number may run at once in one process.
//   - No goroutine is started and no socket opened, except by Listen, and by clients of their own accord; no timer is set,
//     except to wait for clock.System. So it works in a synctest bubble.
//   - When the test is over, calls that are being delayed end, ports are closed, and every request is refused with the
//     error EndpointStopped, which names the test. Cleanups that the test has added after Start still find it working.
//   - If the test fails, the seed is logged. The same seed, clock and order of calls give the same ids, markers and
//     answers.
//   - What is wrong with options and faults ends the test where they are given, not later.
//
// HAZARD: Endpoint.DB is that of one region. A client of another region, or one whose access key has 12 digits and so
// is an account of its own, sees other tables: those of [Endpoint.Open].
//
// HAZARD: the endpoint's own clock begins at clock.Epoch, which is years ago. An item whose time to live the tested code
// has made of time.Now does not expire by that clock for years to come. Have it ask Clock.Now or DB.Clock.Now, begin at
// the present (WithStart), or run the test in a bubble.
//
// HAZARD: config.LoadDefaultConfig of aws-sdk-go-v2 refuses the HTTPClient, like any other, on a machine where
// AWS_CA_BUNDLE is set. An aws.Config that is made by hand has no such trouble.
//
// HAZARD: with a manual clock, a call that meets a Delay does not return before somebody else moves the clock. A test
// that makes the call and moves the clock in the same goroutine waits forever, or until the context of the call ends.
//
// HAZARD: WaitForBackup does not move a manual clock either. AdvanceToBackup does.
//
// HAZARD: an endpoint that is used in a synctest bubble, and a manual clock that it shares, must be made in that
// bubble: who waits in a bubble cannot be woken from outside.
//
// HAZARD: a waiter of an SDK, such as dynamodb.NewTableExistsWaiter, does not move a manual clock either. It asks again
// and again by the machine's time, and with Documented, WithTiming or Hold sees no change until it gives up. Call
// AdvanceToTable or AdvanceToBackup before it, or run the test in a synctest bubble with WithClock(clock.System{}).
//
// HAZARD: a client tries again after a fault, and after many a refusal of WithThroughput and WithQuotas, and waits
// between its attempts by the machine's time, whatever the endpoint's clock shows: with the default backoff of an SDK each
// costs up to some seconds. Outside of a bubble, give the client a retryer without backoff; for aws-sdk-go-v2 that is
//
//	Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
//		o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
//	})
//
// HAZARD: who calls such a client never sees a single InternalServerError or throttled call, because the second attempt
// is fine. To have the error arrive, make as many calls fail as the client has attempts, Times(3) for the retryer above,
// or give the client RetryMaxAttempts: 1.
//
// # Concurrency
//
// Everything may be used by any number of goroutines at once. The methods that end the test should be called by its own
// goroutine, as [testing.TB.FailNow] demands: Start, Open, Inject and Listen. That is the test which Start was given:
// in a subtest that uses the endpoint of its parent, an Inject of a Fault that makes no sense ends the parent. So give a
// subtest an endpoint of its own.
//
// # Differences from AWS
//
//   - Nothing takes any time, nothing is throttled, and backups are exact, unless options say otherwise.
//   - Throttle gives all operations on items the text for a table with provisioned throughput, whatever the mode of the
//     table.
//   - Errors that are injected by their code alone have a text where the service has one for all cases and we know it
//     (InternalServerError, ThrottlingException, ProvisionedThroughputExceededException, UnrecognizedClientException,
//     ConditionalCheckFailedException, TransactionConflictException), else none. Only InternalServerError has status 500;
//     all others have 400.
//   - Other differences are those of packages wire, backup and table.
package tidemarktest
