import {messageOf} from '../errors.js'
import {boundedExpression} from '../patterns/bounded-expression.js'
import {
  type ReadPattern,
  digestsMatched,
  readExpression,
  readWildcard,
  unionOf,
  wildcardTest
} from './step-patterns.js'
import {splitList} from './expression-text.js'
import {type StepWords, imageName, isOpenEnded, isOpenList} from './step-words.js'

/**
 * Translates a step of dataaxiom/ghcr-cleanup-action, by its source at v1.2.1
 * (f092b48ba3b604b2a83690dc4b2bbb3392e1045f).
 */
export function translateGhcrCleanup(step: StepWords): void {
  placeOf(step)
  step.token('token')
  const isTagged = translateTags(step)
  const isDamage = translateDamage(step)
  if (isDamage && step.inputs['keep-newest']?.includes(' of ') === true)
    step.faults.push(
      'keep-n-tagged with delete-tags counts damaged images there for images with several tags, and not for the others; make two steps of it'
    )
  const isUntagged = translateUntagged(step, isTagged || isDamage)
  if (!isTagged && !isDamage && !isUntagged) step.faults.push('it deletes nothing')
  const given = step.text('older-than')
  const age = given === undefined ? undefined : parseInterval(given)
  if (given !== undefined && age === undefined)
    step.faults.push(`older-than is ${JSON.stringify(given)}, which is no age that can be read here`)
  step.age(age)
  translateOrphans(step, age)
  translateRun(step)
}

function placeOf(step: StepWords): void {
  const owner = step.text('owner')
  const given = step.text('package') ?? step.text('packages') ?? step.facts.repository
  step.leave('package', 'packages', 'repository')
  const isRegex = step.flag('use-regex')
  const names = splitList(given)
  if (step.text('package') === undefined && isOpenList(given))
    step.faults.push('packages has an expression in it, and only a run can tell which packages those are')
  const isWild = step.flag('expand-packages') || /[*?]/.test(given)
  if (isWild && isRegex)
    step.faults.push(`packages is the expression ${JSON.stringify(given)}; packages takes * alone here`)
  const patterns = names.filter(name => name.includes('*'))
  if (patterns.some(name => name.includes('?')))
    step.faults.push(`packages has "?" in ${JSON.stringify(given)}; packages takes * alone here`)
  step.lines(
    'images',
    names.filter(name => !patterns.includes(name)).map(name => imageName(owner, name, step.facts))
  )
  step.lines('packages', [
    ...patterns.map(name => imageName(owner, name, step.facts)),
    ...patterns.flatMap(name => withSlash(name).map(one => `!${imageName(owner, one, step.facts)}`))
  ])
}

/** There `*` stands for no slash, here it does: names in which it would are left out. */
function withSlash(pattern: string): string[] {
  const parts = pattern.split('*')
  return parts
    .slice(1)
    .map((_, at) => `${parts.slice(0, at + 1).join('*')}*/*${parts.slice(at + 1).join('*')}`)
}

/** Whether tags are chosen. */
function translateTags(step: StepWords): boolean {
  const chosen = step.text('delete-tags') ?? step.text('tags')
  step.leave('tags')
  const excluded = step.text('exclude-tags')
  const kept = excluded === undefined ? [] : patternsIn(step, 'exclude-tags', excluded)
  if (excluded !== undefined && digestsMatchedBy(step, excluded) === 'all')
    step.faults.push(`exclude-tags ${JSON.stringify(excluded)} keeps everything`)
  step.lines(
    'keep-images',
    kept.map(({text}) => text)
  )
  const many = step.count('keep-n-tagged')
  const patterns = chosen === undefined ? [] : patternsIn(step, 'delete-tags', chosen)
  if (many !== undefined) return keepNewest(step, many, {isNamed: chosen !== undefined, patterns})
  if (chosen === undefined) return false
  step.lines(
    'delete-tags',
    patterns.map(({text}) => text)
  )
  const digests = digestsMatchedBy(step, chosen)
  if (digests === 'all') step.inputs['untagged'] = 'true'
  if (digests === 'some')
    step.notes.push(
      `delete-tags ${JSON.stringify(chosen)} is held against digests there, and takes images by chance; here it is about tags`
    )
  return patterns.length > 0
}

function keepNewest(
  step: StepWords,
  many: number,
  {isNamed, patterns}: {readonly isNamed: boolean; readonly patterns: readonly ReadPattern[]}
): boolean {
  const tags = patterns.filter(({kind}) => kind === 'tags').map(({text}) => text)
  if (isNamed && tags.length === 0) return false
  if (many === 0) step.lines('delete-tags', isNamed ? tags : ['glob:*'])
  else step.inputs['keep-newest'] = isNamed ? `${many} of ${unionOf(tags)}` : String(many)
  return true
}

