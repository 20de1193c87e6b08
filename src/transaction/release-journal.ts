import {hexOf} from '../oci/digest.js'
import type {Manifest} from '../oci/manifest.js'
import {type JournalDocument, type JournalTag, formatJournal, parseJournal} from '../plan/journal-document.js'
import type {Ports} from '../ports.js'
import {type TagMove, isWrite, nameOf} from './tag-moves.js'

/** Writes down what stands at every tag before the first one moves, so that it can be put back at any later time. */
export class ReleaseJournal {
  readonly #ports: Pick<Ports, 'journal' | 'reporter'>
  #text = ''

  constructor(ports: Pick<Ports, 'journal' | 'reporter'>) {
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
    const text = formatJournal(documentOf(moves))
    if (text === this.#text) return
    const place = await this.#ports.journal.save(nameFor(moves), text)
    this.#text = text
    this.#ports.reporter.info(`What stands at the tags now is written down: ${place}`)
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
      reference: nameOf(move),
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
  return (
    version ?? revision?.slice(0, 12) ?? (first === undefined ? '' : hexOf(first.index.digest).slice(0, 12))
  )
}
