//go:build !unix

package evidence

// openFlags: opening never waits here.
const openFlags = 0

// unlinkOpen: an open file keeps its name; temporary files go at Close.
const unlinkOpen = false
