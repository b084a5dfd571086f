package fakefront

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Server gives each visitor the front end of the address that was dialled.
type Server struct {
	front func(netip.Addr) *Front // nil: nobody there, the connection is closed
	cert  tls.Certificate
	wg    sync.WaitGroup
	mu    sync.Mutex
	open  map[interface{ Close() error }]struct{} // listeners and connections
	ended bool
}

// NewServer makes a server with a certificate of its own, as setup gives one to each new Exchange server.
func NewServer(front func(netip.Addr) *Front) (*Server, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail.example.test"}, DNSNames: []string{"mail.example.test", "EX01.corp.example.test"},
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().AddDate(5, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		return nil, err
	}
	return &Server{front: front, cert: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, open: map[interface{ Close() error }]struct{}{}}, nil
}

// Listen serves a service (https, http, smtp, imap, pop3) on an address until Close. A listener on all addresses serves those that dialled a
// loopback address, and hangs up on others. It gives the address that it listens on, for a port of 0.
func (s *Server) Listen(service, address string) (netip.AddrPort, error) {
	ln, err := net.Listen("tcp", address)
	if err != nil {
		return netip.AddrPort{}, err
	}
	if !s.keep(ln) {
		return netip.AddrPort{}, net.ErrClosed
	}
	s.wg.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			if !s.keep(conn) {
				return
			}
			s.wg.Go(func() {
				defer s.drop(conn)
				s.serve(service, conn)
			})
		}
	})
	at, err := netip.ParseAddrPort(ln.Addr().String())
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("listen %s: %w", address, err)
	}
	return at, nil
}

// keep remembers what Close must close; it closes it at once after Close.
func (s *Server) keep(c interface{ Close() error }) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		_ = c.Close()
		return false
	}
	s.open[c] = struct{}{}
	return true
}

func (s *Server) drop(c net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, c)
	_ = c.Close()
}

// Close ends all listeners and connections, and waits for them.
func (s *Server) Close() {
	s.mu.Lock()
	s.ended = true
	for c := range s.open {
		_ = c.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
}

func (s *Server) serve(service string, conn net.Conn) {
	local, err := netip.ParseAddrPort(conn.LocalAddr().String())
	if err != nil || !local.Addr().Unmap().IsLoopback() {
		return
	}
	f := s.front(local.Addr().Unmap())
	if f == nil {
		return
	}
	upgrade := func(c net.Conn) *tls.Conn {
		config := &tls.Config{Certificates: []tls.Certificate{s.cert}, MinVersion: tls.VersionTLS12}
		if f.OldTLS {
			config.MinVersion = tls.VersionTLS10
		}
		return tls.Server(c, config)
	}
	switch service {
	case "https":
		if f.Hostile == "bad-tls" {
			_, _ = conn.Write([]byte("SSH-2.0-OpenSSH_9.2\r\n" + controlText))
			return
		}
		if f.Hostile == "no-handshake" {
			_ = conn.SetDeadline(time.Now().Add(idle))
			wait(conn)
			return
		}
		t := upgrade(conn)
		_ = conn.SetDeadline(time.Now().Add(idle))
		if t.Handshake() == nil {
			f.serveWeb(t, service)
			_ = t.CloseWrite()
		}
	case "http":
		f.serveWeb(conn, service)
	default:
		f.serveMail(conn, service, upgrade)
	}
}
