package casefile

// AccountPlan says which accounts are hardened, in which order, with which steps.
type AccountPlan struct {
	Tiers []AccountTier     `json:"tiers"` // those that have an account in List, or would have one if exports named it; in the order of work
	Steps []AccountPlanStep `json:"steps"` // those that List asks for, in the order of work
	List  []AccountTask     `json:"list"`  // by tier, then the most certain first, then by name
	// More is how many accounts were left out of List.
	More int `json:"more,omitempty"`
}

// MaxAccountTasks bounds AccountPlan.List.
const MaxAccountTasks = 5000

// AccountTier is a group of accounts that are hardened together.
type AccountTier struct {
	ID    string `json:"id"`
	Title Text   `json:"title"`
	Why   Text   `json:"why"`
	// Missing are the exports that would name accounts of the tier, when the evidence names none.
	Missing []MissingExport `json:"missing,omitempty"`
}

// AccountPlanStep is a step that accounts of the plan need.
type AccountPlanStep struct {
	ID    string `json:"id"`
	Title Text   `json:"title"`
	Why   Text   `json:"why"`
	// After is the step that must be done WaitHours before this one; "" for most.
	After     string `json:"after,omitempty"`
	WaitHours int    `json:"wait_hours,omitempty"`
}

// AccountTask is one account and what it needs.
type AccountTask struct {
	Rank    int    `json:"rank"`    // from 1
	Account string `json:"account"` // as records and exports name it; "*" for all users of Host
	Kind    string `json:"kind"`    // admin, key, machine, service, application, user, mailbox, all
	Host    string `json:"host,omitempty"`
	// Tiers are those that the account is in, the first of which gives it its place.
	Tiers []string `json:"tiers"`
	// Certainty is how sure it is that the account was touched; "" when nothing says that it was.
	Certainty Certainty     `json:"certainty,omitempty"`
	Answers   []string      `json:"answers"`         // finding ids
	Facts     []AccountFact `json:"facts,omitempty"` // what exports show of it, at most MaxTaskFacts
	Steps     []string      `json:"steps"`           // ids of AccountPlan.Steps, in the order of work
}

// MaxTaskFacts bounds AccountTask.Facts; the case has all of them.
const MaxTaskFacts = 8

// Name is the account as the matrix of accounts and steps names it.
func (t *AccountTask) Name() string {
	if t.Account == "*" {
		return "*@" + t.Host
	}
	return t.Account
}
