import type {BuildSettings, ExpectedMove, Plan, PlannedTag, PlannedTarget} from './plan.js'

/**
 * A plan as JSON on one line: equal plans give equal bytes, whatever order their fields were put together in.
 * `parsePlan` reads it.
 */
export function formatPlan(plan: Plan): string {
  const {schema, id, source, version, push, targets, notes} = plan
  const {event, ref, revision, created, repository} = source
  return JSON.stringify({
    schema,
    id,
    source: {event, ref, revision, created, repository},
    ...(version === undefined ? {} : {version}),
    push,
    targets: targets.map(orderTarget),
    notes
  })
}

function orderTarget(target: PlannedTarget): PlannedTarget {
  const {name, images, tags, builds, labels, annotations, variant, build} = target
  return {
    name,
    images,
    tags: tags.map(orderTag),
    builds: builds.map(({platform, runner, record}) => ({platform, runner, record})),
    labels: sortKeys(labels),
    annotations: sortKeys(annotations),
    ...(variant === undefined ? {} : {variant}),
    ...(build === undefined ? {} : {build: orderBuild(build)})
  }
}

function orderTag({name, class: tagClass, rule, newest, expected}: PlannedTag): PlannedTag {
  return {
    name,
    class: tagClass,
    rule,
    ...(newest === undefined ? {} : {newest}),
    ...(expected === undefined ? {} : {expected: expected.map(orderExpected)})
  }
}

function orderExpected({images, action, from, note}: ExpectedMove): ExpectedMove {
  return {
    ...(images === undefined ? {} : {images}),
    action,
    ...(from === undefined ? {} : {from}),
    ...(note === undefined ? {} : {note})
  }
}

function orderBuild({context, file, target, args}: BuildSettings): BuildSettings {
  return {
    ...(context === undefined ? {} : {context}),
    ...(file === undefined ? {} : {file}),
    ...(target === undefined ? {} : {target}),
    ...(args === undefined ? {} : {args})
  }
}

function sortKeys(entries: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1)))
}
