import {peerFields, peerLines} from './csv-fields.js'
import {PeerFault} from './peer-fault.js'

/** A line of the input `tags` as docker/metadata-action reads it (its src/tag.ts, v6). */
export interface PeerRule {
  readonly type: string
  readonly attributes: Readonly<Record<string, string>>
  /** The line as it was written. */
  readonly text: string
}

/** The input `flavor` as docker/metadata-action reads it (its src/flavor.ts, v6). */
export interface PeerFlavor {
  readonly latest: string
  readonly prefix: string
  readonly prefixLatest: boolean
  readonly suffix: string
  readonly suffixLatest: boolean
}

/** The default priority of each type, and the attributes that it has where nothing is written. */
const TYPES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  schedule: {priority: '1000', pattern: 'nightly'},
  semver: {priority: '900', value: '', match: ''},
  pep440: {priority: '900', value: '', match: ''},
  match: {priority: '800', group: '0', value: ''},
  edge: {priority: '700', branch: ''},
  ref: {priority: '600'},
  raw: {priority: '200'},
  sha: {priority: '100', prefix: 'sha-', format: 'short'}
}
const NEEDED: Readonly<Record<string, string>> = {
  semver: 'pattern',
  pep440: 'pattern',
  match: 'pattern',
  ref: 'event',
  raw: 'value'
}
const WORDS: Readonly<Record<string, readonly [name: string, ...words: string[]]>> = {
  ref: ['event', 'branch', 'tag', 'pr'],
  sha: ['format', 'short', 'long']
}
const DEFAULTS = 'type=schedule\ntype=ref,event=branch\ntype=ref,event=tag\ntype=ref,event=pr'

/**
 * Reads the input `tags`, sorted by priority.
 * @throws PeerFault where docker/metadata-action fails
 */
export function readPeerRules(text: string): PeerRule[] {
  const lines = peerLines(text)
  return (lines.length === 0 ? DEFAULTS.split('\n') : lines)
    .map(readRule)
    .sort((a, b) => Number(b.attributes['priority']) - Number(a.attributes['priority']) || 0)
}

function readRule(text: string): PeerRule {
  const written: Record<string, string> = {}
  for (const field of peerFields(text)) {
    const [key = '', value] = field.split(/(?<=^[^=]+?)=/).map(part => part.trim())
    if (value === undefined) written['value'] = key
    else written[key.toLowerCase()] = value
  }
  const {type = 'raw', ...own} = written
  const standard = TYPES[type]
  if (standard === undefined) throw new PeerFault(`Unknown tag type attribute: ${type}`)
  const pr = type === 'ref' && own['event'] === 'pr' ? {prefix: 'pr-'} : {}
  const attributes: Record<string, string> = {enable: 'true', ...standard, ...pr, ...own}
  const needed = NEEDED[type]
  if (needed !== undefined && attributes[needed] === undefined)
    throw new PeerFault(`Missing ${needed} attribute for ${text}`)
  const [name = '', ...words] = WORDS[type] ?? []
  if (words.length > 0 && !words.includes(attributes[name] ?? ''))
    throw new PeerFault(`Invalid ${name} for ${text}`)
  if (type === 'match' && Number.isNaN(Number(attributes['group'])))
    throw new PeerFault(`Invalid match group for ${text}`)
  return {type, attributes, text}
}

/**
 * Reads the input `flavor`.
 * @throws PeerFault where docker/metadata-action fails
 */
export function readPeerFlavor(text: string): PeerFlavor {
  const flavor = {latest: 'auto', prefix: '', prefixLatest: false, suffix: '', suffixLatest: false}
  for (const line of peerLines(text)) {
    let last: 'prefix' | 'suffix' | undefined
    for (const field of peerFields(line)) {
      const [name = '', value] = field.split('=').map(part => part.trim())
      const key = name.toLowerCase()
      if (value === undefined) throw new PeerFault(`Invalid flavor entry: ${line}`)
      if (key === 'latest') flavor.latest = oneOf(['auto', 'true', 'false'], value, line)
      else if (key === 'prefix' || key === 'suffix') {
        last = key
        flavor[key] = value
      } else if (key !== 'onlatest') throw new PeerFault(`Unknown flavor entry: ${line}`)
      else if (oneOf(['true', 'false'], value, line) && last !== undefined)
        flavor[`${last}Latest`] = value === 'true'
    }
  }
  return flavor
}

function oneOf(words: readonly string[], value: string, line: string): string {
  if (words.includes(value)) return value
  throw new PeerFault(`Invalid flavor entry: ${line}`)
}

/**
 * Reads the input `images`: the names that are enabled (its src/image.ts, v6).
 * @throws PeerFault where docker/metadata-action fails
 */
export function readPeerImages(text: string): string[] {
  const lines = peerLines(text)
  const [first] = lines
  if (lines.length === 1 && first !== undefined && !first.includes('='))
    return peerFields(first).map(name => name.trim().toLowerCase())
  return lines.map(readImage).flatMap(({name, isEnabled}) => (isEnabled ? [name.toLowerCase()] : []))
}

function readImage(line: string): {name: string; isEnabled: boolean} {
  let [name, enable] = ['', 'true']
  for (const field of peerFields(line)) {
    const [key = '', value] = field.split('=').map(part => part.trim())
    if (value === undefined) name = key
    else if (key.toLowerCase() === 'name') name = value
    else if (key.toLowerCase() === 'enable') enable = oneOf(['true', 'false'], value, line)
    else throw new PeerFault(`Unknown image attribute: ${line}`)
  }
  if (name === '') throw new PeerFault(`Image name attribute empty: ${line}`)
  return {name, isEnabled: enable === 'true'}
}
