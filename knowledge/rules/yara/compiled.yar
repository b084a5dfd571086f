// What IIS compiles of a page: the program (App_Web_*.dll), which stays when the page is gone. Its source (*.0.cs, *.0.js) is taken for a page.

rule compiled_eval_request
{
    meta:
        id = "compiled-eval-request"
        flaw = "webshell"
        act = "file-shell"
        weight = "proof"
        title_fr = "Copie compilée d’une page qui évaluait la requête"
        title_en = "Compiled copy of a page that evaluated the request"
        harmless_fr = "Une vieille application JScript.NET peut évaluer du texte, aucune page d’Exchange n’est écrite ainsi."
        harmless_en = "An old JScript.NET application may evaluate text, no page of Exchange is written so."
        attack = "T1505.003 T1059.007"
        date = "2026-11-23"
        source = "OTRF Security-Datasets, recording of CVE-2021-26855 and CVE-2021-27065; JScript.NET reference"
        version = 1
    strings:
        $web = /App_Web_[A-Za-z0-9_.]{4,60}/ wide ascii
        $eval = "JScriptEvaluate" fullword
        $request = "get_Request" fullword
    condition:
        uint16(0) == 0x5a4d and filesize < 4MB and all of them
}

rule compiled_process
{
    meta:
        id = "compiled-process"
        flaw = "webshell"
        act = "file-suspect"
        weight = "clue"
        title_fr = "Copie compilée d’une page qui lance des programmes"
        title_en = "Compiled copy of a page that starts programs"
        harmless_fr = "Une page d’administration maison laisse la même copie."
        harmless_en = "A home-made administration page leaves the same copy."
        attack = "T1505.003 T1059.003"
        date = "2026-11-23"
        source = "OTRF Security-Datasets, recording of CVE-2021-26855 and CVE-2021-27065; .NET naming of properties"
        version = 1
    strings:
        $web = /App_Web_[A-Za-z0-9_.]{4,60}/ wide ascii
        $info = /ProcessStartInfo|set_StartInfo/
        $output = /set_RedirectStandardOutput|get_StandardOutput/
        $input = /get_Request|TextBox|get_Form|get_QueryString/
        $shell = /c\x00m\x00d\x00|p\x00o\x00w\x00e\x00r\x00s\x00h\x00e\x00l\x00l\x00/ nocase
    condition:
        uint16(0) == 0x5a4d and filesize < 4MB and all of them
}

rule compiled_load
{
    meta:
        id = "compiled-load"
        flaw = "webshell"
        act = "file-suspect"
        weight = "clue"
        title_fr = "Copie compilée d’une page qui charge un programme reçu"
        title_en = "Compiled copy of a page that loads a received program"
        harmless_fr = "Une page à greffons peut charger des programmes, mais pas de ce que la requête apporte."
        harmless_en = "A page with plug-ins may load programs, but not out of what the request brings."
        attack = "T1505.003 T1620"
        date = "2026-11-23"
        source = "Public descriptions of Godzilla and Behinder; .NET naming of properties"
        version = 1
    strings:
        $web = /App_Web_[A-Za-z0-9_.]{4,60}/ wide ascii
        $decode = /TransformFinalBlock|FromBase64String|BinaryRead/
        $input = /get_Request|BinaryRead/
        $assembly = "System.Reflection"
        $load = "Load" fullword
        $use = "CreateInstance" fullword
    condition:
        uint16(0) == 0x5a4d and filesize < 4MB and all of them
}
