package sigma

// How often a predicate will be true, which decides by what a rule is found. The estimate of a text is the product of the probabilities of
// its bytes, but for words that stand in many fields of Windows events and count as one unlikely byte or less. No better model is needed to choose
// between "\windows\" and "comsvcs.dll"; a worse choice costs time only, never a match.

import (
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// keyText is a text that a key looks for.
type keyText struct {
	text   []byte // folded
	window int    // the four bytes to enter it under; unused if whole
	where  anchor
	whole  bool
	sure   bool // that it is found decides the predicate
}

// keyTexts gives the texts one of which is in a value whenever a pattern or an expression holds for it; nil if there are none that the index
// can search. They are all whole, or none is.
func keyTexts(p *pred) []keyText {
	switch p.kind {
	case kindText:
		if t, ok := patternText(p.pat, p.cased); ok {
			return []keyText{t}
		}
	case kindRegexp:
		var texts []keyText
		for _, s := range p.re.need {
			t := keyText{text: []byte(s), where: within}
			if t.window = rarestWindow(t.text); t.window < 0 {
				return nil
			}
			texts = append(texts, t)
		}
		return texts
	}
	return nil
}

// patternText gives the part of a pattern to search for.
func patternText(p *pattern, cased bool) (t keyText, ok bool) {
	if lit, ok := p.literal(); ok {
		return keyText{text: fold(string(lit)), whole: true, sure: !cased}, true
	}
	best := math.Inf(1)
	consider := func(text []byte, where anchor) {
		if w := rarestWindow(text); w >= 0 {
			if cost := textCost(text, where); cost < best {
				best, ok = cost, true
				t = keyText{text: text, window: w, where: where, sure: p.plain && !cased}
			}
		}
	}
	for i := range p.segs {
		s := &p.segs[i]
		if s.mixed == nil {
			where := within
			switch i {
			case 0:
				where = atStart
			case len(p.segs) - 1:
				where = atEnd
			}
			consider(fold(string(s.lit)), where)
			continue
		}
		start := 0
		for j := 0; j <= len(s.mixed); j++ {
			if j == len(s.mixed) || s.mixed[j] < 0 {
				consider(fold(string(s.mixed[start:j])), within)
				start = j + 1
			}
		}
	}
	return t, ok
}

// wantsWide says whether a predicate holds only for values with characters outside ASCII. Folding makes ASCII of two of these, never the
// other way.
func wantsWide(p *pred) bool {
	if p.kind != kindText {
		return false
	}
	return slices.ContainsFunc(p.pat.syms, func(c rune) bool { return c >= utf8.RuneSelf })
}

// predKey is a predicate as a key.
type predKey struct {
	ok    bool    // it can be one: it does not hold for an event without the field
	cost  float64 // as of keySet
	texts []keyText
}

func newPredKey(p *pred) predKey {
	k := predKey{ok: true, texts: keyTexts(p)}
	switch p.kind {
	case kindText, kindRegexp:
		switch {
		case k.texts != nil:
		case p.kind == kindRegexp || p.keyword:
			k.cost = 1
			return k
		default:
			k.cost = 0.3 + directCost
			return k
		}
		for _, t := range k.texts {
			where := t.where
			if t.whole {
				where = whole
			}
			k.cost += textCost(t.text, where)
		}
	case kindOneOf:
		for _, text := range slices.Sorted(maps.Keys(p.set)) {
			t := keyText{text: fold(text), whole: true, sure: !p.cased}
			k.texts = append(k.texts, t)
			k.cost += textCost(t.text, whole)
		}
	case kindCIDR, kindCompare, kindRef:
		k.cost = 0.4 + directCost
		return k
	case kindExists:
		k.cost, k.ok = 0.7+directCost, p.want
		return k
	default:
		k.ok = false
		return k
	}
	if p.keyword {
		// A field is read and searched in any case; with a keyword all of them are.
		k.cost = 20*k.cost + directCost
	} else if least, ok := fewValues[p.field]; ok {
		k.cost = max(k.cost, math.Exp2(-least))
	}
	return k
}

const (
	directCost = 0.05 // of a key that is evaluated by itself
	manyPlaces = 32   // of a value at which a text can stand
)

// fewValues are fields that have few different values, with the information of one of these in bits.
var fewValues = map[string]float64{
	"EventID": 4, "Channel": 3, "Provider_Name": 3, "Level": 1, "Task": 3, "Opcode": 2, "Version": 1, "Keywords": 1, "LogonType": 2, "Initiated": 1,
	"Protocol": 1, "IntegrityLevel": 1, "EventType": 2, "Action": 2, "ObjectType": 2, "Status": 3, "Signed": 1, "SignatureStatus": 1, "User": 2,
	"AccessMask": 3, "StartType": 2, "ServiceType": 2, "DestinationPort": 4, "CurrentDirectory": 2, "SubjectUserSid": 2, "LogonProcessName": 2,
	"AuthenticationPackageName": 2, "TicketEncryptionType": 2, "sc-status": 2, "cs-method": 1, "Company": 2, "Product": 2, "eventSource": 3,
}

// textCost estimates how often a text is found in a value of its field.
func textCost(text []byte, where anchor) float64 {
	bits := textBits(string(text))
	if where != whole && len(text) >= gramSize {
		// A part of a usual text is found wherever that is.
		if _, ok := usualGrams[binary.LittleEndian.Uint32(text)]; ok {
			for _, w := range usual {
				if w.bits < bits && strings.Contains(w.text, string(text)) {
					bits = w.bits
				}
			}
		}
	}
	cost := math.Exp2(-bits)
	if where == within {
		cost *= manyPlaces
	}
	return min(cost, 1)
}

func textBits(s string) float64 {
	total := 0.0
	for i := 0; i < len(s); {
		n, bits := 1, 6.0
		if s[i] < 0x80 {
			bits = byteBits[s[i]]
		}
		for _, w := range usualBy[s[i]] {
			if len(w.text) > n && strings.HasPrefix(s[i:], w.text) {
				n, bits = len(w.text), w.bits
			}
		}
		total += bits
		i += n
	}
	return total
}

type usualText struct {
	text string
	bits float64
}

// usual are texts that stand in many values of Windows events, with their information in bits: the chance that one stands where it could is
// one in two to the power of that.
var usual = []usualText{
	{`c:\windows\system32\`, 1}, {`c:\windows\syswow64\`, 4}, {`c:\windows\`, 1}, {`\windows\system32\`, 1}, {`c:\program files\`, 2},
	{`c:\program files (x86)\`, 3}, {`\program files`, 2}, {`\appdata\local\`, 3}, {`\appdata\roaming\`, 4}, {`\local\temp\`, 4}, {`\temp\`, 4},
	{`c:\users\`, 2}, {`\users\`, 2}, {`\users\public\`, 6}, {`c:\programdata\`, 3}, {`\programdata\`, 3}, {`\desktop\`, 5}, {`\downloads\`, 5},
	{`\microsoft.net\framework64\`, 5}, {`\winsxs\`, 5}, {`\wbem\`, 4}, {`.exe`, 1}, {`.dll`, 2}, {`.sys`, 4}, {`.ps1`, 4}, {`.exe" `, 2},
	{`.tmp`, 4}, {`.txt`, 5}, {`.log`, 4}, {`http://`, 6}, {`https://`, 6}, {`.com`, 4}, {`\powershell.exe`, 4}, {`powershell`, 3},
	{`\windowspowershell\v1.0\`, 4}, {`\cmd.exe`, 4}, {`cmd.exe /c `, 5}, {`cmd`, 4}, {`\svchost.exe`, 2}, {`svchost`, 2}, {`\services.exe`, 3},
	{`\lsass.exe`, 3}, {`\explorer.exe`, 3}, {`\rundll32.exe`, 5}, {`rundll32`, 5}, {`\regsvr32.exe`, 6}, {`\wmiprvse.exe`, 4}, {`\conhost.exe`, 3},
	{`\taskhostw.exe`, 4}, {`\dllhost.exe`, 5}, {`\msiexec.exe`, 5}, {`\reg.exe`, 6}, {`\net.exe`, 6}, {`\net1.exe`, 6}, {`\sc.exe`, 6},
	{`\schtasks.exe`, 6}, {`\python.exe`, 5}, {`hklm\system\currentcontrolset\services\`, 2},
	{`hklm\software\microsoft\windows\currentversion\`, 2}, {`\currentversion\`, 2}, {`\currentversion\run`, 6},
	{`\software\microsoft\windows nt\currentversion\`, 3}, {`hklm\software\`, 2}, {`hkcu\`, 3}, {`\software\`, 1}, {`\microsoft\`, 1},
	{`\windows\`, 1}, {`\registry\machine\`, 2}, {`\control\`, 3}, {`\parameters\`, 3}, {`\policies\`, 4}, {`\system\`, 1}, {`system`, 2},
	{`windows`, 1}, {`microsoft`, 1}, {`corporation`, 2}, {`nt authority\`, 1}, {`authority`, 1}, {`autorité`, 4}, {`network service`, 4},
	{`local service`, 4}, {`administrator`, 4}, {`admin`, 4}, {`service`, 3}, {`user`, 3}, {`local`, 3}, {`network`, 4}, {`process`, 4},
	{`security`, 4}, {`object`, 4}, {`token`, 5}, {`audit`, 5}, {`sha1=`, 0}, {`md5=`, 0}, {`sha256=`, 0}, {`imphash=`, 0}, {`true`, 1},
	{`false`, 1}, {`null`, 4}, {`dword (0x0000000`, 1}, {`0x`, 2}, {`127.0.0.1`, 3}, {`unknown`, 3}, {`new-object`, 5}, {`get-`, 4}, {`set-`, 5},
	{`import-module`, 6}, {`function`, 4}, {`param`, 4}, {`-command`, 5}, {`string`, 4}, {`import`, 5}, {`hidden`, 6},
	{`\device\harddiskvolume`, 1}, {`name`, 4}, {`data`, 4}, {`type`, 4}, {`value`, 4}, {`file`, 4}, {`path`, 4}, {`host`, 4}, {`server`, 4},
	{`client`, 4}, {`program`, 4}, {`update`, 5}, {`default`, 4}, {`start`, 4},
}

// usualBy are the usual texts by their first byte.
var usualBy = func() (by [256][]usualText) {
	for _, w := range usual {
		by[w.text[0]] = append(by[w.text[0]], w)
	}
	return by
}()

// usualGrams are the windows that stand in usual texts.
var usualGrams = func() map[uint32]float64 {
	grams := make(map[uint32]float64)
	for _, w := range usual {
		for i := 0; i+gramSize <= len(w.text); i++ {
			g := binary.LittleEndian.Uint32([]byte(w.text[i:]))
			if bits, ok := grams[g]; !ok || w.bits < bits {
				grams[g] = w.bits
			}
		}
	}
	return grams
}()

// rarestWindow gives where in a text its rarest four bytes are, or -1.
func rarestWindow(text []byte) int {
	best, most := -1, -1.0
	for i := 0; i+gramSize <= len(text); i++ {
		bits, ok := usualGrams[binary.LittleEndian.Uint32(text[i:])]
		if !ok {
			for _, c := range text[i : i+gramSize] {
				if c < 0x80 {
					bits += byteBits[c]
				} else {
					bits += 5
				}
			}
		}
		if bits > most {
			best, most = i, bits
		}
	}
	return best
}
