package tidemarktest_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/tidemarktest"
)

func TestFaultsChooseTheirCalls(t *testing.T) {
	fault := tidemarktest.Fail("PutItem", exception.AccessDenied)
	tests := []struct {
		fault  tidemarktest.Fault
		fails  string // x for every call that fails, of six
		unused int
		text   string
	}{
		{fault, "x.....", 0, "PutItem, call 1: fail with AccessDeniedException"},
		{fault.Nth(3), "..x...", 0, "PutItem, call 3: fail with AccessDeniedException"},
		{fault.Times(2), "xx....", 0, "PutItem, calls 1 to 2: fail with AccessDeniedException"},
		{fault.Times(2).Nth(3), "..xx..", 0, "PutItem, calls 3 to 4: fail with AccessDeniedException"},
		{fault.Nth(6), ".....x", 0, "PutItem, call 6: fail with AccessDeniedException"},
		{fault.Nth(7), "......", 1, "PutItem, call 7: fail with AccessDeniedException"},
		{fault.Nth(6).Times(2), ".....x", 1, "PutItem, calls 6 to 7: fail with AccessDeniedException"},
		{fault.Always(), "xxxxxx", 0, "PutItem, from call 1 on: fail with AccessDeniedException"},
		{fault.Always().Nth(4), "...xxx", 0, "PutItem, from call 4 on: fail with AccessDeniedException"},
		{fault.Always().Nth(7), "......", 1, "PutItem, from call 7 on: fail with AccessDeniedException"},
		{fault.Nth(5).Times(math.MaxInt), "....xx", 0, "PutItem, from call 5 on: fail with AccessDeniedException"},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			for _, later := range []bool{false, true} {
				var ep *tidemarktest.Endpoint
				if later {
					ep = tidemarktest.Start(t)
				} else {
					ep = tidemarktest.Start(t, test.fault)
				}
				c := clientOf(ep)
				c.table(t, "orders") // another operation does not count
				if later {
					c.ok(t, "PutItem", put("orders", "before")) // nor does a call before the fault was given
					ep.Inject(test.fault)
				}
				fails := ""
				for i := range 6 {
					switch a := c.do(t, "PutItem", put("orders", fmt.Sprint(i))); a.exception() {
					case "":
						fails += "."
					case "AccessDeniedException:":
						fails += "x"
					default:
						require.Fail(t, a.exception())
					}
				}
				require.Equal(t, test.fails, fails)
				require.Len(t, ep.Unused(), test.unused)
				require.Equal(t, test.text, test.fault.String())
			}
		})
	}
}

func TestFaultsAnswer(t *testing.T) {
	tests := []struct {
		fault  tidemarktest.Fault
		status int
		want   string
	}{
		{tidemarktest.Fail("PutItem", exception.InternalServerError), 500, "InternalServerError: Internal server error"},
		{tidemarktest.Fail("PutItem", exception.RequestLimitExceeded), 400, "RequestLimitExceeded:"},
		{tidemarktest.Fail("PutItem", exception.LimitExceeded.Errorf("%d%% is too much", 101)), 400,
			"LimitExceededException: 101% is too much"},
		{tidemarktest.Fail("PutItem", fmt.Errorf("here: %w", exception.LimitExceeded.Errorf("no more"))), 400,
			"LimitExceededException: no more"},
		{tidemarktest.Fail("PutItem", errors.New("the disk is gone")), 500, "InternalServerError: the disk is gone"},
		{tidemarktest.Fail("PutItem", exception.Code("SomethingNewException").Errorf("x")), 400, "SomethingNewException: x"},
		{tidemarktest.Throttle("PutItem"), 400, "ProvisionedThroughputExceededException: The level of configured " +
			"provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the " +
			"UpdateTable API."},
		{tidemarktest.Throttle("CreateBackup"), 400, "ThrottlingException: Rate exceeded"},
	}
	for _, test := range tests {
		t.Run(test.want, func(t *testing.T) {
			ep := tidemarktest.Start(t, test.fault)
			c := clientOf(ep)
			c.table(t, "orders")
			for _, operation := range []string{"PutItem", "CreateBackup"} {
				body := put("orders", "1")
				if operation == "CreateBackup" {
					body = `{'TableName': 'orders', 'BackupName': 'nightly'}`
				}
				if a := c.do(t, operation, body); a.status != 200 {
					require.Equal(t, test.want, a.exception())
					require.Equal(t, test.status, a.status)
				}
			}
			require.Empty(t, ep.Unused())
			orders, err := ep.DB.Tables.Table("orders")
			require.NoError(t, err)
			s, err := orders.Snapshot()
			require.NoError(t, err)
			list, _, err := ep.DB.Backups.ListBackups(t.Context(), backup.ListInput{})
			require.NoError(t, err)
			require.Equal(t, 1, s.Len()+len(list), "one of the two was done, and the other was not")
		})
	}
}

