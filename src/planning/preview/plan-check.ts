import {ReleaseError} from '../../errors.js'
import {SOURCE} from '../../oci/annotations.js'
import {parseRepository} from '../../oci/reference.js'
import type {Plan} from '../../contracts/plan.js'
import type {Ports} from '../../ports.js'
import {type PlanAnswers, type RepositoryAnswer, expectMoves, tagsByImage} from './tag-preview.js'
import {askRepository} from './tag-states.js'
import {type RegistryInputs, openRegistries} from '../../registry/open-registries.js'

/** How long a plan waits for answers. */
const LIMIT_MILLISECONDS = 2000
/** How much longer, for what does not heed that it was called off. */
const GRACE_MILLISECONDS = 100

/** How registries are asked. */
export interface CheckOptions extends RegistryInputs {
  /** Milliseconds; two seconds where it is not said. */
  readonly limit?: number
}

/**
 * Asks the registries and Git what is at the tags of a plan, all side by side, and notes in the plan what is expected
 * to happen there. Never rejects, and is done within the limit: what has not been answered by then, the merge decides.
 */
export async function checkPlan(plan: Plan, options: CheckOptions, ports: Ports): Promise<Plan> {
  return expectMoves(plan, await askForPlan(plan, options, ports))
}

/** What registries and Git answer about the tags of a plan. Never rejects, and is done within the limit. */
export async function askForPlan(plan: Plan, options: CheckOptions, ports: Ports): Promise<PlanAnswers> {
  const {limit = LIMIT_MILLISECONDS} = options
  const late = `no answer within ${limit / 1000} s`
  const tooLate = new ReleaseError('REGISTRY_UNREACHABLE', late)
  const limiter = new AbortController()
  const timer = setTimeout(() => limiter.abort(tooLate), limit)
  const asking = {...ports, signal: AbortSignal.any([ports.signal, limiter.signal])}
  try {
    const [repositories, gitTags] = await Promise.all([
      askAll(plan, options, {ports: asking, late}),
      orUntil(asking.signal, listGitTags(plan, asking), [])
    ])
    return {repositories, gitTags}
  } finally {
    clearTimeout(timer)
  }
}

interface Asking {
  readonly ports: Ports
  /** What is said of a registry that answers too late, whatever held it up. */
  readonly late: string
}

async function askAll(plan: Plan, options: CheckOptions, {ports, late}: Asking): Promise<RepositoryAnswer[]> {
  const registries = openRegistries(options, ports, {tries: 1})
  return await Promise.all(
    [...tagsByImage(plan)].map(async ([image, tags]) => {
      const client = registries.repository(parseRepository(image), 'pull')
      const silent = {image, standing: new Map(), published: [], fault: late}
      return await orUntil(ports.signal, askRepository(client, tags, sourceOf(plan)), silent)
    })
  )
}

function sourceOf({targets: [first]}: Plan): string | undefined {
  return first?.annotations[SOURCE]
}

/** What Git knows of versions: tags of releases that no registry may have yet. None without a checkout. */
async function listGitTags({version}: Plan, {exec, signal}: Ports): Promise<string[]> {
  if (version === undefined) return []
  try {
    const {exitCode, stdout} = await exec('git', ['tag', '--list'], {signal})
    return exitCode === 0 ? stdout.split('\n').filter(Boolean) : []
  } catch {
    return []
  }
}

/** The answer, or what stands in for it where a helper, a program or a name server does not heed the signal. */
async function orUntil<T>(signal: AbortSignal, answer: Promise<T>, otherwise: T): Promise<T> {
  return await new Promise(resolve => {
    const give = (): void => resolve(otherwise)
    const wait = (): void => void setTimeout(give, GRACE_MILLISECONDS).unref()
    signal.addEventListener('abort', wait, {once: true})
    if (signal.aborted) wait()
    void answer.then(resolve, give).finally(() => signal.removeEventListener('abort', wait))
  })
}