/** What is chosen by tag or digest; says what is no pattern. */
function patternsIn(step: StepWords, input: string, text: string): ReadPattern[] {
  const isRegex = step.flag('use-regex')
  const all = isRegex ? [readRegex(step, input, text)] : text.split(',').map(readWildcard)
  for (const one of all) {
    if (one.kind === 'unclear') step.faults.push(`${input}: ${JSON.stringify(one.text)}: ${one.why}`)
    if (one.kind === 'nothing')
      step.notes.push(
        `${input}: ${JSON.stringify(one.text)} is left out, because it matches nothing: ${one.why}`
      )
  }
  return all.filter(({kind}) => kind === 'tags' || kind === 'digest')
}

function readRegex(step: StepWords, input: string, text: string): ReadPattern {
  if (isOpenEnded(text)) step.faults.push(`${input} is an expression that only a run can tell`)
  else
    try {
      boundedExpression(text, 'u')
    } catch (fault) {
      step.faults.push(`${input}: ${messageOf(fault)}`)
    }
  return readExpression(text)
}

function digestsMatchedBy(step: StepWords, text: string): ReturnType<typeof digestsMatched> {
  if (isOpenEnded(text)) return 'none'
  if (!step.flag('use-regex')) {
    const tests = text
      .split(',')
      .filter(one => /[*?]/.test(one))
      .map(wildcardTest)
    return digestsMatched(digest => tests.some(matches => matches(digest)))
  }
  try {
    const expression = boundedExpression(text)
    return digestsMatched(digest => expression.test(digest))
  } catch {
    return 'none'
  }
}

/** Beside delete-partial-images the action leaves delete-ghost-images out. */
function translateDamage(step: StepWords): boolean {
  const isPartial = step.flag('delete-partial-images')
  const isGhost = step.flag('delete-ghost-images')
  if (isPartial) step.inputs['partial-images'] = 'true'
  else if (isGhost) step.inputs['ghost-images'] = 'true'
  if (isPartial && isGhost)
    step.notes.push(
      'delete-ghost-images does nothing there beside delete-partial-images; add ghost-images: true to have those go, too'
    )
  if (step.flag('delete-orphaned-images')) step.inputs['orphaned-referrers'] = 'true'
  return isPartial || isGhost || step.inputs['orphaned-referrers'] !== undefined
}

/** What has no tag goes where no other rule is given, too. */
function translateUntagged(step: StepWords, isOther: boolean): boolean {
  const many = step.count('keep-n-untagged')
  const given = step.text('delete-untagged')
  const isAny = ['delete-tags', 'tags', 'delete-ghost-images', 'delete-partial-images', 'keep-n-tagged']
  const isAlone = ![...isAny, 'delete-orphaned-images'].some(name => step.text(name) !== undefined)
  if (many !== undefined && given !== undefined)
    step.faults.push('it has delete-untagged beside keep-n-untagged, and fails')
  const isAll = given === undefined ? isAlone && !isOther && many === undefined : step.flag('delete-untagged')
  if (isAll || many === 0) step.inputs['untagged'] = 'true'
  if (many !== undefined && many > 0 && step.inputs['untagged'] === undefined)
    step.inputs['keep-newest-untagged'] = String(many)
  return step.inputs['untagged'] !== undefined || many !== undefined
}

/** Signatures without an image go there at any age. */
function translateOrphans({inputs}: StepWords, age: number | undefined): void {
  if (inputs['orphaned-referrers'] === undefined || age === undefined) return
  inputs['orphans-age'] = '0'
  inputs['min-age'] = '0'
}

function translateRun(step: StepWords): void {
  const dry = step.text('dry-run')
  if (dry !== undefined) step.inputs['dry-run'] = dry.toLowerCase() === dry ? dry : dry.toLowerCase()
  step.leave('log-level')
  if (step.text('validate') !== undefined)
    step.notes.push(
      'validate is left out: every tag is read after each clean-up, and one that is broken fails it'
    )
  const addresses = {'registry-url': 'https://ghcr.io', 'github-api-url': 'https://api.github.com'}
  for (const [name, usual] of Object.entries(addresses)) {
    const address = step.text(name)?.replace(/\/$/, '')
    if (address !== undefined && address !== usual)
      step.faults.push(`${name} is ${address}: name the registry in images yourself`)
  }
}

const INTERVALS: Readonly<Record<string, number>> = {
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 7 * 86_400_000,
  month: 30 * 86_400_000,
  year: 365 * 86_400_000
}

/** Reads `15 days`, `1 year and 6 months`, as human-interval does where numbers are digits: milliseconds. */
function parseInterval(text: string): number | undefined {
  const parts = text.trim().split(/(?:\s|,|\band\b)+(?=\d)/)
  let total = 0
  for (const part of parts) {
    const [, number, unit = ''] =
      /^(\d+(?:\.\d+)?)?\s*(second|minute|hour|day|week|month|year)s?$/.exec(part) ?? []
    const length = INTERVALS[unit]
    if (length === undefined) return undefined
    total += Number(number ?? 1) * length
  }
  return total
}
