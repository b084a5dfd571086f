package evtx

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// flat makes fields of an XML document by the rules of Event, with the reader
// of the standard library: another way to the same fields than ours.
func flat(x []byte) (fields []Field, err error) {
	dec := xml.NewDecoder(bytes.NewReader(x))
	type frame struct {
		name, text     string
		attr, kid, own bool
	}
	var open []frame
	flush := func(f *frame) {
		if strings.TrimSpace(f.text) != "" {
			fields = append(fields, Field{f.name, f.text})
		}
		f.text = ""
	}
	for {
		tok, err := dec.RawToken()
		if errors.Is(err, io.EOF) {
			return fields, nil
		} else if err != nil {
			return nil, err
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			if n := len(open); n > 0 {
				flush(&open[n-1])
				open[n-1].kid = true
			}
			f := frame{name: tok.Name.Local}
			for _, a := range tok.Attr {
				switch {
				case a.Name.Local == "xmlns", a.Name.Space == "xmlns":
				case f.name == "Data" && a.Name.Local == "Name" && a.Value != "":
					f.name, f.own = a.Value, true
				default:
					fields = append(fields, Field{f.name + "_" + a.Name.Local, a.Value})
					f.attr = true
				}
			}
			open = append(open, f)
		case xml.CharData:
			if n := len(open); n > 0 {
				open[n-1].text += string(tok)
			}
		case xml.EndElement:
			f := open[len(open)-1]
			open = open[:len(open)-1]
			switch {
			case f.kid:
				flush(&f)
			case f.text != "", f.own, !f.attr && len(open) >= fieldDepth:
				fields = append(fields, Field{f.name, f.text})
			}
		}
	}
}

// sameText says if a text of ours and one of libevtx mean the same: it pads
// hexadecimal numbers, gives times more digits, and writes line ends as they are.
func sameText(ours, theirs string) bool {
	if ours == theirs {
		return true
	}
	if strings.HasPrefix(ours, "0x") && strings.HasPrefix(theirs, "0x") && len(theirs) <= 18 {
		return strings.TrimLeft(ours[2:], "0") == strings.TrimLeft(theirs[2:], "0")
	}
	clean := func(s string) string {
		return strings.TrimSpace(strings.NewReplacer("\r", "", "\x00", "", "\u00a0", " ").Replace(s))
	}
	return strings.EqualFold(clean(ours), clean(theirs)) || strings.HasSuffix(theirs, "00Z") && strings.TrimSuffix(theirs, "00Z")+"Z" == ours ||
		strings.HasSuffix(ours, "0000Z") && strings.TrimSuffix(ours, "0000Z")+"Z" == theirs
}

// libevtxOtherwise says why libevtx gives another text for a value.
func libevtxOtherwise(ours, theirs Field) string {
	switch {
	case strings.HasPrefix(ours.Value, "<"):
		return "a value of type XML is data to us, and part of the document to libevtx"
	case strings.Contains(theirs.Value, "e+00") || strings.Contains(theirs.Value, "e-00"):
		return "libevtx gives floats an exponent"
	case ours.Name == "ErrorCode" && strings.HasPrefix(ours.Value, "-214"):
		return "libevtx loses the high bits of negative 32-bit numbers; omerbenamram/evtx reads them as we do"
	}
	return ""
}

func TestRealLogsGiveTheFieldsOfLibevtx(t *testing.T) {
	t.Parallel()
	c := realLogs(t)
	same, notXML, explained := 0, 0, map[string]int{}
	for _, row := range c.index {
		ref := c.refs["libevtx-xml/"+row["sha256"]+".xml"]
		if ref == nil {
			continue
		}
		theirs := map[string][]Field{}
		for _, doc := range bytes.SplitAfter(ref, []byte("</Event>")) {
			fields, err := flat(doc)
			if err != nil {
				notXML++ // libevtx writes characters that XML has not
				continue
			}
			theirs[recordKeyOf(fields)] = fields
		}
		for _, e := range decodeLog(t, c.logs[row["sha256"]], Options{}).events {
			want := theirs[recordKeyOf(e.Fields)]
			if e.Recovered || want == nil {
				continue
			}
			i := 0
			for i < len(want) && i < len(e.Fields) && e.Fields[i].Name == want[i].Name && sameText(e.Fields[i].Value, want[i].Value) {
				i++
			}
			switch {
			case i == len(want) && i == len(e.Fields):
				same++
			case i < len(want) && i < len(e.Fields) && libevtxOtherwise(e.Fields[i], want[i]) != "":
				explained[libevtxOtherwise(e.Fields[i], want[i])]++
			default:
				t.Errorf("%s record %d differs at field %d:\n%q\n%q", path.Base(row["file"]), e.RecordID, i, e.Fields, want)
			}
		}
	}
	t.Logf("%d records have the fields of libevtx; %d of its documents are no XML; explained: %v", same, notXML, explained)
	if same < 25000 {
		t.Error("too few records compared")
	}
}

