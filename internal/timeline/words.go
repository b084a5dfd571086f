package timeline

import "vigie/internal/casefile"

// words are those of the ledger as a sentence says them. A word that is not here, of a newer version, stands as it is.
var words = map[string]casefile.Text{
	"open":           {FR: "ouvert", EN: "open"},
	"confirmed":      {FR: "confirmé", EN: "confirmed"},
	"false-positive": {FR: "faux positif", EN: "false positive"},
	"accepted":       {FR: "risque accepté", EN: "risk accepted"},
	"resolved":       {FR: "résolu", EN: "resolved"},
	"planned":        {FR: "prévue", EN: "planned"},
	"done":           {FR: "fait", EN: "done"},
	"checked":        {FR: "vérifiée", EN: "checked"},
	"failed":         {FR: "échouée", EN: "failed"},
	"abandoned":      {FR: "abandonnée", EN: "abandoned"},
	"todo":           {FR: "à faire", EN: "to do"},
	"not-applicable": {FR: "sans objet", EN: "not applicable"},
	"refused":        {FR: "refusé par le client", EN: "refused by the client"},
	"acquired":       {FR: "prélevée", EN: "acquired"},
	"received":       {FR: "reçue", EN: "received"},
	"opened":         {FR: "ouverte", EN: "opened"},
	"copied":         {FR: "copiée", EN: "copied"},
	"sent":           {FR: "envoyée", EN: "sent"},
	"returned":       {FR: "rendue", EN: "returned"},
	"destroyed":      {FR: "détruite", EN: "destroyed"},
}

// verdicts are the words for the judgement of a person.
var verdicts = map[casefile.Verdict]casefile.Text{
	casefile.Confirmed:    {FR: "compromission confirmée", EN: "confirmed compromise"},
	casefile.Suspected:    {FR: "compromission suspectée", EN: "suspected compromise"},
	casefile.Undetermined: {FR: "indéterminé", EN: "undetermined"},
	casefile.Targeted:     {FR: "visé, sans succès constaté", EN: "targeted, no success seen"},
	casefile.NoTrace:      {FR: "aucune trace trouvée", EN: "no trace found"},
	casefile.NotAffected:  {FR: "non concerné", EN: "not affected"},
}

func word(s string) casefile.Text {
	if t, ok := words[s]; ok {
		return t
	}
	return same(s)
}

func verdict(v casefile.Verdict) casefile.Text {
	if t, ok := verdicts[v]; ok {
		return t
	}
	return same(string(v))
}

// sentence joins what an entry is about, the word for it, and the reason that a person gave.
func sentence(about, said casefile.Text, reason string) casefile.Text {
	t := casefile.Text{FR: about.FR + "\u00a0: " + said.FR, EN: about.EN + ": " + said.EN}
	if reason != "" {
		t.FR, t.EN = t.FR+" – "+reason, t.EN+" – "+reason
	}
	return t
}
