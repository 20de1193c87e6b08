import {InputError, ReleaseError} from '../../errors.js'
import {nearest} from '../../shared/did-you-mean.js'
import {type Repository, parseRepository} from '../../oci/reference.js'
import {type Field, parseFields} from '../rules/fields.js'
import {type Report, parseInputLines, quote} from '../rules/input-lines.js'
import {type Template, bindTemplate, parseTemplate, renderTemplate} from '../rules/template.js'

/** A repository that the tags go to. */
export interface ImageName {
  /** As it was written, in lower case: what the output `tags` shows. */
  readonly name: string
  readonly repository: Repository
  readonly enable: boolean
  /** The name where it holds templates: `name` is then a sample. */
  readonly template?: Template
}

/**
 * Reads the input `images`: lines of `name` or `name=…,enable=true|false`, or names with commas between them.
 * Upper case is made lower, as docker/metadata-action does it; anything else must be right.
 * @param names what templates in the names may name
 * @throws InputError with all faults, each with the number of its line
 */
export function parseImages(text: string, names: readonly string[] = []): ImageName[] {
  return parseInputLines('images', text, (line, report) => {
    const fields = parseFields(line, report)
    if (fields.some(field => field.key !== undefined)) return [attributed(fields, names, report)]
    return fields.map(({value}) => imageOf(value, true, {names, report}))
  })
    .flat()
    .filter(image => image !== undefined)
}

function attributed(
  fields: readonly Field[],
  names: readonly string[],
  report: Report
): ImageName | undefined {
  let name = ''
  let enable = true
  for (const {key, value} of fields) {
    if (key === 'name' || key === undefined) name = value || name
    else if (key === 'enable') enable = flagOf(value, report)
    else report(unknown(key))
  }
  return imageOf(name, enable, {names, report})
}

interface Reading {
  readonly names: readonly string[]
  readonly report: Report
}

function imageOf(written: string, enable: boolean, {names, report}: Reading): ImageName | undefined {
  if (written.includes('{{')) return templateOf(written, enable, {names, report})
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

/** A name with templates is checked with an "x" for each of them; what they make of it is checked with the plan. */
function templateOf(written: string, enable: boolean, {names, report}: Reading): ImageName | undefined {
  const faults: string[] = []
  const template = parseTemplate(written, {vocabulary: 'image', names}, message => faults.push(message))
  faults.forEach(report)
  if (faults.length > 0) return undefined
  const sample = renderTemplate(template, {
    values: new Map(names.map(name => [name, 'x'])),
    dates: {date: '', commit_date: ''}
  })
  const image = imageOf(sample, enable, {names, report})
  return image && {...image, template}
}

/**
 * The image that a target goes to.
 * @throws InputError where its name is none
 */
export function bindImage(image: ImageName, values: ReadonlyMap<string, string>): ImageName {
  if (image.template === undefined) return image
  const faults: string[] = []
  const name = renderTemplate(bindTemplate(image.template, values), {
    values: new Map(),
    dates: {date: '', commit_date: ''}
  })
  const bound = imageOf(name, image.enable, {names: [], report: fault => faults.push(fault)})
  if (bound !== undefined) return {...bound, template: image.template}
  throw new InputError(faults.map(message => ({input: 'images', message})))
}

function flagOf(value: string, report: Report): boolean {
  if (value !== 'true' && value !== 'false')
    report(
      value === ''
        ? 'enable is empty: its expression gave nothing; it must be true or false'
        : `enable=${quote(value)} is neither true nor false`
    )
  return value === 'true'
}

function unknown(key: string): string {
  const guess = nearest(key, ['name', 'enable'])
  return `${quote(key)} is not an attribute of an image; ${guess ? `did you mean ${guess}?` : 'known are name, enable'}`
}
