package evidence

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha1"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"vigie/internal/vgz"
)

// opened reads evidence to its end: logical names with their contents, the codes of the gaps, the claims.
func opened(t *testing.T, name string) (files map[string]string, gaps []string, claims []Package) {
	t.Helper()
	src, err := Open([]string{name}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	files = map[string]string{}
	err = src.Walk(context.Background(), func(it *Item) error {
		r, err := it.Open()
		if err != nil {
			return nil
		}
		defer r.Close()
		b, _ := io.ReadAll(r)
		files[it.Logical] = string(b)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range src.Gaps() {
		gaps = append(gaps, g.Code+" "+g.Path)
	}
	return files, gaps, src.Packages()
}

// packageOf writes a package of a machine that shrank a file, refused one, and has one with a path that no archive takes.
func packageOf(t *testing.T) []byte {
	t.Helper()
	name := filepath.Join(t.TempDir(), "x.vgz")
	w, err := vgz.Create(name, vgz.Header{Machine: vgz.Machine{Name: "EX01"}, Started: time.Unix(1614765600, 0)}, vgz.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for path, f := range map[string]struct {
		text string
		size int64
	}{`C:\inetpub\a.log`: {"aaaa", 4}, `C:\inetpub\b.aspx:ads`: {"bb", 2}, `C:\` + strings.Repeat("p", 300) + `\c.log`: {"c", 1}, `D:\short.log`: {"ddd", 5}} {
		if err := w.Add(vgz.Record{Path: path, How: vgz.HowRead}, f.size, strings.NewReader(f.text), nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Note(vgz.Record{Path: `C:\inetpub\locked.log`, How: vgz.HowNotRead, Error: vgz.Locked, Size: 9}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Finish(""); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestPackageOfVigie(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "x.vgz")
	if err := os.WriteFile(name, packageOf(t), 0o600); err != nil {
		t.Fatal(err)
	}
	files, gaps, claims := opened(t, name)
	want := map[string]string{"C/inetpub/a.log": "aaaa", "C/inetpub/b.aspx:ads": "bb", "C/" + strings.Repeat("p", 300) + "/c.log": "c", "D/short.log": "ddd\x00\x00"}
	if fmt.Sprint(files) != fmt.Sprint(want) {
		t.Errorf("%q", files)
	}
	if want := []string{`package.not_read x.vgz!C:\inetpub\locked.log`, `package.padded x.vgz!files/D/short.log`}; !slices.Equal(gaps, want) {
		t.Errorf("%q", gaps)
	}
	if len(claims) != 1 || claims[0].Machine != "EX01" || claims[0].Tool != "vgz" || claims[0].Path != "x.vgz" || claims[0].Dir != "" {
		t.Errorf("%+v", claims)
	}
}

// A package that was cut, or of which a file or a line was changed, gives what is left and tells of the rest.
func TestPackageThatWasChanged(t *testing.T) {
	t.Parallel()
	dec, err := zstd.NewReader(bytes.NewReader(packageOf(t)))
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	whole, err := io.ReadAll(dec)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, code string
		change     func([]byte) []byte
	}{
		{"a file", CodePackageHash, func(b []byte) []byte { return bytes.Replace(b, []byte("aaaa"), []byte("aaab"), 1) }},
		{"a line of the manifest", CodePackageChain, func(b []byte) []byte { return bytes.Replace(b, []byte(`"locked"`), []byte(`"absent"`), 1) }},
		{"the header", CodePackageChain, func(b []byte) []byte { return bytes.Replace(b, []byte(`EX01`), []byte(`EX02`), 1) }},
		{"cut before the end", CodePackageEnd, func(b []byte) []byte { return b[:bytes.Index(b, []byte("manifest/end.json"))] }},
	} {
		name := filepath.Join(t.TempDir(), "x.vgz")
		bad := c.change(bytes.Clone(whole))
		if bytes.Equal(bad, whole) {
			t.Fatalf("%s: nothing changed", c.name)
		}
		if err := os.WriteFile(name, zst(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		files, gaps, _ := opened(t, name)
		if len(files) != 4 || !slices.ContainsFunc(gaps, func(g string) bool { return strings.HasPrefix(g, c.code+" ") }) {
			t.Errorf("%s: %d files, %q", c.name, len(files), gaps)
		}
	}
}

// The archives of other collectors give the paths of the machine, and their lists of hashes are held against what is read.
func TestOtherCollectors(t *testing.T) {
	t.Parallel()
	sum := func(s string) string { return fmt.Sprintf("%x", sha1.Sum([]byte(s))) }
	kape := "\ufeffCopiedTimestamp,SourceFile,DestinationFile,FileSize,SourceFileSha1,DeferredCopy\r\n" +
		`2021-03-04,C:\inetpub\a.log,D:\out\C\inetpub\a.log,1,` + sum("a") + ",False\r\n" + `2021-03-04,C:\inetpub\b.log,D:\out\C\inetpub\b.log,1,` + sum("b") + ",False\r\n"
	orc := "ComputerName,VolumeID,FullName,SampleName,SizeInBytes,MD5,SHA1\r\n" +
		`EX02,0x1,\inetpub\a.log,0001_a.log_{0}.data,1,,` + strings.ToUpper(sum("a")) + "\r\n" + `EX02,0x1,\inetpub\b.log,0002_b.log_{0}.data,1,,` + sum("b") + "\r\n"
	for _, c := range []struct {
		name, file string
		entries    [][2]string
		logical    string
		gaps       []string
		machine    string
	}{
		{"KAPE, list behind the files, one changed", "k.zip", [][2]string{{"C/inetpub/a.log", "a"}, {"C/inetpub/b.log", "other"}, {"x_CopyLog.csv", kape}}, "C/inetpub/a.log",
			[]string{"package.hash k.zip!C/inetpub/b.log"}, ""},
		{"DFIR-ORC, list before the files, one changed", "DFIR-ORC_Server_EX02_Logs.zip",
			[][2]string{{"GetThis.csv", orc}, {"s/0001_a.log_{0}.data", "a"}, {"s/0002_b.log_{0}.data", "other"}}, "s/0001_a.log_{0}.data",
			[]string{"package.hash DFIR-ORC_Server_EX02_Logs.zip!s/0002_b.log_{0}.data"}, "EX02"},
		{"Velociraptor", "Collection-EX-03-2021-03-04T05_06_07Z.zip", [][2]string{{"uploads/auto/C%3A/inetpub/a.log", "a"}}, "C/inetpub/a.log", nil, "EX-03"},
		{"Velociraptor, raw volume", "v.zip", [][2]string{{"uploads/ntfs/%5C%5C.%5CD%3A/inetpub/a.log", "a"}}, "D/inetpub/a.log", nil, ""},
		{"CyLR", "c.zip", [][2]string{{"C/inetpub/a.log", "a"}}, "C/inetpub/a.log", nil, ""},
		{"a percent sign that is no drive", "p.zip", [][2]string{{"a/x%3Ay.log", "a"}}, "a/x%3Ay.log", nil, ""},
	} {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for _, e := range c.entries {
			w, err := z.Create(e[0])
			if err != nil {
				t.Fatal(err)
			}
			io.WriteString(w, e[1])
		}
		z.Close()
		name := filepath.Join(t.TempDir(), c.file)
		if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		files, gaps, claims := opened(t, name)
		if files[c.logical] != "a" || !slices.Equal(gaps, c.gaps) {
			t.Errorf("%s: %q %q", c.name, files, gaps)
		}
		if c.machine != "" && !slices.ContainsFunc(claims, func(p Package) bool { return p.Machine == c.machine }) || c.machine == "" && len(claims) > 0 {
			t.Errorf("%s: %+v", c.name, claims)
		}
	}
}
