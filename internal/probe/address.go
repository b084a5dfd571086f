package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// locate gives the one address at which a host is visited: resolved once, held against the scope with all its other addresses, and pinned by
// the caller. IPv4 is taken first where a name has both.
func (p *Prober) locate(ctx context.Context, host string, literal netip.Addr) (netip.Addr, error) {
	addrs := []netip.Addr{literal}
	if !literal.IsValid() {
		ctx, cancel := context.WithTimeout(ctx, p.Limits.Connect)
		defer cancel()
		var err error
		if addrs, err = p.Resolve(ctx, host); err != nil {
			return netip.Addr{}, resolveError{err}
		}
		if len(addrs) == 0 {
			return netip.Addr{}, resolveError{errors.New("no address")}
		}
	}
	best := addrs[0].Unmap()
	for i, a := range addrs {
		addrs[i] = a.Unmap().WithZone("")
		if addrs[i].Is4() && !best.Is4() {
			best = addrs[i]
		}
	}
	if err := p.Scope.check(host, literal.IsValid(), addrs); err != nil {
		return netip.Addr{}, err
	}
	return best.WithZone(""), nil
}

// resolveError says that a name has no address.
type resolveError struct{ err error }

func (e resolveError) Error() string { return "the name cannot be resolved" }
func (e resolveError) Unwrap() error { return e.err }

// SystemResolver asks the resolver of the system.
func SystemResolver(ctx context.Context, host string) ([]netip.Addr, error) {
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}

// Dialer opens connections. allowed is asked about the address that the kernel is given, after all resolving and parsing; nil allows what
// the prober chose.
func Dialer(allowed func(netip.AddrPort) error) func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	return func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
		d := net.Dialer{KeepAlive: -1, ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
			got, err := netip.ParseAddrPort(address)
			if err != nil || netip.AddrPortFrom(got.Addr().Unmap(), got.Port()) != to {
				return fmt.Errorf("dialled %s in place of %s", address, to)
			}
			if allowed != nil {
				return allowed(to)
			}
			return nil
		}}
		return d.DialContext(ctx, "tcp", to.String())
	}
}

// LoopbackOnly is a guard for [Dialer] in tests and demonstrations: no packet leaves the machine.
func LoopbackOnly(to netip.AddrPort) error {
	if !to.Addr().IsLoopback() {
		return fmt.Errorf("%s is not loopback", to)
	}
	return nil
}

// connect opens a connection of the visit at its pace and within its time.
func (v *visit) connect(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	if err := v.wait(ctx, to.Addr()); err != nil {
		return nil, err
	}
	began := time.Now()
	defer func() { v.left -= time.Since(began) }()
	ctx, cancel := context.WithTimeout(ctx, min(v.p.Limits.Connect, v.left))
	defer cancel()
	return v.p.Dial(ctx, to)
}

// wait keeps the pace; the time it takes is not charged to the server.
func (v *visit) wait(ctx context.Context, a netip.Addr) error {
	if v.left <= 0 {
		return errVisit
	}
	_, err := v.p.Pace.Wait(ctx, a)
	return err
}
