import {findVersion} from '../../versions/version.js'
import {
  type DifferenceFacts,
  type DifferenceRow,
  type TagDifference,
  decidingRule,
  isFound,
  isOfVersion,
  isPatterned,
  isPost,
  isPrerelease,
  patternNames,
  refusalIn,
  tagSourceOf,
  versionOf,
  writtenVersionOf
} from './difference-row.js'
import type {PeerRule} from './peer-rules.js'

/** What gives other tags by the version that is released, the special before the general. */
export const VERSION_DIFFERENCES: readonly DifferenceRow[] = [
  {
    id: 'version-on-pull-request',
    given: '`type=semver,value=…`, `pep440` or `match` on a pull request',
    there: 'the tags of the version, and `latest`',
    here: 'no tag: a pull request releases no version',
    explains: (difference, facts) =>
      difference.side === 'there' && facts.run.isPullRequest && isOfVersion(decidingRule(difference, facts))
  },
  {
    id: 'build-metadata',
    given: 'the Git tag `v1.2.3+build`',
    there: '1.2.3, or 1.2.3-build',
    here: 'fails in the plan: no tag can hold a `+`',
    explains: ({side, text, rule}, facts) =>
      (side === 'refused' && /it has build metadata|local version|"\+"/.test(text)) ||
      (side === 'there' && isPatterned(rule) && writtenVersionOf(rule, facts)?.build !== undefined)
  },
  {
    id: 'no-version',
    given: '`v1.2`, `2024.01.5` for `type=semver` alone',
    there: 'a warning, and no tags',
    here: 'fails in the plan, with the nearest version; passes where `type=ref,event=tag` or `type=match` names the Git tag',
    explains: refusalIn(/is not a version that/, facts =>
      facts.rules.some(rule => isPatterned(rule) && writtenVersionOf(rule, facts) === undefined)
    )
  },
  {
    id: 'match-nothing',
    given: '`match=` that matches nothing',
    there: 'the whole Git tag',
    here: 'no tag',
    explains: (difference, facts) => {
      const rule = decidingRule(difference, facts)
      const match = isPatterned(rule) ? (rule.attributes['match'] ?? '') : ''
      return difference.side === 'there' && match !== '' && !isFound(match, tagSourceOf(rule, facts))
    }
  },
  {
    id: 'text-around-prerelease',
    given: '`pattern=v{{version}}` on a pre-release',
    there: 'loses the `v`',
    here: 'keeps it',
    explains: ({rule}, facts) => {
      const pattern = rule?.attributes['pattern'] ?? ''
      const names = patternNames(pattern)
      const isKept = names.includes('version') || names.includes('raw')
      const isWhole = /^\{\{\{?\s*(?:version|raw)\s*\}?\}\}$/.test(pattern)
      const isAround = names.length > 0 && /^[^{]|[^}]$/.test(pattern)
      const isPre = writtenVersionOf(rule, facts)?.isPrerelease === true
      return isPatterned(rule) && isPre && (isAround || (isKept && !isWhole))
    }
  },
  {
    id: 'literal-prerelease',
    given: '`pattern=stable`, with no part of the version, on a pre-release',
    there: 'the whole version in its place: 2.0.0-rc.1',
    here: 'no tag: what all versions share does not move to a pre-release',
    explains: ({side, rule}, facts) =>
      side === 'there' &&
      isPatterned(rule) &&
      writtenVersionOf(rule, facts)?.isPrerelease === true &&
      patternNames(rule.attributes['pattern'] ?? '').length === 0
  },
  {
    id: 'prerelease',
    given: 'the pre-release `v2.0.0-rc.1`, by its version or as GitHub’s release is marked',
    there: 'may move `latest`, `2`, `2.0`',
    here: 'moves no shared tag, unless asked by name',
    explains: (difference, facts) => explainsPrerelease(difference, facts)
  },
  {
    id: 'post-release',
    given: '`type=pep440` on the post-release `1.2.3.post1`',
    there: '1.2.3.post1 for every pattern, no `latest`',
    here: 'a final version: 1.2.3.post1, 1.2 and `latest`',
    explains: ({side, rule}, facts) => {
      const isWhole = /^\{\{\{?\s*(?:version|raw)\s*\}?\}\}$/.test(rule?.attributes['pattern'] ?? '')
      if (rule !== undefined) return isPost(rule, facts) && !isWhole
      return side === 'here' && !facts.isLatestThere && facts.rules.some(one => isPost(one, facts))
    }
  },
  {
    id: 'major-zero',
    given: '`pattern={{major}}` on v0.1.2',
    there: 'the tag `0`',
    here: 'no tag; `enable=true` on the line gives it',
    explains: (difference, facts) => {
      const rule = decidingRule(difference, facts)
      const version = versionOf(rule, facts)
      const names = isPatterned(rule) ? patternNames(rule.attributes['pattern'] ?? '') : []
      const isAlone = names.length > 0 && names.every(name => name === 'major')
      const isZero = version?.major === '0' && !version.isPrerelease && isAlone
      const isAsked = /\benable=/.test(rule?.text ?? '')
      if (difference.side !== 'there' || !isZero || isAsked) return false
      return difference.rule !== undefined || isLastToRelease(rule, facts)
    }
  }
]

/** What does not move to a pre-release: `latest`, what `match` finds of its numbers, and parts of a version that is marked as one. */
function explainsPrerelease(difference: TagDifference, facts: DifferenceFacts): boolean {
  const {side, rule, value = ''} = difference
  const {flavor, rules} = facts
  if (rule === undefined) {
    const isReleased = rules.some(one => versionOf(one, facts)?.isPrerelease === false)
    return side === 'there' && flavor?.latest === 'auto' && !isReleased && isPrerelease(facts.first, facts)
  }
  if (!isOfVersion(rule) || !isPrerelease(rule, facts)) return false
  if (rule.type === 'match') return side === 'there' && isPartOfPrerelease(value, rule, facts)
  if (writtenVersionOf(rule, facts)?.isPrerelease === true) return false
  const names = patternNames(rule.attributes['pattern'] ?? '')
  const isPart = !names.includes('version') && !names.includes('raw')
  return isPart && (side === 'there' || names.length > 0)
}

function isPartOfPrerelease(found: string, rule: TagDifference['rule'], facts: DifferenceFacts): boolean {
  const [part, version] = [findVersion(found), versionOf(rule, facts)]
  if (version === undefined || version.precision < 2 || part?.version === version.version) return false
  return part === undefined ? !/[a-z]{2}/i.test(found) : !part.isPrerelease
}

/** Whether `latest` goes with this rule: no other rule releases a version, and the flavor does not ask for it beside other tags. */
function isLastToRelease(rule: PeerRule | undefined, facts: DifferenceFacts): boolean {
  const others = facts.rules.filter(one => one !== rule)
  if (facts.flavor?.latest === 'true') return others.length === 0
  return others.every(one => versionOf(one, facts)?.isPrerelease !== false)
}
