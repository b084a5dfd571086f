package kb

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"vigie/internal/buildno"
	"vigie/internal/casefile"
	"vigie/knowledge"
)

func TestVulnerable(t *testing.T) {
	t.Parallel()
	k := mustLoad(t, good(t))
	for _, c := range []struct {
		name, build string
		key         []string
		want        Status
		why         string
	}{
		{"older revision of a fixed branch", "2.1.10.4", []string{"CVE-2021-0001"}, Vulnerable, "Build 2.1.10.4 is older than 2.1.10.5, which fixes CVE-2021-0001."},
		{"the fixed revision", "2.1.10.5", []string{"CVE-2021-0001"}, Fixed, "Build 2.1.10.5 has the fix of CVE-2021-0001, which came with 2.1.10.5."},
		{"a later revision", "2.1.10.9", []string{"CVE-2021-0001"}, Fixed, ""},
		{"below two fixed revisions", "2.1.20.3", []string{"CVE-2021-0001"}, Vulnerable, "older than 2.1.20.4"},
		{"at the lower of two", "2.1.20.4", []string{"CVE-2021-0001"}, Unknown, "sources name 2.1.20.4 or 2.1.20.6"},
		{"at the higher of two", "2.1.20.6", []string{"CVE-2021-0001"}, Fixed, ""},
		{"branch between fixed ones", "2.1.30.9", []string{"CVE-2021-0001"}, Vulnerable, "was never given the fix"},
		{"branch before all fixed ones", "2.1.5.9", []string{"CVE-2021-0001"}, Vulnerable, "was never given the fix"},
		{"branch after all fixed ones", "2.1.50.0", []string{"CVE-2021-0001"}, Fixed, "Build 2.1.50.0 is newer than 2.1.40.7"},
		{"branch that nobody has seen", "2.7.1.1", []string{"CVE-2021-0001"}, Fixed, "is newer than"},
		{"line not listed", "3.0.1.0", []string{"CVE-2021-0001"}, NotConcerned, "Mailer 3 is not among the products that CVE-2021-0001 concerns."},
		{"line not listed, without support", "1.1.10.0", []string{"CVE-2021-0001"}, Unknown, "Mailer 1 was out of support"},
		{"line not listed, without support, cleared", "1.1.10.0", []string{"CVE-2021-0003"}, NotConcerned, ""},
		{"another product's CVE", "2.1.10.0", []string{"CVE-2021-0005"}, NotConcerned, ""},
		{"no fixed build known", "2.1.10.0", []string{"CVE-2021-0006"}, Unknown, "No build of Mailer 2 that fixes CVE-2021-0006 is known."},
		{"CVE in no table", "2.1.10.0", []string{"CVE-2021-0099"}, Unknown, "not in the table"},
		{"no known line", "9.1.1.1", []string{"CVE-2021-0001"}, Unknown, "Build 9.1.1.1 is of no known product line."},
		{"no build", "", []string{"CVE-2021-0001"}, Unknown, "The installed build is not known."},
		{"no key CVEs", "2.1.10.0", nil, Unknown, "No build ends this exposure by itself."},
		{"a setting is needed too", "2.1.10.5", []string{"CVE-2021-0004"}, Unknown, "Build 2.1.10.5 is not enough against CVE-2021-0004. A setting is needed as well."},
		{"a setting is needed, and the build too", "2.1.10.0", []string{"CVE-2021-0004"}, Vulnerable, ""},
		{"a setting is needed too, and shown", "2.1.10.5 +switch", []string{"CVE-2021-0004"}, Fixed, "The settings of the server show what is needed against CVE-2021-0004 as well."},
		{"a setting is needed too, and shown to be off", "2.1.10.5 -switch", []string{"CVE-2021-0004"}, Vulnerable, "A setting is needed as well. The settings of the server show that this is not so."},
		{"a setting that undid it", "2.1.20.1 -undo", []string{"CVE-2021-0002"}, Vulnerable, "The settings of the server show that this is not so."},
		{"a setting may undo it", "2.1.20.1", []string{"CVE-2021-0002"}, Fixed, "A setting can undo this fix."},
		{"a build that is not cumulative", "2.1.10.6", []string{"CVE-2021-0002"}, Unknown, "Build 2.1.10.6 is not cumulative, and CVE-2021-0002 stays open"},
		{"a build that is not cumulative, after the older update", "2.1.10.6 KB4000001", []string{"CVE-2021-0002"}, Fixed, "KB4000001, which fixes CVE-2021-0002, was installed"},
		{"the build before it", "2.1.10.3", []string{"CVE-2021-0002"}, Fixed, ""},
		{"several, all fixed", "2.1.40.7", []string{"CVE-2021-0001", "CVE-2021-0003"}, Fixed, "Build 2.1.40.7 has the fixes of CVE-2021-0001 and CVE-2021-0003."},
		{"several, one open", "2.1.10.3", []string{"CVE-2021-0002", "CVE-2021-0001"}, Vulnerable, "which fixes CVE-2021-0001"},
		{"several, open outweighs unknown", "2.1.10.0", []string{"CVE-2021-0006", "CVE-2021-0001"}, Vulnerable, ""},
		{"several, one unknown", "2.1.10.5", []string{"CVE-2021-0001", "CVE-2021-0006"}, Unknown, ""},
		{"several, one of another line", "3.0.1.0", []string{"CVE-2021-0001", "CVE-2021-10007"}, Fixed, "has the fix of CVE-2021-10007"},
	} {
		var n buildno.Number
		build, had, _ := strings.Cut(c.build, " ")
		if build != "" {
			n = buildno.MustParse(build)
		}
		got, why := k.VulnerableWith(&Flaw{Product: "mailer", Key: c.key}, n, knownOf(had))
		if got != c.want || !strings.Contains(why.EN, c.why) {
			t.Errorf("%s: Vulnerable(%v, %s) = %s, %q, want %s, %q", c.name, c.key, c.build, got, why.EN, c.want, c.why)
		}
		prose(t, why)
	}
}

