import type {Plan, PlannedTag, PlannedTarget} from '../plan/plan.js'
import {describeRunner} from '../plan/runner-map.js'
import {code, fence, markdownTable, mermaidLabel, textTable} from './markdown.js'
import {describeMoves} from './move-words.js'

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
      ? ['It earns no tag.']
      : textTable([['TARGET', 'TAG', 'CLASS', 'MOVES', 'RULE'], ...rows]))
  ]
}

/** A plan as a section of the job summary: tags, builds, what is to be noted, and the way from event to tags. */
export function formatPlanSummary(plan: Plan): string {
  const {source, version, push, targets, notes} = plan
  const title = version === undefined ? `Plan for ${code(source.ref)}` : `Plan for ${version}`
  return [
    `## ${title}`,
    `${code(source.event)} on ${code(source.ref)} at ${code(source.revision.slice(0, 12))}; ${push ? 'publishes' : '**only builds**'}.`,
    ...targets.flatMap(target => formatTarget(target, plan)),
    ...(notes.length === 0 ? [] : ['### Notes', notes.map(note => `- ${escapeHtml(note)}`).join('\n')]),
    fence('mermaid', formatDiagram(plan))
  ].join('\n\n')
}

function formatTarget({name, images, tags, builds}: PlannedTarget, plan: Plan): string[] {
  const buildRows = builds.map(({platform, runner, record}) => [
    code(platform),
    code(describeRunner(runner)),
    code(record)
  ])
  return [
    `### ${name}`,
    images.length === 0 ? 'No image is named.' : `Images: ${images.map(code).join(', ')}`,
    tags.length === 0
      ? 'No tag is earned.'
      : markdownTable(
          ['Tag', 'Class', 'Moves', 'Rule'],
          tags.map(tag => formatTag(tag, plan))
        ),
    markdownTable(['Platform', 'Runner', 'Digest record'], buildRows)
  ]
}

function formatTag(tag: PlannedTag, plan: Plan): string[] {
  return [code(tag.name), tag.class, describeMoves(tag, plan), code(tag.rule)]
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

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
