package demo

import "strings"

// The logs of components behind the front end: ECP, EWS, PowerShell, transport.

type ecpRequest struct {
	took int
	cmd  string
	url  string
	user string // SID
	sid  string // session
	ex   string // exception
}

// ecpLine writes one command of the control panel into ECP\Server.
func (d *logs) ecpLine(at int64, q *ecpRequest) {
	if !d.writes(at) {
		return
	}
	act, v := newGUID(d.r), d.p.running(at)
	data := make([]byte, 0, 600)
	data = append(appendInt(append(data, "S:TIME="...), q.took), ";S:SID="...)
	data = append(append(append(data, q.sid...), ';'), ecpValue("S:CMD="+q.cmd)...)
	data = append(append(data, ";S:REQID=;S:URL="...), q.url...)
	data = append(append(data, ";S:REFERRER=;"...), ecpValue("S:EX="+q.ex)...)
	data = append(act.append(append(data, ";S:ACTID="...)), ";S:RS=0;S:BLD="...)
	data = append(v.short(data), ";S:TNAME=<null>;S:TID=;S:USID="...)
	data = append(append(data, q.user...), ";S:EDOID=;S:ACID="...)
	d.ecp.add(at, func(b []byte) []byte {
		b = append(appendStamp(b, at), ',')
		b = append(append(b, d.w.name...), ",ECP.Request,"...)
		return appendCSV(b, string(data))
	})
}

// ecpValue puts single quotes around a pair that holds quotes or separators,
// doubling those inside, as the control panel does.
func ecpValue(pair string) string {
	special := false
	for i := range len(pair) {
		if c := pair[i]; c == '\'' || c == '"' || c == ';' || c == ',' {
			special = true
		}
	}
	if !special {
		return pair
	}
	b := []byte{'\''}
	for i := range len(pair) {
		if pair[i] == '\'' {
			b = append(b, '\'')
		}
		b = append(b, pair[i])
	}
	return string(append(b, '\''))
}

type ewsRequest struct {
	took      int
	auth      string
	user      string
	ua        string
	ip        string
	action    string // SOAP action
	status    int
	sent, got int
	as        string // impersonated user
	task      guid   // request of the front end
}

// ewsLine writes one EWS call; most of the 92 columns are empty or budgets.
func (d *logs) ewsLine(at int64, q *ewsRequest) {
	if !d.writes(at) {
		return
	}
	id, v := newGUID(d.r), d.p.running(at)
	d.ews.add(at, func(b []byte) []byte {
		b = append(appendStamp(b, at), ',')
		b = append(id.append(b), ',')
		b = append(v.columns(b), ",,,"...) // Ring and ClientRequestId are empty
		b = append(append(b, q.auth...), ",true,"...)
		b = append(append(b, q.user...), ",,"...)
		b = append(appendBlank(b, q.ua), ",Target=None;Req=Exchange2016/Exchange2016;,"...)
		b = append(append(b, q.ip...), ',')
		b = append(append(b, d.w.name...), ',')
		b = append(append(b, d.w.fqdn...), ',')
		b = append(append(b, q.action...), ',')
		b = append(appendInt(b, q.status), ',')
		b = append(appendInt(b, q.sent), ',')
		b = append(appendInt(b, q.got), ",,"...) // ErrorCode is empty
		b = append(append(b, q.as...), ",,,,"...)
		b = append(q.task.append(b), ",PrimaryServer,LocalTask,0,1,0,1,0,0,1,0,0,0,0,0,0,0,0,0,0,0,0,,,,GlobalThrottlingPolicy,0.1,[C],1,2,3,"...)
		b = append(appendInt(b, q.took/3), ",1,0,0,0,0,1,2,"...) // TotalMBXRequestLatency … PreExecutionLatency
		b = append(appendInt(b, q.took-3), ',')
		b = append(appendInt(b, q.took), ",,,MailboxTypeCacheSize=2;"...) // GenericInfo
		b = append(appendStamp(append(b, ",,,,"...), at-int64(q.took)), ",9116"...)
		b = appendCommas(b, 17)
		return append(b, "Normal"...)
	})
}

