// Pages that relay network connections, in all languages.

rule tunnel_regeorg
{
    meta:
        id = "tunnel-regeorg"
        flaw = "webshell"
        act = "file-tunnel"
        weight = "proof"
        title_fr = "Tunnel reGeorg ou dérivé"
        title_en = "Tunnel reGeorg or one derived from it"
        harmless_fr = "Un test d’intrusion commandé par le client peut l’avoir laissé."
        harmless_en = "A penetration test ordered by the client may have left it."
        attack = "T1505.003 T1090 T1572"
        date = "2026-11-23"
        source = "sensepost, reGeorg"
        version = 1
    strings:
        $georg = "Georg says" nocase wide ascii
        $h1 = /["\']X-?CMD["\']/ nocase wide ascii
        $h2 = /["\']X-?TARGET["\']/ nocase wide ascii
        $h3 = /["\']X-?STATUS["\']/ nocase wide ascii
        $h4 = /["\']X-?ERROR["\']/ nocase wide ascii
        $w1 = /["\']FORWARD["\']/ nocase wide ascii
        $w2 = /["\']DISCONNECT["\']/ nocase wide ascii
        $socket = /Socket|TcpClient|fsockopen/ nocase wide ascii
    condition:
        (page_asp or page_php or page_jsp or page_aspnet) and filesize < 4MB and $socket and (($georg and 1 of ($h*, $w*)) or (2 of ($h*) and all of ($w*)))
}

rule tunnel_session_socket
{
    meta:
        id = "tunnel-session-socket"
        flaw = "webshell"
        act = "file-tunnel"
        weight = "proof"
        title_fr = "Page qui garde des connexions réseau ouvertes au gré des requêtes"
        title_en = "Page that keeps network connections open as requests want"
        harmless_fr = "Une passerelle web maison peut le faire, elle ouvre alors le réseau interne à qui l’atteint."
        harmless_en = "A home-made web gateway may do so, it then opens the inner network to whoever reaches it."
        attack = "T1505.003 T1090 T1572"
        date = "2026-11-23"
        source = "Public descriptions of Neo-reGeorg, Tunna, ABPTTS and suo5"
        version = 1
    strings:
        $net = /new[ \t]{1,5}(System\.Net\.Sockets\.)?(Socket|TcpClient)[ \t]{0,3}\(/ nocase wide ascii
        $java = /SocketChannel\.open|new[ \t]{1,5}Socket[ \t]{0,3}\(/
        $php = /fsockopen|stream_socket_client|socket_create/ nocase
        $keep_net = /(Session|Application|HttpRuntime\.Cache)[ \t]{0,3}(\.Add[ \t]{0,3}\(|\[)[^;]{0,80}[Ss]ock/ wide ascii
        $keep_java = /(session|application|getSession\(\)|getServletContext\(\))[ \t]{0,3}\.[ \t]{0,3}setAttribute[ \t]{0,3}\([^;]{0,80}([Ss]ock|[Cc]hannel)/
        $keep_php = /\$_SESSION[ \t]{0,3}\[[^;]{0,40}(writebuf|readbuf|run|sock)/ nocase
        $poll = /\.Blocking[ \t]{0,3}=|\.Available|\.Poll[ \t]{0,3}\(|ReceiveTimeout|configureBlocking|setSoTimeout|\.available[ \t]{0,3}\(|stream_set_blocking|socket_set_nonblock/ wide ascii
        $to = /\.(Connect|BeginConnect)[ \t]{0,3}\(|\.connect[ \t]{0,3}\(|InetSocketAddress|fsockopen[ \t]{0,3}\([ \t]{0,3}\$|stream_socket_client|socket_connect|TcpClient[ \t]{0,3}\([^)"]{1,80},|Socket[ \t]{0,3}\([^)"]{1,80},/ wide ascii
        $input = /Request|request|\$_(GET|POST|SERVER|REQUEST)|php:\/\/input/ wide ascii
    condition:
        filesize < 4MB and $input and $poll and $to and (((page_aspnet) and $net and $keep_net) or (page_jsp and $java and $keep_java) or (page_php and $php and $keep_php))
}

rule tunnel_named
{
    meta:
        id = "tunnel-named"
        flaw = "webshell"
        act = "file-tunnel"
        weight = "proof"
        title_fr = "Tunnel connu (Tunna, ABPTTS, pivotnacci, suo5)"
        title_en = "Known tunnel (Tunna, ABPTTS, pivotnacci, suo5)"
        harmless_fr = "Un test d’intrusion commandé par le client peut l’avoir laissé."
        harmless_en = "A penetration test ordered by the client may have left it."
        attack = "T1505.003 T1090 T1572"
        date = "2026-11-23"
        source = "SECFORCE, Tunna; NCC Group, ABPTTS; public descriptions of pivotnacci and suo5"
        version = 1
    strings:
        $tunna1 = "Tunna v" wide ascii
        $tunna2 = /\[Server\][^\r\n]{0,40}(Connect|Socket|Proxy|Reset)/ nocase wide ascii
        $tunna3 = /["'](proxy|bind)["']/ wide ascii
        $abptts1 = "headerValueKey" nocase wide ascii
        $abptts2 = /(relay|forward)(ing)?[^\r\n]{0,20}connectionID|paramNameConnectionID|PARAM_NAME_CONNECTION/ nocase wide ascii
        $pivot1 = /OPERATION_HEADER|X-OPERATION/ nocase wide ascii
        $pivot2 = /SVC_HEADER|X-SVC|X-ID/ nocase wide ascii
        $pivot3 = /OPERATION_(CONNECT|RECV|SEND|CLOSE)/ wide ascii
        $suo1 = /(newCreate|newData|newDel)[ \t]{0,3}\(/
        $suo2 = /X-Accel-Buffering/ nocase
        $suo3 = /(marshal|unmarshal)[A-Za-z0-9]{0,12}[ \t]{0,3}\(/
        $socket = /Socket|TcpClient|fsockopen|socket_create/ nocase wide ascii
    condition:
        (page_asp or page_php or page_jsp or page_aspnet) and filesize < 4MB and $socket and (($tunna1 and $tunna2) or ($tunna2 and $tunna3) or all of ($abptts*) or all of ($pivot*) or all of ($suo*))
}
