package fieldlog

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
)

// records reads a whole stream and gives its records as "line:offset:text".
func records(t testing.TB, r io.Reader) (recs []string, total int64) {
	t.Helper()
	s := NewSplitter(r, nil)
	for {
		b, err := s.Next(context.Background())
		if err == io.EOF {
			return recs, total
		}
		if err != nil {
			t.Fatal(err)
		}
		if b.Offset != total {
			t.Fatalf("block %d starts at %d, want %d", b.Seq, b.Offset, total)
		}
		total += int64(len(b.Data))
		sum := 0
		b.Walk(func(l *Line) {
			sum += l.Size
			var h []string
			if l.Header != nil {
				h = l.Header.Names
			}
			recs = append(recs, fmt.Sprintf("%d:%d:%d:%v:%s", l.Number, b.Offset+int64(l.Pos), l.Kind, len(h), l.Raw))
		})
		if !b.Overlong && sum != len(b.Data) {
			t.Fatalf("block %d: lines take %d of %d bytes", b.Seq, sum, len(b.Data))
		}
		b.Release()
	}
}

func TestRecords(t *testing.T) {
	t.Parallel()
	const csvHead = "#Fields: DateTime,A,B,C\r\n"
	for _, tc := range []struct{ name, in, want string }{
		{"no line end at the end", "#Fields: a b\n1 2\n3 4", "1 2|3 4"},
		{"CRLF", "#Fields: a b\r\n1 2\r\n", "1 2"},
		{"header changes", "#Fields: a b\n1 2\n#Fields: a b c\n1 2 3\n", "1 2|1 2 3"},
		{"quoted line break", csvHead + "2021,\"x\r\ny\",1,2\r\n2021,a,b,c\r\n", "2021,\"x\r\ny\",1,2|2021,a,b,c"},
		{"forged record inside quotes", csvHead + "2021,\"x\n2022,f,o,r\ny\",1,2\n2021,a,b,c\n", "2021,\"x\n2022,f,o,r\ny\",1,2|2021,a,b,c"},
		{"quote never closed", csvHead + "2021,\"x,1,2\n2021,a,b,c\n2021,d,e,f\n", "2021,\"x,1,2|2021,a,b,c|2021,d,e,f"},
		{"two stray quotes do not swallow the lines between", csvHead + "2021,\"x,1,2\n2021,a,b,c\n2021,\"e,f,g\n", "2021,\"x,1,2|2021,a,b,c|2021,\"e,f,g"},
		{"fake header inside quotes", csvHead + "2021,\"x\n#Fields: p,q\ny\",1,2\n", "2021,\"x\n#Fields: p,q\ny\",1,2"},
		{"mark in mid-file", "#Fields: a b\n1 2\n\xEF\xBB\xBF#Fields: c d\n3 4\n", "1 2|3 4"},
	} {
		var got []string
		recs, _ := records(t, strings.NewReader(tc.in))
		for _, r := range recs {
			p := strings.SplitN(r, ":", 5)
			if p[2] == "0" {
				got = append(got, p[4])
			}
		}
		if g := strings.Join(got, "|"); g != tc.want {
			t.Errorf("%s:\n got %q\nwant %q", tc.name, g, tc.want)
		}
	}
}

func TestPlainHeader(t *testing.T) {
	t.Parallel()
	recs, _ := records(t, strings.NewReader("\xEF\xBB\xBFDateTime,RequestId,Url,Status\r\n#Software: x\r\n#Fields: DateTime,RequestId,Url,Status\r\n2021,1,2,3\r\n"))
	if len(recs) != 5 || !strings.HasPrefix(recs[1], "1:3:2:4:") || !strings.HasPrefix(recs[4], "4:") {
		t.Errorf("got %q", recs)
	}
}

func TestSplit(t *testing.T) {
	t.Parallel()
	csv := NewHeader(Comma, strings.Split("a,b,c", ","))
	w3c := NewHeader(Space, strings.Split("a b c", " "))
	for _, tc := range []struct {
		h    *Header
		in   string
		want string
		fits bool
	}{
		{csv, `1,2,3`, "1|2|3", true},
		{csv, `1,,`, "1||", true},
		{csv, `"x,y",2,3`, "x,y|2|3", true},
		{csv, `1,"say ""hi"", you",3`, `1|say "hi", you|3`, true},
		{csv, `1,"open,3`, "1|open,3", false},
		{csv, `1,"x"y,3`, "1|x|3", false},
		{csv, `1,2`, "1|2", false},
		{csv, ``, "", false},
		{w3c, `1 2 3`, "1|2|3", true},
		{w3c, `1 2 3 `, "1|2|3", true},
		{w3c, `1  2 3`, "1|2|3", true}, // an empty value written as nothing
		{w3c, `1  3`, "1||3", true},
		{w3c, `1 2 3 4`, "1|2|3|4", false},
	} {
		cells, fits := Split(nil, []byte(tc.in), tc.h)
		var got []string
		for _, c := range cells {
			got = append(got, string(Value([]byte(tc.in), c)))
		}
		if g := strings.Join(got, "|"); g != tc.want || fits != tc.fits {
			t.Errorf("Split(%q) = %q, %v; want %q, %v", tc.in, g, fits, tc.want, tc.fits)
		}
	}
}

