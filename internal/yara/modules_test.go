package yara

import (
	"vigie/internal/yara/builtin"
	"vigie/internal/yara/decl"
	"vigie/internal/yara/module"
)

func testModules() []*decl.Module { return append(builtin.Modules(), module.Modules()...) }
