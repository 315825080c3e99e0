package servers

import (
	"os/exec"
	"syscall"
)

// What the tests start ends with them, also when they are cut off.
func init() {
	bind = func(process *exec.Cmd) { process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
}
