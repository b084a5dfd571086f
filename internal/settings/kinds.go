package settings

import "strings"

// kind is one kind of thing that exports show.
type kind struct {
	name  string   // begins the keys of its settings
	types []string // .NET or WMI types, the last part of the name
	// marks tell the kind where no type is named, as in CSV: each is a set of properties that must all be there.
	marks   [][]string
	subject []string // properties that name the thing, the first that is there
	host    []string // properties that name the server it is of
	// own says that the host is the server on which the export was made, so that other objects of the file are of it too.
	own bool
}

// kinds lists the kinds, more telling ones first: the first whose marks are there counts. Names of types and properties are those of Exchange's
// cmdlets, of WMI and of the modules of Windows; order, spelling and choice of the properties that tell follow the exports in Microsoft's own tests.
var kinds = []kind{
	{name: "exchange.settingoverride", types: []string{"SettingOverride"}, marks: [][]string{{"ComponentName", "SectionName"}}, subject: []string{"Name", "Identity"}, host: []string{"Server"}},
	{name: "exchange.server", types: []string{"ExchangeServer"}, marks: [][]string{{"AdminDisplayVersion", "ServerRole"}, {"AdminDisplayVersion", "Edition"}, {"MitigationsApplied"}},
		subject: []string{"Name", "Identity"}, host: []string{"Name", "Fqdn"}},
	{name: "exchange.mailbox-server", types: []string{"MailboxServer"}, subject: []string{"Name"}, host: []string{"Name"}},
	{name: "exchange.organization", types: []string{"OrganizationConfig"}, marks: [][]string{{"EnableDownloadDomains"}}, subject: []string{"Name", "Identity"}},
	{name: "exchange.owa-vdir", types: []string{"ADOwaVirtualDirectory"}, marks: [][]string{{"ExternalDownloadHostName"}, {"LogonPageLightSelectionEnabled"}},
		subject: []string{"Identity", "Name"}, host: []string{"Server"}},
	{name: "exchange.ews-vdir", types: []string{"ADWebServicesVirtualDirectory"}, marks: [][]string{{"MRSProxyEnabled"}}, subject: []string{"Identity", "Name"}, host: []string{"Server"}},
	{name: "exchange.ecp-vdir", types: []string{"ADEcpVirtualDirectory"}, marks: [][]string{{"AdminEnabled", "OwaOptionsEnabled"}}, subject: []string{"Identity", "Name"}, host: []string{"Server"}},
	{name: "exchange.oab-vdir", types: []string{"ADOabVirtualDirectory"}, marks: [][]string{{"OfflineAddressBooks"}}, subject: []string{"Identity", "Name"}, host: []string{"Server"}},
	{name: "exchange.eas-vdir", types: []string{"ADMobileVirtualDirectory"}, marks: [][]string{{"MobileClientCertificateProvisioningEnabled"}}, subject: []string{"Identity", "Name"}, host: []string{"Server"}},
	{name: "exchange.autodiscover-vdir", types: []string{"ADAutodiscoverVirtualDirectory"}, subject: []string{"Identity", "Name"}, host: []string{"Server"}},
	{name: "exchange.powershell-vdir", types: []string{"ADPowerShellVirtualDirectory"}, marks: [][]string{{"RequireSSL", "CertificateAuthentication"}}, subject: []string{"Identity", "Name"}, host: []string{"Server"}},
	{name: "exchange.mapi-vdir", types: []string{"ADMapiVirtualDirectory"}, marks: [][]string{{"IISAuthenticationMethods", "ExternalUrl"}}, subject: []string{"Identity", "Name"}, host: []string{"Server"}},
	{name: "exchange.outlook-anywhere", types: []string{"ADRpcHttpVirtualDirectory"}, marks: [][]string{{"SSLOffloading"}}, subject: []string{"Identity", "Name"}, host: []string{"Server", "ServerName"}},
	{name: "exchange.auth-config", types: []string{"AuthConfig"}, marks: [][]string{{"CurrentCertificateThumbprint"}}, subject: []string{"Name"}},
	{name: "exchange.certificate", types: []string{"ExchangeCertificate"}, marks: [][]string{{"Thumbprint", "NotAfter"}}, subject: []string{"Thumbprint"}, host: []string{"PSComputerName", "Server"}},
	{name: "exchange.receive-connector", types: []string{"ReceiveConnector"}, marks: [][]string{{"RemoteIPRanges", "PermissionGroups"}}, subject: []string{"Identity", "Name"}, host: []string{"Server"}},
	{name: "exchange.send-connector", types: []string{"SmtpSendConnectorConfig"}, marks: [][]string{{"AddressSpaces", "SmartHosts"}}, subject: []string{"Identity", "Name"}},
	{name: "exchange.accepted-domain", types: []string{"AcceptedDomain"}, marks: [][]string{{"DomainName", "DomainType"}}, subject: []string{"Name", "DomainName"}},
	{name: "exchange.admin-audit", types: []string{"AdminAuditLogConfig"}, marks: [][]string{{"AdminAuditLogEnabled"}}, subject: []string{"Name"}},
	{name: "exchange.hybrid", types: []string{"HybridConfiguration"}, marks: [][]string{{"OnPremisesSmartHost"}}, subject: []string{"Name"}},
	{name: "exchange.auth-server", types: []string{"AuthServer"}, marks: [][]string{{"IssuerIdentifier", "TokenIssuingEndpoint"}}, subject: []string{"Name"}},
	{name: "exchange.client-access-rule", types: []string{"ADClientAccessRule", "ClientAccessRule"}, marks: [][]string{{"AnyOfProtocols", "Action"}}, subject: []string{"Name", "Identity"}},
	{name: "exchange.authentication-policy", types: []string{"AuthenticationPolicy"}, marks: [][]string{{"AllowBasicAuthWebServices"}, {"BlockLegacyAuthWebServices"}}, subject: []string{"Name"}},
	{name: "exchange.transport-agent", types: []string{"TransportAgent", "Agent"}, marks: [][]string{{"TransportAgentFactory"}, {"AssemblyPath", "Priority"}}, subject: []string{"Identity", "Name"}},
	{name: "exchange.transport-rule", types: []string{"TransportRule", "Rule"}, marks: [][]string{{"RuleErrorAction"}, {"BlindCopyTo", "RedirectMessageTo", "Priority"}}, subject: []string{"Name", "Identity"}},
	{name: "exchange.role-assignment", types: []string{"ExchangeRoleAssignmentPresentation", "ManagementRoleAssignment"}, marks: [][]string{{"RoleAssigneeName", "Role"}}, subject: []string{"Name", "Identity"}},
	{name: "exchange.mailbox-permission", types: []string{"MailboxAcePresentationObject"}, marks: [][]string{{"Identity", "User", "AccessRights"}}, subject: []string{"Identity"}},
	{name: "exchange.recipient-permission", types: []string{"ADAcePresentationObject", "RecipientPermission"}, marks: [][]string{{"ExtendedRights", "User"}, {"Trustee", "AccessRights"}}, subject: []string{"Identity"}},
	{name: "exchange.inbox-rule", types: []string{"InboxRule"}, marks: [][]string{{"ForwardTo", "RedirectTo"}, {"ForwardTo", "DeleteMessage"}}, subject: []string{"Identity", "Mailbox", "Name"}},
	{name: "exchange.mailbox", types: []string{"Mailbox"}, marks: [][]string{{"ForwardingSmtpAddress"}, {"DeliverToMailboxAndForward"}, {"AuditEnabled", "PrimarySmtpAddress"}},
		subject: []string{"PrimarySmtpAddress", "UserPrincipalName", "Identity", "Name"}},
	{name: "exchange.user", marks: [][]string{{"RemotePowerShellEnabled"}}, subject: []string{"UserPrincipalName", "SamAccountName", "Identity", "Name"}},
	{name: "entra.consent", marks: [][]string{{"ConsentType", "Scope"}, {"ClientDisplayName", "Scope"}}, subject: []string{"ClientDisplayName", "ClientId", "Id"}},
	{name: "ad.domain-acl", marks: [][]string{{"IdentityReference", "ActiveDirectoryRights"}}, subject: []string{"IdentityReference"}},
	{name: "ad.schema-class", marks: [][]string{{"Name", "PossSuperiors"}}, subject: []string{"Name"}},
	{name: "declaration", marks: [][]string{{"Declaration", "Answer", "By"}}, subject: []string{"Declaration"}},
	{name: "iis.module", marks: [][]string{{"Image", "SignatureStatus", "Signer"}}, subject: []string{"Name"}},
	{name: "ad.group-member", marks: [][]string{{"Group", "Member"}, {"RoleGroup", "Member"}, {"GroupName", "SamAccountName"}}, subject: []string{"Group", "RoleGroup", "GroupName"}},
	{name: "ad.user", types: []string{"ADUser"}, marks: [][]string{{"SamAccountName", "PasswordLastSet"}, {"SamAccountName", "pwdLastSet"}, {"SamAccountName", "Enabled", "LastLogonDate"}},
		subject: []string{"SamAccountName"}},
	{name: "windows.service", types: []string{"ServiceController", "Win32_Service"}, marks: [][]string{{"Name", "Status", "StartType"}, {"Name", "State", "StartMode"}},
		subject: []string{"ServiceName", "Name"}, host: []string{"PSComputerName", "MachineName", "SystemName"}, own: true},
	{name: "windows.hotfix", types: []string{"Win32_QuickFixEngineering"}, marks: [][]string{{"HotFixID"}}, subject: []string{"HotFixID"}, host: []string{"PSComputerName", "CSName", "Source", "Node"}, own: true},
	{name: "windows.smb-server", types: []string{"MSFT_SmbServerConfiguration"}, marks: [][]string{{"EnableSMB1Protocol"}}, host: []string{"PSComputerName"}, own: true},
	{name: "windows.feature", types: []string{"Feature"}, marks: [][]string{{"InstallState", "FeatureType"}, {"InstallState", "DisplayName", "Name"}}, subject: []string{"Name"}, host: []string{"PSComputerName"}},
	{name: "windows.local-admin", types: []string{"LocalPrincipal", "LocalUser", "LocalGroup"}, marks: [][]string{{"PrincipalSource", "ObjectClass"}}, subject: []string{"Name"}, host: []string{"PSComputerName"}},
	{name: "windows.defender", types: []string{"MSFT_MpPreference"}, marks: [][]string{{"ExclusionPath", "ExclusionProcess"}}, host: []string{"PSComputerName"}, own: true},
	{name: "windows.defender-status", types: []string{"MSFT_MpComputerStatus"}, marks: [][]string{{"RealTimeProtectionEnabled"}}, host: []string{"PSComputerName"}, own: true},
	{name: "windows.eventlog", types: []string{"EventLogConfiguration"}, marks: [][]string{{"LogName", "MaximumSizeInBytes"}}, subject: []string{"LogName"}, host: []string{"PSComputerName"}},
	{name: "windows.system", types: []string{"Win32_OperatingSystem"}, marks: [][]string{{"BuildNumber", "OSArchitecture"}}, host: []string{"PSComputerName", "CSName"}, own: true},
	{name: "windows.computer", types: []string{"Win32_ComputerSystem"}, marks: [][]string{{"DomainRole"}}, host: []string{"PSComputerName", "Name"}, own: true},
	{name: "windows.file-version", types: []string{"FileVersionInfo"}, marks: [][]string{{"FileVersion", "InternalName"}, {"FileVersion", "FileName"}, {"FileVersion", "FilePrivatePart"}},
		subject: []string{"FileName", "InternalName", "OriginalFilename"}},
	{name: "windows.command", types: []string{"ApplicationInfo"}, subject: []string{"Path", "Name"}},
}

