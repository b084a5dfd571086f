package settings

import (
	"strings"

	"vigie/internal/clixml"
)

const (
	// maxEntries bounds the dictionaries of HealthChecker's own: versions of TLS and of .NET, the groups of its page.
	maxEntries = 50
	// maxModules bounds the list of modules of IIS, which has some fifty.
	maxModules = 2000
)

// healthChecker reads what is HealthChecker's own: when and of which server its export is, and its judgements, as claims. The objects in it are
// read like any other's, except for those of special.
func (r *reader) healthChecker(d *clixml.Document) {
	for _, root := range d.Roots() {
		server := root.Prop("HealthCheckerExchangeServer")
		if !server.Exists() && root.Prop("HealthCheckerVersion").Exists() {
			server = root
		}
		if !server.Exists() {
			continue
		}
		if name, ok := server.Prop("ServerName").Text(); ok {
			r.hostSeen(name)
		}
		r.checker = true
		r.time = exportTime(server.Prop("GenerationTime"))
		for _, group := range root.Prop("HtmlServerValues").Deref().Entries(maxEntries) {
			if name, _ := group.Key.Text(); name != "ServerDetails" {
				continue // the overview repeats it
			}
			for _, row := range group.Value.Items(maxClaims) {
				r.claim(row)
			}
		}
	}
}

func (r *reader) claim(row clixml.Value) {
	name, ok := row.Prop("Name").Text()
	if !ok || name == "" {
		return
	}
	text, _ := row.Prop("DetailValue").Text()
	grade, _ := row.Prop("Class").Text()
	r.facts.Claims = append(r.facts.Claims, Claim{Tool: "HealthChecker", Name: cut(name), Text: cut(text), Grade: cut(grade), Where: r.where(row.Line())})
}

// registryNames says which value of the registry each property of HealthChecker's summaries is. The path is that of the setting's key.
var registryNames = map[string]struct{ path, value string }{
	"LmCompatibilityLevel":                   {`hklm\system\currentcontrolset\control\lsa`, "lmcompatibilitylevel"},
	"AllowInsecureRenegoServers":             {`hklm\system\currentcontrolset\control\securityproviders\schannel`, "allowinsecurerenegoservers"},
	"AllowInsecureRenegoClients":             {`hklm\system\currentcontrolset\control\securityproviders\schannel`, "allowinsecurerenegoclients"},
	"LanManServerDisabledCompression":        {`hklm\system\currentcontrolset\services\lanmanserver\parameters`, "disablecompression"},
	"DisableBaseTypeCheckForDeserialization": {`hklm\software\microsoft\exchangeserver\v15\diagnostics`, "disablebasetypecheckfordeserialization"},
	"SerializedDataSigning":                  {`hklm\software\microsoft\exchangeserver\v15\diagnostics`, "enableserializationdatasigning"},
	"SuppressExtendedProtection":             {`hklm\system\currentcontrolset\control\lsa`, "suppressextendedprotection"},
}

// special notes objects of Microsoft's scripts that no cmdlet gives, under the keys that the registry and IIS have for the same facts. It tells
// whether the value was one.
func (r *reader) special(v clixml.Value) bool {
	found := false
	if reg := v.Prop("Registry"); reg.Prop("TLS").Exists() {
		r.tls(reg)
		found = true
	}
	found = r.registryValues(v) || found
	if name, ok := v.Prop("VirtualDirectoryName").Text(); ok {
		if level, ok := v.Prop("ExtendedProtection").Text(); ok {
			r.seen("iis")
			r.set("iis.extended-protection", name, level, "", v.Line())
			if ssl, ok := v.Path("Configuration", "SslSettings", "Value").Text(); ok {
				r.set("iis.ssl-flags", name, strings.ReplaceAll(ssl, " ", ""), "", v.Line())
			}
			return true
		}
	}
	if list := v.Prop("ModuleList"); list.Exists() {
		r.modules(list)
		return true
	}
	return found
}

// registryValues notes the registry values of a summary, in the order of the file; false when it has none.
func (r *reader) registryValues(v clixml.Value) (found bool) {
	for _, p := range v.Props() {
		at, ok := registryNames[p.Name()]
		if !ok {
			continue
		}
		if s, ok := p.Deref().Text(); ok {
			r.seen("registry." + at.path)
			r.set("registry."+at.path, at.value, s, "", p.Line())
		}
		found = true
	}
	return found
}

// tls notes the settings of SCHANNEL and of .NET. HealthChecker tells a value that is not in the registry as $null.
func (r *reader) tls(reg clixml.Value) {
	const protocols = `hklm\system\currentcontrolset\control\securityproviders\schannel\protocols`
	for _, en := range reg.Prop("TLS").Deref().Entries(maxEntries) {
		version, ok := en.Value.Prop("TLSVersion").Text()
		if !ok {
			continue
		}
		for _, side := range []string{"Server", "Client"} {
			path := protocols + `\tls ` + version + `\` + strings.ToLower(side)
			r.seen("registry." + protocols)
			for _, name := range []string{"Enabled", "DisabledByDefault"} {
				if s, ok := en.Value.Prop(side + name + "Value").Text(); ok {
					r.set("registry."+path, strings.ToLower(name), s, "", en.Value.Line())
				}
			}
		}
	}
	for _, en := range reg.Prop("NET").Deref().Entries(maxEntries) {
		version, ok := en.Value.Prop("NetVersion").Text()
		if !ok {
			continue
		}
		for _, half := range []struct{ prefix, hive string }{{"", `hklm\software\microsoft\.netframework\`}, {"Wow", `hklm\software\wow6432node\microsoft\.netframework\`}} {
			path := half.hive + strings.ToLower(version)
			r.seen("registry." + path)
			for _, name := range []string{"SystemDefaultTlsVersions", "SchUseStrongCrypto"} {
				if s, ok := en.Value.Prop(half.prefix + name + "Value").Text(); ok {
					r.set("registry."+path, strings.ToLower(name), s, "", en.Value.Line())
				}
			}
		}
	}
}

// modules notes the native modules of IIS with what the export says of their signatures.
func (r *reader) modules(list clixml.Value) {
	for _, m := range list.Deref().Items(maxModules) {
		name, ok := m.Prop("Name").Text()
		if !ok {
			continue
		}
		r.seen("iis.module")
		path, _ := m.Prop("Path").Text()
		r.set("iis.module", name, path, "", m.Line())
		status, ok := m.Path("SignatureDetails", "SignatureStatus").Text()
		if !ok {
			status = "NotSigned"
		}
		signer, _ := m.Path("SignatureDetails", "Signer").Text()
		r.set("iis.module.signaturestatus", name, status, "", m.Line())
		r.set("iis.module.signer", name, signer, "", m.Line())
	}
}
