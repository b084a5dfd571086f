// Package psscript writes the PowerShell that carries out a plan, for a person to review. It runs nothing.
//
// The commands are templates of the playbook; names come from evidence, which an attacker may have written, and stand as quoted arguments (Quote).
// What changes something is written as a try with -WhatIf; the real command and the way back follow as comments.
package psscript

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"vigie/internal/casefile"
	"vigie/internal/kb"
	"vigie/internal/ledger"
)

// Options say what is written.
type Options struct {
	Lang string // "fr", or anything else for English
	Case string // what the case is called; "" for nothing
}

// MaxThings bounds how often one command of one action is written.
const MaxThings = 500

// maxName is the longest name that is put into a command, in bytes: no account, rule or server has a longer one.
const maxName = 256

// Write writes the script of some actions of a case, in their order.
func Write(w io.Writer, c *casefile.Case, actions []ledger.ActionRecord, k *kb.KB, o Options) error {
	s := &script{c: c, k: k, o: o, seen: map[string]bool{}}
	s.head(len(actions))
	for i := range actions {
		s.action(&actions[i])
	}
	_, err := io.WriteString(w, s.b.String())
	return err
}

type script struct {
	b    strings.Builder
	c    *casefile.Case
	k    *kb.KB
	o    Options
	seen map[string]bool // commands that stand in the script already
	file int
}

func (s *script) say(fr, en string) string {
	if s.o.Lang == "fr" {
		return fr
	}
	return en
}

// note writes a comment of words that the program or the knowledge brought.
func (s *script) note(format string, args ...any) {
	fmt.Fprintf(&s.b, "# %s\n", line(fmt.Sprintf(format, args...)))
}

func (s *script) head(n int) {
	s.note("%s", s.say("Vigie\u00a0: commandes à relire", "Vigie: commands to review"))
	if s.o.Case != "" {
		s.note("%s", Comment(s.o.Case))
	}
	s.note(s.say("%d actions. Vigie n’a rien exécuté.", "%d actions. Vigie ran nothing."), n)
	s.note("%s", s.say("Lancé tel quel, ce fichier lit, garde un relevé et essaie (-WhatIf)\u00a0: il ne change rien.", "Run as it is, this file reads, keeps a record and tries (-WhatIf): it changes nothing."))
	s.note("%s", s.say("La commande réelle et le retour en arrière suivent en commentaire\u00a0: ôter le # après relecture.", "The real command and the roll-back follow as comments: take the # away after review."))
	s.note("%s", s.say("Les noms viennent des éléments de preuve\u00a0: comparer chacun à ce que vous connaissez.", "Names come from the evidence: compare each with what you know."))
	s.note("%s", s.say("Il faut Exchange Management Shell et le module ActiveDirectory.", "Exchange Management Shell and the ActiveDirectory module are needed."))
}

func (s *script) action(a *ledger.ActionRecord) {
	fmt.Fprintf(&s.b, "\n# %s\n", strings.Repeat("=", 100))
	s.note("%s  [%s]  %s", Comment(a.ID), Comment(a.Phase), Comment(a.Target))
	s.note("%s", a.Title.In(s.lang()))
	s.field(s.say("Pourquoi", "Why"), a.Why.In(s.lang()))
	if len(a.Answers) > 0 {
		s.field(s.say("Constats", "Findings"), Comment(strings.Join(a.Answers, " ")))
	}
	if len(a.Checks) > 0 {
		s.field(s.say("Contrôles non conformes", "Checks not met"), Comment(strings.Join(a.Checks, " ")))
	}
	s.field(s.say("Qui", "Who"), a.Who.In(s.lang()))
	s.field(s.say("Effets", "Side effects"), a.Breaks.In(s.lang()))
	s.field(s.say("Vérification", "How to see that it is done"), a.Check.In(s.lang()))
	step, ok := s.k.StepByID(a.Step)
	if !ok || len(step.Script) == 0 {
		s.note("%s", s.say("Aucune commande\u00a0: à faire à la main.", "No command: to be done by hand."))
		return
	}
	wrote := false
	for i := range step.Script {
		wrote = s.command(a, &step.Script[i]) || wrote
	}
	if !wrote {
		s.note("%s", s.say("Aucune commande\u00a0: l’affaire ne nomme ni compte, ni boîte, ni serveur pour cette action, ou elle figure déjà plus haut.",
			"No command: the case names no account, mailbox or server for this action, or it stands above already."))
	}
}

