import {boundedExpression} from '../../patterns/bounded-expression.js'
import {type BakeTarget, textsIn} from './bake-file.js'
import {HclFault} from './hcl-expression.js'
import type {Value} from './hcl-value.js'

/** A line of the input `set`: `*.platform=linux/amd64`. */
interface Override {
  readonly targets: string
  readonly key: string
  /** What stands behind a second dot: the name of an argument or a label. */
  readonly part: string | undefined
  readonly value: string
  readonly isAdded: boolean
}

/** What a key is called in a target. */
const KEYS: Readonly<Record<string, string>> = {
  args: 'args',
  labels: 'labels',
  context: 'context',
  dockerfile: 'dockerfile',
  target: 'target',
  'no-cache': 'no-cache',
  pull: 'pull',
  platform: 'platforms',
  platforms: 'platforms',
  tags: 'tags',
  output: 'output',
  'cache-from': 'cache-from',
  'cache-to': 'cache-to',
  secrets: 'secret',
  ssh: 'ssh',
  attest: 'attest'
}
const LISTS = ['platforms', 'tags', 'output', 'cache-from', 'cache-to', 'secret', 'ssh', 'attest']

/** @throws HclFault for a line that is none, and for keys that are not known here */
export function overridesIn(text: string): Override[] {
  const lines = text.split('\n').map(line => line.trim())
  return lines
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(line => {
      const [, targets = '', key = '', part, add, value = ''] =
        /^([\w*?[\]-]+)\.([\w-]+)(?:\.([\w.-]+))?(\+?)=(.*)$/s.exec(line) ?? []
      const name = KEYS[key]
      const isMap = name === 'args' || name === 'labels'
      // A class of characters in the name of a target is not read here.
      if (name === undefined || isMap !== (part !== undefined) || targets.includes('['))
        throw new HclFault(`the line ${JSON.stringify(line)} of set`)
      return {targets, key: name, part, value, isAdded: add === '+'}
    })
}

/** The target with what the lines say of it in the place of what its file says. */
export function withOverrides({name, attributes}: BakeTarget, overrides: readonly Override[]): BakeTarget {
  const all: Record<string, Value> = {...attributes}
  const seen = new Set<string>()
  for (const {targets, key, part, value, isAdded} of overrides) {
    if (!isOf(targets, name)) continue
    if (part !== undefined)
      all[key] = {...(all[key] as Readonly<Record<string, Value>> | undefined), [part]: value}
    else if (LISTS.includes(key)) {
      const earlier = isAdded || seen.has(key) ? (all[key] ?? null) : null
      const items = key === 'platforms' ? value.split(',') : [value]
      all[key] = [...(Array.isArray(earlier) ? (earlier as readonly Value[]) : textsIn(earlier)), ...items]
    } else all[key] = value
    seen.add(key)
  }
  return {name, attributes: all}
}

function isOf(pattern: string, name: string): boolean {
  const source = pattern.replaceAll('*', '.*').replaceAll('?', '.')
  return boundedExpression(`^${source}$`).test(name)
}
