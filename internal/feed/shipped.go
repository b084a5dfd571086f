package feed

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"time"

	"vigie/internal/advisory"
)

// ShippedFolder is where the advisories that the program brings stand in a folder of knowledge: written by hand, for publishers without a feed.
const ShippedFolder = "watched/advisories"

// Shipped reads the advisories of a folder of knowledge. Here one that is wrong is an error: they are knowledge, not deliveries.
func Shipped(fsys fs.FS, now time.Time) ([]*advisory.Document, error) {
	entries, err := fs.ReadDir(fsys, ShippedFolder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []*advisory.Document
	for _, e := range entries {
		name := path.Join(ShippedFolder, e.Name())
		f, err := fsys.Open(name)
		if err != nil {
			return nil, err
		}
		d, err := Read(name, f, now)
		_ = f.Close() // only read
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if d.Kind != advisory.Hand || len(d.Refused) > 0 {
			return nil, fmt.Errorf("%s: not a right advisory written by hand", name)
		}
		out = append(out, d)
	}
	return out, nil
}
