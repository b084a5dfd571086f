package identify

import (
	"encoding/csv"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/internal/buildno"
	"vigie/internal/inventory"
	"vigie/internal/kb"
	"vigie/knowledge"
)

// shipped is the knowledge that ships.
func shipped(t *testing.T) *kb.KB {
	t.Helper()
	k, err := kb.Load(knowledge.FS)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// write says a build in the way of a kind of clue; "" when the kind tells none.
func write(kind string, b kb.Build) string {
	n := b.Number
	long := fmt.Sprintf("%d.%02d.%04d.%03d", n.Major, n.Minor, n.Build, n.Revision)
	packed := uint32(7)<<28 | n.Major<<22 | n.Minor<<16 | 1<<15 | n.Build
	switch kind {
	case "file.exsetup", "healthchecker.exsetup", "file.binary", "log.component":
		return long
	case "admin.display-version":
		return fmt.Sprintf("Version %d.%d (Build %d.%d)", n.Major, n.Minor, n.Build, n.Revision)
	case "ad.serial-number":
		return fmt.Sprintf("Version %d.%d (Build 3%04d.%d)", n.Major, n.Minor, n.Build, n.Revision)
	case "owa.version-folder":
		return fmt.Sprintf(`C:\Program Files\Microsoft\Exchange Server\V15\FrontEnd\HttpProxy\owa\auth\%d.%d.%d\themes`, n.Major, n.Minor, n.Build)
	case "log.transport":
		return "#Version: " + long
	case "log.originating-server":
		return "EX01 (" + long + ")"
	case "log.watson":
		return "E12IIS, c-RTL-AMD64, " + long
	case "log.target-version":
		return fmt.Sprintf("BEVersion-%d", packed)
	case "mail.received-id":
		return "Microsoft SMTP Server (version=TLS1_2, cipher=TLS_ECDHE) id " + n.String()
	case "http.owa-path":
		return "/owa/auth/" + n.String() + "/themes/resources/favicon.ico"
	case "http.server-application":
		return "Exchange/" + long
	case "ews.serverversion":
		return fmt.Sprintf(`MajorVersion="%d" MinorVersion="%d" MajorBuildNumber="%d" MinorBuildNumber="%d"`, n.Major, n.Minor, n.Build, n.Revision)
	case "autodiscover.serverversion":
		return fmt.Sprintf("%08X", packed)
	case "http.activesync":
		return fmt.Sprintf("%d.%d", n.Major, n.Minor)
	case "update.kb":
		return b.KB
	case "update.name":
		if b.KB == "" {
			return ""
		}
		cu := ""
		if s, ok := strings.CutPrefix(b.CU, "CU"); ok {
			cu = " Cumulative Update " + s
		}
		return "Security Update for " + b.Product + cu + " (" + b.KB + ")"
	case "smtp.banner":
		return "220 mail.example.test Microsoft ESMTP MAIL Service ready at Tue, 2 Mar 2021 10:00:00 +0100"
	case "smtp.ehlo":
		return "X-ANONYMOUSTLS"
	case "imap.banner":
		return "* OK The Microsoft Exchange IMAP4 service is ready."
	case "pop.banner":
		return "+OK The Microsoft Exchange POP3 service is ready."
	case "http.header":
		return "X-FEServer: EX01"
	case "http.healthcheck":
		return "200 OK"
	case "http.title":
		return "Outlook"
	case "tls.certificate":
		return "CN=Microsoft Exchange"
	}
	return n.String()
}

// TestEveryBuildEveryClue: from every row of the build table, said in the way of
// every kind of clue, to the product, the update and the open CVEs.
func TestEveryBuildEveryClue(t *testing.T) {
	t.Parallel()
	k := shipped(t)
	p := &k.Products[0]
	o := newOracle(t)
	pairs := 0
	for i := range p.Clues {
		kind := &p.Clues[i]
		t.Run(kind.ID, func(t *testing.T) {
			for _, b := range p.Builds {
				value := write(kind.ID, b)
				if value == "" {
					continue
				}
				pairs++
				got := Products([]inventory.Clue{{Kind: kind.ID, Value: value}}, k)
				if len(got) != 1 {
					t.Fatalf("%s: %d products from %q", b.Number, len(got), value)
				}
				o.check(t, k, kind, b, &got[0])
			}
		})
	}
	if pairs < 30*len(p.Builds) {
		t.Errorf("%d pairs only", pairs)
	}
}

// oracle answers the same by the plain words of the tables, read anew.
type oracle struct {
	builds []map[string]string
	cves   []map[string]string
	p      *kb.Product
	lines  map[string]string            // by build
	opens  map[string]map[string]string // by build, then CVE
	seen   map[string]bool              // answers that were compared: many kinds lead to the same
}

func newOracle(t *testing.T) *oracle {
	t.Helper()
	k := shipped(t)
	o := &oracle{builds: rowsOf(t, "builds.csv"), cves: rowsOf(t, "cves.csv"), p: &k.Products[0],
		lines: map[string]string{}, opens: map[string]map[string]string{}, seen: map[string]bool{}}
	for _, b := range o.builds {
		o.lines[b["build"]] = b["line"]
	}
	for _, b := range o.builds {
		o.opens[b["build"]] = map[string]string{}
		for _, c := range o.cves {
			o.opens[b["build"]][c["cve"]] = o.open(c, b)
		}
	}
	return o
}

func rowsOf(t *testing.T, name string) (out []map[string]string) {
	t.Helper()
	f, err := fs.ReadFile(knowledge.FS, "products/exchange/"+name)
	if err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(strings.NewReader(string(f)))
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		m := map[string]string{}
		for i, h := range rows[0] {
			m[h] = row[i]
		}
		out = append(out, m)
	}
	return out
}

