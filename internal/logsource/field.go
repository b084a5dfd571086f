package logsource

// How a field that rules use is made of the fields that an event has.

import (
	"fmt"
	"strconv"
	"strings"

	"vigie/internal/sigma"
)

// Field is a field that rules know under a name which the event does not have, or with values that it writes differently.
type Field struct {
	Name string   // that rules use
	From []string // fields of the event, the first of which that is there has the values
	Join []string // or fields whose values are joined by With; those that are absent, empty or "-" are left out
	With string

	When      []Condition // the steps below are done only if these hold
	Translate []Pair      // whole values, without regard to case
	Prefix    []Pair      // beginnings of values, without regard to case; the first that fits
	As        string      // "" or one of forms
}

// Pair replaces one text by another.
type Pair struct{ From, To string }

// forms are the ways to write a value anew: "decimal" reads 0x1f as 31; "dword" writes 1 as DWORD (0x00000001), as Sysmon does; "path" puts C:
// in place of \device\harddiskvolume2, since an event does not tell the letter of a volume, and C: is what rules speak of.
var forms = []string{"decimal", "dword", "path"}

// append adds the values of the field in the event to dst.
func (f *Field) append(ev sigma.Event, dst []string) ([]string, bool) {
	start, ok := len(dst), false
	if len(f.Join) > 0 {
		dst, ok = f.join(ev, dst)
	}
	for _, name := range f.From {
		if dst, ok = ev.Field(name, dst); ok {
			break
		}
	}
	if !ok || !(&Selection{Where: f.When}).holds(ev) {
		return dst, ok
	}
	for i := start; i < len(dst); i++ {
		dst[i] = f.rewrite(dst[i])
	}
	return dst, true
}

func (f *Field) join(ev sigma.Event, dst []string) ([]string, bool) {
	var buf [4]string
	var parts []string
	for _, name := range f.Join {
		if vals, ok := ev.Field(name, buf[:0]); ok && len(vals) > 0 && vals[0] != "" && vals[0] != "-" {
			parts = append(parts, vals[0])
		}
	}
	if len(parts) == 0 {
		return dst, false
	}
	return append(dst, strings.Join(parts, f.With)), true
}

func (f *Field) rewrite(v string) string {
	for _, p := range f.Translate {
		if strings.EqualFold(p.From, v) {
			return p.To
		}
	}
	for _, p := range f.Prefix {
		if len(v) >= len(p.From) && strings.EqualFold(v[:len(p.From)], p.From) {
			v = p.To + v[len(p.From):]
			break
		}
	}
	switch f.As {
	case "path":
		const volume = `\device\harddiskvolume`
		if len(v) > len(volume) && strings.EqualFold(v[:len(volume)], volume) {
			if rest := strings.TrimLeft(v[len(volume):], "0123456789"); strings.HasPrefix(rest, `\`) {
				v = "C:" + rest
			}
		}
	case "decimal":
		if n, err := strconv.ParseUint(v, 0, 64); err == nil {
			v = strconv.FormatUint(n, 10)
		}
	case "dword":
		if n, err := strconv.ParseUint(v, 0, 32); err == nil {
			v = fmt.Sprintf("DWORD (0x%08x)", n)
		}
	}
	return v
}

// view is an event as the rules of a selection see it: the fields of the selection, and those of the event that it does not replace.
type view struct {
	sel *Selection
	ev  sigma.Event
	buf []string
}

// Flat says whether the view can be read in one pass: if the event can; see [sigma.Flat].
func (v *view) Flat() bool {
	f, ok := v.ev.(sigma.Flat)
	return ok && f.Flat()
}

// Field gives the values of a field; see [sigma.Event].
func (v *view) Field(name string, dst []string) (values []string, ok bool) {
	if f := v.sel.field(name); f != nil {
		return f.append(v.ev, dst)
	}
	if !v.sel.Blanks {
		return v.ev.Field(name, dst)
	}
	v.ev.Each(func(n, value string) bool {
		if n == name || withoutBlanks(n) == name {
			dst, ok = append(dst, value), true
		}
		return true
	})
	return dst, ok
}

// Each calls f for every value of the view; see [sigma.Event]. A field whose name holds blanks is given under both names.
func (v *view) Each(f func(name, value string) bool) {
	for _, fd := range v.sel.Fields {
		vals, _ := fd.append(v.ev, v.buf[:0])
		v.buf = vals[:0]
		for _, s := range vals {
			if !f(fd.Name, s) {
				return
			}
		}
	}
	give := func(name, value string) bool { return v.sel.field(name) != nil || f(name, value) }
	v.ev.Each(func(name, value string) bool {
		if v.sel.Blanks {
			if short := withoutBlanks(name); short != name && !give(short, value) {
				return false
			}
		}
		return give(name, value)
	})
}

func withoutBlanks(name string) string {
	if !strings.Contains(name, " ") {
		return name
	}
	return strings.ReplaceAll(name, " ", "")
}
