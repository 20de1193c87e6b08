import {type Descriptor, descriptorOf} from '../oci/manifest.js'
import {formatPlatform} from '../oci/platform.js'
import {formatReference, formatRepository} from '../oci/reference.js'
import {recordOutputs} from './record-lines.js'
import {metricColumns, metricsParts} from './metrics/metrics-table.js'
import {formatSeconds, formatSize} from '../shared/format.js'
import {type Markdown, code, fence, joined, markdownTable, prose, words} from '../shared/markdown.js'
import type {ExcusedFinding} from '../checks/scan/scan-count.js'
import type {TierUse} from './builders/cache-tiers-log.js'
import type {BuildView} from './build-result.js'

/** The outputs of build-by-digest for all platforms that it built: one a line, in their order. */
export function buildOutputs(views: readonly BuildView[]) {
  const outputs = views.map(outputsOf)
  const lines = (of: (one: ReturnType<typeof outputsOf>) => string): string =>
    outputs.map(of).filter(Boolean).join('\n')
  return {
    digest: lines(({digest}) => digest),
    imageid: lines(({imageid}) => imageid),
    record: lines(({record}) => record),
    images: lines(one => one.images),
    metadata: documentOf(outputs.map(({metadata}) => metadata)),
    fingerprint: lines(one => one.fingerprint),
    sarif: lines(one => one.sarif),
    vulnerabilities: lines(one => one.vulnerabilities),
    sboms: lines(one => one.sboms),
    metrics: documentOf(views.flatMap(({metrics}) => metrics ?? [])),
    ...recordOutputs(views.filter(({job}) => job.push).map(({job, root}) => ({job, digest: root.digest})))
  }
}

/** One document as it is; several as a list. */
function documentOf(documents: readonly object[]): string {
  const [first, ...others] = documents
  return first === undefined ? '' : JSON.stringify(others.length === 0 ? first : documents)
}

function outputsOf(view: BuildView) {
  const {job, root, configDigest, passed} = view
  return {
    digest: root.digest,
    imageid: configDigest,
    record: job.push ? job.record : '',
    images: references(view).join('\n'),
    metadata: metadataOf(view),
    fingerprint: passed?.fingerprint ?? '',
    sarif: passed?.scan?.report ?? '',
    vulnerabilities: passed?.scan === undefined ? '' : JSON.stringify(passed.scan.counts),
    sboms: passed?.sboms.join('\n') ?? ''
  }
}

/** The same keys as the output `metadata` of build-push-action. */
function metadataOf({job, root, configDigest}: BuildView): Record<string, unknown> {
  const descriptor: Descriptor = {...descriptorOf(root), platform: {...job.platform}}
  return {
    'containerimage.config.digest': configDigest,
    'containerimage.descriptor': descriptor,
    'containerimage.digest': root.digest,
    ...(job.push ? {'image.name': job.repositories.map(formatRepository).join(',')} : {})
  }
}

/** The lines of the log. */
export function buildLines(view: BuildView): string[] {
  const pushes = view.pushes.map(
    ({repository, uploaded, skipped, milliseconds}) =>
      `  ${formatReference(repository, view.root.digest)}: ${formatSize(uploaded)} sent, ${formatSize(skipped)} already present, ${formatSeconds(milliseconds)}`
  )
  return [`${titleOf(view)}: ${view.root.digest} (${formatSize(sizeOf(view))})`, ...pushes]
}

/** The section of the job summary: the image, what each registry got, and ready pull commands. */
export function buildSummary(view: BuildView): Markdown {
  return joined([
    prose`## Build of ${words(titleOf(view))}`,
    imageTable(view),
    ...(view.job.push ? pushParts(view) : [prose`The plan builds only: nothing was pushed or handed over.`]),
    ...(view.metrics === undefined ? [] : metricsParts(view.metrics, view.growth)),
    ...cacheParts(view.cacheTiers ?? []),
    ...excusedParts(view.passed?.scan?.excused ?? [])
  ])
}

function cacheParts(tiers: readonly TierUse[]): Markdown[] {
  const rows = tiers.map(use => [
    code(use.tier),
    words(use.direction),
    words(outcomeOf(use)),
    words(use.steps === undefined ? NOT_TOLD : String(use.steps)),
    words(use.bytes === undefined ? NOT_TOLD : formatSize(use.bytes)),
    words(use.milliseconds === undefined ? NOT_TOLD : formatSeconds(use.milliseconds))
  ])
  return rows.length === 0
    ? []
    : [markdownTable(['Cache', '', 'What came of it', 'Steps', 'Bytes', 'Time'], rows)]
}

/** What the builder does not say. */
const NOT_TOLD = '–'

function outcomeOf({fault, isEmpty, isUntold, layers, steps, direction, isTogether}: TierUse): string {
  if (fault !== undefined) return isEmpty ? 'nothing there yet' : fault
  if (isUntold === true) return 'not told'
  if (isTogether === true) return 'together'
  if (layers !== undefined) return `${layers.length} layers`
  if (direction === 'written') return steps === 0 ? 'nothing new' : 'steps kept'
  return steps === 0 ? 'nothing of use' : 'found'
}

/** How many findings are named; the log names all. */
const MOST_EXCUSED = 50

function excusedParts(excused: readonly ExcusedFinding[]): Markdown[] {
  if (excused.length === 0) return []
  const rows = excused
    .slice(0, MOST_EXCUSED)
    .map(({id, status, reason, file}) => [
      code(id),
      words(status.replaceAll('_', ' ')),
      words(reason),
      code(file)
    ])
  return [
    prose`**Not counted by VEX:** ${words(String(excused.length))}`,
    markdownTable(['Finding', 'Status', 'Justification', 'Document'], rows)
  ]
}

/** Digests have lines of their own: two of them in a row of a table are wider than the page. */
function imageTable(view: BuildView): Markdown {
  const {job, root, image, configDigest, builder, buildMilliseconds} = view
  const more = view.metrics === undefined ? [] : metricColumns(view.metrics)
  const head = ['Platform', 'Size', 'Layers', 'Builder', 'Time', ...more.map(([title]) => title)]
  const row = [
    formatPlatform(job.platform),
    formatSize(sizeOf(view)),
    String(image.layers.length),
    builder,
    formatSeconds(buildMilliseconds),
    ...more.map(([, cell]) => cell)
  ]
  return joined([
    prose`Image ${code(root.digest)}<br>config ${code(configDigest)}`,
    markdownTable(head, [row.map(words)])
  ])
}

function pushParts(view: BuildView): Markdown[] {
  const rows = view.pushes.map(({repository, uploaded, skipped, milliseconds}) => [
    code(formatRepository(repository)),
    words(formatSize(uploaded)),
    words(formatSize(skipped)),
    words(formatSeconds(milliseconds))
  ])
  return [
    markdownTable(['Repository', 'Sent', 'Already there', 'Time'], rows),
    prose`No tag was made. Saved the digest as ${code(view.job.record)}.`,
    prose`**Pull**`,
    fence(
      'sh',
      references(view)
        .map(reference => `docker pull ${reference}`)
        .join('\n')
    )
  ]
}

function titleOf({job}: BuildView): string {
  const platform = formatPlatform(job.platform)
  return job.target === undefined ? platform : `${job.target}, ${platform}`
}

function references({job, root}: BuildView): string[] {
  return job.repositories.map(repository => formatReference(repository, root.digest))
}

/** What a pull fetches, at most: config and layers. */
function sizeOf({image}: BuildView): number {
  return [...(image.config ? [image.config] : []), ...image.layers].reduce((sum, {size}) => sum + size, 0)
}
