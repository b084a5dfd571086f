package evtx

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

// The header of a chunk, after libyal's description of the format:
//
//	0   ElfChnk\0            48   free space offset u32
//	8   first, last number   52   CRC32 of the bytes 512 to free space
//	24  first, last id       120  flags u32 (4: no checksums)
//	40  header size 128      124  CRC32 of the bytes 0–119 and 128–511
//	44  last record offset   128  64 string offsets; 384: 32 template offsets
//
// The offset tables are not used: names and templates are found where the
// records say.
const (
	chunkHeaderSize = 128
	recordArea      = 512
	noChecksum      = 4
)

// chunkHeader is what the header of a chunk says that is of use.
type chunkHeader struct {
	free     int  // where the records end, 0 when the header gives no possible place
	suspect  bool // the checksum over the records is wrong
	hasTable bool // the piece is long enough for a header
}

// readChunkHeader checks the header and the checksums of the chunk of d.
func (d *Decoder) readChunkHeader() (h chunkHeader) {
	b := d.b
	if len(b) < recordArea {
		return h
	}
	h.hasTable = true
	le := binary.LittleEndian
	free := le.Uint32(b[48:])
	flags := le.Uint32(b[120:])
	switch {
	case free >= recordArea && int64(free) <= int64(len(b)):
		h.free = int(free)
	case free > chunkSize || free < recordArea:
		d.note(&Error{Code: CodeChunkHeader, Length: chunkHeaderSize, Action: ActionRead,
			What: "bytes up to the free space", Limit: chunkSize, Got: int64(free), Limited: true}, 0)
	}
	if flags&noChecksum != 0 && le.Uint32(b[52:]) == 0 && le.Uint32(b[124:]) == 0 {
		return h // the flag alone, which no checksum covers, does not silence one that is there
	}
	sum := crc32.Update(crc32.ChecksumIEEE(b[:120]), crc32.IEEETable, b[128:recordArea])
	if sum != le.Uint32(b[124:]) {
		d.note(&Error{Code: CodeChunkHeaderCRC, Length: recordArea, What: "wrong checksum of the chunk header", Action: ActionRead}, 0)
	}
	if h.free == 0 || crc32.ChecksumIEEE(b[recordArea:h.free]) != le.Uint32(b[52:]) {
		h.suspect = true
		d.note(&Error{Code: CodeChunkChecksum, Length: int64(max(h.free, recordArea) - recordArea), Action: ActionRead,
			What: "wrong checksum over the records of the chunk"}, recordArea)
	}
	return h
}

// A record, after the same description:
//
//	0  2a 2a 00 00   8   id u64               24  binary XML
//	4  size u32      16  written FILETIME     size-4  size again
const (
	recordHeader  = 24
	recordMin     = recordHeader + 4
	maxRecordSize = chunkSize - recordArea
)

var recordMagic = []byte{0x2a, 0x2a, 0, 0}

// recordAt gives the size of the record at pos of b, 0 when there is none that
// hangs together; code then says why.
func recordAt(b []byte, pos int) (size int, code string) {
	if len(b)-pos < 8 || !bytes.Equal(b[pos:pos+4], recordMagic) {
		return 0, CodeRecordMagic
	}
	n := binary.LittleEndian.Uint32(b[pos+4:])
	if n < recordMin || n%4 != 0 || int64(n) > int64(len(b)-pos) {
		return 0, CodeRecordSize
	}
	if binary.LittleEndian.Uint32(b[pos+int(n)-4:]) != n {
		return int(n), CodeRecordCopy
	}
	return int(n), ""
}
