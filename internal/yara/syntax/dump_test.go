package syntax

import (
	"fmt"
	"strings"
)

// dump shows the shape of a condition: every node in parentheses, operator first.
func dump(e Expr) string {
	switch e := e.(type) {
	case *Bool:
		return fmt.Sprint(e.Value)
	case *Int:
		return fmt.Sprint(e.Value)
	case *Float:
		return fmt.Sprint(e.Value)
	case *TextLit:
		return fmt.Sprintf("%q", e.Value)
	case *RegexLit:
		return fmt.Sprintf("/%s/%s%s", e.Body, flag(e.I, "i"), flag(e.S, "s"))
	case *Filesize:
		return "filesize"
	case *Entrypoint:
		return "entrypoint"
	case *Reader:
		return fmt.Sprintf("(%sint%d%s %s)", flag(!e.Signed, "u"), e.Bits, flag(e.BigEndian, "be"), dump(e.Arg))
	case *Name:
		return e.Name
	case *Field:
		return fmt.Sprintf("(. %s %s)", dump(e.X), e.Name)
	case *Index:
		return fmt.Sprintf("([] %s %s)", dump(e.X), dump(e.I))
	case *Call:
		return fmt.Sprintf("(call %s)", dumpAll(append([]Expr{e.X}, e.Args...)))
	case *Found:
		return e.Name + dumpPlace(e.AtX, e.In)
	case *Count:
		return "#" + e.Name[1:] + dumpPlace(nil, e.In)
	case *MatchOffset:
		return fmt.Sprintf("@%s%s", e.Name[1:], dumpIndex(e.I))
	case *MatchLength:
		return fmt.Sprintf("!%s%s", e.Name[1:], dumpIndex(e.I))
	case *Unary:
		return fmt.Sprintf("(%s %s)", e.Op, dump(e.X))
	case *Binary:
		return fmt.Sprintf("(%s %s %s)", e.Op, dump(e.X), dump(e.Y))
	case *And:
		return fmt.Sprintf("(and %s)", dumpAll(e.Kids))
	case *Or:
		return fmt.Sprintf("(or %s)", dumpAll(e.Kids))
	case *Of:
		return fmt.Sprintf("(%s of %s%s)", dumpQuant(e.Quant), dumpSet(e.Set), dumpPlace(e.AtX, e.In))
	case *ForOf:
		return fmt.Sprintf("(for %s of %s : %s)", dumpQuant(e.Quant), dumpSet(e.Set), dump(e.Body))
	case *ForIn:
		var vars []string
		for _, v := range e.Vars {
			vars = append(vars, v.Name)
		}
		over := ""
		switch {
		case e.Range != nil:
			over = fmt.Sprintf("%s..%s", dump(e.Range.Lo), dump(e.Range.Hi))
		case e.X != nil:
			over = dump(e.X)
		default:
			over = "[" + dumpAll(e.List) + "]"
		}
		return fmt.Sprintf("(for %s %s in %s : %s)", dumpQuant(e.Quant), strings.Join(vars, ","), over, dump(e.Body))
	}
	return fmt.Sprintf("?%T", e)
}

func flag(b bool, s string) string {
	if b {
		return s
	}
	return ""
}

func dumpAll(es []Expr) string {
	var out []string
	for _, e := range es {
		out = append(out, dump(e))
	}
	return strings.Join(out, " ")
}

func dumpPlace(at Expr, in *Range) string {
	switch {
	case at != nil:
		return " at " + dump(at)
	case in != nil:
		return fmt.Sprintf(" in %s..%s", dump(in.Lo), dump(in.Hi))
	}
	return ""
}

func dumpIndex(i Expr) string {
	if i == nil {
		return ""
	}
	return "[" + dump(i) + "]"
}

func dumpQuant(q Quantifier) string {
	switch q.Kind {
	case QuantAll:
		return "all"
	case QuantAny:
		return "any"
	case QuantNone:
		return "none"
	case QuantPercent:
		return dump(q.X) + "%"
	}
	return dump(q.X)
}

func dumpSet(s Set) string {
	if s.Them {
		return "them"
	}
	var out []string
	for _, i := range s.Items {
		out = append(out, i.Name+flag(i.Any, "*"))
	}
	return flag(s.Rules, "rules ") + "{" + strings.Join(out, " ") + "}"
}
