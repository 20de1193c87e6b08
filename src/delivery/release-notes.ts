import {InputError, ReleaseError} from '../errors.js'
import {type InputValues, choice, json, parsed, required, text} from '../command/input.js'
import {type Digest, parseDigest} from '../oci/digest.js'
import {formatReference, parseReference, parseRepository} from '../oci/reference.js'
import type {BuildMetrics} from '../contracts/metrics.js'
import {parseMetrics} from '../contracts/metrics-document.js'
import type {ReleaseDocument} from '../contracts/release-document.js'
import {parseVerification, unverifiedTags} from '../contracts/verification-document.js'
import type {Ports} from '../ports.js'
import type {Registries} from '../registry/client/registries.js'
import {prose} from '../shared/markdown.js'
import {type NotedImage, releaseNotes} from './notes/notes-body.js'
import {verifyCommands} from '../signing/verify-commands.js'
import {findGithubAttestations} from './notes/github-attestations.js'
import {type PublishedEvidence, findEvidence} from '../signing/published-evidence.js'
import {readPublishedImage} from './notes/published-image.js'
import {type Patience, patienceOf} from '../registry/client/patience.js'
import {verifyTags} from '../publishing/verify/verification.js'
import type {WorkflowRun} from '../contracts/workflow-run.js'
import {command} from '../command/command.js'
import {githubRepository, githubToken} from '../github/github-inputs.js'
import {openRegistries} from '../registry/open-registries.js'
import {insecure, registryCredentials} from '../registry/registry-inputs.js'
import {config, dryRun, releaseInput, wait} from '../command/shared-inputs.js'
import {expectationsOfTarget} from '../publishing/verify-release.js'
import {writeNotes} from './notes/write-notes.js'

const inputs = {
  release: required(releaseInput),
  report: json(
    {
      summary:
        'What verify-release gave out as report. Without it every tag is verified here, as verify-release does.',
      placeholder: 'JSON|FILE'
    },
    parseVerification
  ),
  metrics: json(
    {
      summary: 'What merge-manifest gave out as metrics: adds how long the builds took.',
      placeholder: 'JSON|FILE'
    },
    parseMetrics
  ),
  'write-to': choice(['github-release', 'file'], {
    summary:
      'Where the notes go, beside the outputs and the job summary: the release on GitHub, or nowhere else.',
    default: 'github-release'
  }),
  'git-tag': text({
    summary: 'The Git tag whose release on GitHub is written to; by default the one that is released.',
    placeholder: 'TAG'
  }),
  section: parsed(
    {
      summary: 'The name of the section, where several jobs write to one release: each replaces its own.',
      placeholder: 'NAME',
      default: 'images'
    },
    parseSection
  ),
  title: text({summary: 'The heading of the section.', default: 'Container images'}),
  'create-release': choice(['never', 'draft', 'published'], {
    summary:
      'What happens where the Git tag has no release on GitHub yet: never fails, the others make one for a Git tag that is at the released commit.',
    default: 'never'
  }),
  'cosign-key': text({
    summary: 'The public key that verify commands name, for images that are signed with a key.',
    placeholder: 'FILE|URL',
    default: 'cosign.pub'
  }),
  wait,
  'github-repository': githubRepository,
  'github-token': githubToken,
  insecure,
  config,
  'registry-credentials': registryCredentials,
  'dry-run': dryRun
}

type NotesInputs = InputValues<typeof inputs>

/** Tells the users of a release how to pull and verify it, when all of it is published. */
export const releaseNotesCommand = command({
  name: 'release-notes',
  summary: 'Write how to pull and verify a published release into its notes on GitHub.',
  description:
    'Reads the published images back from their registries, and writes pull commands by tag and by digest, the digest and size of every platform, and how to verify signatures and attestations into a section of its own between two marks. What others wrote into the notes stays as it is, and the same release always gives the same section. Nothing is written unless every tag of the release is verified.',
  settings: 'section',
  inputs,
  outputs: {
    notes: 'The section, as GitHub Markdown.',
    'notes-file': 'The path of a file that holds it.',
    url: 'The page of the release on GitHub; empty where the notes go to a file only.',
    change: 'What became of the notes on GitHub: none, changed or created.'
  },
  examples: [
    {
      line: 'image-release release-notes --release release.json',
      remark: 'Add the images to the release on GitHub that semantic-release or a person made'
    },
    {
      line: 'image-release release-notes --release release.json --write-to file --output notes > notes.md',
      remark: 'Only write the notes, for a release that is somewhere else'
    },
    {
      line: 'image-release release-notes --release api.json --section api --title "API images" --create-release published',
      remark: 'One of several services, each with a section of its own'
    }
  ],
  async run(given, ports) {
    const registries = openRegistries(given, ports)
    await assertVerified(given, registries, patienceOf(given, ports))
    const run = await runOf(given, ports)
    const surroundings = surroundingsOf(given, run, {registries, ports})
    const images = await Promise.all(
      given.release.targets.map(async target => await imageOf(target, surroundings))
    )
    const texts = releaseNotes(images, {title: given.title ?? '', source: run?.source.url})
    const [notes = prose``] = texts
    const file = await ports.saveText('release-notes.md', `${notes}\n`)
    ports.reporter.summary(notes)
    const revision = images.find(image => image.revision !== undefined)?.revision
    const written = await writeNotes(texts, given, {run, ports, revision})
    return {notes, 'notes-file': file, ...written}
  }
})

