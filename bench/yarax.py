"""Scans files with YARA-X, through its Python package yara-x, in one thread: yarax.py RULES PATH…

Prints what bench/yarascan prints: "rule path" for each match on standard output, times on standard error. All files are read into memory first."""
import os
import sys
import time

import yara_x

began = time.perf_counter()
compiler = yara_x.Compiler(relaxed_re_syntax=True)
for name in ("filename", "filepath", "extension", "filetype", "owner"):
    compiler.define_global(name, "")
refused = 0
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        if name.lower().endswith((".yar", ".yara")):
            path = os.path.join(folder, name)
            compiler.new_namespace(path)
            try:
                compiler.add_source(open(path, encoding="latin-1").read())
            except yara_x.CompileError:
                refused += 1
rules = compiler.build()
compiled = time.perf_counter() - began
files = []
for root in sys.argv[2:]:
    for folder, _, names in os.walk(root):
        paths = (os.path.join(folder, name) for name in names)
        files += [(path, open(path, "rb").read()) for path in paths if os.path.isfile(path) and not os.path.islink(path)]
scanner = yara_x.Scanner(rules)
began = time.perf_counter()
matches = 0
for path, data in files:
    for rule in scanner.scan(data).matching_rules:
        matches += 1
        print(rule.identifier, path)
took = time.perf_counter() - began
size = sum(len(data) for _, data in files)
print(f"rule files refused {refused} compile {compiled:.3f} files {len(files)} bytes {size} scan {took:.3f} matches {matches}", file=sys.stderr)
