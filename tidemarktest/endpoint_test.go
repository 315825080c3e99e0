package tidemarktest_test

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/table"
	"github.com/tidemark-db/tidemark/tidemarktest"
)

func TestOneLine(t *testing.T) {
	ep := tidemarktest.Start(t)
	c := clientOf(ep)
	c.table(t, "orders")
	c.ok(t, "PutItem", put("orders", "1"))
	arn := c.backup(t, "orders")
	require.Equal(t, "AVAILABLE", c.backupStatus(t, arn), "nothing takes any time")
	c.ok(t, "PutItem", put("orders", "2"))

	s, err := ep.DB.Backups.Snapshot(t.Context(), arn)
	require.NoError(t, err)
	require.Equal(t, 1, s.Len(), "what lies behind is at hand, and the backup is exact")
	orders, err := ep.DB.Tables.Table("orders")
	require.NoError(t, err)
	_, err = orders.Put(attr.MustItem(attr.Map{"id": attr.S("3")}))
	require.NoError(t, err)
	require.Equal(t, map[string]any{"id": map[string]any{"S": "3"}},
		c.ok(t, "GetItem", `{'TableName': 'orders', 'Key': {'id': {'S': '3'}}}`).at("Item"))

	require.Equal(t, clock.Epoch, ep.Clock.Now())
	require.Equal(t, ep.DB.Clock, ep.Clock)
	require.NotZero(t, ep.Seed)
	require.Equal(t, ep.Seed, ep.DB.Backups.Seed())
}

func TestHundredsDoNotSeeEachOther(t *testing.T) {
	for i := range 300 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			ep := tidemarktest.Start(t, tidemarktest.Fail("ListTables", exception.AccessDenied).Nth(2))
			c := clientOf(ep)
			ep.Clock.Advance(time.Duration(i) * time.Hour)
			c.table(t, "orders") // which exists already, if this is somebody else's endpoint
			for n := range i % 5 {
				c.ok(t, "PutItem", put("orders", fmt.Sprint(n)))
			}
			s, err := ep.DB.Backups.Snapshot(t.Context(), c.backup(t, "orders"))
			require.NoError(t, err)
			require.Equal(t, i%5, s.Len())
			require.Equal(t, []any{"orders"}, c.ok(t, "ListTables", `{}`).at("TableNames"))
			require.Equal(t, "AccessDeniedException:", c.refused(t, "ListTables", `{}`))
			require.Equal(t, clock.Epoch.Add(time.Duration(i)*time.Hour), ep.Clock.Now())
			list, _, err := ep.DB.Backups.ListBackups(t.Context(), backup.ListInput{})
			require.NoError(t, err)
			require.Len(t, list, 1)
		})
	}
}

func TestEveryAccountAndRegionHasItsTables(t *testing.T) {
	ep := tidemarktest.Start(t, tidemarktest.WithAccount("111111111111"), tidemarktest.WithRegion("eu-central-1"))
	here, there := clientOf(ep), clientOf(ep)
	here.region = "eu-central-1"
	there.key, there.region = "222222222222", "ap-south-1"
	here.table(t, "here")
	there.table(t, "there")

	require.Equal(t, "111111111111", ep.DB.Tables.Account())
	require.Equal(t, "eu-central-1", ep.DB.Tables.Region())
	require.Same(t, ep.DB, ep.Open("", ""))
	_, err := ep.DB.Tables.Table("here")
	require.NoError(t, err)
	_, err = ep.DB.Tables.Table("there")
	require.ErrorIs(t, err, exception.ResourceNotFound)
	_, err = ep.Open("222222222222", "ap-south-1").Tables.Table("there")
	require.NoError(t, err)
	require.Equal(t, ep.Clock, ep.Open("222222222222", "ap-south-1").Clock)
}

