package demo

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// perHour is how many requests of people a working day has at each hour (UTC),
// and restPerHour one of a weekend. A real server of fifty mailboxes has a
// hundred times as many.
var (
	perHour     = [24]int{0, 0, 0, 0, 0, 1, 2, 6, 8, 8, 7, 4, 3, 6, 7, 7, 5, 3, 2, 1, 1, 1, 1, 0}
	restPerHour = [24]int{0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0}
)

// office writes a day of the people who work at the firm.
func (d *logs) office() {
	rate := &perHour
	if wd := time.UnixMilli(d.date).UTC().Weekday(); wd == time.Saturday || wd == time.Sunday {
		rate = &restPerHour
	}
	for h, n := range rate {
		if n > 3 {
			n += d.r.IntN(5) - 2
		}
		for range n {
			at := d.date + int64(h)*hour + int64(d.r.IntN(int(hour)))
			p := d.w.someone(d.r)
			switch k := d.r.IntN(100); {
			case k < 38:
				d.outlook(at, p)
			case k < 62:
				d.phone(at, p)
			case k < 82:
				d.webmail(at, p)
			case k < 93:
				d.webServices(at, p)
			default:
				d.autodiscover(at, p)
			}
		}
	}
}

// outlook is a MAPI call over HTTP; a NotificationWait is logged when it ends, minutes later.
func (d *logs) outlook(at int64, p *person) {
	verb, took := "Execute", 5+d.r.IntN(60)
	if d.r.IntN(6) == 0 {
		verb, took = "NotificationWait", 60_000+d.r.IntN(240_000)
	}
	stem, query := "/mapi/emsmdb/", "MailboxId="+p.mailbox.String()+"@"+d.w.mail
	if d.r.IntN(12) == 0 {
		stem, verb, took = "/mapi/nspi/", "QueryRows", 4+d.r.IntN(20)
	}
	client := make([]byte, 0, 120)
	client = append(appendHex(append(client, "R:{"...), p.client, 16), "}:"...)
	client = append(append(append(appendInt(client, 10+d.r.IntN(4e4)), ";RT:"...), verb...), ";CI:{"...)
	client = append(appendInt(append(appendHex(client, p.client>>7, 16), "}:"...), 1+d.r.IntN(9e6)), ";CID:{"...)
	client = append(appendHex(client, p.client>>7, 16), '}')
	d.put(&request{
		at: at, took: took, proto: "Mapi", method: "POST", host: d.w.host, stem: stem, query: query,
		ua: p.outlook, ip: p.inside, auth: "Negotiate", user: p.login, iis: p.mail, status: 200, back: 200,
		anchor: "MailboxGuid~" + p.mailbox.String(), hint: "MailboxGuidWithDomain",
		client: string(client), tail: "&ClientRequestInfo=" + string(client) + ";", sent: 70 + d.r.IntN(900), got: 130 + d.r.IntN(9000),
	})
}

// phone is an ActiveSync command; Ping waits up to a quarter of an hour.
func (d *logs) phone(at int64, p *person) {
	verbs := [...]string{"Sync", "Ping", "Sync", "Ping", "FolderSync", "ItemOperations", "SendMail", "Search"}
	verb := verbs[d.r.IntN(len(verbs))]
	took := 15 + d.r.IntN(300)
	if verb == "Ping" {
		took = 120_000 + d.r.IntN(700_000)
	}
	query := "Cmd=" + verb + "&User=" + url.QueryEscape(p.login) + "&DeviceId=" + p.deviceID + "&DeviceType=" + p.deviceType
	// What the back end knows of the command goes into its query, percent-encoded.
	log := "PrxFrom:" + d.w.link + "_Ver1:161_HH:" + d.w.host + "_Ssnf:T_Cmd:" + verb + "_Mbx:" + d.w.fqdn +
		"_Dc:DC01.example.org_Throttle:0_SBkOffD:L//470_TmRcv:" + string(appendClock(nil, at-int64(took))) +
		"_TmSt:" + string(appendClock(nil, at-int64(took)+3)) + "_DvIfo:" + p.deviceType + "_LdapC:0_RpcC:" +
		strconv.Itoa(d.r.IntN(60)) + "_RpcL:" + strconv.Itoa(d.r.IntN(90)) + "_Budget:(A)Owner:Sid~EXAMPLE\\" + p.account +
		"~Eas~false,Conn:1,MaxConn:10,MaxBurst:480000,Balance:480000,Cutoff:600000,RechargeRate:1800000_"
	d.put(&request{
		at: at, took: took, proto: "Eas", method: "POST", host: d.w.host, stem: "/Microsoft-Server-ActiveSync/default.eas",
		query: query, ua: p.phone, ip: p.outside, auth: "Basic", user: p.login, status: 200, back: 200,
		anchor: d.w.anchor(p), hint: "WindowsIdentity", sent: 13 + d.r.IntN(200), got: d.r.IntN(4000),
		backStem: "/Microsoft-Server-ActiveSync/Proxy/default.eas", backQuery: query + "&Log=" + url.QueryEscape(log),
	})
}

