/** A version by PEP 440 (packaging.python.org, "Version specifiers"). */
export interface Pep440 {
  /** The normal form, for example 1.2.3rc2 for v1.2.3-RC.2. */
  readonly version: string
  readonly release: readonly string[]
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
  const release = (groups['release'] ?? '').split('.').map(withoutZeros)
  const pre = groups['pre']?.toLowerCase()
  const local = groups['local']
  const version = [
    groups['epoch'] === undefined || withoutZeros(groups['epoch']) === '0'
      ? ''
      : `${withoutZeros(groups['epoch'])}!`,
    release.join('.'),
    pre === undefined ? '' : `${PRE[pre] ?? pre}${withoutZeros(groups['preNumber'] ?? '0')}`,
    groups['post'] === undefined
      ? ''
      : `.post${withoutZeros(groups['postDigits'] ?? groups['postNumber'] ?? '0')}`,
    groups['dev'] === undefined ? '' : `.dev${withoutZeros(groups['devNumber'] ?? '0')}`
  ].join('')
  return {version, release, isPrerelease: pre !== undefined || groups['dev'] !== undefined, local}
}

function withoutZeros(digits: string): string {
  return digits.replace(/^0+(?=\d)/, '')
}
