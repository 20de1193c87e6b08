import {backendKindOf, openBackend} from './vendors/backend-choice.js'
import {closedPullRequests, deleteActionsCache, listActionsCaches} from './vendors/github-listing.js'
import type {PlannedRepository, RepositoryTask} from './repository-cleanup.js'
import type {SweepResult} from './execute/sweep.js'
import {InputError, ReleaseError} from '../errors.js'
import {completeLogins} from '../registry/auth/registry-credential.js'
import {type Reference, type Repository, formatReference, parseRepository} from '../oci/reference.js'
import type {Ports} from '../ports.js'
import type {Registries} from '../registry/client/registries.js'
import type {Deployed} from './policy/deployed.js'
import {readDeployed} from './deployed-files.js'
import {type PlannedCache, planCaches} from './policy/actions-caches.js'
import type {BackendCapabilities, DeletionOutcome} from './repository-backend.js'
import {type CleanupValues, type Work, cachePolicyOf, policyOf} from './cleanup-work.js'
import {openRegistries} from '../registry/open-registries.js'

/** Where a clean-up reads and deletes: registries, hosts of packages, and GitHub's API. */
export class CleanupSources {
  readonly #given: CleanupValues
  readonly #ports: Ports
  readonly #registries: Registries
  #names: Promise<Deployed> | undefined

  constructor(given: CleanupValues, ports: Ports) {
    this.#given = given
    this.#ports = ports
    this.#registries = openRegistries(given, ports)
    const now = ports.clock.now()
    this.now = Math.min(now, given['expected-plan']?.time ?? now)
  }

  /** By what time ages are told: of an approved plan by that of its making. Milliseconds since the epoch. */
  readonly now: number

