// Sdk is a job that backs a DynamoDB table up and does not believe it until it has seen the items again: it takes a
// backup, restores it, counts, and only then deletes the backups that have grown too old. It is written against
// aws-sdk-go-v2 and knows nothing of Tidemark; its test does. Copy it.
//
//	go run . -h
//	go run . -table Music -keep 30
//	go run . -table Music -endpoint http://127.0.0.1:8000
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

const usage = `Backs up a DynamoDB table, restores the backup into a new table, compares the number
of items, and then deletes the older backups of that name whose time is over.

Region, credentials and AWS_ENDPOINT_URL_DYNAMODB are found where the AWS SDK looks for
them. With -endpoint the job runs against something that is not AWS, such as Tidemark, and
your credentials stay at home.

usage: sdk -table NAME [flags]

`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "sdk:", err)
		os.Exit(1)
	}
}

// run is the program: it reads the command line, makes the client and does the job once.
func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("sdk", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.Usage = func() {
		fmt.Fprint(out, usage)
		flags.PrintDefaults()
	}
	job := Job{Log: func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) }}
	flags.StringVar(&job.Table, "table", "", "the `name` of the table to back up")
	flags.StringVar(&job.Name, "name", "nightly", "the `name` of the backups; others are never deleted")
	flags.StringVar(&job.Target, "target", "",
		"the `name` of the table to restore into, which is kept (default: a new one, deleted when it has been counted)")
	flags.Int64Var(&job.Drift, "drift", 0, "how many `items` more or less are fine, for a table that is being written to")
	flags.DurationVar(&job.Patience, "patience", 2*time.Hour, "how long to wait for the backup, and for the restore")
	days := flags.Int("keep", 35, "how many `days` backups are kept; 0 keeps them for good")
	endpoint := flags.String("endpoint", "", "the `URL` to use instead of AWS")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if job.Table == "" || flags.NArg() > 0 || *days < 0 {
		flags.Usage()
		return errors.New("-table is needed, -keep must not be negative, and there are no other arguments")
	}
	job.Keep = time.Duration(*days) * 24 * time.Hour

	var err error
	if job.Client, err = newClient(ctx, *endpoint); err != nil {
		return err
	}
	_, err = job.Run(ctx)
	return err
}

// newClient returns a client for AWS as the environment describes it or, if an endpoint is given, for that.
func newClient(ctx context.Context, endpoint string) (*dynamodb.Client, error) {
	if endpoint == "" {
		c, err := config.LoadDefaultConfig(ctx)
		return dynamodb.NewFromConfig(c), err
	}
	// Somewhere else nobody knows our credentials, and nobody should see them.
	c, err := config.LoadDefaultConfig(ctx,
		config.WithDefaultRegion("us-east-1"),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("none", "none", "")),
	)
	return dynamodb.NewFromConfig(c, func(o *dynamodb.Options) { o.BaseEndpoint = &endpoint }), err
}
