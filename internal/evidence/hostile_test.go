package evidence

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/flate"
	"github.com/ulikunitz/xz/lzma"

	"vigie/internal/casefile"
)

func deflated(s []byte) string {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, 9)
	w.Write(s)
	w.Close()
	return b.String()
}

// small are limits at which a bomb of a test is large.
var small = Limits{EntryRatioAfter: mib, ExpandedFloor: 4 * mib}

func wantCodes(t *testing.T, got *seen, want ...string) {
	t.Helper()
	slices.Sort(want)
	if !slices.Equal(got.codes(), want) {
		t.Errorf("codes %v, want %v\n%+v", got.codes(), want, got.gaps)
	}
}

// A1.
func TestNestedBomb(t *testing.T) {
	t.Parallel()
	b := zipRaw([]rawEntry{{name: "0.dll", data: deflated(make([]byte, 4*mib)), method: 8, usize: 4 * mib, csize: -1, at: -1, lsize: -1, crcSet: true}}, rawOpt{})
	for layer := range 6 {
		files := map[string]string{}
		for i := range 8 {
			files[fmt.Sprintf("lib %d-%d.zip", layer, i)] = string(b)
		}
		b = zipOf(files)
	}
	got := one(t, Options{}, "42.zip", b)
	if !got.has(CodeTooDeep) || got.bytes > 64*mib {
		t.Errorf("%d bytes, %v", got.bytes, got.codes())
	}
	for p, kind := range got.opq {
		if kind != "zip" || strings.Count(p, "!") != 4 {
			t.Errorf("%s delivered as %q", p, kind)
		}
	}
}

// A2: nothing of it is decompressed.
func TestFlatBomb(t *testing.T) {
	t.Parallel()
	kernel := deflated(make([]byte, 8*mib))
	// Many names for one local header.
	same := []rawEntry{{name: "a", data: kernel, method: 8, usize: 8 * mib, csize: -1, at: -1, lsize: -1}}
	for i := range 500 {
		same = append(same, rawEntry{name: fmt.Sprintf("b%03d", i), data: kernel, method: 8, usize: 8 * mib, csize: -1, at: 0, lsize: -1, noLocal: true})
	}
	// Each entry quotes the headers of the next ones as its own data.
	var quoted []rawEntry
	off, total := int64(0), int64(300*(zipLocalLen+4))
	for i := range 300 {
		e := rawEntry{name: fmt.Sprintf("q%03d", i), method: 0, csize: total - off - zipLocalLen - 4, at: -1, lsize: -1}
		e.usize = e.csize
		quoted = append(quoted, e)
		off += zipLocalLen + 4
	}
	for name, b := range map[string][]byte{"same.zip": zipRaw(same, rawOpt{}), "quoted.zip": zipRaw(quoted, rawOpt{})} {
		got := one(t, Options{}, name, b)
		if got.bytes != 0 || !got.has(CodeZipOverlap) || len(got.order) > 1 {
			t.Errorf("%s: %d bytes, %d items, %v", name, got.bytes, len(got.order), got.codes())
		}
	}
	// Honest entries beside them are read.
	honest := append(same[:20:20], raw("z", "honest"))
	if got := one(t, Options{}, "h.zip", zipRaw(honest, rawOpt{})); got.byLog["z"] != "honest" {
		t.Errorf("%v", got.order)
	}
	// Sizes that add up to too much are refused before reading.
	var sum []rawEntry
	for i := range 10 {
		e := raw(fmt.Sprintf("s%d", i), strings.Repeat("x", mib))
		sum = append(sum, e)
	}
	got := one(t, Options{Limits: Limits{ExpandedFloor: 4 * mib, ExpandedBytes: 4 * mib}}, "s.zip", zipRaw(sum, rawOpt{}))
	if got.bytes != 4*mib || !got.has(CodeLimitExpanded) {
		t.Errorf("sum: %d bytes %v", got.bytes, got.codes())
	}
}

// A3: what comes out is counted, for every codec, at rest and as a stream.
func TestRatioBomb(t *testing.T) {
	t.Parallel()
	zeros := make([]byte, 64*mib)
	for name, b := range map[string][]byte{
		"b.gz":     gz(zeros),
		"b.zst":    zst(zeros),
		"b.xz":     xzOf(zeros),
		"b.tar.gz": gz(tarOf(map[string]string{"b": string(zeros), "c": "c"})),
		"b.zip":    zipRaw([]rawEntry{{name: "b", data: deflated(zeros), method: 8, usize: 64 * mib, csize: -1, at: -1, lsize: -1, crc: crc32.ChecksumIEEE(zeros), crcSet: true}}, rawOpt{}),
		"b.7z":     sample(t, "zeros.7z"),
	} {
		for _, walk := range []func(testing.TB, Options, string, []byte) *seen{one, viaTar} {
			lim := small
			if name == "b.zip" {
				lim.ExpandedFloor = 64 * mib // its claim alone would be refused
			}
			got := walk(t, Options{Limits: lim}, name, b)
			// The ratio times what a decoder reads ahead is the slack.
			if got.bytes > 24*mib || got.bytes < mib || (!got.has(CodeLimitRatio) && !got.has(CodeLimitExpanded)) {
				t.Errorf("%s: %d bytes, %v", name, got.bytes, got.codes())
			}
			for _, re := range got.errs {
				if re.Delivered == 0 || re.Gap.Limit == 0 {
					t.Errorf("%s: %+v", name, re)
				}
			}
		}
	}
	// A zip entry that claims more than there is room for is refused unread.
	claim := rawEntry{name: "b", data: deflated(zeros), method: 8, usize: 64 * mib, csize: -1, at: -1, lsize: -1}
	if got := one(t, Options{Limits: small}, "c.zip", zipRaw([]rawEntry{claim}, rawOpt{})); got.bytes != 0 || !got.has(CodeLimitExpanded) {
		t.Errorf("claim: %d bytes, %v", got.bytes, got.codes())
	}
	// Many small streams, each with a ratio that passes, reach the budget of
	// the whole.
	files := map[string]string{}
	for i := range 30 {
		files[fmt.Sprintf("%02d.gz", i)] = string(gz(make([]byte, mib)))
	}
	got := one(t, Options{Limits: small}, "m.tar", tarOf(files))
	if got.bytes > 4*mib || !got.has(CodeLimitExpanded) {
		t.Errorf("many: %d bytes, %v", got.bytes, got.codes())
	}
	// A stored entry that says it is small is no larger than it says.
	lie := rawEntry{name: "b", data: deflated(zeros), method: 8, usize: 100, csize: -1, at: -1, lsize: -1}
	if got := one(t, Options{}, "l.zip", zipRaw([]rawEntry{lie}, rawOpt{})); got.bytes != 100 || !got.has(CodeZipSize) {
		t.Errorf("lie: %d bytes %v", got.bytes, got.codes())
	}
}

