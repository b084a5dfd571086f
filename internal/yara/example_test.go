package yara_test

import (
	"fmt"

	"vigie/internal/yara"
	"vigie/internal/yara/builtin"
)

func Example() {
	rules, problems := yara.Compile([]yara.Source{{Name: "web.yar", Text: []byte(`
		import "math"
		rule OneLineShell : webshell {
			meta:
				level = "high"
			strings:
				$tag = "<%"
				$eval = /eval\s{0,5}\(\s{0,5}request/ nocase
			condition:
				filename endswith ".aspx" and filesize < 10KB and all of them and math.entropy(0, filesize) > 3.0
		}
		rule Wrong { condition: filsize < 10KB }`)}},
		yara.Options{Externals: map[string]any{"filename": ""}, Modules: builtin.Modules()})
	fmt.Println(problems.Errors)

	scanner := rules.NewScanner(yara.ScanOptions{Offsets: true}) // one for each goroutine
	found, undecided := scanner.Scan([]byte(`<%@ Page Language="Jscript"%><% ev`+`al(Request.Item["cmd"]);%>`) /* in two pieces, for antivirus */, map[string]any{"filename": "x.aspx"})
	for _, m := range found {
		fmt.Println(m.Rule, m.Tags, m.Meta, m.Strings)
	}
	fmt.Println(len(undecided))
	// Output:
	// web.yar:12:27: unknown name "filsize": no variable, imported module or earlier rule has it, did you mean "filesize"?
	// OneLineShell [webshell] [{level high}] [{$tag 2 [{0 2 0 []} {29 2 0 []}]} {$eval 1 [{32 12 0 []}]}]
	// 0
}
