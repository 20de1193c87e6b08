import type {TagClass} from '../../contracts/plan.js'
import {adviceOf} from '../targets/axis.js'
import {parseFields} from '../rules/fields.js'
import {parseInputLines, quote} from '../rules/input-lines.js'

/** What a tag stands for. Each kind moves in a way of its own, which a policy may change. */
export type TagKind = 'version' | 'alias' | 'branch' | 'commit' | 'pull-request' | 'schedule' | 'other'

/** How the tags of each kind move: what is absent moves as `DEFAULT_CLASSES` says. */
export type TagPolicy = ReadonlyMap<TagKind, TagClass>

const DEFAULT_CLASSES: Readonly<Record<TagKind, TagClass>> = {
  /** 1.2.3 */
  version: 'immutable',
  /** 1.2, latest, python3.13 */
  alias: 'forward',
  /** main, edge, and words that a branch gives */
  branch: 'moving',
  /** sha-860c190 */
  commit: 'immutable',
  /** pr-7 */
  'pull-request': 'moving',
  /** nightly */
  schedule: 'moving',
  /** Git tags without a number, and whatever else is matched in one */
  other: 'moving'
}

const CLASSES: readonly TagClass[] = ['immutable', 'forward', 'moving']

/** How a tag moves. */
export function classOf(kind: TagKind, policy: TagPolicy): TagClass {
  return policy.get(kind) ?? DEFAULT_CLASSES[kind]
}

/**
 * Reads the input `policy`: `version=moving` and the like, one a line or with commas between them.
 * @throws InputError with all faults, each with the number of its line
 */
export function parsePolicy(text: string): TagPolicy {
  const entries = parseInputLines('policy', text, (line, report) => {
    const read: [TagKind, TagClass][] = []
    for (const {key, value} of parseFields(line, report)) {
      const kinds = Object.keys(DEFAULT_CLASSES)
      const tagClass = CLASSES.find(known => known === value)
      if (key === undefined) report(`${quote(value)} is not of the form kind=class, such as version=moving`)
      else if (!isKind(key)) report(`${quote(key)} is not a kind of tag; ${adviceOf(key, kinds)}`)
      else if (tagClass === undefined)
        report(`${quote(value)} is not a class of tag; ${adviceOf(value, CLASSES)}`)
      else read.push([key, tagClass])
    }
    return read
  })
  return new Map(entries.flat())
}

function isKind(text: string): text is TagKind {
  return Object.hasOwn(DEFAULT_CLASSES, text)
}