// sevenZipOf makes a 7z with a plain header and one file, of one coder.
func sevenZipOf(coder string, props []byte, packed string, size int64) []byte {
	h := []byte{szHeader, szMainStreams, szPackInfo}
	h = szNum(szNum(h, 0), 1)
	h = append(h, szSize)
	h = append(szNum(h, int64(len(packed))), szEnd, szUnpackInfo, szFolder)
	h = append(szNum(h, 1), 0, 1, byte(len(coder))|0x20)
	h = append(h, coder...)
	h = append(szNum(h, int64(len(props))), props...)
	h = append(h, szUnpackSize)
	h = append(szNum(h, size), szEnd, szEnd, szFiles)
	h = append(szNum(h, 1), szNames, 5, 0, 'x', 0, 0, 0, szEnd, szEnd)
	return sevenZipRaw(h, packed)
}

func sevenZipRaw(h []byte, packed string) []byte {
	b := make([]byte, sz7Start)
	copy(b, "7z\xbc\xaf\x27\x1c\x00\x04")
	le.PutUint64(b[12:], uint64(len(packed)))
	le.PutUint64(b[20:], uint64(len(h)))
	le.PutUint32(b[28:], crc32.ChecksumIEEE(h))
	le.PutUint32(b[8:], crc32.ChecksumIEEE(b[12:]))
	return append(append(b, packed...), h...)
}

// A4, A5: a few bytes ask for gigabytes.
func TestHugeWindows(t *testing.T) {
	t.Parallel()
	data := strings.Repeat("\x00", 64)
	lzma4g := []byte{0x5d, 0xff, 0xff, 0xff, 0xff}
	block := []byte{2, 0, 0x21, 1, 40, 0, 0, 0} // LZMA2, 4 GiB - 1
	block = le.AppendUint32(block, crc32.ChecksumIEEE(block))
	head := []byte("\xfd7zXZ\x00\x00\x01")
	head = le.AppendUint32(head, crc32.ChecksumIEEE(head[6:]))
	encoded := []byte{szEncodedHeader, szPackInfo}
	encoded = append(szNum(szNum(encoded, 0), 1), szSize)
	encoded = append(szNum(encoded, 64), szEnd, szUnpackInfo, szFolder)
	encoded = append(szNum(encoded, 1), 0, 1, 0x23, 3, 1, 1, 5)
	encoded = append(append(encoded, lzma4g...), szUnpackSize)
	encoded = append(szNum(encoded, 1<<20), szEnd, szEnd)
	for name, b := range map[string][]byte{
		"lzma.7z":    sevenZipOf("\x03\x01\x01", lzma4g, data, 1<<40),
		"lzma2.7z":   sevenZipOf("\x21", []byte{40}, data, 1<<40),
		"lzma2b.7z":  sevenZipOf("\x21", []byte{40}, data, 1<<31),
		"ppmd.7z":    sevenZipOf("\x03\x04\x01", []byte{6, 0, 0, 0, 0xf0}, data, 1<<40),
		"header.7z":  sevenZipRaw(encoded, data),
		"zstd.7z":    sevenZipOf("\x04\xf7\x11\x01", nil, "\x28\xb5\x2f\xfd\x00\xa8\x00\x00\x00\x00", 1<<40),
		"window.zst": []byte("\x28\xb5\x2f\xfd\x00\xa8\x00\x00\x00\x00\x00\x00"),
		"single.zst": []byte("\x28\xb5\x2f\xfd\xe0\x00\x00\x00\x00\x10\x00\x00\x00\x01\x00\x00"),
		"later.zst":  append(zst([]byte("first frame")), "\x28\xb5\x2f\xfd\x00\xa8\x00\x00\x00\x00\x00\x00"...),
		"dict.xz":    append(head, block...),
		"lzma.zip":   zipRaw([]rawEntry{{name: "x", data: "\x09\x14\x05\x00" + string(lzma4g) + data, method: 14, usize: 1 << 30, csize: -1, at: -1, lsize: -1}}, rawOpt{}),
		"zstd.zip":   zipRaw([]rawEntry{{name: "x", data: "\x28\xb5\x2f\xfd\x00\xa8\x00\x00\x00\x00\x00\x00", method: 93, usize: 1 << 30, csize: -1, at: -1, lsize: -1}}, rawOpt{}),
	} {
		for _, walk := range []func(testing.TB, Options, string, []byte) *seen{one, viaTar} {
			got := walk(t, Options{}, name, b)
			if !got.has(CodeLimitWindow) || got.bytes > 16 {
				t.Errorf("%s: %d bytes, %v", name, got.bytes, got.codes())
			}
		}
	}
	// A window that is large and allowed, for little data, costs little data.
	ok := sevenZipOf("\x00", nil, "hello", 5)
	if got := one(t, Options{}, "copy.7z", ok); got.byLog["x"] != "hello" || got.gaps != nil {
		t.Errorf("copy: %v %+v", got.byLog, got.gaps)
	}
}

