#!/bin/sh
set -e

mkdir -p /tmp/demo
echo "starting the server"
/demo/app --listen :8080