func TestLostAnswer(t *testing.T) {
	ep := tidemarktest.Start(t, tidemarktest.Lose("CreateBackup"))
	c := clientOf(ep)
	c.table(t, "orders")
	a := c.do(t, "CreateBackup", `{'TableName': 'orders', 'BackupName': 'nightly'}`)
	require.Equal(t, "InternalServerError: Internal server error", a.exception())
	require.Equal(t, 500, a.status)
	require.Len(t, a.body, 2)

	c.backup(t, "orders") // as a client does that tries again
	list, _, err := ep.DB.Backups.ListBackups(t.Context(), backup.ListInput{})
	require.NoError(t, err)
	require.Len(t, list, 2, "the first attempt has made one too")

	c.url = ep.Listen()
	ep.Inject(tidemarktest.Lose("ListTables"))
	require.Equal(t, "InternalServerError: Internal server error", c.refused(t, "ListTables", `{}`), "over a socket too")
	c.ok(t, "ListTables", `{}`)
}

func TestHeldBackup(t *testing.T) {
	ep := tidemarktest.Start(t, tidemarktest.Hold(time.Hour).Nth(2))
	c := clientOf(ep)
	c.table(t, "orders")
	first, held, third := c.backup(t, "orders"), c.backup(t, "orders"), c.backup(t, "orders")
	ep.Clock.Advance(time.Hour - 1)
	require.Equal(t, "AVAILABLE", c.backupStatus(t, first))
	require.Equal(t, "CREATING", c.backupStatus(t, held))
	require.Equal(t, "AVAILABLE", c.backupStatus(t, third))
	require.Contains(t, c.refused(t, "DeleteBackup", `{'BackupArn': '`+held+`'}`), "BackupInUseException")
	ep.Clock.Advance(1)
	require.Equal(t, "AVAILABLE", c.backupStatus(t, held))
}

func TestHeldBackupOutlivesItsTable(t *testing.T) {
	ep := tidemarktest.Start(t, tidemarktest.Hold(time.Hour))
	c := clientOf(ep)
	c.table(t, "orders")
	arn := c.backup(t, "orders")
	c.ok(t, "DeleteTable", `{'TableName': 'orders'}`)
	require.Equal(t, "CREATING", c.backupStatus(t, arn))
	require.NoError(t, ep.AdvanceToBackup(arn, time.Hour))
	require.Equal(t, clock.Epoch.Add(time.Hour), ep.Clock.Now())
}

func TestDelayedCall(t *testing.T) {
	ep := tidemarktest.Start(t, tidemarktest.Delay("PutItem", time.Minute).Nth(2).Times(2))
	c := clientOf(ep)
	c.table(t, "orders")
	c.ok(t, "PutItem", put("orders", "at once"))

	var group sync.WaitGroup
	for i := range 2 {
		group.Go(func() { c.ok(t, "PutItem", put("orders", fmt.Sprint(i))) })
	}
	require.NoError(t, ep.WaitForDelayed(t.Context(), 2))
	ep.Clock.Advance(time.Minute - 1)
	require.NoError(t, ep.WaitForDelayed(t.Context(), 2))
	orders, err := ep.DB.Tables.Table("orders")
	require.NoError(t, err)
	s, err := orders.Snapshot()
	require.NoError(t, err)
	require.Equal(t, 1, s.Len(), "they have not begun")
	ep.Clock.Advance(1)
	group.Wait()
	s, err = orders.Snapshot()
	require.NoError(t, err)
	require.Equal(t, 3, s.Len())
	c.ok(t, "PutItem", put("orders", "at once again"))

	given, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, ep.WaitForDelayed(given, 1), context.Canceled)
}