// A5.
func TestTarSparse(t *testing.T) {
	t.Parallel()
	b := tarOf(map[string]string{"a": "1", "b": "2"})
	b[156] = tar.TypeGNUSparse
	copy(b[257:], "ustar  \x00")
	copy(b[386:], "00000000000\x0000000000001\x00") // one region
	copy(b[483:], "77777777777\x00")                // real size: 8 GiB
	fixTar(b)
	got := one(t, Options{}, "s.tar", b)
	if got.byLog["b"] != "2" || len(got.order) != 1 || !got.has(CodeTarSparse) && !got.has(CodeTarDamaged) {
		t.Errorf("%v %+v", got.order, got.gaps)
	}
	var o bytes.Buffer
	w := tar.NewWriter(&o)
	w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "p", Size: 0, PAXRecords: map[string]string{"VENDOR.x": "1"}})
	w.Close()
	p := bytes.Replace(o.Bytes(), []byte("14 VENDOR.x=1\n"), []byte("14 VENDOR.x=1\n"), 1)
	if got := one(t, Options{}, "p.tar", p); len(got.order) != 1 || got.gaps != nil {
		t.Errorf("%v %+v", got.order, got.gaps)
	}
}

func fixTar(h []byte) {
	copy(h[148:156], "        ")
	sum := 0
	for _, c := range h[:512] {
		sum += int(c)
	}
	copy(h[148:], fmt.Sprintf("%06o\x00 ", sum))
}

// A5: many streams in one.
func TestManyStreams(t *testing.T) {
	t.Parallel()
	for name, b := range map[string][]byte{
		"m.gz":  bytes.Repeat(gz([]byte("ab")), 20_000),
		"m.zst": bytes.Repeat(zst([]byte("ab")), 20_000),
		"m.xz":  bytes.Repeat(xzOf([]byte("ab")), 500),
	} {
		got := one(t, Options{}, name, b)
		if s := got.byLog["m"]; len(s) < 1000 || strings.Trim(s, "ab") != "" || got.gaps != nil {
			t.Errorf("%s: %d bytes, %+v", name, len(s), got.gaps)
		}
	}
}

// A6.
func TestTooManyEntries(t *testing.T) {
	t.Parallel()
	n := int(DefaultLimits().Entries) + 1
	entries := make([]rawEntry, n)
	for i := range entries {
		entries[i] = raw(fmt.Sprintf("%06x", i), "")
	}
	z := zipRaw(entries, rawOpt{})
	// More entries than 16 bits count: the end record of zip64.
	end := len(z) - zipEndLen
	cdOff, cdSize := le.Uint32(z[end+16:]), le.Uint32(z[end+12:])
	e64 := le.AppendUint32(nil, zipEnd64)
	e64 = le.AppendUint64(e64, 44)
	e64 = append(e64, make([]byte, 12)...)
	e64 = le.AppendUint64(le.AppendUint64(e64, uint64(n)), uint64(n))
	e64 = le.AppendUint64(le.AppendUint64(e64, uint64(cdSize)), uint64(cdOff))
	e64 = le.AppendUint32(e64, zipLoc64)
	e64 = le.AppendUint32(e64, 0)
	e64 = le.AppendUint64(e64, uint64(end))
	e64 = le.AppendUint32(e64, 1)
	le.PutUint16(z[end+8:], 0xffff)
	le.PutUint16(z[end+10:], 0xffff)
	z = slices.Concat(z[:end], e64, z[end:])
	got := one(t, Options{}, "m.zip", z)
	if len(got.order) != n-1 {
		t.Errorf("%d items", len(got.order))
	}
	wantCodes(t, got, CodeLimitEntries)

	files := map[string]string{}
	for i := range 60 {
		files[fmt.Sprintf("%02d", i)] = "x"
	}
	var many []rawEntry
	for i := range 4 {
		many = append(many, raw(fmt.Sprintf("%d.tar", i), string(tarOf(files))))
	}
	lim := Options{Limits: Limits{Entries: 50, EntriesAll: 120}}
	got = one(t, lim, "m.zip", zipRaw(many, rawOpt{}))
	wantCodes(t, got, CodeLimitEntries, CodeLimitEntriesAll)
	if len(got.order) > 120 {
		t.Errorf("%d items", len(got.order))
	}
	if got := one(t, Options{Limits: Limits{Entries: 3}}, "m.7z", sample(t, "tree.7z")); got.bytes != 0 || !got.has(CodeLimitEntries) {
		t.Errorf("7z: %v", got.codes())
	}
	// Names that fill the memory.
	var long []rawEntry
	for i := range 100 {
		long = append(long, raw(fmt.Sprintf("%02d", i)+strings.Repeat("n", 60_000), "x"))
	}
	got = one(t, Options{Limits: Limits{IndexBytes: mib}}, "n.zip", zipRaw(long, rawOpt{}))
	if !got.has(CodeLimitIndex) || !got.has(CodeNameLong) || len(got.order) == 0 {
		t.Errorf("names: %d items, %v", len(got.order), got.codes())
	}
	for _, p := range got.order {
		if len(p) > 300 {
			t.Errorf("name of %d bytes", len(p))
		}
	}
}

