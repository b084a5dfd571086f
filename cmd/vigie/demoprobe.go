package main

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"vigie/internal/fakefront"
	"vigie/internal/probe"
)

// runDemoProbe plays front ends on loopback and probes them. No packet leaves the machine: the addresses are of 127.0.0.0/8, names are resolved
// here, and the dialer refuses any other address.
func runDemoProbe(ctx context.Context, t *terminal, jsonl bool) error {
	cast, err := fakefront.Cast()
	if err != nil {
		return err
	}
	theatre, err := fakefront.Stage(cast)
	if err != nil {
		return err
	}
	defer theatre.Close()
	known := map[string]netip.Addr{}
	var names []string
	var scope strings.Builder
	for _, m := range cast {
		known[m.Name] = m.Address
		names = append(names, m.Name)
		fmt.Fprintf(&scope, "%s\n%s\n", m.Name, m.Address)
	}
	o := probeFlags{permission: t.say(text{"démonstration", "demonstration"}), parallel: len(names), most: len(names), jsonl: jsonl, limits: probe.DefaultLimits(), onlyLoopback: true,
		resolve: func(_ context.Context, host string) ([]netip.Addr, error) {
			if a, ok := known[host]; ok {
				return []netip.Addr{a}, nil
			}
			return nil, fmt.Errorf("no such host in the demonstration: %s", host)
		}}
	for _, service := range []string{"https", "smtp"} {
		o.services = append(o.services, fmt.Sprintf("%s:%d", service, theatre.Ports[service]))
	}
	if o.scoped, err = probe.ReadScope(strings.NewReader(scope.String())); err != nil {
		return err
	}
	t.note(text{"%d serveurs fictifs visités sur cette machine même", "%d fictitious servers visited on this very machine"}, len(names))
	if err := runProbe(ctx, t, &o, names); err != nil || jsonl {
		return err
	}
	fmt.Fprintln(t.out)
	fmt.Fprintln(t.out, t.say(text{"Ce que chaque serveur fictif montre :", "What each fictitious server shows:"}))
	for _, m := range cast {
		story := m.Story.EN
		if t.lang == "fr" {
			story = m.Story.FR
		}
		fmt.Fprintf(t.out, "  %-27s %s\n", m.Name, story)
	}
	return nil
}
