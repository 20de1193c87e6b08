import semver from 'semver'

/**
 * The version in what a program answers to `--version`, as `1.2.3`: `buildah version 1.28.2 (image-spec …)`,
 * `github.com/docker/buildx v0.33.0 …`, `podman version 5.6.0-dev`. Undefined where there is none.
 */
export function parseBuilderVersion(answer: string): string | undefined {
  return semver.coerce(answer)?.version
}

/** Whether a version has a feature that came with another one. */
export function isAtLeast(version: string, needed: string): boolean {
  return semver.gte(version, needed)
}
