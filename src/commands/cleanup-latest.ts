import {InputError, ReleaseError} from '../errors.js'
import {type InputValues, count, list} from '../inputs/input.js'
import type {Digest} from '../oci/digest.js'
import {
  type Reference,
  type Repository,
  formatRepository,
  parseReference,
  parseRepository
} from '../oci/reference.js'
import type {Ports} from '../ports.js'
import type {RepositoryClient} from '../registry/repository-client.js'
import {type CleanupPlan, planCleanup} from '../release/cleanup-plan.js'
import {type CleanupView, cleanupLines, cleanupSummary} from '../reports/cleanup-summary.js'
import {readInventory} from '../transaction/inventory.js'
import {type SweepResult, brokenTags, sweep} from '../transaction/sweep.js'
import {command} from './command.js'
import {openRegistries} from './open-registries.js'
import {insecure, registryCredentials} from './registry-inputs.js'
import {config, dryRun, images, minAge, release} from './shared-inputs.js'

const inputs = {
  release,
  images,
  superseded: list(
    {
      summary: 'What a tag pointed at before, as merge-manifest gave it out; for use without a release.',
      placeholder: 'REPOSITORY@DIGEST'
    },
    parseSuperseded
  ),
  'keep-versions': count({
    summary:
      'How many of the newest versions (X.Y.Z) keep their tags; older ones go, with the aliases that point at them. 0 keeps all.',
    min: 0,
    max: 100_000,
    default: '0'
  }),
  'min-age': minAge,
  insecure,
  config,
  'registry-credentials': registryCredentials,
  'dry-run': dryRun
}

type Inputs = InputValues<typeof inputs>

/** Deletes what a release superseded, and nothing that a tag can reach. */
export const cleanupLatest = command({
  name: 'cleanup-latest',
  summary: 'Delete what a verified release superseded, and nothing that any tag can still reach.',
  description:
    'Takes the digests that tags such as latest pointed at before, and deletes those that no tag reaches any more, with their platforms, attestations and signatures. What is too young, what cannot be read, and what anything kept refers to stays. Run it after verify-release.',
  settings: 'section',
  inputs,
  outputs: {
    deleted: 'One REPOSITORY@DIGEST a line, for everything that was deleted.',
    kept: 'One REPOSITORY@DIGEST a line, for everything that was superseded but stays.',
    report: 'JSON: the plan of each repository, with a reason for each digest.'
  },
  examples: [
    {line: 'image-release cleanup-latest --release release.json --dry-run', remark: 'Show what would go'},
    {
      line: 'image-release cleanup-latest --release release.json --min-age 7d',
      remark: 'Delete what is older than a week'
    }
  ],
  async run(given, ports) {
    const registries = openRegistries(given, ports)
    const work = workOf(given)
    const planned = await Promise.all(
      work.map(async ({repository, superseded}) => {
        const client = registries.repository(repository, given['dry-run'] ? 'pull' : 'pull,push,delete')
        return {client, ...(await planRepository(client, superseded, given, ports))}
      })
    )
    const views: CleanupView[] = []
    for (const {client, plan, kept} of planned) {
      const result = given['dry-run'] ? undefined : await sweepChecked(client, plan, kept)
      views.push({image: client.name, plan: deletedPart(plan, result), unsupported: result?.unsupported})
    }
    for (const view of views)
      for (const line of cleanupLines(view, given['dry-run'])) ports.reporter.info(line)
    for (const {image, unsupported} of views)
      if (unsupported !== undefined)
        ports.reporter.warning(`${image}: delete by the means of the registry: ${unsupported}`)
    ports.reporter.summary(cleanupSummary(views, given['dry-run']))
    return outputsOf(views, given['dry-run'])
  }
})

function parseSuperseded(text: string): Required<Pick<Reference, 'repository' | 'digest'>> {
  const {repository, digest} = parseReference(text)
  if (digest !== undefined) return {repository, digest}
  throw new ReleaseError(
    'REFERENCE_INVALID',
    `${JSON.stringify(text)} names no digest; write REPOSITORY@sha256:…`
  )
}

interface Work {
  readonly repository: Repository
  readonly superseded: readonly Digest[]
}

/** The repositories to clean, each with what was superseded there. */
function workOf(given: Inputs): Work[] {
  const released = given.release === undefined ? [] : given.release.targets
  const moved = released
    .flatMap(({tags}) => tags)
    .flatMap(({reference, before, state}) =>
      before !== undefined && state === 'moved'
        ? [{repository: parseReference(reference).repository, digest: before}]
        : []
    )
  const repositories = [
    ...given.images,
    ...released.flatMap(target => target.images.map(parseRepository)),
    ...given.superseded.map(({repository}) => repository)
  ]
  if (repositories.length === 0)
    throw new InputError([{input: 'release', message: 'is required, or images, or superseded'}])
  const byName = new Map(repositories.map(repository => [formatRepository(repository), repository]))
  const all = [...moved, ...given.superseded]
  return [...byName].map(([name, repository]) => ({
    repository,
    superseded: [
      ...new Set(all.filter(one => formatRepository(one.repository) === name).map(({digest}) => digest))
    ]
  }))
}

async function planRepository(
  client: RepositoryClient,
  superseded: readonly Digest[],
  given: Inputs,
  {clock}: Ports
) {
  const inventory = await readInventory(client, superseded)
  const {'keep-versions': keepVersions, 'min-age': age} = given
  const plan = planCleanup(inventory, {superseded, keepVersions, minAge: age, now: clock.now()})
  const gone = new Set(plan.manifests.map(({digest}) => digest))
  const kept = new Map(
    [...inventory.tags].filter(([tag, digest]) => !plan.tags.includes(tag) && !gone.has(digest))
  )
  return {plan, kept}
}

async function sweepChecked(
  client: RepositoryClient,
  plan: CleanupPlan,
  kept: Parameters<typeof brokenTags>[1]
): Promise<SweepResult> {
  const result = await sweep(client, plan)
  const broken = await brokenTags(client, kept)
  if (broken.length > 0)
    throw new ReleaseError(
      'VERIFY_FAILED',
      `after the clean-up these tags are not what they were: ${broken.join(', ')}`,
      {
        hint: 'Another run may have moved them. Run verify-release; publish the version again where it fails.'
      }
    )
  return result
}

/** What was really deleted, where the registry stopped half way. */
function deletedPart(plan: CleanupPlan, result: SweepResult | undefined): CleanupPlan {
  if (result === undefined) return plan
  return {
    ...plan,
    tags: plan.tags.filter(tag => result.deletedTags.includes(tag)),
    manifests: plan.manifests.filter(({digest}) => result.deleted.includes(digest))
  }
}

function outputsOf(views: readonly CleanupView[], isDry: boolean) {
  const lines = (choose: (plan: CleanupPlan) => CleanupPlan['kept']): string =>
    views.flatMap(({image, plan}) => choose(plan).map(({digest}) => `${image}@${digest}`)).join('\n')
  return {
    deleted: isDry ? '' : lines(plan => plan.manifests),
    kept: lines(plan => plan.kept),
    report: JSON.stringify(views)
  }
}
