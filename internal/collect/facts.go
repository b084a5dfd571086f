package collect

import (
	"os"
	"runtime"
	"time"

	"vigie/internal/vgz"
)

// baseFacts are those that every system gives.
func baseFacts() vgz.Machine {
	name, _ := os.Hostname()
	zone, offset := time.Now().Zone()
	return vgz.Machine{Name: name, OS: runtime.GOOS + "/" + runtime.GOARCH, Zone: zone, ZoneSeconds: offset}
}

// ImageFacts are those of a mounted image: what is known of the machine stands in its files, not in the machine that reads them.
func ImageFacts(root, name string) vgz.Machine {
	return vgz.Machine{Name: name, OS: "windows", Zone: "unknown", Root: root}
}
