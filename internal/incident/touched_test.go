package incident

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"vigie/internal/casefile"
)

// items lists touched things: "name@host certainty [findings]".
func items(l []casefile.TouchedItem) (out []string) {
	for _, it := range l {
		out = append(out, fmt.Sprintf("%s@%s %s [%s]", it.Name, it.Host, it.Certainty, strings.Join(it.Findings, " ")))
	}
	return out
}

func TestTouch(t *testing.T) {
	t.Parallel()
	k := mailer()
	with := func(act string, change func(*casefile.Finding)) casefile.Finding {
		f := found(k, act, inside, "front")
		if change != nil {
			change(&f)
		}
		return f
	}
	boxes := func(names ...string) func(*casefile.Finding) {
		return func(f *casefile.Finding) { f.Mailboxes = names }
	}
	host := func(name string, v casefile.Verdict) casefile.Host { return casefile.Host{Name: name, Verdict: v} }
	for _, c := range []struct {
		name                               string
		hosts                              []casefile.Host
		findings                           []casefile.Finding
		accounts, mailboxes, machine, data []string
	}{
		{"nothing", []casefile.Host{host("MAIL", casefile.NoTrace)}, nil, nil, nil, nil, nil},
		{"attempts touch nothing", []casefile.Host{host("MAIL", casefile.Targeted)},
			[]casefile.Finding{with("door/knock", func(f *casefile.Finding) { f.Accounts = []string{"ann"} })}, nil, nil, nil, nil},
		{"names are in the records", []casefile.Host{host("MAIL", casefile.Suspected)},
			[]casefile.Finding{with("door/enter", func(f *casefile.Finding) { f.Accounts, f.Mailboxes = []string{"bob", "ann"}, []string{"box"} })},
			[]string{"ann@MAIL probable [F-0001]", "bob@MAIL probable [F-0001]"}, []string{"box@MAIL probable [F-0001]"}, nil, nil},
		{"a finding that names nobody", []casefile.Host{host("MAIL", casefile.Suspected)}, []casefile.Finding{with("door/enter", nil)}, nil, nil, nil, nil},
		{"the highest certainty, all the findings", []casefile.Host{host("MAIL", casefile.Suspected)},
			[]casefile.Finding{with("door/enter", boxes("Box")), with("door/lift", boxes("box")), with("door/peek", boxes("BOX", "aaa"))},
			nil, []string{"Box@MAIL certain [F-0001 F-0002 F-0003]", "aaa@MAIL possible [F-0003]"}, []string{"MAIL@MAIL probable [F-0002]"}, []string{"address book@MAIL possible [F-0003]"}},
		{"two hosts are two", []casefile.Host{host("B", casefile.Suspected), host("A", casefile.Suspected)},
			[]casefile.Finding{with("door/peek", func(f *casefile.Finding) { f.Host = "B" }), with("door/peek", func(f *casefile.Finding) { f.Host = "A" })},
			nil, nil, nil, []string{"address book@A possible [F-0002]", "address book@B possible [F-0001]"}},
		{"a compromised host gives its machine and its mailboxes", []casefile.Host{host("MAIL", casefile.Confirmed)},
			[]casefile.Finding{with("door/enter", boxes("box")), with("door/lift", nil)},
			nil, []string{"box@MAIL probable [F-0001]", "*@MAIL possible [F-0001]"}, []string{"MAIL@MAIL certain [F-0001 F-0002]"}, nil},
		{"compromised by two clues", []casefile.Host{host("MAIL", casefile.Confirmed)},
			[]casefile.Finding{with("door/peek", nil), with("door/decoy", nil), with("door/dust", nil)},
			nil, []string{"*@MAIL possible [F-0001 F-0002]"}, []string{"MAIL@MAIL certain [F-0001 F-0002]"}, []string{"address book@MAIL possible [F-0001]"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := Touch(c.hosts, numbered(c.findings...), k, sentences())
			for _, x := range []struct {
				what      string
				got, want []string
			}{{"accounts", items(got.Accounts), c.accounts}, {"mailboxes", items(got.Mailboxes), c.mailboxes}, {"machines", items(got.Machines), c.machine}, {"data", items(got.Data), c.data}} {
				if !slices.Equal(x.got, x.want) {
					t.Errorf("%s %q, want %q", x.what, x.got, x.want)
				}
			}
			if b, _ := json.Marshal(got); strings.Contains(string(b), "null") {
				t.Errorf("a list is null: %s", b)
			}
			for _, it := range slices.Concat(got.Accounts, got.Mailboxes, got.Machines, got.Data) {
				if it.Why.FR == "" || it.Why.EN == "" || strings.HasPrefix(it.Why.EN, "[") {
					t.Errorf("%s: why %q", it.Name, it.Why)
				}
			}
		})
	}
}

// The reason and what cannot be known belong to the certainty that is told.
func TestTouchReasonOfCertainty(t *testing.T) {
	t.Parallel()
	k := mailer()
	a, b := found(k, "door/enter", inside), found(k, "door/lift", inside)
	a.Mailboxes, b.Mailboxes = []string{"box"}, []string{"box"}
	for _, order := range [][]casefile.Finding{{a, b}, {b, a}} {
		got := Touch([]casefile.Host{{Name: "MAIL"}}, numbered(slices.Clone(order)...), k, sentences()).Mailboxes
		if len(got) != 1 || got[0].Certainty != casefile.Certain || got[0].Why.EN != "lifted" || got[0].CannotKnow.EN != "" {
			t.Errorf("%+v", got)
		}
	}
}
