package fieldlog

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
)

// TestHeaderOfOtherCase: quoted line breaks are honoured under any header that
// ParseFields takes, also where blocks end inside them.
func TestHeaderOfOtherCase(t *testing.T) {
	t.Parallel()
	for name, head := range map[string]string{"upper case": "#FIELDS: time,a,b,c\r\n", "plain": "#Version: 1\r\nDateTime,a,b,c\r\n"} {
		in := "#Fields: date time c-ip\r\n2021-03-03 05:12:01 192.0.2.7\r\n" + head + strings.Repeat("2021-03-03T05:12:01Z,1,\"x\r\ny\",2\r\n", 60_000)
		sp := NewSplitter(strings.NewReader(in), nil)
		for {
			b, err := sp.Next(context.Background())
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			b.Walk(func(l *Line) {
				if l.Kind != Data || l.Header.Style != Comma {
					return
				}
				if _, fits := Split(nil, l.Raw, l.Header); !fits {
					t.Fatalf("%s: line %d: %q", name, l.Number, l.Raw)
				}
			})
			b.Release()
		}
	}
}
