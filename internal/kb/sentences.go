package kb

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"vigie/internal/casefile"
)

// Sentences are the patterns of the judgement, by key; see sentences.yml.
type Sentences map[string]casefile.Text

// LoadSentences reads sentences.yml of a knowledge folder. Both languages must
// be filled and name the same slots.
func LoadSentences(fsys fs.FS) (Sentences, error) {
	text, err := fs.ReadFile(fsys, "sentences.yml")
	if err != nil {
		return nil, fmt.Errorf("sentences: %w", err)
	}
	var file struct {
		Source    string
		Date      string
		Sentences map[string]casefile.Text
	}
	d := yaml.NewDecoder(strings.NewReader(string(text)))
	d.KnownFields(true)
	if err := d.Decode(&file); err != nil {
		return nil, fmt.Errorf("sentences.yml: %w", err)
	}
	for key, t := range file.Sentences {
		if t.FR == "" || t.EN == "" {
			return nil, fmt.Errorf("sentences.yml: %s: both languages must be filled", key)
		}
		if a, b := slots(t.FR), slots(t.EN); a != b {
			return nil, fmt.Errorf("sentences.yml: %s: French has the slots %s, English %s", key, a, b)
		}
	}
	return file.Sentences, nil
}

// slots lists the slots of a pattern, sorted.
func slots(s string) string {
	var names []string
	for {
		i := strings.IndexByte(s, '{')
		j := strings.IndexByte(s, '}')
		if i < 0 || j < i {
			break
		}
		names = append(names, s[i:j+1])
		s = s[j+1:]
	}
	slices.Sort(names)
	return strings.Join(names, "")
}

// Fill puts values into the slots of a pattern.
func Fill(pattern string, values map[string]string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(pattern, '{')
		if i < 0 {
			b.WriteString(pattern)
			return b.String()
		}
		j := strings.IndexByte(pattern[i:], '}')
		if j < 0 {
			b.WriteString(pattern)
			return b.String()
		}
		b.WriteString(pattern[:i])
		if v, ok := values[pattern[i+1:i+j]]; ok {
			b.WriteString(v)
		} else {
			b.WriteString(pattern[i : i+j+1])
		}
		pattern = pattern[i+j+1:]
	}
}
