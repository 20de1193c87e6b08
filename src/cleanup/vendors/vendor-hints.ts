import {type Repository, formatRepository} from '../../oci/reference.js'

/** How people delete on registries whose own API does what theirs of the specification does not. */
const HINTS: readonly {
  readonly host: RegExp
  readonly hint: (repository: Repository, name: string) => string
}[] = [
  {
    host: /^ghcr\.io$/,
    hint: ({name}) =>
      `Use the packages API: gh api --method DELETE /orgs/ORG/packages/container/${encodeURIComponent(name.split('/').slice(1).join('/'))}/versions/ID.`
  },
  {
    host: /^docker\.io$/,
    hint: (_, name) => `Delete the tags on Docker Hub, or give a token with the right to delete ${name}.`
  },
  {
    host: /\.dkr\.ecr\./,
    hint: ({name}) =>
      `Allow ecr:BatchDeleteImage, or run: aws ecr batch-delete-image --repository-name ${name} --image-ids imageDigest=sha256:…`
  },
  {
    host: /\.pkg\.dev$|(?:^|\.)gcr\.io$/,
    hint: (_, name) =>
      `Allow artifactregistry.versions.delete, or run: gcloud artifacts docker images delete ${name}@sha256:… --delete-tags`
  },
  {
    host: /\.azurecr\.io$/,
    hint: ({registry, name}) =>
      `Give the role AcrDelete, or run: az acr manifest delete --registry ${registry.split('.')[0] ?? ''} --name ${name}@sha256:…`
  },
  {
    host: /^quay\.io$/,
    hint: (_, name) => `Give the robot account the role admin on ${name}, or let tags expire there.`
  },
  {
    host: /^registry\.gitlab\./,
    hint: () => 'Use the cleanup policy of the project, or a token with write_registry of a maintainer.'
  }
]

/** What to do where the registry does not delete for this login: one sentence, with the command of its vendor. */
export function deletionHint(repository: Repository): string {
  const name = formatRepository(repository)
  const vendor = HINTS.find(({host}) => host.test(repository.registry))
  return (
    vendor?.hint(repository, name) ??
    `Give the login the right to delete in ${name}; a registry of one's own needs deletion switched on (distribution: storage.delete.enabled, REGISTRY_STORAGE_DELETE_ENABLED=true).`
  )
}
