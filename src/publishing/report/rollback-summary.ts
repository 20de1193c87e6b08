import {type Digest, shortDigest} from '../../oci/digest.js'
import {type Repository, type Tag, formatReference} from '../../oci/reference.js'
import {type Markdown, code, joined, markdownTable, prose, textTable, words} from '../../shared/markdown.js'
import type {TagDecision} from '../decide/tag-decision.js'

/** What became of one tag in a rollback. */
export interface RollbackView {
  readonly repository: Repository
  readonly tag: Tag
  readonly decision: TagDecision
  readonly from: Digest | undefined
  readonly to: Digest
}

const WORDS = {create: 'set', move: 'put back', same: 'as it was', keep: 'stays', refuse: 'refused'} as const
const DRY_WORDS = {...WORDS, create: 'would be set', move: 'would be put back', keep: 'would stay'} as const

/** The lines of the log. */
export function rollbackLines(views: readonly RollbackView[], isDry: boolean): string[] {
  return textTable(
    rowsOf(views, isDry).map(([tag = '', now = '', from = '', to = '']) => [
      tag,
      now,
      from === '' || from === to ? to : `from ${from} to ${to}`
    ])
  )
}

/** The section of the job summary. */
export function rollbackSummary(views: readonly RollbackView[], isDry: boolean): Markdown {
  const title = isDry ? prose`## Rollback (dry run, nothing was written)` : prose`## Rollback`
  const rows = rowsOf(views, isDry).map(([tag = '', now = '', from = '', to = '']) => [
    code(tag),
    words(now),
    from === '' ? prose`` : code(from),
    code(to)
  ])
  return joined([title, markdownTable(['Tag', 'Now', 'From', 'To'], rows)])
}

function rowsOf(views: readonly RollbackView[], isDry: boolean): string[][] {
  return views.map(({repository, tag, decision, from, to}) => [
    formatReference(repository, tag),
    (isDry ? DRY_WORDS : WORDS)[decision.action] +
      ('note' in decision && decision.note ? `: ${decision.note}` : ''),
    from === undefined ? '' : shortDigest(from),
    shortDigest(to)
  ])
}

/** The outputs that the moved tags make. */
export function rollbackOutputs(views: readonly RollbackView[]) {
  const isBack = ({decision}: RollbackView): boolean => decision.action !== 'keep'
  const names = (some: readonly RollbackView[]): string =>
    some.map(({repository, tag}) => formatReference(repository, tag)).join('\n')
  const superseded = views.flatMap(({repository, decision, from}) =>
    decision.action === 'move' && from !== undefined ? [formatReference(repository, from)] : []
  )
  return {
    tags: names(views.filter(isBack)),
    kept: names(views.filter(view => !isBack(view))),
    superseded: [...new Set(superseded)].join('\n')
  }
}
