package casefile

import (
	"bytes"
	"encoding/json"
	"time"
)

// A record without a time gives a finding without one. In JSON that is null, never the year 1; null reads back as the zero time.

// MarshalJSON writes a finding.
func (f Finding) MarshalJSON() ([]byte, error) {
	type plain Finding
	return marshal(struct {
		plain
		Time    *time.Time `json:"time"`
		TimeEnd *time.Time `json:"time_end"`
	}{plain(f), known(&f.Time), known(&f.TimeEnd)})
}

// MarshalJSON writes a piece of evidence.
func (e Evidence) MarshalJSON() ([]byte, error) {
	type plain Evidence
	return marshal(struct {
		plain
		Time *time.Time `json:"time"`
	}{plain(e), known(&e.Time)})
}

// MarshalJSON writes a window; a bound that nothing tells is null.
func (w Window) MarshalJSON() ([]byte, error) {
	type plain Window
	return marshal(struct {
		plain
		From *time.Time `json:"from"`
		To   *time.Time `json:"to"`
	}{plain(w), known(&w.From), known(&w.To)})
}

// known gives nil for a time that is not known.
func known(t *time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return t
}

// marshal writes text as it stands, as the case's writer does.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
