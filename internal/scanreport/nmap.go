package scanreport

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// maxDepth is over the depth of real reports: nmaprun, host, ports, port, script, and tables in it.
const maxDepth = 64

// nmap is the state of reading one report. The elements and attributes are those of nmap.dtd.
type nmap struct {
	host  Host
	name  string // that the user gave, or of the reverse look-up
	port  string // "443/tcp", "" outside of ports
	open  bool
	proto string // name of the service
	cpe   bool   // inside of an element cpe
}

// readNmap walks the tokens of a report: a host is given when its element ends.
func readNmap(r io.Reader, yield func(Host, error) bool) {
	in := &record{r: r}
	dec := xml.NewDecoder(in)
	dec.Strict = true
	var n nmap
	depth, inHost, sawRun := 0, false, false
	for {
		in.begin()
		token, err := dec.RawToken()
		if err != nil {
			if !errors.Is(err, io.EOF) || depth > 0 {
				yield(Host{}, fmt.Errorf("nmap report, byte %d: %w", dec.InputOffset(), shortError(err)))
			} else if !sawRun {
				yield(Host{}, ErrUnknown)
			}
			return
		}
		switch e := token.(type) {
		case xml.StartElement:
			if depth++; depth > maxDepth {
				yield(Host{}, fmt.Errorf("nmap report, byte %d: elements nested over %d deep", dec.InputOffset(), maxDepth))
				return
			}
			name := e.Name.Local
			switch {
			case depth == 1 && name != "nmaprun":
				yield(Host{}, ErrUnknown)
				return
			case depth == 1:
				sawRun = true
			case depth == 2 && name == "host":
				n, inHost = nmap{host: Host{Source: "nmap"}}, true
				n.host.Time = unix(attr(e, "endtime"), attr(e, "starttime"))
			case inHost:
				n.start(e)
			}
		case xml.CharData:
			if n.cpe && n.open {
				n.host.add("scan.cpe", strings.TrimSpace(string(e[:min(len(e), 255)])), "nmap, "+n.host.Target+" "+n.port)
			}
		case xml.EndElement:
			n.cpe = false
			if depth--; depth < 0 {
				yield(Host{}, fmt.Errorf("nmap report, byte %d: an end without a beginning", dec.InputOffset()))
				return
			}
			switch {
			case e.Name.Local == "port":
				n.port, n.open, n.proto = "", false, ""
			case depth == 1 && inHost:
				inHost = false
				if n.name != "" {
					n.host.Target = n.name
				}
				if n.host.Target != "" && len(n.host.Answers) > 0 && !yield(n.host, nil) {
					return
				}
			}
		}
	}
}

// shortError keeps text of the file out of messages.
func shortError(err error) error {
	syntax, ok := errors.AsType[*xml.SyntaxError](err)
	switch {
	case ok && syntax.Msg == "unexpected EOF", errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the report is cut off")
	case ok:
		return errors.New("not well-formed XML")
	}
	return err
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// unix reads the first of some times in seconds that is one; the zero time when none is.
func unix(texts ...string) time.Time {
	for _, s := range texts {
		if n, err := strconv.ParseInt(s, 10, 64); err == nil && n > 0 && n < 1<<33 {
			return time.Unix(n, 0).UTC()
		}
	}
	return time.Time{}
}

func (n *nmap) start(e xml.StartElement) {
	where := "nmap, " + n.host.Target + " " + n.port
	switch e.Name.Local {
	case "address":
		if kind := attr(e, "addrtype"); kind == "ipv4" || kind == "ipv6" && n.host.Target == "" {
			n.host.Target = cutName(attr(e, "addr"))
		}
	case "hostname":
		if n.name == "" || attr(e, "type") == "user" {
			n.name = cutName(attr(e, "name"))
		}
	case "port":
		n.port = cutName(attr(e, "portid")) + "/" + cutName(attr(e, "protocol"))
	case "state":
		n.open = n.port != "" && attr(e, "state") == "open"
	case "service":
		if !n.open {
			return
		}
		n.proto = attr(e, "name")
		product, version := attr(e, "product"), attr(e, "version")
		n.host.add("scan.product", product, where)
		if version != "" {
			n.host.add("scan.version", product+" "+version, where)
		}
	case "cpe":
		n.cpe = true
	case "script":
		if n.open {
			n.script(attr(e, "id"), attr(e, "output"), where+", "+cutName(attr(e, "id")))
		}
	}
}

// cutName bounds names and addresses.
func cutName(s string) string {
	return strings.ToValidUTF8(s[:min(len(s), 255)], "")
}

var buildText = regexp.MustCompile(`\b\d{1,2}\.\d{1,2}\.\d{1,5}(?:\.\d{1,5})?\b`)

// script reads the output of the scripts that show what our own prober looks at.
func (n *nmap) script(id, output, where string) {
	output = output[:min(len(output), maxText)]
	switch id {
	case "http-server-header":
		n.host.add("header:Server", strings.TrimSpace(output), where)
	case "http-title":
		title, _, _ := strings.Cut(strings.TrimSpace(output), "\n")
		n.host.add("title", strings.TrimSpace(title), where)
	case "http-headers":
		for line := range strings.Lines(output) {
			if name, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
				n.host.add("header:"+name, value, where)
				n.host.add("headers", name+": "+value, where)
			}
		}
	case "ssl-cert":
		for line := range strings.Lines(output) {
			if subject, ok := strings.CutPrefix(strings.TrimSpace(line), "Subject: "); ok {
				n.host.add("tls.subject", subject, where)
			}
		}
	case "smtp-commands":
		n.host.add("smtp.ehlo", strings.ReplaceAll(output, ", ", "\n"), where)
	case "banner":
		switch n.proto {
		case "smtp", "imap":
			n.host.add(n.proto+".banner", output, where)
		case "pop3":
			n.host.add("pop.banner", output, where)
		}
	case "ms-exchange-version", "http-vuln-exchange":
		for _, b := range buildText.FindAllString(output, 4) {
			n.host.add("scan.version", "exchange "+b, where)
		}
	}
}
