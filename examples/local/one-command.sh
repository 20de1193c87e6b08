#!/bin/sh
# The same release as release.sh in one command, with one question.
#
#   IMAGE=ghcr.io/owner/app sh one-command.sh [--yes] [--dry-run] [--resume]
set -eu

: "${IMAGE:?set IMAGE to the repository, for example ghcr.io/owner/app}"
: "${IMAGE_RELEASE:=image-release}"

# IMAGE_RELEASE may be a command with arguments.
# shellcheck disable=SC2086
exec $IMAGE_RELEASE release --images "$IMAGE" \
  --tags 'type=semver,pattern={{version}}' --tags 'type=semver,pattern={{major}}.{{minor}}' \
  --tags 'type=raw,value=local,on=branch' --tags 'type=sha,prefix=local-,on=branch' "$@"
