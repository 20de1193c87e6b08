import type {Ports} from '../ports.js'
import type {WorkflowRun} from '../contracts/workflow-run.js'
import type {Environment} from '../ci/ci-facts.js'
import {type GivenFacts, readGitRun} from '../ci/git-run.js'
import {readGithubRun} from '../ci/github-run.js'
import {isGitlab, readGitlabRun} from '../ci/gitlab-run.js'
import {isJenkins, readJenkinsRun} from '../ci/jenkins-run.js'

/** Where the facts of a run are looked for. */
export interface RunSources {
  readonly environment: Environment
  /** What the caller says; it counts more than what a CI system says. */
  readonly given: GivenFacts
  readonly source: 'workflow' | 'git'
}

/**
 * The facts of a run of the command line: of the CI system that it is a job of, else of the Git work tree.
 * @throws InputError where they cannot be had
 */
export async function readCliRun(
  {environment, given, source}: RunSources,
  ports: Pick<Ports, 'exec' | 'clock'>
): Promise<WorkflowRun> {
  const isGiven = [given.event, given.ref, given.sha].some(fact => fact !== undefined)
  if (isGitlab(environment)) {
    const run = readGitlabRun(environment, ports)
    if (source === 'workflow' && !isGiven) return run
    return {...run, ...(await placeOf(source === 'git' ? given : {...factsOf(run), ...given}, ports))}
  }
  if (source === 'workflow' && isJenkins(environment)) return await readJenkinsRun(environment, given, ports)
  if (source === 'workflow' && environment['GITHUB_ACTIONS'] === 'true' && !isGiven)
    return await readGithubRun(environment, ports)
  return await readGitRun(given, ports)
}

function factsOf({event, ref, sha}: WorkflowRun): GivenFacts {
  return {event, ref, sha}
}

/** What is built, by what is given and what is checked out; what else is known of the run stays. */
async function placeOf(
  given: GivenFacts,
  ports: Pick<Ports, 'exec' | 'clock'>
): Promise<Pick<WorkflowRun, 'event' | 'ref' | 'sha' | 'commitDate'>> {
  const {event, ref, sha, commitDate} = await readGitRun(given, ports)
  return {event, ref, sha, ...(commitDate === undefined ? {} : {commitDate})}
}
