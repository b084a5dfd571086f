package settings

import "bytes"

// fipfs reads Configuration.xml of the malware filter: whether Outside In, a component that Microsoft turned off for its flaws, is turned on again for
// some type of file. An entry that ends in |NO does that (HealthChecker's check of ADV24199947).
func (r *reader) fipfs(text []byte) {
	r.seen("exchange.fip-fs")
	on := "False"
	line := 0
	if i := bytes.Index(text, []byte("|NO")); i >= 0 {
		on = "True"
		line = 1 + bytes.Count(text[:i], []byte("\n"))
	}
	r.set("exchange.fip-fs.outside-in", "", on, "", line)
}
