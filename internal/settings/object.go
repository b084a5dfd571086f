package settings

import (
	"strings"
	"time"

	"vigie/internal/inventory"
)

// object is one thing that an export shows, of whatever form.
type object struct {
	kind  *kind
	props []prop
	line  int
}

// prop is one property. A list has several values, or none when it is empty; what an export names without giving it ("System.String[]") is left
// out altogether, so that it counts as not told.
type prop struct {
	name   string
	values []string
}

// maxValues bounds the values of one property: a list of all mailboxes of a server is no setting.
const maxValues = 200

func (o *object) get(name string) string {
	for _, p := range o.props {
		if strings.EqualFold(p.name, name) && len(p.values) > 0 {
			return p.values[0]
		}
	}
	return ""
}

func (o *object) all(name string) []string {
	for _, p := range o.props {
		if strings.EqualFold(p.name, name) {
			return p.values
		}
	}
	return nil
}

func (o *object) first(names []string) string {
	for _, n := range names {
		if v := o.get(n); v != "" {
			return v
		}
	}
	return ""
}

// object notes an object: its settings, and the clues that it gives.
func (r *reader) object(o *object) {
	k := o.kind
	r.seen(k.name)
	if o.line == r.line {
		r.nth++
	} else {
		r.line, r.nth = o.line, 1
	}
	host := o.first(k.host)
	if host == "." {
		host = ""
	}
	if host != "" {
		host = short(host)
		if k.own {
			r.hostSeen(host)
		}
	}
	subject := o.first(k.subject)
	if k.name == "exchange.settingoverride" {
		r.override(o, subject, host)
	} else {
		for _, p := range o.props {
			key := k.name + "." + strings.ToLower(p.name)
			if len(p.values) == 0 {
				r.set(key, subject, "", host, o.line)
			}
			for i, v := range p.values {
				if i == maxValues {
					break
				}
				r.set(key, subject, v, host, o.line)
			}
		}
	}
	r.clues(o)
}

// override notes an override of settings of Exchange under one key, each parameter with its component and section as the subject.
func (r *reader) override(o *object, name, host string) {
	base := o.get("ComponentName") + "/" + o.get("SectionName")
	if base == "/" {
		return // a flight, which is no override of a setting
	}
	for _, p := range o.all("Parameters") {
		param, value, ok := strings.Cut(p, "=")
		if ok {
			r.set("exchange.override", base+"/"+strings.TrimSpace(param), strings.TrimSpace(value), host, o.line)
		}
	}
	r.set("exchange.override.name", base, name, host, o.line)
	for _, bound := range []string{"MinVersion", "MaxVersion"} {
		if v := o.get(bound); v != "" {
			r.set("exchange.override."+strings.ToLower(bound), base, v, host, o.line)
		}
	}
}

// clues notes what an object says about product and build. The words are those of knowledge/products/exchange/clues.yml.
func (r *reader) clues(o *object) {
	switch o.kind.name {
	case "exchange.server":
		if v := o.get("AdminDisplayVersion"); v != "" {
			r.clue("admin.display-version", v, r.time, o.line)
		}
	case "windows.file-version", "windows.command":
		file := strings.ToLower(o.first(o.kind.subject))
		v := o.get("FileVersion")
		if o.kind.name == "windows.command" {
			v = o.get("Version")
			if v == "" {
				v = o.get("FileVersion")
			}
		}
		if strings.HasSuffix(file, "exsetup.exe") && v != "" {
			kind := "file.exsetup"
			if r.checker {
				kind = "healthchecker.exsetup"
			}
			r.clue(kind, v, r.time, o.line)
		}
	case "windows.hotfix":
		if id := o.get("HotFixID"); isKB(id) {
			r.clue("update.kb", strings.ToUpper(id), installed(o), o.line)
		}
	}
}

// installed is when an update was installed, where the export says it in a form that is the same in all countries.
func installed(o *object) time.Time {
	v := o.get("InstalledOn")
	for _, layout := range []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02"} {
		if t, err := time.Parse(layout, v); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// isKB tells the number of an update: KB and digits.
func isKB(s string) bool {
	if len(s) < 8 || len(s) > 10 || !strings.EqualFold(s[:2], "KB") {
		return false
	}
	return strings.Trim(s[2:], "0123456789") == ""
}

// notTold tells a text that stands for a value which the export does not hold: the name of its type.
func notTold(s string) bool {
	return strings.HasPrefix(s, "System.") && (strings.HasSuffix(s, "[]") || strings.Contains(s, "Collection") || strings.HasPrefix(s, "System.Object")) ||
		strings.HasPrefix(s, "Microsoft.") && strings.Contains(s, "`1[") || len(s) > 4*inventory.MaxValue
}