func branchOf(build string) string { return build[:strings.LastIndexByte(build, '.')] }

// open says which of the four words holds for one build: open, fixed, not, or "" when that is not plain.
func (o *oracle) open(cve, build map[string]string) string {
	if !slices.Contains(strings.Split(cve["lines"], ";"), build["line"]) {
		return "not-listed"
	}
	mine := buildno.MustParse(build["build"])
	newest, own := "", []uint32(nil)
	for _, f := range strings.Split(cve["fixed_in"], ";") {
		if f == "" || o.lines[f] != build["line"] {
			continue
		}
		if newest == "" || buildno.Compare(buildno.MustParse(f), buildno.MustParse(newest)) > 0 {
			newest = f
		}
		if branchOf(f) == branchOf(build["build"]) {
			own = append(own, buildno.MustParse(f).Revision)
		}
	}
	switch {
	case newest == "":
		return ""
	case len(own) > 0 && mine.Revision < slices.Min(own):
		return "open"
	case len(own) > 0 && mine.Revision < slices.Max(own):
		return ""
	case len(own) == 0 && buildno.Compare(mine, buildno.MustParse(newest)) < 0:
		return "open"
	}
	for _, v := range o.p.Provisos {
		if v.Effect == "needed" && slices.Contains(v.CVEs, cve["cve"]) {
			return "setting"
		}
	}
	for _, c := range o.p.NotCumulative {
		for _, u := range c.Updates {
			if branchOf(c.From.String()) == branchOf(build["build"]) && mine.Revision >= c.From.Revision && slices.Contains(u.CVEs, cve["cve"]) {
				return "older-update " + u.KB
			}
		}
	}
	return "fixed"
}

