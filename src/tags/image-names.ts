import {ReleaseError} from '../errors.js'
import {nearest} from '../inputs/nearest.js'
import {type Repository, parseRepository} from '../oci/reference.js'
import {type Field, parseFields} from './fields.js'
import {type Report, parseInputLines, quote} from './input-lines.js'

/** A repository that the tags go to. */
export interface ImageName {
  /** As it was written, in lower case: what the output `tags` shows. */
  readonly name: string
  readonly repository: Repository
  readonly enable: boolean
}

/**
 * Reads the input `images`: lines of `name` or `name=…,enable=true|false`, or names with commas between them.
 * Upper case is made lower, as docker/metadata-action does it; anything else must be right.
 * @throws InputError with all faults, each with the number of its line
 */
export function parseImages(text: string): ImageName[] {
  return parseInputLines('images', text, (line, report) => {
    const fields = parseFields(line, report)
    const names = fields.some(field => field.key !== undefined) ? undefined : fields.map(field => field.value)
    return names === undefined ? [attributed(fields, report)] : names.map(name => imageOf(name, true, report))
  })
    .flat()
    .filter(image => image !== undefined)
}

function attributed(fields: readonly Field[], report: Report): ImageName | undefined {
  let name = ''
  let enable = true
  for (const {key, value} of fields) {
    if (key === 'name' || key === undefined) name = value || name
    else if (key === 'enable') enable = flagOf(value, report)
    else report(unknown(key))
  }
  return imageOf(name, enable, report)
}

function imageOf(written: string, enable: boolean, report: Report): ImageName | undefined {
  const name = written.toLowerCase()
  if (name === '') {
    report('the name of the image is empty')
    return undefined
  }
  try {
    return {name, repository: parseRepository(name), enable}
  } catch (fault) {
    if (!(fault instanceof ReleaseError)) throw fault
    report(`${fault.message}. ${fault.hint ?? ''}`.trim())
    return undefined
  }
}

function flagOf(value: string, report: Report): boolean {
  if (value !== 'true' && value !== 'false')
    report(
      value === ''
        ? 'enable is empty: the expression behind it gave nothing; it must be true or false'
        : `enable=${quote(value)} is neither true nor false`
    )
  return value === 'true'
}

function unknown(key: string): string {
  const guess = nearest(key, ['name', 'enable'])
  return `${quote(key)} is not an attribute of an image; ${guess ? `did you mean ${guess}?` : 'known are name, enable'}`
}
