package demo

// request is one HTTP request as the logs see it: the front end's IIS log, the
// HttpProxy log when the Exchange module handles the path, and the back end's
// IIS log when it is passed on. Empty fields are empty in the logs.
type request struct {
	at   int64 // end of the request, as HttpProxy stamps it
	took int   // milliseconds

	proto  string // HttpProxy folder; "" when the module does not handle the path
	method string
	host   string
	stem   string
	query  string // without '?'
	ua     string
	ip     string // client address; "::1" for the server's own probes
	auth   string // FBA, Negotiate, Basic…
	user   string // authenticated account, as HttpProxy has it
	iis    string // the same as IIS has it, when different
	status int
	win32  int
	tail   string // what IIS appends to the query after cafeReqId

	anchor string // AnchorMailbox
	hint   string // RoutingHint
	action string // ProtocolAction
	client string // ClientRequestId
	errors string // GenericErrors
	sent   int    // bytes of the request
	got    int    // bytes of the answer

	back      int    // status of the back end; 0 when it was not asked
	backStem  string // path there; "" for the same as on the front end
	backUser  string // account there; "" for the same
	backQuery string // query there, "" for the same
}

// put writes a request into the logs that see it and gives its identifier, the
// RequestId of HttpProxy that both IIS logs carry as cafeReqId.
func (d *logs) put(q *request) guid {
	id := newGUID(d.r)
	if d.tap != nil {
		d.tap(q)
		return id
	}
	if !d.writes(q.at) {
		return id
	}
	if q.proto != "" && !d.p.gone("httpproxy", q.at) {
		d.proxy[q.proto].add(q.at, func(b []byte) []byte { return d.httpProxyLine(b, q, id) })
	}
	front := q.at + int64(d.r.IntN(4))           // IIS logs after the module has finished
	back := q.at - 1 - int64(min(q.took/12, 40)) // and the back end has finished before
	front, back = min(front, d.date+day-1), max(back, d.date)
	if d.p.gone("iis", q.at) {
		return id
	}
	d.front.add(front, func(b []byte) []byte { return d.frontLine(b, q, id, front) })
	if q.back != 0 {
		d.back.add(back, func(b []byte) []byte { return d.backLine(b, q, id, back) })
	}
	return id
}

func (d *logs) frontLine(b []byte, q *request, id guid, at int64) []byte {
	local := q.ip == "::1"
	b = append(appendClock(append(appendDate(b, at), ' '), at), ' ')
	if local {
		b = append(b, "::1 "...)
	} else {
		b = append(append(b, d.w.ip...), ' ')
	}
	b = append(append(append(append(b, q.method...), ' '), q.stem...), ' ')
	switch {
	case q.proto != "":
		b = append(append(b, q.query...), "&CorrelationID=<empty>;&cafeReqId="...)
		b = append(append(id.append(b), ';'), q.tail...)
	case q.query != "":
		b = append(b, q.query...)
	default:
		b = append(b, '-')
	}
	user := q.iis
	if user == "" {
		user = q.user
	}
	b = append(appendPlus(append(b, " 443 "...), user), ' ')
	b = append(append(b, q.ip...), ' ')
	b = append(appendPlus(b, q.ua), " - "...)
	b = append(appendInt(b, q.status), " 0 "...)
	b = append(appendInt(b, q.win32), ' ')
	return appendInt(b, q.took)
}

func (d *logs) backLine(b []byte, q *request, id guid, at int64) []byte {
	b = append(appendClock(append(appendDate(b, at), ' '), at), ' ')
	b = append(append(append(append(b, d.w.link...), ' '), q.method...), ' ')
	stem, query, user := q.backStem, q.backQuery, q.backUser
	if stem == "" {
		stem = q.stem
	}
	if query == "" {
		query = q.query
	}
	if user == "" {
		user = q.user
	}
	b = append(append(append(b, stem...), ' '), query...)
	b = append(id.append(append(b, "&CorrelationID=<empty>;&cafeReqId="...)), ';')
	b = append(appendPlus(append(b, " 444 "...), user), ' ')
	b = append(append(b, d.w.link...), ' ')
	b = append(appendPlus(b, q.ua), " - "...)
	b = append(appendInt(b, q.back), " 0 0 "...)
	return appendInt(b, q.took-min(q.took/8, 30))
}