// knownOf reads "KB4000001 +switch -undo": an update, a proviso that is fulfilled, one that is not.
func knownOf(s string) (k Known) {
	for _, w := range strings.Fields(s) {
		switch w[0] {
		case '+':
			k.Settled = append(k.Settled, w[1:])
		case '-':
			k.Undone = append(k.Undone, w[1:])
		default:
			k.Updates = append(k.Updates, w)
		}
	}
	return k
}

func prose(t *testing.T, text casefile.Text) {
	t.Helper()
	for _, lang := range []string{"fr", "en"} {
		if wrong := Prose(lang, text.In(lang)); wrong != nil {
			t.Errorf("%q: %v", text.In(lang), wrong)
		}
	}
}

func TestLineVulnerable(t *testing.T) {
	t.Parallel()
	k := mustLoad(t, good(t))
	for _, c := range []struct {
		line, cve string
		want      Status
		why       string
	}{
		{"Mailer 3", "CVE-2021-10007", Fixed, "All known builds of Mailer 3 are fixed."},
		{"Mailer 3", "CVE-2021-0001", NotConcerned, "not among the products"},
		{"Mailer 2", "CVE-2021-0001", Unknown, "The exact build of Mailer 2 is not known"},
		{"Mailer 1", "CVE-2021-0001", Unknown, "out of support"},
		{"Mailer 9", "CVE-2021-0001", Unknown, "Product line Mailer 9 is not known."},
	} {
		got, why := k.LineVulnerable(&Flaw{Product: "mailer", Key: []string{c.cve}}, c.line)
		if got != c.want || !strings.Contains(why.EN, c.why) {
			t.Errorf("LineVulnerable(%s, %s) = %s, %q, want %s, %q", c.cve, c.line, got, why.EN, c.want, c.why)
		}
		prose(t, why)
	}
}

// shippedProduct reads the tables that ship without the rest of the knowledge,
// which has its own test.
func shippedProduct(t *testing.T) *KB {
	t.Helper()
	k, problems := read(knowledge.FS)
	for _, p := range problems {
		if strings.HasPrefix(p.File, "products/") {
			t.Fatal(p)
		}
	}
	return k
}

