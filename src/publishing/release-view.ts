import type {MergeView} from './report/merge-view.js'
import type {PublishedIndex} from './move/publish.js'

/** What outputs and summaries say of an image that was published or promoted. */
export function releaseView({
  publication,
  index,
  children,
  moves
}: Pick<PublishedIndex, 'publication' | 'index' | 'children' | 'moves'>): MergeView {
  return {
    target: publication.target,
    repositories: publication.repositories,
    index,
    children,
    moves: moves.map(({client, tag, decision, standing}) => ({
      repository: client.repository,
      tag: tag.name,
      class: tag.class,
      decision,
      before: standing?.digest
    }))
  }
}
