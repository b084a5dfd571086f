package sigma

import "testing"

func TestTimeParts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]map[string]int64{
		"2021-03-02T23:59:07.1234567Z": {"minute": 59, "hour": 23, "day": 2, "week": 9, "month": 3, "year": 2021},
		"2019-03-02 08:51:00.008":      {"minute": 51, "hour": 8, "day": 2, "week": 9, "month": 3, "year": 2019},
		"2021/01/01 00:00:00":          {"minute": 0, "hour": 0, "day": 1, "week": 53, "month": 1, "year": 2021}, // still a week of 2020
		"2024-02-29":                   {"day": 29, "week": 9, "month": 2, "year": 2024},
		"2021-03-02T23:59+02:00":       {"minute": 59, "hour": 23, "day": 2, "month": 3}, // as written
		"08:51":                        {"minute": 51, "hour": 8},
		"08:51:00":                     {"minute": 51, "hour": 8},
		" 2024-02-29 ":                 {"day": 29},
		"2023-02-29":                   {},
		"2023-13-01":                   {},
		"2023-01-00T10:00:00Z":         {"hour": 10, "minute": 0},
		"2023-01-01T24:00:00Z":         {"day": 1},
		"2023-01-01T1:00:00Z":          {"day": 1},
		"2023-01-01T10:60:00Z":         {"day": 1},
		"2023-01-01T10:00x":            {"day": 1},
		"2023-01/01":                   {},
		"1700000000":                   {},
		"10:5":                         {},
		"":                             {},
		"é023-01-01":                   {},
	} {
		for _, part := range timeParts {
			n, ok := timePart(part, text)
			if w, has := want[part]; has && (!ok || n.i != w || !n.exact) || !has && ok && want != nil && !allowedUnlisted(want, part) {
				t.Errorf("%s of %q is %v, %v, want %v", part, text, n.i, ok, w)
			}
		}
	}
}

// allowedUnlisted: a table row that names one part of the date means all of it.
func allowedUnlisted(want map[string]int64, part string) bool {
	_, day := want["day"]
	return day && (part == "week" || part == "month" || part == "year")
}
