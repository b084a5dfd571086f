package sigma

// Literals for a prefilter. A rule that looks for "/owa/auth/x.js" in some field can only match an event whose text holds those characters, so
// that a search for a few hundred such literals over raw text tells which lines need to be read as events at all. The set must be sound:
// nothing comes from under not, null, exists or a missing field; of an and one part is enough, and the best is taken; of an or every part is
// needed, and if one has none, there is none.
//
// What is best is what will be found least often in text that does not match. The estimate of an atom is the product of the probabilities of its
// bytes in web and Windows logs (so long and rare beats short and common), corrected by a list of words that stand in most lines of such
// logs and that letters taken one by one would make look rare. The cost of a set is the sum of its atoms' estimates: the expected number of
// false hits at one place of the text. No better model is needed to choose between "u" of "/u?id=" and "proxylogon", and a worse choice costs
// time only, never a match.

import (
	"math"
	"slices"
	"strings"
)

// AtomOptions say what may become an atom.
type AtomOptions struct {
	// Keep says which ASCII bytes an atom may hold; an atom is the best unbroken run of them. It is asked about lower-case letters only
	// and must treat capitals in the same way. Nil keeps all of ASCII.
	Keep func(byte) bool
	// Verbatim says whether the values of a field appear verbatim in the raw text. Fields of which they do not yield no atom. It is asked
	// about "" for keyword searches: whether each value that [Event.Each] gives appears verbatim. Nil means that all do.
	Verbatim func(field string) bool
	// MinLen is the least length of an atom; less than 1 is 1.
	MinLen int
}

// Atoms gives literals such that every event matched by some rule of the set, but for the rules in unfiltered, contains at least one of
// them in one of its values of a verbatim field, compared without regard to ASCII case. They are in lower case, sorted, and none contains
// another.
//
// Sigma compares more than ASCII case: U+212A KELVIN SIGN equals k and U+017F LONG S equals s. Where one of these stands in the text in the
// place of a letter, the atom is not found. The caller must treat text that holds one of them (E2 84 AA or C5 BF in UTF-8) as if it held an atom.
// Likewise, an atom is not found in text that is encoded so that kept bytes do not stand for themselves, such as UTF-16, or base64.
func (s *Set) Atoms(opt AtomOptions) (atoms []string, unfiltered []*Rule) {
	f := atomFinder{opt: opt}
	f.opt.MinLen = max(opt.MinLen, 1)
	found := make(map[string]bool)
	for _, c := range s.rules {
		f.done = make(map[*node]*atomSet)
		set := f.node(c.rule.root)
		if set == nil {
			unfiltered = append(unfiltered, c.rule)
			continue
		}
		for _, a := range set.atoms {
			found[a] = true
		}
	}
	return minimal(found), unfiltered
}

// minimal sorts the atoms and drops those that contain another one, which is found wherever they are. Each atom looks up its own parts, by
// the lengths that occur, so that the time does not grow with the square of their number.
func minimal(found map[string]bool) []string {
	var lengths []int
	for a := range found {
		if i, ok := slices.BinarySearch(lengths, len(a)); !ok {
			lengths = slices.Insert(lengths, i, len(a))
		}
	}
	var atoms []string
next:
	for a := range found {
		for _, n := range lengths {
			if n >= len(a) {
				break
			}
			for i := 0; i+n <= len(a); i++ {
				if found[a[i:i+n]] {
					continue next
				}
			}
		}
		atoms = append(atoms, a)
	}
	slices.Sort(atoms)
	return atoms
}

// maxAtom bounds an atom. Longer ones are rarely found less often, and would make minimal slow.
const maxAtom = 64

// atomSet is a set of which one atom is in every event that makes a node true. A nil set says that no such set is known.
type atomSet struct {
	atoms []string
	cost  float64
}

type atomFinder struct {
	opt  AtomOptions
	done map[*node]*atomSet
}

func (f *atomFinder) node(n *node) *atomSet {
	if set, ok := f.done[n]; ok {
		return set
	}
	var set *atomSet
	switch n.op {
	case opPred:
		set = f.pred(n.pred)
	case opAnd:
		for _, k := range n.kids {
			if s := f.node(k); s != nil && (set == nil || s.cost < set.cost) {
				set = s
			}
		}
	case opOr:
		set = new(atomSet)
		seen := make(map[string]bool)
		for _, k := range n.kids {
			s := f.node(k)
			if s == nil {
				set = nil
				break
			}
			for _, a := range s.atoms {
				if !seen[a] {
					seen[a] = true
					set.atoms = append(set.atoms, a)
					set.cost += atomCost(a)
				}
			}
		}
	}
	f.done[n] = set
	return set
}

