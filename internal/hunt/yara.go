package hunt

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"vigie/internal/casefile"
	"vigie/internal/diag"
	"vigie/internal/evidence"
	"vigie/internal/intake"
	"vigie/internal/jsonline"
	"vigie/internal/yara"
	"vigie/internal/yara/builtin"
	"vigie/internal/yara/module"
)

// YARA is compiled YARA rules, a program for each file or folder that was named.
type YARA struct {
	programs []*yara.Rules
	loaded   int
	skipped  int
}

// Loaded is the number of rules in use, Skipped that of the problems that cost a rule or more.
func (y *YARA) Loaded() int  { return y.loaded }
func (y *YARA) Skipped() int { return y.skipped }

// Variables are what rules may ask of each file beside what stands in it: its name, its path, the ending of its name with the period, its type as
// evidence ("" where none is known), and its owner, which evidence does not tell.
var yaraVariables = map[string]any{"filename": "", "filepath": "", "extension": "", "filetype": "", "owner": ""}

// LoadYARA compiles the rules in files, and in folders those whose names end in .yar or .yara. define gives further external variables; what looks like a number
// or a truth value is one. Warnings are not among the problems.
func LoadYARA(paths []string, define map[string]string) (*YARA, diag.Problems, error) {
	externals := map[string]any{}
	for k, v := range yaraVariables {
		externals[k] = v
	}
	for k, v := range define {
		externals[k] = external(v)
	}
	y := &YARA{}
	var problems diag.Problems
	for _, p := range paths {
		root, names, err := yaraFiles(p)
		if err != nil {
			return nil, nil, err
		}
		fsys := os.DirFS(root)
		var sources []yara.Source
		for _, name := range names {
			text, err := fs.ReadFile(fsys, name)
			if err != nil {
				return nil, nil, err
			}
			space := strings.TrimSuffix(name, path.Ext(name))
			if len(names) == 1 {
				space = "default"
			}
			sources = append(sources, yara.Source{Name: name, Namespace: space, Text: text})
		}
		rules, ps := yara.Compile(sources, yara.Options{Externals: externals, Modules: append(builtin.Modules(), module.Modules()...), Includes: fsys})
		for i := range ps.Errors {
			ps.Errors[i].File = filepath.Join(root, filepath.FromSlash(ps.Errors[i].File))
		}
		problems = append(problems, ps.Errors...)
		y.programs = append(y.programs, rules)
		y.loaded += rules.Len()
		y.skipped += len(ps.Errors)
	}
	return y, problems, nil
}

// external reads the value of a variable.
func external(v string) any {
	if n, err := strconv.ParseInt(v, 0, 64); err == nil {
		return n
	}
	if f, err := strconv.ParseFloat(v, 64); err == nil {
		return f
	}
	switch v {
	case "true":
		return true
	case "false":
		return false
	}
	return v
}

// yaraFiles lists the files of rules below a path, relative to a root.
func yaraFiles(p string) (root string, names []string, err error) {
	st, err := os.Stat(p)
	if err != nil {
		return "", nil, err
	}
	if !st.IsDir() {
		return filepath.Dir(p), []string{filepath.Base(p)}, nil
	}
	err = fs.WalkDir(os.DirFS(p), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if ext := strings.ToLower(path.Ext(name)); d.Type().IsRegular() && (ext == ".yar" || ext == ".yara") {
			names = append(names, name)
		}
		return nil
	})
	return p, names, err
}

// FileMatch is a YARA rule that matched a file.
type FileMatch struct {
	yara.Match
	Path string
}

