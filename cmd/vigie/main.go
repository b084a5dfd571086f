// Vigie judges the evidence of a server: was it attacked, is it protected now,
// how far can we see.
package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	_ "time/tzdata" // zone names work on a machine that has no zone files
)

// Exit codes, the contract of scripts.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitPartly      = 3 // done, but part of the input could not be read
	exitUnverified  = 4 // verification failed
	exitRefused     = 5
	exitUnreachable = 6
	exitInterrupted = 130
	exitTerminated  = 143
)

// version is set when a release is built.
var version = "dev"

// memoryLimit keeps the process small beside the mail server or in a container:
// the collector works harder near it rather than let memory grow. A limit set
// in the environment (GOMEMLIMIT) wins.
const memoryLimit = 192 << 20

func main() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
	os.Exit(run(os.Args[1:]))
}

// run is main without the exit, for tests of the command line.
func run(args []string) int {
	t := newTerm(args)
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	go func() {
		s, ok := <-signals
		if !ok {
			return
		}
		if s == syscall.SIGTERM {
			cancel(errTerminated)
		} else {
			cancel(errInterrupted)
		}
		if s, ok = <-signals; ok { // asked twice: leave at once
			if s == syscall.SIGTERM {
				os.Exit(exitTerminated)
			}
			os.Exit(exitInterrupted)
		}
	}()
	root := rootCommand(t)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var code exitCode
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &code):
		return int(code)
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return stopped(ctx)
	}
	t.fail(err)
	var usage usageError
	if errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailed
}

var (
	errInterrupted = errors.New("interrupted")
	errTerminated  = errors.New("terminated")
)

// stopped gives the exit code of a run that was told to stop.
func stopped(ctx context.Context) int {
	if errors.Is(context.Cause(ctx), errTerminated) {
		return exitTerminated
	}
	return exitInterrupted
}

// exitCode ends the program with a code and no further message.
type exitCode int

func (exitCode) Error() string { return "" }

// usageError is the user's mistake: exit code 2, with a hint.
type usageError struct {
	msg   string
	hint  string
	lines bool  // msg has several
	err   error // what lies behind it, or nil
}

func (e usageError) Error() string { return e.msg }

func (e usageError) Unwrap() error { return e.err }