func TestOptions(t *testing.T) {
	shared := clock.NewManual(clock.Epoch.Add(time.Hour))
	var seen []backup.Transition
	ep := tidemarktest.Start(t,
		tidemarktest.WithMarker(backup.Latest, 10*time.Second), // before the profile that it changes
		tidemarktest.WithProfile(backup.Profile{Partitions: 1, Creating: time.Second, Marker: backup.Exact}),
		tidemarktest.WithTiming(table.Timing{Creating: 2 * time.Second}),
		tidemarktest.WithSeed(7),
		tidemarktest.WithClock(shared),
		tidemarktest.WithTransitions(func(t backup.Transition) { seen = append(seen, t) }),
	)
	c := clientOf(ep)
	c.table(t, "orders")
	require.Contains(t, c.refused(t, "PutItem", put("orders", "1")), "ResourceNotFoundException")
	shared.Advance(2 * time.Second)
	arn := c.backup(t, "orders")
	require.Same(t, shared, ep.Clock)
	require.EqualValues(t, 7, ep.Seed)
	require.Equal(t, backup.Profile{Partitions: 1, Creating: time.Second, Marker: backup.Latest, Window: 10 * time.Second},
		ep.DB.Backups.Profile())

	c.ok(t, "PutItem", put("orders", "1"))
	require.Equal(t, "CREATING", c.backupStatus(t, arn))
	shared.Advance(11 * time.Second)
	require.Equal(t, "AVAILABLE", c.backupStatus(t, arn))
	s, err := ep.DB.Backups.Snapshot(t.Context(), arn)
	require.NoError(t, err)
	require.Equal(t, 1, s.Len(), "the marker was at the end of the window")
	require.Len(t, seen, 2)

	start := time.Date(2031, time.March, 1, 0, 0, 0, 0, time.UTC)
	documented := tidemarktest.Start(t, tidemarktest.Documented(), tidemarktest.WithStart(start))
	require.Equal(t, start, documented.Clock.Now())
	require.Equal(t, backup.Documented(), documented.DB.Backups.Profile())
	zero := tidemarktest.Start(t, tidemarktest.WithProfile(backup.Profile{}))
	require.Equal(t, backup.Instant(), zero.DB.Backups.Profile())
}

func TestSameSeedSameAnswers(t *testing.T) {
	run := func(options ...tidemarktest.Option) (arn, id string) {
		ep := tidemarktest.Start(t, options...)
		c := clientOf(ep)
		c.table(t, "orders")
		response, err := ep.HTTPClient.Get(ep.URL)
		require.NoError(t, err)
		response.Body.Close()
		return c.backup(t, "orders"), response.Header.Get("X-Amzn-Requestid")
	}
	arn, id := run(tidemarktest.WithSeed(5))
	again, sameID := run(tidemarktest.WithSeed(5))
	other, otherID := run(tidemarktest.WithSeed(6))
	random, _ := run()
	require.Equal(t, arn, again)
	require.Equal(t, id, sameID)
	require.NotEqual(t, id, otherID)
	require.NotEqual(t, arn, other)
	require.NotEqual(t, arn, random)
}

func TestWhatIsWrongEndsTheTestAtOnce(t *testing.T) {
	start := func(options ...tidemarktest.Option) func(*fake) {
		return func(f *fake) { tidemarktest.Start(f, options...) }
	}
	negative := backup.Instant()
	negative.Creating = -1
	tests := map[string]struct {
		fn   func(*fake)
		want string
	}{
		"profile":        {start(tidemarktest.WithProfile(negative)), "Profile.Creating is -1ns"},
		"marker":         {start(tidemarktest.WithMarker(backup.Fuzzy, 0)), "needs a Profile.Window"},
		"no such marker": {start(tidemarktest.WithMarker("random", time.Minute)), `Marker is unknown: "random"`},
		"timing":         {start(tidemarktest.WithTiming(table.Timing{Updating: -1})), "Timing.Updating is negative"},
		"new timing":     {start(tidemarktest.WithTiming(table.Timing{PolicyCooldown: -1})), "Timing.PolicyCooldown is"},
		"account":        {start(tidemarktest.WithAccount("me")), `"me" is no account`},
		"region":         {start(tidemarktest.WithRegion("Mars")), `"Mars" is no region: one has lower-case`},
		"two clocks": {
			start(tidemarktest.WithClock(clock.System{}), tidemarktest.WithStart(clock.Epoch)), "WithStart is for",
		},
		"fault":            {start(tidemarktest.Throttle("PutItems")), `no call of "PutItems" will ever be answered`},
		"open":             {func(f *fake) { tidemarktest.Start(f).Open("", "Mars") }, `Open("", "Mars"): "Mars" is`},
		"nobody's account": {func(f *fake) { tidemarktest.Start(f).Open("me", "") }, `"me" is no account`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := new(fake)
			require.Contains(t, f.fatal(func() { test.fn(f) }), test.want)
		})
	}
}

func TestSeedIsLoggedWhenTheTestFails(t *testing.T) {
	passes, fails := new(fake), new(fake)
	for _, f := range []*fake{passes, fails} {
		tidemarktest.Start(f, tidemarktest.WithSeed(4711), tidemarktest.Throttle("PutItem").Times(2))
	}
	fails.Fail()
	passes.end()
	fails.end()
	require.Empty(t, passes.mu.logged)
	require.Equal(t, []string{
		"tidemarktest: the seed was 4711: WithSeed(4711) draws the same markers and ids again",
		"tidemarktest: did not come to pass: PutItem, calls 1 to 2: be throttled",
	}, fails.mu.logged)
}

