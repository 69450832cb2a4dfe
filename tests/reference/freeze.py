#!/usr/bin/env python3
"""Compare our Dockerfile parser with BuildKit's own, which PyPI's `dockerfile` wraps.

    freeze.py               ask the reference about the fixtures and freeze its answers
    freeze.py --check       fail if the frozen answers are not those of the reference
    freeze.py --live PATH…  compare our parse of these files (directories: every file whose name
                            has `dockerfile` or `containerfile` in it) with the reference's

The reference is installed into target/reference. Where that is not possible, the script says so
and succeeds; under CI=true it fails.
"""

import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

REQUIREMENT = "dockerfile==3.4.0"
ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests/dockerfile/fixtures"
FROZEN = ROOT / "tests/dockerfile/reference.jsonl"
HOME = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "reference"
LARGEST = 8 * 1024 * 1024


def reexec_with_reference():
    """Run on in a virtual environment that has the reference."""
    python = HOME / "bin/python"
    try:
        if not (HOME / "installed").exists():
            venv.create(HOME, with_pip=True)
            subprocess.run(
                [python, "-m", "pip", "install", "--quiet", "--only-binary=:all:", REQUIREMENT],
                check=True,
            )
            (HOME / "installed").touch()
    except (subprocess.CalledProcessError, OSError) as error:
        print(f"the reference parser {REQUIREMENT} cannot be installed: {error}", file=sys.stderr)
        print("comparison with it skipped", file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") == "true" else 0)
    os.execv(python, [python, __file__, *sys.argv[1:]])


def answer(path, name):
    """What the reference says about a file, as one JSON value; None if it has no answer."""
    try:
        commands = dockerfile.parse_file(str(path))
    except dockerfile.GoParseError as error:
        return {"file": name, "error": str(error), "commands": []}
    except UnicodeDecodeError:
        # BuildKit cut a character in two, and the wrapper cannot hand it out.
        return None
    return {
        "file": name,
        "error": None,
        "commands": [
            {
                "cmd": command.cmd,
                "sub_cmd": command.sub_cmd,
                "json": command.json,
                "start_line": command.start_line,
                "end_line": command.end_line,
                "flags": list(command.flags),
                "value": list(command.value),
                "heredocs": [
                    {"name": h.name, "descriptor": h.file_descriptor, "content": h.content}
                    for h in command.heredocs
                ],
            }
            for command in commands
        ],
    }


def lines(answers):
    return "".join(json.dumps(a, ensure_ascii=True) + "\n" for a in answers if a)


def fixtures():
    return lines(answer(path, path.name) for path in sorted(FIXTURES.glob("*.Dockerfile")))


def named(paths):
    """The files to compare, sorted; binary files and those that no one would read left out."""
    for path in map(Path, paths):
        if path.is_dir():
            for folder, folders, files in os.walk(path):
                folders.sort()
                for file in sorted(files):
                    if "dockerfile" in file.lower() or "containerfile" in file.lower():
                        yield Path(folder) / file
        else:
            yield path


def readable(path):
    if not path.is_file() or path.stat().st_size > LARGEST:
        return False
    try:
        return "\0" not in path.read_bytes().decode()
    except UnicodeDecodeError:
        return False


def live(paths):
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", delete=False) as out:
        for path in named(paths):
            if readable(path):
                out.write(lines([answer(path, str(path.resolve()))]))
    command = ["cargo", "test", "--quiet", "--test", "dockerfile_reference", "live"]
    result = subprocess.run(
        [*command, "--", "--nocapture"],
        cwd=ROOT,
        env={**os.environ, "PIDONE_COMPARE": out.name},
    )
    os.unlink(out.name)
    sys.exit(result.returncode)


def main(arguments):
    if arguments[:1] == ["--live"]:
        live(arguments[1:])
    elif arguments == ["--check"]:
        if FROZEN.read_text() != fixtures():
            sys.exit("the frozen answers differ from the reference's: run freeze.py")
        print("the frozen answers are the reference's")
    elif not arguments:
        FROZEN.write_text(fixtures())
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    if Path(sys.prefix).resolve() != HOME.resolve():
        reexec_with_reference()
    import dockerfile

    main(sys.argv[1:])