func TestDamagedHeader(t *testing.T) {
	t.Parallel()
	h, ok := ParseFields([]byte("#Fields: a,b,cb,c,d"))
	if !ok || h.Damaged != "" {
		t.Fatalf("%+v", h)
	}
	if h, _ = ParseFields([]byte("#Fields: a,b,a")); h.Damaged == "" || h.Index("A") != 0 {
		t.Errorf("a column named twice is not seen: %+v", h)
	}
	if h, _ = ParseFields([]byte("#fields: " + strings.Repeat("x,", 600))); len(h.Names) > maxColumns {
		t.Errorf("%d columns", len(h.Names))
	}
}

// TestBlockBorders puts records of every kind across the block border and
// compares with reading the same bytes in one block.
func TestBlockBorders(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	b.WriteString("#Fields: DateTime,A,B,C\r\n")
	for b.Len() < 3*BlockSize {
		switch rng.IntN(8) {
		case 0:
			fmt.Fprintf(&b, "2021,\"%s\r\n2022,f,o,r\r\n\",1,2\r\n", strings.Repeat("x", rng.IntN(9000)))
		case 1:
			b.WriteString("2021,\"stray,1,2\r\n")
		case 2:
			b.WriteString("#Fields: DateTime,A,B,C\r\n")
		default:
			fmt.Fprintf(&b, "2021,%s,b,c\r\n", strings.Repeat("y", rng.IntN(20000)))
		}
	}
	want, _ := records(t, bytes.NewReader(b.Bytes()))
	got, n := records(t, iotest.OneByteReader(bytes.NewReader(b.Bytes()[:BlockSize+BlockSize/3])))
	if n != int64(BlockSize+BlockSize/3) {
		t.Fatalf("%d bytes given out", n)
	}
	for i := range got[:len(got)-1] {
		if got[i] != want[i] {
			t.Fatalf("record %d differs:\n%.80q\n%.80q", i, got[i], want[i])
		}
	}
	var last int64
	for _, r := range want {
		var line, off int64
		fmt.Sscanf(r, "%d:%d", &line, &off)
		if off < last {
			t.Fatalf("offset %d after %d", off, last)
		}
		last = off
		if c := int64(bytes.Count(b.Bytes()[:off], newline)) + 1; c != line {
			t.Fatalf("record at %d: line %d, want %d", off, line, c)
		}
	}
}

func TestLongLine(t *testing.T) {
	t.Parallel()
	in := "#Fields: a b\n1 2\n" + strings.Repeat("z", 5<<20) + "\n3 4\n"
	recs, n := records(t, strings.NewReader(in))
	if n != int64(len(in)) {
		t.Fatalf("%d of %d bytes given out", n, len(in))
	}
	if last := recs[len(recs)-1]; !strings.HasSuffix(last, ":3 4") || !strings.HasPrefix(last, "4:") {
		t.Errorf("the line after is %.60q", last)
	}
}

func FuzzSplitter(f *testing.F) {
	f.Add([]byte("#Fields: a b\n1 2\n"))
	f.Add([]byte("#Fields: DateTime,A,B\n2021,\"x\ny\",2\n2021,a,b"))
	f.Add([]byte("DateTime,A,B,C\n#Fields: date-time,x\n\x00\x00\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, n := records(t, bytes.NewReader(data))
		if n != int64(len(data)) {
			t.Fatalf("%d of %d bytes", n, len(data))
		}
		b, _ := records(t, iotest.HalfReader(bytes.NewReader(data)))
		if strings.Join(a, "\n") != strings.Join(b, "\n") {
			t.Fatal("reading twice differs")
		}
		for _, h := range []*Header{NewHeader(Comma, []string{"a", "b"}), NewHeader(Space, []string{"a", "b"})} {
			cells, _ := Split(nil, data, h)
			for _, c := range cells {
				if c.From < 0 || c.To < c.From || int(c.To) > len(data) {
					t.Fatalf("cell %v of %d bytes", c, len(data))
				}
				Value(data, c)
			}
		}
	})
}
