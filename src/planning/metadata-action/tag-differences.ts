import {isTag} from '../../oci/reference.js'
import {findVersion} from '../../versions/version.js'
import {
  type DifferenceRow,
  isAboutPost,
  isFound,
  isOfVersion,
  isPrerelease,
  isQuotedAs,
  isShared,
  sourceOf
} from './difference-row.js'

/** What gives other tags, the special before the general. */
export const TAG_DIFFERENCES: readonly DifferenceRow[] = [
  {
    id: 'older-version',
    given: 'the tag `v1.9.1`, while 2.0.1 is published',
    there: 'moves `latest`',
    here: '`latest` stays'
  },
  {
    id: 'merge-queue',
    given: 'a merge queue',
    there: 'a tag of its temporary branch',
    here: 'builds only',
    explains: ({side}, {run}) => side === 'there' && run.isMergeQueue
  },
  {
    id: 'latest-on-pull-request',
    given: '`latest=true` on a pull request',
    there: '`latest`, too',
    here: 'never on a pull request',
    explains: ({side, rule}, {run, flavor}) =>
      side === 'there' && rule === undefined && run.isPullRequest && flavor?.latest === 'true'
  },
  {
    id: 'version-on-pull-request',
    given: '`type=semver,value=…`, `pep440` or `match` on a pull request',
    there: 'the tags of the version, and `latest`',
    here: 'no tag: a pull request releases no version',
    explains: ({side, rule}, {run}) => side === 'there' && run.isPullRequest && isOfVersion(rule)
  },
  {
    id: 'build-metadata',
    given: 'the Git tag `v1.2.3+build`',
    there: '1.2.3, or 1.2.3-build',
    here: 'fails in the plan: no tag can hold a `+`',
    explains: ({side, text, rule}, facts) =>
      (side === 'refused' && /it has build metadata|local version|"\+"/.test(text)) ||
      (side !== 'refused' && isOfVersion(rule) && sourceOf(rule, facts).includes('+'))
  },
  {
    id: 'no-version',
    given: '`v1.2`, `2024.01.5` for `type=semver` alone',
    there: 'a warning, and no tags',
    here: 'fails in the plan, with the nearest version; passes where `type=ref,event=tag` or `type=match` names the Git tag',
    explains: ({side, text}) => side === 'refused' && /is not a version that/.test(text)
  },
  {
    id: 'match-nothing',
    given: '`match=` that matches nothing',
    there: 'the whole Git tag',
    here: 'no tag',
    explains: ({side, rule}, facts) =>
      side === 'there' &&
      (rule?.attributes['match'] ?? '') !== '' &&
      isOfVersion(rule) &&
      !isFound(rule?.attributes['match'] ?? '', sourceOf(rule, facts))
  },
  {
    id: 'text-around-prerelease',
    given: '`pattern=v{{version}}` on a pre-release',
    there: 'loses the `v`',
    here: 'keeps it',
    explains: ({rule}, facts) =>
      isOfVersion(rule) &&
      rule?.type !== 'match' &&
      isPrerelease(rule, facts) &&
      /^[^{]|[^}]$/.test(rule?.attributes['pattern'] ?? '')
  },
  {
    id: 'prerelease',
    given: 'the pre-release `v2.0.0-rc.1`, by its version or as GitHub’s release is marked',
    there: 'may move `latest`, `2`, `2.0`',
    here: 'moves no shared tag, unless asked by name',
    explains: ({side, rule}, facts) =>
      isShared(rule) &&
      isPrerelease(rule, facts) &&
      (side === 'there' || (facts.run.isMarkedPrerelease && side === 'here'))
  },
  {
    id: 'suffix',
    given: '`flavor: suffix=-alpine`',
    there: 'plain `latest`',
    here: 'the variant has no plain `latest`, unless `latest=true` or `onlatest=true` says so',
    explains: ({side, rule}, {flavor}) =>
      side === 'there' &&
      rule === undefined &&
      (flavor?.suffix ?? '') !== '' &&
      flavor?.suffixLatest === false
  },
  {
    id: 'template-around-latest',
    given: '`prefix={{branch}}-,onlatest=true`',
    there: '`-branch--latest`: the template stays as it is written',
    here: '`main-latest`: it is filled in',
    explains: ({rule}, {flavor}) =>
      rule === undefined &&
      ((flavor?.prefixLatest === true && flavor.prefix.includes('{{')) ||
        (flavor?.suffixLatest === true && flavor.suffix.includes('{{')))
  },
  {
    id: 'schedule',
    given: 'a scheduled run with `type=schedule` and a version',
    there: '`latest` where the version comes first',
    here: 'no `latest`: a rebuild is no release',
    explains: ({side, rule}, {run, rules}) =>
      side === 'there' &&
      rule === undefined &&
      run.event.includes('schedule') &&
      rules.some(({type}) => type === 'schedule')
  },
  {
    id: 'post-release',
    given: '`type=pep440` on the post-release `1.2.3.post1`',
    there: '1.2.3.post1 for every pattern, no `latest`',
    here: 'a final version: 1.2.3.post1, 1.2 and `latest`',
    explains: (difference, facts) => isAboutPost(difference, facts)
  },
  {
    id: 'onlatest-stays',
    given: '`prefix=` or `suffix=` on two lines of the flavor, the first with `onlatest=true`',
    there: 'the second has it, too',
    here: 'the second stands for itself',
    explains: ({rule}, {flavor, writtenFlavor}) =>
      rule === undefined &&
      ((flavor?.prefixLatest === true && (writtenFlavor.match(/prefix=/g) ?? []).length > 1) ||
        (flavor?.suffixLatest === true && (writtenFlavor.match(/suffix=/g) ?? []).length > 1))
  },
  {
    id: 'first-rule',
    given: 'a rule of higher priority, such as `type=raw,priority=1000`, before a version',
    there: 'no `latest`: the first rule decides',
    here: '`latest`, for a version is released',
    explains: ({side, rule}, {flavor}) => side === 'here' && rule === undefined && flavor?.latest === 'auto'
  },
  {
    id: 'major-zero',
    given: '`pattern={{major}}` on v0.1.2',
    there: 'the tag `0`',
    here: 'no tag; `enable=true` on the line gives it',
    explains: ({side, rule}, facts) =>
      side === 'there' &&
      isOfVersion(rule) &&
      (rule?.attributes['pattern'] ?? '').includes('{{major}}') &&
      findVersion(sourceOf(rule, facts))?.major === '0'
  },
  {
    id: 'escaped',
    given: 'a template with a name such as `a&b`',
    there: '`a-amp-b`: escaped for HTML first',
    here: '`a-b`',
    explains: (_, {run, rules, flavor}) =>
      /[&<>"'`=]/.test(run.branch ?? run.gitTag ?? '') &&
      [...rules.map(rule => rule.text), flavor?.prefix, flavor?.suffix].some(text => text?.includes('{{'))
  },
  {
    id: 'empty-value',
    given: '`type=raw,value={{branch}}` on a Git tag, with a prefix or suffix around it',
    there: 'the prefix and suffix alone: `v`, `-alpine`',
    here: 'no tag: the value is empty',
    explains: ({side, text, rule}, {run}) =>
      side === 'there' &&
      rule?.type === 'raw' &&
      /\{\{/.test(rule.attributes['value'] ?? '') &&
      ((run.branch ?? '') === '' || text === '' || run.gitTag === undefined)
  },
  {
    id: 'too-long',
    given: 'a tag of more than 128 characters',
    there: 'gives it, and the push fails',
    here: 'shortened, with a hash of the whole at its end',
    explains: ({side, text}, {run}) =>
      (side === 'there' && text.length > 128) ||
      (side === 'here' && /-[0-9a-f]{8}$/.test(text) && (run.branch ?? run.gitTag ?? '').length > 100)
  },
  {
    id: 'no-tag-at-all',
    given: 'a tag that begins with `-` or `.`',
    there: 'gives it, and the push fails',
    here: 'fails in the plan',
    explains: ({side, text}) =>
      (side === 'refused' && /is not a tag: it starts with/.test(text)) ||
      (side === 'there' && text.length <= 128 && !isTag(text))
  },
  {
    id: 'comma-in-template',
    given: "a comma in a template, `{{date 'ddd, D'}}`, without quotes around the field",
    there: 'ends the field: the template fails, or what is behind the comma is the value',
    here: 'is part of the format',
    explains: ({rule}, {written}) => {
      const lines = written.split('\n').filter(line => /\{\{[^}]*,[^}]*\}\}/.test(line))
      return rule === undefined ? lines.length > 0 : lines.some(line => line.trim() === rule.text)
    }
  },
  {
    id: 'quoted-field',
    given: '`type=raw,"value=a,b"`: quotes around one field',
    there: 'are gone before the line is read: the value is `b`',
    here: 'hold the field together',
    explains: ({rule, side, text}, {written}) =>
      (side === 'refused' && /the quote in column|a comma is missing after/.test(text)) ||
      (side !== 'accepted' && rule !== undefined && written.split('\n').some(line => isQuotedAs(rule, line)))
  }
]
