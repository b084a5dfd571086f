package demo

import "fmt"

// Attacks, as far as logs show them. Paths, statuses and the order of steps are
// those that published incident reports describe; bodies of requests are in no
// log, and the texts that are (a script in a URL, a token) are cut short.

const pythonAgent = "python-requests/2.25.1"

// script is what stands in the place of a dropped script: the tags, no code.
const script = `<script language="JScript" runat="server">…</script>`

// play writes one act of servers.json; requests outside the current day are dropped by put.
func (d *logs) play(a act) {
	// Steps of a shell are up to half as long again as their mean.
	last := int64(a.At) + int64(1.5*a.Hours*float64(hour)) + hour
	if int64(a.At) >= d.date+day || last < d.date {
		return
	}
	switch a.What {
	case "oab-chain":
		d.oabChain(a)
	case "mail-reading":
		d.mailReading(a)
	case "attempt":
		d.attempt(a)
	case "shell":
		d.shell(a)
	case "page":
		d.page(a, 200)
	case "missing":
		d.page(a, 302)
	case "export-chain":
		d.exportChain(a)
	default:
		panic("demo: servers.json: act " + a.What)
	}
}

// forged is a POST to a static file that does not exist, with a cookie that
// sends it to the back end under the server's own account.
func (d *logs) forged(a act, at int64, took int, target, query string, status int) guid {
	anchor := "ServerInfo~a]@" + d.w.fqdn + ":444" + target
	if query != "" {
		anchor += "?" + query + "#"
	} else {
		anchor += "?#"
	}
	return d.put(&request{
		at: at, took: took, proto: "Ecp", method: "POST", host: d.w.host, stem: "/ecp/" + a.Name + ".js",
		ua: pythonAgent, ip: a.Client, auth: "FBA", status: status, back: status, tail: "&encoding=;",
		anchor: anchor, hint: "X-BEResource-Cookie", sent: 300 + d.r.IntN(900), got: 400 + d.r.IntN(3000),
		backStem: target, backQuery: query, backUser: d.w.machine,
	})
}

// hello is the first step: the answer names a mailbox.
func (d *logs) hello(a act, at int64) {
	d.put(&request{
		at: at, took: 320 + d.r.IntN(400), proto: "Ecp", method: "POST", host: d.w.host, stem: "/ecp/" + a.Name + ".js",
		ua: "ExchangeServicesClient/0.0.0.0", ip: a.Client, auth: "FBA", status: 200, back: 200, tail: "&encoding=;",
		anchor: "ServerInfo~a]@" + d.w.fqdn + ":444/autodiscover/autodiscover.xml?#", hint: "X-BEResource-Cookie",
		sent: 412, got: 3710, backStem: "/autodiscover/autodiscover.xml", backUser: d.w.machine,
	})
}