/** Where notes go to a file only, they may be written where no work tree is: nothing but links needs to know the run. */
async function runOf(given: NotesInputs, ports: Ports): Promise<WorkflowRun | undefined> {
  if (given['write-to'] === 'github-release') return await ports.workflowRun()
  try {
    return await ports.workflowRun()
  } catch (error) {
    if (error instanceof InputError) return undefined
    throw error
  }
}

/** @throws ReleaseError VERIFY_FAILED with every tag that is not as it should be: nothing is told of half a release */
async function assertVerified(given: NotesInputs, registries: Registries, patience: Patience): Promise<void> {
  const expectations = given.release.targets.flatMap(target => expectationsOfTarget(target, registries))
  const found = given.report ?? (await verifyTags(expectations, patience))
  const faults = unverifiedTags(given.release, found)
  if (faults.length === 0) return
  throw new ReleaseError('VERIFY_FAILED', `the release is not as it should be:\n  ${faults.join('\n  ')}`, {
    hint: 'The notes were left alone. Run merge-manifest again with the same inputs, then verify-release.'
  })
}

interface Surroundings {
  readonly registries: Registries
  readonly given: NotesInputs
  /** `owner/name` */
  readonly source: string
  readonly attestationsOn: (digest: Digest) => Promise<readonly (PublishedEvidence & {isOnGithub: true})[]>
}

function surroundingsOf(
  given: NotesInputs,
  run: WorkflowRun | undefined,
  {registries, ports}: {readonly registries: Registries; readonly ports: Ports}
): Surroundings {
  const source = given['github-repository'] ?? run?.source.fullName ?? ''
  const isAsking = given['write-to'] === 'github-release' && source.includes('/')
  return {
    registries,
    given,
    source,
    attestationsOn: async digest =>
      isAsking ? await findGithubAttestations(ports.github(given['github-token']), source, digest) : []
  }
}

async function imageOf(
  target: ReleaseDocument['targets'][number],
  {registries, given, source, attestationsOn}: Surroundings
): Promise<NotedImage> {
  const digest = parseDigest(target.digest)
  const clients = target.images.map(image => registries.repository(parseRepository(image), 'pull'))
  const [first] = clients
  if (first === undefined) throw new ReleaseError('PLAN_INVALID', `${target.target} has no images`)
  const [content, attestations] = await Promise.all([
    readPublishedImage(first, digest),
    attestationsOn(digest)
  ])
  const verify = await Promise.all(
    clients.map(async client =>
      verifyCommands({
        reference: formatReference(client.repository, digest),
        source,
        key: given['cosign-key'] ?? '',
        evidence: [...(await findEvidence(client, digest)), ...attestations],
        isAttested: content.isAttested
      })
    )
  )
  return {
    ...content,
    target: target.target,
    digest,
    repositories: target.images,
    tags: tagsOf(target),
    buildTime: longestBuild(target.target, given.metrics ?? []),
    verify: verify.flat()
  }
}

/** Platforms are built side by side: the slowest is what one waits for. */
function longestBuild(target: string, metrics: readonly BuildMetrics[]): number | undefined {
  const times = metrics.filter(one => one.target === target).map(({buildTime}) => buildTime)
  return times.length === 0 ? undefined : Math.max(...times)
}

function tagsOf({tags}: ReleaseDocument['targets'][number]): string[] {
  return tags
    .filter(({state}) => state !== 'kept')
    .flatMap(({reference}) => (parseReference(reference).tag === undefined ? [] : [reference]))
}

/** Two dashes may not stand in a comment of HTML, which the marks are. */
function parseSection(value: string): string {
  if (/^[A-Za-z0-9](?:[._-]?[A-Za-z0-9])*$/.test(value)) return value
  throw new ReleaseError(
    'INPUT_INVALID',
    `${JSON.stringify(value)} is not the name of a section: letters and digits, with single ".", "_" or "-" between them`
  )
}