// kindOfTypes finds the kind by names of types: the last part after a period, a slash, a backslash or a number sign.
func kindOfTypes(types []string) *kind {
	for i, t := range types {
		if i > 2 {
			break // those further up are shared by many kinds
		}
		last := t[strings.LastIndexAny(t, `./\#`)+1:]
		for k := range kinds {
			for _, want := range kinds[k].types {
				if last == want && !(strings.HasPrefix(t, "System.") && strings.HasPrefix(kinds[k].name, "exchange.")) {
					return &kinds[k]
				}
			}
		}
	}
	return nil
}

// kindOfColumns finds the kind by the names of properties.
func kindOfColumns(names []string) *kind {
	if len(names) < 2 {
		return nil
	}
	has := make(map[string]bool, len(names))
	for _, n := range names {
		has[strings.ToLower(n)] = true
	}
	for k := range kinds {
		for _, mark := range kinds[k].marks {
			all := true
			for _, m := range mark {
				all = all && has[strings.ToLower(m)]
			}
			if all {
				return &kinds[k]
			}
		}
	}
	return nil
}

// Organisation tells a setting that is of a whole organisation or directory, not of one server.
func Organisation(key string) bool {
	key = strings.TrimPrefix(key, ExportPrefix)
	if strings.HasPrefix(key, "exchange.override") {
		return true
	}
	for k := range kinds {
		if kinds[k].name == key || strings.HasPrefix(key, kinds[k].name+".") {
			return len(kinds[k].host) == 0 && !strings.HasPrefix(key, "windows.") && !strings.HasPrefix(key, "iis.") || kinds[k].name == "exchange.settingoverride"
		}
	}
	return false
}