// check compares what was made of one clue with the tables.
func (o *oracle) check(t *testing.T, k *kb.KB, kind *kb.ClueKind, b kb.Build, got *inventory.Product) {
	t.Helper()
	build, label, precision := b.Number.String(), b.Label(), kind.Precision
	var may []map[string]string // what the clue leaves possible
	only := func(keep func(r map[string]string) bool) {
		for _, r := range o.builds {
			if keep(r) {
				may = append(may, r)
			}
		}
	}
	later := func(r map[string]string) bool {
		return branchOf(r["build"]) == branchOf(build) && buildno.MustParse(r["build"]).Revision >= b.Number.Revision
	}
	name := b.Product
	switch {
	case kind.ID == "update.kb" || kind.ID == "update.name":
		build, label, precision, name = o.fromUpdate(kind.ID, b)
		if precision == inventory.Update {
			n := buildno.MustParse(build)
			only(func(r map[string]string) bool {
				return branchOf(r["build"]) == branchOf(build) && buildno.MustParse(r["build"]).Revision >= n.Revision
			})
		} else {
			only(func(r map[string]string) bool { return r["line"] == name })
		}
	case precision == inventory.Exact:
		only(func(r map[string]string) bool { return r["build"] == build })
	case precision == inventory.Update:
		only(later)
	case precision == inventory.CumulativeUpdate:
		build = branchOf(build)
		only(func(r map[string]string) bool { return branchOf(r["build"]) == build })
		label = may[0]["cu"]
		if len(may) == 1 {
			label = strings.TrimSpace(may[0]["cu"] + " " + may[0]["su"])
		}
		for _, r := range may {
			if r["cu"] != may[0]["cu"] {
				label = ""
			}
		}
	default:
		build, label, name = "", "", "Exchange Server"
		if kind.ID == "http.activesync" && b.Number.Minor != 2 {
			name = b.Product
			if b.Number.Major == 14 {
				name = "Exchange Server 2010"
			}
		}
		only(func(r map[string]string) bool { return r["line"] == name })
	}
	if got.Build != build || got.Label != label || got.Precision != precision || got.Name != name || len(got.Conflicts) > 0 {
		t.Errorf("%s by %s: %q %q %q %s (%d conflicts), want %q %q %q %s", b.Number, kind.ID, got.Name, got.Build, got.Label, got.Precision, len(got.Conflicts), name, build, label, precision)
		return
	}
	key := fmt.Sprint(got.Name, got.Build, got.Precision, got.Updates)
	if o.seen[key] {
		return
	}
	o.seen[key] = true
	for _, cve := range o.cves {
		a, ok := k.CVE(*got, cve["cve"])
		if !ok {
			t.Fatalf("no answer for %s", cve["cve"])
		}
		words := map[string]bool{}
		for _, r := range may {
			word := o.opens[r["build"]][cve["cve"]]
			if older, ok := strings.CutPrefix(word, "older-update "); ok {
				if word = "older-update"; slices.Contains(got.Updates, older) { // the clue proves that it was installed
					word = "fixed"
				}
			}
			words[word] = true
		}
		if want := expected(words, build == ""); want != "" && a.Status != want {
			t.Errorf("%s by %s: %s is %s, want %s (%v)", b.Number, kind.ID, cve["cve"], a.Status, want, words)
		}
	}
}

// fromUpdate says what the number of an update alone tells.
func (o *oracle) fromUpdate(kind string, b kb.Build) (build, label string, precision inventory.Precision, name string) {
	var same []map[string]string
	branches, lines := map[string]bool{}, map[string]bool{}
	for _, r := range o.builds {
		if r["kb"] == b.KB && (kind == "update.kb" || r["line"] == b.Product && (r["cu"] == b.CU || !strings.HasPrefix(b.CU, "CU"))) {
			same = append(same, r)
			branches[branchOf(r["build"])], lines[r["line"]] = true, true
		}
	}
	last := same[len(same)-1]
	if len(branches) == 1 {
		return last["build"], strings.TrimSpace(last["cu"] + " " + last["su"]), inventory.Update, last["line"]
	}
	name = "Exchange Server"
	if len(lines) == 1 {
		name = last["line"]
	}
	return "", "", inventory.ProductOnly, name
}

