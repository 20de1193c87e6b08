import type {Ports} from '../../ports.js'
import type {WorkflowRun} from '../../workflow-run.js'

/** Which files a run changes. */
export interface ChangedFiles {
  /** Paths from the root of the repository; undefined where nobody can tell. */
  readonly files?: readonly string[]
  /** Why nobody can tell, and what to do; absent where that is as it must be. */
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
  const ranges = rangesOf(run, since)
  if (ranges.length === 0) return {}
  const diff = async (range: readonly string[]): Promise<readonly string[] | undefined> => {
    const args = ['diff', '--name-only', '--no-renames', '--no-relative', '-z', ...range, '--']
    const {exitCode, stdout} = await exec('git', args, {signal}).catch(() => ({exitCode: -1, stdout: ''}))
    return exitCode === 0 ? stdout.split('\0').filter(Boolean) : undefined
  }
  for (const range of ranges) {
    const files = await diff(range)
    if (files !== undefined) return {files}
  }
  return {
    note: `Which files changed since ${since ?? run.baseSha?.slice(0, 12) ?? ''} cannot be told here: all counts as changed. Check out with fetch-depth: 0 before this step.`
  }
}

/**
 * What is compared, the best first: with where the branches parted, which takes history; the merge commit of a pull request
 * with its first parent, which a clone of two commits has; else the two commits as they are. Git tags, schedules and new
 * branches start from nothing: all of them is new.
 */
function rangesOf(run: WorkflowRun, since: string | undefined): string[][] {
  const base = since ?? run.baseSha
  // pull_request_target runs on the base branch, which changes nothing.
  const head = run.event === 'pull_request_target' ? run.headSha : run.sha
  if (base === undefined || head === undefined) return []
  const isMergeCommit = since === undefined && run.event === 'pull_request' && head !== run.headSha
  return [[`${base}...${head}`], ...(isMergeCommit ? [[`${head}^1`, head]] : []), [base, head]]
}
