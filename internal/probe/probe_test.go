package probe_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vigie/internal/fakefront"
	"vigie/internal/fingerprint"
	"vigie/internal/probe"
	"vigie/knowledge"
)

// stage is a fake Internet on loopback: one server for each address, and a prober that can reach nothing else.
type stage struct {
	prober *probe.Prober
	mu     sync.Mutex
	fronts map[netip.Addr]*fakefront.Front
	names  map[string][]netip.Addr
}

// newStage listens on 127.x.y.z addresses with the same port for each service.
func newStage(t testing.TB, services ...string) *stage {
	t.Helper()
	prints, err := fingerprint.Load(knowledge.FS)
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{fronts: map[netip.Addr]*fakefront.Front{}, names: map[string][]netip.Addr{}}
	server, err := fakefront.NewServer(func(a netip.Addr) *fakefront.Front {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.fronts[a]
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	s.prober = &probe.Prober{Prints: prints, Agent: "Vigie/test (permission TEST)", Limits: probe.DefaultLimits(), Pace: probe.NewPace(0, 0),
		Now:  func() time.Time { return time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC) },
		Dial: probe.Dialer(loopbackOrFail(t)),
		Resolve: func(_ context.Context, host string) ([]netip.Addr, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			if a, ok := s.names[host]; ok {
				return slices.Clone(a), nil
			}
			return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
		}}
	for _, name := range services {
		at, err := server.Listen(name, "0.0.0.0:0") // serves 127.0.0.0/8 and hangs up on anybody else
		if err != nil {
			t.Fatal(err)
		}
		s.prober.Services = append(s.prober.Services, probe.Service{Name: name, Port: at.Port()})
	}
	return s
}

// loopbackOrFail fails a test that would send a packet to anything but this machine.
func loopbackOrFail(t testing.TB) func(netip.AddrPort) error {
	return func(to netip.AddrPort) error {
		err := probe.LoopbackOnly(to)
		if err != nil {
			t.Errorf("dialled: %v", err)
		}
		return err
	}
}

func (s *stage) set(addr string, f *fakefront.Front) probe.Target {
	a := netip.MustParseAddr(addr)
	s.mu.Lock()
	s.fronts[a] = f
	s.mu.Unlock()
	t, err := probe.ParseTarget(addr)
	if err != nil {
		panic(err)
	}
	return t
}

// clues gives "kind value" of those that tell something of a build or a product, without the generic ones.
func clues(o *probe.Observation) (out []string) {
	for _, c := range o.Clues {
		if !strings.HasPrefix(c.Kind, "http.server") && !strings.HasPrefix(c.Kind, "http.powered") && c.Kind != "http.redirect" && c.Kind != "http.title" && c.Kind != "http.healthcheck" && c.Kind != "http.favicon-hash" {
			out = append(out, c.Kind+" "+c.Value)
		}
	}
	slices.Sort(out)
	return out
}

func TestObserve(t *testing.T) {
	t.Parallel()
	s := newStage(t, "https")
	for i, c := range []struct {
		name   string
		front  *fakefront.Front
		clues  []string
		named  string
		behind string
	}{
		{"everything shown", &fakefront.Front{Builds: []string{"15.1.2507.39"}, Shows: fakefront.All},
			[]string{"http.exporttool 15.1.2507.39", "http.header X-Feserver: EX22", "http.owa-path 15.1.2507", "http.owa-version-header 15.1.2507.39"}, "exchange", ""},
		{"path alone", &fakefront.Front{Builds: []string{"15.1.2176.2"}, Shows: fakefront.Path}, []string{"http.owa-path 15.1.2176"}, "exchange", ""},
		{"long path alone", &fakefront.Front{Builds: []string{"15.2.2562.53"}, Shows: fakefront.LongPath}, []string{"http.owa-path 15.2.2562.53"}, "exchange", ""},
		{"nothing of the build", &fakefront.Front{Builds: []string{"15.1.2176.2"}}, nil, "exchange", ""},
		{"Exchange 2010", &fakefront.Front{Builds: []string{"14.3.513.0"}, Shows: fakefront.All}, []string{"http.header X-Feserver: EX92", "http.owa-path 14.3.513.0", "http.owa-version-header 14.3.513.0"}, "exchange", ""},
		{"mixed builds behind one name", &fakefront.Front{Builds: []string{"15.1.2507.39", "15.1.2176.2"}, Shows: fakefront.Manifest | fakefront.Names},
			[]string{"http.exporttool 15.1.2176.2", "http.exporttool 15.1.2507.39", "http.header X-Feserver: EX22", "http.header X-Feserver: EX30"}, "exchange", ""},
		{"a proxy that strips headers", &fakefront.Front{Builds: []string{"15.1.2507.39"}, Shows: fakefront.All, Behind: "nginx"},
			[]string{"http.exporttool 15.1.2507.39", "http.owa-path 15.1.2507"}, "exchange", ""},
		{"a delivery network", &fakefront.Front{Builds: []string{"15.1.2507.39"}, Shows: fakefront.Path, Behind: "cloudflare"},
			[]string{"front.cloudflare Cf-Ray: 6b1f0123456789ab-CDG", "front.cloudflare cloudflare", "http.owa-path 15.1.2507"}, "exchange", "cloudflare"},
		{"a gateway that asks for a password first", &fakefront.Front{Builds: []string{"15.1.2507.39"}, Shows: fakefront.All, Behind: "preauth"},
			[]string{"front.entra-proxy https://login.microsoftonline.com/"}, "", "entra-proxy"},
		{"FortiGate", &fakefront.Front{Product: "fortigate"}, []string{`fortigate.page top.location="/remote/login"`, "fortigate.server xxxxxxxx-xxxxx"}, "fortigate", ""},
		{"PRTG", &fakefront.Front{Product: "prtg", Builds: []string{"24.1.92.1554"}}, []string{"prtg.title Welcome | PRTG Network Monitor (EXAMPLE)", "prtg.version 24.1.92.1554"}, "prtg", ""},
		{"SonicWall", &fakefront.Front{Product: "sonicwall", Builds: []string{"12.4.3"}}, []string{"sonicwall.title SonicWall - Virtual Office", "sonicwall.version 12.4.3"}, "sonicwall", ""},
		{"Ivanti", &fakefront.Front{Product: "ivanti-connect-secure"}, []string{"ivanti.redirect /dana-na/auth/", "ivanti.title Ivanti Connect Secure"}, "ivanti-connect-secure", ""},
		{"a website", &fakefront.Front{Product: "plain"}, nil, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			target := s.set(fmt.Sprintf("127.10.0.%d", i+1), c.front)
			o := s.prober.Observe(t.Context(), target)
			if got := clues(&o); !slices.Equal(got, c.clues) {
				t.Errorf("clues %q\nwant  %q", got, c.clues)
			}
			if got := strings.Join(o.Named, " "); got != c.named {
				t.Errorf("named %q, want %q", got, c.named)
			}
			if got := strings.Join(o.Fronts, " "); got != c.behind {
				t.Errorf("behind %q, want %q", got, c.behind)
			}
			if n := requests(&o); n > s.prober.Limits.Requests {
				t.Errorf("%d requests: %q", n, o.Asked)
			}
		})
	}
}

