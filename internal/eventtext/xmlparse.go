package eventtext

import (
	"bytes"
	"unicode/utf8"
)

// xmlParser reads one <Event> element into a builder. It knows what Windows writes and no more of XML: elements, attributes, text, CDATA, the five
// entities and character references; comments and processing instructions are passed; a document type is refused. Line ends in text stay as
// they are, so that the values equal those of the log. encoding/xml is its slow twin in the tests.
type xmlParser struct {
	data   []byte
	pos    int
	last   bool
	b      *builder
	t      *tree
	stack  []element
	values int
	lacks  *absent
	code   string
}

// absent notes the end marks that the rest of the stream does not have, so that openings without an end are not each looked for up to there.
type absent struct{ comment, cdata, instruction bool }

// element is one that is open.
type element struct {
	tag      span // the name as written, with prefix
	name     span // the name without prefix, or of a Data element that of its Name attribute
	segment  int  // where its text since the last child begins, in the tree's text
	named    bool // it is a Data element and name comes from its Name attribute, so that empty text is a field
	attrs    bool // it has others, so that empty text is no field
	children bool
	blank    bool // its text so far is white space
}

// parseXML reads the element that begins at data[0]. n is its length, or where the failure was seen; code is empty when it goes on after data.
func parseXML(b *builder, data []byte, last bool, lacks *absent) (n int, code string, ok bool) {
	p := xmlParser{data: data, last: last, b: b, t: b.t, lacks: lacks}
	for p.step() {
		if len(p.stack) == 0 {
			return p.pos, "", true
		}
	}
	return p.pos, p.code, false
}

func (p *xmlParser) fail(code string) bool {
	p.code = code
	return false
}

func (p *xmlParser) short() bool {
	if p.last {
		p.code = CodeTruncated
	}
	return false
}

// step reads one tag, or text up to the next one.
func (p *xmlParser) step() bool {
	if p.pos == len(p.data) {
		return p.short()
	}
	if p.data[p.pos] != '<' {
		k := bytes.IndexByte(p.data[p.pos:], '<')
		if k < 0 {
			return p.short()
		}
		p.text(p.data[p.pos : p.pos+k])
		p.pos += k
		return true
	}
	rest := p.data[p.pos:]
	switch {
	case len(rest) < 2:
		return p.short()
	case rest[1] == '/':
		return p.endTag()
	case rest[1] == '?':
		return p.pass("<?", "?>", &p.lacks.instruction, nil)
	case rest[1] != '!':
		return p.startTag()
	case bytes.HasPrefix(rest, []byte("<!--")):
		return p.pass("<!--", "-->", &p.lacks.comment, nil)
	case bytes.HasPrefix(rest, []byte("<![CDATA[")):
		return p.pass("<![CDATA[", "]]>", &p.lacks.cdata, p.raw)
	case len(rest) < len("<![CDATA[") && !p.last:
		return p.short()
	}
	return p.fail(CodeXMLDTD)
}

// pass reads up to the end mark and gives what stands between to keep.
func (p *xmlParser) pass(begin, end string, lacks *bool, keep func([]byte)) bool {
	k := -1
	if !*lacks {
		k = bytes.Index(p.data[p.pos+len(begin):], []byte(end))
	}
	if k < 0 {
		*lacks = p.last
		return p.short()
	}
	if keep != nil {
		keep(p.data[p.pos+len(begin):][:k])
	}
	p.pos += len(begin) + k + len(end)
	return true
}

func (p *xmlParser) top() *element { return &p.stack[len(p.stack)-1] }

// text adds character data with its references resolved.
func (p *xmlParser) text(s []byte) {
	for {
		k := bytes.IndexByte(s, '&')
		if k < 0 {
			p.raw(s)
			return
		}
		p.raw(s[:k])
		n := p.reference(s[k:])
		s = s[k+n:]
		p.top().blank = false
	}
}

// raw adds bytes as they stand, but for those that are no UTF-8.
func (p *xmlParser) raw(s []byte) {
	e := p.top()
	for _, c := range s {
		if !isBlank(c) {
			e.blank = false
			break
		}
	}
	p.t.valid(s)
}

// valid appends text, U+FFFD in place of each byte that is no UTF-8.
func (t *tree) valid(s []byte) {
	if utf8.Valid(s) {
		t.text = append(t.text, s...)
		return
	}
	t.flags |= FlagReplace
	for len(s) > 0 {
		c, size := utf8.DecodeRune(s)
		t.text = utf8.AppendRune(t.text, c)
		s = s[size:]
	}
}

// maxReference is the longest reference that is looked for, as &#x0010FFFF; is one.
const maxReference = 16

// reference resolves what begins with "&" and gives its length. What XML does not define stays as it is written.
func (p *xmlParser) reference(s []byte) int {
	end := bytes.IndexByte(s[:min(len(s), maxReference)], ';')
	if end > 1 {
		c := rune(-1)
		switch name := s[1:end]; string(name) {
		case "lt":
			c = '<'
		case "gt":
			c = '>'
		case "amp":
			c = '&'
		case "quot":
			c = '"'
		case "apos":
			c = '\''
		default:
			if name[0] == '#' {
				c = character(name[1:])
			}
		}
		if c >= 0 {
			if c == utf8.RuneError {
				p.t.flags |= FlagReplace
			}
			p.t.text = utf8.AppendRune(p.t.text, c)
			return end + 1
		}
	}
	p.t.flags |= FlagEntity
	p.t.text = append(p.t.text, '&')
	return 1
}

