import type {ServerExchange} from './exchange.js'
import {Refusal} from './refusal.js'

/** Some of the items of a list, and the link to the next ones where there are more. */
export interface Page<Item> {
  readonly items: readonly Item[]
  /** For the header `Link` (RFC 8288); empty where this is the end. */
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Cuts the page that `n` and `last` ask for out of a sorted list (distribution-spec, "Listing Tags").
 * @throws Refusal 400 UNSUPPORTED where `n` is not a number
 */
export function pageOf<Item>(
  exchange: ServerExchange,
  list: {items: readonly Item[]; keyOf: (item: Item) => string},
  pageSize: number
): Page<Item> {
  const n = parseCount(exchange.query.get('n'))
  const last = exchange.query.get('last')
  const rest = last === null ? list.items : list.items.filter(item => list.keyOf(item) > last)
  const items = rest.slice(0, Math.min(n ?? pageSize, pageSize))
  const lastItem = items.at(-1)
  const hasMore = lastItem !== undefined && items.length < rest.length
  return {items, headers: hasMore ? linkTo(exchange, list.keyOf(lastItem)) : {}}
}

function linkTo(exchange: ServerExchange, last: string): Readonly<Record<string, string>> {
  const query = new URLSearchParams(exchange.query)
  query.set('last', last)
  return {link: `<${exchange.path}?${query.toString()}>; rel="next"`}
}

function parseCount(text: string | null): number | undefined {
  if (text === null) return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new Refusal('UNSUPPORTED', 'n is not a number', {status: 400, detail: {n: text.slice(0, 100)}})
}
