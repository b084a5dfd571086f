package report

import (
	"strings"
	"unicode"
)

// List joins words as a sentence does: "a", "a et b", "a, b et c".
func (p *Printer) List(words []string) string {
	and := " and "
	if p.lang == "fr" {
		and = " et "
	}
	switch n := len(words); n {
	case 0:
		return ""
	case 1:
		return words[0]
	default:
		return strings.Join(words[:n-1], ", ") + and + words[n-1]
	}
}

// De puts "de" before a name, elided before a vowel or a mute h: "de Paris",
// "d’Abidjan", "du Caire", "des Abymes". English says "of".
func (p *Printer) De(name string) string {
	if p.lang != "fr" {
		return "of " + name
	}
	switch {
	case strings.HasPrefix(name, "Le "):
		return "du " + name[3:]
	case strings.HasPrefix(name, "Les "):
		return "des " + name[4:]
	case strings.HasPrefix(name, "La "):
		return "de la " + name[3:]
	}
	if elides(name) {
		return "d’" + name
	}
	return "de " + name
}

// elides says whether "de" loses its vowel before a word. A French h is mute
// more often than not; the exceptions are few and listed.
func elides(word string) bool {
	r := firstLetter(word)
	if strings.ContainsRune("aàâäeéèêëiîïoôöuùûüœæ", r) {
		lower := strings.ToLower(word)
		return !strings.HasPrefix(lower, "onz") && !strings.HasPrefix(lower, "oui")
	}
	if r != 'h' {
		return false
	}
	lower := strings.ToLower(word)
	for _, h := range []string{"haut", "hors", "huit", "hash", "hameçon", "hambourg", "hong", "honduras", "hollande", "hongrie", "haye", "havre", "hub", "hack"} {
		if strings.HasPrefix(lower, h) {
			return false
		}
	}
	return true
}

func firstLetter(s string) rune {
	for _, r := range s {
		return unicode.ToLower(r)
	}
	return 0
}
