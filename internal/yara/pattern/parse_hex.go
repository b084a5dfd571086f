package pattern

import "strconv"

const (
	// chainThreshold is the jump from which on a string is cut in two (YR_STRING_CHAINING_THRESHOLD of libyara).
	chainThreshold = 200

	// maxHexTokens is the largest number of bytes in a hexadecimal string (YR_MAX_HEX_STRING_TOKENS of libyara).
	maxHexTokens = 10000

	// maxNesting is how deep parentheses may be nested.
	maxNesting = 250

	maxJump = 1<<31 - 1 // INT_MAX, as in libyara
)

// hexParser reads what stands between the braces of a hexadecimal string:
//
//	tokens = token { token | jump }, ending in a token
//	token  = byte | "(" tokens { "|" tokens } ")"
//	byte   = [ "~" ] ( hexdigit | "?" ) ( hexdigit | "?" )
//	jump   = "[" n "]" | "[" n "-" m "]" | "[" n "-" "]" | "[" "-" "]"
//
// with white space and the comments of C++ between them.
type hexParser struct {
	src    []byte
	pos    int
	tokens int
	depth  int
	err    *Error
}

func parseHex(src []byte) (*node, *Error) {
	p := &hexParser{src: src}
	n := p.sequence()
	if p.err == nil && p.pos < len(p.src) {
		p.fail(p.pos, "hex.syntax", "unexpected "+quoteByte(p.src[p.pos])+" in hex string", "")
	}
	if p.err != nil {
		return nil, p.err
	}
	return n, nil
}

// fail keeps the first error, from which on every reading function returns at once.
func (p *hexParser) fail(at int, code, msg, hint string) {
	if p.err == nil {
		p.err = &Error{Offset: min(at, len(p.src)), Code: code, Msg: msg, Hint: hint}
	}
}

// space skips white space and comments.
func (p *hexParser) space() {
	for p.pos < len(p.src) {
		switch c := p.src[p.pos]; {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			p.pos++
		case c == '/' && p.pos+1 < len(p.src) && p.src[p.pos+1] == '/':
			for p.pos < len(p.src) && p.src[p.pos] != '\n' {
				p.pos++
			}
		case c == '/' && p.pos+1 < len(p.src) && p.src[p.pos+1] == '*':
			start := p.pos
			p.pos += 2
			for p.pos+1 < len(p.src) && (p.src[p.pos] != '*' || p.src[p.pos+1] != '/') {
				p.pos++
			}
			if p.pos+1 >= len(p.src) {
				p.fail(start, "hex.comment", "comment without an end", "end it with */")
				p.pos = len(p.src)
				return
			}
			p.pos += 2
		default:
			return
		}
	}
}

// next returns the byte that comes next, 0 at the end.
func (p *hexParser) next() byte {
	p.space()
	if p.err != nil || p.pos >= len(p.src) {
		return 0
	}
	return p.src[p.pos]
}

// sequence reads tokens up to the end, a bar or a closing parenthesis.
func (p *hexParser) sequence() *node {
	var subs []*node
	for {
		c := p.next()
		if p.err != nil {
			return nil
		}
		if c == 0 && p.pos >= len(p.src) || c == '|' || c == ')' {
			switch {
			case len(subs) == 0:
				p.fail(p.pos, "hex.empty", "no byte where at least one is needed", "")
			case subs[len(subs)-1].jump:
				p.fail(p.pos, "hex.jump.last", "a jump ends the string", "end with a byte")
			}
			return concatNode(subs)
		}
		if c == '[' {
			if len(subs) == 0 {
				p.fail(p.pos, "hex.jump.first", "a jump begins the string", "begin with a byte")
				return nil
			}
			jump := p.jump()
			if p.err != nil {
				return nil
			}
			// Two jumps are one that is as long as both.
			if last := subs[len(subs)-1]; last.jump {
				last.min = min(last.min+jump.min, maxJump)
				if last.max == unbounded || jump.max == unbounded {
					last.max = unbounded
				} else {
					last.max = min(last.max+jump.max, maxJump)
				}
				continue
			}
			subs = append(subs, jump)
			continue
		}
		subs = append(subs, p.token(c))
	}
}

