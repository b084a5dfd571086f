// Package knowledge holds what Vigie knows about the world, as data files:
// kinds of log source, products with their builds and fixes, flaws, rules and
// playbooks. It has no code; package kb and the rule engines read it. README.md
// explains every field of every file.
package knowledge

import "embed"

// FS is the knowledge that the program brings. A user's folder of the same
// layout takes its place (--knowledge DIR).
//
//go:embed README.md *.yml products playbooks flaws rules logsources
var FS embed.FS
