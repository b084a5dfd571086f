package intake

import (
	"fmt"
	"slices"
	"testing"

	"vigie/internal/casefile"
)

func TestGapList(t *testing.T) {
	t.Parallel()
	l := GapsOf("u.log")
	for i := range casefile.MaxGapsPerFile + 30 {
		l.Add(casefile.Gap{Code: []string{"b", "a"}[i%2], Offset: int64(i), Length: 2, Where: "line", Detail: "detail"})
	}
	got := l.All()
	if len(got) != casefile.MaxGapsPerFile+2 {
		t.Fatalf("%d gaps", len(got))
	}
	for i, code := range []string{"a", "b"} {
		if g := got[casefile.MaxGapsPerFile+i]; g.Code != code || g.Count != 15 || g.Length != 30 || g.Path != "u.log" || g.Where != "" || g.Detail != "" {
			t.Errorf("%+v", g)
		}
	}
}

func TestSortGaps(t *testing.T) {
	t.Parallel()
	g := []casefile.Gap{{Path: "b"}, {Path: "a", Offset: 9}, {Path: "a", Offset: 1, Code: "y"}, {Path: "a", Offset: 1, Code: "x", Where: "2"}, {Path: "a", Offset: 1, Code: "x", Where: "1"}}
	SortGaps(g)
	var got []string
	for _, x := range g {
		got = append(got, fmt.Sprint(x.Path, x.Offset, x.Code, x.Where))
	}
	if want := []string{"a1x1", "a1x2", "a1y", "a9", "b0"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
