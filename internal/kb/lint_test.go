package kb

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

// faults break one rule each: in file, old becomes new (old "" replaces the
// whole file, "$" appends). The problem must have the code, say want, and stand
// where the fault is: at is "line:col", or "" when the place is the file.
var faults = []struct{ name, file, old, new, code, at, want string }{
	// Files.
	{"file is not UTF-8", "sources.yml", "Journal web", "Journal \xff", "kb.file.encoding", "", "sources.yml: file is not UTF-8, save it as UTF-8"},
	{"file is too large", "flaws/open-door.yml", "$", "# " + strings.Repeat("x", maxFile), "kb.file.size", "", "over 1048576 bytes"},
	{"no sources", "sources.yml", "", "[]", "kb.sources", "", "no kinds of source"},
	{"folder without product.yml", "products/other/web.yml", "", "script_ext: []", "kb.file", "", "products/other/product.yml: file does not exist"},
	{"file among products", "products/notes.txt", "", "x", "kb.file.place", "", "want a folder for each product"},
	{"mistyped ending", "flaws/new.yaml", "", "x", "kb.file.name", "", "file is not read, name it new.yml"},
	{"flaw in a file of another name", "flaws/open-door.yml", "id: open-door", "id: open-window", "kb.file.name", "1:5", "name the file open-window.yml"},
	{"product in a folder of another name", "products/mailer/product.yml", "id: mailer", "id: post", "kb.file.name", "1:5", `stands in folder "mailer"`},

	// Flaws that no log shows, acts that show a mitigation, clues of binaries.
	{"act that shows a mitigation and is an attempt", "flaws/open-door.yml", "    confidence: low\n", "    confidence: low\n    shows: mitigated\n", "kb.act.shows", "", "shows a state of the flaw but is none itself"},
	{"act that shows a mitigation that has no name", "flaws/stray-file.yml", "stage: follow-up\n    weight: clue\n", "stage: state\n    weight: none\n    shows: mitigated\n", "kb.act.shows", "", "and flaw stray-file has none"},
	{"act that shows another word", "flaws/open-door.yml", "stage: attempt\n    weight: none\n", "stage: state\n    weight: none\n    shows: patched\n", "kb.word", "", `shows "patched"`},
	{"flaw that no log shows and requires one", "flaws/open-door.yml", "threshold: 0.9", "unlogged: true\nthreshold: 0.9", "kb.unlogged", "", "flaw open-door that no log shows requires sources"},
	{"flaw that no log shows and does not say why", "flaws/stray-file.yml", "listed: when-found", "listed: when-found\nunlogged: true", "kb.missing", "", "cannot_see or would_change of flaw stray-file"},
	{"binaries without a product", "products/mailer/clues.yml", "component: main\n", "component: main\n  binary: {name: x}\n", "kb.missing", "", "product of the binaries of clue file.main is missing"},
	{"binaries by a broken pattern", "products/mailer/clues.yml", "component: main\n", "component: main\n  binary: {name: '(', product: x}\n", "kb.clue.pattern", "", "missing closing )"},

	// Hardening checks.
	{"export of two lines", "hardening/exports.yml", "command: Get-Service | Export-Csv services.csv", "command: \"a\\nb\"", "kb.export.command", "3:12", "write it in one line"},
	{"export that shows nothing", "hardening/exports.yml", "shows: [windows.service]", "shows: []", "kb.missing", "4:10", "shows of export services is missing"},
	{"check that names an export that is not there", "hardening/mail.yml", "exports: [services]", "exports: [servces]", "kb.word", "", "did you mean"},
	{"check of unknown severity", "hardening/mail.yml", "severity: high", "severity: huge", "kb.word", "3:13", "severity"},
	{"condition that says nothing", "hardening/mail.yml", "{key: product.build, in: [product], at_least: \"1.0\"}", "{in: [product]}", "kb.check.condition", "5:7", "says nothing"},
	{"condition that joins and compares", "hardening/mail.yml", "    - first:", "    - key: x\n      is: [a]\n      first:", "kb.check.condition", "7:7", "joins others and compares"},
	{"comparison without a test", "hardening/mail.yml", ", match: ^Run", "", "kb.check.condition", "", "has 0 tests"},
	{"key with capitals", "hardening/mail.yml", "key: product.build", "key: Product.build", "kb.check.key", "5:13", "write it in lower case"},
	{"broken regular expression", "hardening/mail.yml", "match: ^Run", "match: (", "kb.check.regexp", "", "missing closing )"},
	{"bound that is no number", "hardening/mail.yml", "at_least: \"1.0\"", "at_least: new", "kb.check.number", "5:53", "cannot be compared"},
	{"days below zero", "hardening/mail.yml", "at_least: \"1.0\"", "days_left: -1", "kb.check.number", "5:54", "below zero"},

	// Legal clocks and steps of accounts.
	{"deadline without a time", "obligations/notice.yml", "hours: 72", "hours: 0", "kb.deadline", "", "deadline \"first\" has no time, or two"},
	{"deadline with two times", "obligations/notice.yml", "months: 1", "months: 1\n    hours: 2", "kb.deadline", "", "give hours or months"},
	{"deadline after one that is not there", "obligations/notice.yml", "after: first", "after: frist", "kb.word", "15:12", "did you mean \"first\""},
	{"law of an unknown country", "obligations/notice.yml", "country: EU", "country: EUR", "kb.word", "3:10", "country"},
	{"clock without a law", "obligations/notice.yml", "law: Law 1, art. 2", "law: \"\"", "kb.missing", "2:6", "law of obligation"},
	{"clock without the day on which it was checked", "obligations/notice.yml", "date: 2024-05-01", "", "kb.date.missing", "", "date of obligation"},
	{"step twice", "accounts.yml", "$", "- id: password\n  title: {fr: a, en: a}\n  why: {fr: a., en: a.}\n  source: s\n  date: 2024-05-01\n", "kb.id.twice", "6:7", "stands twice"},

	// YAML.
	{"empty file", "flaws/open-door.yml", "", "# nothing\n", "kb.yaml.empty", "", "no YAML document"},
	{"broken YAML", "flaws/open-door.yml", "id: open-door", "id: [open-door", "kb.yaml.syntax", "", "open-door.yml:"},
	{"two documents", "flaws/stray-file.yml", "$", "---\nid: x\n", "kb.yaml.documents", "", "one document a file"},
	{"alias", "flaws/stray-file.yml", "name: Stray file", "name: &n Stray", "kb.yaml.alias", "2:7", "anchors and aliases are not read"},
	{"tag", "flaws/stray-file.yml", "name: Stray file", "name: !secret x", "kb.yaml.tag", "2:7", `tag "!secret"`},
	{"unknown field", "flaws/open-door.yml", "threshold: 0.9", "treshold: 0.9", "kb.yaml.unknown", "10:1", `unknown field "treshold", did you mean "threshold"?`},
	{"field twice", "flaws/open-door.yml", "threshold: 0.9", "threshold: 0.9\nthreshold: 0.8", "kb.yaml.twice", "11:1", "stands twice"},
	{"text for a list", "flaws/open-door.yml", "required: [web]", "required: web", "kb.yaml.type", "11:11", "want a list, have a text, write it as a list"},
	{"list for a text", "flaws/open-door.yml", "name: OpenDoor", "name: [x]", "kb.yaml.type", "2:7", "want a text, have a list"},
	{"text for fields", "flaws/open-door.yml", "{fr: Essai de la porte, en: Try of the door}", "Essai", "kb.yaml.type", "", "want fields, have a text"},
	{"word for a number", "flaws/open-door.yml", "threshold: 0.9", "threshold: high", "kb.yaml.type", "10:12", `want a number, have "high"`},
	{"fraction for a whole number", "products/mailer/web.yml", "[404]", "[4.5]", "kb.yaml.type", "7:22", "want a whole number"},
	{"word for yes or no", "sources.yml", "not_read: true", "not_read: yes", "kb.yaml.type", "23:13", "want true or false"},
	{"list for a field name", "flaws/stray-file.yml", "$", "? [a]\n: b\n", "kb.yaml.type", "", "want a field name"},
	{"no duration", "sources.yml", "max_gap: 2h", "max_gap: long", "kb.yaml.value", "4:12", "such as 36h"},
	{"negative duration", "sources.yml", "max_gap: 2h", "max_gap: -2h", "kb.yaml.value", "4:12", "duration"},
	{"no build number", "products/mailer/product.yml", `from: "1.0.0.0"`, `from: "1.0"`, "kb.yaml.value", "", "want 3 or 4 parts"},

	// Clues.
	{"no kinds of clue", "products/mailer/clues.yml", "", "[]", "kb.clues", "", "no kinds of clue"},
	{"clue without a rank", "products/mailer/clues.yml", "rank: 2", "rank: 0", "kb.clue.rank", "", "rank of clue web.header is not over 0"},
	{"clue of no component", "products/mailer/clues.yml", "component: web\n", "component:\n", "kb.clue.component", "", "clue web.header wants a component"},
	{"clue by name with a build", "products/mailer/clues.yml", "precision: product", "precision: update", "kb.clue.precision", "", "clue mail.banner tells no build, want product"},
	{"pattern that is none", "products/mailer/clues.yml", "'^Mailer/(?P<build>[0-9.]+)$'", "'^Mailer/('", "kb.clue.pattern", "", "missing closing )"},
	{"pattern without its group", "products/mailer/clues.yml", "(?P<build>[0-9.]+)", "([0-9.]+)", "kb.clue.pattern", "", "has no group build"},
	{"record of a cumulative update that is none", "products/mailer/records.yml", "", "- {cve: CVE-2021-0001, publisher: Mailer, line: Mailer 2, cu: CU99, below: 2.1.10.5, source: manual, url: \"https://example.org\", date: 2024-05-01}\n", "kb.record.cu", "1:63", `Mailer 2 has no "CU99"`},
	{"shield for a flaw that is none", "products/mailer/shields.yml", "flaws: [open-door]", "flaws: [open-dor]", "kb.word", "", `flaw "open-dor" is not known, did you mean "open-door"?`},
	{"shield without a condition", "products/mailer/shields.yml", "", "- {id: bolt, title: {fr: Verrou, en: Bolt}, flaws: [open-door], source: manual, date: 2024-05-01}\n", "kb.missing", "", "flaws or holds of shield bolt"},
	{"form of a clue", "products/mailer/clues.yml", "form: update", "form: updat", "kb.word", "", `form "updat" is not known`},
	{"no older updates", "products/mailer/product.yml", "updates: [{kb: KB4000001, cves: [CVE-2021-0002]}], ", "", "kb.missing", "", "updates that 2.1.10.5 does not hold are missing"},

	// Facts, ids, words.
	{"no source", "sources.yml", "source: mailer manual\n  date: 2024-05-01\n- id: setup", "date: 2024-05-01\n- id: setup", "kb.source.missing", "1:3", "source of source web is missing"},
	{"no date", "playbooks/mailer.yml", "  date: 2024-05-01\n", "", "kb.date.missing", "1:3", "date of step preserve-logs is missing, write it YYYY-MM-DD"},
	{"no such day", "flaws/open-door.yml", "date: 2021-01-03", "date: 2021-02-30", "kb.date", "8:20", `"2021-02-30" is no date`},
	{"first use without date", "flaws/open-door.yml", "first_used: {date: 2021-01-03, source", "first_used: {source", "kb.date.missing", "8:13", "date of first_used is missing"},
	{"no first use", "flaws/open-door.yml", "first_used: {date: 2021-01-03, source: mailing list, certainty: sourced}\n", "", "kb.date.missing", "1:1", "date of first_used"},
	{"no id", "flaws/open-door.yml", "id: open-door\n", "", "kb.id.missing", "1:1", "id of flaw is missing"},
	{"id with capitals", "flaws/open-door.yml", "id: knock", "id: Knock", "kb.id", "19:9", `id "Knock" of act is not well formed`},
	{"id twice", "sources.yml", "id: setup", "id: web", "kb.id.twice", "9:7", `source "web" stands twice`},
	{"act twice", "flaws/open-door.yml", "id: enter", "id: knock", "kb.id.twice", "", `act "knock" stands twice`},
	{"step twice", "playbooks/other.yml", "", "- id: preserve-logs\n", "kb.id.twice", "1:7", `step "preserve-logs" stands twice`},
	{"word of a list", "flaws/open-door.yml", "stage: success", "stage: succes", "kb.word", "", `stage "succes" is not known, did you mean "success"?`},
	{"weight", "flaws/open-door.yml", "weight: proof", "weight: heavy", "kb.word", "", "want one of proof, clue, hint, none"},
	{"confidence", "flaws/open-door.yml", "confidence: high", "confidence: hihg", "kb.word", "", `confidence "hihg"`},
	{"certainty of a date", "flaws/open-door.yml", "manual, certainty: sourced", "manual, certainty: sure", "kb.word", "", `certainty "sure"`},
	{"certainty of a touch", "flaws/open-door.yml", "certainty: probable", "certainty: sourced", "kb.word", "", `certainty "sourced"`},
	{"listed", "flaws/open-door.yml", "listed: always", "listed: often", "kb.word", "4:9", `listed "often"`},
	{"what is touched", "flaws/open-door.yml", "what: data", "what: dates", "kb.word", "", `touched "dates"`},
	{"required source", "flaws/open-door.yml", "required: [web]", "required: [wbe]", "kb.word", "11:12", `source "wbe" is not known, did you mean "web"?`},
	{"useful source", "flaws/open-door.yml", "useful: [setup, events]", "useful: [none]", "kb.word", "12:10", `source "none"`},
	{"adopted act", "flaws/open-door.yml", "stray-file/used", "stray-file/use", "kb.word", "", `act "stray-file/use" is not known, did you mean "stray-file/used"?`},
	{"adopts itself", "flaws/open-door.yml", "stray-file/used", "open-door/enter", "kb.word", "", `act "open-door/enter"`},
	{"joined act", "flaws/open-door.yml", "joins: [knock]", "joins: [knok]", "kb.word", "", `act "knok"`},
	{"CVE that no table has", "flaws/open-door.yml", "cves: [CVE-2021-0001, CVE-2021-0002]", "cves: [CVE-2021-0001, CVE-2021-9999]", "kb.word", "5:23", `CVE "CVE-2021-9999" is not known`},
	{"key CVE that is not one of the flaw", "flaws/open-door.yml", "key_cves: [CVE-2021-0001]", "key_cves: [CVE-2021-0003]", "kb.word", "7:12", `CVE "CVE-2021-0003"`},
	{"product", "flaws/open-door.yml", "product: mailer", "product: mail", "kb.word", "6:10", `product "mail"`},
	{"phase", "playbooks/mailer.yml", "phase: preserve", "phase: keep", "kb.word", "2:10", `phase "keep"`},
	{"priority", "playbooks/mailer.yml", "priority: now", "priority: soon", "kb.word", "3:13", `priority "soon"`},
	{"condition on a verdict", "playbooks/mailer.yml", "[confirmed]", "[confirm]", "kb.word", "", `verdict "confirm"`},
	{"condition on a state", "playbooks/mailer.yml", "[exposed]", "[open]", "kb.word", "", `state "open"`},
	{"condition on a flaw", "playbooks/mailer.yml", "flaw: [open-door]", "flaw: [door]", "kb.word", "", `flaw "door"`},
	{"condition on an act", "playbooks/mailer.yml", "open-door/enter", "enter", "kb.word", "", `act "enter"`},
	{"condition on a source", "playbooks/mailer.yml", "missing: [web]", "missing: [www]", "kb.word", "", `source "www"`},
	{"condition on what is touched", "playbooks/mailer.yml", "[mailbox]", "[mail]", "kb.word", "", `touched "mail"`},
	{"effect", "products/mailer/product.yml", "effect: needed", "effect: need", "kb.word", "", `effect "need"`},
	{"proviso for no CVE", "products/mailer/product.yml", "cves: [CVE-2021-0004]", "cves: [CVE-2021-0009]", "kb.word", "", `CVE "CVE-2021-0009"`},
	{"word twice", "flaws/open-door.yml", "required: [web]", "required: [web, web]", "kb.twice", "11:17", `source "web" stands twice`},
	{"required and useful", "flaws/open-door.yml", "useful: [setup", "useful: [web", "kb.twice", "11:12", "required and useful"},
	{"condition that is measured by an unknown check", "playbooks/mailer.yml", "[door-shut]", "[door-shot]", "kb.word", "", `check "door-shot" is not known, did you mean "door-shut"?`},
	{"effort", "playbooks/mailer.yml", "effort: hours", "effort: long", "kb.word", "", `effort "long"`},
	{"command for an unknown kind of thing", "playbooks/mailer.yml", "each: account", "each: person", "kb.word", "", `each "person"`},
	{"command that does nothing", "playbooks/mailer.yml", "      do: 'Lock-Account -Name {account}{whatif}'\n", "", "kb.script", "", "do of step preserve-logs is missing"},
	{"command without a way back", "playbooks/mailer.yml", "      undo: 'Unlock-Account -Name {account}{whatif}'\n", "", "kb.script.undo", "", "want one of undo and no_undo"},
	{"command that cannot be tried", "playbooks/mailer.yml", "Lock-Account -Name {account}{whatif}", "Lock-Account -Name {account}", "kb.script.whatif", "", "cannot be tried"},
	{"record that changes something", "playbooks/mailer.yml", "| Export-Clixml -Path {file}", "| Remove-Account", "kb.script.reads", "", "should only read"},
	{"name inside quotes of its own", "playbooks/mailer.yml", "Lock-Account -Name {account}", "Lock-Account -Name ''{account}''", "kb.script.name", "", "no argument of its own"},
	{"name of another kind of thing", "playbooks/mailer.yml", "Lock-Account -Name {account}", "Lock-Account -Name {rule}", "kb.script.name", "", "{rule} is not known there"},
	{"command beyond ASCII", "playbooks/mailer.yml", "Lock-Account", "Lock‐Account", "kb.script.text", "", "beyond ASCII"},
	{"command with an open quote", "playbooks/mailer.yml", "Lock-Account", "Lock-Account -Why ''x", "kb.script.text", "", "not closed"},
	{"tier with an unknown step", "tiers.yml", "[password]", "[pasword]", "kb.word", "", `step "pasword" is not known, did you mean "password"?`},
	{"tier of nobody", "tiers.yml", "{touched: [account]}", "{}", "kb.missing", "", "says of no account"},
	{"tier with a condition that is not about servers", "tiers.yml", "{verdict: [confirmed]}", "{touched: [account]}", "kb.tier.when", "", "more than servers"},
	{"wait for nothing", "accounts.yml", "  source: mailer manual", "  wait_hours: 10\n  source: mailer manual", "kb.step.after", "", "belong together"},
	{"no condition", "playbooks/mailer.yml", "{verdict: [confirmed], state: [exposed], flaw: [open-door], act: [open-door/enter], missing: [web], touched: [mailbox]}\n  who: {fr: Administrateur, en: Administrator}\n  effort: hours\n  breaks: {fr: Rien ne change., en: Nothing changes.}\n  checks: [door-shut]", "{}", "kb.step.when", "7:9", "no condition"},

	// What a flaw needs.
	{"no name", "flaws/open-door.yml", "name: OpenDoor\n", "", "kb.missing", "1:1", "name of the flaw"},
	{"no key CVEs", "flaws/open-door.yml", "key_cves: [CVE-2021-0001]\n", "", "kb.missing", "1:1", "key_cves of flaw open-door are missing"},
	{"no required sources", "flaws/open-door.yml", "required: [web]\n", "", "kb.missing", "1:1", "required sources"},
	{"required source that is not read", "flaws/open-door.yml", "required: [web]\nuseful: [setup, events]", "required: [web, events]\nuseful: [setup]", "kb.source.unread", "11:17", `"events" is not read by this version`},
	{"no acts", "flaws/stray-file.yml", "", "id: stray-file\nname: x\n", "kb.missing", "1:1", "has no acts"},
	{"no references", "flaws/stray-file.yml", "references:\n  - {title: Stray files, url: \"https://example.org/stray\", date: 2021-04-01}\n", "", "kb.source.missing", "1:1", "has no references"},
	{"reference without title", "flaws/open-door.yml", "{title: OpenDoor, url", "{url", "kb.missing", "", "title of the reference"},
	{"reference without https", "flaws/open-door.yml", "https://example.org", "http://example.org", "kb.url", "", `"http://example.org/open-door" is no https address`},
	{"reference with a password", "flaws/open-door.yml", "https://example.org", "https://me:you@example.org", "kb.url", "", "no https address"},
	{"threshold of nought", "flaws/open-door.yml", "threshold: 0.9", "threshold: 0", "kb.threshold", "10:12", "want over 0, at most 1"},
	{"threshold in per cent", "flaws/open-door.yml", "threshold: 0.9", "threshold: 90", "kb.threshold", "10:12", "threshold 90"},
	{"threshold that is no number", "flaws/open-door.yml", "threshold: 0.9", "threshold: NaN", "kb.threshold", "10:12", "threshold NaN"},
	{"empty mitigation", "flaws/open-door.yml", "[M1]", `[""]`, "kb.missing", "13:15", "empty mitigation"},
	{"technique", "flaws/open-door.yml", "T1505.003", "T1505.3", "kb.attack", "", `"T1505.3" is no ATT&CK technique`},
	{"attempt that proves", "flaws/open-door.yml", "weight: none", "weight: proof", "kb.act.weight", "21:13", "want hint or none"},
	{"silence of two years", "sources.yml", "max_gap: 2h", "max_gap: 17520h", "kb.gap", "4:12", "over a year"},
	{"source without path", "sources.yml", "  path: /var/log/web\n", "", "kb.missing", "1:3", "path of source web"},

	// Sentences.
	{"one language", "flaws/open-door.yml", ", en: The door of the server stays open.}", "}", "kb.text.missing", "3:10", `summary is missing in "en"`},
	{"no text", "playbooks/mailer.yml", "  why: {fr: Ils seront effacés., en: They will be deleted.}\n", "", "kb.text.missing", "1:3", `why is missing in "fr"`},
	{"touch without what was touched", "flaws/open-door.yml", "        name: {fr: courriels, en: mail}\n", "", "kb.text.missing", "", `name is missing in "fr"`},
	{"half of an optional text", "flaws/open-door.yml", "cannot_know: {fr: Quels courriels ont été lus., en: Which mail was read.}", "cannot_know: {fr: Quels courriels ont été lus.}", "kb.text.missing", "", `cannot_know is missing in "en"`},
	{"forbidden word", "flaws/open-door.yml", "No explanation holds.", "The server is safe.", "kb.text", "", `harmless in "en": word "safe" promises`},
	{"forbidden word in a title", "flaws/open-door.yml", "Try of the door", "Healthy door", "kb.text", "", `title in "en": word "Healthy"`},
	{"sentence without period", "sources.yml", "en: 30 days.", "en: 30 days", "kb.text", "5:34", `retention in "en": sentence has no final period`},
	{"long sentence", "sources.yml", "en: 30 days.", "en: " + strings.Repeat("day ", 31) + "end.", "kb.text", "5:34", "over 30 words"},
	{"French blanks", "sources.yml", "fr: 30 jours.", `fr: "30 jours ; pas plus."`, "kb.text", "5:19", "U+202F"},
	{"pattern in one language", "sentences.yml", "", "source: x\ndate: 2024-05-01\nsentences:\n  a.b: {fr: \"Vu le {date}.\"}\n", "kb.text.missing", "4:8", `a.b is missing in "en"`},
	{"pattern with another slot", "sentences.yml", "", "source: x\ndate: 2024-05-01\nsentences:\n  a.b: {fr: \"Vu le {date}\", en: \"Seen on {day}\"}\n", "kb.text.slots", "4:8", `a.b has the slots {date} in "fr", {day} in "en"`},
	{"pattern with a forbidden word", "sentences.yml", "", "source: x\ndate: 2024-05-01\nsentences:\n  a.b: {fr: \"{host}\", en: \"{host} is clean\"}\n", "kb.text", "4:27", `word "clean"`},
	{"pattern twice", "sentences.yml", "", "source: x\ndate: 2024-05-01\nsentences:\n  a: {fr: a, en: a}\n  a: {fr: a, en: a}\n", "kb.yaml.twice", "5:3", `field "a" stands twice`},
	{"title with a period", "playbooks/mailer.yml", "en: Copy the logs", "en: Copy the logs.", "kb.text.title", "4:40", "title ends with a period"},

	// Products.
	{"product without name", "products/mailer/product.yml", "name: Mailer\n", "", "kb.missing", "1:1", "name of the product"},
	{"line twice", "products/mailer/product.yml", "name: Mailer 2", "name: Mailer 1", "kb.line", "", "missing or stands twice"},
	{"line that ends before it starts", "products/mailer/product.yml", `to: "2.0.0.0"`, `to: "1.0.0.0"`, "kb.line", "", "line ends at 1.0.0.0"},
	{"lines that overlap", "products/mailer/product.yml", `to: "2.0.0.0"`, `to: "2.5.0.0"`, "kb.line", "", "are those of Mailer 1 too"},
	{"publication without name", "products/mailer/product.yml", "name: mailing list, ", "", "kb.missing", "", "publication is missing"},
	{"odd build that no table has", "products/mailer/product.yml", `from: "2.1.10.5"`, `from: "2.1.10.6"`, "kb.fix.build", "", "2.1.10.6 is not in the table"},

	// Tables.
	{"table without date", "products/mailer/builds.csv", "# date: 2024-05-02\n", "", "kb.date.missing", "1:1", "date of the table"},
	{"stray quote", "products/mailer/builds.csv", "CU1,Jan21SU", `CU1,Jan"21SU`, "kb.csv.syntax", "6:", `builds.csv:6:`},
	{"wrong columns", "products/mailer/builds.csv", "build,line,cu", "build,cu,line", "kb.csv.header", "3:1", "want build,line,cu"},
	{"no rows at all", "products/mailer/cves.csv", "", "# date: 2024-05-03\n", "kb.csv.header", "", "no header row"},
	{"cell too many", "products/mailer/builds.csv", "2018-01-01,,,manual,", "2018-01-01,,,manual,,", "kb.csv.columns", "4:1", "row has 11 cells, want 10"},
	{"blank in a cell", "products/mailer/builds.csv", "Mailer 1,CU1", "Mailer 1, CU1", "kb.csv.blank", "", "blank at the edge"},
	{"control character", "products/mailer/builds.csv", "Mailer 1,CU1", "Mailer 1,CU\a1", "kb.csv.control", "", "control character"},
	{"no build number in a row", "products/mailer/builds.csv", "2.1.10.3,", "2.1.x.3,", "kb.build", "6:1", "is no number"},
	{"padded build number", "products/mailer/builds.csv", "2.1.10.3,", "2.01.0010.003,", "kb.build", "6:1", "write 2.1.10.3"},
	{"build of another line", "products/mailer/builds.csv", "3.0.1.0,Mailer 3", "3.0.1.0,Mailer 2", "kb.build.line", "15:9", "want Mailer 3"},
	{"build without cumulative update", "products/mailer/builds.csv", "Mailer 3,RTM,", "Mailer 3,,", "kb.missing", "", "cumulative update"},
	{"security update without name", "products/mailer/builds.csv", "CU1,Jan21SU,SU", "CU1,,SU", "kb.missing", "", "name of the update"},
	{"type of a build", "products/mailer/builds.csv", ",RTM,2022", ",rtm,2022", "kb.word", "", `type "rtm"`},
	{"KB number", "products/mailer/builds.csv", "KB100001", "100001", "kb.kb", "", `"100001" is no KB number`},
	{"KB number without mark", "products/mailer/builds.csv", "KB100001,sourced", "KB100001,", "kb.word", "", "confidence"},
	{"row without source", "products/mailer/builds.csv", "2018-01-01,,,manual,", "2018-01-01,,,,", "kb.source.missing", "", "source of the row"},
	{"row with an unknown source", "products/mailer/builds.csv", "manual;list", "manual;lst", "kb.word", "", `source "lst" is not known, did you mean "list"?`},
	{"rows out of order", "products/mailer/builds.csv", "1.1.10.0,Mailer 1", "2.1.15.0,Mailer 2", "kb.order", "5:1", "2.1.10.0 follows 2.1.15.0"},
	{"no CVE", "products/mailer/cves.csv", "CVE-2021-0001,", "2021-0001,", "kb.cve", "3:1", `"2021-0001" is no CVE`},
	{"CVE twice", "products/mailer/cves.csv", "CVE-2021-0002,", "CVE-2021-0001,", "kb.order", "4:1", "CVE-2021-0001 follows CVE-2021-0001"},
	{"CVE without line", "products/mailer/cves.csv", ",Mailer 2,,2.1.10.3", ",,,2.1.10.3", "kb.missing", "", "product lines of CVE-2021-0002"},
	{"CVE of an unknown line", "products/mailer/cves.csv", ",Mailer 2,,2.1.10.3", ",Mailer 9,,2.1.10.3", "kb.word", "", `line "Mailer 9"`},
	{"line both concerned and cleared", "products/mailer/cves.csv", "Mailer 2,Mailer 1", "Mailer 2,Mailer 2", "kb.cleared", "", "concerned and cleared"},
	{"fix in another line", "products/mailer/cves.csv", "2.1.10.3;", "1.1.10.0;2.1.10.3;", "kb.fix.line", "", "no line that CVE-2021-0002 concerns"},
	{"fix in an unknown build", "products/mailer/cves.csv", "2.1.10.3;", "2.1.10.4;", "kb.fix.build", "", "add the build to builds.csv"},
	{"fixed builds out of order", "products/mailer/cves.csv", "2.1.10.3;2.1.20.0", "2.1.20.0;2.1.10.3", "kb.order", "", "2.1.10.3 follows 2.1.20.0"},
	{"use", "products/mailer/cves.csv", ",poc,yes,", ",perhaps,yes,", "kb.word", "", `used "perhaps"`},
	{"mark of memory", "products/mailer/cves.csv", ",poc,yes,", ",poc,no,", "kb.word", "", `recalled "no"`},

	// Web folders.
	{"ending without dot", "products/mailer/web.yml", "[.aspx]", "[aspx]", "kb.web.ext", "1:14", "write it .aspx"},
	{"folder without slash", "products/mailer/web.yml", "url: /mail/", "url: /mail", "kb.web.folder", "5:10", "slash at both ends"},
	{"known file with capitals", "products/mailer/web.yml", "[logon.aspx]", "[Logon.aspx]", "kb.web.name", "6:13", `"Logon.aspx"`},
	{"status", "products/mailer/web.yml", "[404]", "[4040]", "kb.web.status", "7:22", "4040 is no HTTP status"},
	{"no status", "products/mailer/web.yml", "    missing_status: [404]\n", "", "kb.missing", "5:5", "missing_status"},
	{"reported name without ending", "products/mailer/web.yml", "name: shell.aspx", "name: shell", "kb.web.name", "", "no ending"},
	{"neither name nor regexp", "products/mailer/web.yml", "name: shell.aspx, ", "", "kb.web.name", "11:5", "want a name or a regexp"},
	{"root with a slash at its end", "products/mailer/web.yml", "path: inetpub/mail", "path: inetpub/mail/", "kb.web.root", "", "none at its ends"},
	{"root of an unknown site", "products/mailer/web.yml", "site: frontend", "site: middle", "kb.word", "", "site"},
	{"known type with capitals", "products/mailer/web.yml", "[mailer.]", "[Mailer.]", "kb.web.config", "", "capitals"},
	{"key that is no hash", "products/mailer/web.yml", "values: [0000000000", "values: [\"x\", 0000000000", "kb.web.config", "", "is no SHA-256"},
	{"list without a source", "products/mailer/web.yml", "[.jpg], source: mailer manual", "[.jpg]", "kb.source.missing", "", "list inert"},
	{"broken regexp", "products/mailer/web.yml", "[0-9]+", "[0-9", "kb.web.regexp", "12:14", "missing closing ]"},
}

