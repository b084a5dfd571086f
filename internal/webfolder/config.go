package webfolder

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"

	"vigie/internal/kb"
)

// Bounds on the configuration of a web server. The largest of Exchange has 1.6 MiB, is 10 deep, and no other product comes near.
const (
	maxConfig      = 16 << 20 // bytes
	maxDepth       = 64
	maxPerFile     = 200 // findings of one file
	maxKeyHex      = 512 // digits of a machine key
	minKeyHex      = 32
	configLookAt   = 64 << 10
	configMark     = "<configuration"
	configFragment = "<system.web"
)

// config is what is known of configurations, ready for use.
type config struct {
	types                   []string
	images, folders, hidden []*regexp.Regexp
	inert                   []string
	publicKeys              map[string]bool
}

func newConfig(c *kb.WebConfig) config {
	out := config{types: c.Types.Values, inert: c.Inert.Values, publicKeys: map[string]bool{}}
	for _, l := range []struct {
		from []string
		to   *[]*regexp.Regexp
	}{{c.Images.Values, &out.images}, {c.Folders.Values, &out.folders}, {c.Hidden.Values, &out.hidden}} {
		for _, v := range l.from {
			if re, err := regexp.Compile(v); err == nil { // the linter has told what is wrong
				*l.to = append(*l.to, re)
			}
		}
	}
	for _, k := range c.PublicKeys.Values {
		out.publicKeys[k] = true
	}
	return out
}

// IsConfig tells whether a file is configuration of IIS or ASP.NET: web.config, applicationHost.config, or a part of one.
func IsConfig(name string, data []byte) bool {
	head := plainText(data, configLookAt)
	return bytes.Contains(head, []byte(configMark)) || strings.EqualFold(path.Ext(name), ".config") && bytes.Contains(head, []byte(configFragment))
}

// Config judges the configuration of a web server: handlers and modules that no list holds, data that is run as script, virtual directories where
// nothing is served, machine keys in clear. damaged tells that it could not be read to its end, and where.
//
// What httpRuntime weakens is not judged: the configurations that Exchange ships do the same.
func (x *Index) Config(data []byte) (out []Finding, damaged error) {
	text := plainText(data, maxConfig)
	d := xml.NewDecoder(bytes.NewReader(text))
	d.Strict = false
	d.CharsetReader = sameCharset
	var within []string
	for len(out) < maxPerFile {
		offset := d.InputOffset()
		line, _ := d.InputPos()
		t, err := d.RawToken()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return out, fmt.Errorf("byte %d, line %d: %w", offset, line, err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			if len(within) >= maxDepth {
				return out, fmt.Errorf("byte %d, line %d: %d elements deep, limit %d", offset, line, len(within)+1, maxDepth)
			}
			e := element{name: strings.ToLower(t.Name.Local), attr: map[string]string{}}
			for _, a := range t.Attr {
				e.attr[strings.ToLower(a.Name.Local)] = a.Value
			}
			parent := ""
			if len(within) > 0 {
				parent = within[len(within)-1]
			}
			for _, f := range x.config.judge(parent, e) {
				f.Offset, f.Line = offset, int64(line)
				out = append(out, f)
			}
			within = append(within, e.name)
		case xml.EndElement:
			if name := strings.ToLower(t.Name.Local); len(within) > 0 && slices.Contains(within, name) {
				for within[len(within)-1] != name { // an element that was not closed
					within = within[:len(within)-1]
				}
				within = within[:len(within)-1]
			}
		}
	}
	return out, nil
}

// sameCharset reads any single-byte encoding as it stands: what is looked for is ASCII.
func sameCharset(_ string, r io.Reader) (io.Reader, error) { return r, nil }

// element is a start tag, its names in lower case.
type element struct {
	name string
	attr map[string]string
}

// tag writes the element with the attributes that are asked for.
func (e element) tag(names ...string) string {
	var b strings.Builder
	b.WriteString("<" + e.name)
	for _, n := range names {
		if v, ok := e.attr[n]; ok {
			fmt.Fprintf(&b, ` %s="%.300s"`, n, strings.ToValidUTF8(v, "?"))
		}
	}
	return b.String() + ">"
}

