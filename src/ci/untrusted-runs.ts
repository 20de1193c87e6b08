import {InputError, ReleaseError} from '../errors.js'
import type {Ports} from '../ports.js'
import {factsOf} from './run-facts.js'
import {type PublishRight, STRANGERS_EVENTS, type RunOrigin, originOf, trustOf} from './run-trust.js'
import type {WorkflowRun} from '../contracts/workflow-run.js'

type RunPorts = Pick<Ports, 'environment' | 'workflowRun'>

/**
 * Refuses a file of settings that is not the one of this run's own commit, in a run that holds token and secrets although
 * a stranger set it off: what was checked out then may be the stranger's, and would decide what is published, where to,
 * what is deleted, and which commands run beside the logins.
 * @param file its path, as it was read
 * @throws InputError where the commit of the run has no such file, has other settings, or nothing says what it has
 */
export async function assertOwnSettings(
  file: string,
  text: string,
  ports: RunPorts & Pick<Ports, 'exec'>
): Promise<void> {
  const run = await strangersRun(ports)
  if (run === undefined) return
  const [, folder = '.', name = ''] = /^(?:(.*)[/\\])?(.*)$/s.exec(file) ?? []
  const args = ['-C', folder === '' ? '/' : folder, 'cat-file', 'blob', `${run.sha}:./${name}`]
  const {exitCode, stdout} = await ports.exec('git', args, {inherit: ['PATH', 'HOME', 'SYSTEMROOT']})
  if (exitCode === 0 && stdout.replace(/^\uFEFF/, '') === text) return
  throw new InputError(
    [
      {
        input: 'config',
        message: `${file} is not as in ${run.sha.slice(0, 12)}, the commit of this run; a stranger may have written it (${run.event})`
      }
    ],
    {hint: 'Check out the commit of the run, and what the pull request brings into a folder beside it.'}
  )
}

/** Refuses to publish in a run that never does, whatever a plan or an input says; the plan may come from elsewhere. */
export async function assertMayPublish(ports: RunPorts): Promise<void> {
  if (!mayBeStranger(ports)) return
  const run = await ports.workflowRun()
  const origin = originIn(run)
  const {right, reason} = trustOf(origin)
  if (right !== 'never') return
  throw new ReleaseError('RIGHT_MISSING', `nothing is published in this run: ${reason(origin)}`, {
    hint: "Publish in a run of a push, and run this step only where compute-tags' output push is true."
  })
}

/**
 * What a run may publish, for what follows the same line: what it leaves in a cache reaches what others build from it. A pull
 * request is told by its event, without this.
 */
export async function publishRightOf(ports: RunPorts): Promise<PublishRight> {
  return mayBeStranger(ports) ? trustOf(originIn(await ports.workflowRun())).right : 'auto'
}

/** The run, where a stranger may have set it off. A pull request or a run of the repository itself is nobody's strange. */
async function strangersRun(ports: RunPorts): Promise<WorkflowRun | undefined> {
  if (!mayBeStranger(ports)) return undefined
  const run = await ports.workflowRun()
  const {right} = trustOf(originIn(run))
  const isOwn = right === 'auto' || (run.fork === false && !isChain(run))
  return isOwn ? undefined : run
}

/** What set off the first run of a chain, the last one does not know. */
function isChain({follows}: WorkflowRun): boolean {
  return follows?.event === 'workflow_run'
}

/** Asked before anything else, for the facts of a run cost a start of git. */
function mayBeStranger({environment}: RunPorts): boolean {
  return STRANGERS_EVENTS.includes(environment('GITHUB_EVENT_NAME') ?? '')
}

/** No tag is made of these facts, so that the length of a short commit does not count. */
function originIn(run: WorkflowRun): RunOrigin {
  return originOf(run, factsOf(run, 7))
}
