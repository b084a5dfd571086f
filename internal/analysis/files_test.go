package analysis

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/internal/baseline"
	"vigie/internal/casefile"
)

// Folders of a server's disk, as a collector copies them.
const (
	owaAuth  = "C/Program Files/Microsoft/Exchange Server/V15/FrontEnd/HttpProxy/owa/auth/"
	client   = "C/inetpub/wwwroot/aspnet_client/"
	compiled = "C/Windows/Microsoft.NET/Framework64/v4.0.30319/Temporary ASP.NET Files/owa/8e05b027/e164d61b/"
)

// trapped is the configuration of a virtual directory as CVE-2021-27065 makes Exchange write it, but for the script, which does nothing.
const trapped = "Name                            : OAB (Default Web Site)\r\nInternalAuthenticationMethods   : {WindowsIntegrated}\r\n" +
	"ExternalUrl                     : http://f/<script language=\"JScript\" runat=\"server\">harmless</script>\r\nOriginatingServer               : dc01.corp.example.test\r\n"

const (
	page     = `<%@ Page Language="C#" %><html><body>hello</body></html>`
	note     = `<?xml version="1.0" encoding="utf-8"?><preserve resultType="3" virtualPath="/owa/auth/gone.aspx" assembly="App_Web_abcd1234" type="ASP.auth_gone_aspx"></preserve>`
	imageRun = `<configuration><system.webServer><handlers><add name="x" path="*.jpg" verb="*" type="System.Web.UI.PageHandlerFactory"/></handlers></system.webServer></configuration>`
)

// lay writes files below a folder, dated as told.
func lay(t testing.TB, root string, at time.Time, files map[string]string) {
	t.Helper()
	for name, text := range files {
		to := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(to, at, at); err != nil {
			t.Fatal(err)
		}
	}
}

var dropped = time.Date(2021, 2, 28, 4, 13, 0, 0, time.UTC)

func acts(c *casefile.Case) (out []string) {
	for _, f := range c.Findings {
		out = append(out, f.Act)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func finding(t testing.TB, c *casefile.Case, act string) casefile.Finding {
	t.Helper()
	for _, f := range c.Findings {
		if f.Act == act {
			return f
		}
	}
	t.Fatalf("no finding of %s, only of %q", act, acts(c))
	return casefile.Finding{}
}

// TestFiles judges servers of which there are files and no log.
func TestFiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		files   map[string]string
		acts    []string
		verdict casefile.Verdict // "" for no server at all
		state   casefile.State
	}{
		{"pages of the product", map[string]string{owaAuth + "logon.aspx": page, owaAuth + "errorFE.aspx": page}, nil, casefile.Undetermined, casefile.StateUnknown},
		{"web shell left behind", map[string]string{client + "discover.aspx": trapped, owaAuth + "logon.aspx": page}, []string{"file-dump"}, casefile.Confirmed, casefile.ToRebuild},
		{"web shell with another ending", map[string]string{client + "discover.aspx.bak": trapped}, []string{"file-dump"}, casefile.Confirmed, casefile.ToRebuild},
		{"export that shows the trapped object", map[string]string{"export/oab.txt": trapped}, []string{"file-suspect"}, casefile.Suspected, casefile.StateUnknown},
		{"page that nobody ships", map[string]string{owaAuth + "custom.aspx": page}, []string{"file-unknown"}, casefile.Undetermined, casefile.StateUnknown},
		{"compiled copy of a page that is gone", map[string]string{compiled + "gone.aspx.cdcab7d2.compiled": note, owaAuth + "logon.aspx": page}, []string{"file-compiled"}, casefile.Suspected, casefile.StateUnknown},
		{"compiled copy beside its page", map[string]string{compiled + "gone.aspx.cdcab7d2.compiled": note, owaAuth + "gone.aspx": page}, []string{"file-unknown"}, casefile.Undetermined, casefile.StateUnknown},
		{"compiled copy of a page of the product", map[string]string{compiled + "logon.aspx.cdcab7d2.compiled": strings.ReplaceAll(note, "gone", "logon")}, nil, casefile.Undetermined, casefile.StateUnknown},
		{"images that run", map[string]string{client + "web.config": imageRun}, []string{"config-handler"}, casefile.Suspected, casefile.StateUnknown},
		{"files of anything else", map[string]string{"docs/readme.txt": "hello", "photo.jpg": "\xff\xd8\xff"}, nil, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			lay(t, root, dropped, c.files)
			got := check(t, 2, root)
			if a := acts(got); !slices.Equal(a, c.acts) {
				t.Errorf("acts %q, want %q", a, c.acts)
			}
			if got.Ledger.Skipped != 0 || got.Ledger.Parsed != got.Ledger.Bytes {
				t.Errorf("ledger: %d of %d bytes parsed, %d skipped", got.Ledger.Parsed, got.Ledger.Bytes, got.Ledger.Skipped)
			}
			if c.verdict == "" {
				if len(got.Hosts) != 0 {
					t.Errorf("server %q out of nothing", got.Hosts[0].Name)
				}
				return
			}
			if len(got.Hosts) != 1 || got.Hosts[0].Verdict != c.verdict || got.Hosts[0].StateNow != c.state {
				t.Errorf("hosts %+v, want %s, %s", got.Hosts, c.verdict, c.state)
			}
			for _, f := range got.Hosts[0].Flaws {
				if f.Verdict == casefile.NoTrace || f.Verdict == casefile.Targeted || f.Verdict == casefile.NotAffected {
					t.Errorf("%s: %s without a log", f.ID, f.Verdict)
				}
			}
		})
	}
}

