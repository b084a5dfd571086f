package vgz

import (
	"archive/tar"
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"
)

// A batch ends when it holds this much content or this many records: what a
// kill can cost, against the cost of a sync and of a new zstd frame (which
// forgets its window).
const (
	batchBytes   = 64 << 20
	batchRecords = 4096
)

// window is the zstd window: decoders of small machines take 8 MiB.
const window = 4 << 20

// Options say how a package is written.
type Options struct {
	// Part, when not zero, cuts the package into files of this many bytes.
	Part int64
	// To encrypts the package to these recipients with age.
	To []age.Recipient
	// Sign, when not nil, signs end.json.
	Sign func(message []byte) ([]byte, error)
	// Batch, when not zero, is how many bytes of content end a batch.
	Batch int64
	// Now is the clock; nil for time.Now.
	Now func() time.Time
}

// Writer writes one package. It is for one goroutine.
type Writer struct {
	opt     Options
	sink    *sink
	journal *journal
	header  Header

	crypt io.WriteCloser // age, nil in clear
	zw    *zstd.Encoder
	tw    *tar.Writer
	open  bool // a zstd frame is begun

	pending []Record
	content int64 // bytes in the frame at hand
	buf     []byte
	state   state
	err     error
}

// state is what the journal keeps at the end of each batch: all that is needed to go on.
type state struct {
	Offset  int64  `json:"offset"` // of the end of the batch in the package
	Batch   int    `json:"batch"`
	Head    string `json:"head"` // SHA-256 of the batch; of the header before the first
	Seq     int64  `json:"seq"`
	Files   int64  `json:"files"`
	Bytes   int64  `json:"bytes"`
	Failed  int64  `json:"failed"`
	Absent  int64  `json:"absent"`
	Resumed int    `json:"resumed"`
	// Mark is the place in the walk that the batch reaches, in the collector's words.
	Mark string `json:"mark"`
}

// Create begins a package. A file that exists is never written over.
func Create(name string, h Header, opt Options) (*Writer, error) {
	var id [16]byte
	rand.Read(id[:])
	h.Format, h.ID = Format, hex.EncodeToString(id[:])
	w, err := newWriter(h, opt)
	if err != nil {
		return nil, err
	}
	if w.sink, err = createSink(name, opt.Part); err != nil {
		return nil, err
	}
	if w.journal, err = createJournal(name, &h, opt.Part, len(opt.To) > 0); err != nil {
		w.sink.Close()
		return nil, err
	}
	if len(opt.To) > 0 {
		if w.crypt, err = age.Encrypt(w.sink, opt.To...); err != nil {
			w.abandon()
			return nil, fmt.Errorf("encrypt: %w", err)
		}
	}
	text, err := json.MarshalIndent(h, "", "  ")
	if err != nil {
		w.abandon()
		return nil, err
	}
	text = append(text, '\n')
	w.state.Head = sum(text)
	if err := w.entry(HeaderName, int64(len(text)), h.Started, bytes.NewReader(text)); err != nil {
		w.abandon()
		return nil, err
	}
	if err := w.endFrame(); err != nil {
		w.abandon()
		return nil, err
	}
	return w, nil
}

func newWriter(h Header, opt Options) (*Writer, error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Batch == 0 {
		opt.Batch = batchBytes
	}
	w := &Writer{opt: opt, header: h}
	zw, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(window), zstd.WithEncoderConcurrency(2), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, err
	}
	w.zw = zw
	w.tw = tar.NewWriter(frame{w})
	return w, nil
}

// push is a skippable zstd frame longer than a chunk of age, which keeps the last chunk back until it is full: behind push, all before it is written.
var push = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(make([]byte, 0, 8+ageChunk), 0x184D2A50), ageChunk)[:8+ageChunk]

// ageChunk is the size of age's encrypted chunks (age specification, payload).
const ageChunk = 64 << 10

// frame is where the tar stream goes: the zstd frame at hand, begun by its first byte.
type frame struct{ w *Writer }

func (f frame) Write(p []byte) (int, error) {
	if !f.w.open {
		f.w.zw.Reset(f.w.out())
		f.w.open = true
	}
	return f.w.zw.Write(p)
}

func (w *Writer) out() io.Writer {
	if w.crypt != nil {
		return w.crypt
	}
	return w.sink
}

// Header is the package's first entry.
func (w *Writer) Header() Header { return w.header }

// Written is how many bytes the package has on disk.
func (w *Writer) Written() int64 { return w.sink.off }

