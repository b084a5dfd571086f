package report

import (
	"bytes"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/draw"
)

func textOf(t *testing.T, c *casefile.Case, o Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := Text(&b, c, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func htmlOf(t *testing.T, c *casefile.Case, o Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := HTML(&b, c, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// From minutes to centuries the axis has labels, and none covers the next.
func TestTicks(t *testing.T) {
	t.Parallel()
	for _, d := range []time.Duration{20 * time.Minute, time.Hour, 3 * time.Hour, 10 * time.Hour, 26 * time.Hour, 3 * day, 9 * day, 20 * day, 45 * day, 100 * day, 200 * day, 400 * day, 3 * 365 * day, 12 * 365 * day, 100 * 365 * day} {
		for _, lang := range []string{"fr", "en"} {
			lo := at("2021-02-26 23:47:11")
			labels, contexts := ticks(Words(lang), scale{lo, lo.Add(d)})
			if n := len(labels); n < 2 || n > 2*maxTicks {
				t.Errorf("%v: %d labels", d, n)
			}
			for _, row := range [][]tick{labels, contexts} {
				for i := 1; i < len(row); i++ {
					if gap := float64(row[i].X - row[i-1].X); gap < float64(columns(row[i].Label))*6.5 {
						t.Errorf("%v: %q and %q are %.0f apart", d, row[i-1].Label, row[i].Label, gap)
					}
				}
			}
		}
	}
}

func TestSubtract(t *testing.T) {
	t.Parallel()
	whole := []casefile.Span{span("2021-03-01 00:00:00", "2021-03-10 00:00:00")}
	got := subtract(whole, []casefile.Span{span("2021-02-01 00:00:00", "2021-03-02 00:00:00"), span("2021-03-04 00:00:00", "2021-03-05 00:00:00"), span("2021-03-09 00:00:00", "2021-04-01 00:00:00")})
	want := []casefile.Span{span("2021-03-02 00:00:00", "2021-03-04 00:00:00"), span("2021-03-05 00:00:00", "2021-03-09 00:00:00")}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v", got)
	}
}

func TestCoverageBar(t *testing.T) {
	t.Parallel()
	win := casefile.Window{From: at("2021-03-01 00:00:00"), To: at("2021-03-11 00:00:00")}
	s := casefile.SourceCoverage{First: atp("2021-01-01 00:00:00"), Covered: 0.7, Holes: []casefile.Span{span("2021-03-03 00:00:00", "2021-03-05 00:00:00"), span("2021-03-08 00:00:00", "2021-03-08 12:00:00")}}
	if got := coverageBar(win, &s, 10); got != "██··███▒██" {
		t.Errorf("%q", got)
	}
	s.First = nil
	if got := coverageBar(win, &s, 4); got != "····" {
		t.Errorf("%q", got)
	}
}

// Colour says nothing alone: without it the page holds the same words.
func TestColorAddsNothing(t *testing.T) {
	t.Parallel()
	sgr := regexp.MustCompile("\x1b\\[[0-9;]*m")
	for _, g := range goldens {
		o := options("fr")
		without := textOf(t, g.make(), o)
		o.Color = true
		with := textOf(t, g.make(), o)
		if with == without {
			t.Errorf("%s: no colour", g.name)
		}
		if sgr.ReplaceAllString(with, "") != without {
			t.Errorf("%s: colour changes the words", g.name)
		}
		if strings.Contains(with, "\x1b[32m") || strings.Contains(with, "\x1b[1;32m") {
			t.Errorf("%s: green says more than this program can know", g.name)
		}
	}
}

func TestWidth(t *testing.T) {
	t.Parallel()
	for _, c := range []*casefile.Case{confirmedCase(), fleetCase(), undeterminedCase()} {
		for _, w := range []int{60, 80, 100, 160} {
			o := options("fr")
			o.Width, o.Next = w, nil
			for _, l := range strings.Split(textOf(t, c, o), "\n") {
				if columns(l) > w && !strings.Contains(l, "!logs/") { // a path stays whole
					t.Errorf("width %d: %q", w, l)
				}
			}
		}
	}
}

// Every pair of text and ground reaches 4.5:1, in light and in dark.
func TestContrast(t *testing.T) {
	t.Parallel()
	for _, dark := range []bool{false, true} {
		name, v := "light", map[draw.Ink]string{}
		if dark {
			name = "dark"
		}
		for _, tone := range draw.Tones {
			v[tone.Ink] = "#" + tone.Light
			if dark {
				v[tone.Ink] = "#" + tone.Dark
			}
		}
		for _, fg := range []draw.Ink{draw.Ink0, draw.Soft, draw.Accent, draw.Red, draw.Amber, draw.Violet, draw.Blue, draw.Slate, draw.Teal} {
			for _, bg := range []draw.Ink{draw.Paper, draw.Wash} {
				if r := contrast(v[fg], v[bg]); r < 4.5 {
					t.Errorf("%s: %s on %s is %.2f", name, fg, bg, r)
				}
			}
		}
		for _, pair := range [][2]draw.Ink{{draw.Ink0, draw.Window}, {draw.Amber, draw.Window}, {draw.Ink0, draw.Escape}, {draw.Ink0, draw.Section}} {
			if r := contrast(v[pair[0]], v[pair[1]]); r < 4.5 {
				t.Errorf("%s: %s on %s is %.2f", name, pair[0], pair[1], r)
			}
		}
		for _, mark := range []draw.Ink{draw.Bar, draw.Red, draw.Amber, draw.Violet} { // shapes: 3:1
			for _, ground := range []draw.Ink{draw.Paper, draw.Window} {
				if r := contrast(v[mark], v[ground]); r < 3 {
					t.Errorf("%s: %s on %s is %.2f", name, mark, ground, r)
				}
			}
		}
	}
}

func contrast(a, b string) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(hex string) float64 {
	if len(hex) != 7 {
		return math.NaN()
	}
	var l float64
	for i, w := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		if err != nil {
			return math.NaN()
		}
		c := float64(n) / 255
		if c <= 0.03928 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		l += w * c
	}
	return l
}
