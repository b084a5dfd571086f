package vgz

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"filippo.io/age"
)

// Open gives the bytes of a package: the joined parts when name is the first of
// several (x.vgz.001), decrypted with ids when it is encrypted.
func Open(name string, ids ...age.Identity) (io.ReadCloser, error) {
	p := &parts{base: name}
	if strings.HasSuffix(name, ".001") {
		p.base, p.n = strings.TrimSuffix(name, ".001"), 1
	}
	if err := p.next(); err != nil {
		return nil, err
	}
	in := bufio.NewReaderSize(p, 1<<16)
	head, _ := in.Peek(len(ageMagic))
	if string(head) != ageMagic {
		return stream{in, p}, nil
	}
	if len(ids) == 0 {
		p.Close()
		return nil, ErrEncrypted
	}
	plain, err := age.Decrypt(in, ids...)
	if err != nil {
		p.Close()
		return nil, fmt.Errorf("decrypt: %w", err)
	}
	return stream{plain, p}, nil
}

const ageMagic = "age-encryption.org/v1\n"

// ErrEncrypted says that a package needs a key to be read.
var ErrEncrypted = errors.New("the package is encrypted: its key is needed")

type stream struct {
	io.Reader
	c io.Closer
}

func (s stream) Close() error { return s.c.Close() }

// parts reads the files of a package one after the other.
type parts struct {
	base string
	n    int // number of the part; 0 for a package in one file
	f    *os.File
}

func (p *parts) next() error {
	name := p.base
	if p.n > 0 {
		name = fmt.Sprintf("%s.%03d", p.base, p.n)
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	if p.f != nil {
		p.f.Close()
	}
	p.f = f
	return nil
}

func (p *parts) Read(b []byte) (int, error) {
	for {
		n, err := p.f.Read(b)
		if n > 0 || err != io.EOF || p.n == 0 {
			return n, err
		}
		p.n++
		if err := p.next(); err != nil {
			if errors.Is(err, os.ErrNotExist) {
				return 0, io.EOF
			}
			return 0, err
		}
	}
}

func (p *parts) Close() error { return p.f.Close() }