func TestLint(t *testing.T) {
	t.Parallel()
	for _, c := range faults {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			fsys := good(t)
			data := c.new
			if c.old != "" {
				before := string(fsys[c.file].Data)
				if c.old == "$" {
					data = before + c.new
				} else if data = strings.Replace(before, c.old, c.new, 1); data == before {
					t.Fatalf("%s does not hold %q", c.file, c.old)
				}
			}
			fsys[c.file] = &fstest.MapFile{Data: []byte(data)}
			problems := Lint(fsys)
			for _, p := range problems {
				place := strings.TrimPrefix(p.Pos.String(), p.File)
				if p.Code == c.code && strings.Contains(p.String(), c.want) && (c.at == "" || strings.HasPrefix(place, ":"+c.at)) {
					if k, err := Load(fsys); k != nil || err == nil || err.Error() != problems.Error() {
						t.Errorf("Load gave %v, %v", k, err)
					}
					return
				}
			}
			t.Errorf("no %s at %q saying %q in:\n%v", c.code, c.at, c.want, problems)
		})
	}
}

// Every code that the package has must be in the table, so that no rule goes
// untested.
func TestLintCodes(t *testing.T) {
	t.Parallel()
	tested := map[string]bool{"kb.file.count": true, // TestManyFiles
		"kb.import.old": true, "kb.import.twice": true, "kb.import.differs": true} // TestMerge
	for _, c := range faults {
		tested[c.code] = true
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, code := range regexp.MustCompile(`"(kb\.[a-z.]+)"`).FindAllStringSubmatch(string(src), -1) {
			if !tested[code[1]] {
				t.Errorf("%s: no fault for %s", file, code[1])
			}
		}
	}
}

