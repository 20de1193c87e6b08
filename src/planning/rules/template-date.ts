import dayjs, {type Dayjs} from 'dayjs'
import advancedFormat from 'dayjs/plugin/advancedFormat.js'
import dayOfYear from 'dayjs/plugin/dayOfYear.js'
import isoWeek from 'dayjs/plugin/isoWeek.js'
import timezone from 'dayjs/plugin/timezone.js'
import utc from 'dayjs/plugin/utc.js'
import weekOfYear from 'dayjs/plugin/weekOfYear.js'
import weekYear from 'dayjs/plugin/weekYear.js'
import {quote} from './input-lines.js'

/** How moment cuts a format into tokens (momentjs.com/docs, "Format"): what it would read is read or refused here. */
const TOKENS =
  /\[[^[]*\]|\\.|[Hh]mm(?:ss)?|Mo|MM?M?M?|Do|DDDo|DD?D?D?|ddd?d?|do?|w[ow]?|W[oW]?|Qo?|N{1,5}|Y{5,6}|YYYY|YY|Y|y{2,4}|yo?|gg(?:ggg?)?|GG(?:GGG?)?|e|E|a|A|hh?|HH?|kk?|mm?|ss?|S{1,9}|x|X|zz?|ZZ?|LTS|LT|LL?L?L?|l{1,4}|./gs

/** Tokens that mean the same to dayjs. */
const SHARED = new Set(
  'YYYY YY M MM MMM MMMM D DD Do d dd ddd dddd H HH h hh k kk m mm s ss SSS A a Q w ww W WW gggg GGGG Z ZZ'.split(
    ' '
  )
)

const OWN: ReadonlyMap<string, (date: Dayjs) => string> = new Map<string, (date: Dayjs) => string>([
  ['DDD', date => String(date.dayOfYear())],
  ['DDDD', date => String(date.dayOfYear()).padStart(3, '0')],
  ['E', date => String(date.isoWeekday())],
  ['e', date => String(date.day())],
  ['S', date => date.format('SSS').slice(0, 1)],
  ['SS', date => date.format('SSS').slice(0, 2)],
  ['X', date => String(date.unix())],
  ['x', date => String(date.valueOf())],
  ['Hmm', date => date.format('Hmm')],
  ['Hmmss', date => date.format('Hmmss')],
  ['hmm', date => date.format('hmm')],
  ['hmmss', date => date.format('hmmss')],
  ['z', () => 'UTC'],
  ['zz', () => 'UTC']
])

/** What is wrong with a format of moment's; undefined where nothing is. */
export function dateFormatFault(format: string, zone: string): string | undefined {
  const unknown = tokensOf(format).find(token => !isKnown(token, zone))
  if (unknown === undefined) return undefined
  return `${quote(unknown)} in the date format ${quote(format)} is not supported; put plain text in [ ]`
}

/** What is wrong with the name of a time zone; undefined where nothing is. */
export function zoneFault(zone: string): string | undefined {
  // Asking for the time zones of the world takes longer than all the rest of a plan.
  if (zone === 'UTC') return undefined
  try {
    new Intl.DateTimeFormat('en-US', {timeZone: zone})
    return undefined
  } catch {
    return `${quote(zone)} is not a time zone; write tz='Area/City', for example tz='Europe/Berlin'`
  }
}

/** A time (ISO 8601) in a format of moment's, in English, in a time zone. */
export function formatDate(time: string, format: string, zone: string): string {
  const plugins = [utc, timezone, advancedFormat, dayOfYear, isoWeek, weekOfYear, weekYear]
  for (const plugin of plugins) dayjs.extend(plugin)
  const date = zone === 'UTC' ? dayjs.utc(time) : dayjs(time).tz(zone)
  return tokensOf(format)
    .map(token => formatToken(token, date))
    .join('')
}

function formatToken(token: string, date: Dayjs): string {
  if (/^\[.*\]$/s.test(token)) return token.slice(1, -1)
  if (token.startsWith('\\')) return token.slice(1)
  const own = OWN.get(token)
  if (own !== undefined) return own(date)
  return SHARED.has(token) ? date.format(token) : token
}

function tokensOf(format: string): readonly string[] {
  return format.match(TOKENS) ?? []
}

/** The name of a zone outside UTC depends on data that moment brings and Node does not. */
function isKnown(token: string, zone: string): boolean {
  if (token.startsWith('z')) return zone === 'UTC'
  if (SHARED.has(token) || OWN.has(token) || /^[[\\]/.test(token)) return true
  return token.length === 1 && !/[ADEHLMNQSWXYZadehklmswxy]/.test(token)
}
