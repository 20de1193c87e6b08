/**
 * Every path of GitHub's API that image-release asks, with what stands in it percent-encoded. A repository is named
 * `owner/name` (docs.github.com, "REST API"; read 2026-11).
 */
export const REST = {
  /** The one address of GraphQL, for what REST has no request for. */
  graphql: '/graphql',

  releases: (repository: string) => inRepository(repository, 'releases'),
  release: (repository: string, id: number) => inRepository(repository, 'releases', id),
  releaseOfTag: (repository: string, tag: string) => inRepository(repository, 'releases', 'tags', tag),
  generatedNotes: (repository: string) => inRepository(repository, 'releases', 'generate-notes'),

  /** `heads/main` or `tags/v1.2.3`, to be read. */
  gitRef: (repository: string, ref: string) => inRepository(repository, 'git', 'ref', ref),
  gitRefs: (repository: string) => inRepository(repository, 'git', 'refs'),
  /** The same, to be moved. */
  movedGitRef: (repository: string, ref: string) => inRepository(repository, 'git', 'refs', ref),
  gitTag: (repository: string, sha: string) => inRepository(repository, 'git', 'tags', sha),
  commit: (repository: string, sha: string) => inRepository(repository, 'git', 'commits', sha),
  /** `blobs`, `trees` or `commits`. */
  gitObjects: (repository: string, kind: string) => inRepository(repository, 'git', kind),

  pullRequests: (repository: string) => inRepository(repository, 'pulls'),
  pullRequest: (repository: string, number: number) => inRepository(repository, 'pulls', number),
  reviewers: (repository: string, number: number) =>
    inRepository(repository, 'pulls', number, 'requested_reviewers'),
  labels: (repository: string, number: number) => inRepository(repository, 'issues', number, 'labels'),
  comments: (repository: string, number: number) => inRepository(repository, 'issues', number, 'comments'),

  deployments: (repository: string) => inRepository(repository, 'deployments'),
  deploymentStatuses: (repository: string, id: number) =>
    inRepository(repository, 'deployments', id, 'statuses'),

  attestations: (repository: string, digest: string) => inRepository(repository, 'attestations', digest),
  actionsCaches: (repository: string) => inRepository(repository, 'actions', 'caches'),
  actionsCache: (repository: string, id: number) => inRepository(repository, 'actions', 'caches', id),

  account: (owner: string) => path('users', owner),
  /** Packages of an account: of an organisation, a user, or whoever the token is of. */
  packages: (owner: PackageOwner) => `${ownerPath(owner)}/packages`,
  containerPackage: (owner: PackageOwner, name: string) =>
    `${ownerPath(owner)}/packages/container/${encodeURIComponent(name)}`,
  /** @param container the path of a package */
  packageVersions: (container: string) => `${container}/versions`,
  packageVersion: (container: string, id: string) => `${container}/versions/${id}`,
  restoredVersion: (container: string, id: string) => `${container}/versions/${id}/restore`
} as const

/** Whose a package is. */
export type PackageOwner =
  {readonly kind: 'organisation' | 'user'; readonly name: string} | {readonly kind: 'token'}

function ownerPath(owner: PackageOwner): string {
  if (owner.kind === 'token') return path('user')
  return path(owner.kind === 'organisation' ? 'orgs' : 'users', owner.name)
}

function inRepository(repository: string, ...parts: readonly (string | number)[]): string {
  return path('repos', ...repository.split('/'), ...parts)
}

function path(...parts: readonly (string | number)[]): string {
  return `/${parts.map(part => encodeURIComponent(part)).join('/')}`
}
