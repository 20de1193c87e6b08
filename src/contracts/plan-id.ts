import {createHash} from 'node:crypto'
import {CREATED} from '../oci/annotations.js'
import type {Plan, PlannedBuild, PlannedTarget} from './plan.js'

/** A target before its builds have names for their records. */
export type DraftTarget = Omit<PlannedTarget, 'builds'> & {
  readonly builds: readonly Omit<PlannedBuild, 'record'>[]
}

/** Of a plan, what its id is made of. */
export type PlanContent = Pick<Plan, 'source' | 'version' | 'push'> & {
  readonly targets: readonly DraftTarget[]
}

/** Hex digits: no two of the few plans of one run are ever the same by chance. */
const ID_LENGTH = 12

/**
 * The id of a plan: the same for the same images, tags, commit, version, contexts, files, stages, arguments, labels and
 * platforms, and another for any other. The time of the run, runners, notes and what registries said do not count, so that
 * another attempt of a run makes the same plan.
 * @returns 12 hex digits
 */
export function planId({source, version, push, targets}: PlanContent): string {
  const content = [
    source.repository,
    source.revision,
    version ?? null,
    push,
    targets.map(target => [
      target.name,
      target.images,
      target.tags.map(tag => [tag.name, tag.class]),
      target.builds.map(build => build.platform),
      entriesOf(target.labels),
      entriesOf(target.annotations),
      entriesOf(target.variant ?? {}),
      buildOf(target)
    ])
  ]
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, ID_LENGTH)
}

function buildOf({build = {}}: Pick<PlannedTarget, 'build'>): readonly unknown[] {
  const {context, file, target, args} = build
  return [context ?? null, file ?? null, target ?? null, args ?? []]
}

/** Sorted, and without the date of the commit: where that is not known, it is the time of the run. */
function entriesOf(entries: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  return Object.entries(entries)
    .filter(([key]) => key !== CREATED)
    .sort(([a], [b]) => (a < b ? -1 : 1))
}