// A7: a container that is a copy of one around it is not opened.
func TestSelfReproducing(t *testing.T) {
	t.Parallel()
	b := zipOf(map[string]string{"a": "a"})
	src, err := Open([]string{t.TempDir()}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	w := &walker{s: src, ctx: context.Background(), visit: func(it *Item) error {
		t.Errorf("opened: %s", it.Path)
		return nil
	}}
	// A true quine is one zip that says so; here the chain says it.
	e := &env{box: "q", chain: []digest{sha256.Sum256(b)}, bundle: &bundle{l: &src.limits, in: func() int64 { return 1 }}}
	if err := w.container(e, place{"q.zip", "q.zip"}, "zip", input{stream: bytes.NewReader(b)}); err != nil {
		t.Fatal(err)
	}
	if g := src.Gaps(); len(g) != 1 || g[0].Code != CodeSelf {
		t.Errorf("%+v", g)
	}
}

var hostileNames = []string{
	"../x", `..\x`, "/abs", `C:\x`, "C:x", `\\server\share\x`, `a/..\../x`, "%2e%2e/x", "\xc0\xae\xc0\xae/x", "a./b", "a /b", ".../x", ".. /x",
	"nul\x00x", "CON", "NUL", "COM1", "LPT1.txt", "CONOUT$", "web.aspx:hidden", "file::$DATA", "name.", "name ", `\\?\C:\x`, `\\.\pipe\x`, `\??\x`,
	"photo\u202egpj.aspx", "zero\u200bwidth", "bad\xff\xfeutf8", "lone\xed\xa0\x80", "new\nline", "esc\x1b[31m", "bang!x", "per%21cent", "C%3A/inetpub",
	"combi" + strings.Repeat("\u0301", 50), "İstanbul", "straße", "ſ",
}

// A8, B1 to B6: names are text.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	var entries []rawEntry
	var tb bytes.Buffer
	tw := tar.NewWriter(&tb)
	for i, n := range hostileNames {
		entries = append(entries, raw(n, fmt.Sprint(i)))
		n, _, _ = strings.Cut(n, "\x00")
		if err := tw.WriteHeader(&tar.Header{Format: tar.FormatGNU, Name: n, Size: 1, Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		io.WriteString(tw, "x")
	}
	tw.Close()
	dir := put(t, map[string]string{"in/n.zip": string(zipRaw(entries, rawOpt{})), "in/n.tar": tb.String()})
	before := listing(t, dir)
	got := walkAll(t, Options{}, filepath.Join(dir, "in"))
	if len(got.order) != 2*len(hostileNames) {
		t.Errorf("%d items of %d", len(got.order), 2*len(hostileNames))
	}
	if len(got.errs) != 0 {
		t.Errorf("errors %v", got.errs)
	}
	for _, p := range got.order {
		in, name, _ := strings.Cut(p, "!")
		for _, r := range p {
			if hidden(r) || r == 0xfffd {
				t.Errorf("%q shows %x", p, r)
			}
		}
		if in == "n.zip" && !slices.Contains(hostileNames, Unescape(name)) && !strings.Contains(name, "~2") {
			t.Errorf("%q does not give a stored name back", name)
		}
	}
	for _, want := range []string{"n.zip!web.aspx:hidden", "n.zip!photo%E2%80%AEgpj.aspx", "n.zip!bad%FF%FEutf8", "n.zip!bang%21x", "n.zip!per%2521cent", "n.zip!C%3A/inetpub", "n.zip!new%0Aline", "n.zip!nul%00x", "n.zip!CON"} {
		if !slices.Contains(got.order, want) {
			t.Errorf("no %s", want)
		}
	}
	if !got.has(CodeNameUnsafe) {
		t.Error("no name.unsafe")
	}
	unsafe := map[string]bool{}
	for _, g := range got.gaps {
		if g.Code == CodeNameUnsafe && strings.HasPrefix(g.Path, "n.zip!") {
			unsafe[strings.TrimSuffix(g.Path, "~2")] = true
		}
	}
	for _, n := range []string{"../x", `..\x`, "/abs", `C:\x`, "C:x", `\\server\share\x`, ".../x", ".. /x"} {
		if !unsafe["n.zip!"+n] {
			t.Errorf("%q is not noted as unsafe", n)
		}
	}
	if after := listing(t, dir); !slices.Equal(before, after) {
		t.Errorf("the disk changed: %v", after)
	}
}

func listing(t *testing.T, dir string) (out []string) {
	t.Helper()
	filepath.WalkDir(filepath.Dir(dir), func(p string, d os.DirEntry, err error) error {
		out = append(out, p)
		return err
	})
	return out
}

func TestEscapeIsReversible(t *testing.T) {
	t.Parallel()
	for _, n := range append(hostileNames, "%", "%2", "%25", "%%21", "100%", "%\x01", "%2\x01", "%E2%80%AE", "%e2", `a\b`, "") {
		for _, back := range []bool{true, false} {
			if e := escape(n, back); Unescape(e) != n {
				t.Errorf("%q: escaped %q, back %q", n, e, Unescape(e))
			}
		}
	}
}

// A9.
func TestLinksAndSpecials(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range []tar.Header{
		{Typeflag: tar.TypeSymlink, Name: "up", Linkname: "../../etc"},
		{Typeflag: tar.TypeReg, Name: "up/passwd", Size: 1, Mode: 0o6777},
		{Typeflag: tar.TypeLink, Name: "hard", Linkname: "/etc/shadow"},
		{Typeflag: tar.TypeChar, Name: "mem", Devmajor: 1},
		{Typeflag: tar.TypeBlock, Name: "sda"},
		{Typeflag: tar.TypeFifo, Name: "pipe"},
		{Typeflag: tar.TypeDir, Name: "dir/"},
	} {
		w.WriteHeader(&h)
		w.Write(make([]byte, h.Size))
	}
	w.Close()
	got := one(t, Options{}, "l.tar", b.Bytes())
	if !slices.Equal(got.order, []string{"l.tar!up/passwd"}) {
		t.Errorf("%v", got.order)
	}
	wantCodes(t, got, CodeLinkNotFollowed, CodeSpecialNotRead)
	if len(got.gaps) != 5 {
		t.Errorf("%+v", got.gaps)
	}
	link, pipe := raw("up", "../../etc"), raw("pipe", "")
	link.mode, pipe.mode = 0xa1ff, 0x11ff
	got = one(t, Options{}, "l.zip", zipRaw([]rawEntry{link, pipe, raw("up/passwd", "x")}, rawOpt{}))
	if !slices.Equal(got.order, []string{"l.zip!up/passwd"}) || got.gap(CodeLinkNotFollowed).Detail != `"../../etc"` {
		t.Errorf("%v %+v", got.order, got.gaps)
	}
	wantCodes(t, got, CodeLinkNotFollowed, CodeSpecialNotRead)
	got = one(t, Options{}, "l.7z", sample(t, "link.7z"))
	wantCodes(t, got, CodeLinkNotFollowed)
	if got.byLog["logs/sub/a.txt"] != "sub file\n" || len(got.order) != 1 {
		t.Errorf("7z %v", got.order)
	}
}

// A10.
func TestDuplicateNames(t *testing.T) {
	t.Parallel()
	var e []rawEntry
	for i, n := range []string{"a.log", "a.log", "./a.log", `x\a.log`, "x/a.log", "A.LOG", "a.log.", "a.log ", "caf\u00e9", "cafe\u0301"} {
		e = append(e, raw(n, fmt.Sprint(i)))
	}
	for name, b := range map[string][]byte{"d.zip": zipRaw(e, rawOpt{})} {
		got := one(t, Options{}, name, b)
		if len(got.order) != len(e) {
			t.Errorf("%v", got.order)
		}
		wantCodes(t, got, CodeNameDuplicate, CodeNameSimilar)
		want := []string{"A.LOG", "a.log", "a.log ", "a.log.", "a.log~2", "a.log~3", "cafe\u0301", "caf\u00e9", "x/a.log", "x/a.log~2"}
		if logs := slices.Sorted(maps.Keys(got.byLog)); !slices.Equal(logs, want) {
			t.Errorf("%q", logs)
		}
		if got.byLog["a.log"] != "0" || got.byLog["a.log~2"] != "1" || got.byLog["a.log~3"] != "2" {
			t.Error("numbers do not follow the archive")
		}
	}
}

// A11.
func TestAmbiguousZip(t *testing.T) {
	t.Parallel()
	a, b := raw("a.log", "aaaa"), raw("b.log", "bbbb")
	name := a
	name.local = "c.log"
	size := a
	size.lsize = 3
	hidden := b
	hidden.noCentral = true
	far := b
	far.noLocal, far.at = true, 1<<30
	into := b
	into.noLocal, into.at = true, 3
	other := string(zipOf(map[string]string{"other.log": "other"}))
	for situation, c := range map[string]struct {
		e     []rawEntry
		o     rawOpt
		codes []string
		items map[string]string
	}{
		"honest":                {[]rawEntry{a, b}, rawOpt{}, nil, map[string]string{"a.log": "aaaa", "b.log": "bbbb"}},
		"comment":               {[]rawEntry{a}, rawOpt{comment: "made by x"}, nil, map[string]string{"a.log": "aaaa"}},
		"names differ":          {[]rawEntry{name}, rawOpt{}, []string{CodeAmbiguous}, map[string]string{"a.log": "aaaa"}},
		"sizes differ":          {[]rawEntry{size}, rawOpt{}, []string{CodeAmbiguous}, map[string]string{"a.log": "aaaa"}},
		"not in the directory":  {[]rawEntry{a, hidden}, rawOpt{}, []string{CodeZipUnlisted}, map[string]string{"a.log": "aaaa", "b.log": "bbbb"}},
		"beyond the file":       {[]rawEntry{a, far}, rawOpt{}, []string{CodeZipRange}, map[string]string{"a.log": "aaaa"}},
		"into another":          {[]rawEntry{a, into}, rawOpt{}, []string{CodeZipRange}, map[string]string{"a.log": "aaaa"}},
		"junk before":           {[]rawEntry{a}, rawOpt{prefix: "MZ junk"}, []string{CodeAmbiguous}, map[string]string{"j.zip": "", "a.log": "aaaa"}},
		"another zip before":    {[]rawEntry{a}, rawOpt{prefix: other}, []string{CodeAmbiguous, CodeZipUnlisted}, map[string]string{"a.log": "aaaa", "other.log": "other"}},
		"bytes behind":          {[]rawEntry{a}, rawOpt{tail: "trailing"}, []string{CodeAmbiguous}, map[string]string{"a.log": "aaaa"}},
		"end in the comment":    {[]rawEntry{a}, rawOpt{comment: "PK\x05\x06" + strings.Repeat("\x00", 18)}, []string{CodeAmbiguous, CodeZipUnlisted}, map[string]string{"a.log": "aaaa"}},
		"wrong number":          {[]rawEntry{a, b}, rawOpt{entries: 1}, []string{CodeAmbiguous}, map[string]string{"a.log": "aaaa", "b.log": "bbbb"}},
		"part of a set":         {[]rawEntry{a, b}, rawOpt{disk: 1}, []string{CodeZipSpanned}, map[string]string{"a.log": "aaaa", "b.log": "bbbb"}},
		"directory without end": {[]rawEntry{a, b}, rawOpt{noEnd: true}, []string{CodeZipTruncated}, map[string]string{"a.log": "aaaa", "b.log": "bbbb"}},
		"zip in zip, stored":    {[]rawEntry{raw("in.zip", other)}, rawOpt{}, nil, map[string]string{"other.log": "other"}},
	} {
		t.Run(situation, func(t *testing.T) {
			t.Parallel()
			z := zipRaw(c.e, c.o)
			got := one(t, Options{}, "j.zip", z)
			wantCodes(t, got, c.codes...)
			if s, ok := c.items["j.zip"]; ok && s == "" {
				c.items["j.zip"] = string(z) // read as a file too
			}
			if !maps.Equal(got.byLog, c.items) {
				t.Errorf("items %v", slices.Sorted(maps.Keys(got.byLog)))
			}
		})
	}
}

// A11: descriptors, with and without a directory, honest and lying.
func TestDataDescriptors(t *testing.T) {
	t.Parallel()
	files := tree() // archive/zip writes descriptors
	z := zipOf(files)
	cd := bytes.Index(z, []byte("PK\x01\x02"))
	got := one(t, Options{}, "d.zip", z[:cd])
	if !maps.Equal(got.byLog, files) {
		t.Errorf("recovered %v", slices.Sorted(maps.Keys(got.byLog)))
	}
	wantCodes(t, got, CodeZipTruncated)
	i := bytes.Index(z, []byte("PK\x07\x08"))
	z[i+4] ^= 1
	if got := one(t, Options{}, "d.zip", z); !maps.Equal(got.byLog, files) || got.gaps != nil {
		t.Errorf("the directory is right: %+v", got.gaps)
	}
	if got := one(t, Options{}, "d.zip", z[:cd]); !got.has(CodeZipCRC) || len(got.byLog) < len(files)-1 {
		t.Errorf("lying descriptor: %v %v", got.codes(), slices.Sorted(maps.Keys(got.byLog)))
	}
	// Stored, with the sizes behind.
	b := []byte("PK\x03\x04\x14\x00\x08\x00\x00\x00\x00\x00\x00\x00" + strings.Repeat("\x00", 12) + "\x01\x00\x00\x00" + "s" + "stored text")
	b = append(b, "PK\x07\x08"...)
	b = le.AppendUint32(b, crc32.ChecksumIEEE([]byte("stored text")))
	b = le.AppendUint32(le.AppendUint32(b, 11), 11)
	if got := one(t, Options{}, "s.zip", b); got.byLog["s"] != "stored text" {
		t.Errorf("%q %+v", got.byLog, got.gaps)
	}
}

// A12.
func TestUnreadableEntries(t *testing.T) {
	t.Parallel()
	enc, method, crc, aes := raw("enc", "x"), raw("method", "x"), raw("crc", "text"), raw("aes", "x")
	enc.flags, method.method, aes.method, aes.flags = 1, 19, 99, 1
	crc.crc, crc.crcSet = 1, true
	damaged := rawEntry{name: "damaged", data: deflated([]byte(tree()["logs/u_ex210301.log"])), method: 8, usize: int64(len(tree()["logs/u_ex210301.log"])), csize: -1, at: -1, lsize: -1, crc: 1, crcSet: true}
	d := []byte(damaged.data)
	d[len(d)/2] ^= 0xff
	d[len(d)/2+1] ^= 0xff
	damaged.data = string(d)
	got := one(t, Options{}, "u.zip", zipRaw([]rawEntry{enc, method, crc, aes, damaged, raw("good", "good")}, rawOpt{}))
	if got.byLog["good"] != "good" || got.byLog["crc"] != "text" || len(got.order) != 3 {
		t.Errorf("%v", got.order)
	}
	if re := got.errs["u.zip!crc"]; re == nil || re.Gap.Code != CodeZipCRC || re.Gap.Action != "file read, not trusted" {
		t.Errorf("crc %+v", re)
	}
	if re := got.errs["u.zip!damaged"]; re == nil || re.Delivered == 0 {
		t.Errorf("damaged %+v", re)
	}
	for _, c := range []string{CodeZipEncrypted, CodeZipMethod, CodeZipCRC} {
		if !got.has(c) {
			t.Errorf("no %s", c)
		}
	}
	if g := got.gap(CodeZipMethod); g.Got != 19 || g.Path != "u.zip!method" {
		t.Errorf("%+v", g)
	}
	wantCodes(t, one(t, Options{}, "e.zip", sample(t, "encrypted.zip")), CodeZipEncrypted)
	wantCodes(t, one(t, Options{}, "e.7z", sample(t, "entry-encrypted.7z")), Code7zEncrypted)
	wantCodes(t, one(t, Options{}, "e.7z", sample(t, "header-encrypted.7z")), Code7zEncrypted)
	wantCodes(t, one(t, Options{}, "m.7z", sevenZipOf("\x77\x77", nil, "x", 1)), Code7zMethod)
	part := sample(t, "tree.7z")
	wantCodes(t, one(t, Options{}, "p.7z.001", part[:200]), Code7zTruncated)
	for n, s := range map[string]string{"bcj2.7z": "logs/u_ex210301.log", "ppmd.7z": "logs/u_ex210301.log", "deflate64.zip": "logs/u_ex210301.log"} {
		if got := one(t, Options{}, n, sample(t, n)); got.byLog[s] != tree()[s] || got.gaps != nil {
			t.Errorf("%s: %v %+v", n, got.order, got.gaps)
		}
	}
	// Damage in one stream of a 7z costs the files of that stream.
	plain := sample(t, "plain.7z")
	plain[60] ^= 0xff
	got = one(t, Options{}, "d.7z", plain)
	if len(got.byLog) < 3 || len(got.gaps) == 0 {
		t.Errorf("7z: %v %+v", got.order, got.gaps)
	}
}

func TestDamagedTar(t *testing.T) {
	t.Parallel()
	b := tarOf(map[string]string{"a": "1", "b": "2", "c": "3"})
	b[1024] ^= 0xff // header of b
	got := one(t, Options{}, "d.tar", b)
	if got.byLog["a"] != "1" || got.byLog["c"] != "3" || len(got.order) != 2 {
		t.Errorf("%v", got.order)
	}
	wantCodes(t, got, CodeTarDamaged)
	if g := got.gap(CodeTarDamaged); g.Offset != 1024 || g.Length != 1024 {
		t.Errorf("%+v", g)
	}
	one2 := tarOf(map[string]string{"a": "1"})
	got = one(t, Options{}, "two.tar", append(slices.Clone(one2), tarOf(map[string]string{"b": "2"})...))
	if !maps.Equal(got.byLog, map[string]string{"a": "1", "b": "2"}) {
		t.Errorf("%v", got.order)
	}
	wantCodes(t, got, CodeAmbiguous)
	wantCodes(t, one(t, Options{}, "e.tar", one2[:1024]), CodeTarEnd)
	wantCodes(t, one(t, Options{}, "j.tar", append(slices.Clone(one2), "junk"...)), CodeTarTrailing)
	wantCodes(t, one(t, Options{}, "j.gz", append(gz([]byte("x")), "junk"...)), CodeGzipTrailing)
	if got := one(t, Options{}, "z.gz", append(gz([]byte("x")), make([]byte, 100)...)); got.byLog["z"] != "x" || got.gaps != nil {
		t.Errorf("padding: %+v", got.gaps)
	}
	bad := gz([]byte("text"))
	bad[len(bad)-8] ^= 1
	got = one(t, Options{}, "c.gz", bad)
	if got.byLog["c"] != "text" {
		t.Errorf("%q", got.byLog)
	}
	wantCodes(t, got, CodeGzipCRC)
	for i := range 40 {
		x := xzOf([]byte(tree()["logs/u_ex210301.log"]))
		x[len(x)-1-i*4] ^= 0x10
		if got := one(t, Options{}, "x.xz", x); len(got.gaps) == 0 {
			t.Errorf("xz byte -%d: no gap", 1+i*4)
		}
	}
}

// A13.
func TestTypeComesFromContent(t *testing.T) {
	t.Parallel()
	html := "<html>not a zip</html>"
	got := walkAll(t, Options{}, put(t, map[string]string{
		"a.zip": html, "b.zip": "Rar!\x1a\x07\x01\x00rest", "c.zip": "MSCF\x00\x00\x00\x00rest", "d.log": string(tarOf(map[string]string{"x": "1"})),
		"e.zip": string(sample(t, "tree.7z")), "f.txt": "BZh9 is how a text may begin", "g.gz": "",
	}))
	want := map[string]string{"a.zip": "", "b.zip": "rar", "c.zip": "cab", "d.log!x": "", "f.txt": "", "g.gz": ""}
	for p, o := range want {
		if g, ok := got.opq[p]; !ok || g != o {
			t.Errorf("%s: %q %v", p, g, ok)
		}
	}
	wantCodes(t, got, CodeUnsupported)
	// A program with a zip behind it, and a tar with one.
	z := zipOf(map[string]string{"in.log": "in"})
	both := append(gz([]byte("gz reading")), z...)
	got = walkAll(t, Options{}, put(t, map[string]string{"setup.exe": "MZ\x90\x00 program " + string(z), "both": string(both)}))
	for _, p := range []string{"setup.exe", "setup.exe~zip!in.log", "both!both", "both~zip!in.log"} {
		if !slices.Contains(got.order, p) {
			t.Errorf("no %s in %v", p, got.order)
		}
	}
	wantCodes(t, got, CodeAmbiguous, CodeGzipTrailing)
}

func TestSniffContainer(t *testing.T) {
	t.Parallel()
	for kind, b := range map[string][]byte{
		"zip": zipOf(nil), "tar": tarOf(map[string]string{"a": ""}), "gzip": gz(nil), "zstd": zst([]byte("a")), "xz": xzOf(nil),
		"bzip2": sample(t, "u_ex210301.log.bz2"), "7z": sample(t, "tree.7z"), "rar": []byte("Rar!\x1a\x07\x00"), "cab": []byte("MSCF\x00\x00\x00\x00"),
		"": []byte("#Software: Microsoft"),
	} {
		if got, ok := SniffContainer(b); got != kind || ok != (kind != "") {
			t.Errorf("%s: %q %v", kind, got, ok)
		}
	}
	for _, b := range [][]byte{nil, make([]byte, 512), bytes.Repeat([]byte("0"), 512), bytes.Repeat([]byte{0xff}, 512)} {
		if got, ok := SniffContainer(b); ok {
			t.Errorf("%.8q is %s", b, got)
		}
	}
}

func TestDepth(t *testing.T) {
	t.Parallel()
	b := []byte("deep")
	for range 6 {
		b = zipOf(map[string]string{"n": string(b)})
	}
	got := one(t, Options{}, "n", b)
	wantCodes(t, got, CodeTooDeep)
	if len(got.order) != 1 || got.opq["n!n!n!n!n"] != "zip" {
		t.Errorf("%v", got.opq)
	}
	sum := sha256.Sum256(b)
	if got.cont[0].SHA256 != hex.EncodeToString(sum[:]) || got.cont[0].Size != int64(len(b)) || len(got.cont) != 4 {
		t.Errorf("%+v", got.cont)
	}
}

func TestSpoolBudget(t *testing.T) {
	t.Parallel()
	big := make([]byte, 200*kib)
	for i := range big {
		big[i] = byte(i * i >> 8)
	}
	z := zipRaw([]rawEntry{raw("x", string(big))}, rawOpt{})
	b := tarOf(map[string]string{"a.zip": string(z), "b.log": "b"})
	dir := t.TempDir()
	got := one(t, Options{Limits: Limits{MemoryBytes: kib, SpoolBytes: 100 * kib}, TempDir: dir}, "s.tar", b)
	wantCodes(t, got, CodeSpool)
	if got.byLog["b.log"] != "b" {
		t.Errorf("%v", got.order)
	}
	got = one(t, Options{Limits: Limits{MemoryBytes: kib}, TempDir: filepath.Join(dir, "missing")}, "s.tar", b)
	wantCodes(t, got, CodeSpool)
	for _, g := range got.gaps {
		if strings.Contains(fmt.Sprint(g), dir) {
			t.Errorf("a path of this machine in %+v", g)
		}
	}
	got = one(t, Options{Limits: Limits{MemoryBytes: kib}, TempDir: dir}, "s.tar", b)
	if got.byLog["x"] != string(big) || got.gaps != nil {
		t.Errorf("%v %+v", got.order, got.gaps)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

// Every byte of small archives is changed: nothing panics, and what is
// delivered without a gap is what was there.
func TestEveryByteChanged(t *testing.T) {
	t.Parallel()
	files := map[string]string{"a.log": "first file", "b/c.log": strings.Repeat("second ", 20)}
	for name, b := range map[string][]byte{
		"t.zip": zipOf(files), "t.7z": sample(t, "link.7z"), "t.tar.gz": gz(tarOf(files)), "t.tar.xz": xzOf(tarOf(files)), "t.tar.zst": zst(tarOf(files)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for i := range b {
				for _, v := range []byte{b[i] ^ 1, b[i] ^ 0x80, 0, 0xff} {
					c := slices.Clone(b)
					c[i] = v
					walkAll(t, Options{Stdin: bytes.NewReader(c), Limits: small}, "-")
				}
			}
		})
	}
}

func TestGapOrder(t *testing.T) {
	t.Parallel()
	var k gapBook
	for i := range 3000 {
		k.add("box", casefile.Gap{Code: "c", Path: fmt.Sprintf("p%04d", (i*7919)%3000), Action: "x"})
	}
	l := k.list()
	if len(l) != casefile.MaxGapsPerFile+1 || l[0].Path != "box" || l[0].Count != 2000 || l[1].Path != "p0000" || l[1000].Path != "p0999" {
		t.Errorf("%d: %+v %+v", len(l), l[0], l[len(l)-1])
	}
}

// Deflate64 differs from deflate in the longest matches and in the window; a
// stream without those is the same in both.
func TestInflate64(t *testing.T) {
	t.Parallel()
	data := make([]byte, 700*kib)
	rand.NewChaCha8([32]byte{5}).Read(data)
	for i := range data {
		data[i] = "0123456789 GETPOSTabcdefghijk/."[data[i]%31] ^ (data[i] & byte(i>>14) & 0x7f)
		if i > 40000 && i%100 < 60 {
			data[i] = data[i-9973]
		}
	}
	for _, level := range []int{flate.NoCompression, 1, 6, 9, flate.HuffmanOnly} {
		var b bytes.Buffer
		w, _ := flate.NewWriter(&b, level)
		w.Write(data)
		w.Close()
		full := b.Len()
		b.WriteString("behind")
		br := bufio.NewReader(&b)
		got, err := io.ReadAll(newInflate64(br))
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("level %d: %d bytes of %d, %v", level, len(got), len(data), err)
		}
		if rest, _ := io.ReadAll(br); string(rest) != "behind" {
			t.Errorf("level %d: %d bytes left of %d", level, len(rest), full)
		}
	}
}

func TestZipMethods(t *testing.T) {
	t.Parallel()
	text := tree()["logs/u_ex210301.log"]
	entry := func(name string, method uint16, data []byte) rawEntry {
		return rawEntry{name: name, data: string(data), method: method, csize: -1, usize: int64(len(text)), at: -1, lsize: -1, crc: crc32.ChecksumIEEE([]byte(text)), crcSet: true}
	}
	var lz bytes.Buffer
	w, err := lzma.WriterConfig{Size: int64(len(text)), SizeInHeader: true}.NewWriter(&lz)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(w, text)
	w.Close()
	l := append([]byte{9, 20, 5, 0}, lz.Bytes()[:5]...)
	l = append(l, lz.Bytes()[13:]...)
	got := one(t, Options{}, "m.zip", zipRaw([]rawEntry{
		entry("stored", 0, []byte(text)), entry("deflate", 8, []byte(deflated([]byte(text)))), entry("bzip2", 12, sample(t, "u_ex210301.log.bz2")),
		entry("lzma", 14, l), entry("zstd", 93, zst([]byte(text))), entry("xz", 95, xzOf([]byte(text))),
	}, rawOpt{}))
	if len(got.order) != 6 || got.gaps != nil {
		t.Errorf("%v %+v", got.order, got.gaps)
	}
	for n, c := range got.byLog {
		if c != text {
			t.Errorf("%s: %d bytes", n, len(c))
		}
	}
}

func TestZip64Extra(t *testing.T) {
	t.Parallel()
	extra := []byte{9, 9, 2, 0, 1, 2, 1, 0, 16, 0}
	extra = le.AppendUint64(le.AppendUint64(extra, 1<<33), 7)
	usize, csize, head := int64(0xffffffff), int64(12), int64(0xffffffff)
	if !zip64Extra(extra, &usize, &csize, &head) || usize != 1<<33 || csize != 12 || head != 7 {
		t.Errorf("%d %d %d", usize, csize, head)
	}
	for _, bad := range [][]byte{nil, {1, 0, 4, 0, 1, 2, 3, 4}, {1, 0, 0xff, 0xff}, append([]byte{1, 0, 8, 0}, bytes.Repeat([]byte{0xff}, 8)...)} {
		v := int64(0xffffffff)
		if zip64Extra(bad, &v) {
			t.Errorf("%x accepted: %d", bad, v)
		}
	}
	// A directory that promises sizes in an extra that is not there.
	e := raw("a", "1")
	e.usize = 0xffffffff
	wantCodes(t, one(t, Options{}, "z.zip", zipRaw([]rawEntry{e, raw("b", "2")}, rawOpt{})), CodeZipDirectory, CodeAmbiguous)
}

func TestUTF16Names(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a\x00\xe9\x00": "a\u00e9", "\x3d\xd8\x00\xde": "\U0001f600", "\x00\xd8": "\xed\xa0\x80", "\x00\xd8a\x00": "\xed\xa0\x80a", "\xff\xdf": "\xed\xbf\xbf",
	} {
		if got := utf16Name([]byte(in)); got != want || Unescape(escape(got, false)) != want {
			t.Errorf("%x: %q, want %q", in, got, want)
		}
	}
}