  /**
   * The packages of the patterns.
   * @throws InputError for a pattern of another host: a user of GitHub who is called like its owner is somebody else
   */
  async packages(): Promise<Repository[]> {
    const {packages, 'github-token': token} = this.#given
    if (packages.length === 0) return []
    const foreign = packages.filter(({registry}) => !this.#isOfGithub(registry))
    if (foreign.length > 0)
      throw new InputError(
        foreign.map(({text}) => ({
          input: 'packages',
          message: `${text}: only GitHub's packages are found by a pattern; name each in images`
        }))
      )
    const {findPackages} = await import('./vendors/ghcr-packages.js')
    return (await findPackages(this.#ports.github(token), packages)).map(parseRepository)
  }

  /** What a repository is planned with. Asks what can be done there. */
  async task(work: Work): Promise<RepositoryTask> {
    const {repository} = work
    const isDryRun = this.#given['dry-run'] || this.#given.validate
    const deleting = this.#registries.repository(repository, 'pull,push,delete')
    const client = isDryRun ? this.#registries.repository(repository, 'pull') : deleting
    const githubHost = hostnameOf(this.#ports.environment('GITHUB_SERVER_URL'))
    const kind = this.#given.backend === 'auto' ? backendKindOf(repository, githubHost) : this.#given.backend
    const backend = await openBackend(kind, {
      repository,
      client,
      deleting,
      isDryRun,
      ports: this.#ports,
      githubToken: this.#given['github-token'],
      credential: async () => await this.#credential(repository.registry),
      runsIn: this.#given['github-repository']
    })
    return {
      client,
      backend,
      capabilities: await backend.capabilities(),
      policy: policyOf(this.#given, work, {now: this.now, deployed: await this.#deployed()}),
      closedPullRequests: async numbers => await closedPullRequests(await this.#github(), numbers)
    }
  }

  /** Says that a registry deletes nothing, and what to do. */
  warnRefusal(image: string, {reason, hint}: NonNullable<BackendCapabilities['refusal']>): void {
    this.#ports.reporter.warning(`${image}: delete by the means of the registry: ${reason}. ${hint}`)
  }

  /** Says what cannot be read, and which tags lead nowhere and stay. */
  warnOfReading({client, inventory, plan, capabilities: {lacks}}: PlannedRepository): void {
    const {reporter} = this.#ports
    const going = new Set(plan.tags.map(({tag}) => tag))
    const lost = inventory.lost.filter(tag => !going.has(tag))
    if (lost.length > 0)
      reporter.warning(
        `${client.name}: these tags are listed, but the registry has nothing at them: ${lost.join(', ')}. A deletion that ended half way leaves such; ghost-images takes them away, or delete-tags that names them.`
      )
    if (this.#given['dry-run'] && lacks !== undefined)
      reporter.warning(`${client.name}: a real run would be refused: ${lacks.reason}. ${lacks.hint}`)
    for (const [digest, reason] of inventory.failing)
      reporter.warning(
        inventory.versions.get(digest)?.ageFailure === undefined
          ? `${client.name}@${digest} cannot be read, and what it may lead to stays: ${reason}. If it is to go, name its tag in delete-tags.`
          : `${client.name}@${digest} stays, because its age cannot be read: ${reason}. Run this again.`
      )
  }

  /** Says what a host did not delete, and what of the plan stayed for what happened meanwhile. */
  warn(image: string, {undeleted, kept, keptTags}: SweepResult): void {
    const {reporter} = this.#ports
    for (const {what, tags, reason, hint} of undeleted)
      reporter.warning(
        `${image}: ${nameOf(what, tags)} was not deleted: ${reason}${hint === undefined ? '' : `. ${hint}`}`
      )
    for (const [what, reason] of [...kept, ...keptTags]) reporter.notice(`${image}: ${what} stays: ${reason}`)
  }

  async planCaches(): Promise<PlannedCache[]> {
    const policy = cachePolicyOf(this.#given, 'actions-caches')
    if (policy.patterns.length === 0) return []
    return planCaches(await listActionsCaches(await this.#github()), policy, this.now)
  }

  /** @param gone takes each that is gone */
  async deleteCaches(caches: readonly PlannedCache[], gone: (cache: PlannedCache) => void): Promise<void> {
    if (caches.length === 0) return
    const github = await this.#github()
    for (const cache of caches) {
      await deleteActionsCache(github, cache.id)
      gone(cache)
    }
  }

  /**
   * Brings back what was deleted.
   * @throws ReleaseError CLEANUP_REFUSED where a host cannot
   */
  async restore(references: readonly Required<Pick<Reference, 'repository' | 'digest'>>[]) {
    const restored: string[] = []
    const undeleted: string[] = []
    for (const {repository, digest} of references) {
      const name = formatReference(repository, digest)
      const {backend} = await this.task({repository, superseded: [], published: [], isOfRelease: false})
      if (backend.restoreVersion === undefined)
        throw new ReleaseError('CLEANUP_REFUSED', `${name}: ${backend.name} brings nothing back`, {
          hint: 'Publish the version again, or copy it from another registry with promote-release.'
        })
      const fault = this.#given['dry-run'] ? undefined : faultOf(await backend.restoreVersion(digest))
      if (fault === undefined) restored.push(name)
      else undeleted.push(name)
      this.#ports.reporter.info(
        `${name} ${fault === undefined ? 'is back' : `cannot be brought back: ${fault}`}`
      )
    }
    if (undeleted.length > 0)
      throw new ReleaseError('CLEANUP_REFUSED', `these cannot be brought back: ${undeleted.join(', ')}`)
    return {
      deleted: '',
      kept: restored.join('\n'),
      report: JSON.stringify({restored}),
      'report-file': '',
      'plan-hash': '',
      undeleted: ''
    }
  }

  /** The same of all repositories. */
  #deployed(): Promise<Deployed> {
    return (this.#names ??= readDeployed(this.#given['keep-deployed']))
  }

  #isOfGithub(registry: string): boolean {
    const host = hostnameOf(this.#ports.environment('GITHUB_SERVER_URL'))
    return this.#given.backend === 'ghcr' || backendKindOf({registry}, host) === 'ghcr'
  }

  async #github() {
    const {'github-token': token, 'github-repository': named} = this.#given
    const fullName = named ?? this.#ports.environment('GITHUB_REPOSITORY') ?? (await this.#runsIn())
    return {api: this.#ports.github(token), fullName}
  }

  /** @throws InputError where neither the run nor a clone says which repository on GitHub it is */
  async #runsIn(): Promise<string> {
    try {
      return (await this.#ports.workflowRun()).source.fullName
    } catch (cause) {
      if (!(cause instanceof InputError)) throw cause
      const message =
        'is missing: pull requests and caches of Actions are asked for on GitHub, and no run or clone says in which repository'
      throw new InputError([{input: 'github-repository', message}], {cause})
    }
  }

  async #credential(registry: string) {
    const given = completeLogins(this.#given['registry-credentials']).find(
      login => login.registry === registry
    )
    return given ?? (await this.#ports.credentials(registry))
  }
}

/** The host of a URL, without its port. */
function hostnameOf(url: string | undefined): string | undefined {
  return url !== undefined && URL.canParse(url) ? new URL(url).hostname : undefined
}

function nameOf(what: string, tags: readonly string[]): string {
  return tags.length === 0 ? what : `${what} (${tags.join(', ')})`
}

/** Why something was not brought back. */
function faultOf(outcome: DeletionOutcome): string | undefined {
  return outcome.state === 'undeletable' || outcome.state === 'referenced' ? outcome.reason : undefined
}
