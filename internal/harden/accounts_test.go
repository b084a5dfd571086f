package harden

import (
	"slices"
	"strings"
	"testing"

	"vigie/internal/inventory"
	"vigie/internal/settings"
)

func TestAccounts(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"domains.csv": "Name,DomainName,DomainType\nx,corp.example.test,Authoritative\n",
		"rules.json": `[{"Mailbox":"a@corp.example.test","Name":"out","Enabled":true,"ForwardTo":["\"b\" [SMTP:b@elsewhere.example]"],"DeleteMessage":true},
{"Mailbox":"a@corp.example.test","Name":"inside","Enabled":true,"ForwardTo":["b@corp.example.test"],"DeleteMessage":false},
{"Mailbox":"a@corp.example.test","Name":"colleague","Enabled":true,"ForwardTo":["\"Bob\" [EX:/o=Org/cn=bob]"],"DeleteMessage":false},
{"Mailbox":"b@corp.example.test","Name":".","Enabled":true,"ForwardTo":null,"DeleteMessage":false,"MoveToFolder":"RSS Feeds","MarkAsRead":true},
{"Mailbox":"b@corp.example.test","Name":"old","Enabled":false,"ForwardTo":["x@elsewhere.example"],"DeleteMessage":true}, {"Mailbox":"c@corp.example.test","Name":"same line","Enabled":true,"ForwardTo":null,"DeleteMessage":true}]`,
		"mailboxes.csv":   "PrimarySmtpAddress,ForwardingSmtpAddress,AuditEnabled\nc@corp.example.test,smtp:d@elsewhere.example,True\nd@corp.example.test,,True\n",
		"permissions.csv": "Identity,User,AccessRights,Deny\nboss,CORP\\eve,{FullAccess},False\nboss,NT AUTHORITY\\SELF,\"{FullAccess, ReadPermission}\",False\nboss,CORP\\bob,{ReadPermission},False\nboss,CORP\\old,{FullAccess},True\n",
		"groups.csv":      "Group,Member,ObjectClass\nDomain Admins,eve,user\nBowling,bob,user\n",
		"users.csv":       "SamAccountName,Enabled,PasswordLastSet,LastLogonDate,PasswordNeverExpires,ServicePrincipalName\nsvc-backup,True,2015-01-02,2021-03-01,True,MSSQL/x\nkrbtgt,False,2014-05-06,,False,kadmin/changepw\ngone,False,2015-01-02,,True,HTTP/y\n",
		"consents.csv":    "Id,ClientId,ConsentType,PrincipalId,ResourceId,Scope\n1,app-1,Principal,user-7,r,User.Read Mail.Read\n2,app-2,Principal,user-8,r,User.Read\n3,app-3,AllPrincipals,,r,User.Read\n",
	}
	k, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	rules := New(k.Hardening)
	var list []inventory.Setting
	for _, name := range sortedKeys(files) {
		f, gaps := settings.Read(name, []byte(files[name]), settings.Options{Want: rules.Wants})
		if len(f.Settings) == 0 || len(gaps) > 0 {
			t.Fatalf("%s: form %q, gaps %v", name, f.Form, gaps)
		}
		list = append(list, f.Settings...)
	}
	var got []string
	for _, f := range rules.Accounts(rules.Derive(list, "")) {
		got = append(got, strings.Join([]string{string(f.Kind), f.Account, f.Detail, f.Where}, "|"))
	}
	want := []string{
		"inbox-rule|a@corp.example.test|out (forwards to b@elsewhere.example, deletes)|rules.json (line 1)",
		"inbox-rule|b@corp.example.test|. (hides in RSS Feeds)|rules.json (line 4)",
		"inbox-rule|c@corp.example.test|same line (deletes)|rules.json (line 5, object 2)",
		"mailbox-forward|c@corp.example.test|smtp:d@elsewhere.example|mailboxes.csv (line 2)",
		"app-consent|*|app-3: User.Read|consents.csv (line 4)",
		"app-consent|user-7|app-1: User.Read Mail.Read|consents.csv (line 2)",
		`full-access|boss|CORP\eve|permissions.csv (line 2)`,
		"privileged-group|eve|Domain Admins|groups.csv (line 2)",
		"service-account|svc-backup|MSSQL/x|users.csv (line 2)",
		"password-old|svc-backup|2015-01-02|users.csv (line 2)",
		"krbtgt|krbtgt|2014-05-06|users.csv (line 3)",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}
