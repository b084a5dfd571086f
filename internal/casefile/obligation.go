package casefile

// Obligation is a legal clock as the knowledge has it.
type Obligation struct {
	ID    string `json:"id" yaml:"id"`
	Law   string `json:"law" yaml:"law"`     // where it stands: "Règlement (UE) 2016/679, art. 33"
	Title Text   `json:"title" yaml:"title"` // what is due to whom
	// Who must act, what starts the clock, what to tell: sentences.
	Who       Text       `json:"who" yaml:"who"`
	Starts    Text       `json:"starts" yaml:"starts"`
	Help      Text       `json:"help" yaml:"help"`
	Country   string     `json:"country" yaml:"country"` // FR or EU
	Deadlines []Deadline `json:"deadlines" yaml:"deadlines"`
	URL       string     `json:"url" yaml:"url"`
	Source    string     `json:"source" yaml:"source"`
	CheckedOn string     `json:"checked_on" yaml:"date"` // YYYY-MM-DD
}

// Deadline is one of the times that a clock runs to: Hours of the clock, or Months of the calendar, after Start or after the deadline named by After.
type Deadline struct {
	ID     string `json:"id" yaml:"id"`
	Title  Text   `json:"title" yaml:"title"`
	Hours  int    `json:"hours,omitempty" yaml:"hours"`
	Months int    `json:"months,omitempty" yaml:"months"`
	After  string `json:"after,omitempty" yaml:"after"`
}
