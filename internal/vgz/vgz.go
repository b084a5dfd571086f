// Package vgz writes and reads evidence packages.
//
// A package is a tar stream in zstd frames, so that any machine with tar and
// zstd opens it without Vigie (`tar --zstd -xf x.vgz`):
//
//	vigie-package.json        Header: what, where, by whom, when, with which options
//	files/C/inetpub/…         contents, in the order of collection
//	manifest/000001.jsonl     a batch of Records, chained to the one before
//	files/…
//	manifest/000002.jsonl
//	manifest/end.json         End: totals and the head of the chain
//	manifest/end.json.sig     signature of end.json, when the collector has a key
//
// Each batch ends a zstd frame and is on disk before collecting goes on. What
// was killed is so readable up to its last batch, and goes on from there: a
// journal beside the package (x.vgz.journal) says where.
//
// The chain: the first line of a batch names the SHA-256 of the batch before
// (of vigie-package.json for the first), so that no record can be taken out,
// changed or moved without changing every later hash, and the head that the
// collector printed.
//
// A package comes from a machine that may be the attacker's. All that it says
// of itself is a claim: a reader checks hashes and never uses a stored name as
// a path of its own machine.
package vgz

import "time"

// Format is the number of the format that this package writes.
const Format = 1

// Names of the entries that are not collected files.
const (
	HeaderName    = "vigie-package.json"
	ManifestDir   = "manifest/"
	EndName       = ManifestDir + "end.json"
	SignatureName = EndName + ".sig"
	FilesDir      = "files/"
)

// SumSuffix names the file beside a package with its SHA-256, or that of each part, as sha256sum writes and checks it: the compression has bits
// without meaning, which no hash inside covers. Its signature, when there is one, has the ending .sig.
const SumSuffix = ".sha256"

// Header says what a package is. It is its first entry.
type Header struct {
	Format    int       `json:"format"`
	ID        string    `json:"id"` // 32 hex digits, random
	Collector string    `json:"collector"`
	Started   time.Time `json:"started"`
	Profile   string    `json:"profile"`
	Machine   Machine   `json:"machine"`
	By        string    `json:"by,omitempty"`  // who collects
	Why       string    `json:"why,omitempty"` // mission, permission, ticket
	// Options are the limits and choices in force, as words.
	Options map[string]string `json:"options,omitempty"`
	// Places are the folders that variables of the profile stood for.
	Places map[string][]string `json:"places,omitempty"`
	// Continues names the package that was interrupted and could not be appended to, since it is encrypted.
	Continues *Continues `json:"continues,omitempty"`
}

// Continues points to the package before this one.
type Continues struct {
	ID    string `json:"id"`
	Batch int    `json:"batch"` // its last one that is on disk
	Head  string `json:"head"`
}

// Machine holds the facts of the machine at the time of collecting.
type Machine struct {
	Name   string `json:"name"`
	Domain string `json:"domain,omitempty"`
	OS     string `json:"os"`
	// Zone is the machine's time zone and ZoneSeconds its offset from UTC when collecting started. All times in a package are UTC.
	Zone        string `json:"zone"`
	ZoneSeconds int    `json:"zone_seconds"`
	// ClockOffset is how far the machine's clock is ahead of ClockSource, in seconds, as the person who collects measured it; null when not measured.
	ClockOffset *float64 `json:"clock_offset,omitempty"`
	ClockSource string   `json:"clock_source,omitempty"`
	// Root is the folder that stands for the machine's disks when a mounted image is collected; "" on the machine itself.
	Root string `json:"root,omitempty"`
	// Clues tell the product and its build, as the registry and the binaries say: name to value.
	Clues map[string]string `json:"clues,omitempty"`
}

// How a file was read.
const (
	HowRead     = "read"      // opened and read while others may write to it
	HowShadow   = "shadow"    // read from a shadow copy, as of its time
	HowExport   = "export"    // written by the system's own export: an event channel, a registry key, a command
	HowHashOnly = "hash-only" // read and hashed, content left where it is
	HowNotRead  = "not-read"  // listed; Error says why
)

// Record is one line of the manifest: one file, as it was found.
type Record struct {
	Seq  int64  `json:"seq"`  // from 1, without holes
	Item string `json:"item"` // of the profile
	Path string `json:"path"` // as the machine names it
	// PathHex is the path's bytes in hexadecimal, when they are not UTF-8.
	PathHex string `json:"path_hex,omitempty"`
	Entry   string `json:"entry,omitempty"` // of the package; "" when the content is not in it
	Size    int64  `json:"size"`            // bytes read; of a file not read, what its directory says
	SHA256  string `json:"sha256,omitempty"`
	// Modified, Changed and Created are the file system's times; zero where it keeps none.
	Modified time.Time `json:"modified,omitzero"`
	Changed  time.Time `json:"changed,omitzero"`
	Created  time.Time `json:"created,omitzero"`
	How      string    `json:"how"`
	ReadAt   time.Time `json:"read_at"`
	// Grew is true when the file was longer at the end than when it was opened: what came later was not read.
	Grew bool `json:"grew,omitempty"`
	// Padded is how many zero bytes fill the entry because the file became shorter while it was read: they are not of the file, nor of SHA256.
	// EntrySHA256 is then the hash of the whole entry.
	Padded      int64  `json:"padded,omitempty"`
	EntrySHA256 string `json:"entry_sha256,omitempty"`
	// Error is why the file was not read or not read to its end: one of the words below, with the system's text in Detail.
	Error  string `json:"error,omitempty"`
	Detail string `json:"detail,omitempty"`
}

// batchLine is the first line of a batch.
type batchLine struct {
	Batch   int    `json:"batch"` // from 1
	Prev    string `json:"prev"`  // SHA-256 of the batch before, or of the header
	Records int    `json:"records"`
}

// End closes a package.
type End struct {
	Finished time.Time `json:"finished"`
	Batches  int       `json:"batches"`
	Head     string    `json:"head"` // SHA-256 of the last batch
	Files    int64     `json:"files"`
	Bytes    int64     `json:"bytes"`  // of contents in the package
	Failed   int64     `json:"failed"` // files that were there and could not be read, or not to their end
	Absent   int64     `json:"absent"` // what the profile names and there was nothing to read: no such log, a link, a pipe
	// Complete is false when collecting stopped before all was read; Stopped says why.
	Complete bool   `json:"complete"`
	Stopped  string `json:"stopped,omitempty"` // disk, size, interrupted
	// Resumed counts how often collecting was interrupted and went on.
	Resumed int `json:"resumed,omitempty"`
}

// Words of Record.Error.
const (
	Link     = "link"       // not followed; Detail is where it points
	NotAFile = "not-a-file" // a pipe, a device, a socket
	Absent   = "absent"     // the profile names it, the machine does not have it
	Offline  = "offline"    // only the running system has it, and a mounted image was read
	Denied   = "denied"
	Locked   = "locked"
	Vanished = "vanished" // listed, then gone
	Unread   = "read"     // reading failed in its middle; what was read is there
	Failed   = "failed"
)
