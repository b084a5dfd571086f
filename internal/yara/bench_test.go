package yara

import (
	"maps"
	"slices"
	"testing"
)

// BenchmarkScanPublicFiles scans the public evidence with all of signature-base, one file after the other.
func BenchmarkScanPublicFiles(b *testing.B) {
	files := publicFiles(b)
	rules, _ := Compile(publicRules(b, "signature-base"), Options{Externals: corpusExternals, Modules: testModules()})
	names := slices.Sorted(maps.Keys(files))
	size := 0
	for _, name := range names {
		size += len(files[name])
	}
	s := rules.NewScanner(ScanOptions{})
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, name := range names {
			s.Scan(files[name], nil)
		}
	}
	b.ReportMetric(float64(len(names)), "files/op")
}

// BenchmarkScanSmallFiles scans the public rules of other engines, of some 2 KiB each.
func BenchmarkScanSmallFiles(b *testing.B) {
	files := publicFiles(b)
	rules, _ := Compile(publicRules(b, "signature-base"), Options{Externals: corpusExternals, Modules: testModules()})
	var small [][]byte
	size := 0
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if f := files[name]; len(f) < 8<<10 {
			small = append(small, f)
			size += len(f)
		}
	}
	s := rules.NewScanner(ScanOptions{})
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, f := range small {
			s.Scan(f, nil)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(small)), "µs/file")
}

func BenchmarkCompileSignatureBase(b *testing.B) {
	sources := publicRules(b, "signature-base")
	b.ReportAllocs()
	for b.Loop() {
		Compile(sources, Options{Externals: corpusExternals, Modules: testModules()})
	}
}
