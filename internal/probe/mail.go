package probe

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"vigie/internal/fingerprint"
)

// Limits of a mail dialogue: RFC 5321 allows reply lines of 512 bytes; servers send some twenty.
const (
	maxReplyLine  = 1024
	maxReplyLines = 64
)

// mail listens to a mail service as a mail program does before it logs in: greeting, EHLO, STARTTLS, QUIT.
func (v *visit) mail(ctx context.Context, s Service) error {
	host := v.obs.Target.Host
	where := s.Name + "://" + net.JoinHostPort(host, strconv.Itoa(int(s.Port)))
	conn, err := v.connect(ctx, netip.AddrPortFrom(v.obs.Address, s.Port))
	if err != nil {
		return err
	}
	defer func() { conn.Close() }()
	v.obs.Asked = append(v.obs.Asked, "connect "+where)
	began := time.Now()
	defer func() { v.left -= time.Since(began) }()
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if err := conn.SetDeadline(began.Add(min(v.p.Limits.Answer, v.left))); err != nil {
		return err
	}
	protocol, wrapped := strings.CutSuffix(s.Name, "s")
	if wrapped {
		secure, err := v.startTLS(ctx, conn, host, where)
		if err != nil {
			return err
		}
		conn = secure
	}
	switch protocol {
	case "smtp":
		return v.smtp(ctx, conn, where, host, wrapped)
	case "imap":
		return v.greeting(conn, "imap.banner", where, "* ", "a LOGOUT\r\n")
	default:
		return v.greeting(conn, "pop.banner", where, "+OK", "QUIT\r\n")
	}
}

// greeting reads one line and says goodbye.
func (v *visit) greeting(conn net.Conn, at, where, begins, goodbye string) error {
	line, err := readLine(bufio.NewReaderSize(conn, maxReplyLine))
	if err != nil {
		return err
	}
	if !strings.HasPrefix(line, begins) {
		return errProtocol
	}
	v.read(fingerprint.Answer{At: at, Text: line, Where: where + ", greeting"})
	_, _ = io.WriteString(conn, goodbye) // whether it is heard changes nothing
	return nil
}

func (v *visit) smtp(ctx context.Context, conn net.Conn, where, host string, secure bool) error {
	in := bufio.NewReaderSize(conn, maxReplyLine)
	code, banner, err := readReply(in)
	if err != nil {
		return err
	}
	v.read(fingerprint.Answer{At: "smtp.banner", Text: code + " " + banner, Where: where + ", greeting"})
	if code != "220" {
		return nil
	}
	v.obs.Asked = append(v.obs.Asked, "EHLO "+where)
	if _, err := fmt.Fprintf(conn, "EHLO %s\r\n", ownName(conn)); err != nil {
		return err
	}
	code, extensions, err := readReply(in)
	if err != nil {
		return err
	}
	v.read(fingerprint.Answer{At: "smtp.ehlo", Text: extensions, Where: where + ", EHLO"})
	if code == "250" && !secure && in.Buffered() == 0 && hasWord(extensions, "STARTTLS") {
		if _, err := io.WriteString(conn, "STARTTLS\r\n"); err != nil {
			return err
		}
		if code, _, err := readReply(in); err != nil || code != "220" || in.Buffered() > 0 {
			return err
		}
		after, err := v.startTLS(ctx, conn, host, where)
		if err != nil {
			return err
		}
		conn = after
	}
	_, _ = io.WriteString(conn, "QUIT\r\n") // as above
	return nil
}

// ownName is what a client without a name of its own says in EHLO: its address (RFC 5321, 4.1.3).
func ownName(conn net.Conn) string {
	ap, err := netip.ParseAddrPort(conn.LocalAddr().String())
	switch a := ap.Addr().Unmap().WithZone(""); {
	case err != nil:
		return "[127.0.0.1]"
	case a.Is6():
		return "[IPv6:" + a.String() + "]"
	default:
		return "[" + a.String() + "]"
	}
}

func hasWord(lines, word string) bool {
	for l := range strings.Lines(lines) {
		if first, _, _ := strings.Cut(strings.TrimSpace(l), " "); strings.EqualFold(first, word) {
			return true
		}
	}
	return false
}

// readReply reads one SMTP reply: its code, and its lines without it.
func readReply(in *bufio.Reader) (code, text string, err error) {
	var b strings.Builder
	for range maxReplyLines {
		line, err := readLine(in)
		if err != nil {
			return "", "", err
		}
		if len(line) < 3 || strings.Trim(line[:3], "0123456789") != "" || len(line) > 3 && line[3] != ' ' && line[3] != '-' {
			return "", "", errProtocol
		}
		if code == "" {
			code = line[:3]
		} else {
			b.WriteByte('\n')
		}
		if len(line) > 4 {
			b.WriteString(line[4:])
		}
		if len(line) == 3 || line[3] == ' ' {
			return code, b.String(), nil
		}
	}
	return "", "", errLine
}

// readLine reads one line of at most maxReplyLine bytes, without its end.
func readLine(in *bufio.Reader) (string, error) {
	line, err := in.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return "", errLine
	case errors.Is(err, io.EOF) && len(line) == 0:
		return "", errShort
	case err != nil && !errors.Is(err, io.EOF):
		return "", err
	}
	return strings.TrimRight(string(line), "\r\n"), nil
}
