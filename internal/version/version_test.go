package version

import (
	"slices"
	"strings"
	"testing"
)

// orders lists, for each scheme, versions from old to new, in groups that are equal.
var orders = map[string][][]string{
	"cisco-asa":    {{"9.16.4.57", "9.16(4)57"}, {"9.18.4.67"}, {"9.20.1"}},
	"cisco-ios":    {{"15.2(7)E"}, {"15.2(7)E8"}, {"15.2(7)E8a"}, {"15.2(8)E"}},
	"cisco-ios-xe": {{"16.12.10"}, {"17.9.4", "17.09.04"}, {"17.9.4a"}, {"17.9.5"}, {"17.12.1"}},
	"dpkg":         {{"1.0~rc1"}, {"1.0", "0:1.0"}, {"1.0-1"}, {"1.0-1ubuntu0.1"}, {"1.0-1.1"}, {"1.0+dfsg-1"}, {"1.0.1"}, {"1.10"}, {"1:0.5"}},
	"dotted":       {{"11.0.1.1261"}, {"12.1.2", "12.1.2.0"}, {"12.1.2.172"}, {"12.2.0.334"}},
	"dotted-line":  {{"8.5.18"}, {"8.13.5"}, {"8.13.10"}},
	"dotted-major": {{"7.0.1"}, {"7.2"}, {"10"}},
	"dotted-three": {{"2023.0.1"}, {"2023.0.1.1"}},
	"dsm":          {{"7.2.1-69057"}, {"7.2.1-69057-5", "7.2.1-69057 Update 5"}, {"7.2.2-72803"}},
	"esxi":         {{"7.0 U3 build-18644231"}, {"7.0.3 build 20036589", "ESXi 7.0U3i-20036589"}, {"8.0 U3b build-24280767"}},
	"exchange":     {{"15.1.2176.2"}, {"15.1.2176.9", "15.01.2176.009"}, {"15.2.792.10"}},
	"fortios":      {{"7.2.5", "v7.2.5,build1517", "7.2.5 build 1517"}, {"7.2.6"}, {"7.2.10"}, {"7.4.0"}},
	"ivanti-cs":    {{"9.1R18.3"}, {"22.7R2"}, {"22.7R2.4"}, {"22.7R2.5"}},
	"ivanti-epm":   {{"2022"}, {"2022 SU5"}, {"2022 SU6"}, {"2024 SU4"}, {"2024 SU4 SR1"}},
	"junos":        {{"21.4R3"}, {"21.4R3-S4"}, {"21.4R3-S7.9"}, {"22.1R1"}},
	"netscaler":    {{"13.1-48.47"}, {"13.1-49.13", "NS13.1: Build 49.13.nc", "13.1 49.13"}, {"14.1-8.50"}, {"14.1-25.53"}},
	"office":       {{"16.0.10417.20018"}, {"16.0.17928.20000"}},
	"panos":        {{"10.2.9"}, {"10.2.9-h1"}, {"10.2.9-h18"}, {"10.2.10"}},
	"php":          {{"5.0-dev"}, {"5.0a1"}, {"5.0RC1"}, {"5.0"}, {"5.0.0"}, {"5.0.10"}},
	"qts":          {{"5.1.6.2722"}, {"5.1.6.2722 build 20240402"}, {"5.1.7.2770"}},
	"routeros":     {{"6.42"}, {"6.49.10", "6.49.10 (long-term)"}, {"7.13.2"}},
	"rpm":          {{"1.0~rc1-1"}, {"1.0-1.el8"}, {"1.0-2.el8"}, {"1.0^git1-1"}, {"1.0.1-1"}, {"1.10-1"}, {"1:0.1-1"}},
	"semver":       {{"1.0.0-alpha"}, {"1.0.0-alpha.1"}, {"1.0.0-alpha.beta"}, {"1.0.0-rc.1"}, {"1.0.0", "v1.0.0+build5", "1.0"}, {"1.0.10"}},
	"sma":          {{"10.2.1.9-57sv"}, {"10.2.1.10-62sv"}, {"12.4.3-03245"}},
	"sonicos":      {{"6.5.4.14-109n"}, {"6.5.4.15-117n"}, {"7.0.1-5035"}, {"7.0.1-5161"}, {"7.1.1-7040", "7.1.1-7040-R5557", "SonicOS 7.1.1-7040"}},
	"sqlserver":    {{"15.0.2101.7"}, {"15.0.4322.2"}, {"15.0.4410.1"}},
	"windows":      {{"10.0.17763.1817"}, {"10.0.17763.6189"}, {"10.0.20348.2655"}},
	"zimbra":       {{"8.8.15_P40", "8.8.15 Patch 40", "8.8.15_GA_4179_P40"}, {"9.0.0", "9.0.0_P0"}, {"9.0.0_P41"}, {"10.0.9"}, {"10.1.1"}},
	"zyxel":        {{"V5.21(ABUH.1)C0"}, {"5.30"}, {"V5.36(ABUH.2)C0"}, {"5.37"}},
}

