import type {CleanupDocument} from '../contracts/cleanup-document.js'
import type {JournalDocument} from '../contracts/journal-document.js'
import type {BuildMetrics} from '../contracts/metrics.js'
import type {StepTimes} from '../contracts/step-times.js'
import type {Plan, PlannedTarget} from '../contracts/plan.js'
import {type ReleaseNumbers, releasesOf} from '../contracts/release-history.js'
import type {ReleaseDocument} from '../contracts/release-document.js'
import type {VerificationDocument} from '../contracts/verification-document.js'
import {type VerifiedCheck, nameOfCheck} from '../contracts/verified-check.js'
import {LayerTable} from './layer-table.js'
import {layerGrowth} from './layer-growth.js'
import type {TargetLook} from './looks.js'
import {findingsInWords, joinReleases, releaseOfBuilds, reportBuild} from './report-builds.js'
import {
  REPORT_SCHEMA,
  type ReportCheck,
  type ReportCleanup,
  type ReportData,
  type ReportPlatform,
  type ReportTag,
  type ReportTarget
} from './report-data.js'

/** All that a report is made of: documents of a release, and what the registries were seen to have. */
export interface ReportSources {
  readonly made: string
  readonly program: string
  readonly plan?: Plan | undefined
  readonly release?: ReleaseDocument | undefined
  readonly verification?: VerificationDocument | undefined
  readonly checks?: readonly VerifiedCheck[] | undefined
  readonly journal?: JournalDocument | undefined
  readonly metrics?: readonly BuildMetrics[] | undefined
  readonly times?: readonly StepTimes[] | undefined
  readonly cleanup?: CleanupDocument | undefined
  readonly looks: readonly TargetLook[]
  /** Releases before this one, from the oldest on. */
  readonly history: readonly ReleaseNumbers[]
  readonly notes: readonly string[]
}

type ReleasedTarget = ReleaseDocument['targets'][number]

/** Makes the report. Nothing is asked here, and nothing is left out silently. */
export function makeReport(sources: ReportSources): ReportData {
  const {plan, cleanup, looks} = sources
  const metrics = metricsOf(sources)
  const table = new LayerTable()
  const targets = targetsOf(sources, table)
  const version = plan?.version ?? sources.journal?.version
  const own = looks.find(({history}) => history !== undefined)?.history
  const now = releaseOfBuilds(
    version ?? own?.name ?? 'this release',
    plan?.source.created ?? own?.created,
    metrics
  )
  return {
    schema: REPORT_SCHEMA,
    made: sources.made,
    program: sources.program,
    ...(plan === undefined ? {} : {source: plan.source}),
    ...(version === undefined ? {} : {version}),
    targets,
    layers: table.layers,
    builds: metrics.map(reportBuild),
    steps: [...(sources.times ?? [])].sort((a, b) => Date.parse(a.began) - Date.parse(b.began)),
    checks: checksOf({...sources, metrics}),
    ...(cleanup === undefined ? {} : {cleanup: cleanup.flatMap(cleanupOf)}),
    history: historyOf(sources, metrics.length === 0 ? [] : [now]),
    notes: [...(plan?.notes ?? []), ...sources.notes, ...looks.flatMap(({notes}) => notes)]
  }
}

/** Where no document has them, what stands beside the images does. */
function metricsOf({metrics, looks}: ReportSources): readonly BuildMetrics[] {
  return metrics ?? looks.flatMap(({history}) => history?.builds ?? [])
}

/** What was given as the release before counts more than what the registries know. */
function historyOf({history, looks}: ReportSources, now: readonly ReleaseNumbers[]): ReleaseNumbers[] {
  if (history.length > 0) return [...history, ...now]
  const known = joinReleases(
    looks.flatMap(look =>
      look.history === undefined
        ? look.historyBefore === undefined
          ? []
          : releasesOf(look.historyBefore)
        : look.history.earlier
    )
  )
  return [...known.filter(({name}) => name !== now[0]?.name), ...now]
}

function targetsOf({plan, release, looks, journal}: ReportSources, table: LayerTable): ReportTarget[] {
  if (release !== undefined)
    return release.targets.map(target => {
      const planned = plan?.targets.find(({name}) => name === target.target)
      const look = looks.find(one => one.target === target.target)
      return releasedTarget(target, {planned, look, journal, table})
    })
  return (plan?.targets ?? []).map(plannedTarget)
}

/** What was planned and not published, or not yet. */
function plannedTarget({name, images, tags, builds}: PlannedTarget): ReportTarget {
  return {
    name,
    images,
    tags: images.flatMap(image =>
      tags.map(tag => ({reference: `${image}:${tag.name}`, class: tag.class, state: 'planned' as const}))
    ),
    platforms: builds.map(({platform}) => ({platform, layers: [], grew: []})),
    attachments: [],
    packages: []
  }
}

