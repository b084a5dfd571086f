package kb

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

const (
	buildHead = "build,line,cu,su,type,released,kb,confidence,source,note\n"
	fixHead   = "cve,name,title,kind,severity,score,score_source,lines,cleared,fixed_in,update,kbs,kev,used,recalled,source,note\n"
)

func TestMerge(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, data     string
		accept         []string
		added, changed string
		want           string // of the problems, "" when there are none
	}{
		{"a new build", "# date: 2030-01-02\n" + buildHead + "2.1.60.0,Mailer 2,CU6,,CU,2030-01-02,,,list,\n", nil, "2.1.60.0", "", ""},
		{"a table that is older", "# date: 2001-01-02\n" + buildHead + "2.1.60.0,Mailer 2,CU6,,CU,2001-01-02,,,list,\n", nil, "", "", "new.csv:1:9: table is of 2001-01-02"},
		{"a table without a date", buildHead + "2.1.60.0,Mailer 2,CU6,,CU,2030-01-02,,,list,\n", nil, "", "", "date of the table is missing"},
		{"a row that contradicts", "# date: 2030-01-02\n" + buildHead + "2.1.10.5,Mailer 2,CU7,Mar21SU,SU,2021-03-02,KB5000001,sourced,manual,\n", nil, "", "", `cu of 2.1.10.5 is "CU7"`},
		{"a row that contradicts and is accepted", "# date: 2030-01-02\n" + buildHead + "2.1.10.5,Mailer 2,CU1,Other,SU,2021-03-02,KB5000009,sourced,manual,\n", []string{"2.1.10.5"}, "", "2.1.10.5", ""},
		{"a build of no line", "# date: 2030-01-02\n" + buildHead + "9.1.60.0,Mailer 2,CU6,,CU,2030-01-02,,,list,\n", nil, "", "", `build 9.1.60.0 is not of line "Mailer 2"`},
		{"no number", "# date: 2030-01-02\n" + buildHead + "x,Mailer 2,CU6,,CU,2030-01-02,,,list,\n", nil, "", "", `build number "x"`},
		{"a row twice", "# date: 2030-01-02\n" + buildHead + "2.1.60.0,Mailer 2,CU6,,CU,2030-01-02,,,list,\n2.1.60.0,Mailer 2,CU6,,CU,2030-01-02,,,list,\n", nil, "", "", `row "2.1.60.0" stands twice`},
		{"other columns", "# date: 2030-01-02\na,b\n1,2\n", nil, "", "", "wrong columns"},
		{"nothing", "", nil, "", "", "no header row"},
		{"no CSV", "# date: 2030-01-02\n" + buildHead + "\"2.1.60.0,Mailer 2\n", nil, "", "", "new.csv:"},
		{"a new CVE", "# date: 2030-01-02\n" + fixHead + "CVE-2030-0001,,,,,,,Mailer 2,,2.1.10.5,,,,,,list,\n", nil, "CVE-2030-0001", "", ""},
		{"a CVE fixed in a build that the table does not have", "# date: 2030-01-02\n" + fixHead + "CVE-2030-0001,,,,,,,Mailer 2,,2.1.10.6,,,,,,list,\n", nil, "", "", "build 2.1.10.6 is not in the table of builds"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			fsys := good(t)
			m, problems := Merge(fsys, "mailer", "new.csv", []byte(c.data), c.accept)
			if c.want != "" {
				if m != nil || !strings.Contains(problems.Error(), c.want) {
					t.Fatalf("%+v, %v; want %q", m, problems, c.want)
				}
				return
			}
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			if strings.Join(m.Added, " ") != c.added || strings.Join(m.Changed, " ") != c.changed {
				t.Errorf("added %q, changed %q", m.Added, m.Changed)
			}
			over, used := NewerTables(fsys, fstest.MapFS{m.File: &fstest.MapFile{Data: m.Data}})
			if !slices.Equal(used, []string{m.File}) {
				t.Errorf("used %q", used)
			}
			k, err := Load(over)
			if err != nil {
				t.Fatal(err)
			}
			if k.Date != "2030-01-02" {
				t.Errorf("knowledge of %s", k.Date)
			}
		})
	}
}

// TestNewerTables: a table of the user that the program has outlived is left aside.
func TestNewerTables(t *testing.T) {
	t.Parallel()
	fsys := good(t)
	old := fstest.MapFS{"products/mailer/builds.csv": &fstest.MapFile{Data: []byte("# date: 2001-01-01\n" + buildHead)},
		"products/other/builds.csv": &fstest.MapFile{Data: []byte("# date: 2031-01-01\n" + buildHead)}, "flaws/x.csv": &fstest.MapFile{Data: []byte("x")}}
	over, used := NewerTables(fsys, old)
	if len(used) > 0 {
		t.Errorf("used %q", used)
	}
	if _, err := fs.Stat(over, "products/mailer/builds.csv"); err != nil {
		t.Error(err)
	}
}

func FuzzMerge(f *testing.F) {
	f.Add([]byte("# date: 2030-01-02\n" + buildHead + "2.1.60.0,Mailer 2,CU6,,CU,2030-01-02,,,list,\n"))
	f.Add([]byte("# date: 2030-01-02\n" + fixHead + "CVE-2030-0001,,,,,,,Mailer 2,,2.1.10.5,,,,,,list,\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		fsys := good(t)
		m, problems := Merge(fsys, "mailer", "new.csv", data, nil)
		if (m == nil) == (len(problems) == 0) {
			t.Fatal("neither or both")
		}
		if m != nil {
			if p := Lint(overlay{fsys, map[string][]byte{m.File: m.Data}}); len(p) > 0 {
				t.Fatal(p)
			}
		}
	})
}
