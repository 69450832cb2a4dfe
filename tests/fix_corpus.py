#!/usr/bin/env python3
"""Fix copies of real trees and look whether anything broke.

    fix_corpus.py --bin target/debug/pidone TREE…

Each tree is copied, `pidone check --fix --unsafe-fixes` runs over the copy, and every changed file is compared
with the original: the reference parser (BuildKit's, PyPI's `dockerfile`) must still read each Dockerfile that it
read before, only CMD, ENTRYPOINT, STOPSIGNAL, COPY, ADD and here-documents may differ, each script must still be
read by its shell, no mode may change, and a second run must have nothing left to do. Prints figures by kind of fix
and ends with status 1 if anything broke.
"""

import argparse
import collections
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "reference"))
import freeze  # noqa: E402

MAY_CHANGE = {"cmd", "entrypoint", "stopsignal", "copy", "add", "run", "onbuild"}
SHELL_FORM = re.compile(r"^\s*(CMD|ENTRYPOINT)\s+[^\[\s]", re.IGNORECASE | re.MULTILINE)


def with_reference():
    """Run on in the virtual environment of the reference parser."""
    python = freeze.HOME / "bin/python"
    if Path(sys.executable) == python:
        return
    subprocess.run([sys.executable, freeze.__file__, "--check"], stdout=subprocess.DEVNULL)
    if not (freeze.HOME / "installed").exists():
        sys.exit("the reference parser cannot be installed")
    os.execv(python, [python, __file__, *sys.argv[1:]])


def commands(path):
    """What the reference reads; None if it refuses the file."""
    import dockerfile

    try:
        return dockerfile.parse_file(str(path))
    except (dockerfile.GoParseError, UnicodeDecodeError):
        return None


def compare_dockerfiles(old, new):
    """What is wrong with a changed Dockerfile."""
    before, after = commands(old), commands(new)
    if before is None:
        return [] if after is None else []
    if after is None:
        return ["no longer parses"]
    if [c.cmd for c in before] != [c.cmd for c in after]:
        return ["other instructions than before"]
    wrong = []
    for one, other in zip(before, after):
        same = (one.value, one.flags, one.json, one.sub_cmd) == (
            other.value, other.flags, other.json, other.sub_cmd)
        same_text = [h.content for h in one.heredocs] == [h.content for h in other.heredocs]
        if same and same_text:
            continue
        if one.cmd.lower() not in MAY_CHANGE or (one.cmd.lower() == "run" and not one.heredocs and not same):
            wrong.append(f"{one.cmd} in line {one.start_line} changed")
    return wrong


def compare_scripts(old, new):
    """What is wrong with a changed script."""
    first = new.read_bytes().split(b"\n", 1)[0]
    shell = "bash" if b"bash" in first else "dash"
    reads = [subprocess.run([shell, "-n", path], capture_output=True).returncode == 0 for path in (old, new)]
    return [f"{shell} no longer reads it"] if reads[0] and not reads[1] else []


def is_dockerfile(path):
    name = path.name.lower()
    return "dockerfile" in name or "containerfile" in name


def run(binary, tree, *arguments):
    return subprocess.run([binary, "check", *arguments, tree.name], cwd=tree.parent, capture_output=True,
                          text=True, timeout=90)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", default=str(freeze.ROOT / "target/debug/pidone"))
    parser.add_argument("--show", action="store_true", help="print the differences")
    parser.add_argument("trees", nargs="+", type=Path)
    options = parser.parse_args()
    with_reference()
    binary = str(Path(options.bin).resolve())
    total = collections.Counter()
    kinds = collections.Counter()
    wrong = []
    for tree in options.trees:
        with tempfile.TemporaryDirectory() as place:
            copy = Path(place) / tree.name
            shutil.copytree(tree, copy, symlinks=True, ignore=shutil.ignore_patterns(".git"))
            files = [path for path in tree.rglob("*")
                     if path.is_file() and not path.is_symlink() and ".git" not in path.parts]
            dockerfiles = [path for path in files if is_dockerfile(path)]
            total["Dockerfiles"] += len(dockerfiles)
            total["with shell form"] += sum(
                bool(SHELL_FORM.search(path.read_text("utf-8", "replace"))) for path in dockerfiles)
            try:
                fixed = run(binary, copy, "--fix", "--unsafe-fixes", "--format", "json")
                again = run(binary, copy, "--diff", "--unsafe-fixes")
            except subprocess.TimeoutExpired:
                total["trees that took too long"] += 1
                continue
            if fixed.returncode not in (0, 1):
                errors = [line for line in fixed.stderr.splitlines() if line.startswith("error")]
                if not errors or any("not fixed" in line for line in errors):
                    wrong.append(f"{tree}: status {fixed.returncode}: {fixed.stderr[:300]}")
            if again.stdout:
                wrong.append(f"{tree}: a second run changes more:\n{again.stdout[:600]}")
            for count, kind in re.findall(r"(\d+) ([a-z0-9+-]+)(?:,|$)", "".join(
                    line.partition(": ")[2] for line in fixed.stderr.splitlines()
                    if line.startswith("fixes in"))):
                kinds[kind] += int(count)
            for old in files:
                new = copy / old.relative_to(tree)
                if not new.is_file():
                    wrong.append(f"{old}: gone")
                    continue
                if old.stat().st_mode != new.stat().st_mode:
                    wrong.append(f"{old}: another mode")
                if old.read_bytes() == new.read_bytes():
                    continue
                total["files changed"] += 1
                if is_dockerfile(old):
                    total["Dockerfiles changed"] += 1
                compared = compare_dockerfiles if is_dockerfile(old) else compare_scripts
                wrong += [f"{old}: {what}" for what in compared(old, new)]
                if options.show:
                    subprocess.run(["diff", "-u0", old, new])
    total["trees"] = len(options.trees)
    for name, count in total.items():
        print(f"{count:6} {name}")
    print("fixes by kind:")
    for kind, count in kinds.most_common():
        print(f"{count:6} {kind}")
    print(f"{len(wrong):6} broken")
    for what in wrong:
        print(what)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
