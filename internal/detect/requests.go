package detect

import (
	"vigie/internal/logsource"
	"vigie/internal/record"
	"vigie/internal/sigma"
)

// RequestsTo gives a pack that looks at nothing but requests to certain pages, by their URL paths in lower case: pages of which the files showed that
// they are web shells, in folders of which nobody lists what the product ships. What it finds are the acts of the check on web folders.
func (p *Pack) RequestsTo(urls []string) (*Pack, error) {
	q := *p
	w := *p.web
	w.folders, w.pages = nil, map[string]bool{}
	for _, u := range urls {
		w.pages[u] = true
	}
	q.web, q.channels = &w, nil
	q.set = p.set.Where(func(*sigma.Rule) bool { return false })
	q.events = logsource.NewRouter(q.set, nil)
	kr, _, err := q.kindRules(record.IIS)
	if err != nil {
		return nil, err
	}
	q.kinds = map[record.Kind]*kindRules{record.IIS: kr}
	return &q, nil
}
