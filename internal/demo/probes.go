package demo

// Exchange asks itself whether it works, day and night: most lines of a small
// server are these probes.

const probeAgent = "AMProbe/Local/ClientAccess"

// probeGap is the time between two rounds of probes: a real server makes them
// every minute or two, here they are spread so thin that the required sources
// are just never silent for ten minutes.
const probeGap = 9 * minute

// probes writes a day of health probes. Each round asks one protocol of the
// front end, in turn, and one component of the back end.
func (d *logs) probes() {
	for round := range int(day / probeGap) {
		t := d.date + int64(round)*probeGap + int64(d.r.IntN(40_000))
		d.frontProbe(protocols[round%len(protocols)], t)
		d.backProbe(t + int64(d.r.IntN(12_000)))
		if round%11 == 0 {
			d.componentProbe(t + 13*second)
		}
	}
}

// frontProbe asks one protocol on port 443: mostly whether it is alive, at
// times with a mailbox all the way to the back end.
func (d *logs) frontProbe(proto string, at int64) {
	q := &request{
		at: at, took: 1 + d.r.IntN(4), proto: proto, method: "GET", host: "localhost",
		ua: probeAgent, ip: "::1", auth: "Negotiate", status: 200, got: 0,
	}
	deep := d.r.IntN(9) == 0
	p := d.w.probe(d.r)
	if deep {
		q.user, q.iis, q.took, q.back = p.login, p.mail, 9+d.r.IntN(45), 200
		q.anchor, q.hint, q.got = d.w.anchor(p), "WindowsIdentity", 300+d.r.IntN(900)
	}
	switch proto {
	case "Owa":
		q.auth, q.stem = "FBA", "/owa/exhealth.check"
		if deep {
			q.stem = "/owa/"
		}
	case "Ecp":
		q.auth, q.stem = "FBA", "/ecp/exhealth.check"
		if deep { // the probe that checks that nobody gets in without a session
			q.stem, q.status, q.back, q.user, q.iis, q.anchor, q.hint = "/ecp/", 302, 0, "", "", "", ""
			q.tail = "&LogoffReason=NoCookiesGetOrE14AuthPost"
		}
	case "Ews":
		q.stem = "/EWS/exhealth.check"
		if deep {
			q.method, q.stem = "POST", "/EWS/Exchange.asmx"
		}
	case "Eas":
		q.auth, q.stem = "Basic", "/Microsoft-Server-ActiveSync/exhealth.check"
		if deep {
			q.method, q.stem = "OPTIONS", "/Microsoft-Server-ActiveSync/default.eas"
			q.hint = "WindowsIdentity-NoDatabase"
		}
	case "Mapi":
		q.stem = "/mapi/exhealth.check"
		if deep {
			q.method, q.stem, q.ua = "POST", "/mapi/emsmdb/", "MapiHttpClient"
			q.query, q.hint = "MailboxId="+p.mailbox.String()+"@example.org", "MailboxGuidWithDomain"
			q.anchor = "MailboxGuid~" + p.mailbox.String()
		}
	case "Autodiscover":
		q.stem = "/Autodiscover/exhealth.check"
		if deep {
			q.method, q.stem = "POST", "/Autodiscover/autodiscover.svc"
		}
	}
	d.put(q)
}

// backProbe asks one component on port 444 directly; only site 2 sees it.
func (d *logs) backProbe(at int64) {
	if !d.writes(at) || d.p.gone("iis", at) {
		return
	}
	p := d.w.probe(d.r)
	method, stem, query, user, ua := "GET", "", "-", p.login, probeAgent
	switch d.r.IntN(6) {
	case 0:
		stem = "/owa/exhealth.check"
	case 1:
		stem = "/ecp/exhealth.check"
	case 2:
		method, stem, ua = "POST", "/EWS/Exchange.asmx", "Ews_AM_Probe/Local/ProtocolSelfTest"
	case 3:
		method, stem, ua = "POST", "/mapi/emsmdb/", "MapiHttpClient"
		query = "MailboxId=" + p.mailbox.String() + "@example.org"
	case 4:
		method, stem, ua = "POST", "/PushNotifications/service.svc/AppConfig", "Microsoft.Exchange.Monitoring.ActiveMonitoring"
		user = "-"
	case 5:
		method, stem, ua = "OPTIONS", "/Microsoft-Server-ActiveSync/Proxy", "Microsoft.Exchange.Monitoring.ActiveMonitoring"
	}
	took := 2 + d.r.IntN(30)
	d.back.add(at, func(b []byte) []byte {
		b = append(appendClock(append(appendDate(b, at), ' '), at), " ::1 "...)
		b = append(append(append(append(b, method...), ' '), stem...), ' ')
		b = append(append(append(b, query...), " 444 "...), user...)
		b = append(appendPlus(append(b, " ::1 "...), ua), " - 200 0 0 "...)
		return appendInt(b, took)
	})
}

// componentProbe leaves the lines that probes leave in the logs of components.
func (d *logs) componentProbe(at int64) {
	p := d.w.probe(d.r)
	canary := d.canary()
	d.ecpLine(at, &ecpRequest{
		took: 8 + d.r.IntN(30), cmd: "Get-InboxRule", sid: newGUID(d.r).String(),
		url: "/ecp/RulesEditor/InboxRules.svc/GetList?msExchEcpCanary=" + canary, user: d.w.sidOf(p),
	})
	d.ewsLine(at+second, &ewsRequest{
		took: 10 + d.r.IntN(60), auth: "Negotiate", user: p.login, ua: "Ews_AM_Probe/Local/ProtocolSelfTest",
		ip: "::1", action: "GetFolder", status: 200, sent: 790, got: 1300 + d.r.IntN(40), task: newGUID(d.r),
	})
	d.cmdletLine(&d.cmdlet, at+2*second, &cmdletRun{
		took: 20 + d.r.IntN(80), process: "MSExchangeHMWorker", user: `NT AUTHORITY\SYSTEM`, sid: "S-1-5-18",
		app: "EMC", name: "Get-MailboxDatabaseCopyStatus", params: `-Server "` + d.w.name + `"`,
	})
}

// canary is the opaque token of an ECP session.
func (d *logs) canary() string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	b := make([]byte, 0, 60)
	for range 58 {
		b = append(b, letters[d.r.IntN(len(letters))])
	}
	return string(append(b, '.'))
}
