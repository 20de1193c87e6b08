import {messageOf} from '../errors.js'
import type {WorkflowRun} from '../contracts/workflow-run.js'
import {REST} from '../github/rest-paths.js'
import type {Ports} from '../ports.js'
import {textAt} from '../shared/json.js'

/** Milliseconds that a plan waits for the date of a commit. */
const LIMIT = 2000

/**
 * The run with the date of its commit, asked of GitHub where neither the event nor a checkout tells it: for a schedule, a run
 * by hand, a pull request. Never rejects: without an answer the run stays as it is, and the plan notes that.
 */
export async function withCommitDate(
  run: WorkflowRun,
  token: string | undefined,
  ports: Pick<Ports, 'github' | 'signal' | 'reporter'>
): Promise<WorkflowRun> {
  if (run.commitDate !== undefined || token === undefined) return run
  const {fullName} = run.source
  try {
    const signal = AbortSignal.any([ports.signal, AbortSignal.timeout(LIMIT)])
    const {status, body} = await ports.github(token)({
      method: 'GET',
      path: REST.commit(fullName, run.sha),
      signal
    })
    // docs.github.com, "Get a commit object": `committer.date`, which Git calls %cI.
    const date = textAt(body, 'committer', 'date')
    if (status === 200 && date !== undefined) return {...run, commitDate: date}
    ports.reporter.debug(`GitHub does not tell the date of ${run.sha} in ${fullName}: it answers ${status}`)
  } catch (error) {
    ports.reporter.debug(`GitHub does not tell the date of ${run.sha} in ${fullName}: ${messageOf(error)}`)
  }
  return run
}
