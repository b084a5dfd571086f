// Package scanreport reads the reports of other scanners as answers of hosts, for the same fingerprints and the same judgement as those of our own prober.
//
// It reads the XML of Nmap (-oX) and the CSV reports of Shadowserver. Both hold text that the scanned servers sent, and come by mail: a record is
// bounded in bytes and depth, one that is wrong costs itself, and what cannot be read further is an error at the end.
package scanreport

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"vigie/internal/fingerprint"
)

// Host is what a report says of one host.
type Host struct {
	Target  string // name or address
	Source  string // nmap or shadowserver
	Time    time.Time
	Answers []fingerprint.Answer
}

// maxRecord bounds one record of a report (an XML token, a row) in bytes: a hundred times the longest of a real one.
const maxRecord = 1 << 20

// maxAnswers bounds the answers of one host: a host with a thousand open ports has as many.
const maxAnswers = 4000

// maxText bounds the text of one answer in bytes.
const maxText = 16 << 10

// ErrUnknown says that a file is no report of a known kind.
var ErrUnknown = errors.New("neither Nmap XML nor a Shadowserver report")

// Read gives the hosts of a report. An error comes with an empty Host; reading goes on after it where it can.
func Read(r io.Reader) iter.Seq2[Host, error] {
	return func(yield func(Host, error) bool) {
		in := bufio.NewReaderSize(r, 64<<10)
		head, _ := in.Peek(4096) // a short or broken file shows below
		if mark := []byte("\ufeff"); bytes.HasPrefix(head, mark) {
			_, _ = in.Discard(len(mark)) // it was peeked
			head = head[len(mark):]
		}
		head = bytes.TrimLeft(head, " \t\r\n")
		if len(head) > 0 && head[0] == '<' {
			readNmap(in, yield)
			return
		}
		readShadowserver(in, yield)
	}
}

// record lets a record's worth of bytes through between two calls of begin.
type record struct {
	r    io.Reader
	left int
}

func (b *record) begin() { b.left = maxRecord }

func (b *record) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errRecord
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

var errRecord = fmt.Errorf("a record of over %d bytes", maxRecord)

// add gives a host one more answer.
func (h *Host) add(at, text, where string) {
	if text != "" && len(h.Answers) < maxAnswers {
		h.Answers = append(h.Answers, fingerprint.Answer{At: at, Text: text[:min(len(text), maxText)], Where: where, Time: h.Time})
	}
}
