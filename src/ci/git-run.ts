import {InputError, type InputIssue, ReleaseError} from '../errors.js'
import type {Ports} from '../ports.js'
import type {WorkflowRun} from '../contracts/workflow-run.js'
import {withoutUndefined} from '../shared/omit-undefined.js'

/** What the caller says of a run; the rest is asked from Git. */
export interface GivenFacts {
  readonly event?: string | undefined
  readonly ref?: string | undefined
  readonly sha?: string | undefined
}

/** What Git says of a repository that may have no commit yet. */
export interface CheckedOutSource {
  readonly source: WorkflowRun['source']
  /** What the remote says; where nothing is committed, the branch that the first commit goes to. */
  readonly defaultBranch?: string
}

type Git = (...args: string[]) => Promise<string | undefined>

/**
 * The facts of a run outside a CI system: from the Git work tree in the current folder, and from what was given.
 * A commit that carries one tag is taken as a push of that tag, else as a push of its branch.
 * @throws InputError where a fact is neither given nor to be found, or where the commit carries several tags
 */
export async function readGitRun(
  facts: GivenFacts,
  ports: Pick<Ports, 'exec' | 'clock'>
): Promise<WorkflowRun> {
  const given = inFull(facts)
  const git = gitWith(ports)
  const [head, tags, branch, origin, fetched] = await Promise.all([
    git('rev-parse', '--verify', 'HEAD'),
    git('tag', '--points-at', 'HEAD'),
    git('symbolic-ref', '--quiet', '--short', 'HEAD'),
    git('config', '--get', 'remote.origin.url'),
    git('for-each-ref', '--points-at', 'HEAD', '--format=%(refname)', 'refs/remotes')
  ])
  const detached = branch === undefined ? fetchedRef(fetched) : undefined
  const pull = detached?.startsWith('refs/pull/') === true ? detached : undefined
  const {sha, ref} = knownFacts(given.sha ?? head, given.ref ?? pull ?? refOf(tags, branch) ?? detached)
  return withoutUndefined({
    event: given.event ?? 'push',
    ref,
    sha,
    startedAt: new Date(ports.clock.now()).toISOString(),
    attempt: 1,
    pullRequest: pullRequestOf(ref),
    commitDate: await git('log', '-1', '--format=%cI', sha),
    defaultBranch: await remoteHead(git),
    source: sourceOf(origin, await git('rev-parse', '--show-toplevel'))
  })
}

/** Where a repository lies and what its default branch is, also where it has no commit, or one that tells no run. */
export async function readGitRepository(ports: Pick<Ports, 'exec'>): Promise<CheckedOutSource> {
  const git = gitWith(ports)
  const [origin, folder, remote, commit, branch] = await Promise.all([
    git('config', '--get', 'remote.origin.url'),
    git('rev-parse', '--show-toplevel'),
    remoteHead(git),
    git('rev-parse', '--verify', 'HEAD'),
    git('symbolic-ref', '--quiet', '--short', 'HEAD')
  ])
  const defaultBranch = remote ?? (commit === undefined ? branch : undefined)
  return withoutUndefined({source: sourceOf(origin, folder), defaultBranch})
}

