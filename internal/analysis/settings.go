package analysis

import (
	"path"
	"slices"
	"strings"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/harden"
	"vigie/internal/identify"
	"vigie/internal/inventory"
	"vigie/internal/kb"
	"vigie/internal/record"
	"vigie/internal/settings"
)

// setUp puts what exports of configuration show against the hardening checks, and gives each host what they say of its product: the build, the
// provisos and the shields. It returns the answers of all hosts, worst first within each, hosts by name, and what is known of accounts; nothing when
// the evidence holds no export.
//
// A setting belongs to the server that its export names, else to that of the file. What is of the whole organisation counts for every server of it.
func setUp(hosts []*host, opt *Options) ([]casefile.Check, []casefile.AccountFact) {
	rules := opt.Pack.Hardening()
	var all []inventory.Setting // of organisations
	own := map[string][]inventory.Setting{}
	claims := map[string][]settings.Claim{}
	files := map[string]time.Time{}
	exports := false
	for _, h := range hosts {
		if h.seen == nil {
			continue
		}
		exports = exports || len(h.seen.settings) > 0
		for _, s := range h.seen.settings {
			if settings.Organisation(s.Key) {
				all = append(all, s)
				continue
			}
			name := record.HostName(s.Host)
			if name == "" || !named(hosts, name) {
				name = h.Name
			}
			own[name] = append(own[name], s)
		}
		claims[h.Name] = append(claims[h.Name], h.seen.claims...)
		files[h.Name] = h.seen.latest
	}
	var out []casefile.Check
	for _, h := range hosts {
		h.Known = identify.Products(h.clues(), opt.KB)
		at := h.End
		if at.IsZero() {
			// Without a record that bears a time, exports and binaries are all there is: their date, which is a claim, ends the evidence.
			at = files[h.Name].Truncate(24 * time.Hour)
			if len(h.Known) > 0 && h.Known[0].Build != "" {
				h.Begin, h.End, h.Product = at, at, true
				h.Known = identify.Products(h.clues(), opt.KB) // of that time
			}
		}
		if !exports {
			continue
		}
		list := slices.Concat(own[h.Name], all)
		if len(list) == 0 || len(own[h.Name]) == 0 && !h.Product && len(h.Known) == 0 {
			continue // nothing says that it is a server of the organisation
		}
		for _, p := range h.Known {
			list = append(list, harden.Build(p, opt.KB, at, h.Name)...)
		}
		answers := rules.Check(harden.Host{Name: h.Name, Settings: rules.Derive(list, h.Name), Claims: claims[h.Name], At: at})
		for _, a := range answers {
			if strings.Contains(a.ID, "/") { // a shield or a proviso
				h.Conditions = append(h.Conditions, a)
			} else {
				out = append(out, a)
			}
		}
		for i := range h.Known {
			kb.Settle(&h.Known[i], h.Conditions)
		}
	}
	return out, rules.Accounts(rules.Derive(all, ""))
}

func named(hosts []*host, name string) bool {
	return slices.ContainsFunc(hosts, func(h *host) bool { return strings.EqualFold(h.Name, name) })
}

// clues are all that logs and files say of the product of a host.
func (h *host) clues() []inventory.Clue {
	var out []inventory.Clue
	for _, b := range h.Timeline.Seen {
		kind := "log.component"
		if b.Source == string(record.Setup) {
			kind = "log.setup"
		}
		out = append(out, inventory.Clue{Kind: kind, Value: b.Build, Where: path.Clean(b.Ref.Path), Time: b.Last})
	}
	if h.seen == nil {
		return out
	}
	said := map[inventory.Clue]bool{}
	for _, c := range h.seen.clues {
		if c.Time.IsZero() { // a file was taken when the evidence was: what logs say of earlier times does not gainsay it
			c.Time = h.End
		}
		same := c
		same.Where = ""
		if !said[same] { // hundreds of binaries say the same: the first is told
			said[same] = true
			out = append(out, c)
		}
	}
	return out
}
