// Package profiles embeds what `vigie collect` takes, apart from the rest of the
// knowledge: the small collector carries nothing else.
package profiles

import "embed"

// FS holds the profiles, one YAML file each; knowledge/README.md explains every field.
//
//go:embed *.yml
var FS embed.FS
