// Package diag says what is wrong in a text file, where, and what would fix it.
//
// A problem is a value: position, stable code, what is wrong, what would be right. It is worded here once, so that the terminal, a page and
// JSON say the same. The text of rules comes from outside: whatever of it enters a message goes through [Quote], and file names are escaped
// when they are printed, so that no message can move a cursor, reverse a line or fill a screen.
package diag

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Pos is a place in a text file. Line and Col count from 1, Col in characters; zero means that it is not known.
type Pos struct {
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	Col  int    `json:"col,omitempty"`
}

// String gives "web.yml:14:9", leaving out what is not known; it is empty for the zero Pos.
func (p Pos) String() string {
	s := printable(p.File)
	if p.Line <= 0 {
		return s
	}
	if s != "" {
		s += ":"
	}
	s += strconv.Itoa(p.Line)
	if p.Col > 0 {
		s += ":" + strconv.Itoa(p.Col)
	}
	return s
}

// Problem is one thing that is wrong.
type Problem struct {
	Pos
	Code string `json:"code"`           // stable and documented, such as "sigma.modifier.unknown"
	Msg  string `json:"msg"`            // lower case, no final period
	Hint string `json:"hint,omitempty"` // what would fix it; empty when that is not known
}

// String gives one line: web.yml:14:9: unknown modifier "contain", did you mean "contains"?
func (p Problem) String() string {
	var b strings.Builder
	if pos := p.Pos.String(); pos != "" {
		b.WriteString(pos)
		b.WriteString(": ")
	}
	b.WriteString(p.Msg)
	if p.Hint != "" {
		b.WriteString(", ")
		b.WriteString(p.Hint)
	}
	return b.String()
}

func (p Problem) Error() string { return p.String() }

// Problems are the problems of one or more files. As an error they are one line each; an empty list is no error, see [Problems.Err].
type Problems []Problem

// Add appends a problem whose message is formatted.
func (p *Problems) Add(pos Pos, code, hint, format string, args ...any) {
	*p = append(*p, Problem{Pos: pos, Code: code, Msg: fmt.Sprintf(format, args...), Hint: hint})
}

// Sort orders by file, line, column, code and message, and keeps one of equal problems.
func (p *Problems) Sort() {
	slices.SortStableFunc(*p, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col),
			cmp.Compare(a.Code, b.Code), cmp.Compare(a.Msg, b.Msg), cmp.Compare(a.Hint, b.Hint))
	})
	*p = slices.Compact(*p)
}

// Limit keeps the first n problems and replaces the others by a last one that counts them, so that a hostile file cannot make a report of
// a million lines. It expects the problems of one file.
func (p *Problems) Limit(n int) {
	more := len(*p) - n
	if more <= 0 {
		return
	}
	pos := Pos{File: (*p)[n].File}
	*p = (*p)[:n:n]
	p.Add(pos, "diag.more", "", "%d more problems", more)
}

// Err gives the problems as an error, or nil if there is none.
func (p Problems) Err() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, q := range p {
		lines[i] = q.String()
	}
	return strings.Join(lines, "\n")
}

// maxQuoted is how much of foreign text a message shows: enough to recognise a line, too little to flood a log.
const maxQuoted = 200

// Quote gives foreign text in quotes for use in a message: control and bidirectional characters and invalid UTF-8 are escaped, and text
// longer than 200 bytes is cut.
func Quote(s string) string {
	if len(s) <= maxQuoted {
		return strconv.Quote(s)
	}
	cut := maxQuoted
	for cut > maxQuoted-utf8.UTFMax && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return strconv.Quote(s[:cut]) + "…"
}

func printable(s string) string {
	for _, r := range s {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			q := strconv.Quote(s)
			return q[1 : len(q)-1]
		}
	}
	return s
}

// DidYouMean gives the hint `did you mean "contains"?` when word looks like a misspelling of one of known, else "".
func DidYouMean(word string, known []string) string {
	if near := Nearest(word, known); near != "" {
		return "did you mean " + Quote(near) + "?"
	}
	return ""
}

// Nearest gives the known word that word most likely stands for, or "" when none is near. Near is one slip (a letter missing, too many,
// wrong, or two swapped) in each three letters: with more, the guess is more often wrong than helpful. Of equally near words the first wins.
func Nearest(word string, known []string) string {
	if len(word) > 64 { // nobody mistypes so long a word; and the distance is quadratic
		return ""
	}
	w := strings.ToLower(word)
	best, bestDist := "", max(1, utf8.RuneCountInString(w)/3)+1
	for _, k := range known {
		if len(k) > 64 || k == word {
			continue
		}
		if d := distance(w, strings.ToLower(k)); d < bestDist && d < utf8.RuneCountInString(k) {
			best, bestDist = k, d
		}
	}
	return best
}

// distance is the optimal string alignment distance: insertions, deletions, substitutions, and swaps of neighbours.
func distance(s, t string) int {
	a, b := []rune(s), []rune(t)
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur, prev, prev2 := rows[i%3], rows[(i+2)%3], rows[(i+1)%3]
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
	}
	return rows[len(a)%3][len(b)]
}
