package xmltree

import (
	"errors"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, in string
		want     string // the tree, "" for none
		err      error
	}{
		{"a small document", "<?xml version='1.0' encoding='utf-16'?><a x='1'><b>t &amp; u</b><c/></a>", "a[x=1](b:t & u c)", nil},
		{"prefixes are left out", "<p:a xmlns:p='u'><p:b p:k='v'/></p:a>", "a[p=u](b[k=v])", nil},
		{"a document that breaks off gives what stands before", "<a><b>t</b><c", "a(b:t)", ErrForm},
		{"an end that fits no start", "<a><b></a>", "a(b)", ErrForm},
		{"a document type", "<!DOCTYPE a [<!ENTITY x 'y'>]><a/>", "", ErrForm},
		{"an entity of its own stays text", "<a>&x;</a>", "a:&x;", nil},
		{"a second root", "<a/><b/>", "a", ErrForm},
		{"nothing", "  ", "", ErrEmpty},
		{"text alone", "hello", "", ErrForm},
		{"too deep", strings.Repeat("<a>", MaxDepth+1), strings.Repeat("a(", MaxDepth-1) + "a" + strings.Repeat(")", MaxDepth-1), ErrDepth},
		{"too many attributes", "<a><b " + strings.Repeat("k='' ", maxAttrs+1) + "/></a>", "a", ErrSize},
		{"too many elements", "<a>" + strings.Repeat("<b/>", MaxElements), "", ErrSize},
		{"one text over the limit", "<a><b/>" + strings.Repeat("x", maxToken+100_000), "a(b)", ErrSize},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			root, err := Parse([]byte(tt.in))
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if got := show(root); tt.want != "" && got != tt.want || tt.want == "" && tt.err == ErrEmpty && root != nil {
				t.Errorf("tree %.200q, want %q", got, tt.want)
			}
		})
	}
}

func show(e *Element) string {
	if e == nil {
		return ""
	}
	var b strings.Builder
	b.WriteString(e.Name)
	for _, a := range e.Attrs {
		b.WriteString("[" + a.Name + "=" + a.Value + "]")
	}
	if e.Text != "" {
		b.WriteString(":" + e.Text)
	}
	if len(e.Children) > 0 {
		b.WriteString("(")
		for i, c := range e.Children {
			if i > 0 {
				b.WriteString(" ")
			}
			b.WriteString(show(c))
		}
		b.WriteString(")")
	}
	return b.String()
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("<a x='1'><b>t</b><!-- c --><![CDATA[d]]></a>"))
	f.Add([]byte("<a><b></a>"))
	f.Add([]byte("\ufeff<?xml version='1.0'?><a>&#65;</a>"))
	f.Fuzz(func(t *testing.T, data []byte) {
		root, err := Parse(data)
		if root == nil && err == nil {
			t.Error("neither a tree nor an error")
		}
		if again, _ := Parse(data); show(again) != show(root) {
			t.Error("the same bytes give two trees")
		}
	})
}
