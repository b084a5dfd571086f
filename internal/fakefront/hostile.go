package fakefront

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// endless is how much an endless answer sends when nobody stops it: over any limit of a prober, and no danger to a machine without one.
const endless = 64 << 20

// drip is the pause between two bytes of a slow answer.
const drip = 500 * time.Millisecond

// controlText moves the cursor, turns the line around, hides and lies; it begins with a formula.
const controlText = "=cmd|' /C calc'!A0\x1b[2J\x1b]0;owned\x07\u202etxt.exe\u2066\u200b<script>alert(1)</script>"

// bomb is 256 MiB of zeros in some 256 kB: one MiB, and the same member again and again.
var bomb = sync.OnceValue(func() []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(make([]byte, 1<<20)) // to memory
	_ = z.Close()
	return bytes.Repeat(b.Bytes(), 256)
})

// hostileWeb treats a request as the front end wishes. It tells whether the connection is done with.
func (f *Front) hostileWeb(conn net.Conn, req *http.Request) bool {
	say := func(s string) { _, _ = io.WriteString(conn, s) } // a visitor who leaves is no failure
	switch f.Hostile {
	case "endless-headers":
		say("HTTP/1.1 200 OK\r\n")
		repeat(conn, "X-Filler: "+strings.Repeat("a", 1000)+"\r\n")
	case "endless-body":
		say("HTTP/1.1 200 OK\r\n" + html + "\r\n\r\n")
		repeat(conn, strings.Repeat("<p>a</p>", 128))
	case "slow-drip":
		for _, c := range []byte("HTTP/1.1 200 OK\r\nX-Slow: " + strings.Repeat("z", 1000)) {
			if _, err := conn.Write([]byte{c}); err != nil {
				return true
			}
			time.Sleep(drip)
		}
	case "gzip-bomb":
		say(fmt.Sprintf("HTTP/1.1 200 OK\r\n%s\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n", html, len(bomb())))
		_, _ = conn.Write(bomb())
	case "redirect-outside":
		say("HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/latest/meta-data/\r\nContent-Length: 0\r\n\r\n")
		return false
	case "redirect-loop":
		say("HTTP/1.1 302 Found\r\nLocation: " + req.URL.Path + "x\r\nContent-Length: 0\r\n\r\n")
		return false
	case "silence":
		wait(conn)
	case "wrong-length":
		say("HTTP/1.1 200 OK\r\n" + html + "\r\nContent-Length: 4096\r\n\r\n<title>Outlook</title>")
	case "bad-chunks":
		say("HTTP/1.1 200 OK\r\n" + html + "\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n<title>Outlook</title>")
	case "reset":
		reset(conn)
	case "control-text":
		say("HTTP/1.1 200 OK\r\n" + html + "\r\nX-FEServer: " + strings.Repeat("\u202e", 40) + "\r\nConnection: close\r\n\r\n<title>" + controlText + "</title>")
	case "old-http":
		say("<title>Outlook</title>")
	case "busy":
		say("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n")
		return false
	default:
		return false // hostile elsewhere
	}
	return true
}

// hostileMail does the same for mail services.
func (f *Front) hostileMail(conn net.Conn) bool {
	switch f.Hostile {
	case "huge-banner":
		_, _ = io.WriteString(conn, "220-")
		repeat(conn, strings.Repeat("b", 4096))
	case "control-text":
		fmt.Fprintf(conn, "220 %s Microsoft ESMTP MAIL Service\r\n", controlText)
	case "slow-drip", "silence":
		wait(conn)
	case "reset":
		reset(conn)
	default:
		return false
	}
	return true
}

// wait says nothing until the visitor leaves or has been idle for too long.
func wait(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

// repeat writes until the visitor leaves.
func repeat(conn net.Conn, s string) {
	for n := 0; n < endless; n += len(s) {
		if _, err := io.WriteString(conn, s); err != nil {
			return
		}
	}
}

// reset ends the connection with RST in place of FIN.
func reset(conn net.Conn) {
	inner := conn
	if t, ok := conn.(interface{ NetConn() net.Conn }); ok {
		inner = t.NetConn()
	}
	if t, ok := inner.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	_ = inner.Close()
}