func requests(o *probe.Observation) (n int) {
	for _, a := range o.Asked {
		if strings.HasPrefix(a, "GET ") {
			n++
		}
	}
	return n
}

func TestMail(t *testing.T) {
	t.Parallel()
	s := newStage(t, "smtp", "imap", "pop3")
	o := s.prober.Observe(t.Context(), s.set("127.11.0.1", &fakefront.Front{Host: "mx.example.test", OldTLS: true}))
	want := []string{"imap.banner * OK The Microsoft Exchange IMAP4 service is ready. [RQBYAA==]", "pop.banner +OK The Microsoft Exchange POP3 service is ready. [RQBYAA==]",
		"smtp.banner 220 mx.example.test Microsoft ESMTP MAIL Service ready at Mon, 1 Mar 2021 08:00:00 +0100", "smtp.ehlo X-ANONYMOUSTLS", "smtp.ehlo X-EXPS", "smtp.ehlo XRDST"}
	if got := clues(&o); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if len(o.TLS) != 1 || o.TLS[0].Subject != "CN=mail.example.test" || !o.TLS[0].SelfSigned || !o.TLS[0].OtherName {
		t.Errorf("TLS %+v", o.TLS)
	}
	if o.Failure != "" {
		t.Error(o.Failure)
	}
}

