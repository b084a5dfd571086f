package probe_test

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"vigie/internal/probe"
)

// webServer answers on one address of this machine and keeps what it was asked.
type webServer struct {
	at   netip.AddrPort
	mu   sync.Mutex
	seen []string
}

func serveWeb(t *testing.T, address string, handle http.HandlerFunc) *webServer {
	t.Helper()
	ln, err := net.Listen("tcp", address)
	if err != nil {
		t.Skipf("no %s here: %v", address, err)
	}
	s := &webServer{at: netip.MustParseAddrPort(ln.Addr().String())}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.seen = append(s.seen, r.Host+" "+r.URL.RequestURI())
		s.mu.Unlock()
		handle(w, r)
	})}
	go server.Serve(ln)
	t.Cleanup(func() { server.Close() })
	return s
}

func (s *webServer) asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.seen)
}

// TestRedirects: they are followed inside the scope only, and what one server says makes the prober ask another one for nothing but a plain path.
func TestRedirects(t *testing.T) {
	t.Parallel()
	other := serveWeb(t, "127.20.0.2:0", func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte(`<title>Outlook</title><link href="/owa/auth/15.1.2507/x">`))
	})
	port := ":" + strconv.Itoa(int(other.at.Port()))
	for _, c := range []struct {
		name, to, scope string
		followed        string // what the other server was asked, "" when nothing
	}{
		{"inside the scope", "http://other.example.test" + port + "/owa/", "*.example.test\n127.20.0.0/16", "other.example.test" + port + " /owa/"},
		{"without its query", "http://other.example.test" + port + "/owa/?x=y", "*.example.test\n127.20.0.0/16", "other.example.test" + port + " /owa/"},
		{"to an odd path", "http://other.example.test" + port + "/autodiscover/autodiscover.json@evil?a=b", "*.example.test\n127.20.0.0/16", ""},
		{"outside the scope", "http://other.example.test" + port + "/owa/", "mail.example.test\n127.20.0.1", ""},
		{"inside by name, to an address that is not", "http://other.example.test" + port + "/owa/", "*.example.test\n127.20.0.1", ""},
		{"without a scope", "http://127.20.0.2" + port + "/owa/", "", ""},
		{"to another protocol", "file:///etc/passwd", "*.example.test\n127.20.0.0/16", ""},
		{"with an account", "http://user:secret@other.example.test" + port + "/", "*.example.test\n127.20.0.0/16", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			first := serveWeb(t, "127.20.0.1:0", func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/" {
					w.Header().Set("Location", c.to)
					w.WriteHeader(http.StatusFound)
					return
				}
				http.NotFound(w, r)
			})
			s := newStage(t)
			s.names = map[string][]netip.Addr{"mail.example.test": addrs("127.20.0.1"), "other.example.test": addrs("127.20.0.2")}
			text := "127.20.0.1"
			if c.scope != "" {
				var err error
				if s.prober.Scope, err = probe.ReadScope(strings.NewReader(c.scope)); err != nil {
					t.Fatal(err)
				}
				text = "mail.example.test"
			}
			target, err := probe.ParseTarget("http://" + text + ":" + strconv.Itoa(int(first.at.Port())))
			if err != nil {
				t.Fatal(err)
			}
			before := len(other.asked())
			o := s.prober.Observe(t.Context(), target)
			if got := strings.Join(other.asked()[before:], ","); got != c.followed {
				t.Errorf("the other server was asked %q, want %q (%q)", got, c.followed, o.Redirect)
			}
		})
	}
}

func TestAskedToStop(t *testing.T) {
	t.Parallel()
	for i, c := range []struct {
		name   string
		status int
		after  string
		stops  bool
	}{{"429", 429, "", true}, {"429 with a time", 429, "120", true}, {"503 with a time", 503, "60", true}, {"503 of a broken server", 503, "", false}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := serveWeb(t, "127.21.0."+strconv.Itoa(i+1)+":0", func(w http.ResponseWriter, _ *http.Request) {
				if c.after != "" {
					w.Header().Set("Retry-After", c.after)
				}
				w.WriteHeader(c.status)
			})
			target, err := probe.ParseTarget("http://" + w.at.String())
			if err != nil {
				t.Fatal(err)
			}
			o := newStage(t).prober.Observe(t.Context(), target)
			if (o.Stopped != "") != c.stops || (len(w.asked()) == 1) != c.stops {
				t.Errorf("stopped %q after %q", o.Stopped, w.asked())
			}
		})
	}
}

func TestIPv6(t *testing.T) {
	t.Parallel()
	w := serveWeb(t, "[::1]:0", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-OWA-Version", "15.1.2507.39") })
	target, err := probe.ParseTarget("http://" + w.at.String())
	if err != nil {
		t.Fatal(err)
	}
	o := newStage(t).prober.Observe(t.Context(), target)
	if got := clues(&o); len(got) != 1 || got[0] != "http.owa-version-header 15.1.2507.39" {
		t.Errorf("%q %s", got, o.Failure)
	}
	if asked := w.asked(); len(asked) == 0 || !strings.HasPrefix(asked[0], "[::1]:") {
		t.Errorf("%q", asked)
	}
}

// TestServerName: a server that carries several names is told which one is meant, in ASCII.
func TestServerName(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	names := make(chan string, 20)
	server.TLS = &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		names <- hello.ServerName
		return nil, nil
	}}
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // the prober asks for old TLS too
	server.StartTLS()
	t.Cleanup(server.Close)
	s := newStage(t)
	s.names = map[string][]netip.Addr{"xn--bcher-kva.example.test": addrs("127.0.0.1")}
	var err error
	if s.prober.Scope, err = probe.ReadScope(strings.NewReader("bücher.example.test\n127.0.0.1")); err != nil {
		t.Fatal(err)
	}
	at := netip.MustParseAddrPort(server.Listener.Addr().String())
	target, err := probe.ParseTarget("https://bücher.example.test:" + strconv.Itoa(int(at.Port())))
	if err != nil {
		t.Fatal(err)
	}
	if o := s.prober.Observe(t.Context(), target); o.Failure != "" || len(o.TLS) != 1 || !o.TLS[0].OtherName {
		t.Errorf("%q %+v", o.Failure, o.TLS)
	}
	if name := <-names; name != "xn--bcher-kva.example.test" {
		t.Errorf("%q", name)
	}
}
