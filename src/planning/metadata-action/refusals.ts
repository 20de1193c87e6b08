import {parseRepository} from '../../oci/reference.js'
import {dateFormatFault, zoneFault} from '../rules/template-date.js'
import {type DifferenceRow, type WrittenInputs, refusal} from './difference-row.js'

const COMMON = ['type', 'enable', 'on', 'priority', 'prefix', 'suffix']
/** The attributes of each type, beside those of all. */
const ATTRIBUTES: Readonly<Record<string, readonly string[]>> = {
  schedule: ['pattern'],
  semver: ['pattern', 'value', 'match'],
  pep440: ['pattern', 'value', 'match'],
  match: ['pattern', 'group', 'value'],
  edge: ['branch'],
  ref: ['event'],
  raw: ['value'],
  sha: ['format']
}
const KNOWN = [
  ...['branch', 'tag', 'sha', 'base_ref', 'is_default_branch', 'is_not_default_branch'],
  ...['raw', 'version', 'major', 'minor', 'patch', 'else']
]
const FIELD = /(?:^|,)"?\s*([\w-]+)\s*=/g

/** What is refused here and taken there. */
export const REFUSALS: readonly DifferenceRow[] = [
  {
    id: 'misspelled',
    given: 'an attribute that is misspelled, given twice, or of another type',
    there: 'is taken, the last one counts',
    here: 'an error, with what is near',
    ...refusal(
      /is an attribute of no type|is not an attribute|is given twice|is not a number$/m,
      ({written}) => linesOf(written).some(isMisspelled)
    )
  },
  {
    id: 'onlatest-alone',
    given: '`onlatest=true` on a line of its own',
    there: 'does nothing',
    here: 'an error: it stands behind `prefix` or `suffix`',
    ...refusal(/onlatest goes after/, ({writtenFlavor}) =>
      linesOf(writtenFlavor).some(line => line.startsWith('onlatest='))
    )
  },
  {
    id: 'group',
    given: '`type=match,pattern=v(.*),group=2`',
    there: 'a warning, and no tag',
    here: 'an error: the pattern has one group',
    ...refusal(/has \d+ groups?|is not a number/, ({written}) =>
      linesOf(written).some(
        line => Number(attribute(line, 'group') ?? 0) > groupsIn(attribute(line, 'pattern'))
      )
    )
  },
  {
    id: 'match-without-group',
    given: '`match=` without a group',
    there: 'fails only where it matches',
    here: 'an error',
    ...refusal(/has no group; put the version/, ({written}) =>
      linesOf(written).some(line => {
        const match = attribute(line, 'match') ?? ''
        return match !== '' && groupsIn(match) === 0
      })
    )
  },
  {
    id: 'slow-expression',
    given: 'a regular expression with a reference (`\\1`), or a very long one',
    there: 'is taken, whatever time it takes',
    here: 'an error: its time is bounded',
    ...refusal(/is not a regular expression/, ({written}) =>
      linesOf(written).some(line => {
        const isMatch = attribute(line, 'type') === 'match'
        const found = [attribute(line, 'match'), isMatch ? attribute(line, 'pattern') : undefined].join(' ')
        return found.length > 2000 || /\\[1-9]|\\k</.test(found)
      })
    )
  },
  {
    id: 'unquoted-date',
    given: '`{{date YYYYMMDD}}` without quotes',
    there: '2024-01-05T12-00-00Z: the format is not seen',
    here: 'an error: the format stands in quotes',
    ...refusal(
      /takes one format in quotes/,
      inTemplate(inner => /^(?:commit_)?date\s+[^'"\s]/.test(inner))
    )
  },
  {
    id: 'block',
    given: '`{{#if tag}}`, `{{>part}}`',
    there: 'Handlebars, in which the text `false` counts as true',
    here: 'an error: write `enable` or `on`',
    ...refusal(
      /blocks and partials are not known/,
      inTemplate(inner => /^[#>^&!/]/.test(inner))
    )
  },
  {
    id: 'unknown-name',
    given: '`{{prerelease}}`, `{{typo}}` in a template',
    there: 'nothing stands in its place',
    here: 'an error, with what is near',
    ...refusal(
      /is not known (?:at this place|in a template)|takes no arguments/,
      inTemplate(inner => !KNOWN.includes(inner) && !/^(?:(?:commit_)?date\b|[#>^&!/])/.test(inner))
    )
  },
  {
    id: 'date-format',
    given: 'a date format with what only moment has (`N`, `Mo`, `LT`, `z` outside UTC)',
    there: 'is taken',
    here: 'an error; plain text stands in `[ ]`',
    ...refusal(/in the date format|is not a time zone/, inTemplate(hasStrangeDate))
  },
  {
    id: 'image-name',
    given: 'an image with a tag, `acme/app:1.0`, or a name that no registry takes',
    there: '`acme/app:1.0:1.2.3`, and the push fails',
    here: 'an error',
    ...refusal(/^images: /m, ({writtenImages}) =>
      linesOf(writtenImages.replaceAll(',', '\n')).some(
        part => !/^enable=/.test(part) && !isRepositoryName(part.replace(/^name=/, '').toLowerCase())
      )
    )
  }
]

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '' && !line.startsWith('#'))
}

function attribute(line: string, name: string): string | undefined {
  const field = line.split(/,"?/).find(one => one.replace(/^"/, '').startsWith(`${name}=`))
  return field?.slice(field.indexOf('=') + 1).replace(/"$/, '')
}

function groupsIn(pattern = ''): number {
  return [...pattern.replaceAll(/\\./g, '').matchAll(/\((?!\?)/g)].length
}

function isMisspelled(line: string): boolean {
  const names = [...line.replaceAll(/\{\{.*?\}\}/g, '').matchAll(FIELD)].map(([, name = '']) =>
    name.toLowerCase()
  )
  const known = [...COMMON, ...(ATTRIBUTES[attribute(line, 'type') ?? 'raw'] ?? [])]
  const priority = attribute(line, 'priority') ?? '0'
  return (
    names.some((name, at) => !known.includes(name) || names.indexOf(name) !== at) || !/^-?\d+/.test(priority)
  )
}

function hasStrangeDate(inner: string): boolean {
  const [, format, zone = 'UTC'] =
    /^(?:commit_)?date\s+['"](.*?)['"](?:\s+tz=['"](.*?)['"])?/.exec(inner) ?? []
  return format !== undefined && (dateFormatFault(format, zone) ?? zoneFault(zone)) !== undefined
}

function isRepositoryName(text: string): boolean {
  try {
    parseRepository(text)
    return true
  } catch {
    return false
  }
}

/** Whether a statement between braces is like this. */
function inTemplate(isLike: (inner: string) => boolean): (written: WrittenInputs) => boolean {
  return ({written, writtenFlavor}) =>
    [...`${written}\n${writtenFlavor}`.matchAll(/\{\{\{?\s*(.*?)\s*\}?\}\}/g)].some(([, inner = '']) =>
      isLike(inner)
    )
}
