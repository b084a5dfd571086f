// Pages of JSP (.jsp .jspx .jspf .tag).

rule jsp_exec_request
{
    meta:
        id = "jsp-exec-request"
        flaw = "webshell"
        act = "file-shell"
        weight = "proof"
        title_fr = "Webshell JSP, la page lance un programme choisi par la requête"
        title_en = "JSP web shell, the page starts a program chosen by the request"
        harmless_fr = "Une page d’administration maison peut le faire, elle donne alors le serveur à qui l’atteint."
        harmless_en = "A home-made administration page may do so, it then gives the server to whoever reaches it."
        attack = "T1505.003 T1059"
        date = "2026-11-23"
        source = "NSA and ASD, Mitigating Web Shells, 2020-04-22"
        version = 1
    strings:
        $direct = /(getRuntime[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\)[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}exec[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\(|new[ \t]{1,5}ProcessBuilder[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\()[^;]{0,300}request[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}get(Parameter|Header|QueryString|Cookies|Reader|InputStream|Part|ParameterMap|ParameterValues)/
        $exec = /getRuntime[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\)[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}exec[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\(|new[ \t]{1,5}ProcessBuilder|"getRuntime"|"java\.lang\.(Runtime|ProcessBuilder)"|"java\.lang\.Ru"/
        $input = /request[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}get(Parameter|Header|QueryString|Cookies|Reader|InputStream|Part|ParameterMap|ParameterValues)/
        $output = /getInputStream[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\(|out[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(print|println|write|append)[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\(|getWriter/
        $shell = /cmd(\.exe)?"?,?[ \t]{0,3}"?\/c|\/bin\/(ba)?sh|"-c"|getParameter[ \t]{0,3}\([ \t]{0,3}"(c|cmd|command|exec|i|x|pwd|pass)"/
    condition:
        page_jsp and filesize < 4MB and ($direct or all of ($exec, $input, $output, $shell))
}

rule jsp_load_request
{
    meta:
        id = "jsp-load-request"
        flaw = "webshell"
        act = "file-shell"
        weight = "proof"
        title_fr = "Webshell JSP, la page charge en mémoire une classe reçue (Godzilla, Behinder)"
        title_en = "JSP web shell, the page loads a received class into memory (Godzilla, Behinder)"
        harmless_fr = "Aucun usage légitime connu, un produit charge ses classes depuis le disque."
        harmless_en = "No legitimate use is known, a product loads its classes from disk."
        attack = "T1505.003 T1620"
        date = "2026-11-23"
        source = "Public descriptions of Godzilla and Behinder"
        version = 1
    strings:
        $define = /defineClass|"define"[ \t]{0,3}\+|defineAnonymousClass|URLClassLoader|lookup[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\)[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}define/
        $input = /request[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}get(Parameter|Header|QueryString|Cookies|Reader|InputStream|Part|ParameterMap|ParameterValues)/
        $decode = /Cipher|Base64|BASE64|javax\.xml\.bind|GZIPInputStream|\^[ \t]{0,3}[a-z]{1,12}\[|decodeBuffer/
        $use = /newInstance|\.equals[ \t]{0,3}\([ \t]{0,3}(pageContext|request|this)|getDeclaredMethod/
    condition:
        page_jsp and filesize < 4MB and all of them
}

rule jsp_eval_request
{
    meta:
        id = "jsp-eval-request"
        flaw = "webshell"
        act = "file-shell"
        weight = "proof"
        title_fr = "Webshell JSP, la page évalue le texte de la requête"
        title_en = "JSP web shell, the page evaluates the text of the request"
        harmless_fr = "Aucun usage légitime connu, une page qui évalue la requête donne le serveur à qui la connaît."
        harmless_en = "No legitimate use is known, a page that evaluates the request gives the server to whoever knows it."
        attack = "T1505.003 T1059"
        date = "2026-11-23"
        source = "Public descriptions of JSP shells with script engines"
        version = 1
    strings:
        $eval = /\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(eval|getValue|createValueExpression|parseExpression|evaluate|shell[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}evaluate)[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([^;]{0,160}request[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}get(Parameter|Header|QueryString|Cookies|Reader|InputStream|Part|ParameterMap|ParameterValues)/
        $engine = /ScriptEngine(Manager)?|ELProcessor|ExpressionFactory|GroovyShell|SpelExpressionParser|Ognl|MVEL|BeanShell|bsh\.Interpreter/
    condition:
        page_jsp and all of them
}

rule jsp_write_request
{
    meta:
        id = "jsp-write-request"
        flaw = "webshell"
        act = "file-shell"
        weight = "proof"
        title_fr = "Webshell JSP, la requête choisit le nom et le contenu d’un fichier"
        title_en = "JSP web shell, the request chooses name and content of a file"
        harmless_fr = "Un éditeur de fichiers en ligne le fait, il donne alors le serveur à qui l’atteint."
        harmless_en = "An online file editor does so, it then gives the server to whoever reaches it."
        attack = "T1505.003 T1105"
        date = "2026-11-23"
        source = "Common form of short JSP shells"
        version = 1
    strings:
        $write = /(FileOutputStream|FileWriter|PrintWriter|RandomAccessFile|Files[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}write)[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([^;]{0,200}request[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}get(Parameter|Header|QueryString|Cookies|Reader|InputStream|Part|ParameterMap|ParameterValues)[^;]{0,120}request[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}get(Parameter|Header|QueryString|Cookies|Reader|InputStream|Part|ParameterMap|ParameterValues)/
        $two = /new[ \t]{1,5}(java\.io\.)?(FileOutputStream|FileWriter)[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([^;]{0,120}request[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}get(Parameter|Header|QueryString|Cookies|Reader|InputStream|Part|ParameterMap|ParameterValues)[^;]{0,80};[^;]{0,120}\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}write[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([^;]{0,80}request[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}get(Parameter|Header|QueryString|Cookies|Reader|InputStream|Part|ParameterMap|ParameterValues)/
    condition:
        page_jsp and any of them
}

rule jsp_escaped_name
{
    meta:
        id = "jsp-escaped-name"
        flaw = "webshell"
        act = "file-suspect"
        weight = "clue"
        title_fr = "Page JSP qui cache ses noms en échappements Unicode"
        title_en = "JSP page that conceals its names in Unicode escapes"
        harmless_fr = "Aucun outil de développement n’écrit ces noms ainsi, un essai de codage reste possible."
        harmless_en = "No development tool writes these names so, an experiment with encodings remains possible."
        attack = "T1505.003 T1027"
        date = "2026-11-23"
        source = "Common habit of shells that avoid antivirus"
        version = 1
    strings:
        $names = /(\\u+0065\\u+0078\\u+0065\\u+0063|\\u+0052\\u+0075\\u+006e\\u+0074\\u+0069\\u+006d\\u+0065|\\u+0067\\u+0065\\u+0074\\u+0050\\u+0061\\u+0072\\u+0061\\u+006d\\u+0065\\u+0074\\u+0065\\u+0072|\\u+0072\\u+0065\\u+0071\\u+0075\\u+0065\\u+0073\\u+0074|\\u+0064\\u+0065\\u+0066\\u+0069\\u+006e\\u+0065\\u+0043\\u+006c\\u+0061\\u+0073\\u+0073|\\u+0043\\u+006c\\u+0061\\u+0073\\u+0073\\u+004c\\u+006f\\u+0061\\u+0064\\u+0065\\u+0072|\\u+0043\\u+0069\\u+0070\\u+0068\\u+0065\\u+0072|\\u+0069\\u+006d\\u+0070\\u+006f\\u+0072\\u+0074)/ nocase
    condition:
        page_jsp and $names
}

rule jsp_memory_filter
{
    meta:
        id = "jsp-memory-filter"
        flaw = "webshell"
        act = "file-suspect"
        weight = "clue"
        title_fr = "Page JSP qui ajoute un filtre au serveur en marche"
        title_en = "JSP page that adds a filter to the running server"
        harmless_fr = "Aucun produit n’ajoute de filtre depuis une page, une démonstration reste possible."
        harmless_en = "No product adds a filter out of a page, a demonstration remains possible."
        attack = "T1505.003 T1620"
        date = "2026-11-23"
        source = "Public descriptions of memory shells on Tomcat"
        version = 1
    strings:
        $context = /StandardContext|ApplicationContextFacade|WebappClassLoaderBase|"context"[ \t]{0,3}\)/
        $add = /addFilter(Def|Map|MapBefore)|addApplicationEventListener|addServletMapping|addValve|FilterDef|getPipeline/
        $reflect = /getDeclaredField|setAccessible/
    condition:
        page_jsp and all of them
}
