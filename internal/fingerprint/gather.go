package fingerprint

import (
	"slices"

	"vigie/internal/inventory"
)

// maxClues bounds the clues of one host; an honest server gives some twenty.
const maxClues = 200

// Gathering collects what the answers of one host show.
type Gathering struct {
	Clues  []inventory.Clue // each kind and value once, as first seen
	Named  []string         // ids of the products that signs named, in order
	Fronts []string         // ids of the proxies and gateways that signs named, in order
}

// Add takes what one answer shows.
func (g *Gathering) Add(sights []Sight) {
	for _, s := range sights {
		list := &g.Named
		if s.Print.Role == "front" {
			list = &g.Fronts
		}
		if !s.Sign.Hint && !slices.Contains(*list, s.Print.ID) {
			*list = append(*list, s.Print.ID)
		}
		known := slices.ContainsFunc(g.Clues, func(c inventory.Clue) bool { return c.Kind == s.Kind && c.Value == s.Value })
		if !known && len(g.Clues) < maxClues {
			g.Clues = append(g.Clues, s.Clue)
		}
	}
}
