package feed

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"vigie/internal/advisory"
	"vigie/internal/casefile"
)

// epss reads a day of the Exploit Prediction Scoring System. Three headers exist: with two columns (2021-04), with three (2021-09), and after a line that
// names the model and the day (since 2022-02). Without a named model nothing compares with the file.
func (d *draft) epss(data []byte) error {
	d.Kind, d.Publisher, d.Rank = advisory.EPSS, "FIRST", 4
	s := &advisory.Scores{ByCVE: map[string]float32{}}
	header := false
	for line := range bytes.Lines(data) {
		row := strings.TrimRight(string(line), "\r\n")
		switch {
		case strings.HasPrefix(row, "#"):
			for field := range strings.SplitSeq(row[1:], ",") {
				k, v, _ := strings.Cut(field, ":")
				switch k {
				case "model_version":
					s.Model = cut(v)
				case "score_date":
					d.Updated = at(v)
				}
			}
			continue
		case !header:
			if !strings.HasPrefix(row, "cve,epss") {
				return errKind
			}
			header = true
			continue
		case row == "":
			continue
		}
		d.Records++
		if d.Records > maxRecords {
			return refuse("feed.records", "plus de %d lignes", "over %d rows", maxRecords)
		}
		f := strings.Split(row, ",")
		if !d.cve(f[0]) {
			continue
		}
		if len(f) < 2 {
			return refuse("feed.truncated", "fichier coupé", "file is cut off")
		}
		p, err := strconv.ParseFloat(f[1], 32)
		if err != nil || !(p >= 0 && p <= 1) {
			d.wrong(advisory.Refusal{CVE: f[0], Value: f[1], Code: "feed.range", Why: casefile.Text{FR: "La probabilité n’est pas entre 0 et 1.", EN: "The probability is not between 0 and 1."}})
			continue
		}
		s.ByCVE[f[0]] = float32(p)
	}
	if !d.Updated.IsZero() {
		s.Date = d.Updated.Format(time.DateOnly)
	}
	d.ID = strings.TrimSuffix("scores "+s.Date, " ")
	d.Title, d.Scores = "EPSS "+s.Date, s
	return nil
}
