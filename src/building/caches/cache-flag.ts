import {csvField, splitCsvLine} from '../../shared/csv-line.js'

/** One cache of a builder, of whichever kind. */
export interface CacheEntry {
  /** `registry`, `gha`, `local`, `inline`, … */
  readonly type: string
  /** All that is said of it beside its type, by names in lower case: `ref`, `scope`, `src`, `dest`, `mode`, … */
  readonly attributes: ReadonlyMap<string, string>
}

/** What says which cache is meant; all else says how it is used. */
const PLACE = ['ref', 'scope', 'src', 'dest'] as const

/**
 * Reads a flag `--cache-from` or `--cache-to` as buildx does (util/buildflags, 0.33): comma-separated fields, each of which
 * may stand in double quotes; without any `=` each is a reference in a registry.
 */
export function parseCacheFlag(flag: string): CacheEntry[] {
  const fields = splitCsvLine(flag).map(({text}) => text.trim())
  if (!flag.includes('='))
    return fields.map(reference => ({type: 'registry', attributes: new Map([['ref', reference]])}))
  const attributes = new Map(fields.map(pairOf))
  const type = attributes.get('type') ?? ''
  attributes.delete('type')
  return [{type, attributes}]
}

function pairOf(field: string): [string, string] {
  const at = field.indexOf('=')
  if (at < 0) return [field.toLowerCase(), '']
  return [field.slice(0, at).trim().toLowerCase(), field.slice(at + 1).trim()]
}

/** The same cache as people look for it: without how it is used, and without its token, which no log may show. */
export function formatCachePlace({type, attributes}: CacheEntry): string {
  const places = PLACE.flatMap(name => {
    const value = attributes.get(name)
    return value === undefined ? [] : [csvField(`${name}=${value}`)]
  })
  return [`type=${type}`, ...places].join(',')
}