async function remoteHead(git: Git): Promise<string | undefined> {
  const name = await git('symbolic-ref', '--quiet', '--short', 'refs/remotes/origin/HEAD')
  return name?.replace(/^origin\//, '')
}

/** The words tag and branch stand for a push of one; a name alone is made a full ref where the event says what it names. */
function inFull({event, ref, sha}: GivenFacts): GivenFacts {
  const place = event === undefined ? undefined : PLACES.get(event)
  const isName = ref !== undefined && !ref.startsWith('refs/')
  return {
    event: event === 'tag' || event === 'branch' ? 'push' : event,
    ref: isName && place !== undefined ? place(ref) : ref,
    sha
  }
}

const PLACES: ReadonlyMap<string, (name: string) => string> = new Map([
  ['tag', name => `refs/tags/${name}`],
  ['release', name => `refs/tags/${name}`],
  ['branch', name => `refs/heads/${name}`],
  ['schedule', name => `refs/heads/${name}`],
  ['workflow_dispatch', name => `refs/heads/${name}`],
  ['pull_request', name => `refs/pull/${name}/merge`]
])

function pullRequestOf(ref: string): number | undefined {
  const number = /^refs\/pull\/(\d+)\//.exec(ref)?.[1]
  return number === undefined ? undefined : Number(number)
}

function gitWith({exec}: Pick<Ports, 'exec'>): Git {
  return async (...args) => {
    try {
      const {exitCode, stdout} = await exec('git', args)
      return exitCode === 0 && stdout.trim() !== '' ? stdout.trim() : undefined
    } catch (error) {
      if (error instanceof ReleaseError) return undefined
      throw error
    }
  }
}

function refOf(tags: string | undefined, branch: string | undefined): string | undefined {
  const names = tags?.split('\n') ?? []
  if (names.length > 1)
    throw new InputError([
      {
        input: 'ref',
        message: `this commit carries several tags (${names.join(', ')}); say which: --ref refs/tags/NAME`
      }
    ])
  if (names[0] !== undefined) return `refs/tags/${names[0]}`
  return branch && `refs/heads/${branch}`
}

/**
 * What is checked out without a branch, by the refs that actions/checkout leaves (its ref-helper.ts): a pull request stands
 * at refs/remotes/pull/7/merge, a commit of a branch at refs/remotes/origin/NAME. Undefined where several could be meant.
 */
function fetchedRef(names: string | undefined): string | undefined {
  const refs = (names?.split('\n') ?? []).filter(name => name !== 'refs/remotes/origin/HEAD')
  const pull = refs.find(name => /^refs\/remotes\/pull\/\d+\/(?:merge|head)$/.test(name))
  if (pull !== undefined) return pull.replace('refs/remotes/', 'refs/')
  const branches = refs.filter(name => name.startsWith('refs/remotes/origin/'))
  return branches.length === 1 ? branches[0]?.replace('refs/remotes/origin/', 'refs/heads/') : undefined
}

/** @throws InputError with each fact that is missing or malformed */
function knownFacts(sha: string | undefined, ref: string | undefined): {sha: string; ref: string} {
  const issues = [...shaIssues(sha), ...refIssues(ref)]
  if (issues.length > 0 || sha === undefined || ref === undefined) throw new InputError(issues)
  return {sha, ref}
}

function shaIssues(sha: string | undefined): InputIssue[] {
  if (sha === undefined) return [{input: 'sha', message: 'no commit: not in a Git work tree; give --sha'}]
  if (/^[0-9a-f]{40}$/.test(sha)) return []
  return [{input: 'sha', message: `${JSON.stringify(sha)} is not a commit of 40 hex digits`}]
}

function refIssues(ref: string | undefined): InputIssue[] {
  if (ref === undefined)
    return [
      {input: 'ref', message: 'no branch or tag is checked out; give --ref refs/heads/NAME or refs/tags/NAME'}
    ]
  if (/^refs\/(heads|tags|pull)\/./.test(ref)) return []
  return [{input: 'ref', message: `${JSON.stringify(ref)} is not a full ref such as refs/tags/v1.2.3`}]
}

/** Where the repository stands on the web; without an address of its own it is named as its folder is. */
function sourceOf(origin: string | undefined, folder: string | undefined): WorkflowRun['source'] {
  const address = origin === undefined ? undefined : addressOf(origin)
  const fullName = address?.path.replace(/^\/+|(?:\.git)?\/*$/g, '') ?? ''
  if (address === undefined || fullName === '') return {fullName: folder?.split('/').at(-1) ?? ''}
  return {fullName, url: `https://${address.host}/${fullName}`}
}

/**
 * `https://host/owner/name.git`, `ssh://git@host/owner/name` and `git@host:owner/name.git`; undefined for a folder.
 * Name, password and query stay here: the address goes into labels.
 */
function addressOf(origin: string): {host: string; path: string} | undefined {
  if (!origin.includes('://')) {
    const [, host, path] = /^(?:[^@/\\]+@)?([a-z0-9][a-z0-9.-]+):([^\\]+)$/i.exec(origin) ?? []
    return host === undefined || path === undefined ? undefined : {host, path}
  }
  const url = URL.canParse(origin) ? new URL(origin) : undefined
  if (url === undefined || url.hostname === '') return undefined
  // The port of another protocol than HTTP is not that of the web pages.
  return {host: /^https?:$/.test(url.protocol) ? url.host : url.hostname, path: url.pathname}
}
