package demo

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
)

// Kind is a kind of log that Large can make.
type Kind string

const (
	IIS       Kind = "iis"       // front-end site, W3C
	HTTPProxy Kind = "httpproxy" // all protocols in one file
)

// Planted is a text that stands in every planted line of a kind and in no other.
func Planted(kind Kind) string {
	if kind == HTTPProxy {
		return "ServerInfo~"
	}
	return "autodiscover.json%3F@"
}

// Large writes a log of a busy healthy server: several days, about 60 % health
// probes, the rest 1500 people's mail programs, browsers and phones. It ends
// with the last whole line that fits into size bytes.
func Large(w io.Writer, kind Kind, size int64, seed uint64) error {
	return LargeWith(w, kind, size, seed, 0)
}

// LargeWith is Large with a number of lines of an attack, evenly spread.
func LargeWith(w io.Writer, kind Kind, size int64, seed uint64, hits int) error {
	if kind != IIS && kind != HTTPProxy {
		return fmt.Errorf("demo: unknown kind of log %q", kind)
	}
	l := newLarge(kind, seed)
	if need := int64(len(l.head) + 2*hits*l.hit.length); hits < 0 || hits > 0 && size < need {
		return fmt.Errorf("demo: %d planted lines need at least %d bytes, have %d", hits, need, size)
	}
	return l.write(w, size, int64(hits))
}

// The idea: some thousand requests are rendered once, by the code that renders
// the demo, and cut where a value changes from line to line. A line is then a
// few copies with fresh times and a fresh identifier in between.

// mould is a rendered line, cut at its changing values.
type mould struct {
	parts  []part
	took   int64 // from the start of the request to its end
	length int
}

// part is text followed by a changing value.
type part struct {
	text  []byte
	value value
}

type value byte

const (
	none      value = iota
	wide            // 2021-03-01 10:00:00, as in IIS logs
	atEnd           // 2021-03-01T10:00:00.000Z, and its neighbours
	nearEnd         // a millisecond before
	atStart         // took before
	nearStart       // a millisecond after that
	requestID       // the request's identifier
)

// largeLog makes one large log.
type largeLog struct {
	kind   Kind
	sheet  *sheet
	build  build
	rnd    *rand.PCG
	probes []mould
	people []mould
	hit    mould
	head   []byte // a header block, to know its size
	mean   int    // bytes of a line
}

const (
	largePeople = 1500
	largeStart  = 18687 * day // Monday 1 March 2021
	// busy is the mean time between two lines of a busy server: 430,000 a day.
	busy = 200
	// largeDays is the shortest time that a log covers, whatever its size.
	largeDays = 3 * day
)

// probeShare is how many of 256 lines are probes, at each hour.
var probeShare = [24]uint64{205, 210, 215, 215, 210, 205, 185, 140, 110, 105, 105, 110, 125, 110, 105, 105, 110, 125, 150, 165, 175, 185, 190, 200}

func newLarge(kind Kind, seed uint64) *largeLog {
	first := plans()[0]
	fixed := first.Builds[len(first.Builds)-1].Build
	p := &plan{Name: "MAIL00", Firm: "large", To: moment(largeStart + 1000*day), Builds: []install{{Build: fixed}}}
	r := rand.New(rand.NewPCG(seed, 0x6c617267))
	d := &logs{p: p, w: newWorld(p, 40, largePeople, r), r: r, date: largeStart}
	l := &largeLog{kind: kind, build: fixed, rnd: rand.NewPCG(seed, 0x6c696e65)}
	l.sheet = &sheet{iis: kind == IIS, columns: iisColumns, logType: "HttpProxy Logs"}
	if kind == HTTPProxy {
		l.sheet.columns = httpProxyColumns
	}
	l.head = l.sheet.header(nil, largeStart, fixed)

	var into *[]mould
	d.tap = func(q *request) {
		if kind == HTTPProxy && q.proto == "" {
			return
		}
		if q.proto == "Eas" && len(*into)%3 == 0 {
			q.tail = q.backQuery[len(q.query):] // the long query of the back end
		}
		*into = append(*into, l.mould(d, q))
	}
	const noon = largeStart + 12*hour
	into = &l.probes
	for i := range 600 {
		d.frontProbe(protocols[i%len(protocols)], noon)
	}
	into = &l.people
	for i := range d.w.people {
		who := &d.w.people[i]
		d.outlook(noon, who)
		d.outlook(noon, who)
		d.phone(noon, who)
		d.webmail(noon, who)
		if i%3 == 0 {
			d.webServices(noon, who)
		}
		if i%5 == 0 {
			d.autodiscover(noon, who)
		}
	}
	var hits []mould
	into = &hits
	if kind == HTTPProxy {
		d.forged(act{Name: "y", Client: "203.0.113.66"}, noon, 214, "/mapi/emsmdb/", "", 200)
	} else {
		d.put(&request{at: noon, took: 152, proto: "Autodiscover", method: "GET", host: d.w.host, stem: "/autodiscover/autodiscover.json",
			query: "@mailtest.example/mapi/nspi/?&Email=autodiscover/autodiscover.json%3F@mailtest.example", ua: pythonAgent,
			ip: "203.0.113.66", status: 200, back: 200})
	}
	l.hit = hits[0]
	for _, m := range l.people {
		l.mean += m.length
	}
	for _, m := range l.probes {
		l.mean += m.length
	}
	l.mean /= len(l.people) + len(l.probes)
	return l
}

