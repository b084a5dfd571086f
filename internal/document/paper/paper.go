// Package paper renders a document as PDF: A4 pages with an outline, links, page numbers, the sharing mark on every page and
// embedded fonts, drawn without a browser.
//
// It works in three steps. Blocks become strips: slices of a page that cannot be cut, with what is drawn on them. Strips are
// packed into pages. Pages are written with fpdf. Positions are therefore known before anything is written, and a test can ask
// whether every box lies within its page. All measures are points (1/72 inch).
//
// The file is neither tagged nor PDF/A: fpdf 0.12 writes neither structure nor file identifiers. Readers who need a structure
// take the HTML form of the same document.
package paper

import (
	"bytes"
	"io"
	"time"

	"vigie/internal/document"
)

// A4, and the frame that words keep to.
const (
	pageW, pageH = 595.28, 841.89
	marginX      = 51.0
	marginTop    = 62.0
	marginBottom = 54.0
	frameW       = pageW - 2*marginX
	frameH       = pageH - marginTop - marginBottom
)

// Options says how a document is written.
type Options struct {
	// Date stands in the file's properties; the zero time is the start of 1970, so that the same document gives the same bytes.
	Date time.Time
}

// Write writes a document as PDF.
func Write(w io.Writer, d *document.Document, opt Options) error {
	f, err := newFaces()
	if err != nil {
		return err
	}
	b, err := emit(d, lay(d, f), f, opt)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, bytes.NewReader(b))
	return err
}