func TestOldTLS(t *testing.T) {
	t.Parallel()
	s := newStage(t, "https")
	for addr, old := range map[string]bool{"127.12.0.1": true, "127.12.0.2": false} {
		o := s.prober.Observe(t.Context(), s.set(addr, &fakefront.Front{Builds: []string{"15.1.2507.39"}, OldTLS: old}))
		if len(o.TLS) != 1 || o.TLS[0].Old != old || o.TLS[0].Version != "TLS 1.3" {
			t.Errorf("%s: %+v", addr, o.TLS)
		}
	}
}

// TestHostile: whatever a server does, the visit ends within its bounds and says why it knows less.
func TestHostile(t *testing.T) {
	t.Parallel()
	for i, c := range []struct{ hostile, state string }{
		{"endless-headers", "limit"}, {"endless-body", "answered"}, {"slow-drip", "timeout"}, {"gzip-bomb", "answered"}, {"redirect-outside", "answered"},
		{"redirect-loop", "answered"}, {"bad-tls", "tls"}, {"no-handshake", "timeout"}, {"silence", "timeout"}, {"wrong-length", "answered"}, {"reset", "reset"}, {"control-text", "answered"},
		{"old-http", "closed"}, {"busy", "answered"}, {"bad-chunks", "answered"},
	} {
		t.Run(c.hostile, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, "https", "http")
			if c.state == "timeout" {
				s.prober.Limits.Answer = 300 * time.Millisecond
			}
			o := s.prober.Observe(t.Context(), s.set(fmt.Sprintf("127.13.0.%d", i+1), &fakefront.Front{Hostile: c.hostile, Builds: []string{"15.1.2507.39"}}))
			if len(o.Services) == 0 || o.Services[0].State != c.state {
				t.Errorf("%+v, want %s", o.Services, c.state)
			}
			if (o.Failure == "") != (c.state == "answered") && c.hostile != "bad-tls" {
				t.Errorf("failure %q", o.Failure)
			}
			if n := requests(&o); n > s.prober.Limits.Requests {
				t.Errorf("%d requests", n)
			}
			for _, cl := range o.Clues {
				if len(cl.Value) > 1024 {
					t.Errorf("%s: %d bytes", cl.Kind, len(cl.Value))
				}
			}
			switch c.hostile {
			case "busy":
				if o.Stopped == "" || requests(&o) != 1 {
					t.Errorf("stopped %q after %q", o.Stopped, o.Asked)
				}
			case "redirect-outside":
				if len(o.Redirect) == 0 || o.Redirect[0] != "http://192.0.2.1" {
					t.Errorf("redirects %q", o.Redirect)
				}
			}
		})
	}
}

func TestHostileMail(t *testing.T) {
	t.Parallel()
	for i, c := range []struct{ hostile, state string }{{"huge-banner", "limit"}, {"silence", "timeout"}, {"reset", "reset"}, {"control-text", "answered"}} {
		t.Run(c.hostile, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, "smtp")
			if c.state == "timeout" {
				s.prober.Limits.Answer = 300 * time.Millisecond
			}
			o := s.prober.Observe(t.Context(), s.set(fmt.Sprintf("127.14.0.%d", i+1), &fakefront.Front{Hostile: c.hostile}))
			if len(o.Services) != 1 || o.Services[0].State != c.state && !(c.hostile == "control-text" && o.Services[0].State == "closed") {
				t.Errorf("%+v, want %s", o.Services, c.state)
			}
		})
	}
}

