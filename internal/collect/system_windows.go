package collect

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/windows"
)

var errDiskFull error = windows.ERROR_DISK_FULL

// openShared opens a file that others may be reading, writing or deleting, with
// the rights of a backup where the process has them; a reparse point is not followed.
func openShared(name string) (*os.File, error) {
	path := name
	if !strings.HasPrefix(path, `\\`) && filepath.IsAbs(path) {
		path = `\\?\` + filepath.Clean(path) // longer than 260 characters
	}
	p, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	h, err := windows.CreateFile(p, windows.GENERIC_READ, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE|windows.FILE_SHARE_DELETE, nil,
		windows.OPEN_EXISTING, windows.FILE_FLAG_BACKUP_SEMANTICS|windows.FILE_FLAG_OPEN_REPARSE_POINT|windows.FILE_FLAG_SEQUENTIAL_SCAN, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return os.NewFile(uintptr(h), name), nil
}

func locked(err error) bool {
	return errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_LOCK_VIOLATION)
}

// times are a file's change and creation times; a folder listing of Windows has no change time.
func times(info fs.FileInfo) (changed, created time.Time) {
	if st, ok := info.Sys().(*syscall.Win32FileAttributeData); ok {
		created = time.Unix(0, st.CreationTime.Nanoseconds()).UTC()
	}
	return time.Time{}, created
}

func freeSpace(dir string) (free, total uint64, err error) {
	p, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, 0, err
	}
	err = windows.GetDiskFreeSpaceEx(p, &free, &total, nil)
	return free, total, err
}

// cpuTime is what the process has used of all cores.
func cpuTime() time.Duration {
	var created, exited, kernel, user windows.Filetime
	if windows.GetProcessTimes(windows.CurrentProcess(), &created, &exited, &kernel, &user) != nil {
		return 0
	}
	ticks := func(f windows.Filetime) int64 { return int64(f.HighDateTime)<<32 | int64(f.LowDateTime) } // of 100 ns
	return time.Duration(ticks(kernel)+ticks(user)) * 100
}

// shortPath has nothing to do here: the runtime opens names of 32,767 characters.
func shortPath(dir string) (string, func()) { return dir, func() {} }