type cmdletRun struct {
	took    int
	process string
	user    string
	sid     string
	app     string
	name    string
	params  string
	errors  string
	failed  bool
}

// cmdletLine writes one cmdlet into a Rps_Cmdlet log.
func (d *logs) cmdletLine(s *sheet, at int64, q *cmdletRun) {
	if !d.writes(at) {
		return
	}
	id, unique, v := newGUID(d.r), newGUID(d.r), d.p.running(at)
	result, kind := "Success", ""
	if q.failed {
		result, kind = "Failure", "Task"
	}
	s.add(at, func(b []byte) []byte {
		b = append(appendStamp(b, at), ',')
		b = append(appendStamp(b, at-int64(q.took)), ',')
		b = append(id.append(b), ",,"...)
		b = append(v.columns(b), ',')
		b = append(append(b, d.w.name...), ",7312,"...)
		b = append(append(b, q.process...), ",24,fr-FR,,"...)
		b = append(append(b, q.user...), ',')
		b = append(append(b, q.sid...), ",,,True,"...)
		b = append(append(b, q.app...), ',')
		b = append(append(b, q.name...), ',')
		b = append(appendCSV(b, q.params), ',')
		b = append(unique.append(b), ",,,,False,,,,,,,,,0,0,False"...) // … IsOutputObjectRedacted
		b = append(appendCommas(b, 7), "1,"...)                        // OutputObjectCount
		b = append(appendInt(append(b, "1,2,"...), q.took), ",1,0,"...)
		b = append(appendInt(b, q.took), ",1,0,1,"...)
		b = append(appendInt(b, q.took+4), ',')
		b = append(appendInt(b, q.took+6), ',')
		b = append(append(append(append(b, kind...), ','), result...), ",1,0,,,"...)
		return append(appendCSV(b, q.errors), ",,,,"...)
	})
}

// mail writes the tracking lines of one message: received, then delivered.
func (d *logs) mail(at int64, from, to, client, subject string, size int) {
	if !d.writes(at) || !d.writes(at+400) {
		return
	}
	d.message++
	number, network, v := d.message, newGUID(d.r), d.p.running(at)
	id := string(append(network.append([]byte{'<'}), ("@" + from[1+strings.IndexByte(from, '@'):] + ">")...))
	line := func(at int64, source, event, context string, client string) {
		d.track.add(at, func(b []byte) []byte {
			b = append(appendStamp(b, at), ',')
			b = append(append(b, client...), ",,"...)
			b = append(append(b, d.w.ip...), ',')
			b = append(append(b, d.w.name...), ',')
			b = append(appendCSV(b, context), ",,"...)
			b = append(append(append(append(b, source...), ','), event...), ',')
			b = append(appendInt(b, number), ',')
			b = append(append(b, id...), ',')
			b = append(network.append(b), ',')
			b = append(append(b, to...), ",,"...)
			b = append(appendInt(b, size), ",1,,,"...)
			b = append(appendCSV(b, subject), ',')
			b = append(append(b, from...), ',')
			b = append(append(b, from...), ",,Incoming,,"...)
			b = append(append(b, client...), ',')
			b = append(append(b, d.w.ip...), ",S:DeliveryPriority=Normal;S:AccountForest=example.org,Email,"...)
			return v.long(append(network.append(b), ','))
		})
	}
	line(at, "SMTP", "RECEIVE", string(appendStamp(append(appendHex(nil, d.r.Uint64(), 16), ';'), at-300))+";0", client)
	line(at+400, "STOREDRIVER", "DELIVER", "MDB:"+d.w.db.String()+", Mailbox:"+newGUID(d.r).String(), d.w.ip)
}

func (w *world) sidOf(p *person) string { return w.anchor(p)[len("Sid~"):] }