func (c *config) judge(parent string, e element) (out []Finding) {
	add := func(act, object, raw string) {
		out = append(out, Finding{Act: act, Rule: "vigie-" + act, Object: object, Raw: raw})
	}
	switch {
	case e.name == "add" && (parent == "handlers" || parent == "httphandlers"):
		tag := e.tag("name", "path", "verb", "type", "modules", "scriptprocessor")
		if c.runsData(e) {
			add("config-handler", e.attr["path"], tag)
		} else if !c.knownType(e.attr["type"]) || !c.knownProcessor(e.attr["scriptprocessor"]) {
			add("config-module", firstOf(e.attr["name"], e.attr["path"]), tag)
		}
	case e.name == "add" && parent == "buildproviders" && slices.Contains(c.inert, strings.ToLower(e.attr["extension"])) && buildsPages(e.attr["type"]):
		add("config-handler", e.attr["extension"], e.tag("extension", "type"))
	case e.name == "add" && (parent == "modules" || parent == "httpmodules"):
		if !c.knownType(e.attr["type"]) {
			add("config-module", e.attr["name"], e.tag("name", "type"))
		}
	case e.name == "add" && parent == "globalmodules":
		if !matches(c.images, e.attr["image"]) {
			add("config-module", e.attr["name"], e.tag("name", "image"))
		}
	case e.name == "filter" && parent == "isapifilters":
		if !matches(c.images, e.attr["path"]) {
			add("config-module", e.attr["name"], e.tag("name", "path"))
		}
	case e.name == "virtualdirectory":
		if p := e.attr["physicalpath"]; p != "" && matches(c.hidden, p) && !matches(c.folders, p) {
			add("config-folder", e.attr["path"], e.tag("path", "physicalpath"))
		}
	case e.name == "machinekey":
		if f, ok := c.machineKey(e); ok {
			out = append(out, f)
		}
	}
	return out
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// runners are what makes IIS run a file: beginnings of names of handlers, names of modules that pass it to a program.
var (
	runners       = []string{"system.web.ui.pagehandlerfactory", "system.web.ui.simplehandlerfactory", "system.web.script.services.scripthandlerfactory", "system.web.services.protocols.webservicehandlerfactory"}
	runnerModules = []string{"isapimodule", "fastcgimodule", "cgimodule", "serversideincludemodule"}
)

// buildsPages tells whether a build provider makes pages or handlers of files.
func buildsPages(name string) bool {
	low := strings.ToLower(strings.TrimSpace(name))
	return strings.HasPrefix(low, "system.web.compilation.") && !strings.HasPrefix(low, "system.web.compilation.forcecopy") && !strings.HasPrefix(low, "system.web.compilation.ignorefile") &&
		!strings.HasPrefix(low, "system.web.compilation.resx") && !strings.HasPrefix(low, "system.web.compilation.xsd")
}

// runsData tells whether a handler runs files whose ending says that they are data.
func (c *config) runsData(e element) bool {
	if p := strings.ToLower(e.attr["path"]); !slices.Contains(c.inert, path.Ext(p)) {
		return false
	}
	typ := strings.ToLower(strings.TrimSpace(e.attr["type"]))
	if slices.ContainsFunc(runners, func(r string) bool { return strings.HasPrefix(typ, r) }) {
		return true
	}
	if p := strings.ToLower(e.attr["scriptprocessor"]); p != "" {
		return true
	}
	for m := range strings.SplitSeq(strings.ToLower(e.attr["modules"]), ",") {
		if slices.Contains(runnerModules, strings.TrimSpace(m)) {
			return true
		}
	}
	return false
}

// knownType tells whether the name of a managed type begins as those of the product and of the platform; an empty one is a native module.
func (c *config) knownType(name string) bool {
	low := strings.ToLower(strings.TrimSpace(name))
	return low == "" || slices.ContainsFunc(c.types, func(t string) bool { return strings.HasPrefix(low, t) })
}

// knownProcessor tells whether the program that runs a script is one of the platform.
func (c *config) knownProcessor(name string) bool { return name == "" || matches(c.images, name) }

// matches compares a path of Windows, in lower case and with slashes.
func matches(list []*regexp.Regexp, name string) bool {
	low := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(name)), `\`, "/")
	return slices.ContainsFunc(list, func(re *regexp.Regexp) bool { return re.MatchString(low) })
}

// machineKey tells keys that are written out, without ever giving them.
func (c *config) machineKey(e element) (Finding, bool) {
	f := Finding{Act: "machine-key", Rule: "vigie-machine-key"}
	written := false
	var kept []string
	for _, name := range []string{"validationkey", "decryptionkey"} {
		key, _, _ := strings.Cut(e.attr[name], ",") // "AutoGenerate,IsolateApps"
		key = strings.ToUpper(strings.TrimSpace(key))
		if len(key) < minKeyHex || len(key) > maxKeyHex || strings.Trim(key, "0123456789ABCDEF") != "" {
			continue
		}
		written = true
		sum := sha256.Sum256([]byte(key))
		if c.publicKeys[hex.EncodeToString(sum[:])] {
			f.Act, f.Rule = "machine-key-public", "vigie-machine-key-public"
		}
		kept = append(kept, fmt.Sprintf("%s: %d digits, not shown", name, len(key)))
	}
	f.Raw = "<machineKey (" + strings.Join(kept, "; ") + ")>"
	return f, written
}
