package eventtext

import (
	"testing"
	"time"
	_ "time/tzdata" // the rules of Paris, wherever the tests run
)

func TestParseTime(t *testing.T) {
	t.Parallel()
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		in    string
		zone  *time.Location
		order DateOrder
		want  string // a time or a code
	}{
		{"2021-03-03T10:11:12.1234567Z", nil, 0, "2021-03-03T10:11:12.1234567Z"},
		{"2021-03-03T10:11:12.123456789Z", nil, 0, "2021-03-03T10:11:12.1234567Z"},
		{"2021-03-03T10:11:12Z", nil, 0, "2021-03-03T10:11:12.0000000Z"},
		{"2021-03-03t10:11:12z", nil, 0, "2021-03-03T10:11:12.0000000Z"},
		{"2021-03-03 10:11:12 UTC", nil, 0, "2021-03-03T10:11:12.0000000Z"},
		{"2021-03-03T10:11:12.5+02:00", nil, 0, "2021-03-03T08:11:12.5000000Z"},
		{"2021-03-03T10:11:12-0330", paris, 0, "2021-03-03T13:41:12.0000000Z"},
		{"2021-03-03 10:11:12.123", nil, 0, CodeTimeZone},
		{"2021-03-03 10:11:12,123", paris, 0, "2021-03-03T09:11:12.1230000Z"},
		{"2021-02-29T10:11:12Z", nil, 0, CodeTimeAbsurd},
		{"2021-03-03T24:00:00Z", nil, 0, CodeTimeAbsurd},
		{"2016-12-31T23:59:60Z", nil, 0, CodeTimeAbsurd},
		{"1600-01-01T00:00:00Z", nil, 0, CodeTimeAbsurd},
		{"1601-01-01T00:00:00Z", nil, 0, "1601-01-01T00:00:00.0000000Z"},
		{"0001-01-01T00:00:00+14:00", nil, 0, CodeTimeAbsurd},
		{"9999-12-31T23:59:59-14:00", nil, 0, CodeTimeAbsurd},
		{"2021-03-03T10:11:12+99:00", nil, 0, CodeTime},
		{"2021-03-03T10:11:12.Z", nil, 0, CodeTime},
		{"2021-03-03", nil, 0, CodeTime},
		{"2021-03-03T10:11:12Zx", nil, 0, CodeTime},
		{"2021-03-28 02:30:00", paris, 0, CodeTimeAbsurd}, // clocks go from 2 to 3
		{"2021-10-31 02:30:00", paris, 0, CodeTimeFold},   // and from 3 to 2
		{"2021-10-31 01:59:59", paris, 0, "2021-10-30T23:59:59.0000000Z"},
		{"2021-10-31 03:00:00", paris, 0, "2021-10-31T02:00:00.0000000Z"},
		{"1614766272.1234567", nil, 0, "2021-03-03T10:11:12.1234567Z"},
		{"1614766272", nil, 0, "2021-03-03T10:11:12.0000000Z"},
		{"1614766272123", nil, 0, "2021-03-03T10:11:12.1230000Z"},
		{"1614766272123456", nil, 0, "2021-03-03T10:11:12.1234560Z"},
		{"-1", nil, 0, "1969-12-31T23:59:59.0000000Z"},
		{"99999999999999999999", nil, 0, CodeTime},
		{"1e999", nil, 0, CodeTime},
		{"1.6e9", nil, 0, CodeTime},
		{"", nil, 0, CodeTime},
		{"-", nil, 0, CodeTime},
		{"/Date(1614766272123)/", nil, 0, "2021-03-03T10:11:12.1230000Z"},
		{"/Date(1614766272123+0100)/", nil, 0, "2021-03-03T10:11:12.1230000Z"},
		{"/Date(-1000)/", nil, 0, "1969-12-31T23:59:59.0000000Z"},
		{"/Date(x)/", nil, 0, CodeTime},
		{"/Date(1", nil, 0, CodeTime},
		{"13/03/2021 10:11:12", time.UTC, 0, "2021-03-13T10:11:12.0000000Z"},
		{"3/13/2021 10:11:12 PM", time.UTC, 0, "2021-03-13T22:11:12.0000000Z"},
		{"3/13/2021 12:11:12\u202fAM", time.UTC, 0, "2021-03-13T00:11:12.0000000Z"},
		{"3/13/2021 13:11:12 PM", time.UTC, 0, CodeTimeAbsurd},
		{"03/04/2021 10:11:12", time.UTC, 0, CodeTimeOrder},
		{"03/04/2021 10:11:12", time.UTC, DayFirst, "2021-04-03T10:11:12.0000000Z"},
		{"03/04/2021 10:11", time.UTC, MonthFirst, "2021-03-04T10:11:00.0000000Z"},
		{"03.04.2021 10:11:12", time.UTC, DayFirst, "2021-04-03T10:11:12.0000000Z"},
		{"04/04/2021 10:11:12", time.UTC, 0, "2021-04-04T10:11:12.0000000Z"}, // the same both ways
		{"13/03/2021 10:11:12", nil, 0, CodeTimeZone},
		{"13/13/2021 10:11:12", time.UTC, 0, CodeTimeAbsurd},
		{"31/02/2021 10:11:12", time.UTC, 0, CodeTimeAbsurd},
		{"3 mars 2021 10:11:12", time.UTC, 0, CodeTime},
	} {
		got, code := parseTime([]byte(tt.in), tt.zone, tt.order)
		if code == "" {
			code = got.Format(systemTime)
		}
		if code != tt.want {
			t.Errorf("%q: %s, want %s", tt.in, code, tt.want)
		}
	}
}

// TestTimeNotRead wants the text of a time that is not read, no time in its place, and a word about it.
func TestTimeNotRead(t *testing.T) {
	t.Parallel()
	csv := "Level,Date and Time,Source,Event ID,Task Category\nInformation,3/4/2021 10:11:12 PM,P,4624,Logon,m\n"
	for code, opt := range map[string]Options{
		CodeTimeOrder: {Zone: time.UTC},
		CodeTimeZone:  {Order: DayFirst},
	} {
		recs, codes := collect(csv, opt)
		if len(recs) != 1 || len(codes) != 1 || codes[0] != code {
			t.Fatalf("%d records, %v, want %s", len(recs), codes, code)
		}
		text, _ := recs[0].Get("TimeCreated")
		_, has := recs[0].Get("TimeCreated_SystemTime")
		if text != "3/4/2021 10:11:12 PM" || has || !recs[0].Written.IsZero() || recs[0].Flags != FlagTime {
			t.Errorf("%+v", recs[0])
		}
	}
}
