package estate

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"vigie/internal/fingerprint"
	"vigie/internal/identify"
	"vigie/internal/scanreport"
	"vigie/internal/settings"
)

// scan reads a report of Nmap or Shadowserver. What the fingerprints make a product of is told with its build; any other name of a scanner as it stands.
func (l *List) scan(r Reader, data []byte) error {
	for h, err := range scanreport.Read(bytes.NewReader(data)) {
		switch {
		case errors.Is(err, scanreport.ErrUnknown):
			return ErrForm
		case err != nil:
			l.gap("report", err.Error(), err.Error())
			continue
		}
		l.Form = h.Source
		var g fingerprint.Gathering
		named := map[string]bool{}
		for _, a := range h.Answers {
			if r.Prints != nil {
				g.Add(r.Prints.Read(a))
			}
		}
		if r.KB != nil {
			for _, p := range identify.Products(g.Clues, r.KB) {
				named[p.ID] = true
				if !l.add(Item{Asset: h.Target, Product: p.Name, Version: p.Build, Updates: p.Updates, Source: h.Source, Seen: h.Time}) {
					return fmt.Errorf("over %d items", maxItems)
				}
			}
		}
		for _, a := range h.Answers {
			i := Item{Asset: h.Target, Source: a.Where, Seen: h.Time}
			switch a.At {
			case "scan.version": // "product version"
				if n := strings.LastIndexByte(a.Text, ' '); n > 0 {
					i.Product, i.Version = a.Text[:n], a.Text[n+1:]
				}
			case "scan.device":
				i.Product = a.Text
			}
			if i.Product == "" || named["exchange"] && strings.Contains(strings.ToLower(i.Product), "exchange") {
				continue
			}
			if !l.add(i) {
				return fmt.Errorf("over %d items", maxItems)
			}
		}
	}
	if l.Form == "" {
		return ErrForm
	}
	return nil
}

var windowsBuild = regexp.MustCompile(`^\d+\.\d+\.\d{4,5}$`)

// systemInfo reads the output of systeminfo or a list of updates, in any language: Windows as one item with its updates. It tells the build without the
// revision, which only an update list or another source narrows. False when the text is neither.
func (l *List) systemInfo(name string, data []byte) bool {
	if !settings.Is(data[:min(len(data), settings.SniffSize)]) {
		return false
	}
	facts, gaps := settings.Read(name, data, settings.Options{})
	if facts.Form != settings.SystemInfo && facts.Form != settings.Hotfixes {
		return false
	}
	l.Form = string(facts.Form)
	i := Item{Asset: facts.Host, Vendor: "Microsoft", Product: "Windows", Source: l.Form + " " + name}
	if i.Asset == "" {
		i.Asset = name
	}
	for _, s := range facts.Settings {
		switch s.Key {
		case "windows.system.caption":
			i.Product = s.Value
		case "windows.system.version":
			if windowsBuild.MatchString(s.Value) {
				i.Version = s.Value
			}
		}
	}
	for _, c := range facts.Clues {
		if c.Kind == "update.kb" {
			i.Updates = append(i.Updates, c.Value)
		}
	}
	for _, g := range gaps {
		l.gap(g.Path, g.Code, g.Code)
	}
	l.add(i)
	return true
}
