package collect

import (
	"bytes"
	"encoding/xml"
	"io"
	"slices"
	"strings"
)

// Places are the folders that each variable stands for, by name.
type Places map[string][]string

// maxConfig bounds applicationHost.config, which is a few hundred KiB on servers with many sites.
const maxConfig = 16 << 20

// resolve finds what the variables of a profile stand for. registry gives the text of a value KEY!VALUE; it is nil on a mounted image.
func resolve(p *Profile, d *Disk, registry func(string) (string, bool)) Places {
	at := Places{}
	root := `C:\Windows`
	for _, c := range d.Drives() {
		if _, _, ok := d.host([]string{string(c) + ":", "Windows", "System32"}); ok {
			root = strings.ToUpper(string(c)) + `:\Windows`
			break
		}
	}
	if registry != nil {
		if v, ok := registry(`HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion!SystemRoot`); ok {
			root = strings.TrimRight(v, `\`)
		}
	}
	at["SystemRoot"], at["SystemDrive"] = []string{root}, []string{root[:2]}
	at["ProgramData"] = []string{root[:2] + `\ProgramData`}
	var iis iisPlaces
	if text, err := d.ReadFile(root+`\System32\inetsrv\config\applicationHost.config`, maxConfig); err == nil {
		iis = readIIS(text)
	}
	for name, v := range p.Variables {
		var list []string
		if registry != nil {
			for _, key := range v.Registry {
				if s, ok := registry(key); ok {
					list = append(list, s)
				}
			}
		}
		switch v.IIS {
		case "log-directories":
			list = append(list, iis.logs...)
		case "physical-paths":
			list = append(list, iis.physical...)
		}
		for _, pat := range v.Default {
			if strings.HasPrefix(pat, "*:") {
				for _, c := range d.Drives() {
					list = append(list, strings.ToUpper(string(c))+pat[1:])
				}
				continue
			}
			list = append(list, pat)
		}
		at[name] = at.usable(list, v.Holds, d)
	}
	return at
}

// usable expands, drops what the disk does not have, and what is named twice.
func (at Places) usable(list []string, holds string, d *Disk) []string {
	var out []string
	for _, s := range list {
		for _, path := range at.expand(s) {
			path = strings.TrimRight(strings.ReplaceAll(path, "/", `\`), `\`)
			if _, _, ok := d.host(splitPath(path)); !ok {
				continue
			}
			if _, _, ok := d.host(splitPath(path + `\` + holds)); holds != "" && !ok {
				continue
			}
			if !slices.ContainsFunc(out, func(o string) bool { return strings.EqualFold(o, path) }) {
				out = append(out, path)
			}
		}
	}
	return out
}

// expand replaces the variables of a path; a variable with many places gives
// many paths, one with none gives none.
func (at Places) expand(s string) []string {
	m := variableRE.FindStringSubmatchIndex(s)
	if m == nil {
		return []string{s}
	}
	var out []string
	name := s[m[2]:m[3]]
	for known, places := range at {
		if !strings.EqualFold(known, name) {
			continue
		}
		for _, p := range places {
			out = append(out, at.expand(s[:m[0]]+p+s[m[1]:])...)
		}
	}
	return out
}

// iisPlaces are the folders that applicationHost.config names.
type iisPlaces struct{ logs, physical []string }

// readIIS reads the folders out of applicationHost.config
// (learn.microsoft.com/iis/configuration/system.applicationhost): logFile@directory,
// centralW3CLogFile@directory, virtualDirectory@physicalPath. A file that breaks
// off gives what stood before.
func readIIS(text []byte) iisPlaces {
	var at iisPlaces
	dec := xml.NewDecoder(bytes.NewReader(text))
	dec.Strict = false
	dec.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	for {
		tok, err := dec.RawToken()
		if err != nil {
			return at
		}
		e, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		for _, a := range e.Attr {
			switch {
			case a.Name.Local == "directory" && (e.Name.Local == "logFile" || strings.HasPrefix(e.Name.Local, "central")):
				at.logs = append(at.logs, a.Value)
			case a.Name.Local == "physicalPath" && e.Name.Local == "virtualDirectory":
				at.physical = append(at.physical, a.Value)
			}
		}
	}
}