// oabChain is the whole way from the forged request to a script on disk: a
// session of the control panel, the address of the offline address book set to
// a script, the directory reset so that the script lands in a file, and the
// address put back.
func (d *logs) oabChain(a act) {
	at, canary := int64(a.At), d.canary()
	const ddi = "/ecp/DDI/DDIService.svc/"
	admin, session := d.w.sid+"-500", newGUID(d.r).String()
	old, fresh := d.w.oab.String(), newGUID(d.r).String()
	query := func(schema string) string { return "msExchEcpCanary=" + canary + "&schema=" + schema }
	command := func(at int64, took int, verb, schema, cmd string) {
		d.ecpLine(at, &ecpRequest{took: took, cmd: cmd, sid: session, user: admin, url: ddi + verb + "?" + query(schema)})
	}

	d.hello(a, at)
	d.forged(a, at+1537, 214, "/mapi/emsmdb/", "", 200)
	d.forged(a, at+4048, 1630, "/ecp/proxyLogon.ecp", "", 241)
	command(at+9201, 41, "GetObject", "OABVirtualDirectory", "Get-OabVirtualDirectory.ADPropertiesOnly=$true.Identity=$null")
	d.forged(a, at+9381, 1212, ddi+"GetObject", query("OABVirtualDirectory"), 200)

	command(at+12840, 374, "SetObject", "OABVirtualDirectory",
		"Set-OabVirtualDirectory.ExternalUrl='http://f/"+script+"'.Identity='"+old+"'")
	command(at+12902, 22, "SetObject", "OABVirtualDirectory", "Get-OabVirtualDirectory.ADPropertiesOnly=$true.Identity='"+old+"'")
	d.forged(a, at+12984, 1490, ddi+"SetObject", query("OABVirtualDirectory"), 200)

	command(at+14510, 35, "SetObject", "ResetOABVirtualDirectory", "Get-OABVirtualDirectory.Identity='"+old+"'")
	command(at+16120, 1804, "SetObject", "ResetOABVirtualDirectory",
		"Remove-OABVirtualDirectory.Force=$true.Identity='"+d.w.name+"\\OAB (Default Web Site)'")
	command(at+22390, 6011, "SetObject", "ResetOABVirtualDirectory",
		"New-OABVirtualDirectory.WebSiteName='Default Web Site'.Server='"+d.w.name+"'.Role='ClientAccess'.InternalURL='https://"+
			d.w.fqdn+"/OAB'.Path='C:\\Program Files\\Microsoft\\Exchange Server\\V15\\FrontEnd\\HttpProxy\\OAB'")
	d.forged(a, at+22611, 8940, ddi+"SetObject", query("ResetOABVirtualDirectory"), 200)

	command(at+25730, 190, "SetObject", "OABVirtualDirectory", "Set-OabVirtualDirectory.ExternalUrl=$null.Identity='"+fresh+"'")
	d.forged(a, at+25912, 960, ddi+"SetObject", query("OABVirtualDirectory"), 200)
}

// mailReading reads mail through the forged request and leaves no file.
func (d *logs) mailReading(a act) {
	at := int64(a.At)
	victims := [...]*person{&d.w.people[0], &d.w.people[2]}
	d.hello(a, at)
	for i := range a.Count {
		at += 900 + int64(d.r.IntN(7000))
		action, got := "GetItem", 3000+d.r.IntN(90_000)
		if i%9 == 0 {
			action, got = "FindItem", 20_000+d.r.IntN(30_000)
		}
		took := 60 + d.r.IntN(700)
		id := d.forged(a, at, took, "/EWS/Exchange.asmx", "", 200)
		d.ewsLine(at-3, &ewsRequest{
			took: took - 9, auth: "Kerberos", user: d.w.machine, ua: pythonAgent, ip: d.w.link, action: action, status: 200,
			sent: 900 + d.r.IntN(500), got: got, as: victims[i%2].mail, task: id,
		})
	}
}

// attempt is the forged request without success: the attacker guesses the
// server's inner name, or the server has been patched.
func (d *logs) attempt(a act) {
	at := int64(a.At)
	for i := range a.Count {
		guess := [...]string{d.w.host, "localhost", "mail." + d.w.mail, d.w.auto, "exchange.example.org", "owa.example.org"}[i%6]
		ext := ".js"
		if a.Name == "default" {
			ext = ".flt"
		} else if a.Name == "main" {
			ext = ".css"
		}
		d.put(&request{
			at: at, took: 20 + d.r.IntN(400), proto: "Ecp", method: "POST", host: d.w.host, stem: "/ecp/" + a.Name + ext,
			ua: pythonAgent, ip: a.Client, auth: "FBA", status: a.Status, tail: "&encoding=;",
			anchor: "ServerInfo~a]@" + guess + ":444/autodiscover/autodiscover.xml?#", hint: "X-BEResource-Cookie", sent: 412,
			errors: "Exception=Microsoft.Exchange.HttpProxy.HttpProxyException: NegotiateSecurityContext failed with for host '" +
				guess + "' with status 'TargetUnknown';",
		})
		at += 1100 + int64(d.r.IntN(4000))
	}
}

