// Pages of classic ASP (.asp .asa .cer .cdx), in VBScript and JScript.

rule asp_eval_request
{
    meta:
        id = "asp-eval-request"
        flaw = "webshell"
        act = "file-shell"
        weight = "proof"
        title_fr = "Webshell ASP, la page exécute le texte reçu dans la requête"
        title_en = "ASP web shell, the page runs the text of the request"
        harmless_fr = "Aucun usage légitime connu, une page qui évalue la requête donne le serveur à qui la connaît."
        harmless_en = "No legitimate use is known, a page that evaluates the request gives the server to whoever knows it."
        attack = "T1505.003 T1059.005"
        date = "2026-11-23"
        source = "Public descriptions of China Chopper; NSA and ASD, Mitigating Web Shells, 2020-04-22"
        version = 1
    strings:
        $direct = /[^.A-Za-z0-9_\-](eval|execute|executeglobal)([A-Za-z_][A-Za-z0-9_]{0,40}[ \t]{0,5}\(|[ \t("&+]){1,40}request[ \t]{0,5}(\(|\[|\.[ \t]{0,5}(form|querystring|item|cookies|servervariables|binaryread))/ nocase wide ascii
        $escaped = /[^.A-Za-z0-9_]((\\u0065(v|\\u0076)(a|\\u0061)(l|\\u006c)|e\\u0076(a|\\u0061)(l|\\u006c)|ev\\u0061(l|\\u006c)|eva\\u006c))[ \t]{0,5}\([ \t]{0,5}request/ nocase
        $control = /AddCode[ \t(]{1,10}[^\r\n]{0,60}request[ \t]{0,5}(\(|\[|\.[ \t]{0,5}(form|querystring|item|cookies|servervariables|binaryread))/ nocase wide ascii
    condition:
        page_asp and any of them and not (aspx_eval_request or aspx_eval_unsafe)
}

rule asp_shell_request
{
    meta:
        id = "asp-shell-request"
        flaw = "webshell"
        act = "file-shell"
        weight = "proof"
        title_fr = "Webshell ASP, console de commandes dans une page"
        title_en = "ASP web shell, command console in a page"
        harmless_fr = "Une page d’administration maison peut le faire, elle donne alors le serveur à qui l’atteint."
        harmless_en = "A home-made administration page may do so, it then gives the server to whoever reaches it."
        attack = "T1505.003 T1059.003"
        date = "2026-11-23"
        source = "NSA and ASD, Mitigating Web Shells, 2020-04-22"
        version = 1
    strings:
        $object = /w("[ \t]{0,3}[&+][ \t]{0,3}")?script("[ \t]{0,3}[&+][ \t]{0,3}")?\.("[ \t]{0,3}[&+][ \t]{0,3}")?s("[ \t]{0,3}[&+][ \t]{0,3}")?h("[ \t]{0,3}[&+][ \t]{0,3}")?ell|72C24DD5-D70A-438B-8A42-98424B88AFB8|shell\.application|13709620-C279-11CE-A49E-444553540000/ nocase wide ascii
        $run = /\.[ \t]{0,3}(exec|run|shellexecute)[ \t]{0,5}[( ]/ nocase wide ascii
        $shell = /cmd(\.exe)?[ \t"&+]{0,12}\/c|%comspec%|powershell|stdout\.read(all|line)?|OpenTextFile/ nocase wide ascii
        $input = /request[ \t]{0,5}(\(|\[|\.[ \t]{0,5}(form|querystring|item|cookies|servervariables|binaryread))/ nocase wide ascii
    condition:
        page_asp and filesize < 4MB and all of them
}

rule asp_hidden_object
{
    meta:
        id = "asp-hidden-object"
        flaw = "webshell"
        act = "file-suspect"
        weight = "clue"
        title_fr = "Page ASP qui cache le nom d’un objet du système"
        title_en = "ASP page that conceals the name of a system object"
        harmless_fr = "Aucun outil de développement ne coupe ces noms, un vieux contournement d’antivirus reste possible."
        harmless_en = "No development tool cuts these names, an old way around antivirus remains possible."
        attack = "T1505.003 T1027"
        date = "2026-11-23"
        source = "Common habit of shells that avoid antivirus"
        version = 1
    strings:
        $cut = /createobject[ \t]{0,5}\([ \t]{0,5}"[A-Za-z.]{0,16}"[ \t]{0,3}[&+][ \t]{0,3}("[A-Za-z.]{0,16}"|chr)/ nocase wide ascii
        $chr = /createobject[ \t]{0,5}\([ \t]{0,5}(chrw?[ \t]{0,3}\([^)]{1,12}\)[ \t]{0,3}[&+]|strreverse)/ nocase wide ascii
        $clsid = /<object[^>]{0,200}clsid:(72C24DD5-D70A-438B-8A42-98424B88AFB8|F935DC22-1CF0-11D0-ADB9-00C04FD58A0B|13709620-C279-11CE-A49E-444553540000)/ nocase wide ascii
    condition:
        page_asp and any of them
}

rule asp_write_request
{
    meta:
        id = "asp-write-request"
        flaw = "webshell"
        act = "file-suspect"
        weight = "clue"
        title_fr = "Page ASP qui écrit un fichier nommé par la requête"
        title_en = "ASP page that writes a file named by the request"
        harmless_fr = "Un éditeur de fichiers en ligne le fait, il donne alors le serveur à qui l’atteint."
        harmless_en = "An online file editor does so, it then gives the server to whoever reaches it."
        attack = "T1505.003 T1105"
        date = "2026-11-23"
        source = "NSA and ASD, Mitigating Web Shells, 2020-04-22"
        version = 1
    strings:
        $file = /(CreateTextFile|SaveToFile)[ \t]{0,5}[( ][ \t]{0,5}((server\.)?mappath[ \t]{0,5}\([ \t]{0,5}|cstr[ \t]{0,3}\()?request[ \t]{0,5}(\(|\[|\.[ \t]{0,5}(form|querystring|item|cookies|servervariables|binaryread))/ nocase wide ascii
    condition:
        page_asp and $file
}

rule asp_concealed
{
    meta:
        id = "asp-concealed"
        flaw = "webshell"
        act = "file-obfuscated"
        weight = "hint"
        title_fr = "Page ASP au contenu masqué"
        title_en = "ASP page with concealed content"
        harmless_fr = "Des produits anciens livrent leurs pages encodées par l’outil de Microsoft."
        harmless_en = "Old products ship pages encoded with the tool of Microsoft."
        attack = "T1027"
        date = "2026-11-23"
        source = "Microsoft Script Encoder; common habit of shells that avoid antivirus"
        version = 1
    strings:
        $encoded = /(language[ \t]{0,5}=[ \t]{0,5}["\']?(vbscript|jscript)\.encode|#@~\^[A-Za-z0-9+\/]{6}==)/ nocase wide ascii
        $chars = /execute(global)?[ \t(]{1,10}([A-Za-z_]{1,20}\()?(chrw?[ \t]{0,3}\([^)]{1,12}\)[ \t]{0,3}[&+][ \t]{0,3}){4}/ nocase wide ascii
        $reverse = /execute(global)?[ \t(]{1,10}(strreverse|unescape|replace)[ \t]{0,3}\(/ nocase wide ascii
    condition:
        page_asp and any of them
}
