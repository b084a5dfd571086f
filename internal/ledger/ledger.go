// Package ledger keeps what people did in a case: one append-only file of entries, each chained to the one before by its hash.
//
// A case has eight ledgers (logbook, states of findings, actions, accounts, evidence and its custody, warnings, clocks, verdicts of
// people). They share one file and one chain, so that their order among each other is proved too: that a warning came before the
// repair, that a proof was filed before the state changed. [Fold] reads the chain into what a report shows.
//
// # The file
//
// ledger.jsonl holds one entry a line, with its keys always in this order and nothing between them:
//
//	{"seq":2,"time":"2021-03-03T05:12:33Z","author":"A. Martin","kind":"log","body":{…},"prev":"<64 hex>","hash":"<64 hex>"}
//
// The hash is the SHA-256 of the line's bytes before `,"hash":`. The prev of an entry is the hash of the one before; that of the first
// is [Genesis]. Text is JSON in UTF-8 in which control characters, those of writing direction and those without width are escaped (see
// package jsonline), so that the file can be looked at. A line whose bytes are not exactly what this package would write is refused,
// which leaves no byte without meaning. Whoever has the file can check it with sha256sum alone.
//
// The chain proves that nothing inside was changed; that nothing at the end was cut off, only a signature over the head proves
// (package seal), or someone who noted the head at the time.
package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"vigie/internal/jsonline"
)

// Genesis is what the first entry of a chain names as the hash before it.
const Genesis = "0000000000000000000000000000000000000000000000000000000000000000"

// MaxLine bounds an entry in bytes: a text of 1 MiB in which every byte is escaped still fits.
const MaxLine = 8 << 20

// MaxText bounds one text that a person enters, in bytes.
const MaxText = 1 << 20

// Entry is one line of the chain.
type Entry struct {
	Seq    int64           `json:"seq"`    // 1, 2, 3…
	Time   time.Time       `json:"time"`   // when it was written, UTC, whole seconds
	Author string          `json:"author"` // who wrote it, as the program was told
	Kind   Kind            `json:"kind"`
	Body   json.RawMessage `json:"body"` // the noun that Kind names
	Prev   string          `json:"prev"`
	Hash   string          `json:"hash"`
}

// Head names the last entry of a chain. The zero Head is that of an empty chain.
type Head struct {
	Seq  int64  `json:"seq"`
	Hash string `json:"hash"`
	Size int64  `json:"size"` // bytes of the file up to and with this entry
}

// hashKey begins the part of a line that its hash does not cover.
const hashKey = `,"hash":"`

// encode writes the line of an entry and fills in its hash.
func (e *Entry) encode() ([]byte, error) {
	body, err := canonical(e.Body)
	if err != nil {
		return nil, err
	}
	e.Body = body
	b := make([]byte, 0, len(body)+256)
	b = append(b, `{"seq":`...)
	b = strconv.AppendInt(b, e.Seq, 10)
	b = append(b, `,"time":"`...)
	b = e.Time.UTC().AppendFormat(b, time.RFC3339)
	b = append(b, `","author":`...)
	b = jsonline.AppendString(b, e.Author)
	b = append(b, `,"kind":`...)
	b = jsonline.AppendString(b, string(e.Kind))
	b = append(b, `,"body":`...)
	b = append(b, body...)
	b = append(b, `,"prev":"`...)
	b = append(b, e.Prev...)
	b = append(b, '"')
	sum := sha256.Sum256(b)
	e.Hash = hex.EncodeToString(sum[:])
	b = append(b, hashKey...)
	b = append(b, e.Hash...)
	b = append(b, `"}`+"\n"...)
	if len(b) > MaxLine {
		return nil, fmt.Errorf("entry has %d bytes, limit %d", len(b), MaxLine)
	}
	return b, nil
}

// canonical gives JSON without blanks between its tokens and safe to look at.
func canonical(body json.RawMessage) ([]byte, error) {
	var tight bytes.Buffer
	if err := json.Compact(&tight, body); err != nil {
		return nil, err
	}
	return jsonline.Safe(nil, tight.Bytes()), nil
}

// Marshal gives the canonical body of a noun.
func Marshal(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return canonical(b.Bytes())
}

// Reasons why a line is refused.
var (
	errForm  = errors.New("not written as an entry is")
	errHash  = errors.New("its hash does not fit")
	errChain = errors.New("it does not follow the entry before")
)

// parse reads one line, without its line break, that must follow prev.
func parse(line []byte, prev Head) (Entry, error) {
	var e Entry
	i := bytes.LastIndex(line, []byte(hashKey))
	if i < 0 {
		return e, errForm
	}
	sum := sha256.Sum256(line[:i])
	if string(line[i+len(hashKey):]) != hex.EncodeToString(sum[:])+`"}` {
		return e, errHash
	}
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&e); err != nil {
		return e, errForm
	}
	before := Genesis
	if prev.Seq > 0 {
		before = prev.Hash
	}
	if e.Seq != prev.Seq+1 || e.Prev != before {
		return e, errChain
	}
	again := e
	if b, err := again.encode(); err != nil || !bytes.Equal(b[:len(b)-1], line) {
		return e, errForm
	}
	return e, nil
}

// BrokenError says that a chain is not what was written: somebody or something changed it.
type BrokenError struct {
	Line   int64 // 1-based
	Offset int64 // of the line, in bytes
	Cause  error
}

func (e *BrokenError) Error() string {
	return fmt.Sprintf("ledger line %d @%#x: %v", e.Line, e.Offset, e.Cause)
}

func (e *BrokenError) Unwrap() error { return e.Cause }

// Tail is what stands behind the last whole entry: a line that was being written when the program died. It was never acknowledged.
type Tail struct {
	Offset int64
	Bytes  []byte
}

// Read checks a whole chain and gives each entry to visit, in order; the entry's Body stays valid. It returns the head of the chain and,
// when the file ends inside a line, the tail. Anything else that does not fit ends with a [BrokenError]; an error of visit ends reading.
func Read(data []byte, visit func(*Entry) error) (Head, *Tail, error) {
	var head Head
	for off := int64(0); off < int64(len(data)); {
		rest := data[off:]
		n := bytes.IndexByte(rest, '\n')
		if n < 0 {
			return head, &Tail{Offset: off, Bytes: rest}, nil
		}
		if n > MaxLine {
			return head, nil, &BrokenError{head.Seq + 1, off, errForm}
		}
		e, err := parse(rest[:n], head)
		if err != nil {
			return head, nil, &BrokenError{head.Seq + 1, off, err}
		}
		off += int64(n) + 1
		head = Head{Seq: e.Seq, Hash: e.Hash, Size: off}
		if visit != nil {
			if err := visit(&e); err != nil {
				return head, nil, err
			}
		}
	}
	return head, nil, nil
}
