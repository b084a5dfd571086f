package evtx_test

import (
	"bytes"
	"fmt"
	"sync"
	"time"

	"vigie/internal/evtx"
	"vigie/internal/evtx/evtxtest"
)

// A log from a stream, chunk by chunk, in one goroutine.
func ExampleScanner() {
	log := evtxtest.Build([]evtxtest.Event{{
		Provider: "Example", ID: 4625, Channel: "Security", Computer: "MAIL01", Time: time.Date(2021, 3, 3, 8, 12, 1, 0, time.UTC),
		Data: []evtxtest.Pair{{Name: "TargetUserName", Value: evtxtest.Text("admin")}},
	}})
	s, d := evtx.NewScanner(bytes.NewReader(log)), evtx.NewDecoder(evtx.Options{Borrow: true})
	var chunk evtx.Chunk
	var ledger evtx.Ledger
	errs := 0
	for s.Next(&chunk) {
		d.Start(&chunk)
		var ev evtx.Event
		for d.Next(&ev) {
			user, _ := ev.Get("TargetUserName")
			fmt.Println(ev.RecordID, ev.Written.Format(time.RFC3339), user)
		}
		ledger.Add(d.Ledger())
		errs += len(d.Errors())
	}
	ledger.Add(s.Ledger())
	fmt.Println(ledger.Size() == int64(len(log)), errs+len(s.Errors()))
	// Output:
	// 1 2021-03-03T08:12:01Z admin
	// true 0
}

// Several goroutines decode the chunks of one log; the results keep the order
// of the file, since each chunk has its number.
func ExampleDecoder_parallel() {
	var list []evtxtest.Event
	for range 2000 {
		list = append(list, evtxtest.Event{Provider: "Example", ID: 1, Data: []evtxtest.Pair{{Name: "Param", Value: evtxtest.U32(7)}}})
	}
	s := evtx.NewScanner(bytes.NewReader(evtxtest.Build(list)))
	full, empty := make(chan *evtx.Chunk), make(chan *evtx.Chunk, 4)
	counts := map[int]int{}
	var mu sync.Mutex
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			d := evtx.NewDecoder(evtx.Options{Borrow: true})
			for c := range full {
				d.Start(c)
				n := 0
				for ev := new(evtx.Event); d.Next(ev); {
					n++
				}
				mu.Lock()
				counts[c.Index] = n
				mu.Unlock()
				empty <- c
			}
		})
	}
	for range cap(empty) {
		empty <- new(evtx.Chunk)
	}
	for c := <-empty; s.Next(c); c = <-empty {
		full <- c
	}
	close(full)
	workers.Wait()
	total := 0
	for i := range len(counts) {
		total += counts[i]
	}
	fmt.Println(total)
	// Output: 2000
}