func TestDelayEndsWithTheCall(t *testing.T) {
	f := new(fake)
	ep := tidemarktest.Start(f, tidemarktest.Delay("PutItem", time.Minute).Always())
	c := clientOf(ep)
	c.table(t, "orders")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	call := func(ctx context.Context) {
		a, err := c.try(ctx, "PutItem", put("orders", "1"))
		if err == nil {
			err = errors.New(a.exception())
		}
		ended <- err
	}
	go call(ctx)
	require.NoError(t, ep.WaitForDelayed(t.Context(), 1))
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)

	go call(t.Context())
	require.NoError(t, ep.WaitForDelayed(t.Context(), 1))
	f.end()
	require.EqualError(t, <-ended, "EndpointStopped: the test that started this endpoint is over: TestOfMine")
	orders, err := ep.DB.Tables.Table("orders")
	require.NoError(t, err)
	s, err := orders.Snapshot()
	require.NoError(t, err)
	require.Zero(t, s.Len(), "neither was done")
}

func TestFaultsAddUp(t *testing.T) {
	ep := tidemarktest.Start(t,
		tidemarktest.Delay("CreateBackup", time.Second),
		tidemarktest.Delay("CreateBackup", time.Minute).Times(2),
		tidemarktest.Fail("CreateBackup", exception.LimitExceeded.Errorf("the first")),
		tidemarktest.Throttle("CreateBackup"),
		tidemarktest.Hold(time.Hour).Nth(2),
		tidemarktest.Hold(time.Second).Nth(2),
	)
	c := clientOf(ep)
	c.table(t, "orders")
	answers := make(chan answer)
	call := func() { answers <- c.do(t, "CreateBackup", `{'TableName': 'orders', 'BackupName': 'nightly'}`) }
	go call()
	require.NoError(t, ep.WaitForDelayed(t.Context(), 1))
	ep.Clock.Advance(time.Minute + time.Second)
	require.Equal(t, "LimitExceededException: the first", (<-answers).exception())

	require.Len(t, ep.Unused(), 3, "the throttle came to pass too, though nobody could see it")
	go call()
	require.NoError(t, ep.WaitForDelayed(t.Context(), 1))
	ep.Clock.Advance(time.Minute)
	arn := (<-answers).at("BackupDetails", "BackupArn").(string)
	require.NoError(t, ep.AdvanceToBackup(arn, time.Hour))
	require.Equal(t, clock.Epoch.Add(time.Hour+2*time.Minute+time.Second), ep.Clock.Now())
	require.Empty(t, ep.Unused())
}

func TestClearFaults(t *testing.T) {
	ep := tidemarktest.Start(t, tidemarktest.Throttle("ListTables").Always(), tidemarktest.Throttle("PutItem"))
	c := clientOf(ep)
	require.Equal(t, "ThrottlingException: Rate exceeded", c.refused(t, "ListTables", `{}`))
	require.Equal(t, []tidemarktest.Fault{tidemarktest.Throttle("PutItem")}, ep.Unused())
	ep.ClearFaults()
	require.Empty(t, ep.Unused())
	c.ok(t, "ListTables", `{}`)
}

