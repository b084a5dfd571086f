package evidence

import "testing"

func FuzzSumList(f *testing.F) {
	f.Add([]byte("\ufeffCopiedTimestamp,SourceFile,DestinationFile,FileSize,SourceFileSha1\r\n2021,C:\\a\\b.log,D:\\b.log,1,86f7e437faa5a7fce15d1ddcb9eaeaea377667b8\r\n"))
	f.Add([]byte("ComputerName,FullName,SampleName,SHA1\nEX01,\\a,\"0_a\n.data\",86F7E437FAA5A7FCE15D1DDCB9EAEAEA377667B8\n,,,\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		w := &walker{s: &Source{}}
		e := &env{}
		w.listed(e, []string{"x/GetThis.csv"})
		e.list.read(text)
		for key, sums := range e.list.want {
			for _, s := range sums {
				if len(s) != 40 {
					t.Errorf("%q: %q", key, s)
				}
			}
		}
	})
}

func TestNameClaim(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Collection-EX01-2021-03-04T05_06_07_0000000Z.zip": "EX01", "Collection-EX-01.corp-2021-03-04T05_06_07Z.zip": "EX-01.corp", "Collection-EX01.zip": "", "Collection-T.zip": "",
		"DFIR-ORC_WorkStation_EX_01_Evtx.7z": "EX_01", "DFIR-ORC_EX01.7z": "", "logs.zip": "",
	} {
		if _, got := nameClaim(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func FuzzOriginal(f *testing.F) {
	f.Add("uploads/auto/C%3A/a.log")
	f.Add(`uploads\ntfs\%5C%5C.%5CD%3a\a`)
	f.Fuzz(func(t *testing.T, name string) {
		if got := original(name); original(got) != got && got == name {
			t.Errorf("%q: %q, then %q", name, got, original(got))
		}
		packed := cleanStored(original(name), &Limits{NameBytes: 4096, NameParts: 64})
		if packed.logical == "" {
			t.Errorf("%q has no name", name)
		}
	})
}
