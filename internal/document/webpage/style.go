package webpage

import (
	"fmt"
	"strings"
	"unicode"

	"vigie/internal/document"
	"vigie/internal/draw"
)

// palette gives the inks as variables for light and dark ground, and the classes that pictures use. A firm's colour takes the place of
// the accent on light ground.
func palette(colour string) string {
	var light, dark, classes strings.Builder
	for _, t := range draw.Tones {
		c := t.Light
		if t.Ink == draw.Accent && hex(colour) {
			c = colour
		}
		fmt.Fprintf(&light, " --%s: #%s;", t.Ink, c)
		fmt.Fprintf(&dark, " --%s: #%s;", t.Ink, t.Dark)
		fmt.Fprintf(&classes, ".f-%[1]s { fill: var(--%[1]s); } .s-%[1]s { stroke: var(--%[1]s); } .k-%[1]s { color: var(--%[1]s); }\n", t.Ink)
	}
	return ":root { color-scheme: light dark;" + light.String() + " }\n@media screen and (prefers-color-scheme: dark) { :root {" + dark.String() + " } }\n" + classes.String() + ".nf { fill: none; }\n"
}

func hex(s string) bool {
	return len(s) == 6 && strings.Trim(s, "0123456789abcdefABCDEF") == ""
}

// pageStyle prints mark, version and page numbers in the margins of paper.
func pageStyle(d *document.Document) string {
	return fmt.Sprintf("@page { @top-right { content: %s; } @bottom-left { content: %s; } @bottom-right { content: counter(page) \" / \" counter(pages); } }\n",
		cssString(d.Mark), cssString(d.Version))
}

// cssString keeps letters, digits and a few signs: it cannot end the string.
func cssString(s string) string {
	return `"` + strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) && r < 0x250 || r >= '0' && r <= '9' || strings.ContainsRune(" :+-.,·\u00a0\u202f", r) {
			return r
		}
		return -1
	}, s) + `"`
}

