import {shortDigest} from '../../oci/digest.js'
import {formatPlatform} from '../../oci/platform.js'
import {formatReference, formatRepository} from '../../oci/reference.js'
import {type ReleaseDocument, formatRelease} from '../../contracts/release-document.js'
import type {IndexChild} from '../decide/index-plan.js'
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
import type {MergeView, TagView} from './merge-view.js'

const WORDS = {create: 'new', move: 'moved', same: 'as it was', keep: 'stays', refuse: 'refused'} as const
const DRY_WORDS = {
  create: 'would be new',
  move: 'would move',
  same: 'as it is',
  keep: 'would stay',
  refuse: 'refused'
} as const

/** The outputs of merge-manifest. */
export function mergeOutputs(views: readonly MergeView[]) {
  const moves = views.flatMap(view => view.moves)
  const named = (isWanted: (view: TagView) => boolean): string =>
    moves
      .filter(isWanted)
      .map(({repository, tag}) => formatReference(repository, tag))
      .join('\n')
  const superseded = moves.flatMap(({repository, decision, before}) =>
    decision.action === 'move' && before !== undefined ? [formatReference(repository, before)] : []
  )
  return {
    digest: views[0]?.index.digest ?? '',
    digests: JSON.stringify(Object.fromEntries(views.map(({target, index}) => [target, index.digest]))),
    images: views
      .flatMap(({repositories, index}) => repositories.map(one => formatReference(one, index.digest)))
      .join('\n'),
    tags: named(({decision}) => decision.action !== 'keep'),
    kept: named(({decision}) => decision.action === 'keep'),
    superseded: [...new Set(superseded)].join('\n'),
    release: formatRelease(views.map(documentOf))
  }
}

const STATES = {create: 'new', move: 'moved', same: 'same', keep: 'kept', refuse: 'kept'} as const

function documentOf({
  target,
  repositories,
  index,
  children,
  moves
}: MergeView): ReleaseDocument['targets'][number] {
  return {
    target,
    digest: index.digest,
    platforms: children.map(({platform}) => formatPlatform(platform)),
    images: repositories.map(formatRepository),
    tags: moves.map(({repository, tag, class: tagClass, decision, before}) => ({
      reference: formatReference(repository, tag),
      state: STATES[decision.action],
      class: tagClass,
      ...(before === undefined ? {} : {before}),
      ...(decision.action === 'keep' && decision.isUnset ? {unset: true as const} : {})
    }))
  }
}

/** Says in the log what became of every tag. */
export function logMerge(
  views: readonly MergeView[],
  isDry: boolean,
  log: {info(line: string): void; notice(line: string): void}
): void {
  for (const {target, index, children, moves} of views) {
    log.info(
      `${target}: ${index.digest} (${children.map(({platform}) => formatPlatform(platform)).join(', ')})`
    )
    const rows = moves.map(({repository, tag, class: tagClass, decision, before}) => [
      `  ${formatReference(repository, tag)}`,
      tagClass,
      (isDry ? DRY_WORDS : WORDS)[decision.action],
      before === undefined ? '' : `was ${shortDigest(before)}`
    ])
    for (const line of textTable(rows)) log.info(line)
  }
  for (const {repository, tag, decision} of views.flatMap(({moves}) => moves))
    if ('note' in decision) log.notice(`${formatReference(repository, tag)}: ${decision.note}`)
}

/**
 * The section of the job summary: tags, platforms, ready pull commands, and a picture.
 * @param what was done
 */
export function mergeSummary(views: readonly MergeView[], isDry: boolean, what = 'Release'): Markdown {
  const title = isDry ? prose`## ${words(what)} (dry run, nothing was written)` : prose`## ${words(what)}`
  return joined([title, ...views.map(view => imageSection(view, isDry))])
}

function imageSection(view: MergeView, isDry: boolean): Markdown {
  return joined([
    prose`### ${words(view.target)}`,
    prose`Index ${code(view.index.digest)}`,
    tagTable(view, isDry),
    markdownTable(['Platform', 'Digest', 'Attestations'], view.children.map(childRow)),
    prose`**Pull**`,
    fence('sh', pullCommands(view).join('\n')),
    fence('mermaid', diagram(view))
  ])
}

function tagTable({moves}: MergeView, isDry: boolean): Markdown {
  const rows = moves.map(({repository, tag, class: tagClass, decision, before}) => [
    code(formatReference(repository, tag)),
    words(tagClass),
    words(
      (isDry ? DRY_WORDS : WORDS)[decision.action] +
        ('note' in decision && decision.note ? `: ${decision.note}` : '')
    ),
    before === undefined ? prose`` : code(shortDigest(before))
  ])
  return markdownTable(['Tag', 'Class', 'Now', 'Before'], rows)
}

function childRow({platform, descriptor, attestations}: IndexChild): Markdown[] {
  return [words(formatPlatform(platform)), code(descriptor.digest), prose`${attestations.length}`]
}

/** The most exact tag and the digest, for every repository. */
function pullCommands({repositories, index, moves}: MergeView): string[] {
  return repositories.flatMap(repository => {
    const tag = moves.find(
      move =>
        formatRepository(move.repository) === formatRepository(repository) && move.decision.action !== 'keep'
    )?.tag
    return [tag, index.digest]
      .filter(one => one !== undefined)
      .map(one => `docker pull ${formatReference(repository, one)}`)
  })
}

function diagram({index, children, moves}: MergeView): string {
  const tags = [...new Set(moves.filter(({decision}) => decision.action !== 'keep').map(({tag}) => tag))]
  return [
    'flowchart LR',
    ...tags.map((tag, number) => `  t${number}([${mermaidLabel(tag)}]) --> index`),
    `  index[${mermaidLabel('index', shortDigest(index.digest))}]`,
    ...children.map(
      ({platform, descriptor}, number) =>
        `  index --> p${number}[${mermaidLabel(formatPlatform(platform), shortDigest(descriptor.digest))}]`
    )
  ].join('\n')
}