interface Surroundings {
  readonly planned: PlannedTarget | undefined
  readonly look: TargetLook | undefined
  readonly journal: JournalDocument | undefined
  readonly table: LayerTable
}

function releasedTarget(target: ReleasedTarget, {planned, look, journal, table}: Surroundings): ReportTarget {
  const before = look?.before
  return {
    name: target.target,
    digest: target.digest,
    images: target.images,
    tags: target.tags.map(tag => tagOf(tag, target, {planned, look, journal})),
    platforms:
      look?.image === undefined
        ? target.platforms.map(platform => ({platform, layers: [], grew: []}))
        : look.image.platforms.map(platform => platformOf(platform, look, table)),
    attachments: (look?.image?.attachments ?? []).map(({kind, type, digest, of}) => ({
      kind,
      type,
      digest,
      of
    })),
    ...(before === undefined
      ? {}
      : {
          before: {
            digest: before.digest,
            ...(before.version === undefined ? {} : {version: before.version}),
            platforms: before.platforms.map(({platform, digest, size, layers}) => ({
              platform,
              digest,
              size,
              layers: table.placesOf({layers})
            }))
          }
        }),
    packages: look?.packages ?? []
  }
}

function tagOf(
  {reference, state, before}: ReleasedTarget['tags'][number],
  {digest}: ReleasedTarget,
  {planned, look, journal}: Omit<Surroundings, 'table'>
): ReportTag {
  const name = reference.slice(reference.lastIndexOf(':') + 1)
  const kind =
    planned?.tags.find(tag => tag.name === name)?.class ??
    journal?.tags.find(tag => tag.reference === reference)?.class
  const after = state === 'kept' ? before : digest
  const now = look?.tags.get(reference)
  return {
    reference,
    ...(kind === undefined ? {} : {class: kind}),
    state,
    ...(before === undefined ? {} : {before}),
    ...(after === undefined ? {} : {after}),
    ...(now === undefined || now === 'unknown' || now === (after ?? 'nothing') ? {} : {now})
  }
}

function platformOf(
  {platform, digest, size, layers}: NonNullable<TargetLook['image']>['platforms'][number],
  {before}: TargetLook,
  table: LayerTable
): ReportPlatform {
  const earlier = before?.platforms.find(one => one.platform === platform)
  return {
    platform,
    digest,
    size,
    layers: table.placesOf({layers}),
    grew: earlier === undefined ? [] : layerGrowth(earlier.layers, layers)
  }
}

function checksOf({verification = [], checks = [], metrics = []}: ReportSources): ReportCheck[] {
  return [
    ...verification.map(({reference, digest, faults, platforms, blobs}) => ({
      kind: 'tag' as const,
      subject: reference,
      evidence: [
        digest === undefined ? 'nothing there' : `points at ${digest}`,
        ...(platforms === undefined || platforms.length === 0 ? [] : [`has ${platforms.join(', ')}`]),
        ...(blobs === undefined || blobs === 0 ? [] : [`${blobs} blobs there`])
      ].join('; '),
      faults
    })),
    ...checks.map(check => ({
      kind: check.kind,
      subject: nameOfCheck(check),
      evidence: check.outcome,
      faults: check.faults
    })),
    ...metrics.flatMap(gatesOf)
  ]
}

/** What a build passed; of metrics of earlier versions only the scan is known. */
function gatesOf({target = 'image', platform, vulnerabilities, gates}: BuildMetrics): ReportCheck[] {
  const subject = `${target} ${platform}`
  if (gates !== undefined)
    return gates.map(({gate, evidence}) => ({kind: gate, subject, evidence, faults: []}))
  if (vulnerabilities === undefined) return []
  const evidence = `${vulnerabilities.scanner} found ${findingsInWords(vulnerabilities)}`
  return [{kind: 'scan', subject, evidence, faults: []}]
}

/** What a dry run, or one that was not allowed to delete, would have deleted is no part of a release. */
function cleanupOf({image, isDry = false, plan, frees}: CleanupDocument[number]): ReportCleanup[] {
  if (image === undefined || plan === undefined || isDry) return []
  return [
    {
      image,
      deleted: plan.manifests.map(({digest, tags, reason, size, wholeSize}) => {
        const bytes = wholeSize ?? size
        return {digest, tags, reason, ...(bytes === undefined ? {} : {size: bytes})}
      }),
      tags: plan.tags.map(({tag, reason}) => ({tag, reason})),
      kept: plan.kept.length,
      ...(frees?.bytes === undefined ? {} : {freed: frees.bytes})
    }
  ]
}
