package version

import (
	"regexp"
	"strings"
)

// schemes is the table, sorted by name. Forms that are numbers between fixed marks are a pattern; the others have code of their own.
//
// A group of a pattern is a number, or a letter after one (17.9.4a), which counts a=1, b=2. The first n groups make the branch. Sources: the vendors' own
// release notes and the records of CVE and CSAF that use the form.
var schemes = []*Scheme{
	// Cisco ASA and FTD: 9.18.4.67, 9.16(4)67.
	shaped("cisco-asa", `(\d+)\.(\d+)(?:[.(](\d+)\)?)?(?:\.?(\d+))?(?:\.(\d+))?`, 2),
	// Cisco IOS: 15.2(7)E8, 15.2(7)E8a; the train (E) is part of the branch.
	{Name: "cisco-ios", parse: ciscoIOS},
	// Cisco IOS XE: 17.9.4a, 17.09.04a.
	whole("cisco-ios-xe", `(\d+)\.(\d+)(?:\.(\d+)([a-z])?(?:SPA)?)?`, 2),
	// Any number of parts up to six, no release lines: 12.1.2.172, v2024.3.1.
	shaped("dotted", `[vV]?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:\.(\d+))?(?:\.(\d+))?(?:\.(\d+))?`, 0),
	// The same where fixes are given for each major.minor line.
	lined("dotted-line", `[vV]?(\d+)\.(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:\.(\d+))?(?:\.(\d+))?`, 2),
	// The same where fixes are given for each major line.
	lined("dotted-major", `[vV]?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:\.(\d+))?(?:\.(\d+))?(?:\.(\d+))?`, 1),
	// The same where fixes are given for each line of three parts: 10.1.0.3.
	lined("dotted-three", `[vV]?(\d+)\.(\d+)\.(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:\.(\d+))?`, 3),
	// dpkg(1): epoch:upstream-revision, ~ before everything.
	{Name: "dpkg", parse: dpkg},
	// Synology DSM: 7.2.1-69057-5, "7.2.1-69057 Update 5".
	whole("dsm", `(?:DSM )?(\d+)\.(\d+)(?:\.(\d+))?-(\d+)(?:(?:-| Update )(\d+))?`, 2),
	// VMware ESXi and vCenter: inside a line the build number orders, "8.0 U3b build-24280767", "7.0.3 build 21930508".
	{Name: "esxi", parse: esxi},
	// Exchange Server: 15.2.1544.9 and padded 15.02.1544.009; the branch is a cumulative update.
	shaped("exchange", `(\d+)\.(\d+)\.(\d+)(?:\.(\d+))?`, 3),
	// FortiOS and its siblings: 7.2.6, v7.2.6,build1575, "7.2.6 build 1575".
	shaped("fortios", `[vV]?(\d+)\.(\d+)(?:\.(\d+))?(?:[ ,-]*\(?build ?\d+\)?.{0,40})?`, 2),
	// Ivanti Connect Secure and Policy Secure: 22.7R2.4, 9.1R18.3.
	whole("ivanti-cs", `(\d+)\.(\d+)[rR](\d+)(?:\.(\d+))?(?:\.(\d+))?(?: ?\(?[Bb]uild ?\d+\)?)?`, 2),
	// Ivanti Endpoint Manager: "2022 SU5", "2024 SU4 SR1", "2024 September Security Update" is refused.
	whole("ivanti-epm", `(\d{4})(?: ?SU(\d+))?(?: ?SR(\d+))?`, 1),
	// Junos: 21.4R3-S7.9.
	whole("junos", `(\d+)\.(\d+)[Rr](\d+)(?:-[Ss](\d+))?(?:\.(\d+))?(?:-EVO)?`, 2),
	// NetScaler: 14.1-25.53, "NS14.1: Build 25.53.nc", "14.1 25.53".
	shaped("netscaler", `(?:NS)?(\d+)\.(\d+)(?:(?:-|: ?Build | )(\d+)\.(\d+))?(?:\.nc)?`, 2),
	// Office and SharePoint: 16.0.10417.20018; all of one product are comparable.
	shaped("office", `(\d+)\.(\d+)\.(\d+)\.(\d+)`, 2),
	// PAN-OS: 10.2.9-h1; the base release is older than its hotfixes.
	whole("panos", `(\d+)\.(\d+)\.(\d+)(?:-h(\d+))?`, 2),
	// PHP's version_compare, which WordPress and its plugins use.
	{Name: "php", parse: php},
	// QNAP QTS and QuTS hero: 5.1.6.2722, h5.1.6.2734, "5.1.6.2722 build 20240402".
	whole("qts", `h?(\d+)\.(\d+)\.(\d+)(?:\.(\d+))?(?: [Bb]uild (\d{8}))?`, 2),
	// RouterOS: 7.13.2, 6.49.10, "6.48.6 (long-term)".
	whole("routeros", `[vV]?(\d+)\.(\d+)(?:\.(\d+))?(?: ?\((?:stable|long-term)\))?`, 0),
	// rpmvercmp of RPM: epoch:version-release.
	{Name: "rpm", parse: rpm},
	// Semantic versioning 2.0.0, section 11.
	{Name: "semver", parse: semver},
	// SonicWall SMA 100 and 1000: 10.2.1.10-62sv, 12.4.3-03245.
	shaped("sma", `(\d+)\.(\d+)\.(\d+)(?:\.(\d+))?(?:-(\d+)(?:sv)?)?`, 2),
	// SonicOS: 7.0.1-5161, 6.5.4.15-117n, "SonicOS 7.1.1-7040-R5557".
	shaped("sonicos", `(?:SonicOS )?(\d+)\.(\d+)\.(\d+)(?:\.(\d+))?(?:-(\d+)n?)?(?:-[RD]\d+)?`, 2),
	// SQL Server: 15.0.4410.1; the GDR and CU tracks of a version are apart and told by the thousands of the third part.
	{Name: "sqlserver", parse: sqlServer},
	// Windows: 10.0.17763.6189; the branch is the build, the last part is the update (UBR).
	shaped("windows", `(\d+)\.(\d+)\.(\d+)(?:\.(\d+))?`, 3),
	// Zimbra: 10.1.13, 9.0.0_P46, 9.0.0.p46, "8.8.15 Patch 40", 8.8.15_GA_4179_P40.
	shaped("zimbra", `(\d+)\.(\d+)\.(\d+)(?:[._]GA[._]\d+)?(?:[_ .]*(?:[pP]|Patch ?)(\d+))?`, 2),
	// Zyxel: V5.36(ABUH.2)C0, "ZLD V5.36 Patch 2".
	shaped("zyxel", `(?:ZLD ?)?[vV]?(\d+)\.(\d+)(?:(?:\([A-Z]+\.| ?[pP](?:atch ?)?)(\d+)(?:\)(?:C\d+)?)?)?`, 0),
}

