package demo

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
)

// logs is the state while one server's logs are written, a day at a time.
type logs struct {
	p *plan
	w *world
	r *rand.Rand // of the day or of the act that is being written

	date int64 // first millisecond of the day that is being written

	front, back sheet             // IIS sites 1 and 2
	proxy       map[string]*sheet // HttpProxy, by protocol
	ecp, ews    sheet
	cmdlet      sheet // cmdlets of consoles and services on the server
	remote      sheet // cmdlets of remote PowerShell
	track       sheet // message tracking
	message     int   // internal message identifier

	// tap takes the requests in place of the logs, for the large logs.
	tap func(*request)
}

// protocols are the HttpProxy folders that are written.
var protocols = []string{"Owa", "Ecp", "Ews", "Eas", "Mapi", "Autodiscover"}

func newLogs(p *plan, seed uint64) *logs {
	n := slices.Index(plans(), p)
	d := &logs{
		p: p, w: newWorld(p, n, mailboxes, rand.New(rand.NewPCG(seed, uint64(n)<<32|0xffffffff))), message: 41_000_000 + n*1_000_000,
	}
	d.front = sheet{dir: "inetpub/logs/LogFiles/W3SVC1", prefix: "u_ex", suffix: ".log", iis: true, columns: iisColumns}
	d.back = sheet{dir: "inetpub/logs/LogFiles/W3SVC2", prefix: "u_ex", suffix: ".log", iis: true, columns: iisColumns}
	d.proxy = map[string]*sheet{}
	for _, proto := range protocols {
		d.proxy[proto] = &sheet{dir: "Logging/HttpProxy/" + proto, prefix: "HttpProxy_", suffix: "00-1.LOG",
			columns: httpProxyColumns, logType: "HttpProxy Logs", plain: p.PlainHeader}
	}
	d.ecp = sheet{dir: "Logging/ECP/Server", prefix: "ECPServer", suffix: "-1.LOG",
		columns: ecpColumns, logType: "ECP Server Log", version: "15.0.0.0"}
	d.ews = sheet{dir: "Logging/Ews", prefix: "Ews_", suffix: "00-1.LOG",
		columns: ewsColumns, logType: "EWS Logs", plain: p.PlainHeader}
	d.cmdlet = sheet{dir: "Logging/CmdletInfra/LocalPowerShell/Cmdlet", prefix: "Rps_Cmdlet_", suffix: "00-1.LOG",
		columns: cmdletColumns, logType: "Rps Cmdlet Logs", plain: p.PlainHeader}
	d.remote = sheet{dir: "Logging/CmdletInfra/Powershell-Proxy/Cmdlet", prefix: "Rps_Cmdlet_", suffix: "00-1.LOG",
		columns: cmdletColumns, logType: "Rps Cmdlet Logs", plain: p.PlainHeader}
	d.track = sheet{dir: "TransportRoles/Logs/MessageTracking", prefix: "MSGTRK", suffix: "00-1.LOG",
		columns: trackingColumns, logType: "Message Tracking Log"}
	return d
}

// write makes one server's folder.
func (p *plan) write(ctx context.Context, root string, seed uint64) error {
	d := newLogs(p, seed)
	if err := p.writeSetup(root, d.w); err != nil {
		return err
	}
	n := uint64(slices.Index(plans(), p))
	var out []byte
	for d.date = int64(p.From) / day * day; d.date < int64(p.To); d.date += day {
		if err := ctx.Err(); err != nil {
			return err
		}
		d.r = rand.New(rand.NewPCG(seed, n<<32|uint64(d.date/day)))
		d.probes()
		d.office()
		d.internet()
		d.upkeep()
		for i, a := range p.Acts {
			// An act draws from its own seed, so that one over several days is
			// played on each and only the requests of the day are kept.
			d.r = rand.New(rand.NewPCG(seed, n<<32|1<<31|uint64(i)))
			d.play(a)
		}
		var err error
		if out, err = d.flush(root, out); err != nil {
			return err
		}
	}
	if err := p.drop(root); err != nil {
		return err
	}
	return p.spoil(root)
}

// writes tells whether a line of time t belongs to the day and gets logged.
func (d *logs) writes(t int64) bool {
	return t >= d.date && t < d.date+day && !d.p.down(t)
}

// flush writes the files of a day.
func (d *logs) flush(root string, out []byte) ([]byte, error) {
	sheets := []*sheet{&d.front, &d.back}
	for _, proto := range protocols {
		sheets = append(sheets, d.proxy[proto])
	}
	sheets = append(sheets, &d.ecp, &d.ews, &d.cmdlet, &d.remote, &d.track)
	for _, s := range sheets {
		var err error
		if out, err = s.flush(root, d.date, d.p, out); err != nil {
			return out, err
		}
	}
	return out, nil
}

// create writes one file below root with its folders.
func create(root, name string, content []byte) error {
	path := filepath.Join(root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o644)
}
