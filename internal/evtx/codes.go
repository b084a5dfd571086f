package evtx

// The codes of errors. They are stable: scripts and saved cases rely on them.
// Codes has a sentence for each.
const (
	CodeRead           = "evtx.read"
	CodeFileMagic      = "evtx.file.magic"
	CodeFileVersion    = "evtx.file.version"
	CodeFileChecksum   = "evtx.file.checksum"
	CodeFileTruncated  = "evtx.file.truncated"
	CodeChunkMagic     = "evtx.chunk.magic"
	CodeChunkTruncated = "evtx.chunk.truncated"
	CodeChunkHeader    = "evtx.chunk.header"
	CodeChunkHeaderCRC = "evtx.chunk.header_checksum"
	CodeChunkChecksum  = "evtx.chunk.checksum"
	CodeChunkWork      = "evtx.chunk.work"
	CodeRecordMagic    = "evtx.record.magic"
	CodeRecordSize     = "evtx.record.size"
	CodeRecordCopy     = "evtx.record.copy"
	CodeRecordWork     = "evtx.record.work"
	CodeRecordEmpty    = "evtx.record.empty"
	CodeTokenUnknown   = "evtx.binxml.token"
	CodeTokenTruncated = "evtx.binxml.truncated"
	CodeElementsDeep   = "evtx.binxml.too_deep"
	CodeElementOpen    = "evtx.binxml.unclosed"
	CodeName           = "evtx.name"
	CodeTemplateOffset = "evtx.template.offset"
	CodeTemplateID     = "evtx.template.id"
	CodeTemplateSize   = "evtx.template.size"
	CodeTemplateArgs   = "evtx.template.args_too_many"
	CodeTemplateValues = "evtx.template.values"
	CodeTemplateDeep   = "evtx.template.too_deep"
	CodeSubstitution   = "evtx.template.substitution"
	CodeValueSize      = "evtx.value.size"
	CodeValueType      = "evtx.value.type"
)

// CodeText is one code and what it says to a reader.
type CodeText struct{ Code, EN, FR string }

// Codes lists every code of this package.
var Codes = []CodeText{
	{CodeRead, "The event log could not be read to its end.", "Le journal n’a pas pu être lu jusqu’au bout."},
	{CodeFileMagic, "The file does not begin as an event log; its chunks were searched and read.", "Le fichier ne commence pas comme un journal d’événements ; ses blocs ont été cherchés et lus."},
	{CodeFileVersion, "The event log is of a version that is not known; it was read as version 3.", "La version du journal n’est pas connue ; il a été lu comme version 3."},
	{CodeFileChecksum, "The checksum of the file header is wrong; nothing relies on that header.", "La somme de contrôle de l’en-tête du fichier est fausse ; rien ne dépend de cet en-tête."},
	{CodeFileTruncated, "The file ends inside its header.", "Le fichier s’arrête dans son en-tête."},
	{CodeChunkMagic, "A place that should hold a chunk has no chunk header; records were searched in it one by one.", "Un emplacement de bloc n’a pas d’en-tête de bloc ; les enregistrements y ont été cherchés un par un."},
	{CodeChunkTruncated, "A chunk is cut; its records up to the cut were read.", "Un bloc est coupé ; ses enregistrements jusqu’à la coupure ont été lus."},
	{CodeChunkHeader, "The header of a chunk holds impossible positions; the records were found without it.", "L’en-tête d’un bloc contient des positions impossibles ; les enregistrements ont été trouvés sans lui."},
	{CodeChunkHeaderCRC, "The checksum of a chunk header is wrong; the chunk was read all the same.", "La somme de contrôle d’un en-tête de bloc est fausse ; le bloc a été lu malgré tout."},
	{CodeChunkChecksum, "The checksum over the records of a chunk is wrong: the log was not closed, was damaged, or was changed. Its records are marked.", "La somme de contrôle des enregistrements d’un bloc est fausse : journal non fermé, endommagé ou modifié. Ses enregistrements sont marqués."},
	{CodeChunkWork, "The records of a chunk cost more work than any real log; the rest of the chunk was not read.", "Les enregistrements d’un bloc coûtent plus de travail qu’un vrai journal ; le reste du bloc n’a pas été lu."},
	{CodeRecordMagic, "Bytes between records are not a record; reading went on at the next one.", "Des octets entre les enregistrements n’en sont pas un ; la lecture a repris au suivant."},
	{CodeRecordSize, "The size of a record is impossible; reading went on at the next record.", "La taille d’un enregistrement est impossible ; la lecture a repris au suivant."},
	{CodeRecordCopy, "The two sizes of a record differ.", "Les deux tailles d’un enregistrement diffèrent."},
	{CodeRecordWork, "A record costs more work than any real one; it was skipped.", "Un enregistrement coûte plus de travail qu’un vrai ; il a été ignoré."},
	{CodeRecordEmpty, "A record holds no event.", "Un enregistrement ne contient pas d’événement."},
	{CodeTokenUnknown, "A record holds a mark that binary XML does not have in that place.", "Un enregistrement contient une marque que le XML binaire n’a pas à cet endroit."},
	{CodeTokenTruncated, "The binary XML of a record ends early.", "Le XML binaire d’un enregistrement s’arrête trop tôt."},
	{CodeElementsDeep, "The elements of a record are nested too deep.", "Les éléments d’un enregistrement sont imbriqués trop profondément."},
	{CodeElementOpen, "An element of a record is not closed.", "Un élément d’un enregistrement n’est pas fermé."},
	{CodeName, "The name of an element or attribute cannot be read.", "Le nom d’un élément ou d’un attribut ne peut pas être lu."},
	{CodeTemplateOffset, "A record points to a template where none can be.", "Un enregistrement renvoie à un modèle là où il ne peut pas y en avoir."},
	{CodeTemplateID, "The template of a record was overwritten by another one.", "Le modèle d’un enregistrement a été écrasé par un autre."},
	{CodeTemplateSize, "The size of a template is impossible.", "La taille d’un modèle est impossible."},
	{CodeTemplateArgs, "A record gives more values to its template than any real one.", "Un enregistrement donne à son modèle plus de valeurs qu’un vrai."},
	{CodeTemplateValues, "The values of a record do not fit into it.", "Les valeurs d’un enregistrement n’y tiennent pas."},
	{CodeTemplateDeep, "The templates of a record are nested too deep.", "Les modèles d’un enregistrement sont imbriqués trop profondément."},
	{CodeSubstitution, "A template asks for a value that the record does not give; it counts as absent.", "Un modèle demande une valeur que l’enregistrement ne donne pas ; elle est tenue pour absente."},
	{CodeValueSize, "The size of a value does not fit its type; its bytes are shown.", "La taille d’une valeur ne convient pas à son type ; ses octets sont montrés."},
	{CodeValueType, "The type of a value is not known; its bytes are shown.", "Le type d’une valeur n’est pas connu ; ses octets sont montrés."},
}
