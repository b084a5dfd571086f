// Package estate reads lists of machines and software: what a client runs, where that is said, and when it was seen.
//
// It reads CSV, CycloneDX, SPDX, reports of Nmap and Shadowserver, and systeminfo. Whatever stands in them is a claim of whoever made the list. A file is
// bounded in bytes and items; a row that is wrong costs itself and is told.
package estate

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"vigie/internal/casefile"
	"vigie/internal/fingerprint"
	"vigie/internal/kb"
)

// Limits of a list.
const (
	MaxFile  = 256 << 20 // bytes
	maxItems = 5_000_000
	maxText  = 512  // bytes of one value
	maxGaps  = 1000 // rows that are told one by one
)

// Item is one product on one machine.
type Item struct {
	Organisation string    `json:"organisation,omitempty"`
	Asset        string    `json:"asset"`
	Exposed      string    `json:"exposed,omitempty"` // yes, no; "" when not told
	Vendor       string    `json:"vendor,omitempty"`
	Product      string    `json:"product"`
	Version      string    `json:"version,omitempty"` // "" when not known
	CPE          string    `json:"cpe,omitempty"`     // vendor:product
	Updates      []string  `json:"updates,omitempty"` // numbers of installed updates, sorted
	Words        []Word    `json:"words,omitempty"`
	Source       string    `json:"source"` // kind of list and place in it
	Seen         time.Time `json:"seen,omitzero"`
}

// Word is what somebody says of a flaw on this item: a mitigation in place, or VEX.
type Word struct {
	CVE    string `json:"cve"`
	State  string `json:"state"`            // mitigated, not-affected, fixed
	Reason string `json:"reason,omitempty"` // in the words of VEX
	Until  string `json:"until,omitempty"`  // YYYY-MM-DD; a mitigation without an end does not count
}

// Gap is a row or an entry that could not be used.
type Gap struct {
	Where string // "csv 8": row 8
	What  casefile.Text
}

// List is what a file says.
type List struct {
	Form  string // csv, cyclonedx, spdx, nmap, shadowserver, systeminfo
	Items []Item
	Gaps  []Gap
	More  int // gaps over the limit
}

func (l *List) gap(where, fr, en string) {
	if len(l.Gaps) == maxGaps {
		l.More++
		return
	}
	l.Gaps = append(l.Gaps, Gap{short(where), casefile.Text{FR: short(fr), EN: short(en)}})
}

func (l *List) add(i Item) bool {
	if len(l.Items) >= maxItems {
		return false
	}
	for _, p := range []*string{&i.Organisation, &i.Asset, &i.Vendor, &i.Product, &i.Version, &i.CPE} {
		*p = short(*p)
	}
	slices.Sort(i.Updates)
	i.Updates = slices.Compact(i.Updates)
	l.Items = append(l.Items, i)
	return true
}

// short bounds a value at a whole character.
func short(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "")
	}
	return s
}

// ErrForm says that a file is no list of a known form.
var ErrForm = errors.New("no list of a known form: want CSV, CycloneDX, SPDX, Nmap XML, Shadowserver CSV or systeminfo")

// Reader reads lists with the knowledge that scan reports need; either may be nil, and reports then tell less.
type Reader struct {
	Prints *fingerprint.Set
	KB     *kb.KB
}

// Read reads one list.
func (r Reader) Read(name string, in io.Reader) (*List, error) {
	data, err := io.ReadAll(io.LimitReader(in, MaxFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > MaxFile {
		return nil, fmt.Errorf("over %d MiB", MaxFile>>20)
	}
	l := new(List)
	head := bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\ufeff")), " \t\r\n")
	switch start := head[:min(len(head), 4096)]; {
	case len(head) == 0:
		return nil, errors.New("file is empty")
	case head[0] == '{':
		var top struct {
			Form string `json:"bomFormat"`
			SPDX string `json:"spdxVersion"`
		}
		if err := json.Unmarshal(head, &top); err != nil {
			return nil, fmt.Errorf("JSON: %w", err)
		}
		switch {
		case top.Form == "CycloneDX":
			err = l.cycloneDX(head, false)
		case top.SPDX != "":
			err = l.spdx(head)
		default:
			err = ErrForm
		}
	case head[0] == '<' && bytes.Contains(start, []byte("cyclonedx.org/schema/bom")):
		err = l.cycloneDX(head, true)
	case head[0] == '<':
		err = l.scan(r, head)
	case l.systemInfo(name, data):
	default:
		if form, ok := csvForm(head); ok {
			err = l.csv(head, form)
		} else {
			err = l.scan(r, head)
		}
	}
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(l.Items, func(a, b Item) int {
		return cmp.Or(cmp.Compare(a.Organisation, b.Organisation), cmp.Compare(a.Asset, b.Asset))
	})
	return l, nil
}
