package export

import (
	"bytes"
	"fmt"
	"io"
	"testing"
)

// BenchmarkLargeCase exports a case of 100,000 findings from few addresses.
func BenchmarkLargeCase(b *testing.B) {
	c := whole("x")
	one := c.Findings[0]
	for i := range 100_000 {
		f := one
		f.ID = fmt.Sprintf("F-%06d", i)
		f.Evidence = one.Evidence[:1]
		c.Findings = append(c.Findings, f)
	}
	for _, f := range []Format{TimesketchJSONL, MISP, STIX, Navigator, OCSF} {
		b.Run(string(f), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var out bytes.Buffer
				if err := Write(&out, f, Input{Case: c, Lang: "en"}); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(out.Len())/1e6, "MB")
			}
		})
	}
	b.Run("csv", func(b *testing.B) {
		for b.Loop() {
			create := func(string) (io.WriteCloser, error) { return closer{&bytes.Buffer{}}, nil }
			if err := WriteTables(create, Input{Case: c, Lang: "en"}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
