// Pages of PHP.

rule php_eval_request
{
    meta:
        id = "php-eval-request"
        flaw = "webshell"
        act = "file-shell"
        weight = "proof"
        title_fr = "Webshell PHP, la page exécute le texte reçu dans la requête"
        title_en = "PHP web shell, the page runs the text of the request"
        harmless_fr = "Aucun usage légitime connu, une page qui exécute la requête donne le serveur à qui la connaît."
        harmless_en = "No legitimate use is known, a page that runs the request gives the server to whoever knows it."
        attack = "T1505.003 T1059"
        date = "2026-11-23"
        source = "NSA and ASD, Mitigating Web Shells, 2020-04-22; public descriptions of China Chopper and antSword"
        version = 1
    strings:
        $call = /[^A-Za-z0-9_>:$\\-](eval|system|exec|shell_exec|passthru|popen|proc_open|pcntl_exec)[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(@|[ \t\r\n(]|[A-Za-z_\\][A-Za-z0-9_\\]{1,40}[ \t\r\n]{0,9}(\/\*[^\/]{0,40}\/[ \t\r\n]{0,9}){0,2}\(|\/\*[^\/]{0,40}\/){0,10}(\$(\{["\'])?_(GET|POST|REQUEST|COOKIE|SERVER|FILES)|\$HTTP_(RAW_)?(POST|GET|COOKIE)_(VARS|DATA)|\$\{?["\']?GLOBALS["\']?\}?\[["\']_(GET|POST|REQUEST|COOKIE)|getallheaders[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\(|apache_request_headers[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\(|file_get_contents[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}["\']php:\/\/input|filter_input[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\()/ nocase
        // What an assertion is about is usually the result of a function; only decoders hide text that is run.
        $assert = /[^A-Za-z0-9_>:$\\-]assert[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(@|[ \t\r\n(]|(base64_decode|gzinflate|gzuncompress|gzdecode|str_rot13|strrev|hex2bin|urldecode|rawurldecode|stripslashes|trim|implode|end|current|reset|array_pop|join)[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\(){0,10}(\$(\{["\'])?_(GET|POST|REQUEST|COOKIE|SERVER|FILES)|\$HTTP_(RAW_)?(POST|GET|COOKIE)_(VARS|DATA)|\$\{?["\']?GLOBALS["\']?\}?\[["\']_(GET|POST|REQUEST|COOKIE)|getallheaders[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\(|apache_request_headers[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\(|file_get_contents[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}["\']php:\/\/input|filter_input[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\()/ nocase
        $create = /create_function[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}["\'][^"\']{0,40}["\'][ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3},[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(@|[ \t\r\n(]|[A-Za-z_\\][A-Za-z0-9_\\]{1,40}[ \t\r\n]{0,9}(\/\*[^\/]{0,40}\/[ \t\r\n]{0,9}){0,2}\(|\/\*[^\/]{0,40}\/){0,10}(\$(\{["\'])?_(GET|POST|REQUEST|COOKIE|SERVER|FILES)|\$HTTP_(RAW_)?(POST|GET|COOKIE)_(VARS|DATA)|\$\{?["\']?GLOBALS["\']?\}?\[["\']_(GET|POST|REQUEST|COOKIE)|getallheaders[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\(|apache_request_headers[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\(|file_get_contents[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}["\']php:\/\/input|filter_input[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\()/ nocase
        $close = /eval[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}["\']\?>["\'][ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(@|[ \t\r\n(]|[A-Za-z_\\][A-Za-z0-9_\\]{1,40}[ \t\r\n]{0,9}(\/\*[^\/]{0,40}\/[ \t\r\n]{0,9}){0,2}\(|\/\*[^\/]{0,40}\/){0,10}(\$(\{["\'])?_(GET|POST|REQUEST|COOKIE|SERVER|FILES)|\$HTTP_(RAW_)?(POST|GET|COOKIE)_(VARS|DATA)|\$\{?["\']?GLOBALS["\']?\}?\[["\']_(GET|POST|REQUEST|COOKIE)|getallheaders[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\(|apache_request_headers[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\(|file_get_contents[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}["\']php:\/\/input|filter_input[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\()/ nocase
        $tick = /=[ \t]{0,5}`[ \t]{0,5}\{?\$_(GET|POST|REQUEST|COOKIE)|(echo|print)[ \t(]{1,5}`[^`\r\n]{0,60}\$_(GET|POST|REQUEST|COOKIE)/ nocase
        $include = /(include|require)(_once)?[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\(?[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}["\'](data:[^"\']{0,60}["\'][ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(@|[ \t\r\n(]|[A-Za-z_\\][A-Za-z0-9_\\]{1,40}[ \t\r\n]{0,9}(\/\*[^\/]{0,40}\/[ \t\r\n]{0,9}){0,2}\(|\/\*[^\/]{0,40}\/){0,10}(\$(\{["\'])?_(GET|POST|REQUEST|COOKIE|SERVER|FILES)|\$HTTP_(RAW_)?(POST|GET|COOKIE)_(VARS|DATA)|\$\{?["\']?GLOBALS["\']?\}?\[["\']_(GET|POST|REQUEST|COOKIE)|getallheaders[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\(|apache_request_headers[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\(|file_get_contents[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}["\']php:\/\/input|filter_input[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\()|php:\/\/input)/ nocase
        $regex = /preg_replace[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}["\']([\/#~|@!]).{0,60}[\/#~|@!][a-z]{0,5}e[a-z]{0,5}["\'][ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3},[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(@|[ \t\r\n(]|[A-Za-z_\\][A-Za-z0-9_\\]{1,40}[ \t\r\n]{0,9}(\/\*[^\/]{0,40}\/[ \t\r\n]{0,9}){0,2}\(|\/\*[^\/]{0,40}\/){0,10}(\$(\{["\'])?_(GET|POST|REQUEST|COOKIE|SERVER|FILES)|\$HTTP_(RAW_)?(POST|GET|COOKIE)_(VARS|DATA)|\$\{?["\']?GLOBALS["\']?\}?\[["\']_(GET|POST|REQUEST|COOKIE)|getallheaders[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\(|apache_request_headers[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\(|file_get_contents[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}["\']php:\/\/input|filter_input[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\()/ nocase
    condition:
        page_php and any of them
}

rule php_call_request
{
    meta:
        id = "php-call-request"
        flaw = "webshell"
        act = "file-shell"
        weight = "proof"
        title_fr = "Webshell PHP, la requête choisit la fonction appelée"
        title_en = "PHP web shell, the request chooses the function that is called"
        harmless_fr = "Un aiguillage maison peut appeler une fonction nommée par la requête, il est alors attaquable."
        harmless_en = "A home-made router may call a function named by the request, it can then be attacked."
        attack = "T1505.003 T1059"
        date = "2026-11-23"
        source = "Common form of short PHP shells"
        version = 1
    strings:
        $direct = /([;{}(@=>:?&|!]|echo|print|return|<\?(php)?)[ \t\r\n]{0,20}@?\$_(GET|POST|REQUEST|COOKIE)[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}[\[{][^\]}\r\n]{0,40}[\]}][ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}@?[^)\r\n]{0,40}\$_(GET|POST|REQUEST|COOKIE)/ nocase
        $callback = /(call_user_func(_array)?|array_map|array_walk|register_shutdown_function|register_tick_function)[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(@|[ \t\r\n(]|[A-Za-z_\\][A-Za-z0-9_\\]{1,40}[ \t\r\n]{0,9}(\/\*[^\/]{0,40}\/[ \t\r\n]{0,9}){0,2}\(|\/\*[^\/]{0,40}\/){0,10}\$_(GET|POST|REQUEST|COOKIE)[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\[[^,;]{1,60},[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}[^;]{0,60}\$_(GET|POST|REQUEST|COOKIE)/ nocase
        $second = /(array_filter|usort|uasort|array_reduce|array_walk|iterator_apply)[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([^;]{0,80}\$_(GET|POST|REQUEST|COOKIE)[^;]{0,60},[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}@?\$_(GET|POST|REQUEST|COOKIE)/ nocase
    condition:
        page_php and any of them
}

rule php_input_crypt
{
    meta:
        id = "php-input-crypt"
        flaw = "webshell"
        act = "file-shell"
        weight = "proof"
        title_fr = "Webshell PHP chiffré (Behinder, Godzilla, Weevely)"
        title_en = "Encrypted PHP web shell (Behinder, Godzilla, Weevely)"
        harmless_fr = "Aucun usage légitime connu, un produit n’exécute pas ce qu’il déchiffre de la requête."
        harmless_en = "No legitimate use is known, a product does not run what it decrypts of the request."
        attack = "T1505.003 T1573.001"
        date = "2026-11-23"
        source = "Public descriptions of Behinder, Godzilla and Weevely"
        version = 1
    strings:
        $in = /php:\/\/input|\$HTTP_RAW_POST_DATA|\$_(POST|REQUEST|COOKIE)/ nocase
        $run = /[^A-Za-z0-9_>:$](eval|assert|create_function)[ \t\r\n]{0,5}\([ \t\r\n@]{0,5}\$/ nocase
        $crypt = /openssl_decrypt|mcrypt_decrypt|\$[A-Za-z_]{1,20}[\[{]\$i[\]}][ \t]{0,5}=?[ \t]{0,3}\^|[\]})][ \t]{0,5}\^[ \t]{0,5}\$[A-Za-z_]{1,20}[\[{]|gzuncompress|gzinflate/ nocase
        $mark = /explode[ \t]{0,5}\([ \t]{0,5}["\']\|["\']|strpos[ \t]{0,5}\([ \t]{0,5}\$(data|payload)|\$_SESSION[ \t]{0,5}\[|preg_match[ \t]{0,5}\([ \t]{0,5}["\'][^"\']{1,40}\(\.\+\)|ob_get_contents/ nocase
    condition:
        page_php and filesize < 32KB and all of them
}

rule php_write_request
{
    meta:
        id = "php-write-request"
        flaw = "webshell"
        act = "file-shell"
        weight = "proof"
        title_fr = "Webshell PHP, la requête choisit le nom et le contenu d’un fichier"
        title_en = "PHP web shell, the request chooses name and content of a file"
        harmless_fr = "Un éditeur de fichiers en ligne le fait, il donne alors le serveur à qui l’atteint."
        harmless_en = "An online file editor does so, it then gives the server to whoever reaches it."
        attack = "T1505.003 T1105"
        date = "2026-11-23"
        source = "Common form of short PHP shells"
        version = 1
    strings:
        $put = /(file_put_contents|fwrite|fputs)[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(@|[ \t\r\n(]|[A-Za-z_\\][A-Za-z0-9_\\]{1,40}[ \t\r\n]{0,9}(\/\*[^\/]{0,40}\/[ \t\r\n]{0,9}){0,2}\(|\/\*[^\/]{0,40}\/){0,10}\$_(GET|POST|REQUEST|COOKIE)[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\[[^;]{1,80},[^;]{0,60}\$_(GET|POST|REQUEST|COOKIE)/ nocase
        $copy = /(copy|rename)[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\$_(GET|POST|REQUEST|COOKIE)[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\[[^,;]{1,40},[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\$_(GET|POST|REQUEST|COOKIE)/ nocase
    condition:
        page_php and any of them
}

rule php_upload_anywhere
{
    meta:
        id = "php-upload-anywhere"
        flaw = "webshell"
        act = "file-suspect"
        weight = "clue"
        title_fr = "Petite page PHP qui ne fait que recevoir des fichiers"
        title_en = "Small PHP page that does nothing but receive files"
        harmless_fr = "Un exemple de formulaire d’envoi lui ressemble, il est attaquable s’il est accessible."
        harmless_en = "A sample upload form looks like it, it can be attacked where it can be reached."
        attack = "T1505.003 T1105"
        date = "2026-11-23"
        source = "Common form of PHP droppers"
        version = 1
    strings:
        $move = /(move_uploaded_file|copy)[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\$_FILES[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\[[^;]{1,60}tmp_name[^;]{1,20},[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(["\']\.?\/?["\'][ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\.[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}|getcwd\(\)[^;]{0,20})?\$_(FILES|GET|POST|REQUEST)/ nocase
    condition:
        page_php and filesize < 4KB and $move
}

rule php_hidden_name
{
    meta:
        id = "php-hidden-name"
        flaw = "webshell"
        act = "file-suspect"
        weight = "clue"
        title_fr = "Page PHP qui cache le nom d’une fonction dangereuse"
        title_en = "PHP page that conceals the name of a dangerous function"
        harmless_fr = "Quelques modules payants masquent ainsi leur code, leur origine se vérifie."
        harmless_en = "Some paid modules conceal their code so, their origin can be verified."
        attack = "T1505.003 T1027"
        date = "2026-11-23"
        source = "Common habit of shells that avoid antivirus"
        version = 1
    strings:
        $cut_assert = /["'](a["\'][ \t]{0,3}\.[ \t]{0,3}["\']s(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?s(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?e(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?r(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?t|as["\'][ \t]{0,3}\.[ \t]{0,3}["\']s(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?e(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?r(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?t|ass["\'][ \t]{0,3}\.[ \t]{0,3}["\']e(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?r(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?t|asse["\'][ \t]{0,3}\.[ \t]{0,3}["\']r(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?t|asser["\'][ \t]{0,3}\.[ \t]{0,3}["\']t)["']/ nocase
        $cut_system = /["'](s["\'][ \t]{0,3}\.[ \t]{0,3}["\']y(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?s(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?t(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?e(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?m|sy["\'][ \t]{0,3}\.[ \t]{0,3}["\']s(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?t(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?e(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?m|sys["\'][ \t]{0,3}\.[ \t]{0,3}["\']t(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?e(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?m|syst["\'][ \t]{0,3}\.[ \t]{0,3}["\']e(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?m|syste["\'][ \t]{0,3}\.[ \t]{0,3}["\']m)["']/ nocase
        $cut_shell_exec = /["'](s["\'][ \t]{0,3}\.[ \t]{0,3}["\']h(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?e(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?l(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?l(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?_(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?e(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?x(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?e(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?c|sh["\'][ \t]{0,3}\.[ \t]{0,3}["\']e(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?l(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?l(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?_(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?e(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?x(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?e(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?c|she["\'][ \t]{0,3}\.[ \t]{0,3}["\']l(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?l(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?_(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?e(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?x(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?e(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?c|shel["\'][ \t]{0,3}\.[ \t]{0,3}["\']l(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?_(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?e(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?x(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?e(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?c|shell["\'][ \t]{0,3}\.[ \t]{0,3}["\']_(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?e(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?x(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?e(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?c|shell_["\'][ \t]{0,3}\.[ \t]{0,3}["\']e(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?x(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?e(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?c|shell_e["\'][ \t]{0,3}\.[ \t]{0,3}["\']x(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?e(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?c|shell_ex["\'][ \t]{0,3}\.[ \t]{0,3}["\']e(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?c|shell_exe["\'][ \t]{0,3}\.[ \t]{0,3}["\']c)["']/ nocase
        $cut_passthru = /["'](p["\'][ \t]{0,3}\.[ \t]{0,3}["\']a(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?s(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?s(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?t(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?h(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?r(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?u|pa["\'][ \t]{0,3}\.[ \t]{0,3}["\']s(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?s(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?t(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?h(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?r(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?u|pas["\'][ \t]{0,3}\.[ \t]{0,3}["\']s(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?t(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?h(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?r(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?u|pass["\'][ \t]{0,3}\.[ \t]{0,3}["\']t(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?h(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?r(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?u|passt["\'][ \t]{0,3}\.[ \t]{0,3}["\']h(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?r(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?u|passth["\'][ \t]{0,3}\.[ \t]{0,3}["\']r(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?u|passthr["\'][ \t]{0,3}\.[ \t]{0,3}["\']u)["']/ nocase
        $cut_create_function = /["'](c["\'][ \t]{0,3}\.[ \t]{0,3}["\']r(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?e(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?a(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?t(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?e(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?_(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?f(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?u(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?n(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?c(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?t(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?i(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?o(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?n|cr["\'][ \t]{0,3}\.[ \t]{0,3}["\']e(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?a(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?t(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?e(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?_(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?f(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?u(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?n(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?c(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?t(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?i(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?o(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?n|cre["\'][ \t]{0,3}\.[ \t]{0,3}["\']a(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?t(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?e(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?_(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?f(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?u(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?n(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?c(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?t(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?i(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?o(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?n|crea["\'][ \t]{0,3}\.[ \t]{0,3}["\']t(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?e(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?_(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?f(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?u(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?n(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?c(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?t(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?i(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?o(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?n|creat["\'][ \t]{0,3}\.[ \t]{0,3}["\']e(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?_(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?f(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?u(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?n(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?c(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?t(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?i(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?o(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?n|create["\'][ \t]{0,3}\.[ \t]{0,3}["\']_(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?f(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?u(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?n(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?c(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?t(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?i(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?o(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?n|create_["\'][ \t]{0,3}\.[ \t]{0,3}["\']f(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?u(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?n(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?c(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?t(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?i(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?o(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?n|create_f["\'][ \t]{0,3}\.[ \t]{0,3}["\']u(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?n(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?c(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?t(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?i(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?o(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?n|create_fu["\'][ \t]{0,3}\.[ \t]{0,3}["\']n(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?c(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?t(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?i(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?o(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?n|create_fun["\'][ \t]{0,3}\.[ \t]{0,3}["\']c(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?t(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?i(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?o(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?n|create_func["\'][ \t]{0,3}\.[ \t]{0,3}["\']t(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?i(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?o(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?n|create_funct["\'][ \t]{0,3}\.[ \t]{0,3}["\']i(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?o(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?n|create_functi["\'][ \t]{0,3}\.[ \t]{0,3}["\']o(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?n|create_functio["\'][ \t]{0,3}\.[ \t]{0,3}["\']n)["']/ nocase
        $cut_proc_open = /["'](p["\'][ \t]{0,3}\.[ \t]{0,3}["\']r(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?o(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?c(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?_(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?o(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?p(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?e(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?n|pr["\'][ \t]{0,3}\.[ \t]{0,3}["\']o(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?c(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?_(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?o(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?p(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?e(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?n|pro["\'][ \t]{0,3}\.[ \t]{0,3}["\']c(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?_(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?o(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?p(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?e(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?n|proc["\'][ \t]{0,3}\.[ \t]{0,3}["\']_(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?o(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?p(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?e(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?n|proc_["\'][ \t]{0,3}\.[ \t]{0,3}["\']o(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?p(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?e(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?n|proc_o["\'][ \t]{0,3}\.[ \t]{0,3}["\']p(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?e(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?n|proc_op["\'][ \t]{0,3}\.[ \t]{0,3}["\']e(["\'][ \t]{0,3}\.[ \t]{0,3}["\'])?n|proc_ope["\'][ \t]{0,3}\.[ \t]{0,3}["\']n)["']/ nocase
        $chr = /(chr[ \t]{0,3}\([ \t]{0,3}(97|0x61)[ \t]{0,3}\)[ \t]{0,3}\.[ \t]{0,3}chr[ \t]{0,3}\([ \t]{0,3}(115|0x73)[ \t]{0,3}\)[ \t]{0,3}\.[ \t]{0,3}chr[ \t]{0,3}\([ \t]{0,3}(115|0x73)[ \t]{0,3}\)[ \t]{0,3}\.[ \t]{0,3}chr[ \t]{0,3}\([ \t]{0,3}(101|0x65)[ \t]{0,3}\)[ \t]{0,3}\.[ \t]{0,3}chr[ \t]{0,3}\([ \t]{0,3}(114|0x72)[ \t]{0,3}\)[ \t]{0,3}\.[ \t]{0,3}chr[ \t]{0,3}\([ \t]{0,3}(116|0x74)[ \t]{0,3}\)|chr[ \t]{0,3}\([ \t]{0,3}(115|0x73)[ \t]{0,3}\)[ \t]{0,3}\.[ \t]{0,3}chr[ \t]{0,3}\([ \t]{0,3}(121|0x79)[ \t]{0,3}\)[ \t]{0,3}\.[ \t]{0,3}chr[ \t]{0,3}\([ \t]{0,3}(115|0x73)[ \t]{0,3}\)[ \t]{0,3}\.[ \t]{0,3}chr[ \t]{0,3}\([ \t]{0,3}(116|0x74)[ \t]{0,3}\)[ \t]{0,3}\.[ \t]{0,3}chr[ \t]{0,3}\([ \t]{0,3}(101|0x65)[ \t]{0,3}\)[ \t]{0,3}\.[ \t]{0,3}chr[ \t]{0,3}\([ \t]{0,3}(109|0x6d)[ \t]{0,3}\)|chr[ \t]{0,3}\([ \t]{0,3}(101|0x65)[ \t]{0,3}\)[ \t]{0,3}\.[ \t]{0,3}chr[ \t]{0,3}\([ \t]{0,3}(118|0x76)[ \t]{0,3}\)[ \t]{0,3}\.[ \t]{0,3}chr[ \t]{0,3}\([ \t]{0,3}(97|0x61)[ \t]{0,3}\)[ \t]{0,3}\.[ \t]{0,3}chr[ \t]{0,3}\([ \t]{0,3}(108|0x6c)[ \t]{0,3}\)[ \t]{0,3}\.[ \t]{0,3}chr[ \t]{0,3}\([ \t]{0,3}(40|0x28)[ \t]{0,3}\)|chr[ \t]{0,3}\([ \t]{0,3}(112|0x70)[ \t]{0,3}\)[ \t]{0,3}\.[ \t]{0,3}chr[ \t]{0,3}\([ \t]{0,3}(97|0x61)[ \t]{0,3}\)[ \t]{0,3}\.[ \t]{0,3}chr[ \t]{0,3}\([ \t]{0,3}(115|0x73)[ \t]{0,3}\)[ \t]{0,3}\.[ \t]{0,3}chr[ \t]{0,3}\([ \t]{0,3}(115|0x73)[ \t]{0,3}\)[ \t]{0,3}\.[ \t]{0,3}chr[ \t]{0,3}\([ \t]{0,3}(116|0x74)[ \t]{0,3}\)[ \t]{0,3}\.[ \t]{0,3}chr[ \t]{0,3}\([ \t]{0,3}(104|0x68)[ \t]{0,3}\)[ \t]{0,3}\.[ \t]{0,3}chr[ \t]{0,3}\([ \t]{0,3}(114|0x72)[ \t]{0,3}\)[ \t]{0,3}\.[ \t]{0,3}chr[ \t]{0,3}\([ \t]{0,3}(117|0x75)[ \t]{0,3}\))/ nocase
        $codes = /(((\\x61|\\141)(\\x73|\\163)(\\x73|\\163)(\\x65|\\145)(\\x72|\\162)(\\x74|\\164))|((\\x73|\\163)(\\x79|\\171)(\\x73|\\163)(\\x74|\\164)(\\x65|\\145)(\\x6d|\\155))|((\\x73|\\163)(\\x68|\\150)(\\x65|\\145)(\\x6c|\\154)(\\x6c|\\154)(\\x5f|\\137)(\\x65|\\145)(\\x78|\\170)(\\x65|\\145)(\\x63|\\143))|((\\x70|\\160)(\\x61|\\141)(\\x73|\\163)(\\x73|\\163)(\\x74|\\164)(\\x68|\\150)(\\x72|\\162)(\\x75|\\165))|((\\x63|\\143)(\\x72|\\162)(\\x65|\\145)(\\x61|\\141)(\\x74|\\164)(\\x65|\\145)(\\x5f|\\137)(\\x66|\\146)(\\x75|\\165)(\\x6e|\\156)(\\x63|\\143)(\\x74|\\164)(\\x69|\\151)(\\x6f|\\157)(\\x6e|\\156))|((\\x70|\\160)(\\x72|\\162)(\\x6f|\\157)(\\x63|\\143)(\\x5f|\\137)(\\x6f|\\157)(\\x70|\\160)(\\x65|\\145)(\\x6e|\\156))|((\\x65|\\145)(\\x76|\\166)(\\x61|\\141)(\\x6c|\\154)(\\x28|\\050))|((\\x5f|\\137)(\\x50|\\120)(\\x4f|\\117)(\\x53|\\123)(\\x54|\\124))|((\\x5f|\\137)(\\x47|\\107)(\\x45|\\105)(\\x54|\\124))|((\\x5f|\\137)(\\x52|\\122)(\\x45|\\105)(\\x51|\\121)(\\x55|\\125)(\\x45|\\105)(\\x53|\\123)(\\x54|\\124)))/ nocase
        $reverse = /strrev[ \t]{0,3}\([ \t]{0,3}["\'](tressa|metsys|cexe_llehs|urhtssap|noitcnuf_etaerc|lave|edoced_46esab|etalfnizg)["\']/ nocase
        $rot = /str_rot13[ \t]{0,3}\([ \t]{0,3}["\'](nffreg|flfgrz|furyy_rkrp|cnffgueh|riny|onfr64_qrpbqr|tmvasyngr|perngr_shapgvba)["\']/ nocase
        $base = /base64_decode[ \t]{0,3}\([ \t]{0,3}["\'](YXNzZXJ0|c3lzdGVt|c2hlbGxfZXhlYw==|cGFzc3RocnU=|Y3JlYXRlX2Z1bmN0aW9u|ZXZhbA==|X1BPU1Q=|X0dFVA==)["\']/
    condition:
        page_php and any of them
}

rule php_packed_code
{
    meta:
        id = "php-packed-code"
        flaw = "webshell"
        act = "file-suspect"
        weight = "clue"
        title_fr = "Page PHP dont le code est emballé puis exécuté"
        title_en = "PHP page whose code is packed, then run"
        harmless_fr = "Quelques modules payants livrent ainsi leur code, leur origine se vérifie."
        harmless_en = "Some paid modules ship their code so, their origin can be verified."
        attack = "T1505.003 T1027.013"
        date = "2026-11-23"
        source = "NSA and ASD, Mitigating Web Shells, 2020-04-22"
        version = 1
    strings:
        $two = /[^A-Za-z0-9_>:$](eval|assert|create_function)[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}(["\']\?>["\'][ \t]{0,3}\.[ \t]{0,3})?@?(base64_decode|gzinflate|gzuncompress|gzdecode|str_rot13|strrev|hex2bin|convert_uudecode|rawurldecode|urldecode|openssl_decrypt)[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}@?(base64_decode|gzinflate|gzuncompress|gzdecode|str_rot13|strrev|hex2bin|convert_uudecode|rawurldecode|urldecode|openssl_decrypt)[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\(/ nocase
    condition:
        page_php and $two
}

rule php_concealed
{
    meta:
        id = "php-concealed"
        flaw = "webshell"
        act = "file-obfuscated"
        weight = "hint"
        title_fr = "Page PHP au contenu masqué"
        title_en = "PHP page with concealed content"
        harmless_fr = "Des modules payants et des bibliothèques réduites s’écrivent ainsi."
        harmless_en = "Paid modules and minimised libraries are written so."
        attack = "T1027"
        date = "2026-11-23"
        source = "NSA and ASD, Mitigating Web Shells, 2020-04-22"
        version = 1
    strings:
        $one = /[^A-Za-z0-9_>:$](eval|assert)[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}@?(base64_decode|gzinflate|gzuncompress|gzdecode|str_rot13|strrev|hex2bin|convert_uudecode|rawurldecode|urldecode|openssl_decrypt)[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\(/ nocase
        $globals = /\$\{?["\']?(GLOBALS|\\x47\\x4c\\x4f\\x42\\x41\\x4c\\x53)["\']?\}?[\[{]["\'](\\x[0-9a-f]{2}|\\[0-7]{2,3}){4}/ nocase
        $codes = /["\']((\\x[0-9a-f]{2}|\\[0-7]{2,3}){1,3}[A-Za-z_]?){8,200}["\'][ \t]{0,3}[\])]?[ \t]{0,3}\(/ nocase
        $signs = /\$_{1,8}[ \t]{0,3}=[ \t]{0,3}\$_{1,8}(\[|\+\+|\.|\^)[^A-Za-z0-9\r\n]{4}|\(["\'][^"\'A-Za-z0-9 \r\n]{3,30}["\'][ \t]{0,3}\^[ \t]{0,3}["\'][^"\'\r\n]{3,30}["\']\)/
        $letters = /(\$[A-Za-z_]{1,12}[\[{][0-9]{1,3}[\]}][ \t]{0,2}\.[ \t]{0,2}){8}/
        $blob = /(eval|assert|base64_decode|gzinflate)[ \t]{0,3}\([ \t]{0,3}["\'][A-Za-z0-9+\/]{1500}/ nocase
    condition:
        page_php and any of them
}

rule php_command_page
{
    meta:
        id = "php-command-page"
        flaw = "webshell"
        act = "file-suspect"
        weight = "clue"
        title_fr = "Page PHP qui essaie une à une les fonctions de commande"
        title_en = "PHP page that tries the command functions one by one"
        harmless_fr = "Quelques outils d’administration cherchent aussi une fonction disponible, leur origine se vérifie."
        harmless_en = "Some administration tools also look for an available function, their origin can be verified."
        attack = "T1505.003 T1059"
        date = "2026-11-23"
        source = "Public descriptions of WSO, b374k, p0wny and similar shells"
        version = 1
    strings:
        $a = /[^A-Za-z0-9_>:$\\]shell_exec[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}["\'@]?\$/ nocase
        $b = /[^A-Za-z0-9_>:$\\]passthru[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\$/ nocase
        $c = /[^A-Za-z0-9_>:$\\]system[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\$/ nocase
        $d = /[^A-Za-z0-9_>:$\\]popen[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\$/ nocase
        $e = /[^A-Za-z0-9_>:$\\]proc_open[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\$/ nocase
        $f = /[^A-Za-z0-9_>:$\\]exec[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\$/ nocase
        $eval = /[^A-Za-z0-9_>:$\\]eval[ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\([ \t\r\n]{0,20}((\/\*[^\/]{0,100}\/|(\/\/|#)[^\r\n]{0,60}[\r\n])[ \t\r\n]{0,20}){0,3}\$/ nocase
        $in = /\$_(GET|POST|REQUEST|COOKIE)[ \t]{0,3}\[/ nocase
        $state = /disable_functions|safe_mode|posix_getpwuid|php_uname|getcwd|2>&1|chdir[ \t]{0,3}\(|\/etc\/passwd/ nocase
    condition:
        page_php and filesize < 4MB and $in and $state and (4 of ($a, $b, $c, $d, $e, $f) or ($eval and 3 of ($a, $b, $c, $d, $e, $f)))
}
