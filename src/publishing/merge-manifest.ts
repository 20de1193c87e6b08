import {type InputIssue, InputError, ReleaseError} from '../errors.js'
import {type InputValues, choice, flag, lines, list} from '../command/input.js'
import {parseKeyValue} from '../command/key-value.js'
import {parseDigest} from '../oci/digest.js'
import {formatPlatform, parsePlatform} from '../oci/platform.js'
import {type Repository, formatRepository, parseTag} from '../oci/reference.js'
import type {Plan} from '../contracts/plan.js'
import type {Ports} from '../ports.js'
import {evidenceOutputs} from '../signing/evidence-summary.js'
import {logMerge, mergeOutputs, mergeSummary} from './report/merge-summary.js'
import type {PlannedImage} from '../contracts/planned-image.js'
import {factsOfPlan, joinRecords} from './decide/publication-plan.js'
import {copyLines} from './collect/child-copies.js'
import {type PublishedIndex, type Release, publish} from './move/publish.js'
import {releaseView} from './release-view.js'
import {command} from '../command/command.js'
import {assertConfirmed} from '../command/confirmation.js'
import {evidenceInputs, evidenceOutputTable} from '../signing/evidence-inputs.js'
import {findDigests, findMetrics, findRecords, recordInputs} from './collect/collected-digests.js'
import {type MergeProgress, summarizeFailure} from './failure-report.js'
import {openReleaseRegistries} from './release-registries.js'
import type {ReleaseRegistries} from './move/tag-transaction.js'
import {assertMayPublish} from '../ci/untrusted-runs.js'
import {insecure, registryCredentials} from '../registry/registry-inputs.js'
import {
  type ReleaseEvidence,
  type ReleasedImage,
  finishEvidence,
  openEvidence,
  reportEvidence
} from '../signing/release-evidence.js'
import {config, dryRun, images, plan, wait} from '../command/shared-inputs.js'

const inputs = {
  plan,
  images,
  tags: list({summary: 'Tags, for use without a plan.', placeholder: 'TAG'}, parseTag),
  digests: list(
    {summary: 'Digests of the images to join, for use without a plan.', placeholder: 'DIGEST'},
    parseDigest
  ),
  platforms: list(
    {summary: 'Platforms that must all be there, for use without a plan.', placeholder: 'PLATFORM'},
    parsePlatform
  ),
  ...recordInputs,
  annotations: lines(
    {summary: 'Annotations of the index as key=value, beside those of the plan.', placeholder: 'KEY=VALUE'},
    parseKeyValue
  ),
  'allow-backward': flag({
    summary: 'Move tags such as latest even where what is there is newer than what is released.'
  }),
  wait,
  'single-platform': choice(['index', 'manifest'], {
    summary:
      'What the tags of an image with one platform point at: an index as for several, or the manifest of the image itself, for what reads no index. Attestations of BuildKit need the index.',
    default: 'index'
  }),
  ...evidenceInputs,
  insecure,
  config,
  'registry-credentials': registryCredentials,
  'dry-run': dryRun
}

type Inputs = InputValues<typeof inputs>

