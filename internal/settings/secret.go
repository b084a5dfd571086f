package settings

import "strings"

// Hidden stands for the value of a secret: that it is there is a fact, what it is never leaves the evidence.
const Hidden = "(present, not kept)"

// secretEnds are how names of properties and registry values end whose value is a secret. "PasswordLastSet" is none.
var secretEnds = []string{"password", "passwd", "pwd", "secret", "passphrase", "privatekey", "sharedkey", "validationkey", "decryptionkey", "connectionstring",
	"accesstoken", "refreshtoken", "apikey", "storedcredential", "recoverykey"}

// hide replaces the value of a secret.
func hide(key, value string) string {
	if value == "" {
		return value
	}
	last := key
	if i := strings.LastIndexAny(key, `.\`); i >= 0 {
		last = key[i+1:]
	}
	last = strings.ToLower(strings.ReplaceAll(last, "-", ""))
	for _, end := range secretEnds {
		if strings.HasSuffix(last, end) {
			return Hidden
		}
	}
	return value
}
