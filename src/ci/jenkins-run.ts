import type {WorkflowRun} from '../contracts/workflow-run.js'
import {type Environment, type GitPorts, commitIn, said, sourceOf} from './ci-facts.js'
import {type GivenFacts, readGitRun} from './git-run.js'
import {withoutUndefined} from '../shared/omit-undefined.js'

/** Whether this process is a build of Jenkins. */
export function isJenkins(environment: Environment): boolean {
  return said(environment, 'JENKINS_URL') !== undefined && said(environment, 'BUILD_NUMBER') !== undefined
}

/**
 * The facts of a Jenkins build: from the variables of multibranch projects and of the Git plugin (env-vars.html of a
 * controller, 2026-11), and from the checkout where they do not say it, for a pipeline that checks out by itself has
 * none of the plugin's. Jenkins names no event: a change request is a pull request, all else a push; a timer or a
 * person is said by the caller.
 * @throws InputError where a fact is neither told nor to be found
 */
export async function readJenkinsRun(
  environment: Environment,
  given: GivenFacts,
  ports: GitPorts
): Promise<WorkflowRun> {
  const of = (name: string): string | undefined => said(environment, name)
  const change = of('CHANGE_ID')
  const git = await readGitRun(
    {
      event: given.event ?? (change === undefined ? 'push' : 'pull_request'),
      ref: given.ref ?? refOf(of),
      sha: given.sha ?? commitIn(of('GIT_COMMIT'))
    },
    ports
  )
  const source = sourceOf(of('GIT_URL'), undefined)
  return withoutUndefined({
    ...git,
    runId: [of('JOB_NAME'), of('BUILD_NUMBER')].filter(Boolean).join('#'),
    actor: of('CHANGE_AUTHOR') ?? of('BUILD_USER_ID'),
    defaultBranch: defaultBranchOf(of) ?? git.defaultBranch,
    baseSha: commitIn(of('GIT_PREVIOUS_COMMIT')),
    baseRef: of('CHANGE_TARGET'),
    fork: change === undefined ? undefined : of('CHANGE_FORK') !== undefined,
    source: source.fullName === '' ? git.source : source
  })
}

type Variables = (name: string) => string | undefined

/** BRANCH_NAME is `PR-7` for a change request, and the tag's own name for a tag. */
function refOf(of: Variables): string | undefined {
  const change = of('CHANGE_ID')
  if (change !== undefined) return `refs/pull/${change}/merge`
  const tag = of('TAG_NAME')
  if (tag !== undefined) return `refs/tags/${tag}`
  const branch = of('BRANCH_NAME') ?? of('GIT_LOCAL_BRANCH') ?? withoutRemote(of('GIT_BRANCH'))
  if (branch === undefined || branch === 'detached') return undefined
  return branch.startsWith('refs/') ? branch : `refs/heads/${branch}`
}

/** Outside multibranch projects the plugin writes `origin/main`, or `origin/tags/v1.2.3`. */
function withoutRemote(branch: string | undefined): string | undefined {
  const name = branch?.replace(/^(?:refs\/remotes\/)?origin\//, '')
  return name?.startsWith('tags/') === true ? `refs/${name}` : name
}

function defaultBranchOf(of: Variables): string | undefined {
  return of('BRANCH_IS_PRIMARY') === 'true' ? of('BRANCH_NAME') : undefined
}
