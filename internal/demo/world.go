package demo

import (
	"math/rand/v2"
	"strings"
)

// world is the invented firm around one server: who works there, from where,
// with which programs. It does not change from day to day.
type world struct {
	name    string // MAIL01
	fqdn    string // MAIL01.example.org
	host    string // what users type: mail.duval.example.org
	auto    string // autodiscover.duval.example.org
	mail    string // mail domain
	ip      string // address inside
	link    string // link-local address, used between front and back end
	machine string // EXAMPLE\MAIL01$
	sid     string // domain part of SIDs
	zone    int    // interface number of the link-local address
	db      guid   // mailbox database
	oab     guid   // OAB virtual directory
	people  []person
	health  []person // HealthMailbox accounts of the server's own probes
}

// person is a mailbox with its devices.
type person struct {
	given, family string
	login         string // EXAMPLE\claire.dupuis
	account       string // claire.dupuis
	mail          string
	rid           int
	mailbox       guid
	inside        string // address of the desk
	outside       string // address at home or of the phone's operator
	outlook       string // user agent of Outlook
	browser       string
	phone         string // user agent of the phone's mail program
	deviceType    string
	deviceID      string
	client        uint64 // Outlook's client identifier
}

var givenNames = strings.Fields(`Claire Julien Sophie Antoine Camille Nicolas Isabelle Thomas Nathalie Laurent
	Emma Hugo Manon Louis Sylvie Patrick Amandine Bruno Elodie Fabien Ghislaine Herve Ines Jerome Karine Loic
	Mireille Noel Odile Pascal Quentin Rachel Sebastien Tiphaine Ursula Valentin Wanda Xavier Yann Zoe`)

var familyNames = strings.Fields(`Dupuis Marchand Lambert Fontaine Roussel Guerin Mercier Blanchard Joly Perrot
	Barbier Renaud Colin Vidal Caron Picard Lemoine Rolland Leclerc Benoit Hubert Meunier Schmitt Brun Baron
	Gaillard Rey Charpentier Menard Poirier Maillard Cousin Besson Carpentier Delmas Ferrand Gillet Hamon`)

var outlooks = []string{
	"Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.13530; Pro)",
	"Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.12527; Pro)",
	"Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.4266; Pro)",
	"Microsoft Office/15.0 (Windows NT 6.1; Microsoft Outlook 15.0.5311; Pro)",
}

var browsers = []string{
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/88.0.4324.150 Safari/537.36",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:85.0) Gecko/20100101 Firefox/85.0",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/88.0.4324.150 Safari/537.36 Edg/88.0.705.68",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/14.0.3 Safari/605.1.15",
}

// phones are pairs of user agent and ActiveSync device type.
var phones = [][2]string{
	{"Apple-iPhone12C1/1804.52", "iPhone"},
	{"Apple-iPhone9C3/1708.34", "iPhone"},
	{"Apple-iPad7C5/1803.66", "iPad"},
	{"Android-SAMSUNG-SM-G973F/101.100000", "SamsungDevice"},
	{"Android/10-EAS-2.0", "Android"},
	{"Outlook-iOS-Android/1.0", "Outlook"},
}

// mailboxes is the size of the invented firms.
const mailboxes = 50

// newWorld invents the firm of a server; n tells the servers apart.
func newWorld(p *plan, n, people int, r *rand.Rand) *world {
	w := &world{
		name: p.Name, fqdn: p.Name + ".example.org",
		mail: p.Firm + ".example.org", machine: `EXAMPLE\` + p.Name + "$",
		zone: 3 + r.IntN(12), db: newGUID(r), oab: newGUID(r),
	}
	w.host, w.auto = "mail."+w.mail, "autodiscover."+w.mail
	w.ip = string(appendInt(append(appendInt([]byte("10."), 20+n), ".1."...), 10+r.IntN(20)))
	w.link = string(appendHex(append(appendHex(append(appendHex(append(appendHex([]byte("fe80::"),
		0x1000+r.Uint64N(0xe000), 4), ':'), 0x1000+r.Uint64N(0xe000), 4), ':'),
		0x1000+r.Uint64N(0xe000), 4), ':'), 0x1000+r.Uint64N(0xe000), 4))
	w.link = string(appendInt(append([]byte(w.link), '%'), w.zone))
	w.sid = string(appendInt(append(appendInt(append(appendInt([]byte("S-1-5-21-"),
		1e8+r.IntN(1e9)), '-'), 1e8+r.IntN(1e9)), '-'), 1e8+r.IntN(1e9)))
	w.hire(n, people, r)
	return w
}

// hire fills the mailboxes: people, then the HealthMailbox accounts.
func (w *world) hire(n, people int, r *rand.Rand) {
	taken := map[string]bool{}
	for len(w.people) < people {
		p := person{given: givenNames[r.IntN(len(givenNames))], family: familyNames[r.IntN(len(familyNames))]}
		p.account = strings.ToLower(p.given + "." + p.family)
		if taken[p.account] { // a namesake
			p.account = string(appendInt([]byte(p.account), len(w.people)))
		}
		taken[p.account] = true
		i := len(w.people)
		p.login, p.mail = `EXAMPLE\`+p.account, p.account+"@"+w.mail
		p.rid, p.mailbox, p.client = 1104+7*i+r.IntN(6), newGUID(r), r.Uint64()
		p.inside = string(appendInt(append(appendInt(append(appendInt([]byte("10."), 20+n), '.'), 10+i/200), '.'), 20+i%200))
		p.outside = outsideAddress(r)
		p.outlook, p.browser = outlooks[r.IntN(len(outlooks))], browsers[r.IntN(len(browsers))]
		phone := phones[r.IntN(len(phones))]
		p.phone, p.deviceType = phone[0], phone[1]
		p.deviceID = strings.ToUpper(string(appendHex(appendHex(nil, r.Uint64(), 16), r.Uint64(), 16)))
		w.people = append(w.people, p)
	}
	for range 4 {
		long := string(appendHex(appendHex(nil, r.Uint64(), 16), r.Uint64(), 16))
		account := "HealthMailbox" + long[:7]
		w.health = append(w.health, person{
			login: `EXAMPLE\` + account, account: account, mail: "HealthMailbox" + long + "@example.org",
			rid: 1130 + r.IntN(9), mailbox: newGUID(r), client: r.Uint64(),
		})
	}
}

// outsideAddress is an address of a home or a phone: reserved for documentation,
// and in no part of the ranges that scanners and attackers use here.
func outsideAddress(r *rand.Rand) string {
	nets := [...]string{"192.0.2.", "198.51.100.", "203.0.113."}
	n := r.IntN(len(nets))
	last := 1 + r.IntN(253)
	if n > 0 {
		last = 210 + r.IntN(44)
	}
	return string(appendInt([]byte(nets[n]), last))
}

// scannerAddress is an address of the Internet's ordinary scanners.
func scannerAddress(r *rand.Rand) string {
	nets := [...]string{"198.51.100.", "203.0.113."}
	return string(appendInt([]byte(nets[r.IntN(2)]), 150+r.IntN(48)))
}

// someone picks a mailbox; a few people make most of the traffic.
func (w *world) someone(r *rand.Rand) *person {
	return &w.people[min(r.IntN(len(w.people)), r.IntN(len(w.people)))]
}

func (w *world) probe(r *rand.Rand) *person { return &w.health[r.IntN(len(w.health))] }

// anchor is how the front end names the account it looked up.
func (w *world) anchor(p *person) string {
	return string(appendInt(append([]byte("Sid~"+w.sid), '-'), p.rid))
}
