import {InputError, ReleaseError} from '../errors.js'
import {type InputValues, flag, list} from '../command/input.js'
import {formatPlatform, parsePlatform} from '../oci/platform.js'
import {type Tag, formatReference, parseReference, parseRepository, parseTag} from '../oci/reference.js'
import type {ReleaseDocument} from '../contracts/release-document.js'
import type {Registries} from '../registry/client/registries.js'
import type {VerifiedCheck} from '../contracts/verified-check.js'
import {verifyJunit} from './verify/verify-junit.js'
import {verifySummary, verifyTable} from './verify/verify-summary.js'
import type {VerifiedTag} from './verify/verified-tag.js'
import {type SharedTag, disagreements} from './verify/tag-agreement.js'
import {type TagExpectation, verifyTags} from './verify/verification.js'
import {command} from '../command/command.js'
import {openRegistries} from '../registry/open-registries.js'
import {patienceOf} from '../registry/client/patience.js'
import {
  type CheckedImage,
  assertCheckInputs,
  verifyCheckInputs,
  runVerifyChecks
} from './verify/verify-checks.js'
import {insecure, registryCredentials} from '../registry/registry-inputs.js'
import {config, images, releaseInput, wait} from '../command/shared-inputs.js'

const inputs = {
  release: releaseInput,
  images,
  tags: list({summary: 'Tags, for use without a release.', placeholder: 'TAG'}, parseTag),
  platforms: list(
    {summary: 'Platforms that must be there, for use without a release.', placeholder: 'PLATFORM'},
    parsePlatform
  ),
  download: flag({
    summary: 'Fetch every layer whole and hash it, in place of asking only whether it is there.'
  }),
  ...verifyCheckInputs,
  wait,
  insecure,
  config,
  'registry-credentials': registryCredentials
}

type Inputs = InputValues<typeof inputs>

/** Reads what was released as one who pulls would. */
export const verifyRelease = command({
  name: 'verify-release',
  summary: 'Read every tag on every registry as one who pulls would, and fail where anything is missing.',
  description:
    'Each tag must point at the digest that was released, every platform must be there with a config that says the same platform, and every layer must be there with its size; with download its bytes are held against its digest. Tags that stayed where they were must point at the same in all registries. Nothing is written. The reports are given also where it fails.',
  settings: 'section',
  isTimed: true,
  documents: {outputs: ['report', 'checks'], place: 'report-artifact'},
  inputs,
  outputs: {
    verified: 'One REPOSITORY:TAG a line, for every tag that is as it should be.',
    report: 'JSON: what was found of every tag.',
    'report-artifact':
      'artifact:NAME, where report and checks are kept beside these outputs, also of a release that fails: the input report of release-notes takes it, too. Empty where nothing keeps it.',
    checks: 'JSON: what was found of every signature that was verified and every container that was started.',
    junit: 'All of it as JUnit XML, a case for each tag, signature and container.'
  },
  lists: ['verified'],
  examples: [
    {
      line: 'image-release verify-release --release release.json',
      remark: 'Verify what merge-manifest published'
    },
    {
      line: 'image-release verify-release --images ghcr.io/o/app --tags latest --platforms linux/amd64,linux/arm64',
      remark: 'Verify by hand'
    },
    {
      line: 'image-release verify-release --release release.json --download --output junit > verify.xml',
      remark: 'Verify every byte, and keep a report for a CI system'
    },
    {
      line: 'image-release verify-release --release release.json --cosign-key cosign.pub --start',
      remark: 'Verify the signatures, too, and start a container of each platform'
    }
  ],
  async run(given, ports) {
    assertCheckInputs(given)
    const registries = openRegistries(given, ports)
    const patience = patienceOf(given, ports)
    const [verified, different] = await Promise.all([
      verifyTags(expectationsOf(given, registries), patience, given.download),
      disagreements(keptTags(given.release, registries), patience)
    ])
    const reports = [...verified, ...different]
    const checks = await runVerifyChecks(checkedImages(reports), given, registries, ports)
    for (const line of verifyTable(reports, checks)) ports.reporter.info(line)
    ports.reporter.summary(verifySummary(reports, checks))
    const faults = [...reports, ...checks].flatMap(({reference, faults: found}) =>
      found.map(fault => `${reference} ${fault}`)
    )
    if (faults.length > 0)
      throw new ReleaseError(
        'VERIFY_FAILED',
        `the release is not as it should be:\n  ${faults.join('\n  ')}`,
        {
          hint: different.length === 0 ? FINISH : `${FINISH} ${AGREE}`,
          outputs: outputsOf(reports, checks)
        }
      )
    return outputsOf(reports, checks)
  }
})