/** Joins the images of a release into one index each, and moves all tags on all registries together or not at all. */
export const mergeManifest = command({
  name: 'merge-manifest',
  summary: 'Join the platforms of each image and move all tags on all registries together, or none.',
  description:
    'Finds every image that the build jobs handed over on every registry, checks it against the plan, copies what one registry lacks from another, pushes one index per image by digest everywhere, then moves the tags, latest last, and reads each back. What fails is put back. Without a plan it takes images, tags and digests.',
  settings: 'section',
  isTimed: true,
  documents: {outputs: ['release', 'journal', 'metrics'], place: 'release-artifact'},
  inputs,
  outputs: {
    digest: 'The digest of the index; of the first image where there are several.',
    digests: 'JSON: the digest of the index for each target.',
    images: 'One REPOSITORY@DIGEST a line.',
    tags: 'One REPOSITORY:TAG a line, for every tag that now points at this release.',
    kept: 'One REPOSITORY:TAG a line, for every tag that stayed because something newer is there.',
    superseded: 'One REPOSITORY@DIGEST a line, for everything that a tag pointed at before.',
    journal:
      'JSON: what was at each tag before the first was moved; rollback-release takes it. Empty where none had to move.',
    release: 'JSON: all of this in one document; verify-release and cleanup-latest take it.',
    'release-artifact':
      'artifact:NAME, where release, journal and metrics are kept beside these outputs: the inputs of those names take it, too. For jobs that get no output, as GitHub drops one that holds a secret’s value. Empty where nothing keeps it.',
    metrics: 'JSON: the metrics of all builds that metrics-artifacts names, in one list; else empty.',
    ...evidenceOutputTable
  },
  movesTags: true,
  lists: ['images', 'tags', 'kept', 'superseded', 'signed', 'attestations', 'verify-commands'],
  examples: [
    {
      line: 'image-release merge-manifest --plan plan.json',
      remark: 'Publish a planned release, records in .image-release/records'
    },
    {
      line: 'image-release merge-manifest --images ghcr.io/o/app --tags 1.2.3,latest --digests sha256:…,sha256:…',
      remark: 'Join two images by hand'
    },
    {
      line: "image-release merge-manifest --images ghcr.io/o/app --tags 1.2.3 --digests-artifacts 'digests-*'",
      remark: 'Join what jobs that follow the recipe of Docker uploaded'
    },
    {
      line: 'image-release merge-manifest --plan plan.json --sign before-tags --sign-key cosign.key',
      remark: 'Sign on every registry before any tag moves; COSIGN_PASSWORD is set'
    }
  ],
  async run(given, ports) {
    if (!given['dry-run']) await assertMayPublish(ports)
    const registries = openReleaseRegistries(given, ports)
    return await summarizeFailure(registries.journal, ports.reporter, async progress =>
      mergeAll(given, {registries, progress}, ports)
    )
  }
})

interface Merging {
  readonly registries: ReleaseRegistries
  readonly progress: MergeProgress
}

async function mergeAll(given: Inputs, {registries, progress}: Merging, ports: Ports) {
  const release =
    given.plan === undefined
      ? await plainRelease(given, ports)
      : await plannedRelease(given, given.plan, ports)
  if (!given['dry-run']) await assertConfirmed(ports, 'Publish this?', tagLines(release))
  const metrics = await findMetrics(given, ports)
  const evidence = await openEvidence(given, ports, repository =>
    registries.working.repository(repository, 'pull,push')
  )
  const published = await publish({...release, ...beforeTagsOf(evidence)}, registries)
  progress.isMoved = !given['dry-run']
  for (const line of published.flatMap(({copies}) => copyLines(copies, given['dry-run'])))
    ports.reporter.info(line)
  for (const image of published) warnOfEvidence(image, ports)
  for (const note of published.flatMap(({notes}) => notes)) ports.reporter.warning(note)
  const views = published.map(releaseView)
  logMerge(views, given['dry-run'], ports.reporter)
  ports.reporter.summary(mergeSummary(views, given['dry-run']))
  const outputs = {
    ...mergeOutputs(views),
    'release-artifact': ['release', ...(given.plan === undefined ? [] : [given.plan.id])].join('-'),
    journal: registries.journal.text,
    metrics: metrics.length === 0 ? '' : JSON.stringify(metrics)
  }
  if (!given['dry-run']) await finishEvidence(evidence, published.map(releasedImage), outputs)
  reportEvidence(evidence.view(), ports.reporter)
  if (!given['dry-run'] && given['metrics-history'] !== 'false' && metrics.length > 0) {
    const {keepReleaseMetrics} = await import('./keep-metrics.js')
    const clientOf = (repository: Repository) => registries.working.repository(repository, 'pull,push')
    await keepReleaseMetrics(published, {
      metrics,
      facts: release.facts,
      clientOf,
      mayTag: given['metrics-history'] === 'true',
      reporter: ports.reporter
    })
  }
  return {...outputs, ...evidenceOutputs(evidence.view())}
}

