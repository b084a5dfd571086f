package analysis

import (
	"vigie/internal/casefile"
	"vigie/internal/detect"
)

// Limits on what detections may take, since an attacker can make a rule fire a
// million times: past them, hits are still counted, without their details. What
// is kept is the earliest, and does not depend on the number of cores.
const (
	maxKeysFile = 2_000   // groups of hits in one file
	maxKeysAll  = 50_000  // in all files
	maxRawFile  = 1 << 20 // bytes of raw records kept of one file
	maxRawAll   = 24 << 20
	maxSamples  = 16 // records kept of one group
	fewSamples  = 2  // of a group that comes after manyKeys others
	manyKeys    = 2_000
)

// tally counts hits by key, in the order in which keys were first seen.
type tally struct {
	keys    map[tallyKey]*casefile.Detection
	order   []tallyKey
	maxKeys int
	raw     int
}

type tallyKey struct {
	detect.Key
	dir  string // folder of the file, for logs that do not name their host
	file filing
}

func newTally(maxKeys, maxRaw int) *tally {
	return &tally{keys: map[tallyKey]*casefile.Detection{}, maxKeys: maxKeys, raw: maxRaw}
}

// add counts one hit.
func (t *tally) add(h detect.Hit) {
	t.put(tallyKey{Key: h.Key}, casefile.Detection{Flaw: h.Meta.Flaw, Act: h.Meta.Act, Rule: h.Key.Rule, RuleVersion: h.Meta.Version, Kind: h.Key.Kind, Host: h.Key.Host,
		Client: h.Key.Client, First: h.Sample.Time, Last: h.Sample.Time, Count: 1, Samples: []casefile.Sample{h.Sample}})
}

// put merges a detection.
func (t *tally) put(k tallyKey, d casefile.Detection) {
	cur := t.keys[k]
	if cur == nil && len(t.keys) >= t.maxKeys {
		k.Client, k.Object, k.Hour = "", "", 0
		d.Client, d.Overflow = "", true
		if t.keys[k] == nil && len(t.keys) >= t.maxKeys+maxHosts { // a forged log may name another host at every line
			k.Host, d.Host = "", ""
		}
		cur = t.keys[k]
	}
	if cur == nil {
		samples := d.Samples
		d.Samples = nil
		cur = &d
		t.keys[k] = cur
		t.order = append(t.order, k)
		for _, s := range samples {
			t.keep(cur, s)
		}
		return
	}
	cur.Count += d.Count
	cur.Overflow = cur.Overflow || d.Overflow
	if !d.First.IsZero() && (cur.First.IsZero() || d.First.Before(cur.First)) {
		cur.First = d.First
	}
	if d.Last.After(cur.Last) {
		cur.Last = d.Last
	}
	for _, s := range d.Samples {
		t.keep(cur, s)
	}
}

func (t *tally) keep(d *casefile.Detection, s casefile.Sample) {
	most := maxSamples
	if len(t.keys) > manyKeys {
		most = fewSamples
	}
	if len(d.Samples) >= most {
		return
	}
	if t.raw < len(s.Raw) {
		s.Raw, s.Cut = "", true
	}
	t.raw -= len(s.Raw)
	d.Samples = append(d.Samples, s)
}

// sign writes the file's hash into its samples.
func (t *tally) sign(path, sum string) {
	for _, d := range t.keys {
		for i := range d.Samples {
			d.Samples[i].Path, d.Samples[i].SHA256 = path, sum
		}
	}
}

// detections lists everything in the order in which it was first seen.
func (t *tally) each(f func(k tallyKey, d *casefile.Detection)) {
	for _, k := range t.order {
		f(k, t.keys[k])
	}
}
