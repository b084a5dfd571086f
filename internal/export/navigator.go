package export

import (
	"slices"
	"strings"

	"vigie/internal/casefile"
)

// layer is a layer of the ATT&CK Navigator, format 4.5.
type layer struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Domain      string `json:"domain"`
	Versions    struct {
		Layer     string `json:"layer"`
		Navigator string `json:"navigator"`
	} `json:"versions"`
	Techniques []technique `json:"techniques"`
	Gradient   struct {
		Colors   []string `json:"colors"`
		MinValue int      `json:"minValue"`
		MaxValue int      `json:"maxValue"`
	} `json:"gradient"`
	LegendItems []legend `json:"legendItems"`
	HideOff     bool     `json:"hideDisabled"`
}

type technique struct {
	ID       string  `json:"techniqueID"`
	Score    int     `json:"score"`
	Color    string  `json:"color"`
	Comment  string  `json:"comment"`
	Enabled  bool    `json:"enabled"`
	Show     bool    `json:"showSubtechniques"`
	Metadata []named `json:"metadata"`
}

type named struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type legend struct {
	Label string `json:"label"`
	Color string `json:"color"`
}

// stages are the stages of a finding as the layer shows them; what weighs most is the technique's colour.
var stages = []struct {
	stage casefile.Stage
	score int
	color string
	label casefile.Text
}{
	{casefile.StateSeen, 1, "#c7c7c7", casefile.Text{FR: "état du serveur", EN: "state of the server"}},
	{casefile.Attempt, 25, "#f6d55c", casefile.Text{FR: "tentative", EN: "attempt"}},
	{casefile.FollowUp, 75, "#ed8936", casefile.Text{FR: "suite", EN: "follow-up"}},
	{casefile.Success, 100, "#c53030", casefile.Text{FR: "succès", EN: "success"}},
}

func (j *job) navigator() layer {
	var l layer
	l.Name = "Vigie"
	l.Description = j.say(casefile.Text{FR: "Techniques que les constats de l’affaire montrent ; le score dit l’étape.", EN: "Techniques that the findings of the case show; the score tells the stage."})
	l.Domain, l.Versions.Layer, l.Versions.Navigator = "enterprise-attack", "4.5", "5.1.0"
	l.Gradient.Colors, l.Gradient.MaxValue = []string{"#ffffffff", "#c53030ff"}, 100
	at := map[string]int{}
	l.Techniques = []technique{}
	for i := range j.Case.Findings {
		f := &j.Case.Findings[i]
		if j.dismissed(f) {
			continue
		}
		for _, id := range f.Attack {
			n, ok := at[id]
			if !ok {
				n = len(l.Techniques)
				at[id] = n
				l.Techniques = append(l.Techniques, technique{ID: id, Enabled: true})
			}
			t := &l.Techniques[n]
			for _, s := range stages {
				if s.stage == f.Stage && s.score > t.Score {
					t.Score, t.Color, t.Comment = s.score, s.color, j.say(s.label)
				}
			}
			if len(t.Metadata) < maxMetadata {
				t.Metadata = append(t.Metadata, named{f.ID + " " + f.Host, j.say(f.Title)})
			}
		}
	}
	slices.SortFunc(l.Techniques, func(a, b technique) int { return strings.Compare(a.ID, b.ID) })
	for _, s := range stages {
		l.LegendItems = append(l.LegendItems, legend{j.say(s.label), s.color})
	}
	return l
}

// maxMetadata bounds the findings told with a technique.
const maxMetadata = 50
