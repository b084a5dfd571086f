package record

import "testing"

// TestExtract tells the tables that scripts make of log records from the logs.
func TestExtract(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, head string
		kind       Kind
		extract    bool
	}{
		{"hits of Test-ProxyLogon", `"DateTime","RequestId","ClientIPAddress","UrlHost","UrlStem","AnchorMailbox","HttpStatus"` + "\r\n", HTTPProxy, true},
		{"the log itself", "DateTime,RequestId,ClientIPAddress,UrlHost,UrlStem,AnchorMailbox,HttpStatus\r\n", HTTPProxy, false},
		{"a table of something else that has a date", `"Date","Name","Price","Shop"` + "\r\n", Other, true},
		{"a file that names the web server", "<x>Internet Information Services</x>\n", Other, false},
	} {
		if f := Sniff([]byte(tt.head), "file.csv"); f.Kind != tt.kind || f.Extract != tt.extract {
			t.Errorf("%s: %s, extract %v", tt.name, f.Kind, f.Extract)
		}
	}
}
