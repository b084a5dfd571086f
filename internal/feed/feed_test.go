package feed

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"vigie/internal/advisory"
)

var day = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

const kevHead = `{"catalogVersion":"2026.11.20","dateReleased":"2026-11-20T10:00:00Z","vulnerabilities":[`

// good is one small file of each kind, made for these tests.
var good = map[advisory.Kind]string{
	advisory.KEV:   kevHead + `{"cveID":"CVE-2021-26855","vendorProject":"Microsoft","product":"Exchange Server","dateAdded":"2021-11-03","dueDate":"2021-04-16","knownRansomwareCampaignUse":"Known"}]}`,
	advisory.EUKEV: `[{"cveID":"CVE-2024-9380","vendorProject":"Ivanti","product":"CSA","vulnerabilityName":"-","dateReported":"2026/08/17","originSource":"cnw"}]`,
	advisory.CVE5: `{"dataType":"CVE_RECORD","cveMetadata":{"cveId":"CVE-2024-3400","state":"PUBLISHED","assignerShortName":"palo_alto","dateUpdated":"2024-04-20T00:00:00Z"},"containers":{"cna":{"affected":[
		{"vendor":"Palo Alto Networks","product":"PAN-OS","defaultStatus":"unaffected","versions":[{"version":"10.2.0","status":"affected","lessThan":"10.2.9-h1","changes":[{"at":"10.2.9-h1","status":"unaffected"}]}]}]},
		"adp":[{"title":"CISA ADP Vulnrichment","metrics":[{"other":{"type":"ssvc","content":{"options":[{"Exploitation":"Active"},{"Automatable":"Yes"}],"timestamp":"2024-04-15T00:00:00Z"}}}]}]}}`,
	advisory.NVD: `{"format":"NVD_CVE","totalResults":1,"timestamp":"2026-11-20T00:00:00.000","vulnerabilities":[{"cve":{"id":"CVE-2023-0001","vulnStatus":"Analyzed","configurations":[
		{"nodes":[{"operator":"OR","cpeMatch":[{"vulnerable":true,"criteria":"cpe:2.3:a:veeam:x:*:*:*:*:*:*:*:*","versionEndExcluding":"2.0"}]}]},
		{"operator":"AND","nodes":[{"operator":"OR","cpeMatch":[{"vulnerable":true,"criteria":"cpe:2.3:o:linux:linux_kernel:*:*:*:*:*:*:*:*","versionEndExcluding":"9"}]}]}]}}]}`,
	advisory.EPSS:   "#model_version:v2025.03.14,score_date:2026-11-20T00:00:00+0000\ncve,epss,percentile\nCVE-2020-5902,0.65,0.99\n",
	advisory.CERTFR: `{"reference":"CERTFR-2021-ALE-004","title":"Exchange","cves":[{"name":"CVE-2021-26855"}],"revisions":[{"revision_date":"2021-03-16T00:00:00.000000"},{"revision_date":"2021-03-03T00:00:00.000000"}]}`,
	advisory.EOL:    `{"schema_version":"1.2.0","result":{"name":"fortios","releases":[{"name":"7.0","eolFrom":"2025-09-30"},{"name":"7.6","eolFrom":null}]}}`,
	advisory.CSAF: `{"document":{"csaf_version":"2.0","title":"t","publisher":{"name":"V","category":"vendor","namespace":"https://example.com"},"tracking":{"id":"A-1","initial_release_date":"2024-01-01T00:00:00Z","current_release_date":"2024-01-02T00:00:00Z"}},
		"product_tree":{"branches":[{"category":"vendor","name":"Veeam","branches":[{"category":"product_name","name":"Backup & Replication","branches":[
		{"category":"product_version_range","name":">=12.0|<12.2.0.334","product":{"name":"x","product_id":"P1"}},{"category":"product_version_range","name":"all of them","product":{"name":"x","product_id":"P2"}}]}]}]},
		"vulnerabilities":[{"cve":"CVE-2024-1111","product_status":{"known_affected":["P1","P2"]},"threats":[{"category":"exploit_status","details":"Publicly Disclosed:No;Exploited:Yes"}]}]}`,
	advisory.CVRF: `<cvrfdoc><DocumentTitle>t</DocumentTitle><DocumentTracking><Identification><ID>2024-Aug</ID></Identification><InitialReleaseDate>2024-08-13T07:00:00</InitialReleaseDate>
		<CurrentReleaseDate>2024-08-14T07:00:00</CurrentReleaseDate></DocumentTracking><ProductTree><FullProductName ProductID="1">Windows Server 2019</FullProductName></ProductTree><Vulnerability><CVE>CVE-2024-38063</CVE>
		<ProductStatuses><Status Type="Known Affected"><ProductID>1</ProductID></Status></ProductStatuses><Remediations><Remediation Type="Vendor Fix"><Description>5041578</Description><FixedBuild>10.0.17763.6189</FixedBuild>
		<ProductID>1</ProductID></Remediation></Remediations></Vulnerability></cvrfdoc>`,
	advisory.Hand: "vigie_advisory: a\ncves: [CVE-2024-1111]\ntitle: t\npublisher: V\npublished: '2024-01-01'\ncertainty: sourced\nsource: s\ndate: '2024-01-02'\nproducts: [{product: veeam/backup-replication, affected: [{below: '12.2'}]}]\n",
}

