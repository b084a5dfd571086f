package scanreport

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// readShadowserver reads a report by the names of its columns, which are the same in all reports of Shadowserver (report_schema). Rows of one
// address that follow each other are one host.
func readShadowserver(r io.Reader, yield func(Host, error) bool) {
	in := &record{r: r}
	rows := csv.NewReader(in)
	rows.FieldsPerRecord = -1
	rows.LazyQuotes = true
	in.begin()
	header, err := rows.Read()
	if err != nil || !slices.Contains(header, "timestamp") || !slices.Contains(header, "ip") {
		yield(Host{}, ErrUnknown)
		return
	}
	column := map[string]int{}
	for i, name := range header {
		if _, twice := column[name]; !twice {
			column[name] = i
		}
	}
	var last Host
	flush := func() bool { return len(last.Answers) == 0 || yield(last, nil) }
	for {
		in.begin()
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			flush()
			return
		}
		line, _ := rows.FieldPos(0)
		if err != nil {
			if parse, ok := errors.AsType[*csv.ParseError](err); ok {
				line = parse.Line
				err = parse.Err
			}
			if flush() {
				yield(Host{}, fmt.Errorf("shadowserver report, line %d: %w", line, err))
			}
			return
		}
		get := func(name string) string {
			if i, ok := column[name]; ok && i < len(row) {
				return strings.TrimSpace(row[i])
			}
			return ""
		}
		addr, err := netip.ParseAddr(get("ip"))
		if err != nil {
			if !yield(Host{}, fmt.Errorf("shadowserver report, line %d: no address in the column ip", line)) {
				return
			}
			continue
		}
		h := Host{Target: addr.Unmap().WithZone("").String(), Source: "shadowserver"}
		if t, err := time.Parse("2006-01-02 15:04:05", get("timestamp")); err == nil {
			h.Time = t
		}
		if last.Target != h.Target {
			if !flush() {
				return
			}
			last = h
		}
		last.row(get, fmt.Sprintf("shadowserver, line %d, port %s", line, cutName(get("port"))))
	}
}

// row takes what one row shows.
func (h *Host) row(get func(string) string, where string) {
	tag := get("tag")
	h.add("scan.tag", tag, where)
	if v := get("version"); v != "" {
		first, _, _ := strings.Cut(tag, ";")
		h.add("scan.version", first+" "+v, where)
	}
	if vendor := get("device_vendor"); vendor != "" {
		h.add("scan.device", strings.TrimSpace(vendor+" "+get("device_model")), where)
	}
	h.add("header:Server", get("server"), where)
	if cookie, _, ok := strings.Cut(get("set_cookie"), "="); ok {
		h.add("cookie", cookie, where)
	}
	if banner := get("banner"); strings.HasPrefix(banner, "220") {
		h.add("smtp.banner", banner, where)
	}
}
