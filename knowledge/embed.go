// Package knowledge holds what Vigie knows about the world, as data files:
// kinds of log source, products with their builds and fixes, signs of products, flaws, rules and
// playbooks. It has no code; package kb and the rule engines read it. README.md
// explains every field of every file.
package knowledge

import "embed"

// FS is the knowledge that the program brings. A user's folder of the same
// layout takes its place (--knowledge DIR). The YARA rules are in it encoded, and
// their samples not at all, since antivirus programs look for the same texts.
//
//go:embed README.md *.yml products playbooks hardening obligations flaws rules/sigma rules/samples/*.txtar rules/yara.pack logsources fingerprints watched
var FS embed.FS
