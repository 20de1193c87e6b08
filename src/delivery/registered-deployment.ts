import type {DeploymentFacts} from './manifests/deployment-facts.js'
import {type DeploymentStatus, registerDeployment} from './git/github-deployment.js'
import {type InputIssue, InputError} from '../errors.js'
import {type InputValues, parsed, text} from '../command/input.js'
import type {Ports} from '../ports.js'
import {parseGithubRepository} from '../github/github-inputs.js'
import type {Delivered, DestinationOptions} from './manifest-destination.js'

/** Where GitHub shows what is deployed. */
export const deploymentInputs = {
  'deployment-environment': text({
    summary:
      'The environment on whose page GitHub shows the deployment, such as production: waiting as long as a pull request proposes it, done when the manifests name it. Needs deployments: write.',
    placeholder: 'NAME'
  }),
  'deployment-repository': parsed(
    {
      summary: 'The repository on GitHub that has the environment; by default that of the run.',
      placeholder: 'OWNER/NAME'
    },
    parseGithubRepository
  ),
  'deployment-ref': text({
    summary: 'The commit or Git tag that was released; by default the commit of the run.',
    placeholder: 'REF'
  })
}

type Given = InputValues<typeof deploymentInputs> &
  Pick<DestinationOptions, 'deliver' | 'github-token' | 'dry-run'>

/** Registers what was delivered. Gives the number of the deployment; empty if there is none. */
export type Register = (facts: readonly DeploymentFacts[], delivered: Delivered) => Promise<string>

/**
 * How deployments are registered as the inputs say.
 * @throws InputError for what is missing, before anything is written
 */
export function openDeployments(given: Given, ports: Ports): Register {
  const environment = given['deployment-environment']
  if (environment === undefined) return () => Promise.resolve('')
  const repository = given['deployment-repository'] ?? ports.environment('GITHUB_REPOSITORY')
  const ref = given['deployment-ref'] ?? ports.environment('GITHUB_SHA')
  const issues: InputIssue[] = [
    ...(given.deliver === 'files'
      ? [
          {
            input: 'deployment-environment',
            message: 'is for what is committed; deliver: files commits nothing'
          }
        ]
      : []),
    ...(repository ? [] : [missing('deployment-repository')]),
    ...(ref ? [] : [missing('deployment-ref')])
  ]
  if (issues.length > 0 || !repository || !ref) throw new InputError(issues)
  return async (facts, delivered) => {
    const status = statusOf(delivered)
    if (status === undefined || given['dry-run']) return ''
    const api = ports.github(given['github-token'])
    return String(await registerDeployment({api, repository, ref, environment, facts}, status))
  }
}

function missing(input: string): InputIssue {
  return {input, message: 'is required outside of GitHub Actions'}
}

/** Undefined where no manifest names the image, now or soon: what is newer stays. */
function statusOf({edit, pull, isClosed, commit, branch = ''}: Delivered): DeploymentStatus | undefined {
  if (!edit.places.some(({state}) => state === 'changed' || state === 'same')) return undefined
  if (pull !== undefined && isClosed !== true)
    return {state: 'queued', description: `Pull request ${pull.number} proposes it.`, url: pull.url}
  const where = commit === undefined ? branch : `${branch} since ${commit.slice(0, 7)}`
  return {state: 'success', description: `The manifests name it on ${where}.`, url: pull?.url}
}
