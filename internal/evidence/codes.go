package evidence

import "vigie/internal/casefile"

// The codes of the gaps that this package makes. They are stable: scripts and
// saved cases rely on them. Codes has a sentence for each.
const (
	CodeFileUnreadable   = "file.unreadable"
	CodeFileChanged      = "file.changed"
	CodeFolderUnreadable = "folder.unreadable"
	CodeLinkNotFollowed  = "link.not_followed"
	CodeSpecialNotRead   = "special.not_read"

	CodeNameDuplicate = "name.duplicate"
	CodeNameSimilar   = "name.similar"
	CodeNameUnsafe    = "name.unsafe"
	CodeNameLong      = "name.too_long"
	CodeNameEmpty     = "name.empty"

	CodeAmbiguous   = "ambiguous"
	CodeTooDeep     = "container.too_deep"
	CodeSelf        = "container.self"
	CodeUnsupported = "container.unsupported"
	CodeSpool       = "container.spool"
	CodeDecoder     = "decoder.failed"

	CodeLimitEntries    = "limit.entries"
	CodeLimitEntriesAll = "limit.entries_all"
	CodeLimitExpanded   = "limit.expanded"
	CodeLimitRatio      = "limit.ratio"
	CodeLimitWindow     = "limit.window"
	CodeLimitIndex      = "limit.index"
	CodeLimitFile       = "limit.file"
	CodeLimitFolder     = "limit.folder"

	CodeZipTruncated      = "zip.truncated"
	CodeZipDirectory      = "zip.directory.damaged"
	CodeZipSpanned        = "zip.spanned"
	CodeZipEncrypted      = "zip.entry.encrypted"
	CodeZipMethod         = "zip.entry.method"
	CodeZipOverlap        = "zip.entry.overlap"
	CodeZipRange          = "zip.entry.range"
	CodeZipSize           = "zip.entry.size"
	CodeZipCRC            = "zip.entry.crc"
	CodeZipEntryTruncated = "zip.entry.truncated"
	CodeZipDamaged        = "zip.entry.damaged"
	CodeZipUnlisted       = "zip.entry.unlisted"
	CodeZipRecovered      = "zip.entry.recovered"

	CodePackageHash    = "package.hash"
	CodePackageChain   = "package.chain"
	CodePackageEnd     = "package.end"
	CodePackageNotRead = "package.not_read"
	CodePackagePadded  = "package.padded"

	CodeTarTruncated = "tar.truncated"
	CodeTarDamaged   = "tar.damaged"
	CodeTarEnd       = "tar.end_missing"
	CodeTarTrailing  = "tar.trailing_data"
	CodeTarSparse    = "tar.sparse"

	CodeGzipTruncated  = "gzip.truncated"
	CodeGzipDamaged    = "gzip.damaged"
	CodeGzipCRC        = "gzip.crc"
	CodeGzipTrailing   = "gzip.trailing_data"
	CodeZstdTruncated  = "zstd.truncated"
	CodeZstdDamaged    = "zstd.damaged"
	CodeBzip2Truncated = "bzip2.truncated"
	CodeBzip2Damaged   = "bzip2.damaged"
	CodeXzTruncated    = "xz.truncated"
	CodeXzDamaged      = "xz.damaged"
	CodeXzMethod       = "xz.method"

	Code7zTruncated = "7z.truncated"
	Code7zDamaged   = "7z.damaged"
	Code7zEncrypted = "7z.encrypted"
	Code7zMethod    = "7z.method"
	Code7zCRC       = "7z.entry.crc"
	Code7zAnti      = "7z.entry.anti"
)

// Code is one gap code and what it says to a reader.
type Code struct {
	Code string
	Text casefile.Text
}

