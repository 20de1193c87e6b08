import type {Plan, PlannedTag, PlannedTarget} from '../../contracts/plan.js'
import {describeRunner} from '../jobs/runner-map.js'
import {
  type Markdown,
  code,
  fence,
  joined,
  markdownTable,
  prose,
  mermaidLabel,
  textTable,
  words
} from '../../shared/markdown.js'
import {describeMoves} from './move-words.js'
import type {NextRelease} from './sample-plan.js'

/** More tags than this make a diagram that nobody can read. */
const MAX_NODES = 24

/** The tags of a plan as lines of a log: name, class, what happens with it and the rule, in columns. */
export function formatTagTable(plan: Plan): string[] {
  const {targets, version, push} = plan
  const rows = targets.flatMap(({name, tags}) =>
    tags.map(tag => [name, tag.name, tag.class, describeMoves(tag, plan), tag.rule])
  )
  const what = version === undefined ? 'No version is released' : `Version ${version} is released`
  return [
    `${what}; this run ${push ? 'publishes' : 'only builds'}.`,
    ...(rows.length === 0
      ? ['This event produces no tags.']
      : textTable([['TARGET', 'TAG', 'CLASS', 'MOVES', 'RULE'], ...rows]))
  ]
}

/** What a pull request would release, as lines of a log. */
export function formatNextReleases(next: readonly NextRelease[]): string[] {
  return next.flatMap(({when, why, plan}) => {
    const rows = plan.targets.flatMap(({name, tags}) =>
      tags.map(tag => [name, tag.name, describeMoves(tag, plan), tag.rule])
    )
    return [
      `If this is ${when}${why === '' ? '' : ` (${why})`}:`,
      ...textTable([['TARGET', 'TAG', 'MOVES', 'RULE'], ...rows])
    ]
  })
}

/**
 * A plan as a section of the job summary: tags, builds, what is to be noted, and the way from event to tags.
 * @param next what it would release, of a pull request
 */
export function formatPlanSummary(plan: Plan, next: readonly NextRelease[] = []): Markdown {
  const {source, version, push, targets, notes} = plan
  const title = version === undefined ? code(source.ref) : words(version)
  return joined([
    prose`## Plan for ${title}`,
    prose`${code(source.event)} on ${code(source.ref)} at ${code(source.revision.slice(0, 12))}; ${
      push ? prose`publishes` : prose`**only builds**`
    }.`,
    ...targets.flatMap(target => formatTarget(target, plan)),
    ...(notes.length === 0 ? [] : [prose`### Notes`, formatNotes(notes)]),
    ...formatNext(next),
    fence('mermaid', formatDiagram(plan))
  ])
}

function formatNotes(notes: readonly string[]): Markdown {
  return joined(
    notes.map(note => prose`- ${words(note)}`),
    '\n'
  )
}

/** The tags of each release that is to come, and what they would do on each registry, by what is there now. */
function formatNext(next: readonly NextRelease[]): Markdown[] {
  if (next.length === 0) return []
  return [
    prose`## The release that this would become`,
    prose`This run publishes nothing. By the settings of this branch, and what is published now:`,
    ...next.flatMap(({when, why, plan}) => [
      prose`### If this is ${words(when)}`,
      ...(why === '' ? [] : [prose`${words(`${plan.version ?? when} is ${why}.`)}`]),
      ...plan.targets
        .filter(({tags}) => tags.length > 0)
        .flatMap(({images, tags}) => [formatImages(images), formatTags(tags, plan)]),
      ...(plan.notes.length === 0 ? [] : [formatNotes(plan.notes)])
    ])
  ]
}

function formatTarget({name, images, tags, builds}: PlannedTarget, plan: Plan): Markdown[] {
  const buildRows = builds.map(({platform, runner, record}) => [
    code(platform),
    code(describeRunner(runner)),
    code(record)
  ])
  return [
    prose`### ${words(name)}`,
    images.length === 0 ? prose`No image is named.` : formatImages(images),
    tags.length === 0 ? prose`This event produces no tags.` : formatTags(tags, plan),
    markdownTable(['Platform', 'Runner', 'Digest record'], buildRows)
  ]
}

function formatImages(images: readonly string[]): Markdown {
  return prose`Images: ${joined(images.map(code), ', ')}`
}

function formatTags(tags: readonly PlannedTag[], plan: Plan): Markdown {
  return markdownTable(
    ['Tag', 'Class', 'Moves', 'Rule'],
    tags.map(tag => [code(tag.name), words(tag.class), words(describeMoves(tag, plan)), code(tag.rule)])
  )
}

/** A Mermaid flow chart: the event, its targets, their platforms and tags. */
function formatDiagram({source, targets}: Plan): string {
  const edges = targets.flatMap((target, index) => [
    `  event --> target${index}[${mermaidLabel(target.name, target.builds.map(({platform}) => platform).join(', '))}]`,
    ...tagEdges(target, index)
  ])
  return ['flowchart LR', `  event([${mermaidLabel(source.event, source.ref)}])`, ...edges].join('\n')
}

function tagEdges({tags}: PlannedTarget, index: number): string[] {
  const shown = tags.slice(0, MAX_NODES).map(({name}) => name)
  const labels = tags.length > shown.length ? [...shown, `and ${tags.length - shown.length} more`] : shown
  return labels.map((label, tag) => `  target${index} --> tag${index}_${tag}[${mermaidLabel(label)}]`)
}