// webmail is one request of a browser session, its logon included.
func (d *logs) webmail(at int64, p *person) {
	q := &request{
		at: at, took: 8 + d.r.IntN(150), proto: "Owa", method: "POST", host: d.w.host, ua: p.browser, ip: p.outside,
		auth: "FBA", user: p.login, iis: p.mail, status: 200, back: 200,
		anchor: d.w.anchor(p), hint: "WindowsIdentity", sent: 400 + d.r.IntN(2000), got: 500 + d.r.IntN(30_000),
	}
	if d.r.IntN(3) == 0 {
		q.ip = p.inside
	}
	actions := [...]string{"FindItem", "GetItem", "GetConversationItems", "FindConversation", "CreateItem", "GetFolder",
		"SubscribeToNotification", "FindPeople", "GetUserAvailability", "UpdateItem"}
	switch k := d.r.IntN(12); {
	case k == 0: // logon: the page, then the form
		page := *q
		page.method, page.stem, page.query, page.tail = "GET", "/owa/auth/logon.aspx", "url=https%3a%2f%2f"+d.w.host+"%2fowa%2f&reason=0", "&encoding=;"
		page.user, page.iis, page.anchor, page.hint, page.back, page.at = "", "", "", "", 0, at-9*second
		d.put(&page)
		q.stem, q.status, q.back = "/owa/auth.owa", 302, 0
	case k == 1:
		q.method, q.stem, q.back = "GET", "/owa/auth/"+d.running3(at)+"/themes/resources/segoeui-regular.ttf", 0
		q.user, q.iis, q.anchor, q.hint = "", "", "", ""
	case k == 2: // the session has expired
		q.method, q.stem, q.query, q.status, q.back = "GET", "/owa/ev.owa2", "ns=PendingRequest&ev=FinishNotificationRequest&UA=0", 440, 0
	case k == 3:
		q.proto, q.stem = "Ecp", "/ecp/DDI/DDIService.svc/GetList"
		q.query = "msExchEcpCanary=" + d.canary() + "&schema=InboxRules"
		d.ecpLine(at-1, &ecpRequest{took: q.took, cmd: "Get-InboxRule.Mailbox='" + p.mail + "'",
			sid: newGUID(d.r).String(), url: "/ecp/DDI/DDIService.svc/GetList?" + q.query, user: d.w.sidOf(p)})
	default:
		action := actions[d.r.IntN(len(actions))]
		q.stem, q.query = "/owa/service.svc", "action="+action+"&EP=1&ID=-"+strconv.Itoa(1+d.r.IntN(400))+"&AC=1"
	}
	d.put(q)
}

// running3 is the version folder of the running build: 15.1.2176.
func (d *logs) running3(at int64) string {
	s := string(d.p.running(at).short(nil))
	return s[:strings.LastIndexByte(s, '.')]
}

