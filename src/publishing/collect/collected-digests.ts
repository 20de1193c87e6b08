import {InputError, ReleaseError, messageOf} from '../../errors.js'
import {type InputValues, choice, linesTo, text} from '../../command/input.js'
import {matchesPattern} from '../../patterns/name-pattern.js'
import type {Digest} from '../../oci/digest.js'
import type {BuildMetrics} from '../../contracts/metrics.js'
import {parseMetrics} from '../../contracts/metrics-document.js'
import type {Plan} from '../../contracts/plan.js'
import type {Ports} from '../../ports.js'
import {readDigestFiles} from '../decide/digest-files.js'
import {recordNames} from '../decide/publication-plan.js'
import {parseRecordLines} from '../../building/record-lines.js'

/** Where digests come from beside the records that a plan names: inputs of merge-manifest. */
export const recordInputs = {
  records: linesTo<ReadonlyMap<string, Uint8Array>>(
    {
      summary:
        'Digest records that came as outputs of jobs: lines NAME=sha256:…, or toJSON(needs). Records given here are not looked for elsewhere.',
      placeholder: 'NAME=DIGEST'
    },
    parseRecordLines,
    new Map()
  ),
  'digests-artifacts': text({
    summary:
      'Artifacts of this run that hold empty files named by the digests to join, for use without a plan, for example digests-*.',
    placeholder: 'PATTERN'
  }),
  'metrics-artifacts': text({
    summary:
      'Artifacts of this run with metrics of its builds, to output as one list, for example metrics-*.',
    placeholder: 'PATTERN'
  }),
  'metrics-history': choice(['auto', 'true', 'false'], {
    summary:
      'Keep these metrics beside each index, too, with the numbers of the releases before: report draws them, and builds with keep-metrics compare themselves. auto: on registries with the API for referrers, where they need no tag; true: on every registry, with a tag sha256-… where there is no such API, as on GHCR and Docker Hub.',
    default: 'auto'
  })
}

/** What these inputs say. */
export type RecordInputs = InputValues<typeof recordInputs>

/**
 * The records that a plan names: from the outputs of jobs where they were given, else from where the build jobs left
 * them. Nothing is asked of the artifact service where all of them were given.
 * @throws ReleaseError ARTIFACT_FAILED where others are needed, and cannot be had
 */
export async function findRecords(
  {records}: RecordInputs,
  plan: Plan,
  {digests}: Pick<Ports, 'digests'>
): Promise<ReadonlyMap<string, Uint8Array>> {
  const missing = recordNames(plan).filter(name => !records.has(name))
  const found = missing.length === 0 ? new Map<string, Uint8Array>() : await digests.load(missing, plan.id)
  return new Map([...found, ...records])
}

/**
 * The digests that artifacts of this run hand over.
 * @throws InputError where no artifact has such a name; ReleaseError RECORD_INVALID, ARTIFACT_FAILED
 */
export async function findDigests(
  {'digests-artifacts': pattern}: RecordInputs,
  ports: Pick<Ports, 'artifacts'>
): Promise<Digest[]> {
  if (pattern === undefined) return []
  const found = await loadAll('digests-artifacts', pattern, ports)
  const digests = found.flatMap(({name, files}) => readDigestFiles(name, files))
  return [...new Set(digests)]
}

/**
 * The metrics that builds of this run kept, for notes on a release. Where they cannot be had, that is a warning.
 */
export async function findMetrics(
  {'metrics-artifacts': pattern}: RecordInputs,
  ports: Pick<Ports, 'artifacts' | 'reporter'>
): Promise<BuildMetrics[]> {
  if (pattern === undefined) return []
  try {
    const found = await loadAll('metrics-artifacts', pattern, ports)
    return found.flatMap(({files}) =>
      files.flatMap(({bytes}) => parseMetrics(Buffer.from(bytes).toString('utf8')))
    )
  } catch (error) {
    // What a release tells of its builds is no reason not to publish it.
    ports.reporter.warning(`The metrics of the builds are left out: ${messageOf(error)}`)
    return []
  }
}

async function loadAll(input: string, pattern: string, {artifacts}: Pick<Ports, 'artifacts'>) {
  const names = (await artifacts.names()).filter(matchesPattern(pattern)).sort()
  if (names.length === 0)
    throw new InputError([{input, message: `this run has no artifact with a name like ${pattern}`}])
  return await Promise.all(
    names.map(async name => {
      const files = await artifacts.load(name)
      if (files !== undefined) return {name, files}
      throw new ReleaseError('RECORD_MISSING', `artifact ${name} was there, and is not any more`)
    })
  )
}
