package settings

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"vigie/internal/clixml"
	"vigie/internal/xmltree"
)

// clixml reads a document of Export-Clixml. Whatever it was made by, every object in it is looked at, from the outside to the inside: so the output of
// Microsoft's scripts, which holds those of many cmdlets, is read like the exports of these cmdlets.
func (r *reader) clixml(text []byte) {
	d, err := clixml.Parse(text)
	if err != nil {
		r.xmlGap(err)
	}
	if d == nil {
		return
	}
	r.healthChecker(d)
	d.Walk(func(v clixml.Value) bool {
		if xml := v.Prop("ApplicationHostConfig"); xml.Exists() {
			if s, ok := xml.Text(); ok {
				r.embedded(s, xml.Line())
			}
		}
		types := v.Types()
		if slices.ContainsFunc(types, func(t string) bool { return strings.HasSuffix(t, "ExchangeDiagnosticInfoResult") }) {
			if s, ok := v.Prop("Result").Text(); ok {
				r.diagnostic(s, v.Line())
			}
			return false
		}
		if r.special(v) {
			return true
		}
		k := kindOfTypes(types)
		if k == nil && (len(types) == 0 || !strings.HasPrefix(types[0], "Microsoft.Exchange.") && !strings.HasPrefix(types[0], "System.DirectoryServices.")) {
			names := make([]string, 0, 16)
			for _, p := range v.Props() {
				names = append(names, p.Name())
			}
			k = kindOfColumns(names)
		}
		if k == nil {
			return true
		}
		o := fromValue(k, v)
		if text, ok := v.Text(); ok && k.name == "exchange.certificate" && o.get("NotAfter") == "" {
			o.certificate(text)
		}
		r.object(o)
		return false // what it holds is told by its properties
	})
}

// fromValue makes an object of a value. Of nested objects the text counts that PowerShell prints.
func fromValue(k *kind, v clixml.Value) *object {
	o := &object{kind: k, line: v.Line()}
	for _, p := range v.Props() {
		name, pv := p.Name(), p.Deref()
		var q prop
		switch {
		case name == "" || strings.HasPrefix(name, "__"): // WMI's own
			continue
		case pv.Nil():
			q = prop{name, nil}
		case pv.IsList():
			q = prop{name: name}
			for _, it := range pv.Items(maxValues) {
				if s, ok := it.Text(); ok {
					q.values = append(q.values, s)
				}
			}
		default:
			s, ok := pv.Text()
			if !ok || notTold(s) {
				continue
			}
			q = prop{name, []string{s}}
		}
		// A note added to the object hides a property of its own.
		if i := slices.IndexFunc(o.props, func(old prop) bool { return strings.EqualFold(old.name, name) }); i >= 0 {
			o.props[i] = q
			continue
		}
		o.props = append(o.props, q)
	}
	return o
}

// embedded reads a file of IIS that stands as a text in an export. Its lines are not those of the export, where it stands at the line.
func (r *reader) embedded(s string, line int) {
	root, err := xmltree.Parse([]byte(s))
	if err != nil {
		r.xmlGap(err)
	}
	if root != nil && strings.EqualFold(root.Name, "configuration") {
		r.iis(root, "", func(int) int { return line })
	}
}

// diagnostic reads the overrides of settings that a running Exchange process tells to be in force.
func (r *reader) diagnostic(s string, line int) {
	root, err := xmltree.Parse([]byte(s))
	if err != nil {
		r.xmlGap(err)
	}
	overrides := root.Path("Components", "VariantConfiguration", "Overrides")
	if overrides == nil {
		return
	}
	r.seen("exchange.settingoverride")
	for _, e := range overrides.Children {
		if e.Name != "SettingOverride" {
			continue
		}
		o := &object{line: line}
		for _, c := range e.Children {
			if c.Name == "Parameters" {
				p := prop{name: "Parameters"}
				for _, param := range c.Children {
					p.values = append(p.values, param.Text)
				}
				o.props = append(o.props, p)
				continue
			}
			o.props = append(o.props, prop{c.Name, []string{c.Text}})
		}
		r.override(o, o.get("Name"), "")
	}
}

// exportTime reads the time at which an export was made.
func exportTime(v clixml.Value) time.Time {
	s, ok := v.Text()
	if !ok {
		return time.Time{}
	}
	for _, layout := range []string{time.RFC3339Nano, "01/02/2006 15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// certificateText are the lines that .NET prints of a certificate, of which exports over a network hold nothing else.
var certificateText = regexp.MustCompile(`\[Not After\]\s+(\S[^\r\n]*)[\s\S]*\[Thumbprint\]\s+([0-9A-Fa-f]{40})`)

// certificate takes the properties of a certificate from its text.
func (o *object) certificate(text string) {
	m := certificateText.FindStringSubmatch(text)
	if m == nil {
		return
	}
	o.props = append(slices.DeleteFunc(o.props, func(p prop) bool { return strings.EqualFold(p.name, "Thumbprint") }),
		prop{"Thumbprint", []string{m[2]}}, prop{"NotAfter", []string{strings.TrimSpace(m[1])}})
}
