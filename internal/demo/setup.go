package demo

import (
	"encoding/base64"
	"strings"
)

// writeSetup writes ExchangeSetup.log: the first installation of the server,
// with the version it was installed at. Security updates do not write there.
func (p *plan) writeSetup(root string, w *world) error {
	in := p.Builds[0]
	version := string(in.Build.short(nil))
	t := int64(in.At) - 52*minute
	b := []byte(bom)
	line := func(after int64, text string) {
		t += after
		y, m, dom := civil(t / day)
		b = append(b, '[')
		b = append(appendTwo(append(appendTwo(b, m), '/'), dom), '/')
		b = append(appendTwo(appendTwo(b, y/100), y%100), ' ')
		b = append(appendClock(b, t), ".0"...) // four digits of milliseconds
		b = append(append(append(appendThree(b, int(t%second)), "] [0] "...), text...), "\r\n"...)
	}
	const stars = "**********************************************"
	dc, org := "DC01.example.org", strings.ToUpper(p.Firm)
	line(417, stars)
	line(16, "Starting Microsoft Exchange Server 2016 Setup")
	line(0, stars)
	line(4, "Local time zone: (UTC+01:00) Brussels, Copenhagen, Madrid, Paris.")
	line(0, "Operating system version: Microsoft Windows NT 6.2.9200.0.")
	line(1, "Setup version: "+version+".")
	line(2, `Logged on user: EXAMPLE\administrateur.`)
	line(10, `The registry key, HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\ExchangeServer\V15\Setup, wasn't found.`)
	line(30, "Command Line Parameter Name='iacceptexchangeserverlicenseterms', Value=''.")
	line(0, "Command Line Parameter Name='mode', Value='Install'.")
	line(0, "Command Line Parameter Name='roles', Value='Mailbox'.")
	line(0, `Command Line Parameter Name='sourcedir', Value='E:\'.`)
	line(98, `RuntimeAssembly was started with the following command: '/IAcceptExchangeServerLicenseTerms /mode:Install /roles:Mailbox /sourcedir:E:'.`)
	line(15, "Copying Files...")
	line(3, `Starting copy from E:\Setup\ServerRoles\Common to C:\Windows\Temp\ExchangeSetup.`)
	line(21_954, `Finished copy from E:\Setup\ServerRoles\Common to C:\Windows\Temp\ExchangeSetup.`)
	line(3, "File copy complete. Setup will now collect additional information needed for installation.")
	line(11, `Assembly dll file location is C:\Windows\Temp\ExchangeSetup\Microsoft.Exchange.Setup.Console.dll`)
	line(3200, "Setup is choosing the domain controller to use")
	line(4100, "PrepareAD has been run, and has replicated to this domain controller; so setup will use "+dc)
	line(3, "Setup will use the domain controller '"+dc+"'.")
	line(0, "Setup will use the global catalog '"+dc+"'.")
	line(4, "Exchange organization container for the organization is 'CN="+org+",CN=Microsoft Exchange,CN=Services,CN=Configuration,DC=example,DC=org'.")
	line(16, "Setup will search for an Exchange Server object for the local machine with name '"+w.name+"'.")
	line(41, "No Exchange Server with identity '"+w.name+"' was found.")
	line(9, "The following roles have been unpacked: ")
	line(1, "The following datacenter roles are unpacked: ")
	line(2, "The following roles are installed: ")
	line(2, "The local server does not have any Exchange files installed.")
	line(12, "Server Name="+w.name)
	line(8, `Setup will use the path 'E:\' for installing Exchange.`)
	line(18, "The installation mode is set to: 'Install'.")
	line(2460, "An Exchange organization with name '"+org+"' was found in this forest.")
	line(0, "Active Directory Initialization status : 'True'.")
	line(0, "Schema Update Required Status : 'False'.")
	line(1, "Organization Configuration Update Required Status : 'False'.")
	line(0, "Domain Configuration Update Required Status : 'False'.")
	line(6, "Applying default role selection state")
	line(2, "Setup is determining what organization-level operations to perform.")
	line(1, `Setup will run from path 'C:\Windows\Temp\ExchangeSetup'.`)
	line(2, "InstallModeDataHandler has 11 DataHandlers")
	line(0, "Validating options for the 7 requested roles")
	line(58, "Performing Microsoft Exchange Server Prerequisite Check")
	line(63*second, "**************")
	line(30*second, `Exchange Installation Directory : 'C:\Program Files\Microsoft\Exchange Server\V15'.`)
	for _, role := range []string{"Mailbox role: Transport service", "Mailbox role: Client Access service",
		"Mailbox role: Unified Messaging service", "Mailbox role: Mailbox service", "Mailbox role: Front End Transport service",
		"Mailbox role: Client Access Front End service"} {
		line(5*minute+int64(len(role))*777, "Finished installing "+role+".")
	}
	t = int64(in.At) - 2*minute
	line(12, "CurrentResult console.ProcessRunInternal:198: 0")
	line(3, "CurrentResult launcherbase.maincore:90: 0")
	line(2, "CurrentResult console.startmain:52: 0")
	line(4, "CurrentResult SetupLauncherHelper.loadassembly:452: 0")
	line(1, "The Exchange Server setup operation completed successfully.")
	line(0, "CurrentResult main.run:235: 0")
	line(0, "CurrentResult setupbase.maincore:396: 0")
	line(1, "End of Setup")
	line(0, stars)
	return create(root, "ExchangeSetupLogs/ExchangeSetup.log", b)
}

// cutToken is the beginning of an access token as it stands in the address of a
// PowerShell request: type, authentication and account. It ends in the middle of
// the next field, before the identifier and the groups that would give rights.
func cutToken(account string) string {
	b := []byte("V\x01\x00T\x07WindowsC\x00A\x08KerberosL")
	b = append(append(append(b, byte(len(account))), account...), 'U', ',')
	return strings.TrimRight(base64.StdEncoding.EncodeToString(b), "=")
}
