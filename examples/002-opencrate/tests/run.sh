#!/bin/sh
# What the tests of the library are: they run inside the image.
set -eu
test "$(cat /home/opencrate/variant)" = "$1"
sh /home/opencrate/src/opencrate.sh | grep -q opencrate
echo "passed: $1"
