//go:build unix

package guard

import (
	"os"
	"syscall"
)

// openFlags open a file without waiting for anybody at the other end of it, and without
// taking a terminal for the process's own.
const openFlags = os.O_RDONLY | syscall.O_NONBLOCK | syscall.O_NOCTTY
