// Files that look like an image and hold script.

rule image_with_script
{
    meta:
        id = "image-with-script"
        flaw = "webshell"
        act = "file-suspect"
        weight = "clue"
        title_fr = "Image qui contient un script de serveur"
        title_en = "Image that holds server script"
        harmless_fr = "Un commentaire d’image peut citer du code, un serveur qui l’exécuterait est mal réglé."
        harmless_en = "A comment in an image may quote code, a server that ran it would be badly configured."
        attack = "T1505.003 T1036.008"
        date = "2026-11-23"
        source = "NSA and ASD, Mitigating Web Shells, 2020-04-22"
        version = 1
    strings:
        $php = /<\?(php|=)[ \t\r\n][^\x00]{0,400}(eval|assert|system|exec|passthru|include|base64_decode|\$_(GET|POST|REQUEST|COOKIE))/ nocase
        $net = /<%@[ \t]{0,10}(page|webhandler|language)|<script[^>\x00]{0,100}runat[ \t]{0,5}=[ \t]{0,5}["']?server/ nocase
        $asp = /<%[ \t\r\n=]{0,10}[A-Za-z@][^%\x00]{0,200}(request|execute|eval)[^%\x00]{0,200}%>/ nocase
    condition:
        (uint32(0) == 0x38464947 or uint16(0) == 0xd8ff or uint32be(0) == 0x89504e47 or uint16(0) == 0x4d42) and any of them
}
