package probe

import (
	"bufio"
	"bytes"
	"crypto/x509"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// canned is a connection that holds what a server sent.
type canned struct {
	net.Conn
	in *bytes.Reader
}

func (c *canned) Read(p []byte) (int, error)       { return c.in.Read(p) }
func (c *canned) Close() error                     { return nil }
func (c *canned) SetDeadline(time.Time) error      { return nil }
func (c *canned) SetReadDeadline(time.Time) error  { return nil }
func (c *canned) SetWriteDeadline(time.Time) error { return nil }

// FuzzAnswer reads web answers: nothing grows beyond its limit, whatever is sent.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"))
	f.Add([]byte("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 302 Found\r\nLocation: /owa/\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"))
	f.Add([]byte("HTTP/1.0 200\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x00\x00\x00\x00\x00"))
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		const header, body = 1 << 10, 2 << 10
		conn := &canned{in: bytes.NewReader(data)}
		b := &budget{r: conn}
		c := &webConn{Conn: conn, in: bufio.NewReaderSize(b, 64), budget: b}
		resp, err := c.readHead(header)
		if err != nil {
			if state, detail := classify(err); state == "" || len(detail) > 100 {
				t.Errorf("%q %q", state, detail)
			}
			return
		}
		if got, _, _ := c.readBody(resp, body); len(got) > body {
			t.Errorf("%d bytes", len(got))
		}
	})
}

// FuzzPage looks for the title and the icon of pages.
func FuzzPage(f *testing.F) {
	f.Add([]byte(`<title>Outlook &amp; x</title><link rel="shortcut icon" href="/owa/favicon.ico">`))
	f.Add([]byte(`<TITLE
>a</TITLE><link href=//evil/x.ico rel=icon>`))
	f.Fuzz(func(t *testing.T, page []byte) {
		if title := pageTitle(page); len(title) > 4000 || !utf8.ValidString(title) {
			t.Errorf("%q", title)
		}
		if path := pageIcon(page); path != "" && (path[0] != '/' || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\r\n \\") || strings.Contains(path, "..")) {
			t.Errorf("icon %q", path)
		}
	})
}

// FuzzLink reads redirects: whatever a server says, the request line stays one line, and another server is asked for a plain path only.
func FuzzLink(f *testing.F) {
	for _, s := range []string{"/owa/", "https://other.example.test/x?y=z", "//[::1]:25/", "https://a@b/", "javascript:x", "/a%0d%0ab", "https://x.example.test/autodiscover.json?@y"} {
		f.Add(s)
	}
	at := place{scheme: "https", host: "mail.example.test", port: 443}
	f.Fuzz(func(t *testing.T, loc string) {
		to := resolveLink(at, "/", loc)
		if to == nil {
			return
		}
		if strings.ContainsAny(to.path+to.host, "\r\n \x00") || !strings.HasPrefix(to.path, "/") || to.port == 0 || to.host == "" {
			t.Errorf("%q gives %+v", loc, to)
		}
		if to.host != at.host && strings.ContainsAny(to.path, "?@%;&=") {
			t.Errorf("%q asks another host for %q", loc, to.path)
		}
	})
}

// FuzzReply reads replies of mail servers.
func FuzzReply(f *testing.F) {
	f.Add([]byte("220 mx.example.test Microsoft ESMTP MAIL Service\r\n"))
	f.Add([]byte("250-a\r\n250-STARTTLS\r\n250 b\r\n"))
	f.Add([]byte("220-\r\n2200\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		code, text, err := readReply(bufio.NewReaderSize(bytes.NewReader(data), maxReplyLine))
		if err == nil && (len(code) != 3 || len(text) > maxReplyLine*maxReplyLines) {
			t.Errorf("%q, %d bytes", code, len(text))
		}
	})
}

// TestIconHash holds the hash against values from Python's mmh3 and base64.encodebytes.
func TestIconHash(t *testing.T) {
	t.Parallel()
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for icon, want := range map[string]string{"": "", "icon": "1355950459", string(all): "-757223386", strings.Repeat("a", 57): "1654473660",
		strings.Repeat("a", 58): "801193522", strings.Repeat("a", 114): "-638630928"} {
		if got := iconHash([]byte(icon)); got != want {
			t.Errorf("%q: %s, want %s", icon, got, want)
		}
	}
}

func TestCertificateNamesAreBounded(t *testing.T) {
	t.Parallel()
	c := &x509.Certificate{}
	for range 100_000 {
		c.DNSNames = append(c.DNSNames, strings.Repeat("\xff", 1000))
	}
	names := certNames(c)
	if len(names) != maxNames || len(names[0]) > 3*maxName || !utf8.ValidString(names[0]) {
		t.Errorf("%d names, the first of %d bytes", len(names), len(names[0]))
	}
}

func TestPaceKeepsTheGap(t *testing.T) {
	t.Parallel()
	a, now := netip.MustParseAddr("192.0.2.1"), time.Unix(1000, 0)
	p := NewPace(0, 0)
	if d := p.reserve(netip.MustParseAddr("127.0.0.1"), now); d != 0 {
		t.Errorf("loopback waits %s", d)
	}
	// Three requests at the same moment to one address: MinGap apart at least, although no gap was asked for.
	if first, second, third := p.reserve(a, now), p.reserve(a, now), p.reserve(a, now); first != 0 || second < MinGap || third < 2*MinGap || third > 3*MinGap {
		t.Errorf("%s %s %s", first, second, third)
	}
	if d := p.reserve(netip.MustParseAddr("192.0.2.2"), now); d != 0 {
		t.Errorf("another address waits %s", d)
	}
	for i := range 1000 {
		p.reserve(netip.MustParseAddr("198.51.100.1").Next(), now.Add(time.Duration(i)*2*time.Minute))
	}
	if len(p.next) > 3 {
		t.Errorf("%d addresses are remembered", len(p.next))
	}
}
