package estate

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
	spdxjson "github.com/spdx/tools-golang/json"
)

// maxNested bounds how deep components lie in components.
const maxNested = 64

// cycloneDX reads a bill of materials and the VEX words in it. The component that it is about is the machine; each component in it is an item.
func (l *List) cycloneDX(data []byte, isXML bool) error {
	l.Form = "cyclonedx"
	form := cdx.BOMFileFormatJSON
	if isXML {
		form = cdx.BOMFileFormatXML
	}
	var bom cdx.BOM
	if err := cdx.NewBOMDecoder(bytes.NewReader(data), form).Decode(&bom); err != nil {
		return fmt.Errorf("CycloneDX: %w", err)
	}
	asset, seen := "", time.Time{}
	var list []cdx.Component
	if m := bom.Metadata; m != nil {
		seen, _ = time.Parse(time.RFC3339, m.Timestamp) // one that is missing is not known
		if m.Component != nil {
			asset = m.Component.Name
			list = append(list, *m.Component)
		}
	}
	if bom.Components != nil {
		list = append(list, *bom.Components...)
	}
	words := vexWords(&bom)
	var walk func(list []cdx.Component, depth int) error
	walk = func(list []cdx.Component, depth int) error {
		for _, c := range list {
			if c.Name == "" {
				l.gap("component "+short(c.BOMRef), "sans nom", "no name")
				continue
			}
			i := Item{Asset: cmp.Or(asset, "-"), Vendor: cmp.Or(c.Publisher, c.Group), Product: c.Name, Version: c.Version, CPE: cpeName(c.CPE),
				Source: "cyclonedx " + short(cmp.Or(c.BOMRef, c.PackageURL, c.Name)), Seen: seen, Words: words[c.BOMRef]}
			if c.Supplier != nil {
				i.Vendor = cmp.Or(c.Supplier.Name, i.Vendor)
			}
			if !l.add(i) {
				return fmt.Errorf("over %d items", maxItems)
			}
			if c.Components != nil && depth < maxNested {
				if err := walk(*c.Components, depth+1); err != nil {
					return err
				}
			}
		}
		return nil
	}
	return walk(list, 0)
}

// vexWords takes the VEX of a bill of materials, by the component that it is on.
func vexWords(bom *cdx.BOM) map[string][]Word {
	out := map[string][]Word{}
	if bom.Vulnerabilities == nil {
		return out
	}
	for _, v := range *bom.Vulnerabilities {
		if v.Analysis == nil || v.Affects == nil || !cveForm.MatchString(v.ID) {
			continue
		}
		w := Word{CVE: v.ID, Reason: string(v.Analysis.Justification)}
		switch v.Analysis.State {
		case cdx.IASNotAffected, cdx.IASFalsePositive:
			w.State = "not-affected"
		case cdx.IASResolved, cdx.IASResolvedWithPedigree:
			w.State = "fixed"
		default:
			continue
		}
		for _, a := range *v.Affects {
			out[a.Ref] = append(out[a.Ref], w)
		}
	}
	return out
}

// spdx reads an SPDX document (JSON, 2.x): each package is an item.
func (l *List) spdx(data []byte) error {
	l.Form = "spdx"
	doc, err := spdxjson.Read(bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("SPDX: %w", err)
	}
	seen := time.Time{}
	if doc.CreationInfo != nil {
		seen, _ = time.Parse(time.RFC3339, doc.CreationInfo.Created) // one that is missing is not known
	}
	for _, p := range doc.Packages {
		if p == nil || p.PackageName == "" {
			l.gap("package", "sans nom", "no name")
			continue
		}
		i := Item{Asset: cmp.Or(doc.DocumentName, "-"), Product: p.PackageName, Version: p.PackageVersion, Source: "spdx " + short(string(p.PackageSPDXIdentifier)), Seen: seen}
		if p.PackageSupplier != nil && p.PackageSupplier.Supplier != "NOASSERTION" {
			i.Vendor = p.PackageSupplier.Supplier
		}
		for _, ref := range p.PackageExternalReferences {
			if ref != nil && strings.HasPrefix(ref.RefType, "cpe2") {
				i.CPE = cpeName(ref.Locator)
			}
		}
		if !l.add(i) {
			return fmt.Errorf("over %d items", maxItems)
		}
	}
	return nil
}

// cpeName gives vendor:product of a CPE name, "" when it is none.
func cpeName(cpe string) string {
	f := strings.Split(strings.TrimPrefix(strings.TrimPrefix(cpe, "cpe:2.3:"), "cpe:/"), ":")
	if !strings.HasPrefix(cpe, "cpe:") || len(f) < 3 {
		return ""
	}
	return strings.ToLower(f[1] + ":" + f[2])
}
