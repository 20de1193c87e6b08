/** What decides how a run uses its caches. */
export interface CacheFacts {
  /** As GitHub names it; undefined where nobody knows. */
  readonly event: string | undefined
  /** The full ref. */
  readonly ref: string | undefined
  /** Whether base images are to be fetched and every step is to be built anew. */
  readonly rebuild: boolean
  /** Whether what the image depends on changed; undefined where nobody said so. */
  readonly dependenciesChanged: boolean | undefined
  /** Whether somebody may have set the run off who may not write to the repository. */
  readonly isStrange?: boolean
  /** The stage of a pipeline that builds twice: to test, and to push what was tested. */
  readonly stage: 'test' | 'push' | undefined
}

/** How a run uses its caches. */
export interface CacheUse {
  readonly read: boolean
  readonly write: boolean
  /** Every step is built anew, on base images that the registry is asked for. */
  readonly fresh: boolean
  /** Whether caches that the caller wrote out are not written either. */
  readonly isApart?: boolean
  /** For the log. */
  readonly reason: string
}

interface PolicyRow {
  readonly name: string
  readonly applies: (facts: CacheFacts) => boolean
  readonly use:
    'read' | 'read and write' | 'fresh and write' | 'isolated' | 'read, and write new dependencies'
}

/** The first row that applies decides. What a pull request brings must not reach what others build from. */
const POLICY: readonly PolicyRow[] = [
  {
    name: 'a run that a stranger may have set off',
    applies: ({isStrange}) => isStrange === true,
    use: 'isolated'
  },
  {name: 'the push stage', applies: ({stage}) => stage === 'push', use: 'read'},
  {name: 'a pull request', applies: ({event}) => isPullRequest(event), use: 'isolated'},
  {name: 'a rebuild', applies: ({rebuild}) => rebuild, use: 'fresh and write'},
  {name: 'a schedule', applies: ({event}) => event === 'schedule', use: 'fresh and write'},
  {name: 'a Git tag', applies: ({ref}) => isTag(ref), use: 'read, and write new dependencies'},
  {
    name: 'a start by hand',
    applies: ({event}) => event === 'workflow_dispatch',
    use: 'read, and write new dependencies'
  },
  {
    name: 'no change of dependencies',
    applies: ({dependenciesChanged}) => dependenciesChanged === false,
    use: 'read'
  },
  {name: 'a branch', applies: () => true, use: 'read and write'}
]

/** What the table says of a run whose dependencies nobody has looked at yet. */
export function describeCacheUse(facts: Pick<CacheFacts, 'event' | 'ref'>): string {
  return rowOf({...facts, rebuild: false, dependenciesChanged: undefined, stage: undefined})?.use ?? 'read'
}

/** Decides by the table above. */
export function decideCacheUse(facts: CacheFacts): CacheUse {
  const row = rowOf(facts)
  const use = row?.use ?? 'read'
  const reason = `${row?.name ?? 'this run'}: ${use}`
  if (use !== 'read, and write new dependencies') return {...USES[use], reason}
  const write = facts.dependenciesChanged === true
  const why = write ? 'dependencies changed' : 'no dependency is known to have changed'
  return {
    read: true,
    write,
    fresh: false,
    reason: `${row?.name ?? ''}: read${write ? ' and write' : ''}, ${why}`
  }
}

function rowOf(facts: CacheFacts): PolicyRow | undefined {
  return POLICY.find(({applies}) => applies(facts))
}

/** What a caller may ask for in place of the table. */
export const CACHE_MODES = ['auto', 'read', 'read-write', 'fresh', 'isolated'] as const

/** How the caches are used where the caller says so. */
export function askedCacheUse(mode: Exclude<(typeof CACHE_MODES)[number], 'auto'>): CacheUse {
  const names = {
    read: 'read',
    'read-write': 'read and write',
    fresh: 'fresh and write',
    isolated: 'isolated'
  } as const
  return {...USES[names[mode]], reason: `${names[mode]}, as asked`}
}

const USES = {
  read: {read: true, write: false, fresh: false},
  'read and write': {read: true, write: true, fresh: false},
  'fresh and write': {read: false, write: true, fresh: true},
  isolated: {read: false, write: false, fresh: true}
} as const

function isPullRequest(event: string | undefined): boolean {
  return event === 'pull_request' || event === 'pull_request_target' || event === 'merge_group'
}

function isTag(ref: string | undefined): boolean {
  return ref?.startsWith('refs/tags/') ?? false
}
