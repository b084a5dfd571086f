package settings

import (
	"bytes"
	"cmp"
	"fmt"
	"path"
	"strings"

	"vigie/internal/xmltree"
)

// setupVariable stands in Exchange's web.config files until an update is installed to its end.
const setupVariable = "%ExchangeInstallDir%"

// iisConfig reads applicationHost.config and web.config.
func (r *reader) iisConfig(text []byte) {
	root, err := xmltree.Parse(text)
	if err != nil {
		r.xmlGap(err)
	}
	if root == nil {
		return
	}
	if i := bytes.Index(text, []byte(setupVariable)); i >= 0 {
		r.set("iis.install-variable", r.folder(), setupVariable, "", 1+bytes.Count(text[:i], []byte("\n")))
	}
	r.iis(root, r.folder(), func(line int) int { return line })
}

// folder names the folder of a web.config by the last parts of its path, as a reader knows it: FrontEnd/HttpProxy/owa.
func (r *reader) folder() string {
	p := r.path[strings.LastIndexByte(r.path, '!')+1:]
	parts := strings.Split(path.Dir(strings.ReplaceAll(p, `\`, "/")), "/")
	return strings.Join(parts[max(0, len(parts)-3):], "/")
}

// location is what a file of IIS says about one path.
type location struct {
	path   string
	line   int
	values map[string]string // by the key of the setting
	lines  map[string]int
}

// inherited are the settings that a path has from the nearest one above it, with what holds when none says anything (the schema of IIS).
var inherited = []struct{ key, fallback string }{
	{"iis.extended-protection", "None"}, {"iis.ssl-flags", "None"}, {"iis.ip-allow-unlisted", "true"}, {"iis.windows-authentication", "false"}, {"iis.basic-authentication", "false"},
}

// iis reads the tree of a configuration file. folder is what a file that is not of the whole server is about, lineOf the line to tell for one of the tree.
func (r *reader) iis(root *xmltree.Element, folder string, lineOf func(int) int) {
	locations := map[string]*location{}
	var order []*location
	at := func(p string, line int) *location {
		low := strings.ToLower(strings.Trim(p, "/"))
		l := locations[low]
		if l == nil {
			l = &location{path: strings.Trim(p, "/"), line: lineOf(line), values: map[string]string{}, lines: map[string]int{}}
			locations[low] = l
			order = append(order, l)
		}
		return l
	}
	sites := root.Path("system.applicationHost", "sites")
	if sites != nil {
		folder = ""
		r.seen("iis")
	}
	scan := func(e *xmltree.Element, p string, line int) {
		l := at(p, line)
		server := e.Child("system.webServer")
		if sites == nil && (server != nil || e.Child("system.web") != nil) {
			r.present("web-config") // other programs have files of this form as well
		}
		r.security(server.Child("security"), l, lineOf)
		scope := cmp.Or(l.path, folder)
		r.webServer(server, scope, lineOf)
		r.web(e.Child("system.web"), scope, lineOf)
	}
	scan(root, "", root.Line)
	for _, c := range root.Children {
		if c.Name == "location" {
			p, _ := c.Attr("path")
			scan(c, p, c.Line)
		}
	}
	if sites == nil {
		for _, l := range order {
			for _, in := range inherited {
				if v, ok := l.values[in.key]; ok {
					r.set(in.key, cmp.Or(l.path, folder), v, "", l.lines[in.key])
				}
			}
		}
		return
	}
	for _, site := range sites.Children {
		if site.Name != "site" {
			continue
		}
		r.site(site, func(p string, line int) { at(p, line) }, lineOf)
	}
	for _, l := range order {
		if l.path == "" {
			continue
		}
		for _, in := range inherited {
			v, line := effective(locations, l, in.key)
			r.set(in.key, l.path, cmp.Or(v, in.fallback), "", cmp.Or(line, l.line))
		}
	}
}

// effective is the value of a setting for a path: its own, or that of the nearest path above that has one.
func effective(locations map[string]*location, l *location, key string) (string, int) {
	p := strings.ToLower(l.path)
	for range 32 { // more parts than a path of IIS has
		if at := locations[p]; at != nil {
			if v, ok := at.values[key]; ok {
				return v, at.lines[key]
			}
		}
		if p == "" {
			break
		}
		i := strings.LastIndexByte(p, '/')
		if i < 0 {
			p = ""
			continue
		}
		p = p[:i]
	}
	return "", 0
}

// site notes the applications and virtual directories of a site, and where they lie on the disk.
func (r *reader) site(site *xmltree.Element, found func(string, int), lineOf func(int) int) {
	name, _ := site.Attr("name")
	found(name, site.Line)
	for _, app := range site.Children {
		switch app.Name {
		case "application":
			base, _ := app.Attr("path")
			found(name+base, app.Line)
			for _, v := range app.Children {
				if v.Name != "virtualDirectory" {
					continue
				}
				p, _ := v.Attr("path")
				full := strings.TrimRight(name+strings.TrimRight(base, "/")+p, "/")
				disk, _ := v.Attr("physicalPath")
				found(full, v.Line)
				r.set("iis.vdir.path", full, disk, "", lineOf(v.Line))
			}
		case "bindings":
			for _, b := range app.Children {
				protocol, _ := b.Attr("protocol")
				info, _ := b.Attr("bindingInformation")
				r.set("iis.binding", name, strings.TrimSpace(protocol+" "+info), "", lineOf(b.Line))
			}
		}
	}
}

// security notes what decides who may ask, for one path.
func (r *reader) security(sec *xmltree.Element, l *location, lineOf func(int) int) {
	note := func(key string, e *xmltree.Element, attr string) {
		if v, ok := e.Attr(attr); ok {
			l.values[key], l.lines[key] = v, lineOf(e.Line)
		}
	}
	note("iis.extended-protection", sec.Path("authentication", "windowsAuthentication", "extendedProtection"), "tokenChecking")
	note("iis.windows-authentication", sec.Path("authentication", "windowsAuthentication"), "enabled")
	note("iis.basic-authentication", sec.Path("authentication", "basicAuthentication"), "enabled")
	note("iis.ssl-flags", sec.Child("access"), "sslFlags")
	note("iis.ip-allow-unlisted", sec.Child("ipSecurity"), "allowUnlisted")
	if v, ok := l.values["iis.ssl-flags"]; ok {
		l.values["iis.ssl-flags"] = strings.ReplaceAll(v, " ", "")
	}
}

// webServer notes modules, handlers and rewrite rules of one path.
func (r *reader) webServer(server *xmltree.Element, scope string, lineOf func(int) int) {
	if server == nil {
		return
	}
	subject := func(name string) string {
		if scope == "" {
			return name
		}
		return scope + ": " + name
	}
	for _, list := range []struct{ element, key, value string }{{"globalModules", "iis.module", "image"}, {"modules", "iis.managed-module", "type"}, {"handlers", "iis.handler", "type"}} {
		for _, add := range added(server.Child(list.element)) {
			name, _ := add.Attr("name")
			v, _ := add.Attr(list.value)
			if list.element == "handlers" {
				p, _ := add.Attr("path")
				proc, _ := add.Attr("scriptProcessor")
				v = strings.TrimSpace(p + " " + cmp.Or(v, proc))
			}
			if v != "" {
				r.set(list.key, subject(name), v, "", lineOf(add.Line))
			}
		}
	}
	rewrite := server.Child("rewrite")
	for _, group := range []string{"globalRules", "rules", "outboundRules"} {
		for _, rule := range childrenNamed(rewrite.Child(group), "rule") {
			name, _ := rule.Attr("name")
			r.set("iis.rewrite-rule", subject(name), ruleText(rule, group), "", lineOf(rule.Line))
		}
	}
}

// ruleText writes a rewrite rule in one line: whether it is on, what it matches, what it does.
func ruleText(rule *xmltree.Element, group string) string {
	var b strings.Builder
	if on, _ := rule.Attr("enabled"); strings.EqualFold(on, "false") {
		b.WriteString("disabled")
	} else {
		b.WriteString("enabled")
	}
	if group == "outboundRules" {
		b.WriteString(" outbound")
	}
	for _, attr := range []string{"url", "serverVariable", "pattern"} {
		if v, ok := rule.Child("match").Attr(attr); ok {
			fmt.Fprintf(&b, " match %s %q", attr, v)
		}
	}
	for _, c := range childrenNamed(rule.Child("conditions"), "add") {
		input, _ := c.Attr("input")
		pattern, _ := c.Attr("pattern")
		not := ""
		if v, _ := c.Attr("negate"); strings.EqualFold(v, "true") {
			not = "not "
		}
		fmt.Fprintf(&b, " if %s %s%q", input, not, pattern)
		if b.Len() > 4096 {
			break
		}
	}
	action, _ := rule.Child("action").Attr("type")
	fmt.Fprintf(&b, " action %s", cmp.Or(action, "None"))
	if v, ok := rule.Child("action").Attr("value"); ok {
		fmt.Fprintf(&b, " value %q", v)
	}
	return b.String()
}

// web notes what ASP.NET is told for one path. Of keys only that they are fixed is noted.
func (r *reader) web(web *xmltree.Element, scope string, lineOf func(int) int) {
	if m := web.Child("machineKey"); m != nil {
		v := "generated"
		for _, attr := range []string{"validationKey", "decryptionKey"} {
			if k, ok := m.Attr(attr); ok && !strings.HasPrefix(strings.ToLower(k), "autogenerate") {
				v = "fixed"
			}
		}
		r.set("iis.machine-key", scope, v, "", lineOf(m.Line))
	}
	if c := web.Child("customErrors"); c != nil {
		mode, _ := c.Attr("mode")
		r.set("iis.custom-errors", scope, mode, "", lineOf(c.Line))
	}
}

// added are the entries of a list of IIS that add something.
func added(list *xmltree.Element) []*xmltree.Element { return childrenNamed(list, "add") }

func childrenNamed(e *xmltree.Element, name string) []*xmltree.Element {
	if e == nil {
		return nil
	}
	var out []*xmltree.Element
	for _, c := range e.Children {
		if c.Name == name {
			out = append(out, c)
		}
	}
	return out
}
