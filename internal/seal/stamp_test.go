package seal

import (
	"crypto/x509"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/digitorus/timestamp"

	"vigie/internal/seal/tsatest"
)

func TestTimestamp(t *testing.T) {
	t.Parallel()
	data := []byte("a signature")
	good, mail := tsatest.New(t, x509.ExtKeyUsageTimeStamping), tsatest.New(t, x509.ExtKeyUsageEmailProtection)
	server := httptest.NewServer(good)
	defer server.Close()
	answer, err := Stamp(t.Context(), server.Client(), server.URL, data)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		data    []byte
		roots   []byte
		ok      bool
		trusted bool
	}{
		{"no authority named", data, nil, true, false},
		{"its authority", data, good.Root, true, true},
		{"another authority", data, mail.Root, true, false},
		{"of something else", []byte("another"), good.Root, false, false},
		{"no certificates", data, []byte("hello"), false, false},
	} {
		s, err := ReadStamp(answer, c.data, c.roots)
		if (err == nil) != c.ok || err == nil && (s.Trusted != c.trusted || !s.Time.Equal(good.At) || s.Authority != tsatest.Name) {
			t.Errorf("%s: %+v, %v", c.name, s, err)
		}
	}
	server2 := httptest.NewServer(mail)
	defer server2.Close()
	if answer, err = Stamp(t.Context(), server2.Client(), server2.URL, data); err != nil {
		t.Fatal(err)
	}
	if s, err := ReadStamp(answer, data, mail.Root); err != nil || s.Trusted {
		t.Errorf("a certificate for mail: %+v, %v", s, err)
	}
}

func TestTimestampAnswersThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*timestamp.Timestamp){
		"another nonce": func(ts *timestamp.Timestamp) { ts.Nonce = big.NewInt(1) },
		"no nonce":      func(ts *timestamp.Timestamp) { ts.Nonce = nil },
		"another hash":  func(ts *timestamp.Timestamp) { ts.HashedMessage = make([]byte, 32) },
	} {
		a := tsatest.New(t, x509.ExtKeyUsageTimeStamping)
		a.Spoil = spoil
		server := httptest.NewServer(a)
		if _, err := Stamp(t.Context(), server.Client(), server.URL, []byte("x")); err == nil {
			t.Errorf("%s: accepted", name)
		}
		server.Close()
	}
	for name, h := range map[string]http.HandlerFunc{
		"an error": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusForbidden) },
		"a page":   func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") },
		"a flood": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(make([]byte, maxStamp+100))
		},
	} {
		server := httptest.NewServer(h)
		if _, err := Stamp(t.Context(), server.Client(), server.URL, []byte("x")); err == nil {
			t.Errorf("%s: accepted", name)
		}
		server.Close()
	}
}

func FuzzReadStamp(f *testing.F) {
	data := []byte("a signature")
	a := tsatest.New(f, x509.ExtKeyUsageTimeStamping)
	server := httptest.NewServer(a)
	defer server.Close()
	answer, err := Stamp(f.Context(), server.Client(), server.URL, data)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(answer)
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := ReadStamp(b, data, a.Root); err == nil && s.Trusted && !s.Time.Equal(a.At) {
			t.Fatalf("a trusted time that the authority never gave: %v", s.Time)
		}
	})
}
