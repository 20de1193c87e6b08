import {isTag} from '../../oci/reference.js'
import {type DifferenceRow, isQuotedAs, patternNames} from './difference-row.js'

/** What gives other tags by what stands around them, the special before the general. */
export const TAG_DIFFERENCES: readonly DifferenceRow[] = [
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
    id: 'suffix',
    given: '`flavor: suffix=-alpine`',
    there: 'plain `latest`',
    here: 'the variant has no plain `latest`, unless `latest=true` or `onlatest=true` says so',
    explains: ({side, rule}, {flavor}) =>
      side === 'there' &&
      rule === undefined &&
      flavor?.latest === 'auto' &&
      flavor.suffix !== '' &&
      !flavor.suffixLatest
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
    explains: ({side, rule}, {run, rules, flavor}) =>
      side === 'there' &&
      rule === undefined &&
      flavor?.latest === 'auto' &&
      run.event.includes('schedule') &&
      rules.some(({type}) => type === 'schedule')
  },
  {
    id: 'onlatest-stays',
    given: '`prefix=` or `suffix=` on two lines of the flavor, the first with `onlatest=true`',
    there: 'the second has it, too',
    here: 'the second stands for itself',
    explains: ({rule}, {flavor, writtenFlavor}) =>
      rule === undefined &&
      ((flavor?.prefixLatest === true && flavor.prefix !== '' && isLastWithout('prefix', writtenFlavor)) ||
        (flavor?.suffixLatest === true && flavor.suffix !== '' && isLastWithout('suffix', writtenFlavor)))
  },
  {
    id: 'first-rule',
    given: 'a rule of higher priority, such as `type=raw,priority=1000`, before a version',
    there: 'no `latest`: the first rule decides',
    here: '`latest`, for a version is released',
    explains: ({side, rule}, {flavor, isLatestThere}) =>
      side === 'here' && rule === undefined && flavor?.latest === 'auto' && !isLatestThere
  },
  {
    id: 'escaped',
    given: 'a template with a name such as `a&b`',
    there: '`a-amp-b`: escaped for HTML first',
    here: '`a-b`',
    explains: ({rule}, {run, flavor}) => {
      const texts = ['value', 'pattern'].map(name => rule?.attributes[name] ?? '')
      const around = [
        rule?.attributes['prefix'] ?? flavor?.prefix ?? '',
        rule?.attributes['suffix'] ?? flavor?.suffix ?? ''
      ]
      const names = [...texts, ...around].flatMap(text =>
        patternNames(text.replaceAll(/\{\{\{.*?\}\}\}/g, ''))
      )
      return rule !== undefined && names.some(name => /[&<>"'`=]/.test(run.scope.values.get(name) ?? ''))
    }
  },
  {
    id: 'empty-value',
    given: '`type=raw,value={{branch}}` on a Git tag, with a prefix or suffix around it',
    there: 'the prefix and suffix alone: `v`, `-alpine`',
    here: 'no tag: the value is empty',
    explains: ({side, rule, value}) => side === 'there' && rule?.type === 'raw' && value === ''
  },
  {
    id: 'too-long',
    given: 'a tag of more than 128 characters',
    there: 'gives it, and the push fails',
    here: 'shortened, with a hash of the whole at its end',
    explains: ({side, text}) =>
      (side === 'there' && text.length > 128) ||
      (side === 'here' && text.length === 128 && /-[0-9a-f]{8}$/.test(text))
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
    explains: ({side, rule}, {written}) => {
      const lines = written.split('\n').filter(line => /\{\{[^}]*,[^}]*\}\}/.test(line))
      // A template that ends at the comma fails there, whatever the tag.
      if (side === 'accepted') return lines.length > 0
      return rule !== undefined && lines.some(line => line.trim() === rule.text)
    }
  },
  {
    id: 'quoted-field',
    given: '`type=raw,"value=a,b"`: quotes around one field',
    there: 'are gone before the line is read: the value is `b`',
    here: 'hold the field together',
    explains: ({side, text, rule}, {written}) =>
      (side === 'refused' && /the quote in column|a comma is missing after/.test(text)) ||
      (side !== 'accepted' && rule !== undefined && written.split('\n').some(line => isQuotedAs(rule, line)))
  }
]

/** Whether the last line of a flavor with a prefix or suffix has no `onlatest`. */
function isLastWithout(name: 'prefix' | 'suffix', flavor: string): boolean {
  const line = flavor.split('\n').findLast(one => one.includes(`${name}=`))
  return line !== undefined && !line.includes('onlatest=')
}