// style is for every document. Sizes are relative to the reader's own.
const style = `* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-padding-top: 1rem; }
body { margin: 0; background: var(--wash); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif; overflow-wrap: anywhere; }
a { color: var(--blue); text-underline-offset: .15em; }
a:focus-visible, summary:focus-visible, .scroll:focus-visible { outline: 3px solid var(--blue); outline-offset: 2px; }
.skip { position: absolute; left: -999em; } .skip:focus { left: 1rem; top: 1rem; background: var(--paper); padding: .5rem 1rem; z-index: 2; }
.top, main, .end { max-width: 72rem; margin: 0 auto; padding: 0 1.5rem; } .top { padding-top: 2rem; }
.brand { margin: 0; display: flex; flex-wrap: wrap; gap: .25rem .9rem; align-items: center; color: var(--soft); border-top: 4px solid var(--accent); padding-top: .8rem; }
.brand b { color: var(--ink); } .logo { max-height: 3rem; max-width: 12rem; } .kind { color: var(--accent); font-weight: 600; }
.mark { font-weight: 600; font-size: .85rem; letter-spacing: .03em; border: 1px solid var(--soft); border-radius: 3px; padding: 0 .5em; color: var(--ink); width: max-content; max-width: 100%; } .brand .mark { margin-left: auto; }
.draft { color: var(--red); font-weight: 700; letter-spacing: .08em; margin: .6rem 0 0; }
.watermark { position: fixed; inset: 0; margin: 0; display: flex; align-items: center; justify-content: center; font-size: 11vw; font-weight: 700; color: var(--ink); opacity: .05; transform: rotate(-35deg); pointer-events: none; z-index: 1; }
h1 { font-size: 1.8rem; line-height: 1.22; font-weight: 650; margin: .5rem 0 .3rem; letter-spacing: -.01em; text-wrap: balance; } .sub { color: var(--soft); margin: 0 0 1.25rem; }
h2 { font-size: 1.4rem; line-height: 1.3; margin: 0 0 .75rem; letter-spacing: -.005em; } h2 .num { color: var(--accent); margin-right: .25em; }
h3 { font-size: 1.1rem; line-height: 1.35; margin: 1.75rem 0 .5rem; } h4, h5, h6 { font-size: 1rem; line-height: 1.35; margin: 1.25rem 0 .4rem; }
p { margin: .35rem 0 .75rem; } ul, ol { margin: .35rem 0 .75rem; padding-left: 1.35rem; } li { margin: .2rem 0; }
.chapter { background: var(--paper); border: 1px solid var(--line); border-radius: 8px; padding: 1.75rem 2rem; margin: 0 0 1.25rem; }
.contents { list-style: none; padding: 0; columns: 2 20rem; } .contents .num { display: inline-block; min-width: 1.6em; color: var(--accent); font-weight: 600; } .contents a { color: inherit; text-decoration-color: var(--line); }
.lead { font-size: 1.5rem; line-height: 1.35; font-weight: 600; letter-spacing: -.01em; margin: 0 0 1.25rem; max-width: 46em; text-wrap: pretty; }
.said { font-size: 1.08rem; font-weight: 600; max-width: 46em; } .intro { color: var(--slate); max-width: 52em; } .note, .soft, .more { color: var(--soft); } .note { font-size: .9rem; }
.warn { border-left: 4px solid var(--amber); background: var(--wash); padding: .6rem .9rem; }
.minor { font-size: 1rem; margin: 1.1rem 0 .3rem; }
.panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: 1rem; margin: 0 0 1.25rem; }
.panel { border: 1px solid var(--line); border-radius: 6px; padding: .9rem 1.1rem; background: var(--wash); min-width: 0; } .panel h3 { margin: 0 0 .4rem; font-size: .92rem; font-weight: 600; color: var(--soft); }
.panel p { margin: .2rem 0; font-size: .94rem; } .panel .answer { font-size: 1.2rem; line-height: 1.3; font-weight: 650; margin: 0 0 .4rem; } .panel .big { font-size: 1.9rem; line-height: 1.1; font-variant-numeric: tabular-nums; }
.grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 0 2.25rem; } .grid > div { min-width: 0; } .sheet .minor:first-child { margin-top: .25rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; line-height: 1.45; margin: .5rem 0 1rem; font-variant-numeric: tabular-nums; } .compact { width: auto; max-width: 100%; }
caption, .caption { text-align: left; color: var(--slate); padding: .25rem 0; font-weight: 600; font-size: .92rem; }
th, td { text-align: left; vertical-align: top; padding: .45rem .9rem .45rem 0; border-bottom: 1px solid var(--line); } th:last-child, td:last-child { padding-right: 0; }
thead th { font-weight: 600; color: var(--soft); font-size: .84rem; border-bottom: 1.5px solid var(--soft); vertical-align: bottom; overflow-wrap: normal; } tbody th { font-weight: 600; }
.r { text-align: right !important; } .c { text-align: center !important; } .path { font: .84em/1.45 ui-monospace, SFMono-Regular, Consolas, "Liberation Mono", monospace; } .group th { padding-top: 1rem; }
.more { display: block; font-size: .9em; font-weight: 400; } .open > * { border-bottom: 0; } .below > td { padding-top: 0; padding-left: 1rem; } tr:target > * { background: var(--win); }
.sign { vertical-align: -.08em; margin-right: .4em; overflow: visible; flex: none; }
.pairs { margin: .25rem 0 1rem; } .pairs div { display: grid; grid-template-columns: minmax(9rem, 17rem) minmax(0, 1fr); gap: .5rem 1rem; padding: .3rem 0; border-bottom: 1px solid var(--line); font-size: .94rem; } dt { color: var(--soft); } dd { margin: 0; }
.quote { border-left: 2px solid var(--line); padding-left: .8rem; margin: .6rem 0; } .quote p { margin: 0; font-size: .84rem; color: var(--soft); }
pre { margin: .25rem 0; font: .8rem/1.45 ui-monospace, SFMono-Regular, Consolas, "Liberation Mono", monospace; white-space: pre-wrap; overflow-wrap: anywhere; background: var(--wash); padding: .45rem .6rem; border-radius: 4px; }
code { font: .9em ui-monospace, SFMono-Regular, Consolas, "Liberation Mono", monospace; } .esc { background: var(--esc); border-radius: 2px; font-family: ui-monospace, Consolas, monospace; font-size: .92em; }
summary { cursor: pointer; color: var(--blue); width: max-content; max-width: 100%; font-size: .9rem; }
figure { margin: .75rem 0 1.25rem; } .scroll { overflow-x: auto; } figure svg[role=img] { width: 100%; min-width: 40rem; height: auto; display: block; font-family: inherit; }
.legend { list-style: none; padding: 0; margin: .5rem 0 0; display: flex; flex-wrap: wrap; gap: .2rem 1.3rem; font-size: .86rem; color: var(--slate); } .legend li { display: inline-flex; align-items: center; }
.end { color: var(--soft); font-size: .88rem; padding-bottom: 3rem; }
@media screen and (max-width: 46rem) {
 .top, main, .end { padding-left: 1rem; padding-right: 1rem; } .top { padding-top: 1.2rem; } .chapter { padding: 1.2rem 1.1rem; border-radius: 6px; } h1 { font-size: 1.4rem; } .lead { font-size: 1.2rem; }
 .pairs div { grid-template-columns: 1fr; gap: 0; } .wide { overflow-x: auto; }
 .rows:not(.compact), .rows:not(.compact) > tbody, .rows:not(.compact) > tbody > tr, .rows:not(.compact) > tbody > tr > * { display: block; width: auto; } .rows:not(.compact) > thead { position: absolute; left: -999em; } .rows:not(.compact) > caption { display: block; }
 .rows:not(.compact) > tbody > tr { border-bottom: 1px solid var(--line); padding: .7rem 0; } .rows:not(.compact) > tbody > tr > * { border: 0; padding: .12rem 0; text-align: left !important; }
 .rows:not(.compact) > tbody > tr > td[data-l]:not(:empty)::before { content: attr(data-l); display: block; font-size: .8rem; color: var(--soft); } }
@page { size: A4; margin: 17mm 15mm 17mm; font: 8.5pt "Liberation Sans", Arial, sans-serif; color: #54606d; }
@media print {
 html { font-size: 9.6pt; } body { background: #fff; font-size: 9.6pt; line-height: 1.42; } .skip { display: none; }
 .top, main, .end { max-width: none; padding: 0; } .chapter { border: 0; border-radius: 0; padding: 0; margin: 0 0 6mm; background: none; }
 h1 { font-size: 15pt; } h2 { font-size: 13pt; } .lead { font-size: 13pt; margin-bottom: 3mm; } h3, h4 { font-size: 10.5pt; margin-top: 4mm; }
 .sheet { break-before: page; break-after: page; font-size: .92em; } .panel { padding: 2.5mm; } .panels { gap: 3mm; grid-template-columns: repeat(3, 1fr); } .grid { grid-template-columns: repeat(2, 1fr); } .panel .answer { font-size: 12pt; } .panel .big { font-size: 17pt; }
 h2, h3, h4, h5, .minor { break-after: avoid; } .panel, figure, .quote, li { break-inside: avoid; } .said, caption { break-after: avoid; } thead { display: table-header-group; } tr { break-inside: avoid; }
 table { font-size: 8.2pt; } th, td { padding: 1.2mm 2.5mm 1.2mm 0; } figure svg[role=img] { min-width: 0; } .scroll, .wide { overflow: visible; } pre { font-size: 7.2pt; } summary { display: none; }
 a { color: inherit; text-decoration: none; } * { -webkit-print-color-adjust: exact; print-color-adjust: exact; } }
`
