package casefile

// AccountFact is something about an account or a mailbox that exports of the directory and of Exchange show, and that a plan for accounts starts from.
type AccountFact struct {
	Kind    AccountFactKind `json:"kind"`
	Account string          `json:"account"` // account or mailbox, as the export names it
	Detail  string          `json:"detail"`  // group, rule, trustee, address, scope…
	Where   string          `json:"where"`
}

// AccountFactKind says what is known of the account.
type AccountFactKind string

// The kinds, in the order in which they are told: what gives or keeps access without a password first.
const (
	RuleForwards    AccountFactKind = "inbox-rule"        // a rule that is on and forwards outside, deletes or hides
	MailForwarded   AccountFactKind = "mailbox-forward"   // the whole mailbox is forwarded
	AppConsent      AccountFactKind = "app-consent"       // an application may read mail or files, or act for all
	FullAccess      AccountFactKind = "full-access"       // somebody else may open the mailbox
	SensitiveRole   AccountFactKind = "sensitive-role"    // a role that opens other mailboxes, assigned to a person
	PrivilegedGroup AccountFactKind = "privileged-group"  // member of a group with rights over the domain or over Exchange
	ServiceAccount  AccountFactKind = "service-account"   // an account with a service principal name: its password can be guessed offline
	NeverExpires    AccountFactKind = "password-old"      // an enabled account whose password never expires
	RemoteShell     AccountFactKind = "remote-powershell" // may use remote PowerShell and is in no group of administrators
	KerberosKey     AccountFactKind = "krbtgt"            // the account whose key signs all tickets, with the date of its password
)

// AccountFactKinds lists the kinds in the order in which they are told.
var AccountFactKinds = []AccountFactKind{RuleForwards, MailForwarded, AppConsent, FullAccess, SensitiveRole, PrivilegedGroup, ServiceAccount, NeverExpires, RemoteShell, KerberosKey}

// MaxAccountFacts bounds the facts of one kind in a case.
const MaxAccountFacts = 2000
