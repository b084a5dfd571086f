package settings

import (
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// maxRegLine bounds one value in bytes, with the lines that continue it.
const maxRegLine = 1 << 20

// registry reads .reg files of the registry editor and the output of reg query.
func (r *reader) registry(text []byte) {
	var key string              // normal form, "" for one that is not of the machine
	var setup []string          // of Exchange
	var pending strings.Builder // a value that goes on in the next line
	from := 0
	setupLine := 0
	note := func(n int, name, value string) {
		if key == "" {
			return
		}
		r.set("registry."+key, strings.ToLower(name), value, "", n)
		switch {
		case strings.HasSuffix(key, `\exchangeserver\v15\setup`):
			setup = append(setup, strings.ToLower(name), value)
			setupLine = n
		case strings.HasSuffix(key, `\control\computername\computername`) && strings.EqualFold(name, "ComputerName"):
			r.hostSeen(value)
		}
	}
	for n, line := range lines(text) {
		more := strings.HasSuffix(line, `\`) && (pending.Len() > 0 || strings.Contains(line, "=hex"))
		if pending.Len() > 0 || more {
			if pending.Len() == 0 {
				from = n
			}
			pending.WriteString(strings.TrimSuffix(strings.TrimSpace(line), `\`))
			if more && pending.Len() < maxRegLine {
				continue
			}
			line, n = pending.String(), from
			pending.Reset()
		}
		switch {
		case strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]"):
			key = r.registryKey(line[1 : len(line)-1])
		case strings.HasPrefix(line, "HKEY_") || strings.HasPrefix(line, `HKLM\`):
			key = r.registryKey(strings.TrimSpace(line))
		case strings.HasPrefix(line, `"`) || strings.HasPrefix(line, "@="):
			if name, value, ok := regValue(line); ok {
				note(n, name, value)
			} else if key != "" && (r.want == nil || r.want("registry."+key)) {
				r.gap("export.reg.value", n, 0, 0, "record skipped", "")
			}
		case strings.HasPrefix(line, "    "):
			if m := queryLine.FindStringSubmatch(line); m != nil {
				note(n, m[1], queryValue(m[2], m[3]))
			}
		}
	}
	r.setupClue(setup, setupLine)
}

// registryKey gives the normal form of a key and notes that it was exported: lower case, short name of the hive, the control set in force.
func (r *reader) registryKey(path string) string {
	path = strings.ToLower(path)
	for _, h := range []struct{ long, short string }{{"hkey_local_machine", "hklm"}, {"hkey_users", "hku"}, {"hkey_current_user", "hkcu"}, {"hkey_classes_root", "hkcr"}} {
		if rest, ok := strings.CutPrefix(path, h.long); ok {
			path = h.short + rest
		}
	}
	path = strings.Replace(path, `\controlset001\`, `\currentcontrolset\`, 1)
	if !strings.HasPrefix(path, "hklm") {
		return ""
	}
	r.seen("registry." + path)
	return path
}

// queryLine is a line of reg query. The name of a value may hold blanks.
var queryLine = regexp.MustCompile(`^    (\S.*?) {4}(REG_[A-Z_]+)(?: {4}(.*))?$`)

func queryValue(kind, value string) string {
	if kind == "REG_DWORD" || kind == "REG_QWORD" {
		if v, err := strconv.ParseUint(strings.TrimPrefix(value, "0x"), 16, 64); err == nil {
			return strconv.FormatUint(v, 10)
		}
	}
	return value
}

// regValue takes a line of a .reg file apart. Numbers are given in decimal, texts of several lines joined by semicolons.
func regValue(line string) (name, value string, ok bool) {
	rest := line
	if strings.HasPrefix(rest, "@") {
		rest = rest[1:]
	} else if name, rest, ok = quoted(rest); !ok {
		return "", "", false
	}
	rest, ok = strings.CutPrefix(rest, "=")
	if !ok {
		return "", "", false
	}
	switch {
	case strings.HasPrefix(rest, `"`):
		value, _, ok = quoted(rest)
		return name, value, ok
	case strings.HasPrefix(rest, "dword:"):
		v, err := strconv.ParseUint(strings.TrimSpace(rest[6:]), 16, 32)
		return name, strconv.FormatUint(v, 10), err == nil
	case strings.HasPrefix(rest, "hex"):
		kind, list, _ := strings.Cut(rest[3:], ":")
		b, err := hex.DecodeString(strings.NewReplacer(",", "", " ", "", "\t", "").Replace(list))
		if err != nil {
			return "", "", false
		}
		return name, hexValue(kind, b), true
	}
	return "", "", false
}

// hexValue reads what the editor writes as bytes: (2) a text with variables, (7) a list of texts, (b) a number of 64 bits; others stay bytes.
func hexValue(kind string, b []byte) string {
	switch kind {
	case "(2)", "(1)", "(7)":
		units := make([]uint16, len(b)/2)
		for i := range units {
			units[i] = uint16(b[2*i]) | uint16(b[2*i+1])<<8
		}
		return strings.ReplaceAll(strings.TrimRight(string(utf16.Decode(units)), "\x00"), "\x00", ";")
	case "(b)":
		if len(b) == 8 {
			v := uint64(0)
			for i, c := range b {
				v |= uint64(c) << (8 * i)
			}
			return strconv.FormatUint(v, 10)
		}
	}
	return hex.EncodeToString(b)
}

// quoted reads a text in quotes, in which a backslash hides a quote or a backslash.
func quoted(s string) (text, rest string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		return "", s, false
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			if i++; i < len(s) {
				b.WriteByte(s[i])
			}
		case '"':
			return b.String(), s[i+1:], true
		default:
			b.WriteByte(s[i])
		}
	}
	return "", "", false
}

// setupClue notes the build that Exchange's setup wrote into the registry: names and values in turn.
func (r *reader) setupClue(pairs []string, line int) {
	get := func(name string) string {
		for i := 0; i+1 < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
	parts := []string{get("msiproductmajor"), get("msiproductminor"), get("msibuildmajor"), get("msibuildminor")}
	for _, p := range parts {
		if p == "" {
			return
		}
	}
	r.clue("registry.setup", fmt.Sprintf("%s.%s.%s.%s", parts[0], parts[1], parts[2], parts[3]), time.Time{}, line)
}
