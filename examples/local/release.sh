#!/bin/sh
# Releases what is checked out to IMAGE: as a version where the commit carries a Git tag vX.Y.Z, else as `local` and
# `local-<commit>`. Asks before the first byte goes to the registry; --yes, and a run without a terminal, do not ask.
#
#   IMAGE=ghcr.io/owner/app sh release.sh [--yes]
set -eu

: "${IMAGE:?set IMAGE to the repository, for example ghcr.io/owner/app}"
: "${PLATFORMS:=linux/amd64 linux/arm64}"
: "${IMAGE_RELEASE:=image-release}"
work=.image-release
mkdir -p "$work"

if git describe --exact-match --tags --match 'v*' >"$work/git-tag" 2>/dev/null; then
  rules='type=semver,pattern={{version}}
type=semver,pattern={{major}}.{{minor}}'
else
  rules='type=raw,value=local
type=sha,prefix=local-'
fi

# IMAGE_RELEASE may be a command with arguments.
# shellcheck disable=SC2086
run() { $IMAGE_RELEASE "$@"; }

run compute-tags --images "$IMAGE" --tags "$rules" \
  --platforms "$(echo "$PLATFORMS" | tr ' ' ',')" --output plan >"$work/plan.json"
# The first step that writes asks, with all tags that come; its answer is for the others, too.
for platform in $PLATFORMS; do
  run build-by-digest --plan "$work/plan.json" --platforms "$platform" "$@" >/dev/null
  set -- --yes
done
run merge-manifest --plan "$work/plan.json" --yes --output release >"$work/release.json"
run verify-release --release "$work/release.json" --output verified
