import {parsePep440} from './pep440.js'

/** A version that can be held against others, whichever scheme it is written by. */
export interface OrderedVersion {
  /** Without "v" and build metadata. */
  readonly text: string
  readonly epoch: bigint
  /** As many as were written. */
  readonly numbers: readonly bigint[]
  /** What tells a pre-release from its release, for example rc and 1. */
  readonly pre: readonly (bigint | string)[] | undefined
  readonly post: bigint | undefined
  readonly dev: bigint | undefined
  readonly isPrerelease: boolean
}

const SEMVER =
  /^v?(?<core>(?<major>\d+)\.(?<minor>\d+)\.(?<patch>\d+))(?:-(?<pre>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?$/

/**
 * What people call a pre-release: a word, alone or before a number or a dot, or a number alone. Any other part after a
 * version names a variant.
 */
const PRERELEASE =
  /^(?:(?:a|alpha|b|beta|c|rc|cr|pre|preview|prerelease|dev|snapshot|m|milestone|canary|next|nightly|ea|insiders?|experimental|unstable)(?:[.\d].*)?|\d+(?:\..*)?)$/i

const DATE_OR_COMMIT = /^(?:\d{4,}|[0-9a-f]{7,})$/i

/**
 * Reads a version by Semantic Versioning, else by PEP 440, with or without a "v" in front. Undefined where the text is
 * none. A number alone of four digits or more is none either but a date, and 860c190 is a commit rather than PEP 440's
 * 860rc190.
 */
export function parseOrdered(text: string): OrderedVersion | undefined {
  const ordered = fromSemver(text) ?? fromPep440(text)
  const isElse = ordered?.numbers.length === 1 && DATE_OR_COMMIT.test(text)
  return isElse ? undefined : ordered
}

/**
 * How many of the parts after a version, such as rc.1 and alpine in 1.2.3-rc.1-alpine, make it a pre-release: those in
 * front of the first that names a variant.
 * @param word one more word that is known to mark a pre-release
 */
export function prereleaseParts(parts: readonly string[], word?: bigint | string): number {
  const variant = parts.findIndex(part => !PRERELEASE.test(part) && part.split('.')[0] !== word)
  return variant < 0 ? parts.length : variant
}

/**
 * Below zero where the first comes before the second, above zero where it comes after, 0 where they are one version.
 * Semantic Versioning's precedence (semver.org, 11) and PEP 440's order agree where both can read a version, so that one
 * order serves them: 1.2.3.dev1, 1.2.3a1, 1.2.3-beta.1, 1.2.3-rc.1, 1.2.3, 1.2.3.post1, 1.2.4.
 */
export function compareOrdered(first: OrderedVersion, second: OrderedVersion): number {
  return (
    compareNumbers(first.epoch, second.epoch) ||
    compareLists(first.numbers, second.numbers) ||
    stageOf(first) - stageOf(second) ||
    compareIdentifiers(first.pre ?? [], second.pre ?? []) ||
    compareNumbers(first.post ?? -1n, second.post ?? -1n) ||
    compareDev(first.dev, second.dev)
  )
}

/** Whether the numbers of a version start with these: 1.2 is the line of 1.2.9. */
export function isOfLine({numbers}: OrderedVersion, line: readonly bigint[]): boolean {
  return line.every((number, position) => (numbers[position] ?? 0n) === number)
}

function fromSemver(text: string): OrderedVersion | undefined {
  const groups = SEMVER.exec(text)?.groups
  if (groups === undefined) return undefined
  const {core = '', major = '', minor = '', patch = '', pre} = groups
  return {
    text: pre === undefined ? core : `${core}-${pre}`,
    epoch: 0n,
    numbers: [major, minor, patch].map(BigInt),
    pre: pre?.split('.').map(identifier => (/^\d+$/.test(identifier) ? BigInt(identifier) : identifier)),
    post: undefined,
    dev: undefined,
    isPrerelease: pre !== undefined
  }
}

function fromPep440(text: string): OrderedVersion | undefined {
  const parsed = parsePep440(text)
  if (parsed === undefined) return undefined
  const {version, epoch, release, pre, post, dev, isPrerelease} = parsed
  return {
    text: version,
    epoch: BigInt(epoch),
    numbers: release.map(BigInt),
    pre: pre && [pre[0], BigInt(pre[1])],
    post: post === undefined ? undefined : BigInt(post),
    dev: dev === undefined ? undefined : BigInt(dev),
    isPrerelease
  }
}

/** A development release of a final version comes before its pre-releases (PEP 440, "Summary of permitted suffixes"). */
function stageOf({pre, post, dev}: OrderedVersion): number {
  if (pre !== undefined) return 1
  return dev !== undefined && post === undefined ? 0 : 2
}

function compareLists(first: readonly bigint[], second: readonly bigint[]): number {
  const length = Math.max(first.length, second.length)
  for (let position = 0; position < length; position++) {
    const order = compareNumbers(first[position] ?? 0n, second[position] ?? 0n)
    if (order !== 0) return order
  }
  return 0
}

/** semver.org, 11.4: numbers by value and before words, words by their characters, more identifiers after fewer. */
function compareIdentifiers(
  first: readonly (bigint | string)[],
  second: readonly (bigint | string)[]
): number {
  const length = Math.min(first.length, second.length)
  for (let position = 0; position < length; position++) {
    const order = compareIdentifier(first[position] ?? '', second[position] ?? '')
    if (order !== 0) return order
  }
  return first.length - second.length
}

function compareIdentifier(first: bigint | string, second: bigint | string): number {
  if (typeof first === typeof second) return first < second ? -1 : first > second ? 1 : 0
  return typeof first === 'bigint' ? -1 : 1
}

/** No development release comes after every development release of the same version. */
function compareDev(first: bigint | undefined, second: bigint | undefined): number {
  if (first !== undefined && second !== undefined) return compareNumbers(first, second)
  return Number(second !== undefined) - Number(first !== undefined)
}

function compareNumbers(first: bigint, second: bigint): number {
  return first < second ? -1 : first > second ? 1 : 0
}
