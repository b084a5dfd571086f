package record

import (
	"encoding/json"
	"strings"
)

// Limits on what is parsed inside one field.
const (
	maxPairs     = 256     // EventData has some 40
	maxJSONBytes = 1 << 20 // one record
	maxJSONDepth = 16      // audit data nests two levels
)

func (r *Record) pair(name string) (string, bool) {
	r.parsePairs()
	for _, p := range r.pairs {
		if p.name == name {
			return p.value, true
		}
	}
	return "", false
}

// parsePairs reads the pairs inside EventData (ECP logs) and Data (audit logs).
func (r *Record) parsePairs() {
	if r.parsed {
		return
	}
	r.parsed = true
	switch r.schema.Kind {
	case ECPServer, ECPActivity:
		if v, ok := r.cell(r.schema.event); ok {
			r.pairs = eventData(text(v))
		}
	case AdminAudit:
		if v, ok := r.Text("Data"); ok {
			r.pairs = auditData(v)
		}
	}
}

// eventData reads "S:KEY=value;Dbl:KEY=1;…". A value may hold ";", so a pair
// ends only where another "type:KEY=" begins. A pair that holds quotes stands in
// single quotes with the inner ones doubled. A value that forges the beginning
// of a pair yields a second pair of that name; both are kept.
func eventData(s string) (pairs []pair) {
	start, key, quoted := -1, "", false
	flush := func(end int) {
		if start < 0 || len(pairs) >= maxPairs {
			return
		}
		v := strings.TrimSuffix(s[start:end], ";")
		if quoted {
			v = strings.ReplaceAll(strings.TrimSuffix(v, "'"), "''", "'")
		}
		pairs = append(pairs, pair{key, v})
	}
	for i := 0; i < len(s); {
		if i == 0 || s[i-1] == ';' {
			at, q := i, s[i] == '\''
			if q {
				at++
			}
			if k, n := pairHead(s[at:]); n > 0 {
				flush(i)
				key, start, quoted = k, at+n, q
				i = start
				continue
			}
		}
		j := strings.IndexByte(s[i:], ';')
		if j < 0 {
			break
		}
		i += j + 1
	}
	flush(len(s))
	return pairs
}

// pairHead reads "S:KEY=" at the start of s and gives its length, 0 when it is none.
func pairHead(s string) (key string, n int) {
	c := strings.IndexByte(s[:min(len(s), 6)], ':')
	if c < 1 {
		return "", 0
	}
	switch s[:c] {
	case "S", "Dbl", "I32", "I64", "F", "Dt", "B", "I16", "U32":
	default:
		return "", 0
	}
	e := strings.IndexByte(s[:min(len(s), 200)], '=')
	if e < c+2 {
		return "", 0
	}
	return s[c+1 : e], e + 1
}

// auditData reads the JSON of an audit record: its top-level texts, and its
// Parameters, a list of name and value, as "Parameters.<Name>" and as one
// command-line-like text.
func auditData(s string) (pairs []pair) {
	if len(s) > maxJSONBytes || depth(s) > maxJSONDepth {
		return nil
	}
	var d struct {
		Operation, UserId, ObjectId, ResultStatus, OriginatingServer, CreationTime, Error string
		Parameters                                                                        []struct{ Name, Value string }
	}
	if json.Unmarshal([]byte(s), &d) != nil {
		return nil
	}
	add := func(n, v string) {
		if v != "" && len(pairs) < maxPairs {
			pairs = append(pairs, pair{n, v})
		}
	}
	add("Operation", d.Operation)
	add("UserId", d.UserId)
	add("ObjectId", d.ObjectId)
	add("ResultStatus", d.ResultStatus)
	add("OriginatingServer", d.OriginatingServer)
	add("CreationTime", d.CreationTime)
	add("Error", d.Error)
	var all strings.Builder
	for _, p := range d.Parameters {
		if all.Len() > 0 {
			all.WriteByte(' ')
		}
		all.WriteString("-" + p.Name + " \"" + p.Value + "\"")
		add("Parameters."+p.Name, p.Value)
	}
	add("Parameters", all.String())
	return pairs
}

// depth is the deepest nesting of brackets outside strings.
func depth(s string) (deepest int) {
	d, quoted := 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			d++
			deepest = max(deepest, d)
		case c == '}' || c == ']':
			d--
		}
	}
	return deepest
}
