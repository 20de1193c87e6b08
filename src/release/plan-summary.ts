import type {Plan, PlannedTag, PlannedTarget, TagClass} from '../plan/plan.js'
import {code, fence, markdownTable, mermaidLabel, textTable} from './markdown.js'

/** How a tag of each class moves, for people. */
const MOVES: Readonly<Record<TagClass, string>> = {
  immutable: 'stays on this commit',
  forward: 'only to a newer version',
  moving: 'only to a newer commit'
}

/** More tags than this make a diagram that nobody can read. */
const MAX_NODES = 24

/** The tags of a plan as lines of a log: name, class and rule in columns. */
export function formatTagTable({targets, version, push}: Plan): string[] {
  const rows = targets.flatMap(({name, tags}) => tags.map(tag => [name, tag.name, tag.class, tag.rule]))
  const what = version === undefined ? 'No version is released' : `Version ${version} is released`
  return [
    `${what}; this run ${push ? 'publishes' : 'only builds'}.`,
    ...(rows.length === 0 ? ['It earns no tag.'] : textTable([['TARGET', 'TAG', 'CLASS', 'RULE'], ...rows]))
  ]
}

/** A plan as a section of the job summary: tags, builds, what is to be noted, and the way from event to tags. */
export function formatPlanSummary(plan: Plan): string {
  const {source, version, push, targets, notes} = plan
  const title = version === undefined ? `Plan for ${code(source.ref)}` : `Plan for ${version}`
  return [
    `## ${title}`,
    `${code(source.event)} on ${code(source.ref)} at ${code(source.revision.slice(0, 12))}; ${push ? 'publishes' : '**only builds**'}.`,
    ...targets.flatMap(target => formatTarget(target)),
    ...(notes.length === 0 ? [] : ['### Notes', notes.map(note => `- ${escapeHtml(note)}`).join('\n')]),
    fence('mermaid', formatDiagram(plan))
  ].join('\n\n')
}

function formatTarget({name, images, tags, builds}: PlannedTarget): string[] {
  const buildRows = builds.map(({platform, runner, record}) => [
    code(platform),
    code([runner].flat().join(' + ')),
    code(record)
  ])
  return [
    `### ${name}`,
    images.length === 0 ? 'No image is named.' : `Images: ${images.map(code).join(', ')}`,
    tags.length === 0
      ? 'No tag is earned.'
      : markdownTable(['Tag', 'Class', 'Moves', 'Rule'], tags.map(formatTag)),
    markdownTable(['Platform', 'Runner', 'Digest record'], buildRows)
  ]
}

function formatTag({name, class: tagClass, rule}: PlannedTag): string[] {
  return [code(name), tagClass, MOVES[tagClass], code(rule)]
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
