import {ReleaseError} from '../errors.js'

/**
 * Reads `key=value`; the value may hold further equals signs.
 * @throws ReleaseError INPUT_INVALID
 */
export function parseKeyValue(line: string): readonly [key: string, value: string] {
  const [key, value] = parseEntry(line)
  return [key, value.trim()]
}

/**
 * Reads `key=value` and leaves the value as it is, to the last byte, as builders take it.
 * @throws ReleaseError INPUT_INVALID
 */
export function parseEntry(entry: string): readonly [key: string, value: string] {
  const equals = entry.indexOf('=')
  const key = entry.slice(0, Math.max(equals, 0)).trim()
  if (key.startsWith('"'))
    throw new ReleaseError(
      'INPUT_INVALID',
      `${JSON.stringify(key)} begins with a double quote: quote the whole entry, key and all, or none of it`
    )
  if (key !== '') return [key, entry.slice(equals + 1)]
  throw new ReleaseError('INPUT_INVALID', `${JSON.stringify(entry)} is not key=value`)
}
