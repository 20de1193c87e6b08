/** A room of src: what belongs to one subject. */
export interface Room {
  /** The file that one reads first, or the commands of the room, each a file of its name. */
  readonly head: readonly string[]
  /** What it is about, for docs/architecture.md. */
  readonly holds: string
  /** Rooms that it may import from. Each stands below it in the table, so that there is no circle. */
  readonly uses: readonly string[]
  /** Packages and modules of Node that it may import. */
  readonly packages: readonly string[]
  /** Its files and folders whose files are pure: nothing that they import, types too, reads, writes or runs anything. */
  readonly pure: readonly string[]
}

/** What every room may import: it stands below all of them. */
export const BELOW_ALL: readonly string[] = ['errors', 'shared', 'oci']

/**
 * The rooms, from the roof down; the files of src itself are rooms of one file. The import rule of
 * `__tests__/architecture.test.ts` holds exactly this, and docs/architecture.md draws it.
 */
export const ROOMS: Readonly<Record<string, Room>> = {
  main: {
    head: [],
    holds: 'the trip: which command, its inputs, its run, its outputs, its end',
    uses: ['commands', 'cli', 'actions', 'host', 'planning', 'ci', 'command', 'ports', 'contracts'],
    packages: [],
    pure: []
  },
  commands: {
    head: [],
    holds: 'the list of all commands, each loaded when it is asked for',
    uses: [
      'release',
      'demo',
      'reporting',
      'onboarding',
      'delivery',
      'planning',
      'publishing',
      'building',
      'cleanup',
      'embedded-registry',
      'command'
    ],
    packages: [],
    pure: []
  },
  cli: {
    head: ['host'],
    holds: 'the command line: flags, help, completion, terminal, files in place of artifacts',
    uses: ['host', 'machine', 'ci', 'command', 'ports', 'contracts', 'version'],
    packages: ['cli-progress', 'node:*'],
    pure: ['arguments']
  },
  actions: {
    head: ['host'],
    holds: 'a step of GitHub Actions: inputs, outputs, log, artifacts, caches',
    uses: ['host', 'machine', 'ci', 'command', 'ports', 'contracts'],
    packages: ['@actions/artifact', '@actions/cache', 'p-limit', 'node:*'],
    pure: ['empty-documents']
  },
  host: {
    head: ['host'],
    holds: 'what a command line and a step have in common',
    uses: ['command', 'ports'],
    packages: ['node:crypto'],
    pure: ['error-lines', 'foreign-text', 'journal-file', 'process-end', 'runtime']
  },
  machine: {
    head: ['system-ports'],
    holds: 'the ports of this machine: programs, files, clock, connections',
    uses: ['github', 'registry', 'ports', 'contracts'],
    packages: ['@actions/exec', 'node:*'],
    pure: []
  },
  release: {
    head: ['release'],
    holds: 'a whole release in one process, each step by the command of its name',
    uses: [
      'onboarding',
      'delivery',
      'planning',
      'publishing',
      'building',
      'cleanup',
      'signing',
      'github',
      'registry',
      'ci',
      'command',
      'ports',
      'contracts'
    ],
    packages: [],
    pure: ['release-summary']
  },
  demo: {
    head: ['demo'],
    holds: 'a release shown on one machine',
    uses: [
      'planning',
      'publishing',
      'building',
      'cleanup',
      'registry',
      'embedded-registry',
      'command',
      'ports',
      'contracts'
    ],
    packages: ['node:*'],
    pure: ['demo-report']
  },
  reporting: {
    head: ['report'],
    holds: 'a release as a page: its documents and what the registries have, in one HTML file',
    uses: ['building', 'signing', 'registry', 'command', 'ports', 'contracts', 'version'],
    packages: ['node:crypto', 'node:events', 'node:fs/promises', 'node:http', 'node:net', 'node:path'],
    pure: [
      'attachments',
      'browse-html',
      'html',
      'layer-growth',
      'layer-table',
      'looks',
      'make-report',
      'package-changes',
      'page-html',
      'report-builds',
      'report-data',
      'report-summary',
      'site-html',
      'site-release'
    ]
  },
  onboarding: {
    head: ['init', 'preflight'],
    holds: 'what a repository needs: its files drafted and rewritten, its rights asked before a build',
    uses: [
      'planning',
      'building',
      'signing',
      'github',
      'registry',
      'ci',
      'patterns',
      'command',
      'ports',
      'contracts'
    ],
    packages: [
      'yaml',
      'diff',
      '@actions/expressions',
      '@actions/workflow-parser',
      'node:path',
      'node:fs/promises'
    ],
    pure: []
  },
  delivery: {
    head: ['update-manifests', 'release-notes'],
    holds: 'what comes after: images named in manifests and committed, notes for users',
    uses: ['publishing', 'signing', 'github', 'registry', 'versions', 'command', 'ports', 'contracts'],
    packages: ['yaml', 'node:*'],
    pure: ['manifests/', 'notes/notes-body', 'notes/notes-section', 'pull-request-inputs']
  },
  planning: {
    head: ['compute-tags', 'explain'],
    holds: 'what a run releases: targets, platforms, tags, jobs, and what would move',
    uses: [
      'publishing',
      'building',
      'github',
      'registry',
      'ci',
      'versions',
      'patterns',
      'command',
      'ports',
      'contracts'
    ],
    packages: ['dayjs', 'handlebars', 'picomatch', 'semver', 'yaml', 'node:crypto'],
    pure: [
      'rules/',
      'tags/',
      'targets/',
      'jobs/',
      'metadata-action/',
      'release-plan',
      'plan-inputs',
      'push-mode'
    ]
  },
  publishing: {
    head: ['merge-manifest', 'promote-release', 'rollback-release', 'verify-release', 'doctor'],
    holds: 'images joined into an index, all tags moved together or put back, read as one who pulls would',
    uses: [
      'building',
      'checks',
      'cleanup',
      'signing',
      'github',
      'registry',
      'ci',
      'versions',
      'patterns',
      'command',
      'ports',
      'contracts'
    ],
    packages: ['p-limit'],
    pure: ['decide/', 'report/', 'verify/verify-junit', 'verify/verify-summary']
  },
  building: {
    head: ['build-by-digest', 'rebuild'],
    holds: 'one image for one platform: built, held against its checks, pushed by digest, handed over',
    uses: ['checks', 'registry', 'embedded-registry', 'ci', 'command', 'ports', 'contracts'],
    packages: ['semver', 'tar-stream', 'dockerfile-ast', 'node:*'],
    pure: [
      'build-job',
      'build-summary',
      'record-lines',
      'recorded-build',
      'builders/cache-tiers-log',
      'caches/cache-policy',
      'caches/gha-cache',
      'caches/cache-tier'
    ]
  },
  checks: {
    head: ['gate-command'],
    holds: 'what an image is held against before it is pushed: scan, test, bill of materials, start',
    uses: ['ports', 'contracts'],
    packages: ['node:*'],
    pure: [
      'scan/sarif',
      'scan/scan-count',
      'scan/scan-proof',
      'scan/openvex',
      'sbom/sbom-type',
      'name-template'
    ]
  },
  cleanup: {
    head: ['cleanup-latest'],
    holds: 'what goes from a repository: decided by policy, read, deleted, looked at again',
    uses: ['github', 'registry', 'versions', 'patterns', 'command', 'ports', 'contracts'],
    packages: ['p-limit', 'node:*'],
    pure: ['policy/', 'cleanup-report', 'cleanup-rules', 'cleanup-summary', 'repository-backend']
  },
  signing: {
    head: ['release-evidence'],
    holds: 'signatures and attestations: made, kept on every registry, read back, verified',
    uses: ['github', 'registry', 'command', 'ports', 'contracts'],
    packages: ['p-limit', 'node:*'],
    pure: ['sigstore-bundle', 'evidence-summary', 'verify-commands']
  },
  github: {
    head: ['github-api'],
    holds: "GitHub's API: its client, its limits, its answers",
    uses: ['registry', 'command', 'ports', 'version'],
    packages: ['@actions/github', '@actions/attest', 'p-limit', 'node:events', 'node:util', 'node:zlib'],
    pure: ['github-inputs', 'rest-paths']
  },
  registry: {
    head: ['open-registries'],
    holds: 'one registry: client, logins and tokens, connections, images pushed and copied',
    uses: ['command', 'ports'],
    packages: ['p-limit', 'smol-toml', 'node:*'],
    pure: ['auth/challenge', 'auth/scopes', 'client/error-hints', 'client/permissions']
  },
  'embedded-registry': {
    head: ['registry-command', 'embedded-registry'],
    holds: 'a strict OCI registry of our own: for the demo, tests, and caches of podman',
    uses: ['command', 'ports'],
    packages: ['node:*'],
    pure: []
  },
  ci: {
    head: ['ci-facts'],
    holds: 'the facts of a run on each CI system, and what a run may publish',
    uses: ['ports', 'contracts'],
    packages: [],
    pure: ['run-facts', 'run-trust']
  },
  command: {
    head: ['command', 'input'],
    holds: 'what each command is made of: its table of inputs, how they are read, the question at a terminal',
    uses: ['ports', 'contracts'],
    packages: [],
    pure: ['input', 'entries', 'input-faults', 'key-value', 'mask-forms', 'config-place', 'shared-inputs']
  },
  ports: {
    head: [],
    holds: 'everything that reads, writes or runs, as types',
    uses: ['contracts'],
    packages: ['node:stream'],
    pure: []
  },
  versions: {
    head: ['version-order'],
    holds: 'versions: read, compared, found in tags and files',
    uses: ['contracts'],
    packages: ['semver', 'smol-toml', 'yaml'],
    pure: ['']
  },
  contracts: {
    head: ['plan'],
    holds: 'what crosses jobs: plan, records, release, journal, metrics, facts of a run',
    uses: [],
    packages: ['zod', 'node:crypto'],
    pure: ['']
  },
  patterns: {
    head: ['bounded-expression'],
    holds: 'patterns of callers, which take a bounded time on whatever text',
    uses: [],
    packages: ['picomatch'],
    pure: ['']
  },
  oci: {
    head: ['digest'],
    holds: 'the image specification: digest, reference, manifest, platform, config',
    uses: [],
    packages: ['node:crypto'],
    pure: ['']
  },
  shared: {
    head: ['markdown'],
    holds: 'what no subject owns: Markdown, formats, bounds for files and YAML, what was probably meant',
    uses: [],
    packages: [
      'fastest-levenshtein',
      'yaml',
      'node:fs',
      'node:fs/promises',
      'node:os',
      'node:path',
      'node:util'
    ],
    pure: [
      'markdown',
      'format',
      'transfer',
      'json',
      'did-you-mean',
      'english-order',
      'omit-undefined',
      'retry',
      'retry-wait',
      'yaml-bounds'
    ]
  },
  errors: {head: [], holds: 'what can go wrong, by name', uses: [], packages: [], pure: ['']},
  version: {head: [], holds: 'the version of this program', uses: [], packages: [], pure: ['']}
}

/** Rooms that may use the process itself: its arguments, variables, streams and end. */
export const OF_THE_PROCESS: readonly string[] = ['cli', 'actions', 'host', 'machine']
