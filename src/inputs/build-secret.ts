import {ReleaseError} from '../errors.js'
import {InputFaults} from './input.js'

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

/**
 * Reads `id=value` lines as docker/build-push-action does: a line in double quotes may hold line breaks, and two quotes
 * in it are one. No value is in any message.
 * @throws InputFaults
 */
export function parseSecretValues(text: string): readonly BuildSecret[] {
  const entries = splitQuoted(text).map((entry, at): BuildSecret => {
    const [id, value] = splitPair(entry, `entry ${at + 1}`)
    return {id, source: {kind: 'value', value}}
  })
  return entries
}

/**
 * Reads `id=NAME`, the variable of the environment that holds a secret.
 * @throws ReleaseError INPUT_INVALID
 */
export function parseSecretVariable(line: string): BuildSecret {
  const [id, name] = splitPair(line, 'a line')
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return {id, source: {kind: 'variable', name}}
  throw new ReleaseError(
    'INPUT_INVALID',
    `the secret ${id} does not name a variable of the environment (what stands there is not shown, for it may be the secret itself)`
  )
}

/**
 * Reads `id=FILE`, the file that holds a secret.
 * @throws ReleaseError INPUT_INVALID
 */
export function parseSecretFile(line: string): BuildSecret {
  const [id, file] = splitPair(line, 'a line')
  if (!/[,"\n]/.test(file)) return {id, source: {kind: 'file', file}}
  throw new ReleaseError('INPUT_INVALID', `the file of the secret ${id} has a comma or a quote in its name`)
}

function splitPair(entry: string, title: string): readonly [id: string, value: string] {
  const equals = entry.indexOf('=')
  const id = entry.slice(0, Math.max(equals, 0)).trim()
  const value = entry.slice(equals + 1).trim()
  if (ID.test(id) && value !== '') return [id, value]
  throw new ReleaseError('INPUT_INVALID', `${title} of the secrets is not id=value (not shown)`)
}

/** The entries of a text: its lines, but for line breaks between double quotes that open an entry. */
function splitQuoted(text: string): string[] {
  const entries = text.match(/^[^\S\n]*"(?:[^"]|"")*"[^\S\n]*$|^.*$/gm) ?? []
  return entries.map(unquote).filter(entry => entry !== '')
}

function unquote(entry: string): string {
  const trimmed = entry.trim()
  if (!trimmed.startsWith('"')) return trimmed
  if (trimmed.length > 1 && trimmed.endsWith('"')) return trimmed.slice(1, -1).replaceAll('""', '"')
  throw new InputFaults(['a double quote opens an entry of the secrets and nothing closes it (not shown)'])
}
