package evtx

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// corpus is the real logs of shared/data, by the SHA-256 of each, with the rows of their index.
type corpus struct {
	logs  map[string][]byte
	index []map[string]string
	refs  map[string][]byte // the renderings of peers, by path in their archive
}

// sharedData is the folder beside the checkout, from the folder of this package.
const sharedData = "../../../shared/data"

var loadCorpus = sync.OnceValues(func() (*corpus, error) {
	c := &corpus{logs: map[string][]byte{}, refs: map[string][]byte{}}
	for _, name := range []string{"/evtx/evtx-dev.zip", "/sigma/sigma-regression-dev.zip"} {
		z, err := zip.OpenReader(sharedData + name)
		if err != nil {
			return nil, err
		}
		defer z.Close()
		for _, f := range z.File {
			if !strings.HasSuffix(f.Name, ".evtx") {
				continue
			}
			r, err := f.Open()
			if err != nil {
				return nil, err
			}
			b, err := io.ReadAll(r)
			if err != nil {
				return nil, err
			}
			sum := sha256.Sum256(b)
			c.logs[hex.EncodeToString(sum[:])] = b
		}
	}
	f, err := os.Open(sharedData + "/evtx/evtx-index.csv")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	for _, row := range rows[1:] {
		m := map[string]string{}
		for i, name := range rows[0] {
			m[name] = row[i]
		}
		c.index = append(c.index, m)
	}
	g, err := os.Open(sharedData + "/evtx/evtx-reference-dev.tar.gz")
	if err != nil {
		return nil, err
	}
	defer g.Close()
	un, err := gzip.NewReader(g)
	if err != nil {
		return nil, err
	}
	for tr := tar.NewReader(un); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return c, nil
		}
		if err != nil {
			return nil, err
		}
		b, err := io.ReadAll(tr)
		if err != nil {
			return nil, err
		}
		c.refs[strings.TrimPrefix(path.Clean(h.Name), "evtx-reference/")] = b
	}
})

// realLogs gives the corpus, or skips the test where it is not.
func realLogs(t testing.TB) *corpus {
	t.Helper()
	if testing.Short() {
		t.Skip("real logs are not read in short tests")
	}
	c, err := loadCorpus()
	if err != nil {
		t.Skip("no shared/data beside the checkout: ", err)
	}
	return c
}

// recoveredElse are the logs of which we recover another number of records
// than libevtx, by SHA-256, and why.
var recoveredElse = map[string]struct {
	n   int
	why string
}{
	"807f38044bf60b28bd644c9a3dd76cb2ea4358e9ae507450f9760c8db85278e9": {23, "libevtx counts record 9166 twice: the slack holds an exact copy"},
	"66feae0ffc24b63c3158eee6804aa850fb0852f4fa3d16358fc7b7fdc699f5be": {95, "record 1230599 is taken although its last four bytes are overwritten, since the next record follows it"},
}

// walkedElse are the logs of which we walk another number of records than libevtx.
var walkedElse = map[string]string{
	"f03dd7f04d728a118d33ee3e5f3900912a9e3cb6e26e13491ec754c47e1d29d2": "the last record of an unclosed log lost its end: upstream and Velocidex read it, libevtx does not",
	"cad1968ff938ad005a5e67170a95d4e72c4f3091d3199de7210ad6a65ce6a7e2": "the same",
}

func TestRealLogsGiveAsManyRecordsAsPeers(t *testing.T) {
	t.Parallel()
	c := realLogs(t)
	logs, walkedAll, recoveredAll := 0, 0, 0
	for _, row := range c.index {
		b := c.logs[row["sha256"]]
		if b == nil {
			t.Errorf("%s is in no archive", row["file"])
			continue
		}
		logs++
		r := decodeLog(t, b, Options{})
		walked, recovered := r.ledger.Records, r.ledger.RecoveredRecords
		walkedAll += walked
		recoveredAll += recovered
		if want := atoi(t, row["records_libevtx"]); walked != want && walkedElse[row["sha256"]] == "" {
			t.Errorf("%s %s: %d records, libevtx has %d", row["file"], row["sha256"], walked, want)
		}
		want := atoi(t, row["recovered_libevtx"])
		if else_, ok := recoveredElse[row["sha256"]]; ok {
			want = else_.n
		}
		if recovered != want {
			t.Errorf("%s %s: %d records recovered, want %d", row["file"], row["sha256"], recovered, want)
		}
		if want := atoi(t, row["records_velocidex"]); walked+recovered < want {
			t.Errorf("%s: %d records, Velocidex has %d", row["file"], walked+recovered, want)
		}
		if ok, _, found := strings.Cut(row["omerbenamram_ok_err"], "/"); found && walked != atoi(t, ok) {
			t.Errorf("%s: %d records, upstream reads %s", row["file"], walked, ok)
		}
	}
	t.Logf("%d logs, %d records, %d recovered", logs, walkedAll, recoveredAll)
}

func atoi(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// decodeLog is read without the renderings.
func decodeLog(t testing.TB, b []byte, opt Options) (r result) {
	t.Helper()
	s, d := NewScanner(bytes.NewReader(b)), NewDecoder(opt)
	var c Chunk
	for s.Next(&c) {
		d.Start(&c)
		var ev Event
		for d.Next(&ev) {
			r.events = append(r.events, ev)
		}
		r.errs = append(r.errs, d.Errors()...)
		r.ledger.Add(d.Ledger())
	}
	r.errs = append(r.errs, s.Errors()...)
	r.ledger.Add(s.Ledger())
	if r.ledger.Size() != int64(len(b)) {
		t.Errorf("ledger of %d bytes says %d", len(b), r.ledger.Size())
	}
	return r
}