// httpProxyLine appends the 74 columns; the counts of appendCommas are the
// empty columns between two that have a value.
func (d *logs) httpProxyLine(b []byte, q *request, id guid) []byte {
	v, proxied := d.p.running(q.at), q.back != 0
	begin := q.at - int64(q.took)
	b = append(appendStamp(b, q.at), ',')
	b = append(id.append(b), ',')
	b = append(v.columns(b), ',')
	b = append(append(b, q.client...), ',')
	b = append(append(b, q.proto...), ',')
	b = append(append(b, q.host...), ',')
	b = append(append(b, q.stem...), ',')
	b = append(append(b, q.action...), ',')
	b = append(append(b, q.auth...), ',')
	if q.user != "" {
		b = append(append(b, "true,"...), q.user...)
	} else {
		b = append(b, "false,"...)
	}
	b = append(appendBlank(appendCommas(b, 2), q.anchor), ',') // Organization is empty
	b = append(appendBlank(b, q.ua), ',')
	b = append(append(b, q.ip...), ',')
	b = append(append(b, d.w.name...), ',')
	b = append(appendInt(b, q.status), ',')
	if proxied {
		b = appendInt(b, q.back)
	}
	b = append(append(appendCommas(b, 2), q.method...), ',') // ErrorCode is empty
	if proxied {
		b = append(append(append(b, "Proxy,"...), d.w.fqdn...), ',')
		b = appendTwo(append(appendInt(b, v[0]), '.'), v[1])
		b = append(appendInt(append(b, '.'), v[2]), ".000,IntraForest,"...)
		b = append(append(b, q.hint...), ',')
		if q.anchor != "" && q.user != "" {
			b = append(d.w.db.append(append(b, "Database~"...)), "~~"...)
			b = appendClock(append(appendDate(b, q.at+30*day), 'T'), q.at)
		}
	} else {
		b = append(append(append(b, ",,,,"...), q.hint...), ',') // ProxyAction to RoutingType are empty
	}
	b = append(appendInt(appendCommas(b, 3), q.sent), ',') // RequestBytes
	b = append(appendInt(b, q.got), ",,,"...)
	b = d.latencies(b, q.took)
	b = append(b, ",,"...) // RouteRefresherLatency is empty
	if q.query != "" {
		b = append(append(b, '?'), q.query...)
	}
	b = append(appendStamp(append(b, ",,BeginRequest="...), begin), ";CorrelationID=<empty>;ProxyState-Run=None;"...)
	if proxied {
		b = append(appendInt(append(b, "FEAuth=BEVersion-"...), v[0]<<22|v[1]<<16|0x70008000|v[2]), ";BeginGetResponse="...)
		b = append(appendStamp(b, begin+1), ";OnResponseReady="...)
		b = append(appendStamp(b, q.at-1), ";EndGetResponse="...)
		b = append(appendStamp(b, q.at-1), ";ProxyState-Complete=ProxyResponseData;SharedCacheGuard=0;"...)
	}
	b = append(appendStamp(append(b, "EndRequest="...), q.at), ";,"...)
	b = append(appendCSV(b, q.errors), ",,"...)
	if proxied && q.user != "" {
		b = d.w.db.append(append(b, "|RoutingDB:"...))
	}
	return append(b, ",,,CafeV1"...)
}

// latencies appends the columns from HttpPipelineLatency to TotalRequestTime,
// which add up as on a server that answers at once.
func (d *logs) latencies(b []byte, took int) []byte {
	routing := took / 10 % 9
	work := took - routing - took/20
	b = append(b, "0,"...)                                  // HttpPipelineLatency
	b = append(appendInt(b, routing), ",,0,,0,,0,0,,0,"...) // CalculateTargetBackEndLatency … TotalSharedCacheLatency
	b = append(appendInt(b, took), ",0,0,0,0,"...)          // ActivityContextLifeTime … BackendReqStreamLatency
	b = append(appendInt(b, work), ",0,0,0,0,0,"...)        // BackendProcessingLatency … HandlerCompletionLatency
	b = append(appendInt(b, took-took/20), ",0,"...)        // RequestHandlerLatency, HandlerToModuleSwitchingLatency
	b = append(appendInt(b, work), ',')                     // ProxyTime
	b = append(appendInt(b, took-work), ',')                // CoreLatency
	b = append(appendInt(b, routing), ',')                  // RoutingLatency
	b = append(appendInt(b, took-work), ',')                // HttpProxyOverhead
	return appendInt(b, took)
}
