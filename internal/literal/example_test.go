package literal_test

import (
	"bytes"
	"fmt"

	"vigie/internal/literal"
)

// A prefilter goes from suspicious line to suspicious line, whatever else a line holds.
func ExampleSet_Next() {
	set, err := literal.Compile([][]byte{
		[]byte("/autodiscover/autodiscover.json?@"),
		[]byte("cmd.exe"),
		[]byte("powershell"),
	}, literal.Options{Fold: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	block := []byte("GET /owa/ 200\nPOST /x.aspx PowerShell+-enc 200\nGET /ecp/ 302\nGET /a.aspx c=CMD.EXE 200\n")
	for from := 0; from < len(block); {
		pos, id := set.Next(block, from)
		if pos < 0 {
			break
		}
		start := bytes.LastIndexByte(block[:pos], '\n') + 1
		end := pos + bytes.IndexByte(block[pos:], '\n')
		fmt.Printf("literal %d: %s\n", id, block[start:end])
		from = end + 1
	}
	// Output:
	// literal 2: POST /x.aspx PowerShell+-enc 200
	// literal 1: GET /a.aspx c=CMD.EXE 200
}

func ExampleSet_Find() {
	set, err := literal.Compile([][]byte{[]byte("shell"), []byte("hell"), []byte("eval(")}, literal.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	set.Find([]byte("webshell: eval(x)"), func(id, pos int) bool {
		fmt.Println(id, pos)
		return true
	})
	// Output:
	// 0 3
	// 1 4
	// 2 10
}
