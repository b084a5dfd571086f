package main

import (
	"net/netip"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"vigie/internal/fakefront"
)

// TestProbeScripts runs testdata/probe/*.txtar beside a cast of fake servers on loopback: $HTTPS and $SMTP are their ports. No script names an
// address outside 127.0.0.0/8 that would be dialled.
func TestProbeScripts(t *testing.T) {
	t.Parallel()
	cast := []fakefront.Member{
		{Address: netip.MustParseAddr("127.78.0.1"), Front: &fakefront.Front{Host: "old.example.test", Builds: []string{"15.1.2176.2"}, Shows: fakefront.All}},
		{Address: netip.MustParseAddr("127.78.0.2"), Front: &fakefront.Front{Host: "new.example.test", Builds: []string{"15.2.2562.53"}, Shows: fakefront.All}},
		{Address: netip.MustParseAddr("127.78.0.3"), Front: &fakefront.Front{Host: "odd.example.test", Hostile: "control-text"}},
		{Address: netip.MustParseAddr("127.78.0.4"), Front: &fakefront.Front{Host: "busy.example.test", Hostile: "busy", Product: "plain"}},
		{Address: netip.MustParseAddr("127.78.0.5"), Front: &fakefront.Front{Host: "mute.example.test", Hostile: "silence", Product: "plain"}},
	}
	theatre, err := fakefront.Stage(cast)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(theatre.Close)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/probe",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			for name, service := range map[string]string{"HTTPS": "https", "SMTP": "smtp"} {
				e.Setenv(name, strconv.Itoa(int(theatre.Ports[service])))
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "jsonget": jsonGet},
	})
}