func TestScope(t *testing.T) {
	t.Parallel()
	s := newStage(t, "http")
	s.set("127.15.0.1", &fakefront.Front{Builds: []string{"15.1.2507.39"}, Shows: fakefront.All})
	s.names = map[string][]netip.Addr{
		"inside.example.test":  addrs("127.15.0.1"),
		"rebind.example.test":  addrs("8.8.8.8", "127.15.0.1"),
		"meta.example.test":    addrs("169.254.169.254"),
		"mapped.example.test":  addrs("::ffff:10.0.0.1"),
		"nat64.example.test":   addrs("64:ff9b::a00:1"),
		"nothing.example.test": {},
	}
	scope := func(text string) *probe.Scope {
		sc, err := probe.ReadScope(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return sc
	}
	for _, c := range []struct{ name, scope, target, code string }{
		{"an address", "", "127.15.0.1", ""},
		{"an address outside", "127.16.0.0/16", "127.15.0.1", "scope"},
		{"an address inside", "127.15.0.0/16 # ours", "127.15.0.1", ""},
		{"a name to an internal address", "", "inside.example.test", "internal"},
		{"a name to an internal address that is in the scope", "inside.example.test\n127.15.0.0/16", "inside.example.test", ""},
		{"a name of which one address is internal", "*.example.test", "rebind.example.test", "internal"},
		{"a name to a metadata service", "", "meta.example.test", "internal"},
		{"an IPv4 address in IPv6", "", "mapped.example.test", "internal"},
		{"an address behind NAT64", "", "nat64.example.test", "internal"},
		{"a name outside", "other.example.test", "inside.example.test", "scope"},
		{"a name that is not known", "", "unknown.example.test", "unresolved"},
		{"a name without addresses", "", "nothing.example.test", "unresolved"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := *s.prober
			if c.scope != "" {
				p.Scope = scope(c.scope)
			}
			target, err := probe.ParseTarget(c.target)
			if err != nil {
				t.Fatal(err)
			}
			if o := p.Observe(t.Context(), target); o.Code != c.code || (c.code == "") != (len(o.Clues) > 0) {
				t.Errorf("code %q (%s), want %q; %d clues", o.Code, o.Failure, c.code, len(o.Clues))
			}
		})
	}
}

func addrs(list ...string) (out []netip.Addr) {
	for _, s := range list {
		out = append(out, netip.MustParseAddr(s))
	}
	return out
}

// TestRebinding: a name is resolved once for a visit, whatever it points to later.
func TestRebinding(t *testing.T) {
	t.Parallel()
	s := newStage(t, "https", "smtp")
	s.set("127.17.0.1", &fakefront.Front{Builds: []string{"15.1.2507.39"}, Shows: fakefront.All})
	var err error
	if s.prober.Scope, err = probe.ReadScope(strings.NewReader("mail.example.test\n127.17.0.1")); err != nil {
		t.Fatal(err)
	}
	asked := 0
	s.prober.Resolve = func(context.Context, string) ([]netip.Addr, error) {
		asked++
		if asked == 1 {
			return addrs("127.17.0.1"), nil
		}
		return addrs("127.17.0.99"), nil
	}
	target, _ := probe.ParseTarget("mail.example.test")
	if o := s.prober.Observe(t.Context(), target); asked != 1 || o.Address.String() != "127.17.0.1" || o.Failure != "" {
		t.Errorf("asked %d times, %s, %s", asked, o.Address, o.Failure)
	}
}