// Head is the hash of the chain so far, of what is on disk.
func (w *Writer) Head() string { return w.state.Head }

// entry writes one entry of exactly n bytes.
func (w *Writer) entry(name string, n int64, modified time.Time, r io.Reader) error {
	if err := w.tarHeader(name, n, modified, ""); err != nil {
		return err
	}
	_, err := io.Copy(w.tw, r)
	return err
}

// tarHeader begins an entry. A name that does not tell the path has it in a comment, which every tar skips: who reads the stream need not wait for
// the manifest.
func (w *Writer) tarHeader(name string, n int64, modified time.Time, path string) error {
	h := &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: n, Mode: 0o600, ModTime: modified.Truncate(time.Second), Format: tar.FormatPAX}
	if _, tells := OriginalParts(name); path != "" && !tells && utf8.ValidString(path) && !strings.ContainsRune(path, 0) {
		h.PAXRecords = map[string]string{PathComment: path}
	}
	return w.tw.WriteHeader(h)
}

// PathComment is the PAX record that holds the path of an entry whose name is a hash (POSIX.1-2017, pax, "comment": ignored by readers).
const PathComment = "comment"

// Add puts a file into the package: n bytes from r, which may give fewer (the
// entry is then filled up with zeros, and the record says so). rec holds what
// is known of the file; Add fills Seq, Entry, Size, SHA256 and Padded, and
// Error when reading failed; then it lets after, unless nil, complete the
// record. The error is of writing: the package is then at an end.
func (w *Writer) Add(rec Record, n int64, r io.Reader, after func(*Record)) error {
	if w.err != nil {
		return w.err
	}
	rec.Entry = EntryName(rec.Path)
	if err := w.tarHeader(rec.Entry, n, rec.Modified, rec.Path); err != nil {
		return w.fail(err)
	}
	src := &source{r: io.LimitReader(r, n), sum: sha256.New()}
	if w.buf == nil {
		w.buf = make([]byte, 256<<10)
	}
	buf := w.buf
	for {
		k, rerr := src.Read(buf)
		if k > 0 {
			if _, err := w.tw.Write(buf[:k]); err != nil {
				return w.fail(err)
			}
		}
		if rerr == io.EOF {
			break
		}
		if errors.Is(rerr, ErrAbort) {
			return w.fail(rerr)
		}
		if rerr != nil {
			rec.Error, rec.Detail = Unread, rerr.Error()
			break
		}
	}
	rec.Size, rec.SHA256, rec.Padded = src.n, hex.EncodeToString(src.sum.Sum(nil)), n-src.n
	if rec.Padded > 0 {
		clear(buf)
	}
	for left := rec.Padded; left > 0; {
		k := min(left, int64(len(buf)))
		if _, err := w.tw.Write(buf[:k]); err != nil {
			return w.fail(err)
		}
		src.sum.Write(buf[:k])
		left -= k
	}
	if rec.Padded > 0 {
		rec.EntrySHA256 = hex.EncodeToString(src.sum.Sum(nil))
	}
	if after != nil {
		after(&rec)
	}
	w.state.Files++
	w.state.Bytes += rec.Size
	w.content += n
	return w.note(rec)
}

// ErrAbort, given by the reader of a file, ends [Writer.Add] in its middle: the batch at hand is lost, [Writer.Salvage] keeps the rest.
var ErrAbort = errors.New("interrupted in a file")

// source hashes and counts what it gives.
type source struct {
	r   io.Reader
	sum hash.Hash
	n   int64
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.sum.Write(p[:n])
	s.n += int64(n)
	return n, err
}

// Note lists a file whose content is not in the package.
func (w *Writer) Note(rec Record) error {
	if w.err != nil {
		return w.err
	}
	return w.note(rec)
}

func (w *Writer) note(rec Record) error {
	switch rec.Error {
	case "":
	case Absent, Offline, Link, NotAFile:
		w.state.Absent++
	default:
		w.state.Failed++
	}
	w.state.Seq++
	rec.Seq = w.state.Seq
	w.pending = append(w.pending, rec)
	return nil
}

// Full tells whether the batch at hand should be ended with Commit.
func (w *Writer) Full() bool { return w.content >= w.opt.Batch || len(w.pending) >= batchRecords }