func (s *script) lang() string { return s.o.Lang }

func (s *script) field(name, words string) {
	if words == "" {
		return
	}
	if s.o.Lang == "fr" {
		name += "\u00a0"
	}
	s.note("%s: %s", name, words)
}

// command writes one command for each thing that it is about, and tells whether there was one.
func (s *script) command(a *ledger.ActionRecord, c *kb.Command) bool {
	wrote := 0
	for _, names := range things(s.c, a.Target, c.Each) {
		if bad := slices.IndexFunc(names, name.odd); bad >= 0 {
			s.note("%s %s", s.say("Ce ne peut être un nom, laissé de côté :", "This can be no name, left out:"), Comment(names[bad].value))
			continue
		}
		try := fill(c.Do, names, "", " -WhatIf")
		key := try
		if c.Each == "host" { // it may be one that is run on the server
			key = a.Target + "\x00" + try
		}
		if s.seen[key] {
			continue
		}
		if wrote == MaxThings {
			s.note("%s", s.say("D’autres suivent dans l’affaire\u00a0: relancer une fois ceux-ci traités.", "More follow in the case: run again once these are dealt with."))
			break
		}
		s.seen[key] = true
		wrote++
		s.file++
		s.one(c, names, fmt.Sprintf("vigie-%s-%03d.xml", fileName(a.ID), s.file), try)
	}
	return wrote > 0
}

func (s *script) one(c *kb.Command, names []name, file, try string) {
	var told []string
	for _, n := range names {
		if n.key != "sam" && n.value != "" {
			told = append(told, n.key+" "+Comment(n.value))
		}
	}
	if len(told) == 0 {
		told = append(told, s.say("une fois pour tous les serveurs", "once for all servers"))
	}
	s.b.WriteByte('\n')
	s.note("--- %s", strings.Join(told, ", "))
	if n := c.Note.In(s.lang()); n != "" {
		s.note("%s", n)
	}
	if c.Before != "" {
		s.note("%s", s.say("Relevé, pour le retour en arrière", "Record, for the roll-back"))
		s.b.WriteString(fill(c.Before, names, file, "") + "\n")
	}
	s.note("%s", s.say("Essai\u00a0: ne change rien", "Try: changes nothing"))
	s.b.WriteString(try + "\n")
	s.note("%s", s.say("Pour de bon", "For real"))
	fmt.Fprintf(&s.b, "# %s\n", fill(c.Do, names, file, ""))
	if c.Undo != "" {
		s.note("%s", s.say("Retour en arrière", "Roll-back"))
		fmt.Fprintf(&s.b, "# %s\n", fill(c.Undo, names, file, ""))
	} else {
		s.field(s.say("Retour en arrière", "Roll-back"), c.NoUndo.In(s.lang()))
	}
	if c.Verify != "" {
		s.note("%s", s.say("Vérification", "Verification"))
		fmt.Fprintf(&s.b, "# %s\n", fill(c.Verify, names, file, ""))
	}
}

// fill puts quoted names into a template, in one pass: what stands in a name is never taken for a place of another.
func fill(template string, names []name, file, whatif string) string {
	pairs := []string{"{whatif}", whatif, "{file}", Quote(file)}
	for _, n := range names {
		pairs = append(pairs, "{"+n.key+"}", Quote(n.value))
	}
	return strings.NewReplacer(pairs...).Replace(template)
}

// fileName keeps of an action's number what a file may be called.
func fileName(id string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r == '-' {
			return r
		}
		return -1
	}, id[:min(len(id), 20)])
}
