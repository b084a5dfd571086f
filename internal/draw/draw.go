// Package draw holds a picture as shapes, so that it is drawn once and shown as SVG and as PDF vectors alike.
//
// A picture names colours by what they mean (an Ink), never by value: each renderer has its own palette, and nothing is said
// by colour alone. Texts in a picture must already be fit to be shown; the renderers escape them for their own syntax only.
package draw

// Picture is a drawing of W by H units; one unit is about a point on paper. Title and Desc say in words what it shows, for readers who do not see it.
type Picture struct {
	W, H        float64
	Title, Desc string
	Shapes      []Shape
}

// Add appends shapes; later ones lie on top.
func (p *Picture) Add(s ...Shape) { p.Shapes = append(p.Shapes, s...) }

// Shape is one of Rect, Line, Polygon, Circle and Text.
type Shape interface{ shape() }

// Rect is a rectangle with its upper left corner at X, Y. An empty ink leaves the inside or the edge away.
type Rect struct {
	X, Y, W, H   float64
	Fill, Stroke Ink
	Width        float64 // of the edge, 1 when 0
	Hatched      bool    // filled with oblique lines of the stroke's ink
	Tip          string  // words about it, shown where the reader can ask for them
}

// Line runs from X1, Y1 to X2, Y2.
type Line struct {
	X1, Y1, X2, Y2 float64
	Stroke         Ink
	Width          float64 // 1 when 0
	Dashed         bool
	Tip            string
}

// Polygon is closed.
type Polygon struct {
	Points       []Point
	Fill, Stroke Ink
	Width        float64
	Tip          string
}

// Point is a place in a picture, y downwards.
type Point struct{ X, Y float64 }

// Circle has its centre at X, Y.
type Circle struct {
	X, Y, R      float64
	Fill, Stroke Ink
	Width        float64
	Dashed       bool
	Tip          string
}

// Anchor says which end of a text stands at its place.
type Anchor int

// The anchors.
const (
	Start Anchor = iota
	Middle
	End
)

// Text is one line of words; Y is its base line, Size its height in units.
type Text struct {
	X, Y, Size float64
	Anchor     Anchor
	Ink        Ink
	Bold       bool
	Words      string
}

func (Rect) shape()    {}
func (Line) shape()    {}
func (Polygon) shape() {}
func (Circle) shape()  {}
func (Text) shape()    {}

// Diamond is a square on its corner around x, y.
func Diamond(x, y, r float64, fill, stroke Ink) Polygon {
	return Polygon{Points: []Point{{x, y - r}, {x + r, y}, {x, y + r}, {x - r, y}}, Fill: fill, Stroke: stroke}
}
