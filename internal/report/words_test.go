package report

import (
	"strings"
	"testing"
	"time"

	"vigie/internal/casefile"
)

// plain makes no-break spaces visible: _ for a no-break space, ~ for a narrow one.
func plain(s string) string {
	return strings.NewReplacer(nbsp, "_", nnbsp, "~").Replace(s)
}

func TestContractWords(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		v      casefile.Verdict
		fr, en string
	}{
		{casefile.Confirmed, "Compromission confirmée", "Confirmed compromise"},
		{casefile.Suspected, "Compromission suspectée", "Suspected compromise"},
		{casefile.Undetermined, "Indéterminé", "Undetermined"},
		{casefile.Targeted, "Visé, sans succès constaté", "Targeted, no success seen"},
		{casefile.NoTrace, "Aucune trace trouvée", "No trace found"},
		{casefile.NotAffected, "Non concerné", "Not affected"},
		{"later\x1b", `later\x1b`, `later\x1b`},
	} {
		if got := Words("fr").Verdict(x.v); got != x.fr {
			t.Errorf("%s: %q", x.v, got)
		}
		if got := Words("en").Verdict(x.v); got != x.en {
			t.Errorf("%s: %q", x.v, got)
		}
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	fr, en := Words("fr"), Words("en")
	for _, x := range []struct{ got, want string }{
		{fr.Int(0), "0"}, {fr.Int(999), "999"}, {fr.Int(1234567), "1~234~567"}, {fr.Int(-1234), "-1~234"}, {en.Int(1234567), "1,234,567"},
		{fr.Percent(0), "0_%"}, {fr.Percent(1), "100_%"}, {fr.Percent(0.871), "87,1_%"}, {en.Percent(0.871), "87.1%"},
		{fr.Percent(0.99999), "99,9_%"}, {en.Percent(0.0001), "under 0.1%"}, {fr.Percent(0.0001), "moins de 0,1_%"}, {en.Percent(7), "100%"}, {en.Percent(-7), "0%"},
		{fr.Bytes(0), "0_o"}, {fr.Bytes(999), "999_o"}, {fr.Bytes(1000), "1_ko"}, {fr.Bytes(1_500_000), "1,5_Mo"}, {en.Bytes(1_500_000), "1.5_MB"}, {en.Bytes(20_000_000_000), "20_GB"}, {fr.Bytes(1_048_576), "1_Mo"}, {en.Bytes(5_000_000_000_000_000), "5,000_TB"},
		{fr.Duration(0), "moins de 1_s"}, {en.Duration(12 * time.Second), "12_s"}, {fr.Duration(125 * time.Minute), "2_h_05_min"}, {fr.Duration(26 * time.Hour), "1 jour 2_h"}, {en.Duration(50 * time.Hour), "2 days 2_h"}, {en.Duration(24 * time.Hour), "1 day"}, {fr.Duration(400 * 24 * time.Hour), "400 jours"}, {en.Duration(-time.Hour), "under 1_s"},
		{fr.N("more.findings", 0), "et 0 autre constat"}, {fr.N("more.findings", 1), "et 1 autre constat"}, {fr.N("more.findings", 2), "et 2 autres constats"}, {fr.N("more.findings", 1000000), "et 1~000~000 autres constats"},
		{en.N("more.findings", 0), "and 0 more findings"}, {en.N("more.findings", 1), "and 1 more finding"},
		{fr.T("no.such.key"), "no.such.key"},
	} {
		if plain(x.got) != x.want {
			t.Errorf("got %q, want %q", plain(x.got), x.want)
		}
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	kolkata, err := time.LoadLocation("Asia/Kolkata")
	if err != nil {
		t.Fatal(err)
	}
	at3, first, night := at("2021-03-03 05:12:33"), at("2021-08-01 00:00:00"), at("2021-12-31 23:30:00")
	fr, en := Words("fr"), Words("en")
	for _, x := range []struct{ got, want string }{
		{fr.DateTime(at3), "3_mars 2021 à 05_h_12 (UTC)"}, {en.DateTime(at3), "3_March 2021, 05:12 UTC"},
		{fr.DateTime(first), "1er_août 2021 à 00_h_00 (UTC)"}, {en.Date(first), "1_August 2021"},
		{fr.In(paris).DateTime(at3), "3_mars 2021 à 05_h_12 (UTC ; 06_h_12, heure de Paris, UTC+1)"},
		{fr.In(paris).DateTime(night), "31_décembre 2021 à 23_h_30 (UTC ; 1er_janvier 2022 à 00_h_30, heure de Paris, UTC+1)"},
		{en.In(paris).DateTime(first), "1_August 2021, 00:00 UTC (02:00, Paris time, UTC+2)"},
		{en.In(kolkata).DateTime(at3), "3_March 2021, 05:12 UTC (10:42, Kolkata time, UTC+5:30)"},
		{fr.In(time.FixedZone("", -3600)).DateTime(at3), "3_mars 2021 à 05_h_12 (UTC ; 04_h_12, UTC-1)"},
		{fr.In(time.UTC).DateTime(at3), "3_mars 2021 à 05_h_12 (UTC)"},
		{fr.DateTime(time.Time{}), "date inconnue"}, {en.Stamp(time.Time{}), "unknown date"},
		{en.Stamp(at3), "2021-03-03 05:12:33_UTC"}, {en.In(paris).LocalStamp(at3), "2021-03-03 06:12:33_UTC+1"}, {en.LocalStamp(at3), ""},
		{fr.Zone(), "Toutes les heures sont en UTC."},
	} {
		if plain(x.got) != x.want {
			t.Errorf("got %q, want %q", plain(x.got), x.want)
		}
	}
}

func TestGrammar(t *testing.T) {
	t.Parallel()
	fr, en := Words("fr"), Words("en")
	for _, x := range []struct{ got, want string }{
		{fr.List(nil), ""}, {fr.List([]string{"a"}), "a"}, {fr.List([]string{"a", "b"}), "a et b"}, {fr.List([]string{"a", "b", "c"}), "a, b et c"}, {en.List([]string{"a", "b", "c"}), "a, b and c"},
		{fr.De("Paris"), "de Paris"}, {fr.De("Abidjan"), "d’Abidjan"}, {fr.De("Épinal"), "d’Épinal"}, {fr.De("hôte"), "d’hôte"}, {fr.De("Hambourg"), "de Hambourg"}, {fr.De("Le Caire"), "du Caire"}, {fr.De("Les Abymes"), "des Abymes"}, {fr.De("La Réunion"), "de la Réunion"}, {fr.De("onze"), "de onze"}, {fr.De(""), "de "}, {en.De("Paris"), "of Paris"},
		{frenchSpaces("Vu ? Oui ; 12 % : « bien » !"), "Vu~? Oui~; 12_%_: «~bien~»~!"},
		{frenchSpaces("à 05 h 12, 3 Mo en 2 min"), "à 05_h_12, 3_Mo en 2_min"},
		{frenchSpaces("mail01.zip!logs http://x.example:80/?a;b"), "mail01.zip!logs http://x.example:80/?a;b"},
	} {
		if plain(x.got) != x.want {
			t.Errorf("got %q, want %q", plain(x.got), x.want)
		}
	}
}

func TestVisible(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain":          "plain",
		"a\x1b[2Jb":      `a\x1b[2Jb`,
		"a\nb\r\tc":      `a\nb\r\tc`,
		"\u202egnp":      `\u202egnp`,
		"z\u200bw":       `z\u200bw`,
		"\xff\xfe":       `\xff\xfe`,
		"\u009b2J":       `\u009b2J`,
		"\u0430dmin":     `\u0430dmin`,
		"pa\u0443pal":    `pa\u0443pal`,
		"Привет":         "Привет", // a whole word of another alphabet is a word
		"été, «œuvre»":   "été, «œuvre»",
		"e\u0301":        "e\u0301",
		"\u0301x":        `\u0301x`,
		"日本":             "日本",
		"\U000e0041":     `\U000e0041`,
		"a\u00a0b\u00ad": "a\u00a0b\\u00ad",
		"":               "",
	} {
		if got := visible(in); got != want {
			t.Errorf("visible(%+q) = %q, want %q", in, got, want)
		}
	}
	if got := visibleMax(strings.Repeat("x", 50), 10); got != "xxxxxxxxxx…(+40)" {
		t.Error(got)
	}
}

func TestColumns(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]int{"": 0, "été": 3, "e\u0301": 1, "日本": 4, "ｱ": 1, "─█": 2} {
		if got := columns(s); got != want {
			t.Errorf("columns(%q) = %d, want %d", s, got, want)
		}
	}
	if got := pad("日本語", 5); columns(got) != 5 {
		t.Errorf("pad: %q", got)
	}
	for _, l := range wrap(strings.Repeat("日本語 et ", 20)+strings.Repeat("x", 90), 17) {
		if columns(l) > 17 {
			t.Errorf("wrap: %q", l)
		}
	}
	if got := breakName("mx02.filiale-2.example", 12); strings.Join(got, "|") != "mx02.|filiale-2.|example" {
		t.Error(got)
	}
}
