/** What is done at a registry, as far as permissions of vendors tell it apart. */
export const OPERATIONS = [
  'read manifest',
  'list referrers',
  'list tags',
  'ask for blob',
  'read blob',
  'begin upload',
  'end upload',
  'write manifest',
  'delete manifest'
] as const
export type Operation = (typeof OPERATIONS)[number]

const PATTERNS: readonly (readonly [Operation, RegExp])[] = [
  ['delete manifest', /^DELETE .*\/manifests\//],
  ['write manifest', /^PUT .*\/manifests\//],
  ['read manifest', /^(?:GET|HEAD) .*\/manifests\//],
  ['list referrers', /^GET .*\/referrers\//],
  ['list tags', /^GET .*\/tags\/list$/],
  ['begin upload', /^POST .*\/blobs\/uploads\//],
  ['end upload', /^(?:PUT|PATCH|GET|DELETE) .*\/blobs\/uploads\//],
  ['ask for blob', /^HEAD .*\/blobs\//],
  ['read blob', /^GET .*\/blobs\//]
]

/** What a request does; undefined where it is none of these. */
export function operationOf(method: string, path: string): Operation | undefined {
  return PATTERNS.find(([, pattern]) => pattern.test(`${method} ${path}`))?.[0]
}

/**
 * The permissions of Amazon ECR: docs.aws.amazon.com/AmazonECR, "IAM permissions for pushing an image" and "for pulling";
 * ListImageReferrers says itself that it wants BatchGetImage; that lists of tags want ListImages, skopeo#726 showed.
 */
export const ECR_PERMISSIONS: Readonly<Record<Operation, readonly string[]>> = {
  'read manifest': ['ecr:BatchGetImage'],
  'list referrers': ['ecr:BatchGetImage'],
  'list tags': ['ecr:ListImages'],
  'ask for blob': ['ecr:BatchCheckLayerAvailability'],
  'read blob': ['ecr:GetDownloadUrlForLayer'],
  'begin upload': ['ecr:InitiateLayerUpload'],
  'end upload': ['ecr:UploadLayerPart', 'ecr:CompleteLayerUpload'],
  'write manifest': ['ecr:PutImage'],
  'delete manifest': ['ecr:BatchDeleteImage']
}

/** The role of Google Artifact Registry that an operation needs (cloud.google.com/artifact-registry/docs/access-control). */
export const GAR_ROLES: Readonly<Record<Operation, readonly string[]>> = rolesOf(
  'roles/artifactregistry.reader',
  'roles/artifactregistry.writer',
  'roles/artifactregistry.repoAdmin'
)

/** The role of Azure Container Registry (learn.microsoft.com, "Azure Container Registry roles and permissions"). */
export const ACR_ROLES: Readonly<Record<Operation, readonly string[]>> = rolesOf(
  'AcrPull',
  'AcrPush',
  'AcrDelete'
)

function rolesOf(
  read: string,
  write: string,
  remove: string
): Readonly<Record<Operation, readonly string[]>> {
  return {
    'read manifest': [read],
    'list referrers': [read],
    'list tags': [read],
    'ask for blob': [read],
    'read blob': [read],
    'begin upload': [write],
    'end upload': [write],
    'write manifest': [write],
    'delete manifest': [remove]
  }
}

/**
 * What each command does in a repository that it writes to or reads from. The requests of the tests are held against it,
 * and docs/registries.md says it in the words of the vendors.
 */
export const COMMAND_OPERATIONS: Readonly<Record<string, readonly Operation[]>> = {
  'build-by-digest': ['ask for blob', 'begin upload', 'end upload', 'write manifest', 'read manifest'],
  'merge-manifest': ['read manifest', 'read blob', 'list tags', 'write manifest'],
  'verify-release': ['read manifest', 'ask for blob', 'read blob'],
  'promote-release': [
    'read manifest',
    'list referrers',
    'list tags',
    'ask for blob',
    'read blob',
    'begin upload',
    'end upload',
    'write manifest'
  ],
  'rollback-release': ['read manifest', 'write manifest'],
  // Where a tag cannot be deleted, it is moved to an empty index that can.
  'cleanup-latest': [
    'ask for blob',
    'read manifest',
    'list referrers',
    'list tags',
    'read blob',
    'write manifest',
    'delete manifest'
  ]
}

/** The permissions of some operations, each once. */
export function permissionsFor(
  operations: readonly Operation[],
  permissions: Readonly<Record<Operation, readonly string[]>>
): string[] {
  return [...new Set(operations.flatMap(operation => permissions[operation]))]
}

/** What a release needs in ECR: builds and merges, and what is read back. */
export const ECR_RELEASE_PERMISSIONS = permissionsFor(
  ['build-by-digest', 'merge-manifest', 'verify-release'].flatMap(name => COMMAND_OPERATIONS[name] ?? []),
  ECR_PERMISSIONS
)
