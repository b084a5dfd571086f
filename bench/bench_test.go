// Package bench measures whole runs: from files to a case, as vigie check does.
package bench

import (
	"bufio"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"vigie/internal/analysis"
	"vigie/internal/demo"
	"vigie/internal/detect"
	"vigie/internal/evidence"
	"vigie/internal/kb"
	"vigie/internal/record"
	"vigie/knowledge"
)

const logSize = 64 << 20

func BenchmarkCheckIIS(b *testing.B)       { check(b, demo.IIS) }
func BenchmarkCheckHTTPProxy(b *testing.B) { check(b, demo.HTTPProxy) }

// check judges one log, with the shipped rules and one worker for each core.
func check(b *testing.B, kind demo.Kind) {
	name := filepath.Join(b.TempDir(), "large.log")
	size := write(b, name, kind)
	opt := options(b)
	opt.Paths = []string{name}
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		c, err := analysis.Run(context.Background(), opt)
		if err != nil {
			b.Fatal(err)
		}
		if c.Ledger.Parsed != size || c.Ledger.Records < size/2000 || len(c.Findings) > 0 {
			b.Fatalf("%d of %d bytes parsed, %d records, %d findings", c.Ledger.Parsed, size, c.Ledger.Records, len(c.Findings))
		}
	}
}

func write(b *testing.B, name string, kind demo.Kind) int64 {
	b.Helper()
	f, err := os.Create(name)
	if err != nil {
		b.Fatal(err)
	}
	if err := demo.Large(f, kind, logSize, 1); err != nil {
		b.Fatal(err)
	}
	st, err := f.Stat()
	if err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	return st.Size()
}

// options are those of vigie check with the shipped knowledge.
func options(t testing.TB) analysis.Options {
	t.Helper()
	opt, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	return opt
}

var shipped = sync.OnceValues(func() (analysis.Options, error) {
	k, err := kb.Load(knowledge.FS)
	if err != nil {
		return analysis.Options{}, err
	}
	p, problems, err := detect.Load(knowledge.FS, k)
	if err == nil {
		err = problems.Err()
	}
	if err != nil {
		return analysis.Options{}, err
	}
	s, err := kb.LoadSentences(knowledge.FS)
	return analysis.Options{KB: k, Pack: p, Sentences: s, Version: "bench", Limits: evidence.DefaultLimits()}, err
})

// TestLiterals holds literals.txt, which the comparison searches, to texts that
// the shipped rules require of IIS or HttpProxy records: with fewer or rarer
// texts than the program looks for, the comparison would only be unfair to it.
func TestLiterals(t *testing.T) {
	t.Parallel()
	pack := options(t).Pack
	f, err := os.Open("literals.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for lines := bufio.NewScanner(f); lines.Scan(); n++ {
		text := lines.Text()
		if !required(t, pack, record.IIS, text) && !required(t, pack, record.HTTPProxy, text) {
			t.Errorf("no shipped rule requires %q", text)
		}
		if text != strings.ToLower(text) {
			t.Errorf("%q is not in lower case", text)
		}
	}
	if n != 20 {
		t.Errorf("%d literals, want 20", n)
	}
}

// required tells whether a text is itself one of the literals that records of a
// kind are searched for. Literals never contain one another, so a text that
// holds one, and no longer does without its first or its last byte, is it.
func required(t *testing.T, pack *detect.Pack, kind record.Kind, text string) bool {
	t.Helper()
	set, ok := pack.Filter(kind).Literals.(interface{ Contains([]byte) bool })
	if !ok {
		t.Fatalf("%s is not searched for literals", kind)
	}
	return set.Contains([]byte(text)) && !set.Contains([]byte(text[1:])) && !set.Contains([]byte(text[:len(text)-1]))
}
