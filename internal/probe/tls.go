package probe

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/netip"
	"strings"
	"time"

	"vigie/internal/fingerprint"
)

// TLSFact is what one service shows of its encryption. Nothing is decided by it: certificates are looked at, not trusted.
type TLSFact struct {
	Where    string    `json:"where"`
	Version  string    `json:"version"` // that was agreed upon
	Old      bool      `json:"old"`     // TLS 1.1 or older is accepted as well
	Subject  string    `json:"subject"`
	Issuer   string    `json:"issuer"`
	Names    []string  `json:"names"` // at most 20
	NotAfter time.Time `json:"not_after"`
	// Expired, SelfSigned and OtherName are the defects that any visitor sees.
	Expired    bool `json:"expired"`
	SelfSigned bool `json:"self_signed"`
	OtherName  bool `json:"other_name"`
}

const (
	maxNames = 20
	maxName  = 255
)

// suites are all that the library knows: the prober must reach old servers, and sends nothing that is worth protecting.
var suites = func() (out []uint16) {
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		out = append(out, s.ID)
	}
	return out
}()

func tlsConfig(host string) *tls.Config {
	c := &tls.Config{
		InsecureSkipVerify: true, // certificates are facts here; see TLSFact
		MinVersion:         tls.VersionTLS10,
		CipherSuites:       suites,
		NextProtos:         []string{"http/1.1"},
	}
	if _, err := netip.ParseAddr(host); err != nil {
		c.ServerName = host
	}
	return c
}

// startTLS shakes hands and keeps what the server shows. It closes the connection when that fails.
func (v *visit) startTLS(ctx context.Context, raw net.Conn, host, where string) (net.Conn, error) {
	config := tlsConfig(host)
	if !strings.HasPrefix(where, "https") {
		config.NextProtos = nil
	}
	conn := tls.Client(raw, config)
	if err := v.shake(ctx, conn); err != nil {
		raw.Close()
		return nil, err
	}
	v.certificate(conn.ConnectionState(), host, where)
	return conn, nil
}

// shake shakes hands within the time for one answer.
func (v *visit) shake(ctx context.Context, conn *tls.Conn) error {
	began := time.Now()
	defer func() { v.left -= time.Since(began) }()
	ctx, cancel := context.WithTimeout(ctx, min(v.p.Limits.Answer, v.left))
	defer cancel()
	if err := conn.HandshakeContext(ctx); err != nil {
		if timedOut(err) || ctx.Err() != nil {
			return context.DeadlineExceeded
		}
		return tlsError{err}
	}
	return nil
}

// oldTLS asks once whether the service accepts TLS 1.1 or 1.0. Only failures to reach it at all are returned.
func (v *visit) oldTLS(ctx context.Context, at place) error {
	raw, err := v.connect(ctx, netip.AddrPortFrom(v.pins[at.host], at.port))
	if err != nil {
		return err
	}
	defer raw.Close()
	v.obs.Asked = append(v.obs.Asked, "TLS 1.1 "+at.String())
	config := tlsConfig(at.host)
	config.MaxVersion = tls.VersionTLS11
	conn := tls.Client(raw, config)
	err = v.shake(ctx, conn)
	if timedOut(err) {
		return err // it would let every other question wait as long
	}
	if err == nil {
		v.certificate(conn.ConnectionState(), at.host, at.String())
	}
	return nil
}

// certificate keeps the facts of a connection and reads their signs. The second connection to a place completes the first.
func (v *visit) certificate(s tls.ConnectionState, host, where string) {
	for i := range v.obs.TLS {
		if f := &v.obs.TLS[i]; f.Where == where {
			f.Old = f.Old || s.Version < tls.VersionTLS12
			f.Version = tls.VersionName(s.Version)
			return
		}
	}
	if len(s.PeerCertificates) == 0 {
		return
	}
	c := s.PeerCertificates[0]
	now := v.obs.Time
	f := TLSFact{Where: where, Version: tls.VersionName(s.Version), Old: s.Version < tls.VersionTLS12,
		Subject: short(c.Subject.String()), Issuer: short(c.Issuer.String()), NotAfter: c.NotAfter.UTC(), Names: certNames(c),
		Expired: now.After(c.NotAfter) || now.Before(c.NotBefore), SelfSigned: bytes.Equal(c.RawIssuer, c.RawSubject), OtherName: c.VerifyHostname(host) != nil}
	v.obs.TLS = append(v.obs.TLS, f)
	v.read(fingerprint.Answer{At: "tls.subject", Text: f.Subject, Where: where + ", certificate"})
	v.read(fingerprint.Answer{At: "tls.issuer", Text: f.Issuer, Where: where + ", certificate"})
	v.read(fingerprint.Answer{At: "tls.names", Text: strings.Join(f.Names, " "), Where: where + ", certificate"})
}

// certNames gives the first names of a certificate, which may hold a hundred thousand.
func certNames(c *x509.Certificate) []string {
	out := []string{}
	for _, n := range c.DNSNames {
		if len(out) == maxNames {
			break
		}
		out = append(out, short(n))
	}
	return out
}

func short(s string) string {
	if len(s) > maxName {
		s = s[:maxName]
	}
	return strings.ToValidUTF8(s, "\ufffd")
}
