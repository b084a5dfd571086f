package settings

import (
	"regexp"
	"strings"
	"time"
)

// The tool systeminfo translates its labels and keeps the order of its lines: the name of the machine is the first, that of Windows the second, its
// version the third; updates stand as "[01]: KB5000802" under one of the last labels. So the order is read, and no label.

var (
	infoLine    = regexp.MustCompile(`^(\S[^:]{0,60}(?::[^:]{0,40})?):\s+(\S.*)$`)
	infoVersion = regexp.MustCompile(`^(\d+\.\d+\.\d{4,5})\b.*?(\d{4,5})?\s*$`)
	infoUpdate  = regexp.MustCompile(`^\s+\[\d+\]\s*:?\s*\x{a0}?:?\s*(KB\d{6,8})\b`)
	updateLine  = regexp.MustCompile(`^(KB\d{6,8})\s*:\s`)
	updateWord  = regexp.MustCompile(`^(KB\d{6,8})(?:v\d)?$`)
)

// infoPlace is the place of the version of Windows among the labelled lines at the start of a text, from 0: 2 as a rule, 1 where the name of the
// machine was taken out; -1 when the text is not of systeminfo.
func infoPlace(start []byte) int {
	labelled, place := 0, -1
	for n, line := range lines(start) {
		if n > 30 {
			return -1
		}
		m := infoLine.FindStringSubmatch(strings.TrimRight(line, " "))
		if place < 0 {
			switch {
			case m == nil && strings.TrimSpace(line) != "" && labelled == 0 && n > 3, labelled > 3:
				return -1
			case m != nil && labelled > 0 && infoVersion.MatchString(m[2]):
				place = labelled
			}
		} else if strings.Contains(line, "-based PC") || strings.Contains(line, "Multiprocessor Free") || strings.Contains(line, "Uniprocessor Free") {
			return place
		}
		if m != nil {
			labelled++
		}
	}
	return -1
}

// isSystemInfo tells the output of systeminfo: one of the first lines is a version of Windows, and a later one names a type of machine.
func isSystemInfo(start []byte) bool { return infoPlace(start) >= 0 }

// systeminfo reads the list form.
func (r *reader) systeminfo(text []byte) {
	r.seen("windows.systeminfo")
	labelled := 3 - infoPlace(text[:min(len(text), SniffSize)]) - 1 // so that the version is the third
	for n, line := range lines(text) {
		if strings.Contains(line, "KB") {
			if m := infoUpdate.FindStringSubmatch(line); m != nil {
				r.update(m[1], time.Time{}, n)
				continue
			}
		}
		if labelled >= 3 {
			continue // no later label is read
		}
		m := infoLine.FindStringSubmatch(strings.TrimRight(line, " "))
		if m == nil {
			continue
		}
		labelled++
		r.systemFact(labelled, m[2], n)
	}
	r.present("windows.hotfix")
}

// systemFact notes one of the first values of systeminfo.
func (r *reader) systemFact(nth int, value string, line int) {
	value = strings.TrimSpace(value)
	switch nth {
	case 1:
		if strings.Trim(value, ".*x-") == "" {
			return // taken out by whoever made the export
		}
		r.hostSeen(value)
		r.set("windows.system.name", "", short(value), short(value), line)
	case 2:
		r.set("windows.system.caption", "", value, "", line)
	case 3:
		if m := infoVersion.FindStringSubmatch(value); m != nil {
			r.set("windows.system.version", "", m[1], "", line)
			r.set("windows.system.buildnumber", "", m[1][strings.LastIndexByte(m[1], '.')+1:], "", line)
		}
	}
}

// update notes an installed update.
func (r *reader) update(kb string, at time.Time, line int) {
	r.seen("windows.hotfix")
	r.set("windows.hotfix.hotfixid", kb, kb, "", line)
	r.clue("update.kb", kb, at, line)
}

// systemInfoCSV tells the header of systeminfo /fo csv: it names no property that is the same in all languages, but has 31 columns or so, of which
// one is always called after the BIOS or Hyper-V.
func systemInfoCSV(cells []string) bool {
	if len(cells) < 28 || len(cells) > 40 {
		return false
	}
	for _, c := range cells {
		if strings.Contains(c, "BIOS") || strings.Contains(c, "Hyper-V") {
			return true
		}
	}
	return false
}

var anyKB = regexp.MustCompile(`\bKB\d{6,8}\b`)

// systemInfoRow reads the row of systeminfo /fo csv.
func (r *reader) systemInfoRow(header, row []string, line int) {
	if !systemInfoCSV(header) || len(row) < 3 {
		return
	}
	r.seen("windows.systeminfo")
	for i := range 3 {
		r.systemFact(i+1, strings.Clone(row[i]), line)
	}
	for _, cell := range row {
		for _, kb := range anyKB.FindAllString(cell, maxClues) {
			r.update(strings.Clone(kb), time.Time{}, line)
		}
	}
	r.present("windows.hotfix")
}

// isUpdateList tells a list of updates with their titles, "KB5000802: 2021-03 Cumulative Update …".
func isUpdateList(start []byte) bool {
	found := 0
	for n, line := range lines(start) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		if !updateLine.MatchString(line) {
			return false
		}
		if found++; n > 10 {
			break
		}
	}
	return found > 0
}

// hotfixes reads the table of wmic qfe, whose columns are parted by blanks, and lists of updates with their titles.
func (r *reader) hotfixes(text []byte) {
	r.present("windows.hotfix")
	csname := -1
	for n, line := range lines(text) {
		line = strings.TrimPrefix(line, wmicGreeting)
		if !strings.Contains(line, "KB") && !wmicHeader(line) {
			continue
		}
		if wmicHeader(line) {
			csname = strings.Index(line, "CSName")
			continue
		}
		if m := updateLine.FindStringSubmatch(line); m != nil {
			r.update(m[1], time.Time{}, n)
			continue
		}
		for f := range strings.FieldsSeq(line) {
			m := updateWord.FindStringSubmatch(f)
			if m == nil {
				continue
			}
			r.update(m[1], time.Time{}, n)
			if csname > 0 && len(line) > csname && line[csname-1] == ' ' {
				name, _, _ := strings.Cut(line[csname:], " ")
				r.hostSeen(name)
			}
			break
		}
	}
}
