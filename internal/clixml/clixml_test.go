package clixml

import (
	"errors"
	"slices"
	"testing"

	"vigie/internal/xmltree"
)

const head = `<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">`

const sample = head + `
<Obj RefId="0">
  <TN RefId="0"><T>Deserialized.Contoso.Server</T><T>System.Object</T></TN>
  <ToString>EX01</ToString>
  <Props>
    <S N="Name">EX01</S>
    <B N="Enabled">true</B>
    <Nil N="Proxy" />
    <S N="Text">one_x000A_two_x00_ _xZZZZ_</S>
    <Obj N="Edition" RefId="1"><TN RefId="1"><T>Contoso.Edition</T></TN><ToString>Standard</ToString><I32>2</I32></Obj>
    <Obj N="Urls" RefId="2"><LST><S>a</S><S>b</S><Ref RefId="1" /></LST></Obj>
    <BA N="Blob">AAEC</BA>
    <S N="Date">old</S>
  </Props>
  <MS><S N="Date">new</S></MS>
</Obj>
<Obj RefId="3">
  <TNRef RefId="0" />
  <DCT><En><S N="Key">TLS</S><Obj N="Value" RefId="4"><MS><I32 N="On">1</I32></MS></Obj></En></DCT>
</Obj>
<Ref RefId="0" />
<S>alone</S>
</Objs>`

func text(v Value) string {
	s, ok := v.Text()
	if !ok {
		return "-"
	}
	return s
}

func TestValues(t *testing.T) {
	t.Parallel()
	d, err := Parse([]byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	roots := d.Roots()
	if len(roots) != 4 {
		t.Fatalf("%d values, want 4", len(roots))
	}
	ex := roots[0]
	for name, want := range map[string]string{"name": "EX01", "Enabled": "true", "Proxy": "-", "Text": "one\ntwo_x00_ _xZZZZ_", "Edition": "Standard", "Blob": "-", "Date": "new",
		"absent": "-"} {
		if got := text(ex.Prop(name)); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if !ex.Prop("Proxy").Exists() || !ex.Prop("Proxy").Nil() || ex.Prop("absent").Exists() {
		t.Error("$null and what is not there are one")
	}
	if got := ex.Types(); !slices.Equal(got, []string{"Contoso.Server", "System.Object"}) || !slices.Equal(roots[1].Types(), got) {
		t.Errorf("types %q and %q", got, roots[1].Types())
	}
	var items []string
	for _, v := range ex.Prop("Urls").Items(10) {
		items = append(items, text(v))
	}
	if !slices.Equal(items, []string{"a", "b", "Standard"}) {
		t.Errorf("list %q", items)
	}
	if en := roots[1].Entries(10); len(en) != 1 || text(en[0].Key) != "TLS" || text(en[0].Value.Prop("On")) != "1" {
		t.Errorf("dictionary %v", en)
	}
	if text(roots[2]) != "EX01" || text(roots[3]) != "alone" {
		t.Error("a reference or a scalar at the top is not read")
	}
}

func TestSelfReference(t *testing.T) {
	t.Parallel()
	d, err := Parse([]byte(head + `<Obj RefId="0"><MS><Ref N="Me" RefId="0" /><Ref N="Lost" RefId="9" /></MS></Obj></Objs>`))
	if err != nil {
		t.Fatal(err)
	}
	v := d.Roots()[0]
	if !v.Path("Me", "Me", "Me").Exists() || v.Prop("Lost").Exists() {
		t.Error("references are followed by one step, and lost ones are not there")
	}
	n := 0
	d.Walk(func(Value) bool { n++; return true })
	if n != 3 {
		t.Errorf("%d values visited, want the object and its two references", n)
	}
}

func TestDamaged(t *testing.T) {
	t.Parallel()
	d, err := Parse([]byte(sample[:len(sample)/2]))
	if !errors.Is(err, xmltree.ErrForm) || d == nil || text(d.Roots()[0].Prop("Name")) != "EX01" {
		t.Errorf("half a document: %v", err)
	}
	if _, err := Parse([]byte("<a/>")); err != ErrFormat {
		t.Errorf("other XML: %v", err)
	}
}

func TestIs(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]bool{sample: true, "\ufeff" + sample: true, "<?xml version='1.0'?>\r\n" + sample: true, "#< CLIXML\r\n" + sample: true,
		"<Objs Version='1'>": false, "<Events>": false, "": false, "<?xml": false} {
		if Is([]byte(in)) != want {
			t.Errorf("%.60q: %v", in, !want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte(head + `<Obj RefId="0"><MS><Ref N="Me" RefId="0" /></MS></Obj></Objs>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		Is(data)
		d, err := Parse(data)
		if d == nil {
			if err == nil {
				t.Error("neither a document nor an error")
			}
			return
		}
		d.Walk(func(v Value) bool {
			v.Types()
			v.Text()
			v.Entries(10)
			for _, p := range append(v.Props(), v.Items(10)...) {
				p.Deref().Text()
				if v.Prop(p.Name()).Line() < 0 {
					t.Error("a line before the first")
				}
			}
			return true
		})
	})
}
