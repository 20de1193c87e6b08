import {ReleaseError} from '../../errors.js'
import {splitEntries} from '../../command/entries.js'
import {InputFaults} from '../../command/input-faults.js'

/** What a build is given and must not keep, and where the builder finds it. */
export interface BuildSecret {
  /** The name by which the Containerfile asks for it. */
  readonly id: string
  readonly source:
    | {readonly kind: 'value'; readonly value: string}
    | {readonly kind: 'variable'; readonly name: string}
    | {readonly kind: 'file'; readonly file: string}
}

const ID = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/

/** A longer name may be a secret that ends with an equals sign. */
const LONGEST_SHOWN = 32

/**
 * Reads `id=value` entries as docker/build-push-action does, each value to the last byte: one in double quotes may hold line
 * breaks, and two quotes in it are one. No value is in any message. One that is empty is given back: who uses it decides.
 * @throws InputFaults
 */
export function parseSecretValues(text: string): readonly BuildSecret[] {
  const entries = splitEntries(text).filter(entry => entry.trim() !== '')
  const faults: string[] = []
  const secrets = entries.map((entry, at): BuildSecret => {
    const {id, value} = splitPair(entry)
    if (!ID.test(id))
      faults.push(
        `entry ${at + 1} of the secrets is not id=value (not shown); put a value of several lines in double quotes, id and all`
      )
    return {id, source: {kind: 'value', value}}
  })
  if (faults.length > 0) throw new InputFaults(faults, true)
  return secrets
}

/** A secret by its name where that is one, for messages: what stands before an equals sign may be the secret itself. */
export function secretTitle(id: string): string {
  return id.length <= LONGEST_SHOWN ? id : 'one with a long name (not shown)'
}

/**
 * Reads `id=NAME`, the variable of the environment that holds a secret.
 * @throws ReleaseError INPUT_INVALID
 */
export function parseSecretVariable(line: string): BuildSecret {
  const {id, value: name} = namedPair(line)
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return {id, source: {kind: 'variable', name}}
  throw new ReleaseError(
    'INPUT_INVALID',
    `the secret ${secretTitle(id)} does not name a variable of the environment (what is there is not shown, because it may be the secret itself)`
  )
}

/**
 * Reads `id=FILE`, the file that holds a secret.
 * @throws ReleaseError INPUT_INVALID
 */
export function parseSecretFile(line: string): BuildSecret {
  const {id, value: file} = namedPair(line)
  if (!/[,"\n]/.test(file)) return {id, source: {kind: 'file', file}}
  throw new ReleaseError(
    'INPUT_INVALID',
    `the file of the secret ${secretTitle(id)} has a comma or a quote in its name`
  )
}

function namedPair(line: string): {readonly id: string; readonly value: string} {
  const {id, value} = splitPair(line)
  if (ID.test(id) && value.trim() !== '') return {id, value: value.trim()}
  throw new ReleaseError('INPUT_INVALID', 'a line of the secrets is not id=value (not shown)')
}

function splitPair(entry: string): {readonly id: string; readonly value: string} {
  const equals = entry.indexOf('=')
  return {id: entry.slice(0, Math.max(equals, 0)).trim(), value: entry.slice(equals + 1)}
}