func pack1(t *testing.T, s string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(s)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestKinds: each kind is known by what stands in it, packed or not, and says what it should.
func TestKinds(t *testing.T) {
	t.Parallel()
	want := map[advisory.Kind]string{
		advisory.KEV: "0 statements, [exploited ransomware]", advisory.EUKEV: "0 statements, [exploited]", advisory.CVE5: "1 statements, [exploited automatable]",
		advisory.NVD: "1 statements, []", advisory.EPSS: "0 statements, []", advisory.CERTFR: "0 statements, [alert]", advisory.EOL: "0 statements, []",
		advisory.CSAF: "2 statements, [exploited]", advisory.CVRF: "1 statements, []", advisory.Hand: "1 statements, []",
	}
	for kind, text := range good {
		for _, form := range []string{text, pack1(t, text), "\ufeff" + text} {
			d, err := Read("f", strings.NewReader(form), day)
			if err != nil {
				t.Errorf("%s: %v", kind, err)
				continue
			}
			signs := []advisory.Sign{}
			for _, s := range d.Signals {
				signs = append(signs, s.Kind)
			}
			if got := fmt.Sprintf("%d statements, %v", len(d.Statements), signs); d.Kind != kind || got != want[kind] || len(d.Refused) > 0 {
				t.Errorf("%s: read as %s: %s, want %s; refused %v", kind, d.Kind, got, want[kind], d.Refused)
			}
		}
	}
}

// TestPoisoned: a file that cannot be trusted is refused whole.
func TestPoisoned(t *testing.T) {
	t.Parallel()
	kev := good[advisory.KEV]
	for _, tt := range []struct{ name, text, code string }{
		{"empty", "", "feed.empty"},
		{"blank", " \n\t", "feed.empty"},
		{"no entry", kevHead + "]}", "feed.empty"},
		{"page of an error", "<!DOCTYPE html><html><body>503</body></html>", "feed.kind"},
		{"JSON of something else", `{"message":"rate limited"}`, "feed.kind"},
		{"cut off", kev[:len(kev)-20], "feed.truncated"},
		{"gzip cut off", pack1(t, kev)[:80], "feed.truncated"},
		{"XML cut off", good[advisory.CVRF][:500], "feed.truncated"},
		{"list where a text should be", strings.Replace(kev, `"2021-11-03"`, `["x"]`, 1), "feed.type"},
		{"of the future", strings.Replace(kev, "2026-11-20T", "2099-01-01T", 1), "feed.future"},
		{"without a date", strings.Replace(kev, "2026-11-20T10:00:00Z", "soon", 1), "feed.date"},
		{"announces more entries", strings.Replace(kev, `"vulnerabilities"`, `"count":1404,"vulnerabilities"`, 1), "feed.count"},
		{"Latin-1", strings.Replace(kev, "Microsoft", "Microsoft\xe9", 1), "feed.encoding"},
		{"by hand with an unknown field", good[advisory.Hand] + "affects: all\n", "feed.yaml"},
	} {
		d, err := Read("f", strings.NewReader(tt.text), day)
		var e *Error
		if !errors.As(err, &e) || e.Code != tt.code {
			t.Errorf("%s: %v, %v, want %s", tt.name, d, err, tt.code)
		} else if e.Why.FR == "" || e.Why.EN == "" {
			t.Errorf("%s: a reason is missing in a language", tt.name)
		}
	}
}

// TestHuge: a file that is over the limit once it is unpacked is not read on.
func TestHuge(t *testing.T) {
	t.Parallel()
	for _, text := range []string{strings.Repeat(" ", 1<<20) + "{}", pack1(t, strings.Repeat(" ", 1<<20)+"{}")} {
		_, err := unpack(strings.NewReader(text), 1<<20)
		var e *Error
		if !errors.As(err, &e) || e.Code != "feed.size" {
			t.Errorf("%d bytes: %v", len(text), err)
		}
	}
}

// TestOneRecord: a record that cannot be true costs itself, and is told.
func TestOneRecord(t *testing.T) {
	t.Parallel()
	entry := func(id, added string) string {
		return fmt.Sprintf(`{"cveID":%q,"vendorProject":"V","product":"P","dateAdded":%q}`, id, added)
	}
	text := kevHead + strings.Join([]string{entry("CVE-2021-0001", "2021-01-01"), entry("CVE-2021-0002", "2099-01-01"), entry("<script>", "2021-01-01"), entry("CVE-2021-0001", "2021-01-01")}, ",") + "]}"
	d, err := Read("f", strings.NewReader(text), day)
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, r := range d.Refused {
		codes = append(codes, r.Code)
	}
	if got := strings.Join(codes, " "); got != "feed.date feed.cve feed.twice" || len(d.Signals) != 1 || d.Records != 4 {
		t.Errorf("refused %s; %d signals of %d records", got, len(d.Signals), d.Records)
	}
}

func TestSpan(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"<129.0.2792.52": " 129.0.2792.52  true", ">=7.4.0|<=7.4.4": "7.4.0  7.4.4 true", "vers:generic/>=7.2.0|<7.2.9": "7.2.0 7.2.9  true", "FortiOS/>=7.4.0|<=7.4.4": "7.4.0  7.4.4 true",
		"<12.0.4 IF2": " 12.0.4 IF2  true", "/ 7.2 all versions": "   false", "": "   false", ">7": "   false",
	} {
		from, below, upto, _, ok := span(text)
		if got := fmt.Sprintf("%s %s %s %v", from, below, upto, ok); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, text := range good {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := Read("f", bytes.NewReader(data), day)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("an error without code: %v", err)
			}
			return
		}
		if d.ID == "" || d.Kind == "" || d.SHA256 == "" || len(d.Statements)+len(d.Signals) > maxRecords+1 {
			t.Fatalf("half a document: %+v", d)
		}
	})
}
