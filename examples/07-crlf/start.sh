#!/bin/sh
set -e

exec /demo/app --listen :8080
