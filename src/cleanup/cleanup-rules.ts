import {InputFaults, parseDuration} from '../command/input.js'
import type {NewestRule} from './policy/policy.js'
import {type TagPattern, parseTagPattern, parseTagSelector} from '../patterns/tag-pattern.js'

const AGE = /^(.*?)\s+older than\s+(\S+)$/s

/**
 * Reads what chooses tags to go, `PATTERN` or `PATTERN older than TIME`; a digest is a pattern, too.
 * @throws ReleaseError INPUT_INVALID, TAG_INVALID, DIGEST_INVALID; InputFaults for the time
 */
export function parseDeletionRule(text: string): TagPattern {
  const {rest, olderThan} = withAge(text)
  return {...parseTagSelector(rest), ...(olderThan === undefined ? {} : {olderThan})}
}

/**
 * Reads what chooses tags or a manifest to stay.
 * @throws ReleaseError INPUT_INVALID, TAG_INVALID, DIGEST_INVALID
 */
export function parseKeptSelector(text: string): TagPattern {
  if (AGE.test(text)) throw new InputFaults([`${JSON.stringify(text)}: what is to be kept stays at any age`])
  return parseTagSelector(text)
}

/**
 * Reads `COUNT`, `COUNT of PATTERN`, or either with `older than TIME` after it.
 * @throws InputFaults, ReleaseError INPUT_INVALID
 */
export function parseNewestRule(text: string): NewestRule {
  const {rest, olderThan} = withAge(text)
  const [, digits = '', pattern] = /^(\d{1,6})(?:\s+of\s+(\S.*))?$/s.exec(rest) ?? []
  const count = Number(digits)
  if (count === 0)
    throw new InputFaults([
      `${JSON.stringify(text)} is neither a number of images to keep, 1 or more, nor one with a pattern, such as 3 of glob:nightly-*`
    ])
  return {
    text: rest,
    count,
    ...(pattern === undefined ? {} : {pattern: parseTagPattern(pattern)}),
    ...(olderThan === undefined ? {} : {olderThan})
  }
}

/**
 * Reads a number of images to keep, 1 or more.
 * @throws InputFaults
 */
export function parseKeptCount(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
  throw new InputFaults([
    `${JSON.stringify(text)} is not a number of images to keep, 1 or more; to keep none, say untagged: true`
  ])
}

function withAge(text: string): {readonly rest: string; readonly olderThan: number | undefined} {
  const [, rest, age] = AGE.exec(text) ?? []
  return rest === undefined || age === undefined
    ? {rest: text, olderThan: undefined}
    : {rest, olderThan: parseDuration(age)}
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  K: 1000,
  M: 1000 ** 2,
  G: 1000 ** 3,
  T: 1000 ** 4,
  KI: 1024,
  MI: 1024 ** 2,
  GI: 1024 ** 3,
  TI: 1024 ** 4
}

/**
 * Reads a size such as 500MB or 10GiB: bytes.
 * @throws InputFaults
 */
export function parseSize(text: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([KMGT]?i?)B?$/i.exec(text) ?? []
  const factor = UNITS[unit.toUpperCase()]
  if (number !== '' && factor !== undefined) return Math.floor(Number(number) * factor)
  throw new InputFaults([`${JSON.stringify(text)} is not a size such as 500MB or 10GiB`])
}
