// Files that attacks on Exchange make out of things that are no scripts.

rule exchange_vdir_dump_script
{
    meta:
        id = "exchange-vdir-dump-script"
        flaw = "webshell"
        act = "file-dump"
        weight = "proof"
        title_fr = "Webshell écrit par un répertoire virtuel d’Exchange (CVE-2021-27065)"
        title_en = "Web shell written through a virtual directory of Exchange (CVE-2021-27065)"
        harmless_fr = "Aucune, l’adresse d’un répertoire virtuel ne contient jamais de script."
        harmless_en = "None, the address of a virtual directory never holds script."
        attack = "T1505.003 T1190"
        date = "2026-11-23"
        source = "Volexity, Operation Exchange Marauder, 2021-03-02; Microsoft, HAFNIUM targeting Exchange Servers, 2021-03-02"
        version = 1
    strings:
        $url = /(External|Internal)Url[ \t]{0,60}:[^\r\n\x00]{0,400}(<[ \t]{0,5}script|<%|runat[ \t]{0,5}=)/ nocase wide ascii
        $k1 = /InternalAuthenticationMethods[ \t]{0,40}:/ wide ascii
        $k2 = /ExtendedProtectionTokenChecking[ \t]{0,40}:/ wide ascii
        $k3 = /MetabasePath[ \t]{0,60}:/ wide ascii
        $k4 = /OriginatingServer[ \t]{0,60}:/ wide ascii
        $k5 = /WhenChangedUTC[ \t]{0,60}:/ wide ascii
    condition:
        filesize < 1MB and $url and 2 of ($k*)
}

rule exchange_pst_script
{
    meta:
        id = "exchange-pst-script"
        flaw = "webshell"
        act = "file-shell"
        weight = "proof"
        title_fr = "Export de boîte aux lettres qui contient une page exécutable (ProxyShell)"
        title_en = "Mailbox export that holds an executable page (ProxyShell)"
        harmless_fr = "Un export PST non chiffré qui contient le courrier d’un développeur, s’il ne porte pas l’extension d’une page."
        harmless_en = "An unencrypted PST export with mail of a developer, if its name has not the ending of a page."
        attack = "T1505.003 T1190"
        date = "2026-11-23"
        source = "signature-base, descriptions of PST shells after ProxyShell, 2021-08; Huntress on ProxyShell, 2021-08"
        version = 1
    strings:
        $page = /<%@?[^%]{0,2000}(page|import|language|request|eval)|<script[^>]{0,200}runat[ \t]{0,5}=[ \t]{0,5}["']?server/ nocase
        $run = /eval|execute|request|process|assembly|CreateObject/ nocase
    condition:
        uint32(0) == 0x4e444221 and not extension iequals ".pst" and not extension iequals ".ost" and $page and $run
}

rule exchange_certificate_script
{
    meta:
        id = "exchange-certificate-script"
        flaw = "webshell"
        act = "file-shell"
        weight = "proof"
        title_fr = "Demande de certificat qui contient une page exécutable"
        title_en = "Certificate request that holds an executable page"
        harmless_fr = "Aucune, une demande de certificat ne contient jamais de script."
        harmless_en = "None, a certificate request never holds script."
        attack = "T1505.003"
        date = "2026-11-23"
        source = "Public descriptions of New-ExchangeCertificate -RequestFile as a way to write files, 2021"
        version = 1
    strings:
        $page = /<%|<script[^>]{0,200}runat[ \t]{0,5}=[ \t]{0,5}["']?server/ nocase wide ascii
        $run = /eval|execute|request|process|assembly|CreateObject/ nocase wide ascii
        $pkcs = {06 09 2a 86 48 86 f7 0d 01}
    condition:
        uint16(0) == 0x8230 and filesize < 64KB and all of them
}
