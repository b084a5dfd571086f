package detect

import (
	"vigie/internal/harden"
	"vigie/internal/intake"
	"vigie/internal/settings"
)

// settingsExaminer reads exports of configuration.
type settingsExaminer struct{ p *Pack }

// kindExport is the kind of an export of configuration, as a word of the ledger.
const kindExport = "settings-export"

func (e *settingsExaminer) Examine(f *intake.File, out *FileFacts) {
	if !settings.Is(f.Data[:min(len(f.Data), settings.SniffSize)]) {
		return
	}
	facts, gaps := settings.Read(f.Path, f.Data, settings.Options{Want: e.p.harden.Wants})
	out.Settings = append(out.Settings, facts.Settings...)
	out.Clues = append(out.Clues, facts.Clues...)
	out.Claims = append(out.Claims, facts.Claims...)
	out.Named = facts.Host
	if facts.Form == settings.IISConfig {
		return // the examiner of web folders tells what is wrong with it
	}
	if len(facts.Settings)+len(facts.Clues) > 0 && out.Kind == "" {
		out.Kind = kindExport
	}
	out.Gaps = append(out.Gaps, gaps...)
}

// Hardening answers the checks of settings, those of shields and provisos among them (kb.Conditions).
func (p *Pack) Hardening() *harden.Rules { return p.harden }