// TestFileJoinsLogs lays the page of a web shell beside the logs that hold the requests to it.
func TestFileJoinsLogs(t *testing.T) {
	t.Parallel()
	dir, _ := servers()
	root := dayOf(t, filepath.Join(dir, "MAIL01"), "210228")
	before := check(t, 2, root)
	used := finding(t, before, "used")
	name := path.Base(used.Objects[0])
	lay(t, root, dropped, map[string]string{owaAuth + name: trapped})
	c := check(t, 2, root)
	f := finding(t, c, "file-dump")
	used = finding(t, c, "used")
	if f.Host != used.Host || f.Host != "MAIL01" {
		t.Errorf("file on %q, requests on %q", f.Host, used.Host)
	}
	if len(f.Pages) != 1 {
		t.Fatalf("%d pages", len(f.Pages))
	}
	p := f.Pages[0]
	if p.URL != "/owa/auth/"+name || p.Requests != used.Count || p.Commands != used.Acts || p.FirstRequest == nil || !p.FirstRequest.Equal(used.Time) ||
		p.LastRequest == nil || !p.LastRequest.Equal(used.TimeEnd) || !slices.Equal(p.Clients, used.Clients) || !slices.Contains(p.Findings, used.ID) {
		t.Errorf("story %+v of requests %+v", p, used)
	}
	if p.Written == nil || !p.Written.Equal(dropped) || p.WrittenLocal {
		t.Errorf("written %v", p.Written)
	}
	// The flaw that brought it takes it up: one story.
	for _, r := range c.Hosts[0].Flaws {
		if r.ID == "proxylogon" && !slices.Contains(r.Reasons, f.ID) {
			t.Errorf("proxylogon for %q, without the file %s", r.Reasons, f.ID)
		}
	}
}

// TestSameFiles reads files of a server in several shapes and on one core and many.
func TestSameFiles(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	files := map[string]string{client + "discover.aspx": trapped, owaAuth + "logon.aspx": page, owaAuth + "custom.aspx": page, compiled + "gone.aspx.cdcab7d2.compiled": note,
		client + "web.config": imageRun, "C/inetpub/wwwroot/log.aspx": "#Software: Microsoft Internet Information Services 10.0\r\n" + trapped}
	for i := range 60 { // enough that the order of the work varies
		files[fmt.Sprintf("%scopy%02d.aspx", client, i)] = trapped
	}
	lay(t, root, dropped, files)
	names := tree(t, root)
	out := t.TempDir()
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] }) // as archives list them
	packZip(t, filepath.Join(out, "bundle.zip"), root, names)
	packTar(t, filepath.Join(out, "inner.tar.gz"), root, names)
	packZip(t, filepath.Join(out, "nested.zip"), out, []string{"inner.tar.gz"})
	want := plain(t, check(t, 1, root))
	if !strings.Contains(want, "log.aspx") || !strings.Contains(want, `"act": "file-dump"`) {
		t.Fatal("nothing found")
	}
	for name, c := range map[string]*casefile.Case{
		"folder, many cores": check(t, 2*runtime.GOMAXPROCS(0), root),
		"zip":                check(t, 2, filepath.Join(out, "bundle.zip")),
		"tar.gz":             check(t, 1, filepath.Join(out, "inner.tar.gz")),
		"tar.gz in a zip":    check(t, 4, filepath.Join(out, "nested.zip")),
	} {
		if got := plain(t, c); got != want {
			t.Errorf("%s: differs: %s", name, difference(want, got))
		}
	}
}