/** What tags were found to point at, each once. */
function checkedImages(reports: readonly VerifiedTag[]): CheckedImage[] {
  const images = reports.flatMap(({reference, digest}) =>
    digest === undefined ? [] : [{repository: parseReference(reference).repository, digest}]
  )
  const keyOf = ({repository, digest}: CheckedImage): string => formatReference(repository, digest)
  return [...new Map(images.map(image => [keyOf(image), image])).values()]
}

function outputsOf(reports: readonly VerifiedTag[], checks: readonly VerifiedCheck[]) {
  const sound = reports.filter(({faults}) => faults.length === 0)
  return {
    verified: sound.map(({reference}) => reference).join('\n'),
    report: JSON.stringify(reports),
    'report-artifact': 'report',
    checks: JSON.stringify(checks),
    junit: verifyJunit(reports, checks)
  }
}

function expectationsOf(given: Inputs, registries: Registries): TagExpectation[] {
  if (given.release !== undefined)
    return given.release.targets.flatMap(target => expectationsOfTarget(target, registries))
  const issues = (['images', 'tags'] as const).filter(name => given[name].length === 0)
  if (issues.length > 0)
    throw new InputError(issues.map(input => ({input, message: 'is required without a release'})))
  const platforms = given.platforms.map(formatPlatform)
  return given.images.flatMap(repository => {
    const client = registries.repository(repository, 'pull')
    return given.tags.map(tag => ({client, tag, platforms}))
  })
}

const FINISH = 'Run merge-manifest again with the same inputs: it finishes what is missing.'
const AGREE =
  'A tag that stayed where it was differs between registries: run the job of its newest release again, or put it back by rollback-release.'

/** Tags that stayed point at another release, which is the same in every repository. */
function keptTags(release: ReleaseDocument | undefined, registries: Registries): SharedTag[] {
  return (release?.targets ?? []).flatMap(({images: named, tags}) => {
    const kept = tags.filter(({state}) => state === 'kept')
    const clients = named.map(image => registries.repository(parseRepository(image), 'pull'))
    const names = [...new Set(kept.map(({reference}) => parseReference(reference).tag))]
    return names
      .filter(tag => tag !== undefined)
      .map(tag => ({tag, clients, unset: clients.map(({name}) => name).filter(isUnset(kept, tag))}))
  })
}

/** Where the release left a tag free, for what is newer is released there, its absence is as it should be. */
function isUnset(
  kept: ReleaseDocument['targets'][number]['tags'],
  tag: Tag
): (repository: string) => boolean {
  return repository =>
    kept.some(({reference, unset}) => unset === true && reference === `${repository}:${tag}`)
}

/** Tags that stayed where they were point at another release, which is not ours to judge. */
export function expectationsOfTarget(
  target: ReleaseDocument['targets'][number],
  registries: Registries
): TagExpectation[] {
  return target.tags
    .filter(({state}) => state !== 'kept')
    .flatMap(({reference}) => {
      const {repository, tag} = parseReference(reference)
      if (tag === undefined) return []
      const client = registries.repository(repository, 'pull')
      return [{client, tag, digest: target.digest, platforms: target.platforms}]
    })
}
