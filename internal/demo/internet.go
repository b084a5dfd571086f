package demo

// The ordinary noise of the Internet: nothing in it is aimed at this server.

var crawlers = []string{
	"Mozilla/5.0 (compatible; CensysInspect/1.1; +https://about.censys.io/)",
	"Mozilla/5.0 zgrab/0.x",
	"Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/52.0.2743.116 Safari/537.36",
	"Go-http-client/1.1",
	"curl/7.58.0",
	"",
}

// internet writes a day of scanners and crawlers.
func (d *logs) internet() {
	for range 8 + d.r.IntN(9) {
		at := d.date + int64(d.r.IntN(int(day)))
		ip, ua := scannerAddress(d.r), crawlers[d.r.IntN(len(crawlers))]
		switch d.r.IntN(8) {
		case 0, 1:
			d.put(&request{at: at, took: 1, method: "GET", stem: "/", ua: ua, ip: ip, status: 302})
			d.crawl(at+300+int64(d.r.IntN(2000)), ip, ua)
		case 2:
			d.crawl(at, ip, ua)
		case 3:
			d.askVersion(at, ip)
		case 4:
			d.put(&request{at: at, took: 3, proto: "Autodiscover", method: "GET", host: d.w.auto, ua: ua, ip: ip,
				stem: "/autodiscover/autodiscover.xml", status: 401, win32: 5})
		default:
			stems := [...]string{"/robots.txt", "/favicon.ico", "/.env", "/wp-login.php", "/manager/html", "/solr/",
				"/HNAP1/", "/actuator/health", "/.git/config", "/phpmyadmin/index.php", "/remote/login", "/sitemap.xml"}
			d.put(&request{at: at, took: d.r.IntN(20), method: "GET", stem: stems[d.r.IntN(len(stems))], ua: ua, ip: ip,
				status: 404, win32: 2})
		}
	}
	// The hunt for web shells of others began days after the March wave was known.
	if d.p.Hunters && d.date >= huntBegan && d.r.IntN(2) == 0 {
		d.hunt(d.date + int64(d.r.IntN(int(day-minute))))
	}
}

// crawl asks for the mail page and follows it to the logon form.
func (d *logs) crawl(at int64, ip, ua string) {
	d.put(&request{at: at, took: 3, proto: "Owa", method: "GET", host: d.w.host, stem: "/owa/", ua: ua, ip: ip,
		auth: "FBA", status: 302})
	if d.r.IntN(2) == 0 {
		d.put(&request{at: at + 400 + int64(d.r.IntN(900)), took: 12, proto: "Owa", method: "GET", host: d.w.host,
			stem: "/owa/auth/logon.aspx", query: "url=https%3a%2f%2f" + d.w.ip + "%2fowa%2f&reason=0", tail: "&encoding=;",
			ua: ua, ip: ip, auth: "FBA", status: 200, got: 58_714})
	}
}

// askVersion is the request that tells the build of a server to anybody.
func (d *logs) askVersion(at int64, ip string) {
	d.put(&request{
		at: at, took: 20 + d.r.IntN(20), proto: "Ecp", method: "GET", host: d.w.ip,
		stem: "/ecp/Current/exporttool/microsoft.exchange.ediscovery.exporttool.application",
		ua:   "Mozilla/5.0 zgrab/0.x", ip: ip, auth: "FBA", status: 200, back: 200, got: 10_112,
		anchor: "ServerVersion~Version 15.0 (Build 0.0)", hint: "EDiscoveryExportTool-ServerVersion", backUser: "-",
	})
}

// huntBegan is 6 March 2021.
const huntBegan = 18692 * day

// hunt looks for web shells that others left: none of the files exists here, so
// the mail folder redirects to the logon form and the plain one has no such page.
func (d *logs) hunt(at int64) {
	ip := scannerAddress(d.r)
	const ua = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/88.0.4324.182 Safari/537.36"
	for _, name := range [...]string{"RedirSuiteServerProxy", "ErrorAA", "OutlookEN", "TimeoutLogout", "zntwv", "errorEE"} {
		if d.r.IntN(4) == 0 {
			continue
		}
		at += 300 + int64(d.r.IntN(1400))
		d.put(&request{at: at, took: 2 + d.r.IntN(9), proto: "Owa", method: "GET", host: d.w.host,
			stem: "/owa/auth/" + name + ".aspx", tail: "&encoding=;", ua: ua, ip: ip, auth: "FBA", status: 302})
	}
	for _, name := range [...]string{"/aspnet_client/supp0rt.aspx", "/aspnet_client/discover.aspx", "/aspnet_client/system_web/error.aspx"} {
		at += 300 + int64(d.r.IntN(1400))
		d.put(&request{at: at, took: d.r.IntN(9), method: "GET", stem: name, ua: ua, ip: ip, status: 404, win32: 2})
	}
}
