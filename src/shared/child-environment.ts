/**
 * What programs and the engines of containers need to work. Not all of the environment: a step of a workflow often has
 * tokens there, and a test is code of whoever wrote the commit.
 */
export const PLAIN_VARIABLES = [
  ...[
    'PATH',
    'HOME',
    'USER',
    'LOGNAME',
    'SHELL',
    'LANG',
    'LC_*',
    'TERM',
    'TZ',
    'TMPDIR',
    'TEMP',
    'TMP',
    'PWD'
  ],
  ...['CI', 'GITHUB_ACTIONS', 'GITHUB_WORKSPACE', 'GITHUB_REPOSITORY', 'GITHUB_REF', 'GITHUB_REF_NAME'],
  ...['GITHUB_SHA', 'GITHUB_RUN_ID', 'GITHUB_RUN_ATTEMPT', 'GITHUB_EVENT_NAME', 'RUNNER_OS', 'RUNNER_ARCH'],
  ...['RUNNER_TEMP', 'RUNNER_TOOL_CACHE', 'XDG_*', 'DBUS_SESSION_BUS_ADDRESS'],
  ...['DOCKER_HOST', 'DOCKER_CONTEXT', 'DOCKER_CONFIG', 'DOCKER_CERT_PATH', 'DOCKER_TLS_VERIFY'],
  ...['CONTAINER_HOST', 'CONTAINERS_*', 'BUILDAH_ISOLATION', 'STORAGE_*', 'REGISTRY_AUTH_FILE'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy', 'SSL_CERT_FILE'],
  ...['SSL_CERT_DIR', 'SystemRoot', 'ComSpec', 'PATHEXT', 'USERPROFILE', 'APPDATA', 'LOCALAPPDATA']
]

/** What leads to clouds: their own credential helpers and key services read it. */
const CLOUDS = [
  'AWS_*',
  'ECR_*',
  'GOOGLE_*',
  'GCLOUD_*',
  'CLOUDSDK_*',
  'AZURE_*',
  'ARM_*',
  'MSI_*',
  'IDENTITY_*',
  'VAULT_*'
]

const BUILDER = [
  ...[
    'DOCKER_*',
    'BUILDX_*',
    'BUILDKIT_*',
    'BUILDAH_*',
    'CONTAINER_*',
    'PODMAN_*',
    'STORAGE_*',
    'NETAVARK_*'
  ],
  ...[
    '_CONTAINERS_*',
    '_BUILDAH_*',
    'REGISTRY_*',
    'KUBECONFIG',
    'KUBERNETES_*',
    'SSH_*',
    'OTEL_*',
    'GITHUB_*'
  ],
  // The cache of Actions asks for these.
  ...['ACTIONS_CACHE_*', 'ACTIONS_RESULTS_URL', 'ACTIONS_RUNTIME_TOKEN', 'ACTIONS_RUNTIME_URL'],
  ...['SOURCE_DATE_EPOCH', 'GODEBUG', 'GRPC_*', 'LD_LIBRARY_PATH', 'UID', ...CLOUDS]
]

/** The variables that a program gets beside the plain ones, by its name. */
const OF_PROGRAMS: readonly (readonly [program: RegExp, variables: readonly string[]])[] = [
  [/^git$/, ['GIT_*', 'SSH_*', 'GPG_*', 'GNUPGHOME', 'EMAIL']],
  [/^tar$/, []],
  [
    /^cosign$/,
    ['COSIGN_*', 'SIGSTORE_*', 'TUF_*', 'ACTIONS_ID_TOKEN_REQUEST_*', 'GITHUB_*', 'DOCKER_*', ...CLOUDS]
  ],
  [/^docker-credential-/, ['DOCKER_*', 'PASSWORD_STORE_*', 'GPG_*', 'GNUPGHOME', 'DISPLAY', ...CLOUDS]],
  [/^(docker|docker-buildx|buildctl|buildah|podman|skopeo|nerdctl)$/, BUILDER]
]

/** Nobody gets these by a pattern, only by their names: the logins of this step, and the tokens of its job. */
const WITHHELD = [
  ...[
    'INPUT_*',
    'GITHUB_TOKEN',
    'GH_TOKEN',
    'GH_ENTERPRISE_TOKEN',
    'GITHUB_ENTERPRISE_TOKEN',
    'CI_JOB_TOKEN'
  ],
  ...[
    'CI_REGISTRY_PASSWORD',
    'CI_DEPLOY_PASSWORD',
    'REGISTRY_CREDENTIALS',
    'REGISTRY_PASSWORD',
    'BUILD_SECRETS'
  ],
  ...[
    'DOCKER_PASSWORD',
    'DOCKERHUB_TOKEN',
    'DOCKERHUB_PASSWORD',
    'SNYK_TOKEN',
    'NPM_TOKEN',
    'NODE_AUTH_TOKEN'
  ]
]

/**
 * The variables of this process that a program gets: of one that is known, the plain ones and its own, of any other all but
 * logins and tokens of this step.
 * @param program the name or the path of it
 * @param lists `inherit`: names, or starts with `*`, in place of those of the table; `passed`: names beside them
 */
export function childVariables(
  program: string,
  environment: Readonly<Record<string, string | undefined>>,
  lists: {readonly inherit?: readonly string[]; readonly passed?: readonly string[]} = {}
): Record<string, string> {
  const {inherit, passed = []} = lists
  const name = /[^/\\]*$/.exec(program)?.[0].replace(/\.exe$/i, '') ?? program
  const own = OF_PROGRAMS.find(([expression]) => expression.test(name))?.[1]
  const given = [...(inherit ?? (own === undefined ? ['*'] : [...PLAIN_VARIABLES, ...own])), ...passed]
  const isGiven = (variable: string): boolean =>
    given.includes(variable) || (matches(given, variable) && !matches(WITHHELD, variable))
  return Object.fromEntries(
    Object.entries(environment).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && isGiven(entry[0])
    )
  )
}

function matches(patterns: readonly string[], variable: string): boolean {
  return patterns.some(pattern =>
    pattern.endsWith('*') ? variable.startsWith(pattern.slice(0, -1)) : variable === pattern
  )
}