func TestOrder(t *testing.T) {
	t.Parallel()
	for _, name := range Names() {
		groups, ok := orders[name]
		if !ok {
			t.Errorf("scheme %s has no order to test", name)
			continue
		}
		s, _ := Named(name)
		var before Version
		for i, g := range groups {
			var first Version
			for j, text := range g {
				v, err := s.Parse(text)
				if err != nil {
					t.Errorf("%s: %v", name, err)
					continue
				}
				if j == 0 {
					first = v
				} else if Compare(first, v) != 0 {
					t.Errorf("%s: %s and %s differ", name, first.Text, text)
				}
			}
			if i > 0 && Compare(before, first) >= 0 {
				t.Errorf("%s: %s is not before %s", name, before.Text, first.Text)
			}
			before = first
		}
	}
	if !slices.IsSortedFunc(schemes, func(a, b *Scheme) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("table of schemes is not sorted")
	}
}

func TestBranch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ scheme, text, branch string }{
		{"exchange", "15.01.2176.009", "15.1.2176"},
		{"windows", "10.0.17763.6189", "10.0.17763"},
		{"fortios", "v7.2.5,build1517", "7.2"},
		{"netscaler", "NS13.1: Build 49.13.nc", "13.1"},
		{"cisco-ios", "15.2(7)E8", "15.2E"},
		{"sqlserver", "15.0.2101.7", "15.0/gdr"},
		{"sqlserver", "15.0.4410.1", "15.0/cu"},
		{"esxi", "8.0 U3b build-24280767", "8.0"},
		{"dotted", "12.1.2.172", ""},
		{"dpkg", "1.0-1", ""},
	} {
		s, _ := Named(c.scheme)
		v, err := s.Parse(c.text)
		if err != nil || v.Branch != c.branch {
			t.Errorf("%s %s: branch %q, %v, want %q", c.scheme, c.text, v.Branch, err, c.branch)
		}
	}
}

func TestReaches(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		scheme, v, bound string
		reached, known   bool
	}{
		{"fortios", "7.2.5", "7.2.6", false, true},
		{"fortios", "7.2.6", "7.2.6", true, true},
		{"fortios", "7.2", "7.2.6", false, false},
		{"fortios", "7.2", "7.2.0", true, true},
		{"fortios", "7.0", "7.2.6", false, true},
		{"exchange", "15.1.2176", "15.1.2176.9", false, false},
		{"sonicos", "7.0.1", "7.0.1-5161", false, false},
		{"sonicos", "7.0.0", "7.0.1-5161", false, true},
		{"panos", "10.2.9", "10.2.9-h1", false, true},
		{"zimbra", "9.0.0", "9.0.0_P41", false, false},
		{"zyxel", "V5.36(ABUH.1)C0", "5.36 Patch 2", false, true},
	} {
		s, _ := Named(c.scheme)
		v, err1 := s.Parse(c.v)
		b, err2 := s.Parse(c.bound)
		if err1 != nil || err2 != nil {
			t.Errorf("%s: %v, %v", c.scheme, err1, err2)
			continue
		}
		if reached, known := Reaches(v, b); reached != c.reached || known != c.known {
			t.Errorf("%s: %s reaches %s: %v, known %v", c.scheme, c.v, c.bound, reached, known)
		}
	}
}

// TestRefused: words of feeds, and numbers that real records carried.
func TestRefused(t *testing.T) {
	t.Parallel()
	for _, name := range Names() {
		s, _ := Named(name)
		for _, text := range []string{"", "N/A", "n/a", "*", "publication", "unspecified", "https://example.com/", "10.0.20348..2762", "15.2\u200b.1", "1.2.3.",
			"99999999999999999999.1.1", strings.Repeat("1.", 100) + "1", "-1.0", "KB5000871", "<12.0.4 IF2"} {
			v, err := s.Parse(text)
			if err == nil && name != "rpm" && name != "php" && name != "dpkg" {
				t.Errorf("%s reads %q as %q", name, text, v.Key)
			}
		}
	}
	windows, _ := Named("windows")
	for _, text := range []string{"1.000", "v1.002", "5381.1000", "0.0.0.0"} {
		if _, err := windows.Parse(text); err == nil {
			t.Errorf("windows reads %q", text)
		}
	}
}

func FuzzParse(f *testing.F) {
	for name, groups := range orders {
		for _, g := range groups {
			f.Add(name, g[0])
		}
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		s, ok := Named(name)
		if !ok {
			return
		}
		v, err := s.Parse(text)
		if err != nil {
			return
		}
		again, err := s.Parse(v.Text)
		if err != nil || again != v {
			t.Fatalf("%s %q: %v, then %v, %v", name, text, v, again, err)
		}
	})
}
