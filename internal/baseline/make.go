package baseline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"

	"vigie/internal/evidence"
	"vigie/internal/webfolder"
)

// Collect lists the files of the web folders in a copy of a server's disk, folder or archive. left are gaps: with one of them the list is not whole.
func Collect(ctx context.Context, paths []string, x *webfolder.Index, limits evidence.Limits) (files []File, left int, err error) {
	src, err := evidence.Open(paths, evidence.Options{Limits: limits})
	if err != nil {
		return nil, 0, err
	}
	defer src.Close()
	err = src.Walk(ctx, func(it *evidence.Item) error {
		key := x.Locate(it.Logical).Key
		if key == "" {
			return nil
		}
		r, err := it.Open()
		if err != nil {
			return nil // listed by the source
		}
		defer r.Close()
		sum := sha256.New()
		n, err := io.Copy(sum, r)
		if err != nil {
			return ctx.Err()
		}
		files = append(files, File{key, n, hex.EncodeToString(sum.Sum(nil))})
		return nil
	})
	return files, len(src.Gaps()), err
}
