// Fakefront serves thousands of invented mail servers on loopback, to measure vigie probe and other tools against.
//
//	go run ./bench/fakefront -n 30000 -hostile 5 -targets targets.txt
//
// Each address of 127.0.0.0/8 is a server of its own; visitors of other addresses are hung up on.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"log"
	"net/netip"
	"os"
	"os/signal"

	"vigie/internal/fakefront"
	"vigie/internal/kb"
	"vigie/knowledge"
)

func main() {
	log.SetFlags(0)
	n := flag.Int("n", 1000, "number of servers")
	hostile := flag.Int("hostile", 5, "how many in a hundred are hostile")
	targets := flag.String("targets", "targets.txt", "file to write the addresses to")
	https := flag.String("https", "8443", "port of https")
	smtp := flag.String("smtp", "2525", "port of smtp")
	flag.Parse()
	if err := serve(*n, *hostile, *targets, *https, *smtp); err != nil {
		log.Fatal(err)
	}
}

func serve(n, hostile int, targets, https, smtp string) error {
	k, err := kb.Load(knowledge.FS)
	if err != nil {
		return err
	}
	var builds []string
	for _, p := range k.Products {
		for _, b := range p.Builds {
			builds = append(builds, b.Number.String())
		}
	}
	fronts := make(map[netip.Addr]*fakefront.Front, n)
	f, err := os.Create(targets)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	shows := []fakefront.Show{fakefront.All, fakefront.Manifest, fakefront.Path | fakefront.Names, fakefront.LongPath, fakefront.Header}
	behind := []string{"", "", "", "nginx", "cloudflare", "", "", "", "", "preauth"}
	for i := range n {
		a := netip.AddrFrom4([4]byte{127, byte(100 + i/62500), byte(i / 250 % 250), byte(i%250 + 1)})
		front := &fakefront.Front{Host: fmt.Sprintf("mail%05d.example.test", i), Builds: []string{builds[i%len(builds)]}, Shows: shows[i%len(shows)], Behind: behind[i/7%len(behind)]}
		if i%100 < hostile {
			front.Hostile = fakefront.Hostiles[(i/100*hostile+i%100)%len(fakefront.Hostiles)]
		}
		fronts[a] = front
		fmt.Fprintln(w, a)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	server, err := fakefront.NewServer(func(a netip.Addr) *fakefront.Front { return fronts[a] })
	if err != nil {
		return err
	}
	defer server.Close()
	for service, port := range map[string]string{"https": https, "smtp": smtp} {
		if _, err := server.Listen(service, "0.0.0.0:"+port); err != nil {
			return err
		}
	}
	fmt.Printf("%d servers of %d builds\n", n, len(builds))
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt)
	<-stop
	return nil
}
