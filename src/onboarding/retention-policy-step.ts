import {type ReadPattern, complementOf, readWildcard, unionOf} from './step-patterns.js'
import {type StepWords, imageName, isOpenEnded, isOpenList} from './step-words.js'

/** Translates a step of snok/container-retention-policy, by its source at v3.1.0 (d3bdcf5ce9b05f685154e4a16c39233b245e3d53). */
export function translateRetentionPolicy(step: StepWords): void {
  placeOf(step)
  step.token('token')
  step.leave('rust-log')
  const selection = step.text('tag-selection') ?? 'both'
  if (!['both', 'tagged', 'untagged'].includes(selection))
    step.faults.push(`tag-selection is ${JSON.stringify(selection)}, which only a run can tell`)
  if (selection !== 'tagged') step.inputs['untagged'] = 'true'
  const shas = wordsIn(step.text('skip-shas') ?? '')
  const kept = selection === 'untagged' ? [] : translateTags(step)
  step.leave('image-tags', 'keep-n-most-recent')
  step.lines('keep-tags', [...kept, ...shas])
  const given = step.text('cut-off') ?? ''
  const age = parseHumantime(given)
  if (age === undefined)
    step.faults.push(`cut-off is ${JSON.stringify(given)}, which is no age that can be read here`)
  step.age(age)
  const stamp = step.text('timestamp-to-use') ?? 'updated_at'
  if (stamp !== 'updated_at')
    step.faults.push(
      'timestamp-to-use is created_at: ages go by the last change here, for what was tagged until yesterday is not old'
    )
  const dry = step.text('dry-run')
  if (dry !== undefined) step.inputs['dry-run'] = dry
  if (selection !== 'untagged')
    step.notes.push('the tags latest and of the newest version stay, unless delete-tags names them')
}

function placeOf(step: StepWords): void {
  const account = step.text('account')
  const owner = account === 'user' ? undefined : account
  const words = wordsIn(step.text('image-names') ?? '')
  if (words.length === 0) step.faults.push('image-names is missing')
  if (words.some(word => word.includes('?')))
    step.faults.push('image-names has "?" in it; packages takes * alone here')
  if (words.some(isOpenList))
    step.faults.push('image-names has an expression in it, and only a run can tell which images those are')
  const out = words.filter(word => word.startsWith('!')).map(word => word.slice(1))
  const chosen = words.filter(word => !word.startsWith('!'))
  const isPattern = out.length > 0 || chosen.some(word => word.includes('*'))
  const names = (chosen.length === 0 ? ['*'] : chosen).map(name => imageName(owner, name, step.facts))
  const left = out.map(name => `!${imageName(owner, name, step.facts)}`)
  step.lines(isPattern ? 'packages' : 'images', [...names, ...left])
}

/**
 * An image goes there where all of its tags match, and none that begins with `!`; so what no pattern matches keeps it.
 * @returns what keeps tags
 */
function translateTags(step: StepWords): string[] {
  const words = wordsIn(step.text('image-tags') ?? '')
  const read = (some: readonly string[]): string[] =>
    some.map(readWildcard).flatMap(one => {
      if (one.kind === 'tags') return [one.text]
      step.notes.push(noteOf(one))
      return []
    })
  const isOut = (word: string): boolean => word.startsWith('!')
  const wished = words.filter(word => !isOut(word))
  const [positive, negative] = [read(wished), read(words.filter(isOut).map(word => word.slice(1)))]
  if ([...positive, ...negative].some(isOpenEnded) && wished.length > 0)
    step.faults.push('image-tags has an expression in it, which only a run can tell')
  if (wished.length > 0 && positive.length === 0) return negative
  const many = step.count('keep-n-most-recent') ?? 0
  const all = wished.length === 0
  step.inputs['whole-images'] = 'true'
  if (many > 0) step.inputs['keep-newest'] = all ? String(many) : `${many} of ${unionOf(positive)}`
  else step.lines('delete-tags', all ? ['glob:*'] : positive)
  return all || positive.includes('glob:*') ? negative : [...negative, complementOf(positive)]
}

function noteOf(one: ReadPattern): string {
  const why = 'why' in one ? one.why : 'it is a digest, and tags are meant'
  return `image-tags: ${JSON.stringify(one.text)} is left out, because it matches no tag: ${why}`
}

/** Words between blanks and commas; an expression is one, with what stands around it. */
function wordsIn(text: string): string[] {
  return text.replaceAll(/^["']+|["']+$/g, '').match(/(?:\$\{\{.*?\}\}|[^,\s])+/gs) ?? []
}

const SECOND = 1000
const DAY = 86_400 * SECOND
/** The units of the crate humantime: a month is 30.44 days, a year 365.25. */
const UNITS: readonly (readonly [RegExp, number])[] = [
  [/^(?:ms|msec|millis)$/, 1],
  [/^(?:s|sec|secs|second|seconds)$/, SECOND],
  [/^(?:m|min|mins|minute|minutes)$/, 60 * SECOND],
  [/^(?:h|hr|hrs|hour|hours)$/, 3600 * SECOND],
  [/^(?:d|day|days)$/, DAY],
  [/^(?:w|wk|wks|week|weeks)$/, 7 * DAY],
  [/^(?:M|mo|month|months)$/, 2_630_016 * SECOND],
  [/^(?:y|yr|yrs|year|years)$/, 31_557_600 * SECOND]
]

/** Reads `2w 3d`: milliseconds. */
function parseHumantime(text: string): number | undefined {
  if (!/^(?:\d+\s*[A-Za-z]+\s*)+$/.test(text)) return undefined
  let total = 0
  for (const [, number, unit = ''] of text.matchAll(/(\d+)\s*([A-Za-z]+)/g)) {
    const length = UNITS.find(([name]) => name.test(unit))?.[1]
    if (length === undefined) return undefined
    total += Number(number) * length
  }
  return total
}