// recordKeyOf tells a record from others in its log: merged logs have ids twice.
func recordKeyOf(fields []Field) string {
	e := Event{Fields: fields}
	id, _ := e.Get("EventRecordID")
	at, _ := e.Get("TimeCreated_SystemTime")
	channel, _ := e.Get("Channel")
	return id + " " + at[:min(len(at), 27)] + channel
}

// TestUpstreamSnapshots compares single records with what the tests of
// omerbenamram/evtx assert of them.
func TestUpstreamSnapshots(t *testing.T) {
	t.Parallel()
	c := realLogs(t)
	compared := 0
	for name, snap := range c.refs {
		log, ok := strings.CutPrefix(name, "omerbenamram-snapshots/")
		if !ok || !strings.HasSuffix(log, ".snap") {
			continue
		}
		log, _, _ = strings.Cut(log, "__")
		i := slices.IndexFunc(c.index, func(row map[string]string) bool {
			return strings.HasSuffix(row["file"], "omerbenamram-evtx/samples/"+log)
		})
		if i < 0 {
			continue // held back
		}
		events := decodeLog(t, c.logs[c.index[i]["sha256"]], Options{}).events
		_, body, _ := bytes.Cut(snap[3:], []byte("---\n"))
		var v struct{ Event any }
		if json.Unmarshal(body, &v) != nil { // XML, with layout
			fields, err := flat(body)
			if err != nil {
				t.Fatal(name, err)
			}
			v.Event = map[string]any{}
			for _, f := range fields {
				v.Event.(map[string]any)[f.Name+" "+strconv.Itoa(len(v.Event.(map[string]any)))] = strings.TrimSpace(f.Value)
			}
		}
		list := leaves(v.Event, nil, nil)
		id := slices.IndexFunc(list, func(l leaf) bool { return strings.HasPrefix(l.path[len(l.path)-1], "EventRecordID") })
		at := slices.IndexFunc(events, func(e Event) bool { got, _ := e.Get("EventRecordID"); return got == list[id].text })
		if at < 0 {
			t.Errorf("%s: no record %s", name, list[id].text)
			continue
		}
		compared++
		for _, l := range list {
			last, _, _ := strings.Cut(l.path[len(l.path)-1], " ")
			if last == "#text" && len(l.path) > 1 {
				last = l.path[len(l.path)-2]
			}
			found := strings.HasPrefix(last, "xmlns")
			for _, f := range events[at].Fields {
				name := f.Name == last || strings.HasSuffix(f.Name, "_"+last)
				found = found || name && (sameLeaf(f.Value, l.text) || strings.HasSuffix(l.text, "Z") && strings.HasPrefix(f.Value, strings.TrimRight(l.text, "0Z")))
				found = found || l.text == "" && strings.HasPrefix(f.Name, last+"_")
			}
			// Upstream keeps an element whose optional value is absent; Windows and [MS-EVEN6] leave it out.
			if !found && !(last == "Binary" && l.text == "") {
				t.Errorf("%s: %v %q is not in %q", name, l.path, l.text, events[at].Fields)
			}
		}
	}
	if compared == 0 {
		t.Error("no snapshot compared")
	}
	t.Logf("%d snapshots", compared)
}

// leaf is a value of a JSON document with the names that lead to it.
type leaf struct {
	path []string
	text string
}

func leaves(v any, at []string, dst []leaf) []leaf {
	switch v := v.(type) {
	case map[string]any:
		for k, w := range v {
			dst = leaves(w, append(slices.Clone(at), k), dst)
		}
	case []any:
		for _, w := range v {
			dst = leaves(w, at, dst)
		}
	case nil:
	default:
		dst = append(dst, leaf{at, fmt.Sprint(v)})
	}
	return dst
}

