import type {PlannedVersion} from './policy/cleanup-plan.js'
import {freedSpace, tagsGone} from './cleanup-summary.js'
import type {CleanupOverview, CleanupView} from './cleanup-result.js'

/** GitHub takes outputs up to 1 MB, counted in UTF-16. */
const MAX_OUTPUT = 400_000

/** Everything of a clean-up, for programs: times as ISO 8601, sizes in bytes. */
export function cleanupReport({views, caches, unmatched, isDry}: CleanupOverview): string {
  return JSON.stringify([
    ...views.map(view => viewReport(view, isDry)),
    ...(unmatched.length === 0 ? [] : [{unmatched}]),
    ...(caches.length === 0 ? [] : [{caches: caches.map(cache => ({...cache, used: isoTime(cache.used)}))}])
  ])
}

/** The report, or its counts where it is longer than an output may be: the whole stands in a file. */
export function boundedReport(overview: CleanupOverview, whole = cleanupReport(overview)): string {
  if (whole.length <= MAX_OUTPUT) return whole
  return JSON.stringify(
    overview.views.map(view => ({
      image: view.image,
      isShortened: true,
      deletes: view.plan.waves.flat().length,
      total: view.plan.total,
      ...freedSpace(view.plan)
    }))
  )
}

function viewReport({image, plan, refusal, undeleted}: CleanupView, isDry: boolean): unknown {
  return {
    image,
    // What is planned is what would go.
    ...(isDry ? {isDry} : {}),
    ...(refusal === undefined ? {} : {unsupported: refusal}),
    plan: {
      tags: plan.tags,
      manifests: plan.waves.flat().map(versionReport),
      kept: plan.kept.map(versionReport),
      tagsGone: tagsGone(plan)
    },
    undeleted,
    total: plan.total,
    frees: freedSpace(plan)
  }
}

/** `created` is what the image says of itself; how long it is here is at `pushed`, `modified`, `seen` or `cached`. */
function versionReport({time, timeKind, created, ...version}: PlannedVersion): unknown {
  return {
    ...version,
    ...(time === undefined || timeKind === undefined ? {} : {[timeKind]: isoTime(time)}),
    ...(created === undefined ? {} : {created: isoTime(created)})
  }
}

function isoTime(time: number): string {
  return new Date(time).toISOString()
}
