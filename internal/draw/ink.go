package draw

// Ink is a colour by its meaning.
type Ink string

// The inks. Words of verdicts and states have one each; none is green, since nothing that is shown says that a machine is well.
const (
	Ink0    Ink = "ink"    // words
	Soft    Ink = "soft"   // lesser words
	Faint   Ink = "line"   // grids, edges
	Paper   Ink = "paper"  // the ground
	Wash    Ink = "wash"   // a panel's ground
	Accent  Ink = "accent" // the firm's own colour
	Red     Ink = "red"
	Amber   Ink = "amber"
	Violet  Ink = "violet"
	Blue    Ink = "blue"
	Teal    Ink = "teal"
	Slate   Ink = "slate"
	Bar     Ink = "bar"     // what the evidence shows
	Window  Ink = "win"     // the exposure window
	Edge    Ink = "winedge" // its edges
	Hatch   Ink = "hatch"   // what is not known
	Section Ink = "build"   // ground of a stretch of time
	Escape  Ink = "esc"     // ground of an escaped character
)

// Tone is what an ink looks like, as RRGGBB, on light and on dark ground.
type Tone struct {
	Ink         Ink
	Light, Dark string
}

// Tones lists the inks in a fixed order. The contrast of every ink of words against Paper is at least 4.5 in both.
var Tones = []Tone{
	{Ink0, "1b242e", "e3e8ee"}, {Soft, "54606d", "a4afbc"}, {Faint, "d8dee5", "36414d"}, {Paper, "ffffff", "182028"}, {Wash, "f6f8fa", "1e2730"},
	{Accent, "1a4d80", "93c3ee"}, {Red, "a01b1d", "ff9a94"}, {Amber, "855000", "f0b65f"}, {Violet, "653a99", "c9abf6"}, {Blue, "1a4d80", "93c3ee"},
	{Teal, "12626b", "7fd0d6"}, {Slate, "45515e", "b4bfca"}, {Bar, "3f78a8", "5b97c9"}, {Window, "fbf0d8", "3a3019"}, {Edge, "b98a35", "c99b47"},
	{Hatch, "8b97a4", "7a8795"}, {Section, "e4e9f0", "2c3743"}, {Escape, "fdf0d5", "453716"},
}

// Light is the colour of an ink on paper, as RRGGBB; the colour of words for an ink that is not listed.
func Light(i Ink) string {
	for _, t := range Tones {
		if t.Ink == i {
			return t.Light
		}
	}
	return Tones[0].Light
}