// Commit ends the batch at hand: its records, its zstd frame; all is on disk
// when it returns. mark says how far the collector is, for [Resume].
func (w *Writer) Commit(mark string) error {
	if w.err != nil {
		return w.err
	}
	w.state.Mark = mark
	if len(w.pending) == 0 {
		return nil
	}
	w.state.Batch++
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(batchLine{w.state.Batch, w.state.Head, len(w.pending)}); err != nil {
		return w.fail(err)
	}
	for i := range w.pending {
		if err := enc.Encode(&w.pending[i]); err != nil {
			return w.fail(err)
		}
	}
	w.pending = w.pending[:0]
	w.content = 0
	w.state.Head = sum(b.Bytes())
	if err := w.entry(fmt.Sprintf("%s%06d.jsonl", ManifestDir, w.state.Batch), int64(b.Len()), w.opt.Now(), &b); err != nil {
		return w.fail(err)
	}
	return w.endFrame()
}

// endFrame brings the frame to disk and notes it in the journal.
func (w *Writer) endFrame() error {
	if err := w.tw.Flush(); err != nil {
		return w.fail(err)
	}
	if w.open {
		if err := w.zw.Close(); err != nil {
			return w.fail(err)
		}
		w.open = false
	}
	if w.crypt != nil {
		if _, err := w.crypt.Write(push); err != nil {
			return w.fail(err)
		}
	}
	if err := w.sink.Sync(); err != nil {
		return w.fail(err)
	}
	w.state.Offset = w.sink.off
	if err := w.journal.add(w.state); err != nil {
		return w.fail(err)
	}
	return nil
}

// Finish ends the package. stopped is empty when all was read, or says why it was not.
func (w *Writer) Finish(stopped string) (End, error) {
	if err := w.Commit(w.state.Mark); err != nil {
		return End{}, err
	}
	e := w.end(stopped)
	text, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return e, w.fail(err)
	}
	text = append(text, '\n')
	if err := w.entry(EndName, int64(len(text)), e.Finished, bytes.NewReader(text)); err != nil {
		return e, w.fail(err)
	}
	if w.opt.Sign != nil {
		sig, err := w.opt.Sign(text)
		if err != nil {
			return e, w.fail(fmt.Errorf("sign: %w", err))
		}
		if err := w.entry(SignatureName, int64(len(sig)), e.Finished, bytes.NewReader(sig)); err != nil {
			return e, w.fail(err)
		}
	}
	if err := w.tw.Close(); err != nil {
		return e, w.fail(err)
	}
	err = w.zw.Close()
	if w.crypt != nil {
		err = errors.Join(err, w.crypt.Close())
	}
	if err = errors.Join(err, w.sink.Close()); err != nil {
		return e, w.fail(err)
	}
	w.err = errors.New("the package is finished")
	if stopped == "" {
		return e, w.journal.remove()
	}
	return e, w.journal.close()
}

func (w *Writer) end(stopped string) End {
	return End{Finished: w.opt.Now().UTC(), Batches: w.state.Batch, Head: w.state.Head, Files: w.state.Files, Bytes: w.state.Bytes, Failed: w.state.Failed, Absent: w.state.Absent,
		Complete: stopped == "", Stopped: stopped, Resumed: w.state.Resumed}
}

// fail keeps the first error: nothing can be written after it.
func (w *Writer) fail(err error) error {
	if w.err == nil {
		w.err = err
	}
	return err
}

// Abandon closes the files and leaves the package as it is on disk, to be resumed.
func (w *Writer) Abandon() error {
	w.fail(errors.New("the package was left"))
	return w.abandon()
}

func (w *Writer) abandon() error {
	w.zw.Reset(io.Discard) // its goroutines end
	return errors.Join(w.zw.Close(), w.sink.Close(), w.journal.close())
}

// Salvage is for a write that failed since the disk is full: what was written
// after the last batch is taken back, which makes room, and the package is
// ended there. Encrypted packages cannot be cut; they stay as they are.
func (w *Writer) Salvage(stopped string) (End, error) {
	if w.crypt != nil {
		return End{}, errors.Join(w.err, w.abandon())
	}
	w.zw.Reset(io.Discard)
	w.open = false
	if err := w.sink.cut(w.state.Offset); err != nil {
		return End{}, errors.Join(err, w.abandon())
	}
	saved, err := w.journal.last()
	if err != nil {
		return End{}, errors.Join(err, w.abandon())
	}
	w.state = saved
	w.tw = tar.NewWriter(frame{w})
	w.pending, w.content, w.err = nil, 0, nil
	return w.Finish(stopped)
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}
