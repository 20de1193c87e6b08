import type {Ports} from '../ports.js'
import {type OrderedVersion, compareOrdered, parseOrdered} from '../versions/version-order.js'
import type {WorkflowRun} from '../contracts/workflow-run.js'

/** Which files a run changes. */
export interface ChangedFiles {
  /** Paths from the root of the repository; undefined where nobody can tell. */
  readonly files?: readonly string[]
  /** What it was compared with where nobody named it; or why nobody can tell, and what to do. */
  readonly note?: string
}

/**
 * Asks the checkout which files a run changes against the commit that it starts from. Nothing is fetched: a shallow clone
 * that lacks that commit cannot tell.
 * @param since what the caller wants it compared with
 */
export async function readChangedFiles(
  run: WorkflowRun,
  since: string | undefined,
  {exec, signal}: Pick<Ports, 'exec' | 'signal'>
): Promise<ChangedFiles> {
  const git = gitOf({exec, signal})
  const ranges = rangesOf(run, since)
  if (ranges.length === 0) return {}
  for (const range of ranges) {
    const files = await diff(range, git)
    if (files !== undefined) return {files}
  }
  return {
    note: `Which files changed since ${since ?? run.baseSha?.slice(0, 12) ?? ''} cannot be told here: all counts as changed. Check out with fetch-depth: 0 before this step.`
  }
}

/**
 * Which files changed since the release before, for a run that starts from no commit: a Git tag is held against the tag of
 * the version before; schedules, new branches and runs by hand against the newest tag that they descend from, else that of
 * the greatest version. A checkout without such a tag still has the commit before.
 */
export async function readFilesSinceRelease(
  run: WorkflowRun,
  ports: Pick<Ports, 'exec' | 'signal'>
): Promise<ChangedFiles> {
  const git = gitOf(ports)
  const gitTag = /^refs\/tags\/(.+)$/.exec(run.ref)?.[1]
  const tag =
    gitTag === undefined
      ? ((await newestTag(run.sha, git)) ?? (await greatestTag(undefined, git)))
      : await greatestTag(gitTag, git)
  const bases = [
    ...(tag === undefined ? [] : [{commit: `refs/tags/${tag}`, name: `the Git tag ${tag}`}]),
    {commit: `${run.sha}^1`, name: 'the commit before, because no earlier release is in this checkout'}
  ]
  for (const {commit, name} of bases) {
    const files = await diff([commit, run.sha], git)
    if (files !== undefined)
      return {files, note: `dependencies-changed compares ${run.sha.slice(0, 12)} with ${name}.`}
  }
  return {
    note: 'dependencies-changed is true, because this checkout has neither an earlier Git tag nor the commit before. Check out with fetch-depth: 0, or with 2 for the commit before, or name a commit by changed-since.'
  }
}

type Git = (...args: string[]) => Promise<string | undefined>

/** What git printed; undefined where it failed or is not there. */
function gitOf({exec, signal}: Pick<Ports, 'exec' | 'signal'>): Git {
  return async (...args) => {
    const {exitCode, stdout} = await exec('git', args, {signal}).catch(() => ({exitCode: -1, stdout: ''}))
    return exitCode === 0 ? stdout : undefined
  }
}

async function diff(range: readonly string[], git: Git): Promise<readonly string[] | undefined> {
  const found = await git('diff', '--name-only', '--no-renames', '--no-relative', '-z', ...range, '--')
  return found?.split('\0').filter(Boolean)
}

async function newestTag(sha: string, git: Git): Promise<string | undefined> {
  const found = (await git('describe', '--tags', '--abbrev=0', sha))?.trim()
  return found === '' ? undefined : found
}

/**
 * The tag of the greatest version; below a tag, of those that are written as it is, such as api-v1.2.3, and are no alias such
 * as v1.
 */
async function greatestTag(below: string | undefined, git: Git): Promise<string | undefined> {
  const own = below === undefined ? undefined : versionIn(below)
  if (below !== undefined && own === undefined) return undefined
  const tags = ((await git('tag', '--list')) ?? '').split('\n').filter(Boolean)
  const found = tags.flatMap(tag => {
    const read = versionIn(tag)
    return read !== undefined && (own === undefined ? read.prefix === '' : isBefore(read, own))
      ? [{tag, version: read.version}]
      : []
  })
  return found.sort((a, b) => compareOrdered(a.version, b.version)).at(-1)?.tag
}

interface TagVersion {
  readonly prefix: string
  readonly version: OrderedVersion
}

function isBefore({prefix, version}: TagVersion, own: TagVersion): boolean {
  const isAlike = prefix === own.prefix && version.numbers.length === own.version.numbers.length
  return isAlike && compareOrdered(version, own.version) < 0
}

function versionIn(tag: string): TagVersion | undefined {
  const [, prefix = '', text = ''] = /^(|.*[^0-9A-Za-z.])v?(\d.*)$/.exec(tag) ?? []
  const version = parseOrdered(text)
  return version === undefined ? undefined : {prefix, version}
}

/**
 * What is compared, the best first: with where the branches parted, which takes history; the merge commit of a pull request
 * with its first parent, which a clone of two commits has; else the two commits as they are. Git tags, schedules, new
 * branches and runs by hand start from no commit.
 */
function rangesOf(run: WorkflowRun, since: string | undefined): string[][] {
  const base = since ?? run.baseSha
  // pull_request_target runs on the base branch, which changes nothing.
  const head = run.event === 'pull_request_target' ? run.headSha : run.sha
  if (base === undefined || head === undefined) return []
  const isMergeCommit = since === undefined && run.event === 'pull_request' && head !== run.headSha
  return [[`${base}...${head}`], ...(isMergeCommit ? [[`${head}^1`, head]] : []), [base, head]]
}
