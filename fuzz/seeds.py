#!/usr/bin/env python3
"""Writes the first inputs of the fuzz targets, from the project's own cases, into fuzz/corpus/."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent
FENCE = re.compile(r"^```\S+ (\S+)[^\n]*\n(.*?)^```$", re.M | re.S)


def write(target, number, text):
    folder = ROOT / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"case-{number:04}").write_text(text)


number = 0
for case in sorted((ROOT.parent / "tests" / "cases").glob("**/*.md")):
    for section in re.split(r"^## ", case.read_text(), flags=re.M)[1:]:
        files = FENCE.findall(section)
        dockerfile = next((text for name, text in files if name == "Dockerfile"), None)
        if dockerfile is None:
            continue
        number += 1
        others = [(name, text) for name, text in files if name != "Dockerfile"]
        tree = dockerfile + "".join(f"%% {name}\n{text}" for name, text in others)
        write("walk", number, tree)
        write("fix", number, tree)
        write("dockerfile", number, dockerfile)
        for name, text in others:
            if text.startswith("#!"):
                write("shell", number, text)
print(f"{number} cases")
