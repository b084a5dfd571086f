package literal

import (
	"math"
	"sync"
)

// Which four bytes are rare depends on the text. The judgement is made from a sample of the text that this package mostly reads,
// IIS and Exchange logs, as counts of bytes and of pairs of neighbours; a pair tells far more than a byte (in "Mozilla" every letter
// is ordinary English, and in a log "zi" follows a blank field on every line). A sample that can be read is easier to argue about
// and to extend than a table of numbers.
//
// The sample is small, so it is not believed where it says "never". Each byte starts with a count from prior: letters and digits
// occur in cookies, GUIDs and base64 in any order; NUL and 0xff fill binaries, which the YARA engine reads; the remaining bytes are
// rare in everything. And each pair is mixed with the product of its two bytes.
//
// A wrong judgement costs speed, never a match.
const sample = `#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken
2021-03-02 23:59:41 192.0.2.10 GET /owa/auth/logon.aspx url=https%3a%2f%2fmail.example.com%2fowa%2f&reason=0 443 - 198.51.100.27 Mozilla/5.0+(Windows+NT+10.0;+Win64;+x64)+AppleWebKit/537.36+(KHTML,+like+Gecko)+Chrome/88.0.4324.190+Safari/537.36 https://mail.example.com/owa/ 200 0 0 15
2021-03-02 23:59:42 192.0.2.10 POST /Microsoft-Server-ActiveSync/default.eas Cmd=Ping&User=EXAMPLE%5Cjdoe&DeviceId=8F0A3C7D9E6B4125&DeviceType=iPhone 443 EXAMPLE\jdoe 203.0.113.64 Apple-iPhone12C1/1807.0 - 200 0 0 590731
2021-03-02 23:59:43 192.0.2.10 POST /EWS/Exchange.asmx &CorrelationID=<empty>;&cafeReqId=3f2a9b1c-7d4e-4f60-8a51-c2e7b9d0f386; 443 user@example.com 198.51.100.8 Microsoft+Office/16.0+(Windows+NT+10.0;+Microsoft+Outlook+16.0.13628;+Pro) - 401 1 2148074254 31
2021-03-02 23:59:44 192.0.2.10 POST /mapi/emsmdb/ MailboxId=d5b0e8a2-61f3-4c97-b84d-0e1f2a3c5b69@example.com&ClientInfo=OUTLOOK 444 EXAMPLE\asmith 198.51.100.9 Microsoft+Office/16.0 - 200 0 64 46
2021-03-02 23:59:45 ::1 RPC_IN_DATA /rpc/rpcproxy.dll mail.example.com:6002&RequestId=91c5d7e0-28ab-4613-9fd2-74b8e6a1c03f 443 EXAMPLE\HealthMailbox7b1c 127.0.0.1 MSRPC - 200 0 0 109
2021-03-02 23:59:46 192.0.2.10 GET /ecp/Default.aspx p=Mailboxes&ExchClientVer=15 443 admin 198.51.100.5 Mozilla/5.0+(Macintosh;+Intel+Mac+OS+X+10_15_7)+Version/14.0.3+Firefox/86.0 - 302 0 0 78
2021-03-02 23:59:47 192.0.2.10 GET /autodiscover/autodiscover.xml - 80 - 203.0.113.9 Mozilla/4.0+(compatible;+MSIE+7.0;+Trident/7.0;+.NET4.0C;+.NET+CLR+3.5.30729) - 404 0 2 0
2021-03-02 23:59:48 192.0.2.10 GET /owa/prem/15.1.2176.9/scripts/boot.worldwide.0.mouse.js /images/theme.css 443 - 198.51.100.7 Mozilla/5.0 - 304 0 0 3
2021-03-02T23:59:48.217Z,5c1e0d94-7fa3-4b82-96e8-d1a07c3b5f2e,15,1,2176,2,,Ews,mail.example.com,/EWS/Exchange.asmx,,Negotiate,true,EXAMPLE\jdoe,example.com,Sid~S-1-5-21-1004336348-1177238915-682003330-512,ExchangeServicesClient/15.01.2176.009,192.0.2.10,MBX01,MBX01.EXAMPLE.COM,GetFolder,200,200,,POST,Proxy,mbx01.example.com,15.01.2176.000,IntraForest,WindowsIdentity,,,,1268,974,1,,4,0,,0,,0,,0,0,,0,17.2,0,,,,0,11,2,0,5,0,6,0,20,,,BeginRequest=2021-03-02T23:59:48.201Z;CorrelationID=<empty>;ProxyState-Run=None;ServerLocatorCall=DB;AnchorMailbox=jdoe@example.com;BeginGetResponse;OnResponseReady;EndGetResponse=2021-03-02T23:59:48.216Z;I32:ATE.C[mbx01.example.com]=1;F:ATE.AL[mbx01.example.com]=0;
2021-03-02T23:59:49.004Z,192.0.2.10,MBX01,,MBX01.example.com,08D8DDB2A1C3E0F4;2021-03-02T23:59:48.9Z;0,STOREDRIVER,DELIVER,4728,<a9c83b@example.com>,asmith@example.com,,2811,1,,,Weekly report,jdoe@example.com,Incoming,S:MailboxDatabaseName=DB01;S:Microsoft.Exchange.Transport.MailRecipient.RequiredTlsAuthLevel=Opportunistic
`

