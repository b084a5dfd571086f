package evidence

import "strings"

// Collectors keep the drive of a path as a folder, each in its own way. The
// logical name of such a file has the drive as one letter, so that the same
// disk gives the same names whoever collected it; Path stays as stored.
//
//	C\, C/                      KAPE, CyLR (Windows), a package of Vigie
//	C%3A/                       Velociraptor, and KAPE for names with a colon
//	uploads/auto/C%3A/          Velociraptor offline collector (docs.velociraptor.app, "Offline collections")
//	uploads/ntfs/%5C%5C.%5CC%3A/  the same, read from the raw volume; %5C%5C%3F%5CGLOBALROOT…%5C for shadow copies
var uploadFolders = []string{"auto", "ntfs", "file", "lazy_ntfs", "vss"}

// original gives the path that a stored name stands for: the name itself unless it is of one of these forms.
func original(name string) string {
	if !strings.Contains(name, "%3A") && !strings.Contains(name, "%3a") {
		return name
	}
	parts := strings.FieldsFunc(name, func(r rune) bool { return r == '/' || r == '\\' })
	for i, p := range parts {
		letter, ok := drive(p)
		if !ok {
			continue
		}
		front := parts[:i]
		if n := len(front); n >= 2 && front[n-2] == "uploads" && uploadFolder(front[n-1]) {
			front = front[:n-2]
		}
		return strings.Join(append(append([]string{}, front...), append([]string{letter}, parts[i+1:]...)...), "/")
	}
	return name
}

func uploadFolder(s string) bool {
	for _, f := range uploadFolders {
		if s == f {
			return true
		}
	}
	return false
}

// drive reads a part that stands for a drive: C%3A, %5C%5C.%5CC%3A.
func drive(part string) (letter string, ok bool) {
	p := strings.ToUpper(part)
	p, ok = strings.CutSuffix(p, "%3A")
	p = strings.TrimPrefix(p, "%5C%5C.%5C")
	return p, ok && len(p) == 1 && isLetter(p[0])
}
