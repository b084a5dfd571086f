package demo

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"time"
)

// dropped is a file that an attacker left on the server's disk.
type dropped struct {
	Name string `json:"name"` // below the server's folder
	At   moment `json:"at"`   // its date
}

// drop writes the files that attackers left.
func (p *plan) drop(root string) error {
	for _, f := range p.Files {
		text, err := base64.StdEncoding.DecodeString(trapped)
		if err != nil {
			panic("demo: trapped page: " + err.Error())
		}
		if err := create(root, f.Name, text); err != nil {
			return err
		}
		at := time.UnixMilli(int64(f.At))
		if err := os.Chtimes(filepath.Join(root, filepath.FromSlash(f.Name)), at, at); err != nil {
			return err
		}
	}
	return nil
}

// trapped is what Exchange writes when the address of a virtual directory holds script (CVE-2021-27065): its properties, one a line. The element of
// the script holds a remark in the place of code, so no server can run it. It is encoded so that neither the source nor the program bears the text,
// at which an antivirus might stop.
const trapped = "DQpOYW1lICAgICAgICAgICAgICAgICAgICAgICAgICAgIDogT0FCIChEZWZhdWx0IFdlYiBTaXRlKQ0KUG9sbEludGVydmFsICAgICAgICAgICAgICAgICAgICA6IDQ4" +
	"MA0KT2ZmbGluZUFkZHJlc3NCb29rcyAgICAgICAgICAgICA6IA0KUmVxdWlyZVNTTCAgICAgICAgICAgICAgICAgICAgICA6IFRydWUNCkJhc2ljQXV0aGVudGljYXRp" +
	"b24gICAgICAgICAgICAgOiBGYWxzZQ0KV2luZG93c0F1dGhlbnRpY2F0aW9uICAgICAgICAgICA6IFRydWUNCk9BdXRoQXV0aGVudGljYXRpb24gICAgICAgICAgICAg" +
	"OiBGYWxzZQ0KTWV0YWJhc2VQYXRoICAgICAgICAgICAgICAgICAgICA6IElJUzovL01BSUwxMS5leGFtcGxlLm9yZy9XM1NWQy8xL1JPT1QvT0FCDQpQYXRoICAgICAg" +
	"ICAgICAgICAgICAgICAgICAgICAgIDogQzpcUHJvZ3JhbSBGaWxlc1xNaWNyb3NvZnRcRXhjaGFuZ2UgU2VydmVyXFYxNVxGcm9udEVuZFxIdHRwUHJveHlcT0FCDQpF" +
	"eHRlbmRlZFByb3RlY3Rpb25Ub2tlbkNoZWNraW5nIDogTm9uZQ0KQWRtaW5EaXNwbGF5VmVyc2lvbiAgICAgICAgICAgICA6IFZlcnNpb24gMTUuMSAoQnVpbGQgMjE3" +
	"Ni4yKQ0KU2VydmVyICAgICAgICAgICAgICAgICAgICAgICAgICA6IE1BSUwxMQ0KSW50ZXJuYWxVcmwgICAgICAgICAgICAgICAgICAgICA6IGh0dHBzOi8vbWFpbDEx" +
	"LmV4YW1wbGUub3JnL09BQg0KSW50ZXJuYWxBdXRoZW50aWNhdGlvbk1ldGhvZHMgICA6IFdpbmRvd3NJbnRlZ3JhdGVkDQpFeHRlcm5hbFVybCAgICAgICAgICAgICAg" +
	"ICAgICAgIDogaHR0cDovL2YvPHNjcmlwdCBsYW5ndWFnZT0iSlNjcmlwdCIgcnVuYXQ9InNlcnZlciI+KHRoZSBkZW1vIGtlZXBzIG5vIGNvZGUgaGVyZSk8L3Njcmlw" +
	"dD4NCkV4dGVybmFsQXV0aGVudGljYXRpb25NZXRob2RzICAgOiBXaW5kb3dzSW50ZWdyYXRlZA0KRXhjaGFuZ2VWZXJzaW9uICAgICAgICAgICAgICAgICA6IDAuMTAg" +
	"KDE0LjAuMTAwLjApDQpPcmlnaW5hdGluZ1NlcnZlciAgICAgICAgICAgICAgIDogREMwMS5leGFtcGxlLm9yZw0KSXNWYWxpZCAgICAgICAgICAgICAgICAgICAgICAg" +
	"ICA6IFRydWUNCg=="
