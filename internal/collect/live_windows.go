package collect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"vigie/internal/vgz"
)

// Limits of what is run: a command of the profile that hangs costs this and no more.
const (
	commandTime = 2 * time.Minute
	shellTime   = 10 * time.Minute // loading the Exchange shell alone takes a minute on a loaded server
)

// NewLive gives what the running system can export. Shadow copies are made only when shadow is true.
func NewLive(shadow bool) *Live {
	s := &shadows{made: map[string]shadowCopy{}}
	l := &Live{Registry: registryText, Export: export, Close: s.close}
	if shadow {
		l.Shadow = s.path
	}
	return l
}

var hives = map[string]registry.Key{"HKLM": registry.LOCAL_MACHINE, "HKU": registry.USERS, "HKCR": registry.CLASSES_ROOT}

// registryText reads KEY!VALUE, a text or a number.
func registryText(name string) (string, bool) {
	path, value, ok := strings.Cut(name, "!")
	hive, path, ok2 := strings.Cut(path, `\`)
	root, known := hives[hive]
	if !ok || !ok2 || !known {
		return "", false
	}
	k, err := registry.OpenKey(root, path, registry.QUERY_VALUE|registry.WOW64_64KEY)
	if err != nil {
		return "", false
	}
	defer k.Close()
	if s, _, err := k.GetStringValue(value); err == nil {
		if full, err := registry.ExpandString(s); err == nil {
			s = full
		}
		return s, s != ""
	}
	if n, _, err := k.GetIntegerValue(value); err == nil {
		return strconv.FormatUint(n, 10), true
	}
	return "", false
}

func export(ctx context.Context, e Export, out io.Writer) error {
	switch e.Kind {
	case "registry":
		// `reg export` writes to a file only; `reg query /s` writes the same to its output.
		return runCommand(ctx, commandTime, out, "reg.exe", "query", e.Args[0], "/s", "/reg:64")
	case "exchange-shell":
		// The cmdlet's name was checked to begin with Get- and to hold letters only (Profile.check).
		script := `$ErrorActionPreference='Stop'; Add-PSSnapin Microsoft.Exchange.Management.PowerShell.SnapIn; ` +
			`[Console]::OutputEncoding=[Text.Encoding]::UTF8; [Management.Automation.PSSerializer]::Serialize(@(` + e.Args[0] + `), 4)`
		return runCommand(ctx, shellTime, out, "powershell.exe", "-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-Command", script)
	}
	return runCommand(ctx, commandTime, out, e.Args[0], e.Args[1:]...)
}

// runCommand runs a command and gives the beginning of what it says in error.
func runCommand(ctx context.Context, limit time.Duration, out io.Writer, name string, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = out, &bounded{&said, 2000}
	cmd.SysProcAttr = &windows.SysProcAttr{HideWindow: true, CreationFlags: windows.BELOW_NORMAL_PRIORITY_CLASS}
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(said.String()))
	}
	return nil
}

// shadows makes at most one shadow copy of a drive (Win32_ShadowCopy, through
// PowerShell, since its COM interface is not to be had without cgo).
type shadows struct {
	mu   sync.Mutex
	made map[string]shadowCopy
}

type shadowCopy struct {
	id, device string
	err        error
}

func (s *shadows) path(file string) (string, error) {
	if len(file) < 3 || file[1] != ':' {
		return "", errors.New("no drive")
	}
	drive := strings.ToUpper(file[:1])
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.made[drive]
	if !ok {
		c = makeShadow(drive)
		s.made[drive] = c
	}
	return c.device + file[2:], c.err
}

func makeShadow(drive string) (c shadowCopy) {
	var out bytes.Buffer
	script := `$ErrorActionPreference='Stop'; $r=([WMIClass]'root\cimv2:Win32_ShadowCopy').Create('` + drive + `:\','ClientAccessible'); ` +
		`if($r.ReturnValue -ne 0){throw "code $($r.ReturnValue)"}; $s=Get-WmiObject Win32_ShadowCopy | Where-Object {$_.ID -eq $r.ShadowID}; $s.ID; $s.DeviceObject`
	if c.err = runCommand(context.Background(), commandTime, &out, "powershell.exe", "-NoProfile", "-NonInteractive", "-Command", script); c.err != nil {
		return c
	}
	lines := strings.Fields(out.String())
	if len(lines) != 2 || !strings.HasPrefix(lines[1], `\\?\GLOBALROOT\Device\`) {
		c.err = fmt.Errorf("shadow copy: unexpected answer %q", out.String())
		return c
	}
	c.id, c.device = lines[0], lines[1]
	return c
}

// close removes the copies that were made.
func (s *shadows) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, c := range s.made {
		if c.err == nil {
			errs = append(errs, runCommand(context.Background(), commandTime, io.Discard, "vssadmin.exe", "delete", "shadows", "/shadow="+c.id, "/quiet"))
		}
	}
	return errors.Join(errs...)
}

// Facts are what the running machine says of itself.
func Facts(l *Live) vgz.Machine {
	m := baseFacts()
	if v, ok := l.Registry(`HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters!Domain`); ok {
		m.Domain = v
	}
	m.Clues = map[string]string{}
	for name, key := range map[string]string{
		"windows":       `HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion!ProductName`,
		"windows-build": `HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion!CurrentBuildNumber`,
		"zone-key":      `HKLM\SYSTEM\CurrentControlSet\Control\TimeZoneInformation!TimeZoneKeyName`,
		"exchange":      `HKLM\SOFTWARE\Microsoft\ExchangeServer\v15\Setup!OwaVersion`,
		"exchange-path": `HKLM\SOFTWARE\Microsoft\ExchangeServer\v15\Setup!MsiInstallPath`,
	} {
		if v, ok := l.Registry(key); ok {
			m.Clues[name] = v
		}
	}
	return m
}