// prior is the count that a byte has before the sample is read, in occurrences for about 4,000 bytes.
func prior(b byte) float64 {
	switch {
	case b == 0:
		return 60
	case b == 0xff, b == ' ':
		return 20
	case '0' <= b && b <= '9':
		return 30
	case 'a' <= b && b <= 'z':
		return 12
	case 'A' <= b && b <= 'Z':
		return 8
	case '!' <= b && b <= '~', b == '\n', b == '\r', b == '\t':
		return 4
	default:
		return 1
	}
}

// rarity holds how surprising bytes and pairs are, in bits.
type rarity struct {
	bytes [256]float32       // how likely a byte is, from 0 to 1
	alone [256]float32       // the surprise of a byte, nothing known about the one before
	after [256 * 256]float32 // after[a<<8|b] is the surprise of b after a
}

// rarityOf returns the model; with fold, that of text in lower case.
func rarityOf(fold bool) *rarity {
	if fold {
		return foldedRarity()
	}
	return exactRarity()
}

// Both models are made once, when the first Set needs them (about a millisecond).
var (
	exactRarity  = sync.OnceValue(func() *rarity { return newRarity(false) })
	foldedRarity = sync.OnceValue(func() *rarity { return newRarity(true) })
)

func newRarity(fold bool) *rarity {
	// mixed is how many occurrences of its first byte a pair needs before the sample counts as much as the product of the two bytes.
	const mixed = 8

	text := []byte(sample)
	same := func(b byte) byte { return b }
	if fold {
		same = lower
		toLower(text)
	}
	var count [256]float64
	var seen [256]float64
	pairs := make([]float64, 256*256)
	total := 0.0
	for b := range 256 {
		count[same(byte(b))] += prior(byte(b))
		total += prior(byte(b))
	}
	for i, b := range text {
		count[b]++
		total++
		if i > 0 {
			seen[text[i-1]]++
			pairs[int(text[i-1])<<8|int(b)]++
		}
	}
	r := new(rarity)
	for b := range 256 {
		// Upper-case letters do not occur in folded literals; their count of zero is kept away from the logarithm.
		p := max(count[b], 1) / total
		r.bytes[b] = float32(p)
		r.alone[b] = float32(-math.Log2(p))
		for a := range 256 {
			r.after[a<<8|b] = float32(-math.Log2((pairs[a<<8|b] + mixed*p) / (seen[a] + mixed)))
		}
	}
	return r
}

// surprise returns how rare the first four bytes of b are together, in bits.
func (r *rarity) surprise(b []byte) float32 {
	return r.alone[b[0]] + r.after[int(b[0])<<8|int(b[1])] + r.after[int(b[1])<<8|int(b[2])] + r.after[int(b[2])<<8|int(b[3])]
}