func (p *hexParser) token(c byte) *node {
	if c != '(' {
		return p.oneByte()
	}
	open := p.pos
	p.pos++
	if p.depth++; p.depth > maxNesting {
		p.fail(open, "hex.nesting", "parentheses nested too deep", "at most "+strconv.Itoa(maxNesting)+" levels")
		return nil
	}
	var alternatives []*node
	for {
		alternatives = append(alternatives, p.sequence())
		if p.err != nil {
			return nil
		}
		switch p.next() {
		case '|':
			p.pos++
		case ')':
			p.pos++
			p.depth--
			return altNode(alternatives)
		default:
			p.fail(open, "hex.parenthesis", "parenthesis without an end", "close it with )")
			return nil
		}
	}
}

func (p *hexParser) oneByte() *node {
	if p.tokens++; p.tokens > maxHexTokens {
		p.fail(p.pos, "hex.long", "string too long", "at most "+strconv.Itoa(maxHexTokens)+" bytes")
		return nil
	}
	start := p.pos
	not := p.src[p.pos] == '~'
	if not {
		p.pos++
	}
	var value, mask byte
	for range 2 {
		if p.pos >= len(p.src) {
			p.fail(start, "hex.digit", "half a byte", "write two hexadecimal digits or ? for each byte")
			return nil
		}
		c := p.src[p.pos]
		value, mask = value<<4, mask<<4
		if d, ok := hexDigit(c); ok {
			value, mask = value|d, mask|0x0f
		} else if c != '?' {
			msg := "unexpected " + quoteByte(c) + " in hex string"
			if p.pos > start {
				msg = "half a byte before " + quoteByte(c)
			}
			p.fail(p.pos, "hex.digit", msg, "write two hexadecimal digits or ? for each byte")
			return nil
		}
		p.pos++
	}
	if not && mask == 0 {
		p.fail(start, "hex.not", "invalid not operator (~): ~?? matches nothing", "")
		return nil
	}
	n := &node{kind: nodeSet}
	for b := range 256 {
		if (byte(b)&mask == value) != not {
			n.set.add(byte(b))
		}
	}
	return n
}

// jump reads a jump; the tree has any byte repeated, as few times as possible.
func (p *hexParser) jump() *node {
	start := p.pos
	p.pos++
	lo, haveLo := p.number()
	hi, dash := lo, false
	if p.next() == '-' {
		dash = true
		p.pos++
		var haveHi bool
		if hi, haveHi = p.number(); !haveHi {
			hi = unbounded
		}
	}
	switch c := p.next(); {
	case p.err != nil:
		return nil
	case c != ']':
		p.fail(p.pos, "hex.jump", "jump that is not closed by ]", "write [n], [n-m], [n-] or [-]")
		return nil
	case !dash && !haveLo:
		p.fail(start, "hex.jump", "empty jump", "write [n], [n-m], [n-] or [-]")
		return nil
	case !dash && lo == 0:
		p.fail(start, "hex.jump", "invalid jump length: 0", "leave the jump out")
		return nil
	case hi != unbounded && lo > hi:
		p.fail(start, "hex.jump", "invalid jump range: "+strconv.Itoa(lo)+" is more than "+strconv.Itoa(hi), "write the smaller number first")
		return nil
	case p.depth > 0 && hi == unbounded:
		p.fail(start, "hex.jump", "unbounded jumps not allowed inside alternation (|)", "give it an end of at most "+strconv.Itoa(chainThreshold))
		return nil
	case p.depth > 0 && (lo > chainThreshold || hi > chainThreshold):
		p.fail(start, "hex.jump", "jumps over "+strconv.Itoa(chainThreshold)+" not allowed inside alternation (|)", "")
		return nil
	}
	p.pos++
	return anyRepeated(lo, hi)
}

func anyRepeated(lo, hi int) *node {
	dot := &node{kind: nodeSet}
	dot.set.negate()
	return &node{kind: nodeRepeat, subs: []*node{dot}, min: lo, max: hi, jump: true}
}

func (p *hexParser) number() (n int, ok bool) {
	p.space()
	start := p.pos
	for p.pos < len(p.src) && '0' <= p.src[p.pos] && p.src[p.pos] <= '9' {
		if n = n*10 + int(p.src[p.pos]-'0'); n > maxJump {
			p.fail(start, "hex.jump", "jump length too large", "at most "+strconv.Itoa(maxJump)+", or [n-] for no end")
			return 0, false
		}
		p.pos++
	}
	return n, p.pos > start
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// quoteByte gives a byte of a rule in a form that is safe to print.
func quoteByte(c byte) string {
	if c >= 0x20 && c < 0x7f {
		return strconv.Quote(string(rune(c)))
	}
	return `"\x` + string("0123456789abcdef"[c>>4]) + string("0123456789abcdef"[c&15]) + `"`
}
