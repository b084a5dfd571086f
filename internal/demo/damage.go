package demo

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// zeroRun is the length of a run of zeros that a crash leaves in a file whose
// end was allocated and never written.
const zeroRun = 200 << 10

// spoil breaks the files that the plan names, after all were written.
func (p *plan) spoil(root string) error {
	for _, d := range p.Damage {
		path := filepath.Join(root, filepath.FromSlash(d.File))
		b, err := os.ReadFile(path)
		if err == nil {
			if b, err = spoiled(d.How, b); err == nil {
				err = os.WriteFile(path, b, 0o644)
			}
		}
		if err != nil {
			return fmt.Errorf("damage %s: %w", d.File, err)
		}
	}
	return nil
}

func spoiled(how string, b []byte) ([]byte, error) {
	switch how {
	case "cut": // the end is missing, in the middle of a line
		line := bytes.LastIndexByte(b[:len(b)*6/10], '\n')
		return b[:line+61], nil
	case "zeros": // a third of the lines is gone, zeros stand in their place
		from := bytes.LastIndexByte(b[:len(b)*4/10], '\n') + 34
		to := bytes.LastIndexByte(b[:len(b)*7/10], '\n') - 20
		return append(append(bytes.Clone(b[:from]), make([]byte, zeroRun)...), b[to:]...), nil
	case "header": // the line of column names is overwritten from its middle on
		i := bytes.Index(b, []byte("#Fields: "))
		if i < 0 {
			return nil, errors.New("no header")
		}
		end := i + bytes.IndexByte(b[i:], '\r')
		out := append(bytes.Clone(b[:i+29]), "\x00\x8f\x01\xfe\x13\x00\x00\xb2"...)
		return append(out, b[end:]...), nil
	}
	return nil, fmt.Errorf("unknown kind %q", how)
}
