//go:build unix

package upstream

import (
	"net"
	"syscall"
)

// quiet reports whether the other side of a connection has sent nothing, and not closed it: a request that is sent into
// a closed connection may have been lost.
func quiet(c net.Conn) bool {
	sys, ok := c.(syscall.Conn)
	if !ok {
		return true
	}
	raw, err := sys.SyscallConn()
	if err != nil {
		return false
	}
	still := false
	err = raw.Read(func(fd uintptr) bool {
		var b [1]byte
		_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		still = err == syscall.EAGAIN || err == syscall.EWOULDBLOCK
		return true // and do not wait for more
	})
	return still && err == nil
}
