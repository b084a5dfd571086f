package fakefront

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"time"
)

// serveMail speaks the beginning of SMTP, IMAP or POP3.
func (f *Front) serveMail(conn net.Conn, service string, upgrade func(net.Conn) *tls.Conn) {
	_ = conn.SetDeadline(time.Now().Add(idle))
	if f.Hostile != "" && f.hostileMail(conn) {
		return
	}
	exchange := f.Product == "" || f.Product == "exchange"
	switch service {
	case "smtp":
		f.serveSMTP(conn, exchange, upgrade)
	case "imap":
		greet(conn, pick(exchange, "* OK The Microsoft Exchange IMAP4 service is ready. [RQBYAA==]", "* OK "+f.Host+" IMAP4rev1 ready"), "* BYE")
	case "pop3":
		greet(conn, pick(exchange, "+OK The Microsoft Exchange POP3 service is ready. [RQBYAA==]", "+OK ready"), "+OK bye")
	}
}

func pick(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}

func greet(conn net.Conn, greeting, bye string) {
	fmt.Fprintf(conn, "%s\r\n", greeting)
	if bufio.NewScanner(conn).Scan() {
		fmt.Fprintf(conn, "%s\r\n", bye)
	}
}

func (f *Front) serveSMTP(conn net.Conn, exchange bool, upgrade func(net.Conn) *tls.Conn) {
	fmt.Fprintf(conn, "220 %s %s\r\n", f.Host, pick(exchange, "Microsoft ESMTP MAIL Service ready at Mon, 1 Mar 2021 08:00:00 +0100", "ESMTP Postfix"))
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		switch verb, _, _ := strings.Cut(strings.ToUpper(lines.Text()), " "); verb {
		case "EHLO":
			fmt.Fprintf(conn, "250-%s Hello\r\n250-SIZE 37748736\r\n250-PIPELINING\r\n250-STARTTLS\r\n%s250 CHUNKING\r\n", f.Host, pick(exchange, "250-X-ANONYMOUSTLS\r\n250-X-EXPS GSSAPI NTLM\r\n250-XRDST\r\n", ""))
		case "STARTTLS":
			if upgrade == nil {
				fmt.Fprint(conn, "454 TLS not available\r\n")
				continue
			}
			fmt.Fprint(conn, "220 2.0.0 SMTP server ready\r\n")
			conn = upgrade(conn)
			upgrade = nil
			lines = bufio.NewScanner(conn)
		case "QUIT":
			fmt.Fprint(conn, "221 2.0.0 Service closing transmission channel\r\n")
			return
		default:
			fmt.Fprint(conn, "500 5.3.3 Unrecognized command\r\n")
		}
	}
}