// webServices is an EWS call of a mail program, after the 401 that NTLM begins with.
func (d *logs) webServices(at int64, p *person) {
	agents := [...]string{"MacOutlook/16.45.0.201108 (Intelx64 Mac OS X Version 10.15.7 (Build 19H114))",
		"AppleExchangeWebServices/807.0.5 Mail/3608.120.23.2.4", "Microsoft+Office/16.0+(CalendarAssistant)"}
	actions := [...]string{"GetItem", "FindItem", "SyncFolderItems", "GetFolder", "GetUserAvailabilityRequest", "GetStreamingEvents"}
	q := &request{
		at: at, took: 10 + d.r.IntN(200), proto: "Ews", method: "POST", host: d.w.host, stem: "/EWS/Exchange.asmx",
		ua: agents[d.r.IntN(len(agents))], ip: p.outside, auth: "NTLM", user: p.login, status: 200, back: 200,
		anchor: d.w.anchor(p), hint: "WindowsIdentity", sent: 700 + d.r.IntN(900), got: 900 + d.r.IntN(20_000),
	}
	first := *q
	first.at, first.took, first.status, first.back, first.win32 = at-int64(q.took)-90, 2, 401, 0, 5
	first.auth, first.user, first.anchor, first.hint, first.got = "", "", "", "", 0
	d.put(&first)
	id := d.put(q)
	d.ewsLine(at-2, &ewsRequest{took: q.took - 4, auth: q.auth, user: q.user, ua: q.ua, ip: q.ip, status: 200,
		action: actions[d.r.IntN(len(actions))], sent: q.sent, got: q.got, task: id})
}

// autodiscover is a client looking for its server, in the old way or the new one.
func (d *logs) autodiscover(at int64, p *person) {
	q := &request{
		at: at, took: 5 + d.r.IntN(40), proto: "Autodiscover", method: "POST", host: d.w.auto,
		stem: "/autodiscover/autodiscover.xml", ua: p.outlook, ip: p.inside, auth: "Negotiate", user: p.login, status: 200, back: 200,
		anchor: d.w.anchor(p), hint: "WindowsIdentity", sent: 330, got: 3000 + d.r.IntN(900),
	}
	if d.r.IntN(4) == 0 { // a phone asks without logging on
		q.method, q.stem, q.ua, q.ip = "GET", "/autodiscover/autodiscover.json", p.phone, p.outside
		q.query = "Email=" + url.QueryEscape(p.mail) + "&Protocol=ActiveSync&RedirectCount=1"
		q.auth, q.user, q.anchor, q.hint = "", "", "SMTP:"+p.mail, "ExplicitLogon-SMTP"
		q.sent, q.got = 0, 120
	}
	d.put(q)
}

// upkeep writes what happens without anybody at a desk: mail coming in, the
// nightly script of the administrator.
func (d *logs) upkeep() {
	subjects := [...]string{"Commande 4417", "RE: planning de la semaine", "Facture à régler", "Réunion de lundi",
		"TR: dossier complet", "Devis, version corrigée", "Livraison reportée", "Bonne année", "Relance", "Compte rendu"}
	firms := [...]string{"fournisseur", "client", "partenaire", "banque", "assurance"}
	for h, n := range perHour {
		for range (n + 5) / 9 {
			p := d.w.someone(d.r)
			from := strings.ToLower(givenNames[d.r.IntN(len(givenNames))]) + "@" + firms[d.r.IntN(len(firms))] + ".example"
			d.mail(d.date+int64(h)*hour+int64(d.r.IntN(int(hour)-1000)), from, p.mail, outsideAddress(d.r),
				subjects[d.r.IntN(len(subjects))], 4000+d.r.IntN(300_000))
		}
	}
	night := d.date + 2*hour + int64(d.r.IntN(60_000))
	for i, name := range [...]string{"Get-Mailbox", "Get-MailboxStatistics", "Get-MailboxDatabase"} {
		params := `-ResultSize "Unlimited"`
		if i > 0 {
			params = `-Server "` + d.w.name + `"`
		}
		d.cmdletLine(&d.cmdlet, night+int64(i)*3*second, &cmdletRun{
			took: 200 + d.r.IntN(2000), process: "powershell", user: `EXAMPLE\svc-inventaire`, sid: d.w.sid + "-1190",
			app: "EMC", name: name, params: params,
		})
	}
}