// What administrators know by heart, against the tables that ship.
func TestShippedBuilds(t *testing.T) {
	t.Parallel()
	k := shippedProduct(t)
	p := &k.Products[0]
	if len(p.Builds) != 366 || len(p.Fixes) != 162 || p.BuildsDate != "2026-10-02" || k.Date < "2026-10-02" || k.Date > "2027" {
		t.Errorf("%d builds, %d fixes, table of %s, knowledge of %s", len(p.Builds), len(p.Fixes), p.BuildsDate, k.Date)
	}
	for _, c := range []struct{ build, line, label string }{
		{"15.1.2176.9", "Exchange Server 2016", "CU19 Mar21SU"},
		{"15.02.0858.005", "Exchange Server 2019", "CU9"},
		{"15.2.2562.17", "Exchange Server SE", "RTM"},
		{"15.2.1748.10", "Exchange Server 2019", "CU15"},
		{"15.0.1497.12", "Exchange Server 2013", "CU23 Mar21SU"},
		{"14.3.513.0", "Exchange Server 2010", "SP3 RU32"},
	} {
		if line, label, ok := k.Label(buildno.MustParse(c.build)); line != c.line || label != c.label || !ok {
			t.Errorf("Label(%s) = %q, %q, %v, want %q, %q", c.build, line, label, ok, c.line, c.label)
		}
	}
	proxyLogon := []string{"CVE-2021-26855", "CVE-2021-27065"}
	for _, c := range []struct {
		build string
		key   []string
		want  Status
	}{
		{"15.1.2176.2", proxyLogon, Vulnerable},    // 2016 CU19
		{"15.1.2176.9", proxyLogon, Fixed},         // its Mar21SU
		{"15.1.2242.4", proxyLogon, Fixed},         // CU20 has it from the start
		{"15.1.1261.35", proxyLogon, Vulnerable},   // CU7 never got it
		{"15.1.1415.8", proxyLogon, Unknown},       // CU8: the sources differ, .8 or .10
		{"15.1.1415.10", proxyLogon, Fixed},        //
		{"15.0.1130.7", proxyLogon, Vulnerable},    // 2013 CU10, between SP1 and CU21
		{"15.2.1748.10", proxyLogon, Fixed},        // 2019 CU15
		{"15.2.2562.17", proxyLogon, NotConcerned}, // SE came later
		{"14.3.509.0", proxyLogon, NotConcerned},   // 2010: only CVE-2021-26857
		{"14.3.509.0", []string{"CVE-2021-26857"}, Vulnerable},
		{"14.3.513.0", []string{"CVE-2021-26857"}, Fixed},
		{"15.20.1234.5", proxyLogon, Unknown},                      // Exchange Online
		{"15.1.1713.10", []string{"CVE-2019-1233"}, Unknown},       // CU12 Mar21SU is not cumulative
		{"15.1.1713.9", []string{"CVE-2019-1233"}, Fixed},          //
		{"15.1.2507.55", []string{"CVE-2024-21410"}, Unknown},      // Extended Protection decides
		{"15.0.1497.48", []string{"CVE-2026-96940"}, Unknown},      // 2013 had no support
		{"15.1.2507.75", []string{"CVE-2026-55007"}, NotConcerned}, // not 2016, whose updates are still sold
		{"15.2.2562.49", []string{"CVE-2026-96940"}, Vulnerable},   // Sep26SU, before its v2
		{"15.2.2562.53", []string{"CVE-2026-96940"}, Fixed},        //
		{"15.1.2507.12", []string{"CVE-2022-41040", "CVE-2022-41082"}, Vulnerable},
		{"15.1.2507.16", []string{"CVE-2022-41040", "CVE-2022-41082"}, Fixed},
		{"15.1.2176.12", []string{"CVE-2021-34473", "CVE-2021-34523", "CVE-2021-31207"}, Vulnerable}, // Apr21SU without May21SU
		{"15.1.2176.14", []string{"CVE-2021-34473", "CVE-2021-34523", "CVE-2021-31207"}, Fixed},
	} {
		if got, why := k.Vulnerable(&Flaw{Product: "exchange", Key: c.key}, buildno.MustParse(c.build)); got != c.want {
			t.Errorf("Vulnerable(%v, %s) = %s, want %s: %s", c.key, c.build, got, c.want, why.EN)
		}
	}
}