// difference shows the first line in which two texts differ.
func difference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			return fmt.Sprintf("line %d is %q, want %q", i+1, g[i], w[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}

// TestManyCopies has one web shell thousands of times: one finding, with a bounded number of places.
func TestManyCopies(t *testing.T) {
	t.Parallel()
	const copies = 10_000
	root := t.TempDir()
	files := map[string]string{}
	for i := range copies {
		files[fmt.Sprintf("%sd%03d/x%04d.aspx", client, i%100, i)] = trapped
	}
	lay(t, root, dropped, files)
	c := check(t, 2, root)
	if len(c.Findings) != 1 {
		t.Fatalf("%d findings", len(c.Findings))
	}
	f := c.Findings[0]
	if f.Count != copies || len(f.Evidence) > casefile.MaxEvidence || len(f.Pages) > casefile.MaxPages || len(f.Objects) > 50 {
		t.Errorf("count %d, %d lines, %d pages, %d objects", f.Count, len(f.Evidence), len(f.Pages), len(f.Objects))
	}
}

// TestLargeFile has a web shell before and one behind what is looked at of a file.
func TestLargeFile(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	lay(t, root, dropped, map[string]string{client + "large.aspx": trapped})
	name := filepath.Join(root, filepath.FromSlash(client+"large.aspx"))
	if err := os.Truncate(name, 70<<20); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(name, dropped, dropped); err != nil {
		t.Fatal(err)
	}
	c := check(t, 2, root)
	finding(t, c, "file-dump")
	l := c.Ledger
	if l.Parsed != 64<<20 || l.Skipped != 6<<20 {
		t.Errorf("%d parsed, %d skipped", l.Parsed, l.Skipped)
	}
	if !slices.ContainsFunc(c.Gaps, func(g casefile.Gap) bool {
		return g.Code == "file.too_large" && g.Offset == 64<<20 && g.Length == 6<<20
	}) {
		t.Errorf("gaps %+v", c.Gaps)
	}
}

// TestBaseline compares a server with a known-good one.
func TestBaseline(t *testing.T) {
	t.Parallel()
	sum := func(s string) string { x := sha256.Sum256([]byte(s)); return hex.EncodeToString(x[:]) }
	key := func(name string) string { return "frontend/httpproxy/owa/auth/" + name }
	list := []baseline.File{{Path: key("logon.aspx"), Size: int64(len(page)), SHA256: sum(page)}, {Path: key("custom.aspx"), Size: int64(len(page)), SHA256: sum(page)}}
	for i := range 300 {
		list = append(list, baseline.File{Path: key(fmt.Sprintf("p%03d.aspx", i)), SHA256: sum(page)})
	}
	var b bytes.Buffer
	if err := baseline.Write(&b, baseline.About{Product: "exchange", Build: "15.1.2176.2", Source: "test", Date: "2021-03-01"}, list); err != nil {
		t.Fatal(err)
	}
	reference, err := baseline.Read(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	all := func(text string) map[string]string {
		m := map[string]string{}
		for i := range 300 {
			m[fmt.Sprintf("%sp%03d.aspx", owaAuth, i)] = text
		}
		return m
	}
	with := func(m map[string]string, more ...string) map[string]string {
		for i := 0; i < len(more); i += 2 {
			m[owaAuth+more[i]] = more[i+1]
		}
		return m
	}
	for _, c := range []struct {
		name                        string
		files                       map[string]string
		acts                        []string
		original, changed, unlisted int64
		other                       bool
	}{
		{"all original, a page of the administrator with them", with(all(page), "Logon.aspx", page, "custom.aspx", page), nil, 302, 0, 0, false},
		{"one page changed", with(all(page), "logon.aspx", page+"<!-- -->"), []string{"file-changed"}, 300, 1, 0, false},
		{"one page added", with(all(page), "new.aspx", page), []string{"file-unknown"}, 300, 0, 1, false},
		{"baseline of another build", with(all(page+"2"), "logon.aspx", page), nil, 1, 300, 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			lay(t, root, dropped, c.files)
			opt := known()
			opt.Paths, opt.Workers, opt.TempDir = []string{root}, 2, t.TempDir()
			opt.Pack = opt.Pack.WithBaseline(reference)
			got, err := Run(context.Background(), opt)
			if err != nil {
				t.Fatal(err)
			}
			balanced(t, got)
			if a := acts(got); !slices.Equal(a, c.acts) {
				t.Errorf("acts %q, want %q", a, c.acts)
			}
			if len(got.Hosts) != 1 || got.Hosts[0].Files == nil || got.Hosts[0].Files.Baseline == nil {
				t.Fatalf("nothing told of the baseline: %+v", got.Hosts)
			}
			s := got.Hosts[0].Files.Baseline
			if s.Original != c.original || s.Changed != c.changed || s.Unlisted != c.unlisted || s.Other != c.other || s.Build != "15.1.2176.2" {
				t.Errorf("%+v", s)
			}
		})
	}
}
