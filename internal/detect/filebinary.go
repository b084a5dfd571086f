package detect

import (
	"bytes"
	"errors"
	"path"

	"vigie/internal/casefile"
	"vigie/internal/intake"
	"vigie/internal/inventory"
	"vigie/internal/winexe"
)

// binaryExaminer reads the versions of the product's own binaries.
type binaryExaminer struct{ p *Pack }

// kindBinary is the kind of a binary of the product, as a word of the ledger.
const kindBinary = "product-binary"

// Codes of gaps about binaries whose name says that they are the product's.
const (
	codeBinaryDamaged  = "winexe.damaged"
	codeBinaryUnsigned = "winexe.unsigned"
)

// Examine gives a clue for each binary that a kind of clue means. A version is text that anybody can write: without a signature it is told and not
// counted, so that no dropped file makes a server look patched.
func (e *binaryExaminer) Examine(f *intake.File, out *FileFacts) {
	name := path.Base(f.Logical)
	if !bytes.HasPrefix(f.Data, []byte("MZ")) {
		return
	}
	for _, kind := range e.p.binaries {
		if !kind.Binary.Named(name) {
			continue
		}
		info, err := winexe.Read(bytes.NewReader(f.Data), int64(len(f.Data)))
		switch {
		case errors.Is(err, winexe.ErrNotPE):
		case err != nil:
			out.Gaps = append(out.Gaps, casefile.Gap{Code: codeBinaryDamaged, Action: "version not read", Detail: err.Error()})
		case !kind.Binary.Is(name, info.Product) || info.FileVersion.IsZero():
		case !info.Signed:
			out.Gaps = append(out.Gaps, casefile.Gap{Code: codeBinaryUnsigned, Action: "version not counted", Detail: info.FileVersion.String()})
		default:
			out.Kind = kindBinary
			out.Clues = append(out.Clues, inventory.Clue{Kind: kind.ID, Value: info.FileVersion.String(), Where: f.Path})
		}
		return
	}
}
