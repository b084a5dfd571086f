//go:build unix

package evidence

import "syscall"

// openFlags keeps an open from waiting: a pipe put in the place of a file
// between listing and opening must not stop the program. Reading a regular
// file is not changed by it.
const openFlags = syscall.O_NONBLOCK | syscall.O_NOCTTY | syscall.O_CLOEXEC

// unlinkOpen tells whether an open file can lose its name.
const unlinkOpen = true
