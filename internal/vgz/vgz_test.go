package vgz

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
)

var started = time.Date(2021, 3, 10, 9, 0, 0, 0, time.UTC)

func header() Header {
	return Header{Collector: "test", Started: started, Profile: "exchange", Machine: Machine{Name: "SRV-MAIL", OS: "windows", Zone: "CET", ZoneSeconds: 3600}}
}

// make writes a package of n files in batches of three, and leaves it unfinished.
func begin(t *testing.T, name string, from, n int, w *Writer) {
	t.Helper()
	for i := from; i < n; i++ {
		body := file(i)
		if err := w.Add(Record{Item: "iis", Path: path(i), Modified: started, How: HowRead, ReadAt: started}, int64(len(body)), bytes.NewReader(body), nil); err != nil {
			t.Fatal(err)
		}
		if i%3 == 2 {
			if err := w.Commit(fmt.Sprint(i + 1)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func path(i int) string { return fmt.Sprintf(`C:\inetpub\logs\LogFiles\W3SVC1\u_ex%06d.log`, i) }

// file is incompressible, of a size that differs from file to file.
func file(i int) []byte {
	r := rand.New(rand.NewPCG(1, uint64(i)))
	b := make([]byte, 1000+r.IntN(200_000))
	for k := range b {
		b[k] = byte(r.Uint32())
	}
	return b
}

func check(t *testing.T, name string, ids ...age.Identity) *Report {
	t.Helper()
	in, err := Open(name, ids...)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	rep, err := Check(in)
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

func TestPackageReadsBackWhole(t *testing.T) {
	t.Parallel()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		opt   Options
		first string
		ids   []age.Identity
	}{
		"in one file":  {Options{}, "", nil},
		"in parts":     {Options{Part: 100_000}, ".001", nil},
		"encrypted":    {Options{To: []age.Recipient{id.Recipient()}}, "", []age.Identity{id}},
		"both":         {Options{To: []age.Recipient{id.Recipient()}, Part: 300_000}, ".001", []age.Identity{id}},
		"with one key": {Options{Sign: func(m []byte) ([]byte, error) { return append([]byte("signed "), m[:4]...), nil }}, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := filepath.Join(t.TempDir(), "x.vgz")
			c.opt.Now = func() time.Time { return started }
			w, err := Create(out, header(), c.opt)
			if err != nil {
				t.Fatal(err)
			}
			begin(t, out, 0, 8, w)
			if err := w.Note(Record{Item: "db", Path: `C:\x.edb`, Size: 5, How: HowNotRead, Error: "locked"}); err != nil {
				t.Fatal(err)
			}
			e, err := w.Finish("")
			if err != nil {
				t.Fatal(err)
			}
			rep := check(t, out+c.first, c.ids...)
			if rep.Count != 0 || rep.Records != 9 || rep.Files != 8 || rep.End == nil || *rep.End != e || !e.Complete || e.Failed != 1 || rep.Head != e.Head {
				t.Fatalf("%+v, end %+v", rep, e)
			}
			if (rep.Signature != nil) != (c.opt.Sign != nil) {
				t.Fatalf("signature %q", rep.Signature)
			}
			if _, err := os.Stat(out + JournalSuffix); !errors.Is(err, os.ErrNotExist) {
				t.Fatalf("the journal is still there: %v", err)
			}
		})
	}
}

// A kill leaves any first part of what was written after the last sync, and a
// journal whose last line may be torn. The package then goes on and ends whole.
func TestResumeAfterAnyCut(t *testing.T) {
	t.Parallel()
	for _, part := range []int64{0, 150_000} {
		for n := range 16 {
			out := filepath.Join(t.TempDir(), "x.vgz")
			w, err := Create(out, header(), Options{Part: part})
			if err != nil {
				t.Fatal(err)
			}
			r := rand.New(rand.NewPCG(2, uint64(n)))
			reached := 3 + r.IntN(9)
			begin(t, out, 0, reached, w)
			w.tw.Flush()
			w.zw.Flush() // some of what was not yet committed got to the disk
			w.Abandon()
			if n%2 == 0 {
				j, _ := os.OpenFile(out+JournalSuffix, os.O_APPEND|os.O_WRONLY, 0)
				io.WriteString(j, `{"offset":99999999,"bat`)
				j.Close()
			}
			w, mark, err := Resume(out, "", Options{})
			if err != nil {
				t.Fatal(err)
			}
			if mark != fmt.Sprint(reached/3*3) {
				t.Fatalf("mark %s after %d files", mark, reached)
			}
			begin(t, out, reached/3*3, 12, w)
			if _, err := w.Finish(""); err != nil {
				t.Fatal(err)
			}
			first := out
			if part > 0 {
				first += ".001"
			}
			rep := check(t, first)
			if rep.Count != 0 || rep.Records != 12 || rep.Files != 12 || rep.End.Resumed != 1 {
				t.Fatalf("cut %d: %+v %+v", n, rep, rep.End)
			}
		}
	}
}

// An encrypted package that was killed holds all that its journal promises.
func TestEncryptedPackageHoldsWhatItsJournalSays(t *testing.T) {
	t.Parallel()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	opt := Options{To: []age.Recipient{id.Recipient()}}
	dir := t.TempDir()
	one, two := filepath.Join(dir, "x.vgz"), filepath.Join(dir, "x.2.vgz")
	w, err := Create(one, header(), opt)
	if err != nil {
		t.Fatal(err)
	}
	begin(t, one, 0, 7, w)
	head := w.Head()
	w.Abandon()
	rep := check(t, one, id)
	if rep.Records != 6 || rep.Head != head {
		t.Fatalf("%+v", rep)
	}
	w, mark, err := Resume(one, two, opt)
	if err != nil || mark != "6" {
		t.Fatal(mark, err)
	}
	begin(t, two, 6, 9, w)
	if _, err := w.Finish(""); err != nil {
		t.Fatal(err)
	}
	rep = check(t, two, id)
	if rep.Count != 0 || rep.Records != 3 || rep.Header.Continues == nil || rep.Header.Continues.Head != head || rep.Header.Continues.Batch != 2 {
		t.Fatalf("%+v", rep)
	}
}

// Any changed, lost, added or doubled byte of a package is found.
func TestCheckFindsEveryChange(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "x.vgz")
	w, err := Create(out, header(), Options{Now: func() time.Time { return started }})
	if err != nil {
		t.Fatal(err)
	}
	begin(t, out, 0, 5, w)
	e, err := w.Finish("")
	if err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 3))
	for n := range 400 {
		b := bytes.Clone(whole)
		at := r.IntN(len(b))
		switch n % 4 {
		case 0:
			b[at] ^= 1 << r.IntN(8)
		case 1:
			b = b[:at]
		case 2:
			b = append(b[:at], b[min(len(b), at+1+r.IntN(100)):]...)
		case 3:
			b = append(b[:at:at], append(bytes.Clone(whole[at:at+min(50, len(b)-at)]), b[at:]...)...)
		}
		if bytes.Equal(b, whole) {
			continue
		}
		rep, err := Check(bytes.NewReader(b))
		// A change that zstd's own structure does not carry into the content (a
		// reserved bit, a longer way to say the same) leaves the same chain.
		if err == nil && rep.Count == 0 && (rep.Head != e.Head || rep.Records != 5 || n%4 != 0) {
			t.Fatalf("change %d at %d of %d was not found: %+v", n, at, len(whole), rep)
		}
	}
}

