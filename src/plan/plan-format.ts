import type {Plan, PlannedTarget} from './plan.js'

/**
 * A plan as JSON on one line: equal plans give equal bytes, whatever order their fields were put together in.
 * `parsePlan` reads it.
 */
export function formatPlan(plan: Plan): string {
  const {schema, source, version, push, targets, notes} = plan
  const {event, ref, revision, created, repository} = source
  return JSON.stringify({
    schema,
    source: {event, ref, revision, created, repository},
    ...(version === undefined ? {} : {version}),
    push,
    targets: targets.map(orderTarget),
    notes
  })
}

function orderTarget({name, images, tags, builds, labels, annotations}: PlannedTarget): PlannedTarget {
  return {
    name,
    images,
    tags: tags.map(tag => ({name: tag.name, class: tag.class, rule: tag.rule})),
    builds: builds.map(({platform, runner, record}) => ({platform, runner, record})),
    labels: sortKeys(labels),
    annotations: sortKeys(annotations)
  }
}

function sortKeys(entries: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1)))
}
