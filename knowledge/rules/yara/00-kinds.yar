// What kind of file it is. Rules for scripts begin with one of these, so that a log, a rule file or a document that quotes a web shell is not
// taken for one. A file whose name says that a server runs it is never taken for a quotation, whatever its first lines say.

private rule script_name
{
    condition:
        extension matches /^\.(as[pahmcs]x?|asax|cer|cdx|svc|soap|rem|config|[cv][sb]html|php[0-9]?|phtml|phar|inc|module|jspx?|jspf|jsw|tagx?)$/i
}

private rule quoted
{
    strings:
        $w3c = "#Fields:"
        $software = "#Software:"
        $yara_strings = /\n[ \t]{0,20}strings:[ \t]{0,10}\r?\n/
        $yara_condition = /\n[ \t]{0,20}condition:[ \t\r\n]/
        $sigma_source = /(^|\n)logsource:/
        $sigma_detection = /(^|\n)detection:/
        $poc = /(^|\n)(import|from) (requests|urllib|socket|argparse)/
    condition:
        not script_name and (
        $w3c in (0..4096) or $software in (0..64)
        or ($yara_strings and $yara_condition) or ($sigma_source and $sigma_detection) or $poc in (0..4096)
        or uint32(0) == 0x46666c45                               // an event log: ElfFile
        or uint32(0) == 0x04034b50 or uint16(0) == 0x8b1f        // an archive
        or uint16(0) == 0x5a4d                                   // a program
        or extension iequals ".md" or extension iequals ".rst" or extension iequals ".patch" or extension iequals ".diff")
}

private rule page_aspnet
{
    strings:
        $directive = /<%[ \t\r\n]{0,20}@[ \t\r\n]{0,20}(page|control|master|webhandler|webservice|servicehost|application|assembly|import|language[ \t]{0,5}=[ \t]{0,5}["']?(c#|cs|vb)["' %])/ nocase wide ascii
        $script = /<script[^>]{0,200}runat[ \t\r\n]{0,5}=[ \t\r\n]{0,5}["']?server/ nocase wide ascii
        $generated = /(namespace|package)[ \t]{1,4}ASP[ \t\r\n]{0,8}[{\r\n]/ nocase
        $open = "<%" wide ascii
        $razor = /@(\{|using[ \t]|functions[ \t\r\n]{0,5}\{)/
    condition:
        not quoted and ($directive or $script or $generated
        or ($open and extension matches /^\.(as[pchm]x|asax)$/i)          // without a directive the page has the language of web.config
        or ($razor and extension icontains "html" and extension istartswith ".cs"))
}

private rule page_asp
{
    strings:
        $open = "<%" wide ascii
        $script = /<script[^>]{0,200}runat[ \t\r\n]{0,5}=[ \t\r\n]{0,5}["']?server/ nocase wide ascii
    condition:
        not quoted and ($open or $script)
}

private rule page_php
{
    strings:
        $open = "<?php" nocase
        $short = /<\?(=|[ \t\r\n@$\/])/
        $script = /<script[ \t]{1,10}language[ \t]{0,5}=[ \t]{0,5}["']?php/ nocase
    condition:
        not quoted and any of them
}

private rule page_jsp
{
    strings:
        $open = "<%"
        $xml = "<jsp:"
        $faces = "xmlns:jsp=" nocase
    condition:
        not quoted and any of them
}
