#!/bin/sh
set -e

if [ "$(id -u)" = 0 ]; then
    mkdir -p /tmp/demo
    chown 65534 /tmp/demo
    exec gosu 65534 "$0" "$@"
fi
exec "$@"
