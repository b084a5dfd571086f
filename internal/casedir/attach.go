package casedir

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"vigie/internal/ledger"
)

// MaxAttachment bounds a file that is copied into a case, in bytes.
const MaxAttachment = 4 << 30

// plainExt is what may end the name of an attachment: enough for a viewer to know the kind, nothing that could be a path.
var plainExt = regexp.MustCompile(`^\.[a-z0-9]{1,8}$`)

// Attach copies a file into the case, under its hash, and gives what an entry says of it. The same file is kept once. The copy is on the
// disk when Attach returns, before any entry can name it.
func (d *Dir) Attach(name string) (ledger.Attachment, error) {
	var none ledger.Attachment
	src, err := os.Open(name)
	if err != nil {
		return none, err
	}
	defer src.Close()
	if st, err := src.Stat(); err != nil || !st.Mode().IsRegular() {
		return none, errors.Join(fmt.Errorf("%s is no file", name), err)
	}
	dir := filepath.Join(d.Path, Attachments)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return none, err
	}
	tmp, err := os.CreateTemp(dir, ".vigie-*")
	if err != nil {
		return none, err
	}
	defer os.Remove(tmp.Name()) // gone when it was renamed
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(tmp, h), io.LimitReader(src, MaxAttachment+1))
	if err == nil && n > MaxAttachment {
		err = fmt.Errorf("%s: over %d bytes", name, int64(MaxAttachment))
	}
	if err == nil {
		err = tmp.Sync()
	}
	if err = errors.Join(err, tmp.Close()); err != nil {
		return none, err
	}
	sum := hex.EncodeToString(h.Sum(nil))
	file := sum
	if ext := strings.ToLower(filepath.Ext(name)); plainExt.MatchString(ext) {
		file += ext
	}
	a := ledger.Attachment{Name: filepath.Base(name), File: Attachments + "/" + file, Size: n, SHA256: sum}
	if err := os.Rename(tmp.Name(), filepath.Join(dir, file)); err != nil {
		return none, err
	}
	return a, ledger.SyncDir(dir)
}
