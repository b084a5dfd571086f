package winexe_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"vigie/internal/buildno"
	"vigie/internal/winexe"
	"vigie/internal/winexe/winexetest"
)

func read(b []byte) (winexe.Info, error) { return winexe.Read(bytes.NewReader(b), int64(len(b))) }

func TestRead(t *testing.T) {
	t.Parallel()
	whole := winexe.Info{FileVersion: buildno.MustParse("15.1.2176.9"), ProductVersion: buildno.MustParse("15.1.2176.9"), FileVersionText: "15.01.2176.009",
		Product: "Microsoft® Exchange", Company: "Microsoft Corporation", OriginalName: "ExSetup.exe", Versioned: true, Signed: true}
	with := func(f func(*winexetest.Sample)) []byte { s := winexetest.ExSetup(); f(&s); return s.Make() }
	cases := []struct {
		name string
		data []byte
		want winexe.Info
		err  string
	}{
		{"64 bits", winexetest.ExSetup().Make(), whole, ""},
		{"32 bits", with(func(s *winexetest.Sample) { s.Narrow = true }), whole, ""},
		{"not signed", with(func(s *winexetest.Sample) { s.Certificate = nil }), func() winexe.Info { i := whole; i.Signed = false; return i }(), ""},
		{"a certificate of another type", with(func(s *winexetest.Sample) { s.Certificate = winexetest.Signature(1, 0x30) }), func() winexe.Info { i := whole; i.Signed = false; return i }(), ""},
		{"a certificate that is none", with(func(s *winexetest.Sample) { s.Certificate = winexetest.Signature(2, 'x') }), func() winexe.Info { i := whole; i.Signed = false; return i }(), ""},
		{"no resources", with(func(s *winexetest.Sample) { s.NoResource = true }), winexe.Info{Signed: true}, ""},
		{"resources without a version", with(func(s *winexetest.Sample) { s.ResourceType = 3 }), winexe.Info{Signed: true}, ""},
		{"too many entries", with(func(s *winexetest.Sample) { s.ClaimedEntries = 0xffff }), winexe.Info{Signed: true}, "resource directory: 65535 entries, limit 4096"},
		{"cut before the signature", winexetest.ExSetup().Make()[:0x800], func() winexe.Info { i := whole; i.Signed = false; return i }(), "certificate table: need"},
		{"cut in the resources", winexetest.ExSetup().Make()[:0x420], winexe.Info{}, "resource directory: need"},
		{"text", []byte("MZ is how this text begins"), winexe.Info{}, "no PE file"},
		{"nothing", nil, winexe.Info{}, "no PE file"},
		{"a long text", with(func(s *winexetest.Sample) { s.Texts = [][2]string{{"ProductName", strings.Repeat("é", 500)}} }),
			winexe.Info{FileVersion: whole.FileVersion, ProductVersion: whole.ProductVersion, Product: strings.Repeat("é", winexe.MaxText/2), Versioned: true, Signed: true}, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := read(c.data)
			if got != c.want {
				t.Errorf("got %+v\nwant %+v", got, c.want)
			}
			if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("error %v, want %q", err, c.err)
			}
			if is := errors.Is(err, winexe.ErrNotPE); is != (c.err == "no PE file") {
				t.Errorf("ErrNotPE: %v", is)
			}
		})
	}
}

// TestEveryByte damages each byte of the headers and resources: whatever the error, nothing else happens.
func TestEveryByte(t *testing.T) {
	t.Parallel()
	good := winexetest.ExSetup().Make()
	for i := range good {
		for _, v := range []byte{0, 0x7f, 0xff} {
			b := bytes.Clone(good)
			b[i] = v
			if info, _ := read(b); len(info.Product) > winexe.MaxText {
				t.Fatalf("byte %#x: product of %d bytes", i, len(info.Product))
			}
		}
		_, _ = read(good[:i])
	}
}

// TestLoop points a directory at itself: the levels are counted.
func TestLoop(t *testing.T) {
	t.Parallel()
	b := winexetest.ExSetup().Make()
	binary.LittleEndian.PutUint32(b[0x400+20:], 1<<31)
	if _, err := read(b); err == nil || !strings.Contains(err.Error(), "level 2") {
		t.Errorf("error %v, want one about level 2", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(winexetest.ExSetup().Make())
	s := winexetest.ExSetup()
	s.Narrow, s.Certificate = true, nil
	f.Add(s.Make())
	f.Add([]byte("MZ"))
	f.Fuzz(func(t *testing.T, b []byte) {
		info, _ := read(b)
		for _, s := range []string{info.Product, info.Company, info.Description, info.FileVersionText, info.ProductVersionText, info.OriginalName} {
			if len(s) > winexe.MaxText {
				t.Fatalf("text of %d bytes", len(s))
			}
		}
		if !info.Versioned && info != (winexe.Info{Signed: info.Signed}) {
			t.Fatalf("without a version: %+v", info)
		}
	})
}
