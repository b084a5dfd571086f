package evtx

// Ledger says what became of every byte of a log. Parsed, Recovered, Unused
// and Skipped add up to the bytes read.
type Ledger struct {
	Parsed    int64 // headers, and records found by walking
	Recovered int64 // records found in slack or behind damage
	Unused    int64 // free space that holds no whole record, and zeroed chunks
	Skipped   int64 // bytes that should hold something and could not be read; each range has its Error

	Records          int // events delivered, found by walking
	RecoveredRecords int // events delivered, found in slack or behind damage
	SkippedRecords   int // records that gave no event
	DuplicateRecords int // copies in slack of records delivered before; their bytes are Unused
}

// Size is the number of bytes that the ledger covers.
func (l *Ledger) Size() int64 { return l.Parsed + l.Recovered + l.Unused + l.Skipped }

// Add adds the counts of another ledger.
func (l *Ledger) Add(o Ledger) {
	l.Parsed += o.Parsed
	l.Recovered += o.Recovered
	l.Unused += o.Unused
	l.Skipped += o.Skipped
	l.Records += o.Records
	l.RecoveredRecords += o.RecoveredRecords
	l.SkippedRecords += o.SkippedRecords
	l.DuplicateRecords += o.DuplicateRecords
}
