package paper

import (
	"fmt"
	"sync"

	"github.com/go-fonts/liberation/liberationmonoregular"
	"github.com/go-fonts/liberation/liberationsansbold"
	"github.com/go-fonts/liberation/liberationsansregular"
	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// The fonts are Liberation (SIL Open Font License 1.1): same widths as Arial and Courier New, with the accents, quotes and
// spaces of French. They are embedded as the few letters that a document uses.

// face is one of the fonts.
type face int

const (
	sans face = iota
	bold
	mono
	faceCount
)

var fontFiles = [faceCount][]byte{liberationsansregular.TTF, liberationsansbold.TTF, liberationmonoregular.TTF}

// emUnits is the size at which widths are asked for: fine enough for any size.
const emUnits = 1000

var parsed = sync.OnceValues(func() ([faceCount]*sfnt.Font, error) {
	var fs [faceCount]*sfnt.Font
	for i, data := range fontFiles {
		f, err := sfnt.Parse(data)
		if err != nil {
			return fs, fmt.Errorf("font %d: %w", i, err)
		}
		fs[i] = f
	}
	return fs, nil
})

// faces measures letters; it remembers what it was asked. Not for several goroutines.
type faces struct {
	fonts  [faceCount]*sfnt.Font
	buf    sfnt.Buffer
	widths [faceCount]map[rune]float64 // per em; negative: no such letter
}

func newFaces() (*faces, error) {
	fs, err := parsed()
	if err != nil {
		return nil, err
	}
	f := &faces{fonts: fs}
	for i := range f.widths {
		f.widths[i] = map[rune]float64{}
	}
	return f, nil
}

// advance is the width of a letter at a size, and whether the font has it.
func (f *faces) advance(fc face, r rune, size float64) (float64, bool) {
	w, ok := f.widths[fc][r]
	if !ok {
		w = f.measure(fc, r)
		f.widths[fc][r] = w
	}
	return w * size, w >= 0
}

func (f *faces) measure(fc face, r rune) float64 {
	if r > 0xffff { // the writer of the file addresses letters by two bytes
		return -1
	}
	g, err := f.fonts[fc].GlyphIndex(&f.buf, r)
	if err != nil || g == 0 {
		return -1
	}
	a, err := f.fonts[fc].GlyphAdvance(&f.buf, g, fixed.I(emUnits), font.HintingNone)
	if err != nil {
		return -1
	}
	return float64(a) / 64 / emUnits
}

// width of a text that has passed fit.
func (f *faces) width(fc face, s string, size float64) float64 {
	w := 0.0
	for _, r := range s {
		a, _ := f.advance(fc, r, size)
		w += max(a, 0)
	}
	return w
}