// All problems of all files come at once, ordered; one hostile file cannot
// flood the report.
func TestManyProblems(t *testing.T) {
	t.Parallel()
	fsys := good(t)
	fsys["sources.yml"] = &fstest.MapFile{Data: []byte(strings.Repeat("- {}\n", 1000))}
	fsys["flaws/open-door.yml"] = &fstest.MapFile{Data: []byte(strings.Replace(string(fsys["flaws/open-door.yml"].Data), "weight: proof", "weight: much", 1))}
	problems := Lint(fsys)
	per := make(map[string]int)
	for i, p := range problems {
		per[p.File]++
		if i > 0 && problems[i-1].File > p.File {
			t.Errorf("%s follows %s", p, problems[i-1])
		}
	}
	if per["sources.yml"] != maxProblems+1 || per["flaws/open-door.yml"] == 0 {
		t.Errorf("problems per file: %v", per)
	}
	if last := problems[len(problems)-1]; last.Code != "diag.more" || last.File != "sources.yml" {
		t.Errorf("last problem %v", last)
	}
}

func TestManyFiles(t *testing.T) {
	t.Parallel()
	fsys := good(t)
	for i := range maxFiles + 1 {
		fsys["playbooks/"+strings.Repeat("x", i%100+1)+strings.Repeat("y", i/100)+".yml"] = &fstest.MapFile{Data: []byte("[]")}
	}
	problems := Lint(fsys)
	if len(problems) != 1 || problems[0].Code != "kb.file.count" {
		t.Errorf("problems: %v", problems)
	}
}
