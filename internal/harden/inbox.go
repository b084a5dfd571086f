package harden

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"vigie/internal/inventory"
)

// inboxRules finds rules that take mail out of the organisation, delete it, or hide it.
func (d *deriver) inboxRules() {
	where, ok := d.kinds["exchange.inbox-rule"]
	if !ok {
		return
	}
	at := func(name string) map[string][]string {
		m := map[string][]string{}
		for _, s := range d.byKey["exchange.inbox-rule."+name] {
			m[s.Where] = append(m[s.Where], s.Value)
		}
		return m
	}
	enabled, name, mailbox := at("enabled"), at("name"), at("mailbox")
	forwards := []map[string][]string{at("forwardto"), at("forwardasattachmentto"), at("redirectto")}
	deletes, folder, read := at("deletemessage"), at("movetofolder"), at("markasread")
	var domains []string
	for _, s := range d.byKey["exchange.accepted-domain.domainname"] {
		domains = append(domains, strings.ToLower(strings.TrimPrefix(s.Value, "*.")))
	}
	found := false
	for _, s := range d.places("exchange.inbox-rule.") {
		w := s.Where
		if is(enabled[w], "false") {
			continue
		}
		var why []string
		for _, f := range forwards {
			for _, to := range f[w] {
				if a := outside(to, domains); a != "" {
					why = append(why, "forwards to "+a)
				}
			}
		}
		hidden := slices.ContainsFunc(folder[w], d.hiding)
		if is(deletes[w], "true") {
			why = append(why, "deletes")
		}
		if hidden && is(read[w], "true") {
			why = append(why, "hides in "+folder[w][0])
		}
		if len(why) == 0 {
			continue
		}
		found = true
		subject := s.Subject
		if len(mailbox[w]) > 0 {
			subject = mailbox[w][0]
		}
		if len(name[w]) > 0 {
			subject += ": " + name[w][0]
		}
		d.add("exchange.inbox-rule.suspicious", fmt.Sprintf("%s (%s)", subject, strings.Join(why, ", ")), "1", w, s.Time)
	}
	if !found {
		d.add("exchange.inbox-rule.suspicious", "", "0", where, time.Time{})
	}
}

// places gives one setting for each object of a kind, in the order of the evidence.
func (d *deriver) places(prefix string) []inventory.Setting {
	seen := map[string]bool{}
	var out []inventory.Setting
	for _, s := range d.list {
		if strings.HasPrefix(s.Key, prefix) && !seen[s.Where] {
			seen[s.Where] = true
			out = append(out, s)
		}
	}
	return out
}

func is(values []string, want string) bool {
	return slices.ContainsFunc(values, func(v string) bool { return strings.EqualFold(v, want) })
}

// hiding tells a folder into which nobody looks: rules of attackers move answers to their mails there.
func (d *deriver) hiding(folder string) bool {
	low := strings.ToLower(folder)
	low = low[strings.LastIndexAny(low, `\/:`)+1:]
	return slices.ContainsFunc(d.words.HidingFolders, func(h string) bool { return strings.HasPrefix(low, h) })
}

// outside gives the address out of a recipient as PowerShell writes it, "Name" [SMTP:a@b] or a@b, when its domain is none of the organisation's; "" for
// one of its own, and for one without an address ([EX:/o=…]), which is of the organisation. Without a list of domains every address counts.
func outside(to string, domains []string) string {
	if i := strings.Index(strings.ToUpper(to), "[SMTP:"); i >= 0 {
		to = strings.TrimSuffix(to[i+len("[SMTP:"):], "]")
	} else if strings.Contains(strings.ToUpper(to), "[EX:") {
		return ""
	}
	to = strings.Trim(to, ` "<>`)
	at := strings.LastIndexByte(to, '@')
	if at < 0 {
		return ""
	}
	domain := strings.ToLower(to[at+1:])
	if slices.Contains(domains, domain) {
		return ""
	}
	return to
}
