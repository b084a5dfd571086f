package fakefront

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// page is one answer.
type page struct {
	status int
	header []string // "Name: value"
	body   string
}

// idle is how long a visitor may stay silent.
const idle = 30 * time.Second

// serveWeb answers requests on one connection until it ends.
func (f *Front) serveWeb(conn net.Conn, scheme string) {
	build := f.build()
	in := bufio.NewReader(conn)
	for {
		_ = conn.SetDeadline(time.Now().Add(idle))
		req, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		if f.Hostile != "" && f.hostileWeb(conn, req) {
			return
		}
		p := f.page(req, build, scheme)
		f.dress(&p)
		if write(conn, p) != nil || req.Close {
			return
		}
	}
}

// write sends an answer in one piece.
func write(conn net.Conn, p page) error {
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", p.status, http.StatusText(p.status))
	for _, h := range p.header {
		b.WriteString(h + "\r\n")
	}
	b.WriteString("Content-Length: " + strconv.Itoa(len(p.body)) + "\r\n\r\n" + p.body)
	_, err := conn.Write([]byte(b.String()))
	return err
}

// dress adds and takes away what a proxy before the server would.
func (f *Front) dress(p *page) {
	switch f.Behind {
	case "nginx":
		kept := p.header[:0:0]
		for _, h := range p.header {
			if strings.HasPrefix(h, "Location:") || strings.HasPrefix(h, "Content-Type:") || strings.HasPrefix(h, "WWW-Authenticate:") {
				kept = append(kept, h)
			}
		}
		p.header = append(kept, "Server: nginx")
	case "cloudflare":
		p.header = append(p.header, "Server: cloudflare", "CF-RAY: 6b1f0123456789ab-CDG")
	case "preauth":
		*p = page{302, []string{"Location: https://login.microsoftonline.com/common/oauth2/authorize", "Content-Type: text/html"}, ""}
	}
}

func (f *Front) page(req *http.Request, build, scheme string) page {
	if f.Product == "" || f.Product == "exchange" {
		return f.exchange(req, build, scheme)
	}
	return f.neighbour(req, build)
}

const html = "Content-Type: text/html; charset=utf-8"

// exchange answers as the front end of a client access server does to a visitor without an account.
func (f *Front) exchange(req *http.Request, build, scheme string) page {
	header := []string{"Server: Microsoft-IIS/10.0", "X-Powered-By: ASP.NET"}
	if f.Shows&Names != 0 {
		header = append(header, "X-FEServer: "+computer(build))
	}
	if f.Shows&Header != 0 && strings.HasPrefix(strings.ToLower(req.URL.Path), "/owa") {
		header = append(header, "X-OWA-Version: "+build)
	}
	old := strings.HasPrefix(build, "14.")
	switch strings.ToLower(req.URL.Path) {
	case "/":
		return page{302, append(header, "Location: "+scheme+"://"+req.Host+"/owa/"), ""}
	case "/owa/", "/owa", "/ecp/":
		return page{302, append(header, "Location: "+scheme+"://"+req.Host+"/owa/auth/logon.aspx?url=https%3a%2f%2f"+f.Host+"%2fowa%2f&reason=0"), ""}
	case "/owa/auth/logon.aspx":
		folder := "/owa/auth/" + threeParts(build)
		switch {
		case old:
			folder = "/owa/" + build
		case f.Shows&LongPath != 0:
			folder = "/owa/auth/" + build
		case f.Shows&Path == 0:
			folder = "/owa/auth"
		}
		if old && f.Shows&(Path|LongPath) == 0 {
			folder = "/owa/auth"
		}
		return page{200, append(header, html), `<!DOCTYPE html><html><head><title>Outlook</title><link rel="shortcut icon" href="` + folder + `/themes/resources/favicon.ico" type="image/x-icon">` +
			`<link rel="stylesheet" href="` + folder + `/themes/resources/logon.css"></head><body class="signInBg" style="font-family: segoeui"></body></html>`}
	case "/ecp/current/exporttool/microsoft.exchange.ediscovery.exporttool.application":
		if f.Shows&Manifest == 0 || old {
			return page{404, append(header, html), "<h2>404 - File or directory not found.</h2>"}
		}
		return page{200, append(header, "Content-Type: application/x-ms-application"), `<?xml version="1.0" encoding="utf-8"?><asmv1:assembly manifestVersion="1.0" xmlns="urn:schemas-microsoft-com:asm.v2" xmlns:asmv1="urn:schemas-microsoft-com:asm.v1">` +
			`<assemblyIdentity name="microsoft.exchange.ediscovery.exporttool.application" version="` + build + `" publicKeyToken="0000000000000000" language="neutral" processorArchitecture="msil" xmlns="urn:schemas-microsoft-com:asm.v1" />` +
			`<dependency><dependentAssembly><assemblyIdentity name="Microsoft.Windows.CommonLanguageRuntime" version="4.0.30319.0" /></dependentAssembly></dependency></asmv1:assembly>`}
	case "/mapi/healthcheck.htm":
		if old {
			break
		}
		return page{200, append(header, html), "200 OK<br/>" + computer(build) + ".corp.example.test"}
	case "/ews/exchange.asmx", "/autodiscover/autodiscover.xml":
		return page{401, append(header, "WWW-Authenticate: Negotiate", `WWW-Authenticate: Basic realm="`+f.Host+`"`), ""}
	}
	return page{404, append(header, html), "<h2>404 - File or directory not found.</h2>"}
}

// neighbour answers as the start pages of other products do; where a build is told, it is told as they do.
func (f *Front) neighbour(req *http.Request, build string) page {
	start := req.URL.Path == "/"
	switch f.Product {
	case "fortigate":
		if start {
			return page{200, []string{html, "Server: xxxxxxxx-xxxxx"}, `<html><script>top.location="/remote/login";</script></html>`}
		}
	case "sonicwall":
		if start {
			return page{200, []string{html, "Server: SMA/" + build}, "<html><title>SonicWall - Virtual Office</title></html>"}
		}
	case "zimbra":
		if start {
			return page{200, []string{html, "Set-Cookie: ZM_TEST=true;Secure"}, "<!DOCTYPE html><!-- set this class so CSS definitions -->\n<!--\n * Zimbra Collaboration Suite Web Client\n--><title>Zimbra Web Client Sign In</title>"}
		}
	case "netscaler":
		if start {
			return page{302, []string{"Location: /logon/LogonPoint/index.html"}, ""}
		}
		return page{200, []string{html}, "<html><title>NetScaler Gateway</title></html>"}
	case "ivanti-connect-secure":
		if start {
			return page{302, []string{"Location: /dana-na/auth/url_default/welcome.cgi"}, ""}
		}
		return page{200, []string{html}, "<html><title>Ivanti Connect Secure</title></html>"}
	case "qnap":
		if start {
			return page{200, []string{html, "Server: http server 1.0"}, "<html><script>location.href='/cgi-bin/';</script></html>"}
		}
	case "synology":
		if start {
			return page{200, []string{html, "Server: nginx"}, `<html><title>NAS01&nbsp;-&nbsp;Synology&nbsp;DiskStation</title><script src="/webman/modules/x.js"></script></html>`}
		}
	case "prtg":
		if start {
			return page{200, []string{html, "Server: PRTG/" + build}, "<html><title>Welcome | PRTG Network Monitor (EXAMPLE)</title></html>"}
		}
	default:
		if start {
			return page{200, []string{html, "Server: Apache"}, "<html><title>It works!</title></html>"}
		}
	}
	return page{404, []string{html}, "<h1>Not Found</h1>"}
}
