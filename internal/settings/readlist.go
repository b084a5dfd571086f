package settings

import (
	"strings"
)

const (
	// maxListLine bounds one property of a list in bytes, with the lines that continue it.
	maxListLine = 64 << 10
	// maxListProps bounds the properties of one object; those of Exchange have up to 400.
	maxListProps = 1000
)

// isFormatList tells the output of Format-List: a block of lines "Name   : value" whose colons stand in one column and whose names are those of a known kind.
func isFormatList(start []byte) bool {
	var names []string
	column := 0
	for n, line := range lines(start) {
		name, _, col, ok := listLine(line)
		switch {
		case ok && (column == 0 || col == column):
			column = col
			names = append(names, name)
		case strings.TrimSpace(line) == "":
			if kindOfColumns(names) != nil {
				return true
			}
			names, column = nil, 0
		case strings.HasPrefix(line, " "):
		default:
			return false
		}
		if n > 400 {
			break
		}
	}
	return kindOfColumns(names) != nil
}

// listLine takes a line of a list apart, and tells the column of its colon.
func listLine(line string) (name, value string, column int, ok bool) {
	i := strings.Index(line, " :")
	if i <= 0 || i > 100 || line[0] == ' ' {
		return "", "", 0, false
	}
	name = strings.TrimRight(line[:i], " ")
	for _, c := range name {
		if !(c == '_' || c == '.' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z') {
			return "", "", 0, false
		}
	}
	value = strings.TrimPrefix(line[i+2:], " ")
	return name, value, i + 1, true
}

// list reads the output of Format-List: objects are parted by empty lines, long values go on in lines that begin with blanks.
func (r *reader) list(text []byte) {
	o := &object{}
	var names []string
	var last strings.Builder // the value of the last property, which may go on
	end := func() {
		if len(o.props) > 0 {
			o.props[len(o.props)-1].values[0] = last.String()
		}
		if k := kindOfColumns(names); k != nil {
			o.kind = k
			for i := range o.props {
				if v := o.props[i].values; len(v) == 1 {
					o.props[i].values = values(v[0])
					if notTold(v[0]) {
						o.props[i].name = ""
					}
				}
			}
			r.object(o)
		}
		o, names = &object{}, nil
	}
	column := 0
	for n, line := range lines(text) {
		name, value, col, ok := listLine(line)
		switch {
		case ok && (column == 0 || col == column || len(names) == 0):
			if len(names) == 0 {
				o.line, column = n, col
			}
			if len(o.props) > 0 {
				o.props[len(o.props)-1].values[0] = last.String()
			}
			if len(names) < maxListProps {
				names = append(names, name)
				o.props = append(o.props, prop{name, []string{""}})
				last.Reset()
				last.WriteString(value)
			}
		case strings.TrimSpace(line) == "":
			if len(names) > 0 {
				end()
			}
		case len(o.props) > 0:
			if more := strings.TrimSpace(line); last.Len()+len(more) < maxListLine {
				// A line breaks where the window ended, inside of words too: a blank stands where the part before ends with a comma.
				if strings.HasSuffix(last.String(), ",") {
					last.WriteByte(' ')
				}
				last.WriteString(more)
			}
		}
	}
	if len(names) > 0 {
		end()
	}
}
