package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
)

var (
	errHeader   = errors.New("headers over the limit")
	errLine     = errors.New("a line over the limit")
	errProtocol = errors.New("no answer of this protocol")
	errVisit    = errors.New("the time for the visit is over")
	errStopped  = errors.New("the server asked to be left alone")
	errShort    = errors.New("the answer ends before its end")
)

// tlsError wraps what went wrong in a handshake.
type tlsError struct{ err error }

func (e tlsError) Error() string { return "TLS handshake failed" }
func (e tlsError) Unwrap() error { return e.err }

// classify turns an error into a word and a fixed text. Nothing of what a server sent goes into it: errors of the standard library quote
// their input.
func classify(err error) (state, detail string) {
	var dns resolveError
	var scope scopeError
	var shake tlsError
	switch {
	case err == nil, errors.Is(err, errStopped):
		return "answered", ""
	case errors.As(err, &scope) && scope.internal:
		return "internal", scope.why
	case errors.As(err, &scope):
		return "scope", scope.why
	case errors.As(err, &dns):
		return "unresolved", dns.Error()
	case errors.Is(err, errHeader), errors.Is(err, errLine):
		return "limit", err.Error()
	case errors.Is(err, errVisit):
		return "timeout", err.Error()
	case timedOut(err):
		return "timeout", ""
	case errors.Is(err, syscall.ECONNREFUSED), refusedText(err):
		return "refused", ""
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "reset", ""
	case errors.As(err, &shake):
		return "tls", tlsDetail(shake.err)
	case errors.Is(err, errShort), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "closed", ""
	case errors.Is(err, errProtocol):
		return "protocol", errProtocol.Error()
	case errors.Is(err, context.Canceled):
		return "failed", "interrupted"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "unreachable", ""
	}
	return "failed", ""
}

func timedOut(err error) bool {
	var n net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &n) && n.Timeout()
}

// refusedText tells a refusal where the numbers of the system's errors are not those of Unix.
func refusedText(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial" && strings.Contains(op.Err.Error(), "refused")
}

func tlsDetail(err error) string {
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var cert x509.CertificateInvalidError
	switch {
	case errors.As(err, &record):
		return "no TLS is spoken there"
	case errors.As(err, &alert):
		return "the server ended the handshake"
	case errors.As(err, &cert):
		return "the certificate cannot be used"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the server hung up during the handshake"
	}
	return "the handshake failed"
}
