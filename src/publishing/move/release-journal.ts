import {type Digest, hexOf} from '../../oci/digest.js'
import type {Manifest} from '../../oci/manifest.js'
import {type Repository, parseReference} from '../../oci/reference.js'
import {
  type JournalDocument,
  type JournalTag,
  formatJournal,
  parseJournal
} from '../../contracts/journal-document.js'
import type {ReleaseDocument} from '../../contracts/release-document.js'
import type {Ports} from '../../ports.js'
import {type TagMove, isWrite, tagReference} from './tag-moves.js'

/** Writes down what is at every tag before the first one moves, so that it can be put back at any later time. */
export class ReleaseJournal {
  readonly #ports: Pick<Ports, 'journal' | 'reporter' | 'environment'>
  #text = ''

  constructor(ports: Pick<Ports, 'journal' | 'reporter' | 'environment'>) {
    this.#ports = ports
  }

  /** What was kept last, as one line of JSON; empty where nothing had to be. */
  get text(): string {
    return this.#text
  }

  /** What was kept last. */
  get document(): JournalDocument | undefined {
    return this.#text === '' ? undefined : parseJournal(this.#text)
  }

  /**
   * Keeps a journal of these moves, unless none of them writes or the same is kept already.
   * @throws what the port throws: then no tag may move
   */
  async keep(moves: readonly TagMove[]): Promise<void> {
    if (!moves.some(isWrite)) return
    const text = formatJournal({...documentOf(moves), ...this.#run()})
    if (text === this.#text) return
    const place = await this.#ports.journal.save(nameFor(moves), text)
    this.#text = text
    this.#ports.reporter.info(`Saved the current tag targets for rollback: ${place}`)
  }

  /** A workflow runs its failed jobs again by these two. */
  #run(): Pick<JournalDocument, 'run'> {
    const [repository, id] = ['GITHUB_REPOSITORY', 'GITHUB_RUN_ID'].map(name => this.#ports.environment(name))
    return repository && id ? {run: {repository, id}} : {}
  }
}

function documentOf(moves: readonly TagMove[]): Omit<JournalDocument, 'schema'> {
  const {version, revision} = moves[0]?.options.facts ?? {}
  return {
    ...(version === undefined ? {} : {version}),
    ...(revision === undefined ? {} : {revision}),
    tags: moves.map(entryOf).filter(entry => entry !== undefined)
  }
}

/** A tag that is free and is to stay so has no entry. */
function entryOf(move: TagMove): JournalTag | undefined {
  const {standing, index} = move
  const before = standing && {
    digest: standing.digest,
    // What stands as it is to be was not fetched: it is the index itself.
    mediaType: (standing.manifest ?? index).mediaType
  }
  const after = isWrite(move) ? shortOf(index) : before
  return (
    after && {
      reference: tagReference(move),
      class: move.tag.class,
      ...(before === undefined ? {} : {before}),
      after
    }
  )
}

function shortOf({digest, mediaType}: Manifest): JournalTag['after'] {
  return {digest, mediaType}
}

/** The version, else the commit, else the digest: what people look for. */
function nameFor([first]: readonly TagMove[]): string {
  const {version, revision} = first?.options.facts ?? {}
  return journalName({version, revision, digest: first?.index.digest})
}

/** What a journal is looked for by. */
interface JournalFacts {
  readonly version?: string | undefined
  readonly revision?: string | undefined
  readonly digest?: Digest | undefined
}

function journalName({version, revision, digest}: JournalFacts): string {
  return version ?? revision?.slice(0, 12) ?? (digest === undefined ? '' : hexOf(digest).slice(0, 12))
}

/** What a tag pointed at before. */
export interface SupersededImage {
  readonly repository: Repository
  readonly digest: Digest
}

/**
 * What earlier calls of a release took tags from, by the journals that they kept: a call that goes on after tags had moved
 * finds them moved, and what they left by these alone. A journal counts where a tag is at what it was about to leave there.
 */
export async function supersededEarlier(
  {targets}: ReleaseDocument,
  facts: Pick<JournalFacts, 'version' | 'revision'>,
  {journal}: Pick<Ports, 'journal'>
): Promise<SupersededImage[]> {
  const standing = new Map(
    targets.flatMap(({digest, tags}) =>
      tags.filter(({state}) => state !== 'kept').map(({reference}) => [reference, digest] as const)
    )
  )
  const texts = await journal.find(journalName({...facts, digest: targets[0]?.digest}))
  return texts
    .flatMap(readTags)
    .flatMap(({reference, before, after}) =>
      before !== undefined && before.digest !== after.digest && standing.get(reference) === after.digest
        ? [{repository: parseReference(reference).repository, digest: before.digest}]
        : []
    )
}

/** What is no journal says nothing. */
function readTags(text: string): readonly JournalTag[] {
  try {
    return parseJournal(text).tags
  } catch {
    return []
  }
}
