/** A version by PEP 440 (packaging.python.org, "Version specifiers"). */
export interface Pep440 {
  /** The normal form, for example 1.2.3rc2 for v1.2.3-RC.2. */
  readonly version: string
  /** 0 where none is written. */
  readonly epoch: string
  readonly release: readonly string[]
  /** What comes before the release: `a`, `b` or `rc`, and its number. */
  readonly pre: readonly [stage: string, number: string] | undefined
  /** The number of a post-release. */
  readonly post: string | undefined
  /** The number of a development release. */
  readonly dev: string | undefined
  /** Pre-releases and development releases; a post-release is final. */
  readonly isPrerelease: boolean
  /** The local version label behind "+", which a tag cannot hold. */
  readonly local: string | undefined
}

const PATTERN =
  /^v?(?:(?<epoch>\d+)!)?(?<release>\d+(?:\.\d+)*)(?:[-_.]?(?<pre>alpha|beta|preview|pre|rc|a|b|c)[-_.]?(?<preNumber>\d+)?)?(?<post>-(?<postDigits>\d+)|[-_.]?(?:post|rev|r)[-_.]?(?<postNumber>\d+)?)?(?<dev>[-_.]?dev[-_.]?(?<devNumber>\d+)?)?(?:\+(?<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?$/i

const PRE: Readonly<Record<string, string>> = {alpha: 'a', beta: 'b', preview: 'rc', pre: 'rc', c: 'rc'}

/** Reads a version by PEP 440, in any of its spellings; undefined where the text is none. */
export function parsePep440(text: string): Pep440 | undefined {
  const groups = PATTERN.exec(text)?.groups
  if (groups === undefined) return undefined
  const parts = partsOf(groups)
  return {
    ...parts,
    version: format(parts),
    isPrerelease: parts.pre !== undefined || parts.dev !== undefined,
    local: groups['local']
  }
}

type Parts = Pick<Pep440, 'epoch' | 'release' | 'pre' | 'post' | 'dev'>

function partsOf(groups: Readonly<Record<string, string | undefined>>): Parts {
  const {epoch = '0', release = '', pre, preNumber, post, postDigits, postNumber, dev, devNumber} = groups
  const stage = pre?.toLowerCase()
  return {
    epoch: withoutZeros(epoch),
    release: release.split('.').map(withoutZeros),
    pre: stage === undefined ? undefined : [PRE[stage] ?? stage, withoutZeros(preNumber ?? '0')],
    post: post === undefined ? undefined : withoutZeros(postDigits ?? postNumber ?? '0'),
    dev: dev === undefined ? undefined : withoutZeros(devNumber ?? '0')
  }
}

function format({epoch, release, pre, post, dev}: Parts): string {
  return [
    epoch === '0' ? '' : `${epoch}!`,
    release.join('.'),
    pre?.join('') ?? '',
    post === undefined ? '' : `.post${post}`,
    dev === undefined ? '' : `.dev${dev}`
  ].join('')
}

function withoutZeros(digits: string): string {
  return digits.replace(/^0+(?=\d)/, '')
}
