package feed

import (
	"encoding/json"
	"time"

	"vigie/internal/advisory"
)

// endOfLife reads endoflife.date, version 1 of its API: one product, or all in full. Only ends of support are taken: what it calls latest has been wrong.
func (d *draft) endOfLife(top map[string]json.RawMessage) error {
	type product struct {
		Name     string `json:"name"`
		Label    string `json:"label"`
		Releases []struct {
			Name string `json:"name"`
			EOL  string `json:"eolFrom"`
		} `json:"releases"`
	}
	var list []product
	if json.Unmarshal(top["result"], &list) != nil { // the answer for one product is an object
		var one product
		if err := json.Unmarshal(top["result"], &one); err != nil {
			return jsonError(err)
		}
		list = []product{one}
	}
	d.Kind, d.ID, d.Publisher, d.Rank, d.Records = advisory.EOL, "products", "endoflife.date", 3, len(list)
	if len(list) == 1 {
		d.ID = list[0].Name
	}
	d.Title = "endoflife.date " + d.ID
	var generated string
	if raw, ok := top["generated_at"]; ok && json.Unmarshal(raw, &generated) == nil {
		d.Updated = at(generated)
	}
	for _, p := range list {
		for _, r := range p.Releases {
			end, ok := when(r.EOL) // a date that is null is no date
			if ok && len(d.Ends) < maxRecords {
				d.Ends = append(d.Ends, advisory.End{Product: cut(p.Name), Branch: cut(r.Name), Date: end.Format(time.DateOnly)})
			}
		}
	}
	return nil
}