func TestShrunkFileIsFilledAndTold(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"gone", "ends with zeros\x00\x00", ""} {
		out := filepath.Join(t.TempDir(), "x.vgz")
		w, err := Create(out, header(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Add(Record{Path: `C:\a.log`, How: HowRead}, 100, strings.NewReader(body), nil); err != nil {
			t.Fatal(err)
		}
		if err := w.Add(Record{Path: `C:\b.log`, How: HowRead}, 10, io.MultiReader(strings.NewReader("12345"), failing{}), nil); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Finish(""); err != nil {
			t.Fatal(err)
		}
		if rep := check(t, out); rep.Count != 0 || rep.End.Failed != 1 || rep.End.Bytes != int64(len(body))+5 {
			t.Fatalf("%q: %+v %+v", body, rep, rep.End)
		}
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("bad sector") }

// A full disk loses the batch at hand, not the package.
func TestSalvage(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "x.vgz")
	w, err := Create(out, header(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	begin(t, out, 0, 5, w)
	w.fail(errors.New("no space left"))
	if _, err := w.Salvage("disk"); err != nil {
		t.Fatal(err)
	}
	rep := check(t, out)
	if rep.Count != 0 || rep.Records != 3 || rep.End.Complete || rep.End.Stopped != "disk" {
		t.Fatalf("%+v %+v", rep, rep.End)
	}
	if w, _, err = Resume(out, "", Options{}); err != nil {
		t.Fatal(err)
	}
	begin(t, out, 3, 6, w)
	if _, err := w.Finish(""); err != nil {
		t.Fatal(err)
	}
	if rep := check(t, out); rep.Count != 0 || rep.Records != 6 || !rep.End.Complete {
		t.Fatalf("%+v %+v", rep, rep.End)
	}
}

func TestEntryName(t *testing.T) {
	t.Parallel()
	long := `C:\` + strings.Repeat(`folder\`, 4600) + "x"
	for path, want := range map[string]string{
		`C:\inetpub\wwwroot\a.aspx`:    "files/C/inetpub/wwwroot/a.aspx",
		`c:/inetpub/a.aspx:evil:$DATA`: "files/C/inetpub/a.aspx%3Aevil%3A$DATA",
		`\\?\D:\x\y`:                   "files/D/x/y",
		"/var/log/../x":                "files/var/log/.%2E/x",
		"/a/b\\c":                      `files/a/b%5Cc`,
		"C:\\a\x1b[2J\u202e.log":       "files/C/a%1B[2J%E2%80%AE.log",
		"/bad\xff":                     "files/bad%FF",
		`C:\trail. \x`:                 "files/C/trail.%20/x",
		"/100%":                        "files/100%25",
		"":                             "files/long/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	} {
		if got := EntryName(path); got != want {
			t.Errorf("%q: %q, want %q", path, got, want)
		}
	}
	if got := EntryName(long); !strings.HasPrefix(got, "files/long/") || len(got) > 80 {
		t.Errorf("long path: %q", got)
	}
}

func FuzzCheck(f *testing.F) {
	out := filepath.Join(f.TempDir(), "x.vgz")
	w, err := Create(out, header(), Options{})
	if err != nil {
		f.Fatal(err)
	}
	if err := w.Add(Record{Path: `C:\a.log`, How: HowRead}, 8, strings.NewReader("12345"), nil); err != nil {
		f.Fatal(err)
	}
	if _, err := w.Finish(""); err != nil {
		f.Fatal(err)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(b[:len(b)/2])
	f.Fuzz(func(t *testing.T, data []byte) {
		rep, err := Check(bytes.NewReader(data))
		if err == nil && len(rep.Faults) > maxFaults {
			t.Fatal("faults without a bound")
		}
	})
}
