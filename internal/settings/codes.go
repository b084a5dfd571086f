package settings

import "vigie/internal/casefile"

// sentences say what the codes of gaps mean.
var sentences = map[string]casefile.Text{
	"export.too_many":    {FR: "L’export contient plus de valeurs que la limite ; le reste n’est pas gardé.", EN: "The export holds more values than the limit; the rest is not kept."},
	"export.xml.form":    {FR: "L’export XML est mal formé à partir de cet endroit ; ce qui précède a été lu.", EN: "The XML export is not well formed from this place on; what stands before was read."},
	"export.xml.depth":   {FR: "L’export XML est imbriqué trop profondément ; ce qui précède a été lu.", EN: "The XML export is nested too deeply; what stands before was read."},
	"export.xml.size":    {FR: "L’export XML dépasse la limite de taille ; ce qui précède a été lu.", EN: "The XML export exceeds the limit on size; what stands before was read."},
	"export.xml.unknown": {FR: "Le fichier XML n’est pas un export connu.", EN: "The XML file is no known export."},
	"export.csv.row":     {FR: "Une ligne du fichier CSV n’a pas le nombre de colonnes de son en-tête ; elle n’est pas lue.", EN: "A row of the CSV file does not have the columns of its header; it is not read."},
	"export.json.form":   {FR: "L’export JSON est mal formé à partir de cet endroit ; ce qui précède a été lu.", EN: "The JSON export is not well formed from this place on; what stands before was read."},
	"export.reg.value":   {FR: "Une valeur de l’export du registre n’est pas lisible ; elle n’est pas lue.", EN: "A value of the registry export cannot be read; it is left out."},
}

// Sentence says in both languages what the code of a gap means; empty for a code that is not of this package.
func Sentence(code string) casefile.Text { return sentences[code] }

// Codes lists the codes of gaps of this package with what they mean.
func Codes() map[string]casefile.Text { return sentences }
