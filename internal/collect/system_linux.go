package collect

import (
	"errors"
	"io/fs"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// errDiskFull is Windows' word; here ENOSPC says it.
var errDiskFull = syscall.ENOSPC

// openShared opens a file for reading. A pipe or a device that took the file's place does not block.
func openShared(name string) (*os.File, error) {
	return os.OpenFile(name, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW, 0)
}

// locked tells whether an error says that another program keeps the file for itself.
func locked(err error) bool {
	return errors.Is(err, syscall.ETXTBSY) || errors.Is(err, syscall.EBUSY)
}

// times are a file's change and birth times; Unix's stat has no birth time.
func times(info fs.FileInfo) (changed, created time.Time) {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		changed = time.Unix(st.Ctim.Unix()).UTC()
	}
	return changed, time.Time{}
}

func freeSpace(dir string) (free, total uint64, err error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, 0, err
	}
	return st.Bavail * uint64(st.Bsize), st.Blocks * uint64(st.Bsize), nil
}

// cpuTime is what the process has used of all cores.
func cpuTime() time.Duration {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// longHost is from how many bytes on a folder is named by its handle: the system takes names of 4,096 bytes, an image of Windows has paths of 32,767 characters.
const longHost = 2048

// shortPath gives a name of a folder that is short enough to be opened with any name behind it, until release.
func shortPath(dir string) (short string, release func()) {
	if len(dir) < longHost {
		return dir, func() {}
	}
	f, err := os.OpenFile(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return dir, func() {}
	}
	return "/proc/self/fd/" + strconv.Itoa(int(f.Fd())), func() { f.Close() }
}
