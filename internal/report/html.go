package report

import (
	"io"

	"vigie/internal/casefile"
	"vigie/internal/document/webpage"
)

// HTML writes the whole document of a case without a folder as one file: what the program says by itself, and each page says so.
func HTML(w io.Writer, c *casefile.Case, opt Options) error {
	opt.Automatic = true
	return webpage.Write(w, Build(Source{Case: c}, opt))
}