// Codes lists every gap code of this package.
var Codes = []Code{
	{CodeFileUnreadable, casefile.Text{EN: "The file could not be opened or read.", FR: "Le fichier n’a pas pu être ouvert ou lu."}},
	{CodeFileChanged, casefile.Text{EN: "The file changed while it was read: it grew, shrank, was rewritten or was replaced.", FR: "Le fichier a changé pendant la lecture : il a grandi, rétréci, été réécrit ou remplacé."}},
	{CodeFolderUnreadable, casefile.Text{EN: "The folder could not be listed.", FR: "Le contenu du dossier n’a pas pu être listé."}},
	{CodeLinkNotFollowed, casefile.Text{EN: "A link is listed and not followed.", FR: "Un lien est signalé et n’est pas suivi."}},
	{CodeSpecialNotRead, casefile.Text{EN: "A device, pipe, socket or other special entry is listed and not read.", FR: "Un périphérique, tube, socket ou autre entrée spéciale est signalé et n’est pas lu."}},
	{CodeNameDuplicate, casefile.Text{EN: "The same name stands twice in a container; both are delivered, numbered.", FR: "Le même nom figure deux fois dans un conteneur ; les deux sont lus et numérotés."}},
	{CodeNameSimilar, casefile.Text{EN: "Two names of a container differ only in case, Unicode form, or trailing dots and spaces.", FR: "Deux noms d’un conteneur ne diffèrent que par la casse, la forme Unicode, ou des points et espaces finaux."}},
	{CodeNameUnsafe, casefile.Text{EN: "A stored name points outside its container; it is kept as text and never used as a path.", FR: "Un nom enregistré pointe hors de son conteneur ; il est gardé comme texte et jamais utilisé comme chemin."}},
	{CodeNameLong, casefile.Text{EN: "A name is too long or too deep; it is cut and ends in a hash of the whole name.", FR: "Un nom est trop long ou trop profond ; il est coupé et se termine par une empreinte du nom entier."}},
	{CodeNameEmpty, casefile.Text{EN: "An entry has no name.", FR: "Une entrée n’a pas de nom."}},
	{CodeAmbiguous, casefile.Text{EN: "The archive can be read in more than one way; each reading is delivered.", FR: "L’archive peut se lire de plusieurs façons ; chaque lecture est livrée."}},
	{CodeTooDeep, casefile.Text{EN: "A container lies too deep in other containers and is kept as an opaque file.", FR: "Un conteneur est imbriqué trop profondément ; il est gardé comme fichier opaque."}},
	{CodeSelf, casefile.Text{EN: "A container holds an exact copy of itself; the copy is not opened.", FR: "Un conteneur contient une copie exacte de lui-même ; la copie n’est pas ouverte."}},
	{CodeUnsupported, casefile.Text{EN: "The archive format is not supported; unpack it and give the result.", FR: "Ce format d’archive n’est pas pris en charge ; décompressez-le et fournissez le résultat."}},
	{CodeSpool, casefile.Text{EN: "A nested archive could not be put in temporary storage.", FR: "Une archive imbriquée n’a pas pu être mise en stockage temporaire."}},
	{CodeDecoder, casefile.Text{EN: "The decoder failed on this input.", FR: "Le décodeur a échoué sur cette entrée."}},
	{CodeLimitEntries, casefile.Text{EN: "The container has too many entries; the rest is not read.", FR: "Le conteneur a trop d’entrées ; le reste n’est pas lu."}},
	{CodeLimitEntriesAll, casefile.Text{EN: "All containers together have too many entries; the rest is not read.", FR: "Les conteneurs ont ensemble trop d’entrées ; le reste n’est pas lu."}},
	{CodeLimitExpanded, casefile.Text{EN: "The container expands to too many bytes; the rest is not read.", FR: "Le conteneur se décompresse en trop d’octets ; le reste n’est pas lu."}},
	{CodeLimitRatio, casefile.Text{EN: "A compressed stream expands too strongly and is stopped.", FR: "Un flux compressé se dilate trop fortement ; sa lecture est arrêtée."}},
	{CodeLimitWindow, casefile.Text{EN: "A compressed stream asks for too large a decoder window.", FR: "Un flux compressé demande une fenêtre de décodage trop grande."}},
	{CodeLimitIndex, casefile.Text{EN: "The index of the container is too large.", FR: "L’index du conteneur est trop grand."}},
	{CodeLimitFile, casefile.Text{EN: "The file is larger than what is read of one file.", FR: "Le fichier dépasse ce qui est lu d’un seul fichier."}},
	{CodeLimitFolder, casefile.Text{EN: "The folder has too many files or is too deep.", FR: "Le dossier a trop de fichiers ou est trop profond."}},
	{CodeZipTruncated, casefile.Text{EN: "The zip has no central directory; its entries were recovered from their local headers.", FR: "Le zip n’a pas de répertoire central ; ses entrées ont été récupérées par leurs en-têtes locaux."}},
	{CodeZipDirectory, casefile.Text{EN: "The central directory of the zip is damaged.", FR: "Le répertoire central du zip est endommagé."}},
	{CodeZipSpanned, casefile.Text{EN: "The zip is one part of a set; other parts are missing.", FR: "Le zip est une partie d’un ensemble ; d’autres parties manquent."}},
	{CodeZipEncrypted, casefile.Text{EN: "The entry is encrypted.", FR: "L’entrée est chiffrée."}},
	{CodeZipMethod, casefile.Text{EN: "The entry uses a compression method that is not supported.", FR: "L’entrée utilise une méthode de compression non prise en charge."}},
	{CodeZipOverlap, casefile.Text{EN: "The entry shares its bytes with another one, as in a zip bomb; it is refused.", FR: "L’entrée partage ses octets avec une autre, comme dans une bombe zip ; elle est refusée."}},
	{CodeZipRange, casefile.Text{EN: "The entry points to where no local header stands.", FR: "L’entrée pointe vers un endroit sans en-tête local."}},
	{CodeZipSize, casefile.Text{EN: "The entry holds more or fewer bytes than it declares.", FR: "L’entrée contient plus ou moins d’octets qu’elle n’en déclare."}},
	{CodeZipCRC, casefile.Text{EN: "The checksum of the entry is wrong; its bytes were delivered.", FR: "La somme de contrôle de l’entrée est fausse ; ses octets ont été livrés."}},
	{CodeZipEntryTruncated, casefile.Text{EN: "The entry ends early; the bytes up to there were delivered.", FR: "L’entrée s’arrête trop tôt ; les octets jusque-là ont été livrés."}},
	{CodeZipDamaged, casefile.Text{EN: "The compressed data of the entry is damaged; the bytes up to there were delivered.", FR: "Les données compressées de l’entrée sont endommagées ; les octets jusque-là ont été livrés."}},
	{CodeZipUnlisted, casefile.Text{EN: "The entry stands in the archive but not in its central directory; it was read too.", FR: "L’entrée est dans l’archive mais pas dans son répertoire central ; elle a été lue aussi."}},
	{CodeZipRecovered, casefile.Text{EN: "Bytes between recovered entries could not be read as entries.", FR: "Des octets entre les entrées récupérées n’ont pas pu être lus comme entrées."}},
	{CodePackageHash, casefile.Text{EN: "A file of the package is not as the manifest says, or the manifest does not name it: it was changed after it was collected.",
		FR: "Un fichier du paquet n’est pas tel que le manifeste le dit, ou n’y figure pas : il a changé après la collecte."}},
	{CodePackageChain, casefile.Text{EN: "The manifest of the package does not hold together: lines are missing, changed or unreadable.",
		FR: "Le manifeste du paquet ne se tient pas : des lignes manquent, ont changé ou sont illisibles."}},
	{CodePackageEnd, casefile.Text{EN: "The package has no end, or its collection stopped before all was read.",
		FR: "Le paquet n’a pas de fin, ou sa collecte s’est arrêtée avant d’avoir tout lu."}},
	{CodePackageNotRead, casefile.Text{EN: "The collector could not read the file, or not to its end.", FR: "Le collecteur n’a pas pu lire le fichier, ou pas jusqu’au bout."}},
	{CodePackagePadded, casefile.Text{EN: "The file became shorter while it was collected; zeros stand for the rest.", FR: "Le fichier a rétréci pendant la collecte ; des zéros tiennent lieu du reste."}},
	{CodeTarTruncated, casefile.Text{EN: "The tar ends in the middle of an entry.", FR: "Le tar s’arrête au milieu d’une entrée."}},
	{CodeTarDamaged, casefile.Text{EN: "A header of the tar is damaged; reading went on at the next good one.", FR: "Un en-tête du tar est endommagé ; la lecture a repris au suivant."}},
	{CodeTarEnd, casefile.Text{EN: "The tar has no end marker and may be cut.", FR: "Le tar n’a pas de marque de fin et peut être coupé."}},
	{CodeTarTrailing, casefile.Text{EN: "Bytes follow the end marker of the tar.", FR: "Des octets suivent la marque de fin du tar."}},
	{CodeTarSparse, casefile.Text{EN: "A sparse entry of the tar is not read.", FR: "Une entrée creuse du tar n’est pas lue."}},
	{CodeGzipTruncated, casefile.Text{EN: "The gzip stream ends early.", FR: "Le flux gzip s’arrête trop tôt."}},
	{CodeGzipDamaged, casefile.Text{EN: "The gzip stream is damaged.", FR: "Le flux gzip est endommagé."}},
	{CodeGzipCRC, casefile.Text{EN: "The checksum of the gzip stream is wrong; its bytes were delivered.", FR: "La somme de contrôle du flux gzip est fausse ; ses octets ont été livrés."}},
	{CodeGzipTrailing, casefile.Text{EN: "Bytes that are not gzip follow the gzip stream.", FR: "Des octets qui ne sont pas du gzip suivent le flux gzip."}},
	{CodeZstdTruncated, casefile.Text{EN: "The zstd stream ends early.", FR: "Le flux zstd s’arrête trop tôt."}},
	{CodeZstdDamaged, casefile.Text{EN: "The zstd stream is damaged.", FR: "Le flux zstd est endommagé."}},
	{CodeBzip2Truncated, casefile.Text{EN: "The bzip2 stream ends early.", FR: "Le flux bzip2 s’arrête trop tôt."}},
	{CodeBzip2Damaged, casefile.Text{EN: "The bzip2 stream is damaged.", FR: "Le flux bzip2 est endommagé."}},
	{CodeXzTruncated, casefile.Text{EN: "The xz stream ends early.", FR: "Le flux xz s’arrête trop tôt."}},
	{CodeXzDamaged, casefile.Text{EN: "The xz stream is damaged.", FR: "Le flux xz est endommagé."}},
	{CodeXzMethod, casefile.Text{EN: "The xz stream uses a filter that is not supported.", FR: "Le flux xz utilise un filtre non pris en charge."}},
	{Code7zTruncated, casefile.Text{EN: "The 7z archive is cut, or is one part of a set: its header, which stands at the end, is missing.", FR: "L’archive 7z est coupée, ou est une partie d’un ensemble : son en-tête, placé à la fin, manque."}},
	{Code7zDamaged, casefile.Text{EN: "The 7z archive is damaged.", FR: "L’archive 7z est endommagée."}},
	{Code7zEncrypted, casefile.Text{EN: "The 7z archive or entry is encrypted.", FR: "L’archive ou l’entrée 7z est chiffrée."}},
	{Code7zMethod, casefile.Text{EN: "The 7z entry uses a compression method that is not supported.", FR: "L’entrée 7z utilise une méthode de compression non prise en charge."}},
	{Code7zCRC, casefile.Text{EN: "The checksum of the 7z entry is wrong; its bytes were delivered.", FR: "La somme de contrôle de l’entrée 7z est fausse ; ses octets ont été livrés."}},
	{Code7zAnti, casefile.Text{EN: "The 7z archive asks to delete a file; this is listed and not done.", FR: "L’archive 7z demande de supprimer un fichier ; c’est signalé et non exécuté."}},
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