// shell is the use of a dropped page: a look at it, then commands, which are in
// the bodies that no log keeps.
func (d *logs) shell(a act) {
	at, step := int64(a.At), int64(a.Hours*float64(hour))/int64(a.Count)
	q := request{stem: a.Path, ip: a.Client, status: 200,
		ua: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/65.0.2345 Safari/537.36"}
	if a.Path[:5] == "/owa/" {
		q.proto, q.auth, q.host, q.tail = "Owa", "FBA", d.w.host, "&encoding=;"
	}
	for i := range a.Count {
		q := q
		q.at, q.took, q.method = at, 60+d.r.IntN(2500), "POST"
		if i == 0 {
			q.took, q.method = 1873, "GET" // the page is compiled
		}
		d.put(&q)
		at += step/2 + d.r.Int64N(step)
	}
}

// page is a GET of a page in the mail folder: answered when it exists,
// redirected to the logon form when not.
func (d *logs) page(a act, status int) {
	at := int64(a.At)
	for range a.Count {
		d.put(&request{
			at: at, took: 30 + d.r.IntN(90), proto: "Owa", method: "GET", host: d.w.host, stem: a.Path, tail: "&encoding=;",
			ua: "Mozilla/5.0 (X11; Linux x86_64; rv:78.0) Gecko/20100101 Firefox/78.0", ip: a.Client, auth: "FBA", status: status, got: 1841,
		})
		at += 20*second + d.r.Int64N(90*second)
	}
}

// exportChain is the way of August: an address with a second path in it reaches
// the back end, remote PowerShell answers, and a mailbox is exported to a page.
func (d *logs) exportChain(a act) {
	const fake = "mailtest.example"
	at, admin := int64(a.At), &d.w.people[0]
	leg := func(at int64, took int, method, path, param, ua string) guid {
		query := "@" + fake + path + "?" + param + "&Email=autodiscover/autodiscover.json%3F@" + fake
		back := param
		if back == "" {
			back = "Email=autodiscover/autodiscover.json%3F@" + fake
		}
		return d.put(&request{
			at: at, took: took, proto: "Autodiscover", method: method, host: d.w.host, stem: "/autodiscover/autodiscover.json",
			query: query, ua: ua, ip: a.Client, status: 200, back: 200, anchor: "SMTP:autodiscover/autodiscover.json?@" + fake,
			hint: "ExplicitLogon-SMTP", sent: 300 + d.r.IntN(2000), got: 500 + d.r.IntN(6000),
			backStem: path, backQuery: back, backUser: d.w.machine,
		})
	}
	leg(at, 152, "GET", "/mapi/nspi/", "", pythonAgent)
	leg(at+2110, 233, "POST", "/autodiscover/autodiscover.xml", "", pythonAgent)
	leg(at+3602, 180, "POST", "/mapi/emsmdb/", "", pythonAgent)
	draft := leg(at+9240, 611, "POST", "/EWS/exchange.asmx", "", pythonAgent)
	d.ewsLine(at+9229, &ewsRequest{took: 590, auth: "Kerberos", user: d.w.machine, ua: pythonAgent, ip: d.w.link,
		action: "CreateItem", status: 200, sent: 371_448, got: 1190, as: admin.mail, task: draft})

	shell := at + 20*second
	token := "X-Rps-CAT=" + cutToken(admin.mail)
	for i := range 9 {
		leg(shell+int64(i)*6100+int64(d.r.IntN(900)), 900+d.r.IntN(4000), "POST", "/powershell/", token, "Microsoft WinRM Client")
	}
	run := func(at int64, took int, name, params string) {
		d.cmdletLine(&d.remote, at, &cmdletRun{took: took, process: "w3wp#MSExchangePowerShellAppPool", user: admin.login,
			sid: d.w.sidOf(admin), app: "Unknown", name: name, params: params})
	}
	run(shell+14*second, 812, "New-ManagementRoleAssignment", fmt.Sprintf(`-Role "Mailbox Import Export" -User "%s"`, admin.mail))
	run(shell+31*second, 1630, "New-MailboxExportRequest", fmt.Sprintf(`-Mailbox "%s" -IncludeFolders ("#Drafts#") `+
		`-ContentFilter "(Subject -eq 'k7qz')" -ExcludeDumpster "True" -FilePath "\\127.0.0.1\C$\inetpub\wwwroot\aspnet_client\%s.aspx"`,
		admin.mail, a.Name))
	run(shell+56*second, 402, "Remove-MailboxExportRequest", `-Identity "`+admin.account+`\MailboxExport" -Confirm "False"`)
}
