package main

import (
	"context"
	"os/exec"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/cmdutil"
)

// patience is how long an interrupted child may take to clean up. It is shorter than the five seconds that the engine
// gives this host, so that the host is never killed before it has killed its children.
const patience = 2 * time.Second

// newChild prepares a command which does not outlive ctx. It gets a process group of its own, so that what it starts
// ends with it: when ctx ends, the group is interrupted, as by Ctrl-C, which Pulumi's plugins take as the word to stop.
func newChild(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmdutil.RegisterProcessGroup(cmd)
	cmd.Cancel = func() error {
		cmdutil.InterruptChildren(cmd.Process.Pid)
		return nil
	}
	cmd.WaitDelay = patience
	return cmd
}

// runChild runs a command of newChild to its end. When ctx ended first, it returns ctx's error and leaves no process of
// the group behind.
func runChild(ctx context.Context, cmd *exec.Cmd) error {
	err := cmd.Run()
	if ctx.Err() == nil {
		return err
	}
	if cmd.Process != nil {
		// The command has ended, or was killed when patience ran out. What it started may still run; that there is
		// nothing left to kill is the usual case and no error.
		_ = cmdutil.KillChildren(cmd.Process.Pid)
	}
	return ctx.Err()
}
