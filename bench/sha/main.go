// Sha hashes files with SHA-256 in two goroutines and does nothing else: what a
// program that names every file of evidence by its hash cannot go below.
package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"sync"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: sha FILE…")
		os.Exit(2)
	}
	names := os.Args[1:]
	sums := make([]string, len(names))
	errs := make([]error, len(names))
	next := make(chan int)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			buf := make([]byte, 1<<20)
			for i := range next {
				sums[i], errs[i] = sum(names[i], buf)
			}
		})
	}
	for i := range names {
		next <- i
	}
	close(next)
	wg.Wait()
	failed := false
	for i, name := range names {
		if errs[i] != nil {
			fmt.Fprintln(os.Stderr, "sha:", errs[i])
			failed = true
			continue
		}
		fmt.Printf("%s  %s\n", sums[i], name)
	}
	if failed {
		os.Exit(1)
	}
}

func sum(name string, buf []byte) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	// The bare reader keeps the copy to our buffer.
	if _, err := io.CopyBuffer(h, struct{ io.Reader }{f}, buf); err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", h.Sum(nil)), nil
}
