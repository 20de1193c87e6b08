import {ReleaseError} from '../errors.js'

/**
 * Reads `key=value`; the value may hold further equals signs.
 * @throws ReleaseError INPUT_INVALID
 */
export function parseKeyValue(line: string): readonly [key: string, value: string] {
  const equals = line.indexOf('=')
  const key = line.slice(0, Math.max(equals, 0)).trim()
  if (key !== '') return [key, line.slice(equals + 1).trim()]
  throw new ReleaseError('INPUT_INVALID', `${JSON.stringify(line)} is not key=value`)
}
