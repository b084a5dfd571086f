package evidence

import (
	"bytes"
	"crypto/sha1"
	"encoding/csv"
	"encoding/hex"
	"hash"
	"io"
	"path"
	"slices"
	"strings"
	"sync"

	"vigie/internal/casefile"
)

// Two collectors write beside the files a list of them with their SHA-1; what
// is read is held against it. List and files come in any order, from any
// goroutine: a file is compared when both are known.
//
//	KAPE      *_CopyLog.csv  CopiedTimestamp,SourceFile,DestinationFile,FileSize,SourceFileSha1,…
//	DFIR-ORC  GetThis.csv    ComputerName,VolumeID,…,FullName,SampleName,SizeInBytes,MD5,SHA1,…
//
// SHA-1 tells a damaged copy; it does not stop an attacker, who can change the list as well.
type sumList struct {
	w   *walker
	e   *env
	dir string // logical folder, for claims
	box string

	mu   sync.Mutex
	want map[string][]string // SHA-1 of what the list names
	got  []gotSum
}

type gotSum struct {
	sum   string
	shown string
	name  string // logical
}

// maxListing bounds a list in bytes, and maxListed its lines.
const (
	maxListing = 64 << 20
	maxListed  = 300_000
)

// isListing tells a list by its name.
func isListing(name string) bool {
	base := strings.ToLower(path.Base(strings.ReplaceAll(name, "\\", "/")))
	return base == "getthis.csv" || strings.HasSuffix(base, "_copylog.csv")
}

// listed makes ready to compare, when one of the names is a list.
func (w *walker) listed(e *env, names []string) {
	if slices.ContainsFunc(names, isListing) {
		e.list = &sumList{w: w, e: e, dir: strings.TrimSuffix(e.prefix.logical, "/"), box: strings.TrimSuffix(e.prefix.display, "!"), want: map[string][]string{}}
		w.s.mu.Lock()
		w.s.listings = append(w.s.listings, e.list)
		w.s.mu.Unlock()
	}
}

// watch hashes an item while it is read, or keeps the list.
func (l *sumList) watch(p place, r io.ReadCloser) io.ReadCloser {
	if l == nil {
		return r
	}
	if isListing(p.logical) {
		return &watched{r, nil, &bytes.Buffer{}, p, l}
	}
	return &watched{r, sha1.New(), nil, p, l}
}

type watched struct {
	io.ReadCloser
	sum  hash.Hash
	text *bytes.Buffer // of the list
	p    place
	l    *sumList
}

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.ReadCloser.Read(b)
	if w.sum != nil {
		w.sum.Write(b[:n])
	} else if w.text != nil && w.text.Len()+n <= maxListing {
		w.text.Write(b[:n])
	}
	if err == io.EOF {
		switch {
		case w.sum != nil:
			w.l.have(gotSum{hex.EncodeToString(w.sum.Sum(nil)), w.p.display, w.p.logical})
		case w.text != nil:
			w.l.read(w.text.Bytes())
		}
		w.sum, w.text = nil, nil
	}
	return n, err
}

// driveKey is what a file and a list of paths have in common: the path from the drive on; "" when there is no drive.
func driveKey(logical string) string {
	parts := strings.Split(strings.ToLower(Unescape(logical)), "/")
	for i, p := range parts {
		if len(p) == 1 && isLetter(p[0]) && i+1 < len(parts) {
			return strings.Join(parts[i:], "/")
		}
	}
	return ""
}

// read takes the lines of a list; what is no line of one is left out.
func (l *sumList) read(text []byte) {
	in := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))))
	in.FieldsPerRecord, in.LazyQuotes = -1, true
	head, err := in.Read()
	if err != nil {
		return
	}
	column := func(name string) int { return slices.Index(head, name) }
	file, sum, machine := column("SourceFile"), column("SourceFileSha1"), column("ComputerName")
	orc := file < 0
	if orc {
		file, sum = column("SampleName"), column("SHA1")
	}
	if file < 0 || sum < 0 {
		return
	}
	for n := 0; n < maxListed; n++ {
		row, err := in.Read()
		if err != nil {
			return
		}
		if max(file, sum) >= len(row) || !isSHA1(row[sum]) {
			continue
		}
		if machine >= 0 && machine < len(row) && row[machine] != "" {
			l.w.s.claim(Package{Path: l.box, Dir: l.dir, Tool: "dfir-orc", Machine: row[machine]})
			machine = -1
		}
		key := strings.ReplaceAll(row[file], "\\", "/")
		if orc {
			key = strings.ToLower(path.Base(key))
		} else {
			key = driveKey(strings.Replace(key, ":", "", 1))
		}
		l.wanted(key, strings.ToLower(row[sum]))
	}
}

func isSHA1(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == sha1.Size
}

func (l *sumList) wanted(key, sum string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.want[key] = append(l.want[key], sum)
}

func (l *sumList) have(g gotSum) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.got) < maxListed {
		l.got = append(l.got, g)
	}
}

// compare notes what differs, when all was read. A file of which the list has several versions (shadow copies) may be any of them.
func (l *sumList) compare() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, g := range l.got {
		want := l.want[driveKey(g.name)]
		if len(want) == 0 {
			want = l.want[strings.ToLower(path.Base(Unescape(g.name)))]
		}
		if len(want) > 0 && !slices.Contains(want, g.sum) {
			l.w.s.gaps.add(l.e.box, casefile.Gap{Code: CodePackageHash, Path: g.shown, Action: "noted", Detail: quoted("SHA-1 " + g.sum + ", the collector's list says " + want[0])})
		}
	}
	l.got = nil
}

// nameClaim takes the machine's name from the name of a container, where its collector puts it there.
//
//	Collection-HOST-2021-03-04T05_06_07_0000000Z.zip   Velociraptor
//	DFIR-ORC_WorkStation_HOST_Evtx.7z                  DFIR-ORC (type, name, archive)
func nameClaim(base string) (tool, machine string) {
	name := bareName(base)
	if rest, ok := strings.CutPrefix(name, "Collection-"); ok {
		if i := strings.LastIndex(rest, "T"); i > len("-2006-01-02") && strings.Count(rest[i-len("-2006-01-02"):i], "-") == 3 {
			return "velociraptor", rest[:i-len("-2006-01-02")]
		}
	}
	if parts := strings.Split(name, "_"); len(parts) >= 4 && strings.HasPrefix(parts[0], "DFIR-ORC") {
		return "dfir-orc", strings.Join(parts[2:len(parts)-1], "_")
	}
	return "", ""
}
