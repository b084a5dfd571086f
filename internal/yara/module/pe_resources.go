package module

import "vigie/internal/yara/decl"

const (
	maxResources       = 65536   // MAX_RESOURCES of libyara
	maxResourceEntries = 1 << 18 // of all directories together: directories of one file may point at one another
	resourceDirSize    = 16
	resourceEntrySize  = 8
	resourceDataSize   = 16
	resourceLevels     = 3 // type, name, language
	highBit            = 1 << 31
)

// resourceTable is the resources of a file, and what its version resource says.
type resourceTable struct {
	timestamp, major, minor decl.Value
	items                   []resource
	versions                dictionary
	versionList             []versionEntry
}

// resource is one of them. Of each level it has either a number or a text, in UTF-16.
type resource struct {
	rva, size uint32
	offset    int64
	level     [resourceLevels]resourceID
}

type resourceID struct {
	number uint32
	isText bool
	text   []byte // nil when it cannot be read
}

func (p *pe) resourceTable() *resourceTable {
	return p.resources.get(func() resourceTable {
		w := resourceWalk{p: p}
		at, _, ok := p.directoryOffset(dirResource)
		if !ok || !p.data.fits(at, resourceDirSize) {
			return w.table
		}
		stamp, _ := p.data.u32(at + 4)
		major, _ := p.data.u16(at + 8)
		minor, _ := p.data.u16(at + 10)
		w.table.timestamp, w.table.major, w.table.minor = decl.IntOf(int64(stamp)), decl.IntOf(int64(major)), decl.IntOf(int64(minor))
		w.base = at
		w.directory(at, 0)
		return w.table
	})
}

type resourceWalk struct {
	p       *pe
	base    int64
	entries int
	current [resourceLevels]resourceID
	table   resourceTable
}

// directory reads a directory of one level; it goes no deeper than the levels that there are. False ends the whole walk, as in libyara.
func (w *resourceWalk) directory(at int64, level int) bool {
	v := w.p.data
	characteristics, _ := v.u32(at)
	named, _ := v.u16(at + 12)
	numbered, _ := v.u16(at + 14)
	const sane = 32768
	if characteristics != 0 || named > sane || numbered > sane {
		return true
	}
	at += resourceDirSize
	for range int(named) + int(numbered) {
		if w.entries++; w.entries > maxResourceEntries || !v.fits(at, resourceEntrySize) || !w.p.scan.Work(16) {
			return false
		}
		id, _ := v.u32(at)
		target, _ := v.u32(at + 4)
		at += resourceEntrySize
		w.current[level] = w.id(id)
		next := w.base + int64(target&^highBit)
		if target&highBit != 0 && level < resourceLevels-1 {
			if !v.fits(next, resourceDirSize) || !w.directory(next, level+1) {
				return false
			}
		} else if !v.fits(next, resourceDataSize) {
			return false
		} else {
			w.item(next)
		}
	}
	return true
}

// id reads a number, or the text that it points to.
func (w *resourceWalk) id(n uint32) resourceID {
	if n&highBit == 0 {
		return resourceID{number: n}
	}
	at := w.base + int64(n&^highBit)
	length, ok := w.p.data.u16(at)
	if !ok || !w.p.data.fits(at+2, 2*int64(length)) {
		return resourceID{number: n}
	}
	end := at + 2 + 2*int64(length)
	return resourceID{number: n, isText: true, text: w.p.data[at+2 : end : end]}
}

// item takes a resource.
func (w *resourceWalk) item(at int64) {
	if len(w.table.items) > maxResources {
		return
	}
	rva, _ := w.p.data.u32(at)
	size, _ := w.p.data.u32(at + 4)
	w.table.items = append(w.table.items, resource{rva: rva, size: size, offset: w.p.offset(uint64(rva)), level: w.current})
	const typeVersion = 16
	if w.current[0].number == typeVersion {
		w.versionInfo(w.p.offset(uint64(rva)))
	}
}

// hasLanguage gives 1 when a resource has a language of which the bits of mask are these.
func (p *pe) hasLanguage(mask uint32, language int64) decl.Value {
	items := p.resourceTable().items
	if p.data == nil || !p.scan.Work(int64(len(items))) {
		return decl.Value{}
	}
	for i := range items {
		if id := &items[i].level[2]; !id.isText && int64(id.number&mask) == language {
			return decl.BoolOf(true)
		}
	}
	return decl.BoolOf(false)
}