/** What is asked about: each repository with the tags that are to point at the release. */
function tagLines({publications}: Release): string[] {
  return publications.flatMap(({repositories, tags}) =>
    repositories.map(one => `${formatRepository(one)}: ${tags.map(({name}) => name).join(', ')}`)
  )
}

/** Where there is nothing to do before the tags move, nothing waits for it. */
function beforeTagsOf({beforeTags}: ReleaseEvidence): Pick<Release, 'beforeTags'> {
  if (beforeTags === undefined) return {}
  return {beforeTags: async images => await beforeTags(images.map(releasedImage))}
}

function releasedImage({publication, index, children, moves}: PublishedIndex): ReleasedImage {
  return {
    repositories: publication.repositories,
    digest: index.digest,
    children: children.map(({descriptor}) => descriptor.digest),
    tag: moves.find(({decision}) => decision.action !== 'keep')?.tag.name
  }
}

/** Attestations of BuildKit are found through the index: without one they stay where they are, and nobody finds them. */
function warnOfEvidence({publication, index, children}: PublishedIndex, {reporter}: Ports): void {
  const [child] = children
  if (child?.descriptor.digest === index.digest && child.attestations.length > 0)
    reporter.warning(
      `${publication.target}: its tags point at the image itself, so that its attestations cannot be found`
    )
}

async function plannedRelease(given: Inputs, planned: Plan, ports: Ports): Promise<Release> {
  const issues = plainInputs(given).map(input => ({
    input,
    message: 'is decided by the plan; give either a plan or this'
  }))
  if (issues.length > 0) throw new InputError(issues)
  if (!planned.push)
    throw new ReleaseError(
      'PLAN_INVALID',
      `the plan for ${planned.source.event} builds only; there is nothing to publish`,
      {
        hint: "Run this step only where compute-tags' output push is true."
      }
    )
  const records = await findRecords(given, planned, ports)
  const publications = joinRecords(planned, records).map(publication => withAnnotations(publication, given))
  return releaseOf(given, publications, factsOfPlan(planned))
}

function plainInputs(given: Inputs): string[] {
  const names = ['images', 'tags', 'digests', 'platforms', 'digests-artifacts'] as const
  return names.filter(name => (given[name]?.length ?? 0) > 0)
}

async function plainRelease(given: Inputs, ports: Ports): Promise<Release> {
  const digests = [...new Set([...given.digests, ...(await findDigests(given, ports))])]
  const wanted = ['images', 'tags', 'digests'] as const
  const missing = wanted.filter(name => (name === 'digests' ? digests : given[name]).length === 0)
  if (missing.length > 0) throw new InputError(missing.map(missingInput))
  const publication: PlannedImage = {
    target: 'image',
    repositories: given.images,
    // Whoever names tags by hand decides; there is nothing to compare them with.
    tags: given.tags.map(name => ({name, class: 'moving'})),
    builds: digests.map(digest => ({digest})),
    annotations: {}
  }
  return releaseOf(given, [withAnnotations(publication, given)], {})
}

function missingInput(input: string): InputIssue {
  return {input, message: 'is required without a plan'}
}

function releaseOf(given: Inputs, publications: readonly PlannedImage[], facts: Release['facts']): Release {
  const {'allow-backward': allowBackward, 'dry-run': isDry, platforms} = given
  return {
    publications,
    facts,
    allowBackward,
    singlePlatform: given['single-platform'],
    dryRun: isDry,
    ...(platforms.length === 0 ? {} : {platforms: platforms.map(formatPlatform)})
  }
}

function withAnnotations(publication: PlannedImage, given: Inputs): PlannedImage {
  return {...publication, annotations: {...publication.annotations, ...Object.fromEntries(given.annotations)}}
}