// sameLeaf says if a text of ours and one of Velocidex mean the same: it
// prints hexadecimal numbers and key words as decimal, times as seconds since
// 1970, identifiers without braces.
func sameLeaf(ours, theirs string) bool {
	if sameText(ours, theirs) || strings.EqualFold(strings.Trim(ours, "{}"), theirs) {
		return true
	}
	if hex, ok := strings.CutPrefix(ours, "0x"); ok {
		n, err := strconv.ParseUint(hex, 16, 64)
		return err == nil && strconv.FormatUint(n, 10) == theirs
	}
	if at, err := time.Parse(time.RFC3339Nano, ours); err == nil {
		if strings.HasPrefix(theirs, at.Format("2006-01-02 15:04:05")) || at.Year() == 1601 {
			return true // a SYSTEMTIME; zero is another number to it
		}
		f, err := strconv.ParseFloat(theirs, 64)
		return err == nil && math.Abs(f-float64(at.Unix())-float64(at.Nanosecond())/1e9) < 1e-3
	}
	if raw, err := base64.StdEncoding.DecodeString(theirs); err == nil && strings.EqualFold(hex.EncodeToString(raw), ours) {
		return true
	}
	a, errA := strconv.ParseFloat(ours, 64)
	b, errB := strconv.ParseFloat(theirs, 64)
	return errA == nil && errB == nil && a == b
}

func TestRealLogsGiveTheFieldsOfVelocidex(t *testing.T) {
	t.Parallel()
	c := realLogs(t)
	records, values, explained := 0, 0, map[string]int{}
	for _, row := range c.index {
		ref := c.refs["velocidex-json/"+row["sha256"]+".jsonl"]
		theirs := map[string][][]leaf{}
		for _, line := range bytes.Split(ref, []byte("\n")) {
			dec := json.NewDecoder(bytes.NewReader(line))
			dec.UseNumber()
			var v struct{ System, EventData, UserData any }
			if dec.Decode(&v) != nil {
				continue
			}
			list := leaves(v.System, nil, nil)
			id := ""
			for _, l := range list {
				if l.path[0] == "EventRecordID" {
					id = l.text
				}
			}
			list = leaves(v.EventData, []string{"EventData"}, list)
			theirs[id] = append(theirs[id], leaves(v.UserData, []string{"UserData"}, list))
		}
		for _, e := range decodeLog(t, c.logs[row["sha256"]], Options{}).events {
			id, _ := e.Get("EventRecordID")
			if e.Recovered || theirs[id] == nil {
				continue
			}
			records++
			missing := ""
			for _, doc := range theirs[id] { // merged logs have ids twice
				missing = ""
				for _, l := range doc {
					values++
					if e.has(l) {
						continue
					}
					if why := e.velocidexOtherwise(l); why != "" {
						explained[why]++
					} else {
						missing = fmt.Sprintf("%s %q", strings.Join(l.path, "/"), l.text)
					}
				}
				if missing == "" {
					break
				}
			}
			if missing != "" {
				t.Errorf("%s record %s: %s is not in\n%q", path.Base(row["file"]), id, missing, e.Fields)
			}
		}
	}
	t.Logf("%d records with %d values of Velocidex; explained: %v", records, values, explained)
	if records < 27000 {
		t.Error("too few records compared")
	}
}

// velocidexOtherwise says why Velocidex has a value that we have not.
func (e *Event) velocidexOtherwise(l leaf) string {
	last, all := l.path[len(l.path)-1], strings.Join(l.path, "/")
	channel, _ := e.Get("Channel")
	switch {
	case strings.HasPrefix(last, "xmlns"):
		return "declarations of namespaces are no fields"
	case all == "EventData/Data/Name":
		return "the name of a single Data element is the name of our field"
	case all == "EventData/Data/Value":
		return "the value of a single Data element is in the field of its name"
	case all == "Channel" && channel == "":
		return "Velocidex gives a number as the channel of a trace; libevtx and omerbenamram/evtx give none, as we do"
	case all == "Security/UserID" && e.Suspect:
		return "a SID of eight zero bytes in a torn record"
	case all == "EventData/QNAME":
		return "Velocidex shortens unpaired surrogates"
	}
	for _, f := range e.Fields {
		if n, err := strconv.Atoi(f.Value); err == nil && f.Name == last && l.text == string(rune(n)) {
			return "Velocidex makes a character of some numbers"
		}
		if len(l.text) >= 1 && strings.HasPrefix(f.Value, l.text) && (len(l.text) > 4 || f.Name == last) {
			return "Velocidex cuts some texts of arrays"
		}
	}
	return ""
}

// has says if a field of the event is a value of Velocidex.
func (e *Event) has(l leaf) bool {
	last := l.path[len(l.path)-1]
	attr := ""
	if len(l.path) > 1 {
		attr = l.path[len(l.path)-2] + "_" + last
		if last == "Value" || last == "Text" {
			last = l.path[len(l.path)-2]
		}
	}
	for _, f := range e.Fields {
		if (f.Name == last || f.Name == attr || strings.HasSuffix(f.Name, "_"+last)) && sameLeaf(f.Value, l.text) {
			return true
		}
	}
	return false
}