// AppendJSON appends the match as one object, without a line end.
func (m *FileMatch) AppendJSON(b []byte) []byte {
	b = jsonline.AppendString(append(b, `{"engine":"yara","rule":`...), m.Rule)
	b = jsonline.AppendString(append(b, `,"namespace":`...), m.Namespace)
	b = append(b, `,"tags":[`...)
	for i, t := range m.Tags {
		if i > 0 {
			b = append(b, ',')
		}
		b = jsonline.AppendString(b, t)
	}
	b = append(b, `],"meta":`...)
	b = appendMeta(b, m.Meta)
	b = jsonline.AppendString(append(b, `,"path":`...), m.Path)
	b = append(b, `,"strings":[`...)
	first := true
	for _, s := range m.Strings {
		for _, p := range s.Places {
			if !first {
				b = append(b, ',')
			}
			first = false
			b = jsonline.AppendString(append(b, `{"id":`...), s.Name)
			b = strconv.AppendInt(append(b, `,"offset":`...), int64(p.Offset), 10)
			b = strconv.AppendInt(append(b, `,"length":`...), int64(p.Length), 10)
			b = append(b, '}')
		}
	}
	return append(b, "]}"...)
}

// Found tells which strings were found, and how often: "$a 2, $b 1".
func (m *FileMatch) Found() string {
	var b strings.Builder
	for i, s := range m.Strings {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s %d", s.Name, s.Count)
	}
	return b.String()
}

// Row gives the match as a row under CSVHeader. A file has no time of its own here.
func (m *FileMatch) Row() []string {
	row := make([]string, len(CSVHeader))
	for i, name := range CSVHeader {
		switch name {
		case "message":
			row[i] = m.Namespace + ":" + m.Rule
		case "engine":
			row[i] = "yara"
		case "title":
			row[i] = m.Rule
		case "tags":
			row[i] = strings.Join(m.Tags, " ")
		case "path":
			row[i] = m.Path
		case "fields":
			row[i] = m.Found()
		}
	}
	return row
}

// appendMeta writes the meta lines as an object; a key that comes again has a list of its values.
func appendMeta(b []byte, meta []yara.Meta) []byte {
	b = append(b, '{')
	for i, m := range meta {
		if slices.IndexFunc(meta, func(o yara.Meta) bool { return o.Key == m.Key }) != i {
			continue
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = append(jsonline.AppendString(b, m.Key), ':')
		var values []any
		for _, o := range meta[i:] {
			if o.Key == m.Key {
				values = append(values, o.Value)
			}
		}
		if len(values) > 1 {
			b = append(b, '[')
		}
		for j, v := range values {
			if j > 0 {
				b = append(b, ',')
			}
			switch v := v.(type) {
			case string:
				b = jsonline.AppendString(b, v)
			case int64:
				b = strconv.AppendInt(b, v, 10)
			case bool:
				b = strconv.AppendBool(b, v)
			}
		}
		if len(values) > 1 {
			b = append(b, ']')
		}
	}
	return append(b, '}')
}

const (
	// maxScanned is how much of a file is scanned, in bytes: a rule looks at a file as a whole, so it is held in memory.
	maxScanned = 64 << 20
	// smallFile is the size up to which files are scanned on all cores; larger ones come one at a time.
	smallFile = 4 << 20
)

// ScanOptions say where to look with YARA rules.
type ScanOptions struct {
	Paths    []string
	Rules    *YARA
	Now      int64 // of the module time, in seconds since 1970
	Stdin    io.Reader
	Limits   evidence.Limits
	Workers  int // 0: one for each core
	TempDir  string
	Progress func(intake.Progress)
}

// Scan runs YARA rules over every file of the evidence, and gives the matches in the order of the evidence, each file's in the order of its rules.
func Scan(ctx context.Context, opt ScanOptions, emit func(*FileMatch) error) (*Summary, error) {
	src, err := evidence.Open(opt.Paths, evidence.Options{Limits: opt.Limits, Stdin: opt.Stdin, TempDir: opt.TempDir})
	if err != nil {
		return nil, err
	}
	defer src.Close()
	outer := ctx
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var failed error
	s := &scan{opt: &opt, free: make(chan *scanner, max(1, cmp.Or(opt.Workers, runtime.GOMAXPROCS(0))))}
	for range cap(s.free) {
		s.free <- opt.Rules.scanner(opt.Now)
	}
	lanes := intake.NewLanes(func(part any) {
		for _, m := range part.([]*FileMatch) {
			if failed == nil {
				s.sum.Matches++
				if failed = emit(m); failed != nil {
					stop()
				}
			}
		}
	})
	var wg sync.WaitGroup
	err = src.Walk(ctx, func(it *evidence.Item) error {
		lane := lanes.Open()
		sc := <-s.free
		one := func() {
			defer close(lane)
			if found := s.file(ctx, it, sc); len(found) > 0 {
				lane <- found
			}
			s.free <- sc
		}
		if it.Sequential {
			one()
		} else {
			wg.Go(one)
		}
		if opt.Progress != nil {
			opt.Progress(intake.Progress{Read: src.ReadBytes(), Total: src.TotalBytes(), Files: s.files(), Path: it.Path})
		}
		return ctx.Err()
	})
	wg.Wait()
	lanes.Close()
	switch {
	case failed != nil:
		return nil, failed
	case err != nil && outer.Err() == nil:
		return nil, err
	}
	s.sum.Partial = outer.Err() != nil
	s.sum.Gaps = append(s.sum.Gaps, src.Gaps()...)
	intake.SortGaps(s.sum.Gaps)
	return &s.sum, nil
}

// scan is the state of a run.
type scan struct {
	opt   *ScanOptions
	free  chan *scanner
	large sync.Mutex // held while a large file is in memory
	mu    sync.Mutex
	sum   Summary
}

// scanner is what one goroutine scans with.
type scanner struct {
	programs []*yara.Scanner
	buf      []byte
}

func (y *YARA) scanner(now int64) *scanner {
	s := &scanner{}
	for _, p := range y.programs {
		s.programs = append(s.programs, p.NewScanner(yara.ScanOptions{Offsets: true, Now: now}))
	}
	return s
}

func (s *scan) files() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sum.Files
}