// TestDialerGuards: what the kernel is told to dial is what was chosen.
func TestDialerGuards(t *testing.T) {
	t.Parallel()
	if _, err := probe.Dialer(probe.LoopbackOnly)(t.Context(), netip.MustParseAddrPort("192.0.2.1:443")); err == nil || !strings.Contains(err.Error(), "not loopback") {
		t.Errorf("%v", err)
	}
}

// TestPermissionIsShown: the server's owner can see in the logs who asks.
func TestPermissionIsShown(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	got := make(chan string, 1)
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		buf := make([]byte, 4096)
		n, _ := conn.Read(buf)
		got <- string(buf[:n])
	}()
	s := newStage(t)
	target, err := probe.ParseTarget("http://" + ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s.prober.Observe(t.Context(), target)
	want := "GET / HTTP/1.1\r\nHost: " + ln.Addr().String() + "\r\nUser-Agent: Vigie/test (permission TEST)\r\nAccept: */*\r\n\r\n"
	if req := <-got; req != want {
		t.Errorf("%q", req)
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	s := newStage(t, "https", "smtp")
	var targets []probe.Target
	for i := range 300 {
		f := &fakefront.Front{Builds: []string{"15.1.2507.39"}, Shows: fakefront.All}
		if i%20 == 0 {
			f.Hostile = []string{"reset", "endless-headers", "redirect-loop", "bad-tls", "wrong-length"}[i/20%5]
		}
		targets = append(targets, s.set(fmt.Sprintf("127.18.%d.%d", i/250, i%250+1), f))
	}
	seen := map[string]int{}
	err := s.prober.Run(t.Context(), slices.Values(targets), 16, func(o probe.Observation) error {
		seen[o.Target.Text]++
		if o.Partial {
			t.Errorf("%s: partial", o.Target.Text)
		}
		return nil
	})
	if err != nil || len(seen) != len(targets) {
		t.Fatalf("%v, %d of %d", err, len(seen), len(targets))
	}
	for name, n := range seen {
		if n != 1 {
			t.Errorf("%s: %d times", name, n)
		}
	}
}

// TestRunSurvivesAFault: a fault of ours at one host leaves the others.
func TestRunSurvivesAFault(t *testing.T) {
	t.Parallel()
	s := newStage(t, "http")
	targets := []probe.Target{s.set("127.22.0.1", &fakefront.Front{Product: "prtg", Builds: []string{"24.1.92.1554"}}), s.set("127.22.0.2", nil), s.set("127.22.0.3", &fakefront.Front{Product: "fortigate"})}
	dial := s.prober.Dial
	s.prober.Dial = func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
		if to.Addr().String() == "127.22.0.2" {
			panic("a parser's bug")
		}
		return dial(ctx, to)
	}
	codes := map[string]string{}
	err := s.prober.Run(t.Context(), slices.Values(targets), 2, func(o probe.Observation) error { codes[o.Target.Text] = o.Code; return nil })
	if err != nil || len(codes) != 3 || codes["127.22.0.2"] != "fault" || codes["127.22.0.1"] != "" || codes["127.22.0.3"] != "" {
		t.Errorf("%v %v", err, codes)
	}
}

// TestRunInterrupted: every target that was begun is given, those under way as partial, and the rest is not.
func TestRunInterrupted(t *testing.T) {
	t.Parallel()
	s := newStage(t, "https")
	var targets []probe.Target
	for i := range 50 {
		f := &fakefront.Front{Builds: []string{"15.1.2507.39"}}
		if i >= 5 {
			f.Hostile = "silence"
		}
		targets = append(targets, s.set(fmt.Sprintf("127.19.0.%d", i+1), f))
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	whole, partial := 0, 0
	err := s.prober.Run(ctx, slices.Values(targets), 4, func(o probe.Observation) error {
		if o.Partial {
			partial++
		} else if whole++; whole == 5 {
			cancel()
		}
		return nil
	})
	if err != nil || whole < 5 || whole+partial > 5+4+4 {
		t.Errorf("%v, %d whole, %d partial", err, whole, partial)
	}
}