// shaped makes a scheme of a pattern that must match the whole text; lines is how many of its groups make the branch.
func shaped(name, pattern string, lines int) *Scheme {
	re := regexp.MustCompile(`^(?:` + pattern + `)$`)
	return &Scheme{Name: name, parse: func(text string) (string, string, bool) {
		m := re.FindStringSubmatch(text)
		if m == nil {
			return "", "", false
		}
		var branch []string
		key := make([]byte, 0, 8*len(m))
		for i, g := range m[1:] {
			if len(g) == 1 && letter(g[0]) {
				key, _ = number(key, "") // letters stand after a number that they refine; the number is the group before
				key[len(key)-1] = g[0] & 0x1f
				continue
			}
			var ok bool
			if key, ok = number(key, g); !ok {
				return "", "", false
			}
			if i < lines {
				branch = append(branch, plain(g))
			}
		}
		if zeros(key) {
			return "", "", false // 0.0.0 stands for "all versions before" in feeds and for "could not be read" in inventories
		}
		return strings.Join(branch, "."), string(key), true
	}, parts: func(text string) int {
		m := re.FindStringSubmatch(text)
		for n := len(m) - 1; n > 0; n-- {
			if m[n] != "" {
				return n
			}
		}
		return 0
	}}
}

// lined makes a scheme in which nothing but the line alone is coarse: 16.1.2 is the release 16.1.2.0, and 16.1 any of its line.
func lined(name, pattern string, lines int) *Scheme {
	s := shaped(name, pattern, lines)
	given := s.parts
	s.parts = func(text string) int {
		if n := given(text); n <= lines {
			return n
		}
		return 0
	}
	return s
}

// whole makes a scheme whose short forms are versions of their own: the release before its first hotfix.
func whole(name, pattern string, lines int) *Scheme {
	s := shaped(name, pattern, lines)
	s.parts = nil
	return s
}

func zeros(key []byte) bool {
	for _, b := range key {
		if b != 0 {
			return false
		}
	}
	return true
}

var ciscoForm = regexp.MustCompile(`^(\d+)\.(\d+)\((\d+)([a-z]?)\)([A-Z]{0,4})(\d*)([a-z]?)$`)

func ciscoIOS(text string) (string, string, bool) {
	m := ciscoForm.FindStringSubmatch(text)
	if m == nil {
		return "", "", false
	}
	var key []byte
	ok := true
	for _, g := range []string{m[1], m[2], m[3], m[6]} {
		if key, ok = number(key, g); !ok {
			return "", "", false
		}
	}
	// A rebuild letter refines the number before it: 15.2(7a)E8 is after 15.2(7)E8, whatever the numbers after the train.
	refined := append([]byte(nil), key[:24]...)
	refined = append(append(append(refined, m[4]...), 0), key[24:]...)
	key = append(append(refined, m[7]...), 0)
	return plain(m[1]) + "." + plain(m[2]) + m[5], string(key), true
}

var esxiForm = regexp.MustCompile(`^(?:(?:VMware )?(?:ESXi|vCenter(?: Server)?) )?(\d+)\.(\d+)(?:\.\d+)*(?: ?(?:U|Update )\d+[a-z]?)?[ ,-]*\(?(?:[Bb]uild[- ]?)?(\d{5,9})\)?$`)

func esxi(text string) (string, string, bool) {
	m := esxiForm.FindStringSubmatch(text)
	if m == nil {
		return "", "", false
	}
	var key []byte
	ok := true
	for _, g := range m[1:4] { // the line first: builds of two lines are numbered by one counter
		if key, ok = number(key, g); !ok {
			return "", "", false
		}
	}
	return plain(m[1]) + "." + plain(m[2]), string(key), ok
}

var sqlForm = regexp.MustCompile(`^(\d+)\.(\d+)\.(\d+)(?:\.(\d+))?$`)

func sqlServer(text string) (string, string, bool) {
	m := sqlForm.FindStringSubmatch(text)
	if m == nil {
		return "", "", false
	}
	var key []byte
	ok := true
	for _, g := range m[1:] {
		if key, ok = number(key, g); !ok {
			return "", "", false
		}
	}
	track := "gdr" // 1000 and 2000: the release and its GDR updates; from 4000 on cumulative updates
	if third := plain(m[3]); len(third) > 4 || len(third) == 4 && third[0] >= '4' {
		track = "cu"
	}
	return plain(m[1]) + "." + plain(m[2]) + "/" + track, string(key), true
}