// expected joins what holds for each possible build; "" where the tables alone do not tell.
func expected(words map[string]bool, noBuild bool) kb.Openness {
	if len(words) == 1 {
		for w := range words {
			return map[string]kb.Openness{"open": kb.Open, "fixed": kb.FixedThere, "setting": kb.NeedsConfiguration, "older-update": kb.PossiblyOpen}[w]
		}
	}
	switch {
	case words["not-listed"] || len(words) == 0:
		return ""
	case noBuild:
		return kb.NobodySays
	case words["open"] || words["older-update"]:
		return kb.PossiblyOpen
	case words["setting"]:
		return kb.NeedsConfiguration
	}
	return ""
}

func TestProducts(t *testing.T) {
	t.Parallel()
	k := shipped(t)
	at := func(s string) time.Time {
		v, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	c := func(kind, value string) inventory.Clue { return inventory.Clue{Kind: kind, Value: value} }
	when := func(c inventory.Clue, day string) inventory.Clue { c.Time = at(day); return c }
	for _, tc := range []struct {
		name      string
		clues     []inventory.Clue
		want      string // name build label precision, "±" when nearest
		conflicts string // kinds
	}{
		{"two components that agree are exact", []inventory.Clue{c("http.exporttool", "15.1.2507.39"), c("mail.received-id", "15.1.2507.39")}, "Exchange Server 2016 15.1.2507.39 CU23 Apr24HU exact", ""},
		{"two views of one component are not", []inventory.Clue{c("http.owa-version-header", "15.1.2507.39"), c("http.owa-path", "/owa/auth/15.1.2507.39/x")}, "Exchange Server 2016 15.1.2507.39 CU23 Apr24HU update", ""},
		{"a component that lags behind the reference", []inventory.Clue{c("file.exsetup", "15.01.2176.009"), c("http.owa-version-header", "15.1.2176.2")}, "Exchange Server 2016 15.1.2176.9 CU19 Mar21SU exact", ""},
		{"a component newer than the reference", []inventory.Clue{c("file.exsetup", "15.01.2176.002"), c("file.binary", "15.1.2176.9")}, "Exchange Server 2016 15.1.2176.2 CU19 update", "file.binary"},
		{"two servers behind one name", []inventory.Clue{c("http.owa-version-header", "15.1.2176.9"), c("http.owa-version-header", "15.1.2176.2")}, "Exchange Server 2016 15.1.2176.2 CU19 update", "http.owa-version-header"},
		{"two servers of different products", []inventory.Clue{c("http.exporttool", "15.2.792.10"), c("http.owa-version-header", "15.1.2176.9")}, "Exchange Server 2016 15.1.2176.9 CU19 Mar21SU update", "http.exporttool"},
		{"an update proved by its number, on a known cumulative update", []inventory.Clue{c("admin.display-version", "Version 15.1 (Build 2176.2)"), c("update.kb", "KB5000871")}, "Exchange Server 2016 15.1.2176.9 CU19 Mar21SU update", ""},
		{"the number of an update without its letters", []inventory.Clue{c("admin.display-version", "Version 15.1 (Build 2176.2)"), c("update.kb", "5000871")}, "Exchange Server 2016 15.1.2176.9 CU19 Mar21SU update", ""},
		{"an update that did not take", []inventory.Clue{c("file.exsetup", "15.1.2176.2"), c("update.kb", "KB5000871")}, "Exchange Server 2016 15.1.2176.2 CU19 update", "update.kb"},
		{"an older update beside the reference", []inventory.Clue{c("file.exsetup", "15.1.2176.9"), c("update.kb", "KB4602269")}, "Exchange Server 2016 15.1.2176.9 CU19 Mar21SU exact", ""},
		{"an update for many products alone", []inventory.Clue{c("update.kb", "KB5000871")}, "Exchange Server   product", ""},
		{"an update of Windows", []inventory.Clue{c("update.kb", "KB4103723"), c("smtp.banner", "220 x Microsoft ESMTP MAIL Service ready")}, "Exchange Server   product", ""},
		{"folders of older builds stay", []inventory.Clue{c("owa.version-folder", "owa/auth/15.1.2106"), c("owa.version-folder", "owa/auth/15.1.2176")}, "Exchange Server 2016 15.1.2176 CU19 cumulative-update", ""},
		{"patched in between", []inventory.Clue{when(c("log.component", "15.1.2176.2"), "2021-03-01"), when(c("log.component", "15.1.2176.9"), "2021-03-10")}, "Exchange Server 2016 15.1.2176.9 CU19 Mar21SU update", ""},
		{"taken back", []inventory.Clue{when(c("log.component", "15.1.2176.9"), "2021-03-01"), when(c("log.component", "15.1.2176.2"), "2021-03-10")}, "Exchange Server 2016 15.1.2176.2 CU19 update", "log.component"},
		{"a revision that the table does not have", []inventory.Clue{c("http.exporttool", "15.1.2507.38")}, "Exchange Server 2016 15.1.2507.38 CU23 Mar24SU update ±", ""},
		{"a cumulative update that the table does not have", []inventory.Clue{c("admin.display-version", "Version 15.2 (Build 2700.1)")}, "Exchange Server SE 15.2.2700  cumulative-update", ""},
		{"15.2 is 2019 or SE", []inventory.Clue{c("http.activesync", "15.2")}, "Exchange Server   product", ""},
		{"a header with nonsense", []inventory.Clue{c("http.owa-version-header", "<script>")}, "Exchange Server   product", ""},
		{"a build of no product", []inventory.Clue{c("http.exporttool", "99.1.2.3")}, "Exchange Server   product", ""},
		{"a banner of another product", []inventory.Clue{c("smtp.banner", "220 mx ESMTP Postfix")}, "", ""},
		{"a kind that nobody knows", []inventory.Clue{c("gopher.banner", "15.1.2176.9")}, "", ""},
		{"nothing", nil, "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			for range 2 {
				got, conflicts := "", []string{}
				for _, p := range Products(tc.clues, k) {
					got = fmt.Sprintf("%s %s %s %s", p.Name, p.Build, p.Label, p.Precision)
					if p.Nearest {
						got += " ±"
					}
					for _, c := range p.Conflicts {
						conflicts = append(conflicts, c.Kind)
					}
					if len(p.From)+len(p.Conflicts) == 0 {
						t.Error("no clue says so")
					}
				}
				if got != tc.want || strings.Join(conflicts, " ") != tc.conflicts {
					t.Errorf("%q conflicts %q, want %q conflicts %q", got, conflicts, tc.want, tc.conflicts)
				}
				slices.Reverse(tc.clues) // whatever the order
			}
		})
	}
}

func FuzzProducts(f *testing.F) {
	k, err := kb.Load(knowledge.FS)
	if err != nil {
		f.Fatal(err)
	}
	for i := range k.Products[0].Clues {
		f.Add(uint8(i), write(k.Products[0].Clues[i].ID, k.Products[0].Builds[200]))
	}
	f.Fuzz(func(t *testing.T, kind uint8, value string) {
		kinds := k.Products[0].Clues
		c := inventory.Clue{Kind: kinds[int(kind)%len(kinds)].ID, Value: value}
		for _, p := range Products([]inventory.Clue{c, {Kind: "http.exporttool", Value: "15.1.2176.9"}}, k) {
			for _, a := range k.CVEs(p) {
				if a.Status == kb.FixedThere && p.Precision == inventory.ProductOnly && p.Name == "Exchange Server" {
					t.Fatalf("%q proves a fix of %s", value, a.Fix.CVE)
				}
			}
		}
	})
}
