package verify

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"vigie/internal/seal"
	"vigie/internal/vgz"
)

// collected writes a package of evidence, signed when s is there.
func collected(t *testing.T, s *seal.Signer) []byte {
	t.Helper()
	name := filepath.Join(t.TempDir(), "x.vgz")
	opt := vgz.Options{}
	if s != nil {
		opt.Sign = s.Sign
	}
	w, err := vgz.Create(name, vgz.Header{Collector: "test", Machine: vgz.Machine{Name: "EX01", OS: "test", Zone: "UTC"}}, opt)
	check(t, err)
	for _, f := range []string{`C:\inetpub\a.log`, `C:\inetpub\b.log`} {
		text := strings.Repeat("line of "+f+"\n", 50)
		check(t, w.Add(vgz.Record{Item: "iis", Path: f, How: vgz.HowRead, ReadAt: noon}, int64(len(text)), strings.NewReader(text), nil))
	}
	check(t, w.Commit(""))
	_, err = w.Finish("")
	check(t, err)
	data, err := os.ReadFile(name)
	check(t, err)
	return data
}

func TestCollected(t *testing.T) {
	t.Parallel()
	mine, other := newSigner(t, t.TempDir(), "mine"), newSigner(t, t.TempDir(), "other")
	plain, signed := collected(t, nil), collected(t, mine)
	rep, err := vgz.Check(bytes.NewReader(openPackage(t, plain)))
	check(t, err)
	for _, c := range []struct {
		name string
		data []byte
		opt  Options
		ok   bool
		told string
	}{
		{"not signed", plain, Options{Now: noon}, true, "signature"},
		{"not signed, though it must be", plain, Options{Now: noon, Trust: seal.NewTrust(&mine.Key)}, false, "signature"},
		{"its head", plain, Options{Now: noon, Head: rep.Head}, true, "package.head.noted"},
		{"another head", plain, Options{Now: noon, Head: ledgerHash}, false, "package.head.noted"},
		{"signed", signed, Options{Now: noon}, true, "signature.trust"},
		{"signed by whom we trust", signed, Options{Now: noon, Trust: seal.NewTrust(&mine.Key)}, true, "signature"},
		{"signed by another", signed, Options{Now: noon, Trust: seal.NewTrust(&other.Key)}, false, "signature.trust"},
		{"no package", []byte("hello"), Options{Now: noon}, false, "package"},
	} {
		r := Collected(bytes.NewReader(openPackage(t, c.data)), "x.vgz", c.opt)
		if r.OK != c.ok || !slices.ContainsFunc(r.Checks, func(k Check) bool { return k.Code == c.told }) {
			t.Errorf("%s: %v %+v", c.name, r.OK, r.Checks)
		}
	}
}

const ledgerHash = "0000000000000000000000000000000000000000000000000000000000000000"

// openPackage gives the bytes that vgz.Open gives for a file of these bytes.
func openPackage(t *testing.T, data []byte) []byte {
	t.Helper()
	name := filepath.Join(t.TempDir(), "x.vgz")
	check(t, os.WriteFile(name, data, 0o600))
	f, err := vgz.Open(name)
	if err != nil {
		return data // what is no package is read as it is
	}
	defer f.Close()
	var b bytes.Buffer
	_, err = b.ReadFrom(f)
	check(t, err)
	return b.Bytes()
}

// Whatever is changed in what a package says is found. The compression around it has bits without meaning: they change nothing in what is unpacked.
func TestTamperedCollectedPackageIsFound(t *testing.T) {
	t.Parallel()
	data := collected(t, newSigner(t, t.TempDir(), "mine"))
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	check(t, err)
	defer dec.Close()
	tar, err := dec.DecodeAll(data, nil)
	check(t, err)
	r := rand.New(rand.NewPCG(9, 9))
	for range tamperings(t) / 2 {
		bad := slices.Clone(data)
		at, bit := r.IntN(len(bad)), r.IntN(8)
		bad[at] ^= 1 << bit
		if !Collected(bytes.NewReader(bad), "x.vgz", Options{Now: noon}).OK {
			continue
		}
		if again, err := dec.DecodeAll(bad, nil); err != nil || !bytes.Equal(again, tar) {
			t.Errorf("bit %d of byte %#x: not found, and what is unpacked differs (%v)", bit, at, err)
		}
	}
}