// character is what a numeric reference means, U+FFFD when there is no such character, or -1 when it is no number.
func character(s []byte) rune {
	base := rune(10)
	if len(s) > 1 && s[0] == 'x' {
		base, s = 16, s[1:]
	}
	c := rune(0)
	for _, d := range s {
		switch {
		case d >= '0' && d <= '9':
			d -= '0'
		case base == 16 && d|0x20 >= 'a' && d|0x20 <= 'f':
			d = d | 0x20 - 'a' + 10
		default:
			return -1
		}
		if c = c*base + rune(d); c > utf8.MaxRune {
			c = utf8.MaxRune + 1
			return utf8.RuneError
		}
	}
	if len(s) == 0 {
		return -1
	}
	if !utf8.ValidRune(c) || c == 0 {
		return utf8.RuneError
	}
	return c
}

// isName reports whether c may stand in a name here: everything but what ends one.
func isName(c byte) bool {
	return c > ' ' && c != '/' && c != '>' && c != '<' && c != '=' && c != '"' && c != '\'' && c != '&'
}

func (p *xmlParser) name() []byte {
	from := p.pos
	for p.pos < len(p.data) && isName(p.data[p.pos]) {
		p.pos++
	}
	return p.data[from:p.pos]
}

func (p *xmlParser) blanks() {
	for p.pos < len(p.data) && isBlank(p.data[p.pos]) {
		p.pos++
	}
}

// local is a name without its prefix.
func local(name []byte) []byte {
	if k := bytes.IndexByte(name, ':'); k >= 0 {
		return name[k+1:]
	}
	return name
}

func (p *xmlParser) startTag() bool {
	begin := p.pos
	p.pos++
	tag := p.name()
	if p.pos == len(p.data) {
		return p.short()
	}
	if len(tag) == 0 {
		return p.fail(CodeXML)
	}
	if len(p.stack) > 0 && isEventStart(p.data[begin:]) {
		p.pos = begin
		return p.fail(CodeXMLOpen)
	}
	if len(p.stack) >= MaxDepth {
		return p.fail(CodeDepth)
	}
	if p.values++; p.values > MaxValues {
		return p.fail(CodeValues)
	}
	p.child()
	e := element{tag: p.t.put(tag), blank: true}
	e.name = span{e.tag.to - uint32(len(local(tag))), e.tag.to}
	p.stack = append(p.stack, e)
	for {
		p.blanks()
		if p.pos == len(p.data) {
			return p.short()
		}
		switch c := p.data[p.pos]; {
		case c == '>':
			p.pos++
			p.top().segment = len(p.t.text)
			return true
		case c == '/':
			if p.pos+1 == len(p.data) {
				return p.short()
			}
			if p.data[p.pos+1] != '>' {
				return p.fail(CodeXML)
			}
			p.pos += 2
			p.top().segment = len(p.t.text)
			p.end()
			return true
		case !isName(c):
			return p.fail(CodeXML)
		}
		if !p.attribute() {
			return false
		}
	}
}

// child notes in the open element that one begins inside; text before it is a field if there is any.
func (p *xmlParser) child() {
	if len(p.stack) == 0 {
		return
	}
	e := p.top()
	if !e.blank {
		p.leaf(e, span{uint32(e.segment), uint32(len(p.t.text))})
		e.blank = true
	}
	e.children = true
}

func (p *xmlParser) attribute() bool {
	name := p.name()
	p.blanks()
	if p.pos == len(p.data) {
		return p.short()
	}
	if p.data[p.pos] != '=' {
		return p.fail(CodeXML)
	}
	p.pos++
	p.blanks()
	if p.pos == len(p.data) {
		return p.short()
	}
	quote := p.data[p.pos]
	if quote != '"' && quote != '\'' {
		return p.fail(CodeXML)
	}
	k := bytes.IndexByte(p.data[p.pos+1:], quote)
	if k < 0 {
		// Without this, a quote that is never closed takes all documents up to the limit.
		if lt := bytes.IndexByte(p.data[p.pos+1:], '<'); lt >= 0 {
			p.pos += 1 + lt
			return p.fail(CodeXML)
		}
		return p.short()
	}
	value := p.data[p.pos+1:][:k]
	if lt := bytes.IndexByte(value, '<'); lt >= 0 {
		p.pos += 1 + lt
		return p.fail(CodeXML)
	}
	p.pos += k + 2
	if p.values++; p.values > MaxValues {
		return p.fail(CodeValues)
	}
	if isNamespace(name) {
		return true
	}
	e := p.top()
	from := len(p.t.text)
	p.text(value)
	p.attributeField(e, local(name), span{uint32(from), uint32(len(p.t.text))})
	e.blank = true
	return true
}

func (p *xmlParser) endTag() bool {
	p.pos += 2
	tag := p.name()
	p.blanks()
	if p.pos == len(p.data) {
		return p.short()
	}
	if p.data[p.pos] != '>' || !bytes.Equal(tag, p.t.str(p.top().tag)) {
		return p.fail(CodeXML)
	}
	p.pos++
	p.end()
	return true
}

// end closes the open element. A line end and blanks in a leaf come from a tool that indents an empty element (evtx_dump), and are none of its
// text; a line end alone is.
func (p *xmlParser) end() {
	e := p.top()
	text := span{uint32(e.segment), uint32(len(p.t.text))}
	if e.blank && (e.children || isIndent(p.t.str(text))) {
		text.to = text.from
	}
	if text.from < text.to || e.named && !e.children || !e.children && !e.attrs {
		p.leaf(e, text)
	}
	if p.stack = p.stack[:len(p.stack)-1]; len(p.stack) > 0 {
		p.top().segment = len(p.t.text)
	}
}

func isIndent(text []byte) bool {
	text = bytes.TrimPrefix(text, []byte("\r"))
	return len(text) > 1 && text[0] == '\n' && len(bytes.TrimLeft(text[1:], " \t")) == 0
}
