import parseSemver from 'semver/functions/parse.js'
import type {VersionScheme} from './version.js'

/** Why a text is no version, and the valid one that was probably meant. */
export interface VersionFault {
  readonly fault: string
  readonly nearest: string | undefined
}

/** The first numbers with dots between them, or else the first number. */
const VERSIONS = [
  /^(?<prefix>.*?)(?<numbers>\d+(?:\.\d+)+)(?<rest>.*)$/s,
  /^(?<prefix>\D*)(?<numbers>\d+)(?<rest>.*)$/s
]

/** The rule that a text breaks which cannot be read as a version, or which no tag can stand for. */
export function versionFault(scheme: VersionScheme, text: string): VersionFault {
  if (scheme === 'pep440') return pep440Fault(text)
  const {fault, nearest} = semverFault(text)
  return {fault, nearest: nearest !== undefined && parseSemver(nearest) !== null ? nearest : undefined}
}

function pep440Fault(text: string): VersionFault {
  const plus = text.indexOf('+')
  if (plus > 0)
    return {fault: 'a tag cannot hold a local version ("+" and what follows)', nearest: text.slice(0, plus)}
  return {fault: 'it is not a version by PEP 440', nearest: undefined}
}

function semverFault(text: string): VersionFault {
  const groups = VERSIONS.map(pattern => pattern.exec(text)).find(match => match !== null)?.groups
  if (groups === undefined) return {fault: 'it holds no number', nearest: undefined}
  const {prefix = '', numbers = '', rest = ''} = groups
  const v = prefix.toLowerCase().endsWith('v') ? 'v' : ''
  const parts = numbers.split('.')
  const mended = `${v}${mendNumbers(parts)}${mendRest(rest)}`
  if (!/^v?$/.test(prefix))
    return {fault: `${JSON.stringify(prefix)} is in front of the version`, nearest: mended}
  if (parts.length !== 3)
    return {fault: `it has ${countOf(parts.length)}, a version has three: major.minor.patch`, nearest: mended}
  return {fault: numberFault(parts) ?? restFault(rest), nearest: mended}
}

function numberFault(parts: readonly string[]): string | undefined {
  const zero = parts.find(part => /^0\d/.test(part))
  if (zero !== undefined) return `the number ${zero} starts with a zero`
  const large = parts.find(part => !Number.isSafeInteger(Number(part)))
  return large === undefined ? undefined : `the number ${large} is too large`
}

function restFault(rest: string): string {
  if (rest.includes('+'))
    return 'it has build metadata ("+" and what follows), which a tag cannot hold: two releases would claim one tag'
  if (!rest.startsWith('-')) return `"-" is missing in front of ${JSON.stringify(rest)}`
  const identifiers = rest.slice(1).split('.')
  if (identifiers.includes('')) return 'an identifier of its pre-release is empty'
  const zero = identifiers.find(identifier => /^0\d+$/.test(identifier))
  if (zero !== undefined) return `the number ${zero} of its pre-release starts with a zero`
  return `${JSON.stringify(/[^0-9A-Za-z.-]/.exec(rest)?.[0] ?? rest)} is not allowed in a version`
}

function mendNumbers(parts: readonly string[]): string {
  return [...parts, '0', '0']
    .slice(0, 3)
    .map(part => part.replace(/^0+(?=\d)/, ''))
    .join('.')
}

function mendRest(rest: string): string {
  const identifiers = (rest.split('+')[0] ?? '')
    .replace(/[^0-9A-Za-z.-]+/g, '-')
    .replace(/^[-.]+/, '')
    .replace(/^([A-Za-z]+)(\d+)$/, '$1.$2')
    .split('.')
    .filter(Boolean)
    .map(identifier => identifier.replace(/^0+(?=\d+$)/, ''))
  return identifiers.length === 0 ? '' : `-${identifiers.join('.')}`
}

function countOf(numbers: number): string {
  return numbers === 1 ? 'one number' : `${numbers} numbers`
}