func TestStopsWithTheTest(t *testing.T) {
	f := new(fake)
	ep := tidemarktest.Start(f)
	c := clientOf(ep)
	c.table(t, "orders")
	inCleanup := ""
	f.Cleanup(func() { inCleanup = c.do(t, "PutItem", put("orders", "1")).exception() })
	f.end()
	require.Empty(t, inCleanup, "a cleanup of the test still reaches it")

	require.Equal(t, "EndpointStopped: the test that started this endpoint is over: TestOfMine",
		c.refused(t, "PutItem", put("orders", "2")))
	orders, err := ep.DB.Tables.Table("orders")
	require.NoError(t, err)
	now, err := orders.Snapshot()
	require.NoError(t, err)
	require.Equal(t, 1, now.Len(), "what is refused is not done")
	require.Contains(t, f.fatal(func() { ep.Listen() }), "is over: TestOfMine")
}

func TestListen(t *testing.T) {
	f := new(fake)
	ep := tidemarktest.Start(f, tidemarktest.Delay("DescribeLimits", time.Hour))
	c := clientOf(ep)
	c.url, c.http = ep.Listen(), &http.Client{Transport: new(http.Transport)}
	require.Equal(t, c.url, ep.Listen())
	c.table(t, "orders")
	require.Equal(t, []any{"orders"}, clientOf(ep).ok(t, "ListTables", `{}`).at("TableNames"), "it is the same endpoint")

	other := tidemarktest.Start(t)
	require.NotEqual(t, c.url, other.Listen())

	ended := make(chan error)
	go func() {
		_, err := c.try(context.Background(), "DescribeLimits", `{}`)
		ended <- err
	}()
	require.NoError(t, ep.WaitForDelayed(t.Context(), 1))
	f.end() // which does not wait for the clock
	<-ended
	_, err := c.try(t.Context(), "ListTables", `{}`)
	require.Error(t, err, "neither a new connection nor an old one is served")
}

func TestForgottenHTTPClientExplainsItself(t *testing.T) {
	ep := tidemarktest.Start(t)
	require.Regexp(t, `^http://[a-z-]*httpclient[a-z-]*\.invalid$`, ep.URL)
}

func TestNoGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	ep := tidemarktest.Start(t, tidemarktest.Documented(), tidemarktest.Throttle("PutItem"), tidemarktest.Hold(time.Hour))
	c := clientOf(ep)
	c.table(t, "orders")
	ep.Clock.Advance(time.Minute)
	c.do(t, "PutItem", put("orders", "1"))
	c.backup(t, "orders")
	require.LessOrEqual(t, runtime.NumGoroutine(), before)
}

// The bubble ends only when every goroutine has, and forgives no socket.
func TestInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ep := tidemarktest.Start(t, tidemarktest.Hold(time.Minute), tidemarktest.Delay("ListTables", time.Hour))
		c := clientOf(ep)
		c.table(t, "orders")
		arn := c.backup(t, "orders")
		var listed, waited bool
		go func() {
			c.ok(t, "ListTables", `{}`)
			listed = true
		}()
		go func() {
			require.NoError(t, ep.WaitForBackup(t.Context(), arn, time.Minute))
			waited = true
		}()
		synctest.Wait()
		require.False(t, listed || waited)
		ep.Clock.Advance(time.Minute)
		synctest.Wait()
		require.True(t, waited)
		require.False(t, listed)
		ep.Clock.Advance(time.Hour)
		synctest.Wait()
		require.True(t, listed)
	})
}

// With clock.System the endpoint shares the time of the bubble with the client that waits between its attempts.
func TestOnTheTimeOfTheBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ep := tidemarktest.Start(t, tidemarktest.WithClock(clock.System{}), tidemarktest.Documented(),
			tidemarktest.WithMarker(backup.Latest, time.Minute), tidemarktest.Delay("DeleteBackup", time.Hour))
		require.Nil(t, ep.Clock)
		began := ep.DB.Clock.Now()
		c := clientOf(ep)
		c.table(t, "orders")
		require.NoError(t, ep.WaitForTable(t.Context(), "orders", time.Minute))
		<-time.After(10 * time.Second)
		arn := c.backup(t, "orders")
		requested := ep.DB.Clock.Now()
		require.ErrorContains(t, ep.AdvanceToBackup(arn, time.Hour), "cannot be moved")
		require.NoError(t, ep.WaitForBackup(t.Context(), arn, 2*time.Minute))
		require.Equal(t, requested.Add(time.Minute+1), ep.DB.Clock.Now(), "as soon as the marker has passed")
		require.Equal(t, "AVAILABLE", c.backupStatus(t, arn))

		c.ok(t, "DeleteBackup", `{'BackupArn': '`+arn+`'}`)
		require.Greater(t, ep.DB.Clock.Now().Sub(began), time.Hour)
	})
}
