package literal

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// logBlock makes n bytes of lines like those of an Exchange server's IIS log. Its paths, agents and fields are chosen apart from the
// sample in rarity.go, so that the benchmarks do not measure how well the sample knows itself.
func logBlock(n int) []byte {
	r := rand.New(rand.NewPCG(2021, 3))
	paths := []string{
		"/owa/service.svc action=GetItem&UA=0&EP=1&ID=-%d&AC=1", "/owa/auth/logon.aspx replaceCurrent=1&url=https%%3a%%2f%%2fwebmail.contoso.test%%2fowa&n=%d",
		"/Microsoft-Server-ActiveSync/default.eas User=CONTOSO%%5Cuser%d&DeviceId=androidc%dx&DeviceType=Android&Cmd=Sync", "/ews/exchange.asmx &cafeReqId=%x-%x;",
		"/mapi/nspi/ MailboxId=%x@contoso.test&sessionId=%x;", "/ecp/DDI/DDIService.svc/GetList msExchEcpCanary=%x&schema=%d", "/rpc/rpcproxy.dll ex%d.contoso.test:6001",
		"/owa/15.2.858.5/scripts/premium/core.%d.js - ", "/oab/%x/oab.xml - ", "/powershell clientApplication=ActiveMonitor;PSVersion=5.1.%d", "/favicon.ico v=%d",
	}
	agents := []string{
		"Mozilla/5.0+(X11;+Linux+x86_64;+rv:78.0)+Gecko/20100101+Firefox/78.0", "Mozilla/5.0+(iPad;+CPU+OS+14_4+like+Mac+OS+X)+AppleWebKit/605.1.15+Mobile/15E148",
		"Mozilla/5.0+(Windows+NT+6.1;+WOW64;+Trident/7.0;+rv:11.0)+like+Gecko", "Android-Mail/2021.02.07.358.Release", "Outlook-iOS-Android/1.0",
		"Microsoft+Office/15.0+(Windows+NT+6.3;+Microsoft+Outlook+15.0.5233;+Pro)", "Amazon+Simple+Email", "AMProbe/Local/ClientAccess", "python-requests/2.25.1",
	}
	var b []byte
	for len(b) < n {
		path := paths[r.IntN(len(paths))]
		b = fmt.Appendf(b, "2021-%02d-%02d %02d:%02d:%02d 10.%d.%d.%d %s ", 1+r.IntN(12), 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60),
			r.IntN(256), r.IntN(256), r.IntN(256), []string{"GET", "POST", "OPTIONS", "HEAD"}[r.IntN(4)])
		args := []any{r.Uint32(), r.Uint64()}
		n := 0
		for i := range path {
			if path[i] == '%' && (path[i+1] == 'd' || path[i+1] == 'x') {
				n++
			}
		}
		b = fmt.Appendf(b, path, args[:n]...)
		b = fmt.Appendf(b, " 443 %s 172.16.%d.%d %s - %d 0 0 %d\r\n", []string{"-", `CONTOSO\mmiller`, "k.jones@contoso.test"}[r.IntN(3)],
			r.IntN(256), r.IntN(256), agents[r.IntN(len(agents))], []int{200, 200, 200, 401, 302, 404, 500}[r.IntN(7)], r.IntN(3000))
	}
	return b[:n]
}

