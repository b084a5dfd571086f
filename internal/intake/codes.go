package intake

import (
	"strings"
	"sync"

	"vigie/internal/casefile"
	"vigie/internal/eventtext"
	"vigie/internal/evidence"
	"vigie/internal/evtx"
)

// own are the codes of gaps that reading makes beside those of the formats. Those of text logs stand behind the kind of log and a period.
var own = map[string]casefile.Text{
	"kind.unrecognised":  {EN: "The file is a log by its name or by its later part, and does not begin as one.", FR: "Le fichier est un journal par son nom ou par sa suite, et ne commence pas comme tel."},
	"kind.not_supported": {EN: "No log that this version knows.", FR: "Aucun journal que cette version connaisse."},
	"run.interrupted":    {EN: "The run was interrupted.", FR: "L’examen a été interrompu."},
	"header.missing":     {EN: "The log has no header that names its columns.", FR: "Le journal n’a pas d’en-tête qui nomme ses colonnes."},
	"utf16.odd":          {EN: "A byte is left over at the end of a text of two bytes a character.", FR: "Un octet reste seul à la fin d’un texte à deux octets par caractère."},
	"hosts.too_many":     {EN: "The records name more servers than are told apart.", FR: "Les enregistrements nomment plus de serveurs qu’il n’en est distingué."},

	"processes.too_many": {EN: "More processes descend from flagged ones than are followed.", FR: "Plus de processus descendent de processus signalés qu’il n’en est suivi."},

	codeFileTooLarge: {EN: "The file is larger than what is looked at of one file.", FR: "Le fichier est plus grand que ce qui est examiné d’un fichier."},

	"requests.not_searched": {EN: "Requests to web shells outside the folders whose pages are known were not looked for: standard input is read once.",
		FR: "Les requêtes vers des webshells hors des dossiers dont les pages sont connues n’ont pas été cherchées : l’entrée standard n’est lue qu’une fois."},

	"winexe.damaged":  {EN: "A binary with a name of the product could not be read: its version is not known.", FR: "Un binaire qui porte un nom du produit n’a pas pu être lu : sa version n’est pas connue."},
	"winexe.unsigned": {EN: "A binary with a name of the product bears no signature: its version is not counted.", FR: "Un binaire qui porte un nom du produit n’est pas signé : sa version n’est pas comptée."},

	"yara.file_too_large":   {EN: "The file is larger than what is scanned with YARA rules.", FR: "Le fichier est plus grand que ce qui est examiné par les règles YARA."},
	"yara.budget.condition": {EN: "A YARA rule would take too much work on the file.", FR: "Une règle YARA demanderait trop de travail sur le fichier."},
	"yara.budget.reference": {EN: "A YARA rule refers to one that took too much work on the file.", FR: "Une règle YARA renvoie à une autre qui demandait trop de travail sur le fichier."},
	"yara.budget.strings":   {EN: "The strings of a YARA rule would take too much work on the file.", FR: "Les chaînes d’une règle YARA demanderaient trop de travail sur le fichier."},

	"header.columns":   {EN: "A column that rules need is missing, or is there twice.", FR: "Une colonne dont les règles ont besoin manque, ou figure deux fois."},
	"header.damaged":   {EN: "The header that names the columns is damaged.", FR: "L’en-tête qui nomme les colonnes est abîmé."},
	"line.comment":     {EN: "A comment holds a text that rules look for.", FR: "Un commentaire contient un texte que les règles cherchent."},
	"line.cr":          {EN: "Lines end as on an old Macintosh.", FR: "Les lignes finissent comme sur un ancien Macintosh."},
	"line.nul":         {EN: "The log holds zero bytes where records should be.", FR: "Le journal contient des octets nuls à la place d’enregistrements."},
	"line.too_long":    {EN: "A line is longer than any record.", FR: "Une ligne est plus longue que tout enregistrement."},
	"record.bytes":     {EN: "A record holds bytes that its log never writes.", FR: "Un enregistrement contient des octets que son journal n’écrit jamais."},
	"record.cut":       {EN: "A record is cut.", FR: "Un enregistrement est coupé."},
	"record.fields":    {EN: "A record does not have the columns of its header.", FR: "Un enregistrement n’a pas les colonnes de son en-tête."},
	"record.no_header": {EN: "A record stands under no header that names its columns.", FR: "Un enregistrement n’est sous aucun en-tête qui nomme ses colonnes."},
	"record.unended":   {EN: "A quoted field of a record does not end.", FR: "Un champ entre guillemets d’un enregistrement ne finit pas."},
	"record.time":      {EN: "A record has no time that can be read.", FR: "Un enregistrement n’a pas de date lisible."},
	codeUnanswered:     {EN: "The log does not say how a request that rules look for was answered.", FR: "Le journal ne dit pas ce qui a été répondu à une requête que les règles cherchent."},
}

// sentences has the sentence of every code.
var sentences = sync.OnceValue(func() map[string]casefile.Text {
	all := map[string]casefile.Text{}
	for c, t := range own {
		all[c] = t
	}
	for _, c := range evidence.Codes {
		all[c.Code] = c.Text
	}
	for _, c := range eventtext.Codes {
		all[c.Code] = c.Text
	}
	for _, c := range evtx.Codes {
		all[c.Code] = casefile.Text{FR: c.FR, EN: c.EN}
	}
	return all
})

// Sentence says what the code of a gap means; empty for a code that none is known for.
func Sentence(code string) casefile.Text {
	all := sentences()
	if t, ok := all[code]; ok {
		return t
	}
	_, rest, _ := strings.Cut(code, ".") // iis.record.fields
	return all[rest]
}
