// Pages of ASP.NET: .aspx .ashx .asmx .ascx .asax .svc .soap .cshtml, in C#, VB and JScript; what IIS compiles of them is in compiled.yar.

rule aspx_eval_request
{
    meta:
        id = "aspx-eval-request"
        flaw = "webshell"
        act = "file-shell"
        weight = "proof"
        title_fr = "Webshell ASP.NET, la page exécute le texte reçu dans la requête"
        title_en = "ASP.NET web shell, the page runs the text of the request"
        harmless_fr = "Aucun usage légitime connu, une page qui évalue la requête donne le serveur à qui la connaît."
        harmless_en = "No legitimate use is known, a page that evaluates the request gives the server to whoever knows it."
        attack = "T1505.003 T1059.007"
        date = "2026-11-23"
        source = "Volexity, Operation Exchange Marauder, 2021-03-02; Microsoft, HAFNIUM targeting Exchange Servers, 2021-03-02"
        version = 1
    strings:
        // Letters may be written as \u0065, comments and blanks may stand anywhere, and decoders around the request.
        $plain = /eval[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}([ \t\r\n]|\/\*[^\/]{0,60}\/|[A-Za-z_][A-Za-z0-9_.]{0,60}[ \t]{0,5}\(|[A-Za-z_]{1,20}\.|\(|["\'][A-Za-z0-9_-]{0,12}["\'][ \t]{0,5}[)+,]|[ \t.,)0-9]|GetString){0,40}(r|\\u0072)(e|\\u0065)(q|\\u0071)(u|\\u0075)(e|\\u0065)(s|\\u0073)(t|\\u0074)[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}[.\[(]/ nocase wide ascii
        $escaped = /(\\u0065(v|\\u0076)(a|\\u0061)(l|\\u006c)|e\\u0076(a|\\u0061)(l|\\u006c)|ev\\u0061(l|\\u006c)|eva\\u006c)[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}([ \t\r\n]|\/\*[^\/]{0,60}\/|[A-Za-z_][A-Za-z0-9_.]{0,60}[ \t]{0,5}\(|[A-Za-z_]{1,20}\.|\(|["\'][A-Za-z0-9_-]{0,12}["\'][ \t]{0,5}[)+,]|[ \t.,)0-9]|GetString){0,40}(r|\\u0072)(e|\\u0065)(q|\\u0071)(u|\\u0075)(e|\\u0065)(s|\\u0073)(t|\\u0074)[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}[.\[(]/ nocase wide ascii
    condition:
        page_aspnet and any of them
}

rule aspx_eval_unsafe
{
    meta:
        id = "aspx-eval-unsafe"
        flaw = "webshell"
        act = "file-shell"
        weight = "proof"
        title_fr = "Webshell ASP.NET, texte évalué sans restriction dans une page qui lit la requête"
        title_en = "ASP.NET web shell, text evaluated without restriction in a page that reads the request"
        harmless_fr = "Une vieille application JScript.NET peut évaluer du texte, mais pas en mode sans restriction à côté d’une requête."
        harmless_en = "An old JScript.NET application may evaluate text, but not in unrestricted mode beside a request."
        attack = "T1505.003 T1059.007"
        date = "2026-11-23"
        source = "Volexity, Operation Exchange Marauder, 2021-03-02; JScript.NET reference, eval method"
        version = 1
    strings:
        $eval = /eval[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([^\x00;]{1,400},[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}["']u["' \t+]{0,9}n["' \t+]{0,9}s["' \t+]{0,9}a["' \t+]{0,9}f["' \t+]{0,9}e["']/ nocase
        $wide = /e\x00v\x00a\x00l\x00([ \t\r\n]\x00){0,20}\(\x00([^;\x00]\x00){1,200},\x00([ \t]\x00){0,20}["']\x00u\x00(["' +]\x00){0,9}n\x00(["' +]\x00){0,9}s\x00(["' +]\x00){0,9}a\x00(["' +]\x00){0,9}f\x00(["' +]\x00){0,9}e\x00/ nocase
        $escaped = /(\\u0065(v|\\u0076)(a|\\u0061)(l|\\u006c)|e\\u0076(a|\\u0061)(l|\\u006c)|ev\\u0061(l|\\u006c)|eva\\u006c)[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([^\x00;]{1,400},/ nocase
        $request = /Request|\\u00[57]2equest|HttpContext/ nocase wide ascii
    condition:
        page_aspnet and $request and any of ($eval, $wide, $escaped)
}

rule aspx_escaped_name
{
    meta:
        id = "aspx-escaped-name"
        flaw = "webshell"
        act = "file-suspect"
        weight = "clue"
        title_fr = "Page ASP.NET qui cache le nom d’une fonction dangereuse"
        title_en = "ASP.NET page that conceals the name of a dangerous function"
        harmless_fr = "Aucun outil de développement n’écrit ces noms en échappements Unicode, un essai de codage reste possible."
        harmless_en = "No development tool writes these names in Unicode escapes, an experiment with encodings remains possible."
        attack = "T1505.003 T1027"
        date = "2026-11-23"
        source = "Common habit of shells that avoid antivirus; ECMA-334 and ECMA-262 allow escapes in identifiers"
        version = 1
    strings:
        $names = /((\\u0065(v|\\u0076)(a|\\u0061)(l|\\u006c)|e\\u0076(a|\\u0061)(l|\\u006c)|ev\\u0061(l|\\u006c)|eva\\u006c)|(\\u0072(e|\\u0065)(q|\\u0071)(u|\\u0075)(e|\\u0065)(s|\\u0073)(t|\\u0074)|r\\u0065(q|\\u0071)(u|\\u0075)(e|\\u0065)(s|\\u0073)(t|\\u0074)|re\\u0071(u|\\u0075)(e|\\u0065)(s|\\u0073)(t|\\u0074)|req\\u0075(e|\\u0065)(s|\\u0073)(t|\\u0074)|requ\\u0065(s|\\u0073)(t|\\u0074)|reque\\u0073(t|\\u0074)|reques\\u0074)|(\\u0070(r|\\u0072)(o|\\u006f)(c|\\u0063)(e|\\u0065)(s|\\u0073)(s|\\u0073)|p\\u0072(o|\\u006f)(c|\\u0063)(e|\\u0065)(s|\\u0073)(s|\\u0073)|pr\\u006f(c|\\u0063)(e|\\u0065)(s|\\u0073)(s|\\u0073)|pro\\u0063(e|\\u0065)(s|\\u0073)(s|\\u0073)|proc\\u0065(s|\\u0073)(s|\\u0073)|proce\\u0073(s|\\u0073)|proces\\u0073)|(\\u0061(s|\\u0073)(s|\\u0073)(e|\\u0065)(m|\\u006d)(b|\\u0062)(l|\\u006c)(y|\\u0079)|a\\u0073(s|\\u0073)(e|\\u0065)(m|\\u006d)(b|\\u0062)(l|\\u006c)(y|\\u0079)|as\\u0073(e|\\u0065)(m|\\u006d)(b|\\u0062)(l|\\u006c)(y|\\u0079)|ass\\u0065(m|\\u006d)(b|\\u0062)(l|\\u006c)(y|\\u0079)|asse\\u006d(b|\\u0062)(l|\\u006c)(y|\\u0079)|assem\\u0062(l|\\u006c)(y|\\u0079)|assemb\\u006c(y|\\u0079)|assembl\\u0079)|(\\u0065(x|\\u0078)(e|\\u0065)(c|\\u0063)(u|\\u0075)(t|\\u0074)(e|\\u0065)|e\\u0078(e|\\u0065)(c|\\u0063)(u|\\u0075)(t|\\u0074)(e|\\u0065)|ex\\u0065(c|\\u0063)(u|\\u0075)(t|\\u0074)(e|\\u0065)|exe\\u0063(u|\\u0075)(t|\\u0074)(e|\\u0065)|exec\\u0075(t|\\u0074)(e|\\u0065)|execu\\u0074(e|\\u0065)|execut\\u0065))/ nocase wide ascii
    condition:
        page_aspnet and $names
}

rule aspx_process_request
{
    meta:
        id = "aspx-process-request"
        flaw = "webshell"
        act = "file-shell"
        weight = "proof"
        title_fr = "Webshell ASP.NET, la page lance un programme choisi par la requête"
        title_en = "ASP.NET web shell, the page starts a program chosen by the request"
        harmless_fr = "Une page d’administration maison peut le faire, elle donne alors le serveur à qui l’atteint."
        harmless_en = "A home-made administration page may do so, it then gives the server to whoever reaches it."
        attack = "T1505.003 T1059.003"
        date = "2026-11-23"
        source = "NSA and ASD, Mitigating Web Shells, 2020-04-22"
        version = 1
    strings:
        $start = /Process[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}Start[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([^;]{0,300}Request[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(\[|\(|\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(Item|Form|QueryString|Params|Headers|Cookies|InputStream|BinaryRead|ServerVariables|Unvalidated|Get|Path|Files|RawUrl|UserAgent|Url))/ nocase wide ascii
        $info = /ProcessStartInfo[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([^;]{0,300}Request[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(\[|\(|\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(Item|Form|QueryString|Params|Headers|Cookies|InputStream|BinaryRead|ServerVariables|Unvalidated|Get|Path|Files|RawUrl|UserAgent|Url))/ nocase wide ascii
        $set = /\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(Arguments|FileName)[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}=[^;=]{0,200}Request[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(\[|\(|\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(Item|Form|QueryString|Params|Headers|Cookies|InputStream|BinaryRead|ServerVariables|Unvalidated|Get|Path|Files|RawUrl|UserAgent|Url))/ nocase wide ascii
        $process = /ProcessStartInfo|Diagnostics\.Process|new[ \t]{1,5}Process/ nocase wide ascii
        $vb = /Shell[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\(([A-Za-z_][A-Za-z0-9_.<>]{0,60}[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\(|[A-Za-z_]{1,20}\.|new[ \t]{1,5}|[ \t\r\n(]){0,8}Request[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(\[|\(|\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(Item|Form|QueryString|Params|Headers|Cookies|InputStream|BinaryRead|ServerVariables|Unvalidated|Get|Path))/ nocase wide ascii
    condition:
        page_aspnet and ($start or $info or ($set and $process) or $vb)
}

rule aspx_process_output
{
    meta:
        id = "aspx-process-output"
        flaw = "webshell"
        act = "file-shell"
        weight = "proof"
        title_fr = "Webshell ASP.NET, console de commandes dans une page"
        title_en = "ASP.NET web shell, command console in a page"
        harmless_fr = "Une page d’administration maison peut le faire, elle donne alors le serveur à qui l’atteint."
        harmless_en = "A home-made administration page may do so, it then gives the server to whoever reaches it."
        attack = "T1505.003 T1059.003"
        date = "2026-11-23"
        source = "NSA and ASD, Mitigating Web Shells, 2020-04-22"
        version = 1
    strings:
        $process = /ProcessStartInfo|Diagnostics\.Process|new[ \t]{1,5}Process/ nocase wide ascii
        $output = /StandardOutput|StandardError/ nocase wide ascii
        $shell = /([^A-Za-z](cmd(\.exe)?|powershell(\.exe)?)["\' ]|c["\']?[ \t]{0,3}[+&][ \t]{0,3}["\']md|%?comspec|\/bin\/(ba)?sh)/ nocase wide ascii
        $input = /(Request[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(\[|\(|\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(Item|Form|QueryString|Params|Headers|Cookies|InputStream|BinaryRead|ServerVariables|Unvalidated|Get|Path|Files|RawUrl|UserAgent|Url))|[A-Za-z0-9_]{1,40}\.(Text|Value|InnerText)[^A-Za-z])/ nocase wide ascii
    condition:
        page_aspnet and filesize < 4MB and all of them
}

rule aspx_load_request
{
    meta:
        id = "aspx-load-request"
        flaw = "webshell"
        act = "file-shell"
        weight = "proof"
        title_fr = "Webshell ASP.NET, la page charge en mémoire un programme reçu (Godzilla, Behinder)"
        title_en = "ASP.NET web shell, the page loads a received program into memory (Godzilla, Behinder)"
        harmless_fr = "Aucun usage légitime connu, un produit charge ses bibliothèques depuis le disque."
        harmless_en = "No legitimate use is known, a product loads its libraries from disk."
        attack = "T1505.003 T1620"
        date = "2026-11-23"
        source = "Public descriptions of Godzilla and Behinder; ESET, Exchange servers under siege, 2021-03-10"
        version = 1
    strings:
        $load = /(Assembly[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(Unsafe)?Load(From|File)?[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\(|GetMethods?[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}"(Load|L"[ \t]{0,3}\+|Lo"[ \t]{0,3}\+)|Assembly[^;\r\n]{0,120}"Load"|\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}Load[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([^;]{0,200}(TransformFinalBlock|FromBase64String|BinaryRead))/ nocase wide ascii
        $decode = /FromBase64|TransformFinalBlock|CreateDecryptor|BinaryRead|GZipStream|DeflateStream|InputStream|\^[ \t]{0,3}[a-z]{1,12}\[/ nocase wide ascii
        $input = /Request[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(\[|\(|\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(Item|Form|QueryString|Params|Headers|Cookies|InputStream|BinaryRead|ServerVariables|Unvalidated|Get|Path|Files|RawUrl|UserAgent|Url))|BinaryRead|InputStream/ nocase wide ascii
        $use = /CreateInstance|\.Invoke[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\(|\.Equals[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\(|GetType[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\(/ nocase wide ascii
    condition:
        page_aspnet and filesize < 4MB and all of them
}

rule aspx_compile_request
{
    meta:
        id = "aspx-compile-request"
        flaw = "webshell"
        act = "file-shell"
        weight = "proof"
        title_fr = "Webshell ASP.NET, la page compile le code reçu (SharPyShell)"
        title_en = "ASP.NET web shell, the page compiles received code (SharPyShell)"
        harmless_fr = "Un bac à code pour développeurs le fait, il n’a pas sa place sur un serveur de messagerie."
        harmless_en = "A code playground for developers does so, it has no place on a mail server."
        attack = "T1505.003 T1027.004"
        date = "2026-11-23"
        source = "Public description of SharPyShell; CERT.LV keywords of Exchange web shells, 2021"
        version = 1
    strings:
        $compile = /CompileAssemblyFrom(Source|Dom)|CSharpScript[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\.|VBCodeProvider|JScriptCodeProvider|VsaEngine|CreateCompiler/ nocase wide ascii
        $input = /Request[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(\[|\(|\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(Item|Form|QueryString|Params|Headers|Cookies|InputStream|BinaryRead|ServerVariables|Unvalidated|Get|Path|Files|RawUrl|UserAgent|Url))/ nocase wide ascii
        $use = /CreateInstance|\.Invoke[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\(|InvokeMember|EvaluateAsync/ nocase wide ascii
    condition:
        page_aspnet and filesize < 4MB and all of them
}

rule aspx_write_request
{
    meta:
        id = "aspx-write-request"
        flaw = "webshell"
        act = "file-shell"
        weight = "proof"
        title_fr = "Webshell ASP.NET, la requête choisit le nom et le contenu d’un fichier"
        title_en = "ASP.NET web shell, the request chooses name and content of a file"
        harmless_fr = "Un éditeur de fichiers en ligne le fait, il donne alors le serveur à qui l’atteint."
        harmless_en = "An online file editor does so, it then gives the server to whoever reaches it."
        attack = "T1505.003 T1105"
        date = "2026-11-23"
        source = "Volexity, Operation Exchange Marauder, 2021-03-02 (SPORTSBALL, SIMPLESEESHARP)"
        version = 1
    strings:
        $write = /(WriteAllText|WriteAllBytes|AppendAllText|StreamWriter|File\.Create(Text)?|OpenWrite)[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([^;]{0,160}Request[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(\[|\(|\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(Item|Form|QueryString|Params|Headers|Cookies|InputStream|BinaryRead|ServerVariables|Unvalidated|Get|Path))[^;]{0,240}Request[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(\[|\(|\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(Item|Form|QueryString|Params|Headers|Cookies|InputStream|BinaryRead|ServerVariables|Unvalidated|Get|Path))/ nocase wide ascii
    condition:
        page_aspnet and $write
}

rule aspx_upload_anywhere
{
    meta:
        id = "aspx-upload-anywhere"
        flaw = "webshell"
        act = "file-suspect"
        weight = "clue"
        title_fr = "Page ASP.NET qui range un fichier reçu là où la requête le veut"
        title_en = "ASP.NET page that stores a received file wherever the request wants"
        harmless_fr = "Un formulaire d’envoi écrit sans soin fait de même, il sert alors autant à l’attaquant."
        harmless_en = "A carelessly written upload form does the same, and serves the attacker as well."
        attack = "T1505.003 T1105"
        date = "2026-11-23"
        source = "Volexity, Operation Exchange Marauder, 2021-03-02; NSA and ASD, Mitigating Web Shells, 2020-04-22"
        version = 1
    strings:
        $save = /\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}SaveAs[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\(([A-Za-z_][A-Za-z0-9_.<>]{0,60}[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\(|[A-Za-z_]{1,20}\.|new[ \t]{1,5}|[ \t\r\n(]){0,8}Request[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(\[|\(|\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(Item|Form|QueryString|Params|Headers|Cookies))/ nocase wide ascii
    condition:
        page_aspnet and $save
}

rule aspx_xsl_script
{
    meta:
        id = "aspx-xsl-script"
        flaw = "webshell"
        act = "file-shell"
        weight = "proof"
        title_fr = "Webshell ASP.NET, feuille XSLT avec script reçue dans la requête"
        title_en = "ASP.NET web shell, XSLT with script taken from the request"
        harmless_fr = "Aucun usage légitime connu, le script des feuilles XSLT est désactivé par défaut."
        harmless_en = "No legitimate use is known, script in XSLT is off by default."
        attack = "T1505.003 T1220"
        date = "2026-11-23"
        source = "Public descriptions of XSLT shells after ProxyShell, 2021"
        version = 1
    strings:
        $xsl = /Xsl(Compiled)?Transform/ nocase wide ascii
        $trust = /TrustedXslt|XsltSettings[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(true|false)[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3},[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}true|EnableScript/ nocase wide ascii
        $input = /Request[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(\[|\(|\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(Item|Form|QueryString|Params|Headers|Cookies|InputStream|BinaryRead|ServerVariables|Unvalidated|Get|Path|Files|RawUrl|UserAgent|Url))/ nocase wide ascii
    condition:
        page_aspnet and all of them
}

rule aspx_powershell
{
    meta:
        id = "aspx-powershell"
        flaw = "webshell"
        act = "file-shell"
        weight = "proof"
        title_fr = "Webshell ASP.NET, console PowerShell dans une page"
        title_en = "ASP.NET web shell, PowerShell console in a page"
        harmless_fr = "Une page d’administration maison peut le faire, elle donne alors le serveur à qui l’atteint."
        harmless_en = "A home-made administration page may do so, it then gives the server to whoever reaches it."
        attack = "T1505.003 T1059.001"
        date = "2026-11-23"
        source = "Public description of Antak (Nishang)"
        version = 1
    strings:
        $a = "System.Management.Automation" nocase wide ascii
        $b = /RunspaceFactory|CreatePipeline|PowerShell[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}Create[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\(/ nocase wide ascii
        $c = /AddScript|InvokeScript|AddCommand/ nocase wide ascii
        $input = /(Request[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(\[|\(|\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(Item|Form|QueryString|Params|Headers|Cookies|InputStream|BinaryRead|ServerVariables|Unvalidated|Get|Path|Files|RawUrl|UserAgent|Url))|[A-Za-z0-9_]{1,40}\.(Text|Value|InnerText)[^A-Za-z])/ nocase wide ascii
    condition:
        page_aspnet and 2 of ($a, $b, $c) and $input
}

rule aspx_memory_code
{
    meta:
        id = "aspx-memory-code"
        flaw = "webshell"
        act = "file-shell"
        weight = "proof"
        title_fr = "Page ASP.NET qui place du code machine en mémoire et l’exécute"
        title_en = "ASP.NET page that puts machine code into memory and runs it"
        harmless_fr = "Aucun usage légitime connu dans une page."
        harmless_en = "No legitimate use is known in a page."
        attack = "T1505.003 T1055"
        date = "2026-11-23"
        source = "Output format aspx of public payload generators"
        version = 1
    strings:
        $import = "DllImport" nocase wide ascii
        $alloc = /Virtual(Alloc|Protect)(Ex)?|NtAllocateVirtualMemory|HeapCreate|MapViewOfFile/ nocase wide ascii
        $run = /CreateThread|CreateRemoteThread|GetDelegateForFunctionPointer|QueueUserAPC|NtCreateThreadEx|EnumSystemLocales/ nocase wide ascii
        $copy = /Marshal[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(Copy|WriteByte)|RtlMoveMemory|WriteProcessMemory/ nocase wide ascii
    condition:
        page_aspnet and all of them
}

rule aspx_machine_keys
{
    meta:
        id = "aspx-machine-keys"
        flaw = "webshell"
        act = "file-suspect"
        weight = "clue"
        title_fr = "Page ASP.NET qui montre les clés machine du serveur"
        title_en = "ASP.NET page that shows the machine keys of the server"
        harmless_fr = "Une page de diagnostic peut le faire, les clés doivent alors être changées."
        harmless_en = "A diagnostic page may do so, the keys must then be changed."
        attack = "T1505.003 T1552.001"
        date = "2026-11-23"
        source = "Microsoft on ToolShell (spinstall0.aspx), 2025-07-22"
        version = 1
    strings:
        $section = /MachineKeySection|system\.web\/machineKey/ nocase wide ascii
        $v = "ValidationKey" nocase wide ascii
        $d = "DecryptionKey" nocase wide ascii
        $out = /Response[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}Write|<%=|\.Text[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}=/ nocase wide ascii
    condition:
        page_aspnet and filesize < 2MB and all of them
}

rule aspx_security_check
{
    meta:
        id = "aspx-security-check"
        flaw = "webshell"
        act = "file-suspect"
        weight = "clue"
        title_fr = "Page ASP.NET qui cherche les outils de sécurité installés"
        title_en = "ASP.NET page that looks for the security tools installed"
        harmless_fr = "Une page de supervision peut nommer ces agents, celle d’un attaquant répond par un simple chiffre."
        harmless_en = "A monitoring page may name these agents, that of an attacker answers with a mere digit."
        attack = "T1505.003 T1518.001"
        date = "2026-11-23"
        source = "signature-base, description of SecChecker pages on Exchange, 2021"
        version = 1
    strings:
        $a00 = /csfalcon/ nocase wide ascii
        $a01 = /cbdefense/ nocase wide ascii
        $a02 = /carbonblack/ nocase wide ascii
        $a03 = /sentinelagent/ nocase wide ascii
        $a04 = /cylancesvc/ nocase wide ascii
        $a05 = /taniumclient/ nocase wide ascii
        $a06 = /xagt/ nocase wide ascii
        $a07 = /mssense/ nocase wide ascii
        $a08 = /MsMpEng/ nocase wide ascii
        $a09 = /cyserver/ nocase wide ascii
        $a10 = /elastic-endpoint/ nocase wide ascii
        $a11 = /sophosinterceptx/ nocase wide ascii
        $a12 = /savservice/ nocase wide ascii
        $a13 = /ekrn/ nocase wide ascii
        $a14 = /tmccsf/ nocase wide ascii
        $a15 = /mcshield/ nocase wide ascii
        $a16 = /ccSvcHst/ nocase wide ascii
        $a17 = /avp\.exe/ nocase wide ascii
        $a18 = /fortiedr/ nocase wide ascii
        $a19 = /qualysagent/ nocase wide ascii
        $look = /GetProcesses|GetServices|ServiceController|Directory[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}Exists|File[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}Exists|Win32_(Process|Service)/ nocase wide ascii
    condition:
        page_aspnet and filesize < 2MB and $look and 4 of ($a*)
}

rule aspx_deserialize_request
{
    meta:
        id = "aspx-deserialize-request"
        flaw = "webshell"
        act = "file-suspect"
        weight = "clue"
        title_fr = "Page ASP.NET qui reconstruit des objets à partir de la requête"
        title_en = "ASP.NET page that rebuilds objects out of the request"
        harmless_fr = "Une vieille application peut le faire par négligence, elle est alors attaquable."
        harmless_en = "An old application may do so out of negligence, it can then be attacked."
        attack = "T1505.003 T1190"
        date = "2026-11-23"
        source = "Microsoft, BinaryFormatter security guide"
        version = 1
    strings:
        $direct = /(BinaryFormatter|LosFormatter|ObjectStateFormatter|NetDataContractSerializer|SoapFormatter)[^;]{0,80}Deserialize[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([^;]{0,200}Request[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(\[|\(|\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|\/\/[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(Item|Form|QueryString|Params|Headers|Cookies|InputStream|BinaryRead|ServerVariables|Unvalidated|Get|Path|Files|RawUrl|UserAgent|Url))/ nocase wide ascii
    condition:
        page_aspnet and $direct
}

rule aspx_logon_page
{
    meta:
        id = "aspx-logon-page"
        flaw = "webshell"
        act = "file-suspect"
        weight = "clue"
        title_fr = "Page de connexion d’OWA modifiée pour recueillir les mots de passe"
        title_en = "Logon page of OWA changed to collect passwords"
        harmless_fr = "Un thème ou un greffon d’authentification maison peut toucher à cette page."
        harmless_en = "A theme or a home-made authentication add-on may touch this page."
        attack = "T1505.003 T1056.003 T1556"
        date = "2026-11-23"
        source = "Positive Technologies, keyloggers in Exchange logon pages, 2024-05 and 2025-06"
        version = 1
    strings:
        $page = "clkLgn" wide ascii
        $password = /["'](password|passwordText|username)["']/ nocase wide ascii
        $send = /XMLHttpRequest|ActiveXObject|sendBeacon|fetch[ \t]{0,3}\(|new[ \t]{1,3}Image[ \t]{0,3}\(/ nocase wide ascii
        $store = /AppendAllText|AppendText|WriteAllText|StreamWriter|FileStream/ nocase wide ascii
    condition:
        filesize < 1MB and not quoted and $page and $password and ($send or $store)
}
