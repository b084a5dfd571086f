package analysis

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vigie/internal/casefile"
)

// logTree is a day of requests to a web shell at a URL, and other requests of that folder.
func logTree(t *testing.T, url string) string {
	t.Helper()
	dir, _ := servers()
	root := dayOf(t, filepath.Join(dir, "MAIL11"), "210314")
	for _, name := range tree(t, root) {
		if !strings.Contains(name, "LogFiles") && !strings.Contains(name, "HttpProxy") {
			continue
		}
		at := filepath.Join(root, name)
		b, err := os.ReadFile(at)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(at); err != nil { // a link to the demo's own file
			t.Fatal(err)
		}
		if err := os.WriteFile(at, bytes.ReplaceAll(b, []byte("/owa/auth/themeres.aspx"), []byte(url)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// TestSecondLook has web shells in folders of which nobody lists the pages: only the file tells which requests matter.
func TestSecondLook(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, url, file, text string
		joined                bool
	}{
		{"control panel", "/ecp/themeres.aspx", "FrontEnd/HttpProxy/ecp/themeres.aspx", trapped, true},
		{"root of the site", "/themeres.aspx", "C/inetpub/wwwroot/themeres.aspx", trapped, true},
		{"other letters", "/ECP/Themeres.ASPX", "C/Program Files/Microsoft/Exchange Server/V15/FrontEnd/HttpProxy/ecp/themeres.aspx", trapped, true},
		{"page that is no web shell", "/ecp/themeres.aspx", "FrontEnd/HttpProxy/ecp/themeres.aspx", page, false},
		{"another page", "/ecp/default.aspx", "FrontEnd/HttpProxy/ecp/themeres.aspx", trapped, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			root := logTree(t, c.url)
			lay(t, root, dropped, map[string]string{c.file: c.text})
			got := check(t, 2, root)
			if one := check(t, 1, root); plain(t, one) != plain(t, got) {
				t.Error("one core gives another case")
			}
			if !c.joined {
				if slices.Contains(acts(got), "used") {
					t.Errorf("requests held against nobody: %q", acts(got))
				}
				return
			}
			f, used := finding(t, got, "file-dump"), finding(t, got, "used")
			if len(f.Pages) != 1 || f.Pages[0].Requests == 0 || f.Pages[0].Requests != used.Count || f.Pages[0].FirstRequest == nil || f.Pages[0].LastRequest == nil ||
				!slices.Contains(f.Pages[0].Clients, "198.51.100.86") || f.Host != used.Host {
				t.Errorf("pages %+v of %+v", f.Pages, used)
			}
			if len(got.Hosts) != 1 || got.Hosts[0].Verdict != casefile.Confirmed {
				t.Errorf("hosts %+v", got.Hosts)
			}
		})
	}
}

// TestSecondLookNeedsEvidenceTwice gives the evidence on standard input.
func TestSecondLookNeedsEvidenceTwice(t *testing.T) {
	t.Parallel()
	root := logTree(t, "/ecp/themeres.aspx")
	lay(t, root, dropped, map[string]string{"FrontEnd/HttpProxy/ecp/themeres.aspx": trapped})
	name := filepath.Join(t.TempDir(), "all.tar.gz")
	packTar(t, name, root, tree(t, root))
	in, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	opt := known()
	opt.Paths, opt.Stdin, opt.Workers, opt.TempDir = []string{"-"}, in, 2, t.TempDir()
	c, err := Run(context.Background(), opt)
	if err != nil {
		t.Fatal(err)
	}
	finding(t, c, "file-dump")
	if !slices.ContainsFunc(c.Gaps, func(g casefile.Gap) bool { return g.Code == codeNotAgain && g.What.FR != "" }) {
		t.Errorf("nothing told: %+v", c.Gaps)
	}
}
