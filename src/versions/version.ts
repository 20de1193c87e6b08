import parseSemver from 'semver/functions/parse.js'
import {parsePep440} from './pep440.js'

/** The two ways to write a version that rules read. */
export type VersionScheme = 'semver' | 'pep440'

/** A version that a run releases. */
export interface ReleaseVersion {
  readonly scheme: VersionScheme
  /** As it was written, for example v1.2.3. */
  readonly raw: string
  /** In normal form and without build metadata, for example 1.2.3. */
  readonly version: string
  readonly major: string
  readonly minor: string
  readonly patch: string
  /** How many numbers were written: 3 of 1.2.3. */
  readonly precision: number
  readonly isPrerelease: boolean
  /** What stands behind "+", which no tag can hold. */
  readonly build: string | undefined
}

/** Reads a version strictly by one scheme; undefined where the text is none. */
export function readVersion(scheme: VersionScheme, text: string): ReleaseVersion | undefined {
  return scheme === 'semver' ? readSemver(text) : readPep440(text)
}

/**
 * Finds the version in a Git tag that no version rule read: behind a folder, a name or a "v", by either scheme.
 * `p1/v1.2.3`, `app-1.2.3rc1` and `release@2.0` hold one, `nightly` and `20200110` do not.
 */
export function findVersion(gitTag: string): ReleaseVersion | undefined {
  const tail = /(?:^|[/@_-])v?(\d+(?:\.\d+)+.*)$/i.exec(gitTag)?.[1] ?? gitTag
  const version = readSemver(tail) ?? readPep440(tail) ?? readLoosely(tail)
  const isBareNumber = version?.precision === 1 && !version.isPrerelease && !/^v/i.test(tail)
  return isBareNumber ? undefined : version
}

function readSemver(text: string): ReleaseVersion | undefined {
  return fromSemver(text, false)
}

/** `1.2.3beta` and the like, which people mean as pre-releases. */
function readLoosely(text: string): ReleaseVersion | undefined {
  return fromSemver(text, true)
}

function fromSemver(text: string, loose: boolean): ReleaseVersion | undefined {
  const parsed = text === text.trim() ? parseSemver(text, {loose}) : null
  if (parsed === null) return undefined
  return {
    scheme: 'semver',
    raw: text,
    version: parsed.version,
    major: String(parsed.major),
    minor: String(parsed.minor),
    patch: String(parsed.patch),
    precision: 3,
    isPrerelease: parsed.prerelease.length > 0,
    build: parsed.build.length > 0 ? parsed.build.join('.') : undefined
  }
}

function readPep440(text: string): ReleaseVersion | undefined {
  const parsed = parsePep440(text)
  if (parsed === undefined) return undefined
  const [major = '0', minor = '0', patch = '0'] = parsed.release
  return {
    scheme: 'pep440',
    raw: text,
    version: parsed.version,
    major,
    minor,
    patch,
    precision: parsed.release.length,
    isPrerelease: parsed.isPrerelease,
    build: parsed.local
  }
}
