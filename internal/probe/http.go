package probe

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// webConn is one connection to a web service. Requests are written and answers read here, not by an http.Transport, so that every byte of an
// answer is counted, and each connection is one that the visit asked for.
type webConn struct {
	net.Conn
	at     place
	in     *bufio.Reader
	budget *budget
}

// budget lets so many bytes through. It keeps the error that ended reading: readers above it take a line without its end for a whole one.
type budget struct {
	r    io.Reader
	left int64
	err  error
}

func (b *budget) Read(p []byte) (int, error) {
	if b.left <= 0 {
		b.err = errHeader
		return 0, b.err
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	b.err = err
	return n, err
}

// webAnswer is one answer.
type webAnswer struct {
	url, path string
	status    int
	header    http.Header
	body      []byte
	icon      bool
	redirect  *link
}

// link is where a redirect leads.
type link struct {
	place
	path string
}

// get asks for a path. An answer cut off in its body is still an answer.
func (v *visit) get(ctx context.Context, at place, path string) (*webAnswer, error) {
	if v.conn != nil && v.conn.at != at {
		v.hangUp()
	}
	kept := v.conn != nil
	r, err := v.exchange(ctx, at, path)
	if err != nil && kept && ctx.Err() == nil && !timedOut(err) && !errors.Is(err, errHeader) && !errors.Is(err, errVisit) {
		v.hangUp() // the server had closed the connection that was kept: once more on a new one
		r, err = v.exchange(ctx, at, path)
	}
	if err != nil {
		v.hangUp()
	}
	return r, err
}

func (v *visit) exchange(ctx context.Context, at place, path string) (*webAnswer, error) {
	if v.requests >= v.p.Limits.Requests {
		return nil, errVisit
	}
	if v.conn == nil {
		c, err := v.dialWeb(ctx, at)
		if err != nil {
			return nil, err
		}
		v.conn = c
	} else if err := v.wait(ctx, v.pins[at.host]); err != nil {
		return nil, err
	}
	v.requests++
	c, began := v.conn, time.Now()
	defer func() { v.left -= time.Since(began) }()
	stop := context.AfterFunc(ctx, func() { c.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if err := c.SetDeadline(began.Add(min(v.p.Limits.Answer, v.left))); err != nil {
		return nil, err
	}
	page := at.String() + path
	v.obs.Asked = append(v.obs.Asked, "GET "+page)
	host := strings.TrimPrefix(at.String(), at.scheme+"://")
	if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nAccept: */*\r\n\r\n", path, host, v.p.Agent); err != nil {
		return nil, err
	}
	resp, err := c.readHead(v.p.Limits.Header)
	if err != nil {
		return nil, err
	}
	r := &webAnswer{url: page, path: path, status: resp.StatusCode, header: resp.Header, icon: isIcon(path)}
	var whole bool
	r.body, whole, err = c.readBody(resp, v.p.Limits.Body)
	if !whole || resp.Close {
		v.hangUp()
	}
	if err != nil && len(r.body) == 0 && timedOut(err) {
		return nil, err // nothing came but headers, for the whole time
	}
	if loc := resp.Header.Get("Location"); loc != "" && r.status >= 300 && r.status < 400 {
		r.redirect = resolveLink(at, path, loc)
	}
	return r, nil
}

// dialWeb opens a connection to a service, with TLS where it has it.
func (v *visit) dialWeb(ctx context.Context, at place) (*webConn, error) {
	a, ok := v.pins[at.host]
	if !ok {
		return nil, scopeError{why: "outside of the scope"}
	}
	conn, err := v.connect(ctx, netip.AddrPortFrom(a, at.port))
	if err != nil {
		return nil, err
	}
	if at.scheme == "https" {
		if conn, err = v.startTLS(ctx, conn, at.host, at.String()); err != nil {
			return nil, err
		}
	}
	b := &budget{r: conn}
	return &webConn{Conn: conn, at: at, in: bufio.NewReaderSize(b, 4096), budget: b}, nil
}

// maxInterim is how many interim answers (1xx) are skipped.
const maxInterim = 4

// readHead reads the status line and the headers.
func (c *webConn) readHead(limit int64) (*http.Response, error) {
	c.budget.left = limit
	req := &http.Request{Method: http.MethodGet}
	for range maxInterim {
		resp, err := http.ReadResponse(c.in, req)
		switch below := c.budget.err; {
		case err != nil && below != nil && !errors.Is(below, io.EOF):
			return nil, below
		case err != nil && below != nil:
			return nil, errShort
		case err != nil:
			return nil, errProtocol // without the text: it quotes what was sent
		case resp.StatusCode >= 200 || resp.StatusCode == http.StatusSwitchingProtocols:
			return resp, nil
		}
	}
	return nil, errProtocol
}

// readBody reads at most limit bytes of a body, after decompression. whole tells that the connection may be used again.
func (c *webConn) readBody(resp *http.Response, limit int64) (body []byte, whole bool, err error) {
	defer resp.Body.Close()
	c.budget.left = limit + 4096 // compressed and framed; the reader below counts what comes out
	var in io.Reader = resp.Body
	if strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, false, err
		}
		in = z
	}
	var b bytes.Buffer
	n, err := b.ReadFrom(io.LimitReader(in, limit))
	if err == nil && n == limit {
		return b.Bytes(), false, nil // there may be more: it is not read, and the connection not used again
	}
	return b.Bytes(), err == nil, err
}

// maxLink bounds a redirect in bytes.
const maxLink = 2048

// resolveLink reads a Location. nil when it leads nowhere that a browser would go over the web.
func resolveLink(at place, path, loc string) *link {
	if len(loc) > maxLink {
		return nil
	}
	u, err := url.Parse(at.String() + path)
	if err != nil {
		return nil
	}
	if u, err = u.Parse(loc); err != nil || u.User != nil || u.Hostname() == "" {
		return nil
	}
	to := &link{place: place{scheme: strings.ToLower(u.Scheme), host: strings.ToLower(u.Hostname())}, path: u.EscapedPath()}
	if to.scheme != "https" && to.scheme != "http" {
		return nil
	}
	to.port = defaultPorts[to.scheme]
	if p := u.Port(); p != "" {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || n == 0 {
			return nil
		}
		to.port = uint16(n)
	}
	if a, err := netip.ParseAddr(to.host); err == nil {
		to.host = a.Unmap().WithZone("").String()
	} else if to.host, err = hostName(to.host); err != nil {
		return nil
	}
	if to.path == "" {
		to.path = "/"
	}
	if to.host != at.host {
		// The page of one server must not make the prober say something odd to another: no query, and nothing but a plain path.
		if !plainPath(to.path) {
			return nil
		}
		return to
	}
	if u.RawQuery != "" {
		to.path += "?" + u.RawQuery
	}
	if strings.ContainsFunc(to.path, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return nil
	}
	return to
}

// plainPath tells a path of letters, digits, dots, hyphens and single slashes that stays below its root.
func plainPath(path string) bool {
	for _, r := range path {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("/._-", r) {
			return false
		}
	}
	return !strings.Contains(path, "..") && !strings.Contains(path, "//")
}