// mould renders a request and finds its changing values in the text.
func (l *largeLog) mould(d *logs, q *request) mould {
	id := newGUID(d.r)
	var line []byte
	var marks [7][]byte
	if l.kind == IIS {
		line = d.frontLine(nil, q, id, q.at)
		marks[wide] = appendClock(append(appendDate(nil, q.at), ' '), q.at)
	} else {
		line = d.httpProxyLine(nil, q, id)
		marks[atEnd], marks[nearEnd] = appendStamp(nil, q.at), appendStamp(nil, q.at-1)
		// For the shortest requests two marks are the same text, and then the same time.
		marks[atStart], marks[nearStart] = appendStamp(nil, q.at-int64(q.took)), appendStamp(nil, q.at-int64(q.took)+1)
	}
	marks[requestID] = id.append(nil)
	line = append(line, "\r\n"...)
	m := mould{took: int64(q.took), length: len(line)}
	for {
		at, found := len(line), none
		for v, mark := range marks {
			if mark == nil {
				continue
			}
			if i := bytes.Index(line, mark); i >= 0 && i < at {
				at, found = i, value(v)
			}
		}
		m.parts = append(m.parts, part{line[:at:at], found})
		if found == none {
			return m
		}
		line = line[at+len(marks[found]):]
	}
}

// fill appends a line of the mould for a request that ended at t. stamp holds
// the second of t as IIS (20 bytes) or Exchange write it.
func (l *largeLog) fill(b []byte, m *mould, t int64, stamp []byte) []byte {
	for i := range m.parts {
		p := &m.parts[i]
		b = append(b, p.text...)
		switch p.value {
		case wide:
			b = append(b, stamp...)
		case atEnd:
			b = append(appendThree(append(b, stamp...), int(t%second)), 'Z')
		case nearEnd:
			b = appendStamp(b, t-1)
		case atStart:
			b = appendStamp(b, t-m.took)
		case nearStart:
			b = appendStamp(b, t-m.took+1)
		case requestID:
			b = newGUID(l.rnd).append(b)
		}
	}
	return b
}

func (l *largeLog) write(w io.Writer, size, hits int64) error {
	const chunk = 1 << 20
	buf := make([]byte, 0, chunk+1<<16)
	if l.kind == HTTPProxy {
		buf = append(buf, bom...)
	}
	step := uint64(max(busy, largeDays*int64(l.mean)/max(size, 1)))
	var done, planted int64 // bytes written before buf, planted lines
	t, sec, date := int64(largeStart), int64(-1), int64(-1)
	var stamp []byte
	var share uint64
	for {
		if s := t / second; s != sec {
			sec = s
			stamp = appendDate(stamp[:0], t)
			if l.kind == IIS {
				stamp = appendClock(append(stamp, ' '), t)
			} else {
				stamp = append(appendClock(append(stamp, 'T'), t), '.')
			}
			share = probeShare[s/3600%24]
		}
		from := len(buf)
		if t/day != date { // the log begins anew each day
			date = t / day
			buf = l.sheet.header(buf, t, l.build)
		} else {
			x := l.rnd.Uint64()
			set := l.people
			if x&255 < share {
				set = l.probes
			}
			m := &set[(x>>8&0xffffff)*uint64(len(set))>>24]
			if planted < hits && done+int64(from) >= size/(hits+1)*(planted+1) {
				m = &l.hit
				planted++
			}
			buf = l.fill(buf, m, t, stamp)
			t += int64((x >> 32) * (2*step + 1) >> 32)
		}
		full := done+int64(len(buf)) > size
		if full {
			buf = buf[:from]
		}
		if full || len(buf) >= chunk {
			if _, err := w.Write(buf); err != nil {
				return err
			}
			done += int64(len(buf))
			buf = buf[:0]
		}
		if full {
			return nil
		}
	}
}