// file scans one file.
func (s *scan) file(ctx context.Context, it *evidence.Item, sc *scanner) (out []*FileMatch) {
	var gaps []casefile.Gap
	gap := func(code, action string, limit, got int64, detail string) {
		gaps = append(gaps, casefile.Gap{Code: code, Path: it.Path, Action: action, Limit: limit, Got: got, Detail: detail, What: intake.Sentence(code)})
	}
	if it.Size < 0 || it.Size > smallFile {
		s.large.Lock()
		defer s.large.Unlock()
		defer func() { sc.buf = nil }()
	}
	size := int64(0)
	if rc, err := it.Open(); err == nil {
		buf := bytes.NewBuffer(sc.buf[:0])
		size, err = buf.ReadFrom(io.LimitReader(ctxReader{ctx, rc}, maxScanned+1))
		if re := (*evidence.ReadError)(nil); err != nil && !errors.As(err, &re) && ctx.Err() == nil {
			gap(evidence.CodeFileUnreadable, "rest of the file not read", 0, 0, fmt.Sprintf("%.200q", err.Error()))
		}
		rc.Close()
		sc.buf = buf.Bytes()
		if size > maxScanned {
			sc.buf = sc.buf[:maxScanned]
			gap("yara.file_too_large", "rest of the file not searched", maxScanned, max(it.Size, size), "")
		}
		vars := map[string]any{"filename": path.Base(it.Logical), "filepath": it.Logical, "extension": path.Ext(it.Logical)}
		for _, p := range sc.programs {
			found, undecided := p.Scan(sc.buf, vars)
			for _, m := range found {
				out = append(out, &FileMatch{m, it.Path})
			}
			for _, u := range undecided {
				gap(u.Code, "rule not decided for the file", 0, 0, fmt.Sprintf("%.100q", u.Namespace+":"+u.Rule))
			}
		}
	} // else the source has listed it
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sum.Files++
	s.sum.Bytes += min(size, maxScanned)
	s.sum.Gaps = append(s.sum.Gaps, gaps...)
	return out
}

// ctxReader ends with the context.
type ctxReader struct {
	ctx context.Context
	r   io.Reader
}

func (c ctxReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