func (f *atomFinder) pred(p *pred) *atomSet {
	field := p.field
	if p.keyword {
		field = ""
	}
	if f.opt.Verbatim != nil && !f.opt.Verbatim(field) {
		return nil
	}
	switch p.kind {
	case kindText:
		a := f.best(p.pat.syms)
		if a == "" {
			return nil
		}
		return &atomSet{[]string{a}, atomCost(a)}
	case kindRegexp:
		set := new(atomSet)
		for _, s := range p.re.need {
			a := f.best([]rune(s))
			if a == "" {
				return nil
			}
			set.atoms = append(set.atoms, a)
			set.cost += atomCost(a)
		}
		if len(set.atoms) == 0 {
			return nil
		}
		return set
	}
	return nil
}

// best gives the best run of kept bytes in a text with symbols, or "".
func (f *atomFinder) best(syms []rune) string {
	best, bestCost := "", math.Inf(1)
	var run []byte
	flush := func() {
		for i := 0; i == 0 || i+maxAtom <= len(run); i += maxAtom {
			if part := run[i:min(i+maxAtom, len(run))]; len(part) >= f.opt.MinLen {
				if c := atomCost(string(part)); c < bestCost {
					best, bestCost = string(part), c
				}
			}
		}
		run = run[:0]
	}
	for _, c := range syms {
		if 'A' <= c && c <= 'Z' { // of a cased pattern
			c += 'a' - 'A'
		}
		if c < 0 || c >= 0x80 || f.opt.Keep != nil && !f.opt.Keep(byte(c)) {
			flush()
			continue
		}
		run = append(run, byte(c))
	}
	flush()
	return best
}

// byteBits is the information of a byte in bits, minus the logarithm of its probability in paths, command lines and headers, in rough classes. They
// leave out that letters follow each other in words, hence a bit less each than their frequency alone would give.
var byteBits = func() (bits [128]float64) {
	for i := range bits {
		bits[i] = 6
	}
	for class, b := range map[string]float64{
		"eaotisnr": 3.5, "lcdpmu": 4, "hgfbvwy": 4.7, "xkjqz": 6, "012": 3.5, "3456789": 4.2, "/.-_ ": 3.5, "\\=&%:": 4,
	} {
		for i := range len(class) {
			bits[class[i]] = b
		}
	}
	return bits
}()

// wordBits are words that stand in many lines of the logs that Vigie reads, with their information in bits, minus the logarithm of the share
// of lines that hold them, measured on web and Exchange front-end logs: an atom within one of them filters no better, whatever its letters.
var wordBits = []struct {
	word string
	bits float64
}{
	{"correlationid", 0}, {"cafereqid", 0}, {"<empty>", 0}, {"get", 1}, {"post", 1}, {"200", 0}, {"443", 0}, {"80", 0}, {"-", 0}, {"requestid", 4},
	{"clientrequestinfo", 2}, {"https://", 2}, {"http/1.1", 2}, {"mozilla/5.0", 2}, {"compatible", 3}, {"windows", 2}, {"microsoft", 2}, {"applewebkit", 3},
	{"khtml", 3}, {"gecko", 3}, {"chrome", 3}, {"safari", 3}, {"outlook", 2}, {"office", 3}, {"exchange", 2}, {"exchange.asmx", 4}, {"autodiscover", 3},
	{"autodiscover.xml", 3}, {"microsoft-server-activesync", 3}, {"default.eas", 3}, {"healthmailbox", 2}, {"healthcheck", 2}, {"amprobe", 2}, {"local", 2},
	{"/owa/", 3}, {"/ecp/", 5}, {"/ews/", 4}, {"/mapi/", 3}, {"/rpc/", 6}, {"/oab/", 6}, {"/auth/", 6}, {"emsmdb", 3}, {"mailboxid", 3}, {"mailbox", 2},
	{"powershell", 5}, {"default.aspx", 6}, {".aspx", 5}, {"index.html", 6}, {"index.php", 6}, {"client", 3}, {"server", 3}, {"/api/", 6}, {"proxy", 4},
	{"system32", 6}, {"program files", 6}, {"c:\\windows\\", 6}, {".exe", 6}, {".dll", 6}, {"process", 6}, {"command", 6}, {"404", 4}, {"401", 4}, {"302", 4}, {"500", 5}, {"127.0.0.1", 3},
	{"user", 3}, {"deviceid", 4}, {"devicetype", 4}, {"localhost", 6}, {"true", 4}, {"false", 4}, {"null", 6}, {"admin", 7}, {"login", 7}, {"logon", 6},
	{"calendar", 6}, {"settings", 5}, {"options", 5}, {"probe", 2},
}

// atomCost estimates how often an atom is found at one place of a log that has nothing to do with it.
func atomCost(a string) float64 {
	bits := 0.0
	for i := range len(a) {
		bits += byteBits[a[i]]
	}
	for _, w := range wordBits {
		switch {
		case strings.Contains(w.word, a):
			bits = min(bits, w.bits)
		case len(w.word) > 2 && strings.Contains(a, w.word):
			// The word comes for free; only what is around it says something.
			rest := w.bits
			for i := range len(a) {
				rest += byteBits[a[i]]
			}
			for i := range len(w.word) {
				rest -= byteBits[w.word[i]]
			}
			bits = min(bits, rest)
		}
	}
	return math.Exp2(-bits)
}