// TestCancel has a transaction be canceled, for each reason with the name that the service has for it there.
func TestCancel(t *testing.T) {
	fault := tidemarktest.Cancel("TransactWriteItems", exception.TransactionConflict, nil,
		exception.Validation.Errorf("no"), exception.Throttling)
	require.Equal(t, "TransactWriteItems, call 1: be canceled for "+
		"[TransactionConflict None ValidationError ThrottlingError]", fault.String())
	ep := tidemarktest.Start(t, fault)
	c := clientOf(ep)
	c.table(t, "orders")
	transaction := `{'TransactItems': [{'Put': {'TableName': 'orders', 'Item': {'id': {'S': '1'}}}}]}`
	a := c.do(t, "TransactWriteItems", transaction)
	require.Equal(t, 400, a.status)
	require.Equal(t, "Transaction cancelled, please refer cancellation reasons for specific reasons "+
		"[TransactionConflict, None, ValidationError, ThrottlingError]", a.at("Message"))
	require.Equal(t, []any{
		map[string]any{"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"},
		map[string]any{"Code": "None"},
		map[string]any{"Code": "ValidationError", "Message": "no"},
		map[string]any{"Code": "ThrottlingError", "Message": "Rate exceeded"},
	}, a.at("CancellationReasons"))
	require.Empty(t, c.ok(t, "GetItem", `{'TableName': 'orders', 'Key': {'id': {'S': '1'}}}`).body)
	c.ok(t, "TransactWriteItems", transaction)
}

func TestFaultsThatCannotComeToPass(t *testing.T) {
	type never struct{ clock.Clock } // it cannot be waited for
	tests := map[string]struct {
		fault tidemarktest.Fault
		want  string
	}{
		"no name":        {tidemarktest.Throttle(""), `no call of "" will ever be answered: the operations are `},
		"other spelling": {tidemarktest.Throttle("putItem"), "GetItem, GetRecords"},
		"no error":       {tidemarktest.Fail("PutItem", nil), "has no error to fail with"},
		"call 0":         {tidemarktest.Throttle("PutItem").Nth(0), "there is no call number 0"},
		"0 times":        {tidemarktest.Throttle("PutItem").Times(0), "cannot befall 0 calls"},
		"no delay":       {tidemarktest.Delay("PutItem", 0), "no time to delay by"},
		"no hold":        {tidemarktest.Hold(-time.Second), "no backup can be CREATING for so long"},
		"long hold":      {tidemarktest.Hold(math.MaxInt64), "no backup can be CREATING for so long"},
		"other calls":    {tidemarktest.Cancel("PutItem", exception.TransactionConflict), "it is no transaction: those are "},
		"no reason":      {tidemarktest.Cancel("TransactGetItems", nil, nil), "it has no reason"},
		"other clock":    {tidemarktest.Delay("PutItem", time.Second), "cannot be waited for"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := new(fake)
			ep := tidemarktest.Start(f, tidemarktest.WithClock(never{clock.System{}}))
			good := tidemarktest.Throttle("ListTables")
			require.Contains(t, f.fatal(func() { ep.Inject(good, test.fault) }), test.want)
			require.Empty(t, ep.Unused(), "neither is the good one taken")
		})
	}
}

func TestFaultsOfManyGoroutines(t *testing.T) {
	const goroutines, calls = 8, 50
	ep := tidemarktest.Start(t)
	c := clientOf(ep)
	var mu sync.Mutex
	throttled := 0
	var group sync.WaitGroup
	for range goroutines {
		group.Go(func() {
			for range calls {
				ep.Inject(tidemarktest.Throttle("ListTables"))
				a := c.do(t, "ListTables", `{}`)
				mu.Lock()
				if a.status != 200 {
					throttled++
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	require.Empty(t, ep.Unused())
	require.Positive(t, throttled)
	require.LessOrEqual(t, throttled, goroutines*calls)

	ep.Inject(tidemarktest.Throttle("ListTables").Nth(100).Times(10))
	throttled = 0
	for range goroutines {
		group.Go(func() {
			for range calls {
				a := c.do(t, "ListTables", `{}`)
				mu.Lock()
				if a.status != 200 {
					throttled++
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	require.Equal(t, 10, throttled, "every call has one number")
}