// Every CVE with every build of the tables that ship: the answer is that of an
// oracle that is written from the tables alone, row by row, and must also agree
// with the calendar, which Vulnerable does not look at.
func TestEveryCVEAndBuild(t *testing.T) {
	t.Parallel()
	k := shippedProduct(t)
	p := &k.Products[0]
	count := make(map[Status]int)
	said := make(map[string]bool) // one sentence of each kind and CVE is read, or this takes minutes under -race
	lineOf := make(map[buildno.Number]string)
	for _, b := range p.Builds {
		lineOf[b.Number] = b.Product
	}
	for i := range p.Fixes {
		f := &p.Fixes[i]
		flaw := &Flaw{Product: "exchange", Key: []string{f.CVE}}
		for j := range p.Builds {
			b := &p.Builds[j]
			got, why := k.Vulnerable(flaw, b.Number)
			count[got]++
			if want := oracle(p, lineOf, f, b); got != want {
				t.Errorf("%s on %s %s (%s): %s, want %s: %s", f.CVE, b.Product, b.Label(), b.Number, got, want, why.EN)
			}
			if kind := f.CVE + string(got) + b.Product; !said[kind] {
				said[kind] = true
				prose(t, why)
			}
			if got == Fixed && releasedBefore(p, f, b) {
				t.Errorf("%s on %s %s: fixed by a build of %s", f.CVE, b.Product, b.Label(), b.Released)
			}
			if got == Vulnerable && slices.Contains(f.FixedIn, b.Number) {
				t.Errorf("%s: vulnerable on %s, which fixes it", f.CVE, b.Number)
			}
		}
		for _, line := range p.Lines {
			got, why := k.LineVulnerable(flaw, line.Name)
			prose(t, why)
			if listed := slices.Contains(f.Lines, line.Name); listed == (got == NotConcerned) {
				if listed || !p.unsupported(f, line) {
					t.Errorf("%s on %s: %s", f.CVE, line.Name, got)
				}
			}
		}
	}
	t.Logf("%d CVEs, %d builds: %v", len(p.Fixes), len(p.Builds), count)
	for _, status := range []Status{Vulnerable, Fixed, NotConcerned, Unknown} {
		if count[status] < 500 {
			t.Errorf("only %d answers %s", count[status], status)
		}
	}
}

// oracle answers for one row of each table, by text where Vulnerable goes by
// numbers: a branch is the first three parts of the build as written.
func oracle(p *Product, lineOf map[buildno.Number]string, f *Fix, b *Build) Status {
	if !slices.Contains(f.Lines, b.Product) {
		for _, line := range p.Lines {
			if line.Name == b.Product && !slices.Contains(f.Cleared, b.Product) && p.unsupported(f, line) {
				return Unknown
			}
		}
		return NotConcerned
	}
	branch := func(n buildno.Number) string { return fmt.Sprintf("%d.%d.%05d", n.Major, n.Minor, n.Build) }
	revisions := make(map[string][]int)
	newest := ""
	for _, n := range f.FixedIn {
		if lineOf[n] == b.Product {
			revisions[branch(n)] = append(revisions[branch(n)], int(n.Revision))
			newest = max(newest, branch(n))
		}
	}
	r := revisions[branch(b.Number)]
	switch {
	case newest == "":
		return Unknown
	case r == nil && branch(b.Number) < newest:
		return Vulnerable
	case r != nil && int(b.Number.Revision) < slices.Min(r):
		return Vulnerable
	case r != nil && int(b.Number.Revision) < slices.Max(r):
		return Unknown
	}
	for _, v := range p.Provisos {
		if v.Effect == "needed" && slices.Contains(v.CVEs, f.CVE) {
			return Unknown
		}
	}
	for _, c := range p.NotCumulative {
		if branch(c.From) == branch(b.Number) && b.Number.Revision >= c.From.Revision && slices.ContainsFunc(c.Updates, func(u OlderUpdate) bool { return slices.Contains(u.CVEs, f.CVE) }) {
			return Unknown
		}
	}
	return Fixed
}

// releasedBefore says whether a build was released before the first build of
// its line that fixes the CVE.
func releasedBefore(p *Product, f *Fix, b *Build) bool {
	first := ""
	for _, n := range f.FixedIn {
		if row, ok := p.build(n); ok && row.Product == b.Product && (first == "" || row.Released < first) {
			first = row.Released
		}
	}
	return b.Released < first
}
