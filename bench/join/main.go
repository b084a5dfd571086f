// Join makes one large Windows event log of the chunks of others, over and over until it has a size: chunks do not depend on each other.
//
//	join SIZE OUT FILE…
package main

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"strconv"

	"vigie/internal/evtx"
)

const chunkSize = 65536

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "join:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 3 {
		return fmt.Errorf("usage: join SIZE OUT FILE…")
	}
	size, err := strconv.ParseInt(args[0], 10, 64)
	if err != nil {
		return err
	}
	out, err := os.Create(args[1])
	if err != nil {
		return err
	}
	defer out.Close()
	var head [4096]byte
	if _, err := out.Write(head[:]); err != nil {
		return err
	}
	written, chunks := int64(len(head)), int64(0)
	for written < size {
		before := written
		for _, name := range args[2:] {
			n, err := copyChunks(out, name, size-written)
			written += n
			chunks += n / chunkSize
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		if written == before {
			return fmt.Errorf("no whole chunk in the files")
		}
	}
	le := binary.LittleEndian
	copy(head[:], "ElfFile\x00")
	le.PutUint64(head[16:], uint64(chunks-1))
	le.PutUint64(head[24:], 1)
	le.PutUint32(head[32:], 128)
	le.PutUint16(head[36:], 1)
	le.PutUint16(head[38:], 3)
	le.PutUint16(head[40:], 4096)
	le.PutUint16(head[42:], uint16(chunks))
	le.PutUint32(head[124:], crc32.ChecksumIEEE(head[:120]))
	if _, err := out.WriteAt(head[:], 0); err != nil {
		return err
	}
	return out.Close()
}

// copyChunks copies whole chunks of a log, and gives the bytes written.
func copyChunks(out io.Writer, name string, most int64) (n int64, err error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	sc := evtx.NewScanner(f)
	var c evtx.Chunk
	for sc.Next(&c) && n < most {
		if c.Bare || len(c.Data) != chunkSize {
			continue
		}
		if _, err := out.Write(c.Data); err != nil {
			return n, err
		}
		n += chunkSize
	}
	return n, sc.Err()
}
