#!/usr/bin/env python3
"""Fix copies of real trees and look whether anything broke.

    fix_corpus.py --bin target/debug/pidone TREE…

Each tree is copied, `pidone check --fix --unsafe-fixes` runs over the copy, and every changed file is compared
with the original: the reference parser (BuildKit's, PyPI's `dockerfile`) must still read each Dockerfile that it
read before, only instructions may differ that the kinds of fix name, each script must still be read by its shell, no mode may change, and a second run must have nothing left to do. Prints figures by kind of fix
and ends with status 1 if anything broke.
"""

import argparse
import collections
import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "reference"))
import freeze  # noqa: E402

# Which instructions a kind of fix names. `+` is in front of one that it may put in, `-` of one that it may take away.
START = {"cmd", "entrypoint", "onbuild"}
SCRIPT = {"copy", "add", "run"}
NAMES = {
    "argv-split": START,
    "byte-order-mark": set(),
    "chmod": {"copy", "add"},
    "cmd-restated": {"+cmd"},
    "end-of-options": START | SCRIPT,
    "exec-form": START,
    "exec-form-repaired": START,
    "exec-in-configuration": START | SCRIPT,
    "exec-in-script": SCRIPT,
    "exec-in-string": START,
    "exec-through-tee": START | SCRIPT,
    "foreground": START | SCRIPT,
    "init-group": START,
    "interpreter-line": SCRIPT,
    "launcher-left-out": START,
    "line-ends": SCRIPT,
    "quote-arguments": SCRIPT,
    "second-wait": SCRIPT | START,
    "server-itself": START | SCRIPT,
    "service-signal": {"+run"},
    "signal-name": SCRIPT | START,
    "stop-command": SCRIPT | START,
    "stop-option": START | SCRIPT,
    "stop-setting": {"+run", "stopsignal", "+stopsignal"} | SCRIPT,
    "stop-signal": {"stopsignal", "+stopsignal", "-stopsignal"},
    "supervisor-settings": SCRIPT,
    "trap-and-wait": SCRIPT | START,
    "variable-expanded": START,
}
SHELL_FORM = re.compile(r"^\s*(CMD|ENTRYPOINT)\s+[^\[\s]", re.IGNORECASE | re.MULTILINE)


def with_reference():
    """Run on in the virtual environment of the reference parser."""
    python = freeze.HOME / "bin/python"
    if Path(sys.executable) == python:
        return
    subprocess.run([sys.executable, freeze.__file__, "--check"], stdout=subprocess.DEVNULL)
    if not (freeze.HOME / "installed").exists():
        sys.exit("the reference parser cannot be installed")
    os.execv(python, [python, *sys.argv])


def commands(path):
    """What the reference reads; None if it refuses the file."""
    import dockerfile

    try:
        return dockerfile.parse_file(str(path))
    except (dockerfile.GoParseError, UnicodeDecodeError):
        return None


def compare_dockerfiles(old, new, kinds):
    """What is wrong with a changed Dockerfile after fixes of those kinds."""
    before, after = commands(old), commands(new)
    if before is None:
        return []
    if after is None:
        return ["no longer parses"]
    named = set().union(*(NAMES.get(kind, set()) for kind in kinds))
    key = lambda c: (c.cmd.lower(), c.value, c.flags, c.json, c.sub_cmd, tuple(h.content for h in c.heredocs))
    one, other = [key(c) for c in before], [key(c) for c in after]
    wrong = []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        gone = collections.Counter(item[0] for item in one[i1:i2])
        come = collections.Counter(item[0] for item in other[j1:j2])
        for word in gone | come:
            less, more = gone[word] - come[word], come[word] - gone[word]
            sign = "-" if less > 0 else "+" if more > 0 else ""
            if sign and sign + word not in named or gone[word] and come[word] and word not in named:
                wrong.append(f"line {before[min(i1, len(before) - 1)].start_line}: {sign}{word} is not named")
    return wrong


def compare_scripts(old, new, kinds):
    """What is wrong with a changed script."""
    if not is_script(old):
        return []
    first = new.read_bytes().split(b"\n", 1)[0]
    shell = "bash" if b"bash" in first else "dash"
    reads = [subprocess.run([shell, "-n", path], capture_output=True).returncode == 0 for path in (old, new)]
    return [f"{shell} no longer reads it"] if reads[0] and not reads[1] else []


def is_script(path):
    return path.suffix not in {".json", ".conf", ".ini", ".cfg"} and not path.name.startswith("Procfile")


def is_dockerfile(path):
    name = path.name.lower()
    return "dockerfile" in name or "containerfile" in name


def run(binary, tree, *arguments):
    return subprocess.run([binary, "check", *arguments, tree.name], cwd=tree.parent, capture_output=True,
                          text=True, timeout=300)


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
            scripts = {path.parent for path in files if path.suffix == ".sh" or "entrypoint" in path.name}
            total["Dockerfiles beside a script"] += sum(path.parent in scripts for path in dockerfiles)
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
            own = collections.Counter()
            for count, kind in re.findall(r"(\d+) ([a-z0-9+-]+)(?:,|$)", "".join(
                    line.partition(": ")[2] for line in fixed.stderr.splitlines()
                    if line.startswith("fixes in"))):
                own[kind] += int(count)
            kinds += own
            single = {part for kind in own for part in kind.split("+")}
            wrong += [f"{tree}: the kind {kind} is not in NAMES" for kind in sorted(single - NAMES.keys())]
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
                wrong += [f"{old}: {what}" for what in compared(old, new, single)]
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
