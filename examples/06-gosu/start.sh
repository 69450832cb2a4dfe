#!/bin/sh
set -e

if [ "$(id -u)" = 0 ]; then
    mkdir -p /tmp/demo
    chown nobody /tmp/demo
    exec gosu nobody "$0" "$@"
fi
exec "$@"
