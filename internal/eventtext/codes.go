package eventtext

import "vigie/internal/casefile"

// The codes of the errors that this package makes. They are stable: scripts and saved cases rely on them. Codes has a sentence for each.
const (
	CodeRead      = "eventtext.read"
	CodeFormat    = "eventtext.format"
	CodeSize      = "eventtext.size"
	CodeDepth     = "eventtext.depth"
	CodeValues    = "eventtext.values"
	CodeTruncated = "eventtext.truncated"
	CodeOdd       = "eventtext.utf16.odd"
	CodeJunk      = "eventtext.junk"
	CodeNoEvent   = "eventtext.no_event"

	CodeJSON = "eventtext.json.syntax"

	CodeXML     = "eventtext.xml.syntax"
	CodeXMLDTD  = "eventtext.xml.dtd"
	CodeXMLOpen = "eventtext.xml.unclosed"

	CodeCSVHeader  = "eventtext.csv.header"
	CodeCSVColumns = "eventtext.csv.columns"
	CodeCSVQuote   = "eventtext.csv.quote"

	CodeTextOrder = "eventtext.text.order"

	CodePayload = "eventtext.payload"

	CodeTime       = "eventtext.time.form"
	CodeTimeZone   = "eventtext.time.zone"
	CodeTimeOrder  = "eventtext.time.order"
	CodeTimeFold   = "eventtext.time.fold"
	CodeTimeAbsurd = "eventtext.time.impossible"
)

// Code is one code and what it says to a reader.
type Code struct {
	Code string
	Text casefile.Text
}

// Codes lists every code of this package.
var Codes = []Code{
	{CodeRead, casefile.Text{EN: "The export could not be read to its end.", FR: "L’export n’a pas pu être lu jusqu’au bout."}},
	{CodeFormat, casefile.Text{EN: "The content is no known export of Windows events.", FR: "Le contenu n’est pas un export connu d’événements Windows."}},
	{CodeSize, casefile.Text{EN: "A document is too large.", FR: "Un document est trop grand."}},
	{CodeDepth, casefile.Text{EN: "A document is nested too deep.", FR: "Un document est imbriqué trop profondément."}},
	{CodeValues, casefile.Text{EN: "A document has too many values.", FR: "Un document a trop de valeurs."}},
	{CodeTruncated, casefile.Text{EN: "The export ends in the middle of a document.", FR: "L’export s’arrête au milieu d’un document."}},
	{CodeOdd, casefile.Text{EN: "The UTF-16 text ends in the middle of a character.", FR: "Le texte UTF-16 s’arrête au milieu d’un caractère."}},
	{CodeJunk, casefile.Text{EN: "Text between the events belongs to no event.", FR: "Du texte entre les événements n’appartient à aucun événement."}},
	{CodeNoEvent, casefile.Text{EN: "A document has no event id: it is no Windows event.", FR: "Un document n’a pas d’identifiant d’événement : ce n’est pas un événement Windows."}},
	{CodeJSON, casefile.Text{EN: "A document is not correct JSON.", FR: "Un document n’est pas du JSON correct."}},
	{CodeXML, casefile.Text{EN: "A document is not correct XML.", FR: "Un document n’est pas du XML correct."}},
	{CodeXMLDTD, casefile.Text{EN: "The XML declares a document type; declarations are not read.", FR: "Le XML déclare un type de document ; les déclarations ne sont pas lues."}},
	{CodeXMLOpen, casefile.Text{EN: "An event begins before the one before it has ended.", FR: "Un événement commence avant la fin du précédent."}},
	{CodeCSVHeader, casefile.Text{EN: "The first line names no columns of an event export.", FR: "La première ligne ne nomme pas les colonnes d’un export d’événements."}},
	{CodeCSVColumns, casefile.Text{EN: "A row has more or fewer columns than the header, or no event id.", FR: "Une ligne a plus ou moins de colonnes que l’en-tête, ou pas d’identifiant d’événement."}},
	{CodeCSVQuote, casefile.Text{EN: "A quoted value of a row does not end where it could.", FR: "Une valeur entre guillemets d’une ligne ne se termine pas où elle le pourrait."}},
	{CodeTextOrder, casefile.Text{EN: "The number of an event does not follow the one before: an event is missing, or the text of one imitates the start of another.", FR: "Le numéro d’un événement ne suit pas le précédent : un événement manque, ou le texte de l’un imite le début d’un autre."}},
	{CodePayload, casefile.Text{EN: "The Payload column is not correct JSON; its fields are missing.", FR: "La colonne Payload n’est pas du JSON correct ; ses champs manquent."}},
	{CodeTime, casefile.Text{EN: "The time of an event is in no known form.", FR: "La date d’un événement n’a pas de forme connue."}},
	{CodeTimeZone, casefile.Text{EN: "The time of an event is without a time zone; give the zone of the server.", FR: "La date d’un événement est sans fuseau horaire ; indiquez celui du serveur."}},
	{CodeTimeOrder, casefile.Text{EN: "The date of an event can be read day first or month first; it was not guessed.", FR: "La date d’un événement peut se lire jour ou mois en premier ; elle n’a pas été devinée."}},
	{CodeTimeFold, casefile.Text{EN: "The local time of an event occurred twice, when clocks went back.", FR: "L’heure locale d’un événement a existé deux fois, au passage à l’heure d’hiver."}},
	{CodeTimeAbsurd, casefile.Text{EN: "The time of an event cannot exist.", FR: "La date d’un événement ne peut pas exister."}},
}

// CodeText is the sentence of a code, empty for an unknown one.
func CodeText(code string) casefile.Text {
	for _, c := range Codes {
		if c.Code == code {
			return c.Text
		}
	}
	return casefile.Text{}
}