// attackLiterals returns n literals: first some as they are looked for in such logs, then names of web shells as lists of indicators
// have them, then made-up words.
func attackLiterals(n int) [][]byte {
	literals := list(
		"/owa/auth/x.js", "/ecp/y.js", "X-BEResource", "/autodiscover/autodiscover.json?@", "powershell/?X-Rps-CAT", "cmd.exe", "/aspnet_client/shell.aspx",
		"/owa/auth/errorEE.aspx", "/owa/auth/RedirSuiteServerProxy.aspx", "ExchangeServicesClient/0.0.0.0", "antSword", "python-urllib", "zgrab", "DefaultWebSiteBackEnd",
		"SetOABVirtualDirectory", "ResetOABVirtualDirectory", "ProxyLogon.ecp", "X-AnonResource-Backend", "%3cscript", "eval(request",
		"../../../../", "..%2f..%2f", "union+select", "xp_cmdshell", "/etc/passwd", "c$/windows/temp", "web.config.bak", "whoami", "net+user", "certutil", "bitsadmin",
		"mimikatz", "procdump", "lsass", "ntdsutil", "vssadmin", "/ecp/proxylogon", "hafnium", "chopper", "/owa/auth/8Lw7tAhF9i1pJnRo.aspx", "/owa/auth/OutlookZH.aspx",
		"/owa/auth/Current/themes/resources/lgnleft.aspx", "iisstart.aspx", "discover.aspx", "supp0rt.aspx", "HttpProxy.aspx", "TimeoutLogout.aspx", "one1.aspx",
		"__VIEWSTATEGENERATOR=", "ysoserial", "ObjectDataProvider", "TypeConfuseDelegate", "${jndi:ldap", "jndi:rmi", "/wp-login.php", "/.git/config", "/.env", "nikto",
		"sqlmap", "nmap+scripting")
	r := rand.New(rand.NewPCG(5, 5))
	name := func(from string, n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = from[r.IntN(len(from))]
		}
		return string(b)
	}
	for len(literals) < n {
		switch {
		case len(literals) < 150:
			literals = append(literals, []byte("/aspnet_client/"+name("abcdefghijklmnopqrstuvwxyz", 4+r.IntN(6))+".aspx"))
		case len(literals) < 200:
			literals = append(literals, []byte(name("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 8)+".ashx"))
		default:
			syllables := []string{"ka", "ton", "er", "in", "zu", "ble", "st", "Mo", "qui", "x", "_", "Get", "pro", "cess", "ver", "al", "th", "y"}
			word := ""
			for len(word) < 5+r.IntN(12) {
				word += syllables[r.IntN(len(syllables))]
			}
			literals = append(literals, []byte(word))
		}
	}
	return literals[:n]
}

func benchmarkSets(b *testing.B, run func(b *testing.B, s *Set)) {
	for _, n := range []int{20, 60, 200, 5000} {
		for _, fold := range []bool{false, true} {
			s, err := Compile(attackLiterals(n), Options{Fold: fold})
			if err != nil {
				b.Fatal(err)
			}
			b.Run(fmt.Sprintf("%d/fold=%v", n, fold), func(b *testing.B) { run(b, s) })
		}
	}
}

func BenchmarkNext(b *testing.B) {
	data := logBlock(1 << 20)
	benchmarkSets(b, func(b *testing.B, s *Set) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		hits := 0
		for b.Loop() {
			hits = 0
			for from := 0; ; {
				pos, _ := s.Next(data, from)
				if pos < 0 {
					break
				}
				hits++
				from = pos + 100
			}
		}
		b.ReportMetric(float64(hits), "hits")
		b.ReportMetric(marked(s, data), "marks/KiB")
	})
}

// marked counts the marks that the filter sets in 1,024 positions.
func marked(s *Set, data []byte) float64 {
	n := 0
	var m marks
	end := s.positions(data)
	for at := 0; at < end; at += chunk {
		for _, set := range m[:s.mark(data, at, min(at+chunk, end), &m)] {
			for ; set != 0; set &= set - 1 {
				n++
			}
		}
	}
	return float64(n) * 1024 / float64(end)
}

func BenchmarkShortHaystack(b *testing.B) {
	block := logBlock(1 << 16)
	for _, size := range []int{20, 100, 500} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			benchmarkSets(b, func(b *testing.B, s *Set) {
				b.SetBytes(int64(size))
				at := 0
				for b.Loop() {
					s.Find(block[at:at+size], func(int, int) bool { return true })
					at = (at + 61) % (len(block) - size)
				}
			})
		})
	}
}

// A literal of one or two bytes must not slow the others down more than its own hits cost.
func BenchmarkWithShortLiterals(b *testing.B) {
	data := logBlock(1 << 20)
	s, err := Compile(append(attackLiterals(20), list("\x01", "<%", "}}", "`")...), Options{Fold: true})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		s.Next(data, 0)
	}
}

func BenchmarkCompile(b *testing.B) {
	for _, n := range []int{60, 200, 5000} {
		literals := attackLiterals(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				if _, err := Compile(literals, Options{Fold: true}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
