package module

// The version resource is a tree of records, each beginning at a multiple of four bytes behind the one around it:
//
//	u16 length | u16 length of the value | u16 type | key in UTF-16, ending in zero | padding | value or records
//
// VS_VERSION_INFO holds a fixed record, then VarFileInfo and StringFileInfo; the latter holds tables, one for each language, and those the
// pairs of key and text that Windows shows.
const (
	versionHeader     = 6
	fixedVersionInfo  = 92 // of VS_VERSION_INFO, up to the records in it
	stringInfoHeader  = 36 // of StringFileInfo
	maxVersionEntries = 4096
	maxVersionKey     = 63 // characters that are kept, as in libyara
	maxVersionValue   = 255
	maxVersionText    = 1 << 15 // characters to the end of a text; a record has 64 KiB
)

type versionEntry struct{ key, value []byte }

// versionInfo reads the texts of a version resource.
func (w *resourceWalk) versionInfo(at int64) {
	v := w.p.data
	if at < 0 || !w.hasKey(at, "VS_VERSION_INFO") {
		return
	}
	at += fixedVersionInfo
	for w.hasKey(at, "VarFileInfo") {
		if !w.skip(&at) {
			return
		}
	}
	for w.hasKey(at, "StringFileInfo") {
		table := at + stringInfoHeader
		if !w.skip(&at) {
			return
		}
		for table < at {
			pair, ok := w.inside(table)
			if !ok || !w.skip(&table) {
				break
			}
			for pair < table {
				value, ok := w.inside(pair)
				if length, _ := v.u16(pair); !ok || length == 0 || len(w.table.versionList) >= maxVersionEntries || !w.p.scan.Work(64) {
					break
				}
				valueLength, _ := v.u16(pair + 2)
				entry := versionEntry{key: narrow(w.wideText(pair+versionHeader), maxVersionKey), value: narrow(w.wideText(value), maxVersionValue)}
				if valueLength == 0 {
					entry.value = []byte{}
				}
				if w.wideText(value) != nil {
					w.table.versionList = append(w.table.versionList, entry)
					w.table.versions.set(entry.key, entry.value)
				}
				if !w.skip(&pair) {
					break
				}
			}
		}
	}
}

// skip goes to the record behind the one at at; false when it has no length.
func (w *resourceWalk) skip(at *int64) bool {
	length, ok := w.p.data.u16(*at)
	*at += (int64(length) + 3) &^ 3
	return ok && length > 0
}

// inside gives where the value or the records of a record begin.
func (w *resourceWalk) inside(at int64) (int64, bool) {
	key := w.wideText(at + versionHeader)
	if key == nil {
		return 0, false
	}
	return at + (versionHeader+int64(len(key))+2+3)&^3, true
}

// hasKey reports whether a record has this key.
func (w *resourceWalk) hasKey(at int64, key string) bool {
	text := w.wideText(at + versionHeader)
	return text != nil && string(narrow(text, len(text))) == key && len(text) == 2*len(key)
}

// wideText gives a text in UTF-16 up to its zero; nil when it has none.
func (w *resourceWalk) wideText(at int64) []byte {
	v := w.p.data
	for n := int64(0); n < maxVersionText; n++ {
		c, ok := v.u16(at + 2*n)
		if !ok {
			return nil
		}
		if c == 0 {
			return v[at : at+2*n : at+2*n]
		}
	}
	return nil
}

// narrow takes the low bytes of a text in UTF-16 up to a zero, at most n. It is what libyara compares with.
func narrow(wide []byte, n int) []byte {
	out := make([]byte, 0, min(len(wide)/2, n))
	for i := 0; i+1 < len(wide) && len(out) < n && wide[i] != 0; i += 2 {
		out = append(out, wide[i])
	}
	return out
}
