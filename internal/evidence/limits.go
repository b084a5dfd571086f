package evidence

import "vigie/internal/casefile"

// Limits bounds what hostile evidence can cost. A zero field takes its
// default. Reaching a limit is a result: it leaves a Gap, never a silence.
type Limits struct {
	// ExpandedBytes, ExpandedRatio and ExpandedFloor bound what one top-level
	// container may expand to, all levels together: at most ExpandedBytes, and
	// at most ExpandedRatio times its own size, but never less than
	// ExpandedFloor. Logs compress 10 to 30 times, 7z of very regular ones 40.
	ExpandedBytes int64
	ExpandedRatio int64
	ExpandedFloor int64
	// EntryRatio is the ratio out/in at which one stream is stopped, looked at
	// once EntryRatioAfter bytes are out: short runs of zeros are normal.
	EntryRatio      int64
	EntryRatioAfter int64
	// Entries and EntriesAll count the entries of one container and of all.
	// They are checked before an index is built.
	Entries    int64
	EntriesAll int64
	// Depth is how many containers may stand in one another; a compressor
	// around a tar counts once. Deeper ones are kept as opaque files.
	Depth int64
	// Window is the largest decoder window (LZMA, zstd, PPMd) that is
	// allocated; a header may ask for 4 GiB with one byte.
	Window int64
	// NameBytes and NameParts bound one name inside a container, and how deep
	// folders are entered. A longer name is cut and ends in its own hash.
	NameBytes int64
	NameParts int64
	// IndexBytes bounds the index of one container that is kept in memory:
	// names of a zip, header of a 7z.
	IndexBytes int64
	// MemoryBytes is up to which size a container inside a container is held
	// in memory; beyond, zip and 7z go to a temporary file, the rest streams.
	MemoryBytes int64
	// SpoolBytes bounds the temporary files that exist at one time.
	SpoolBytes int64
	// FileBytes bounds what is read of one file of a folder: a sparse file of
	// 8 EiB costs its owner nothing. No log is as large.
	FileBytes int64
	// FolderFiles bounds the names listed in one PATH.
	FolderFiles int64
}

const (
	kib = 1 << 10
	mib = 1 << 20
	gib = 1 << 30
)

// DefaultLimits returns the budgets that hold when nothing else is said.
func DefaultLimits() Limits {
	return Limits{
		ExpandedBytes:   100 * gib,
		ExpandedRatio:   50,
		ExpandedFloor:   1 * gib,
		EntryRatio:      250,
		EntryRatioAfter: 16 * mib,
		Entries:         100_000,
		EntriesAll:      300_000,
		Depth:           4,
		Window:          128 * mib,
		NameBytes:       4096,
		NameParts:       64,
		IndexBytes:      32 * mib,
		MemoryBytes:     8 * mib,
		SpoolBytes:      16 * gib,
		FileBytes:       512 * gib,
		FolderFiles:     1_000_000,
	}
}

// fields lists every limit with its name in reports, in order.
func (l *Limits) fields() []struct {
	name string
	v    *int64
} {
	return []struct {
		name string
		v    *int64
	}{
		{"evidence.expanded_bytes", &l.ExpandedBytes},
		{"evidence.expanded_ratio", &l.ExpandedRatio},
		{"evidence.expanded_floor", &l.ExpandedFloor},
		{"evidence.entry_ratio", &l.EntryRatio},
		{"evidence.entry_ratio_after", &l.EntryRatioAfter},
		{"evidence.entries", &l.Entries},
		{"evidence.entries_all", &l.EntriesAll},
		{"evidence.depth", &l.Depth},
		{"evidence.window", &l.Window},
		{"evidence.name_bytes", &l.NameBytes},
		{"evidence.name_parts", &l.NameParts},
		{"evidence.index_bytes", &l.IndexBytes},
		{"evidence.memory_bytes", &l.MemoryBytes},
		{"evidence.spool_bytes", &l.SpoolBytes},
		{"evidence.file_bytes", &l.FileBytes},
		{"evidence.folder_files", &l.FolderFiles},
	}
}

// List gives the limits as the budgets of a case.
func (l Limits) List() []casefile.Budget {
	l = l.orDefault()
	var out []casefile.Budget
	for _, f := range l.fields() {
		out = append(out, casefile.Budget{Name: f.name, Limit: *f.v})
	}
	return out
}

func (l Limits) orDefault() Limits {
	d := DefaultLimits()
	df := d.fields()
	for i, f := range l.fields() {
		if *f.v <= 0 {
			*f.v = *df[i].v
		}
	}
	return l
}
