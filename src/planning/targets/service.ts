import {ReleaseError} from '../../errors.js'
import {adviceOf} from './axis.js'
import {type Field, parseFields} from '../rules/fields.js'
import {type Report, parseInputLines, quote} from '../rules/input-lines.js'
import {type Template, parseTemplate} from '../rules/template.js'

/** How an image is built, with templates; what is absent is left to the build job. */
export interface BuildTemplates {
  readonly context?: Template
  readonly file?: Template
  readonly target?: Template
  /** NAME=VALUE each. */
  readonly args: readonly Template[]
}

/** One of several images that one repository builds. */
export interface Service {
  readonly name: string
  readonly build: BuildTemplates
}

const TEXTS = ['context', 'file', 'target'] as const
const KEYS = ['name', ...TEXTS, 'build-arg']
const NAME = /^[a-z0-9][a-z0-9_.-]*$/

/**
 * Reads the input `services`: a service a line, a name, or `name=api,context=services/api,file=…,target=…,build-arg=A=1`.
 * @param names what templates may name beside the facts of the run
 * @throws InputError with all faults, each with the number of its line
 */
export function parseServices(text: string, names: readonly string[] = []): Service[] {
  const seen = new Set<string>()
  return parseInputLines('services', text, (line, report) => {
    const service = serviceOf(parseFields(line, report), names, report)
    if (service === undefined) return undefined
    if (seen.has(service.name)) report(`the service ${service.name} is given twice`)
    seen.add(service.name)
    return service
  })
}

function serviceOf(fields: readonly Field[], names: readonly string[], report: Report): Service | undefined {
  const found = new Map<string, Template>()
  const args: Template[] = []
  for (const field of fields) {
    const key = field.key ?? 'name'
    const template = parseTemplate(field.value, {vocabulary: 'global', names}, (message, column) => {
      report(`column ${field.column + column}: ${key}: ${message}`)
    })
    if (key === 'build-arg') args.push(template)
    else if (!KEYS.includes(key))
      report(`${quote(key)} is not a setting of a service; ${adviceOf(key, KEYS)}`)
    else if (found.has(key)) report(`${key} is given twice`)
    else found.set(key, template)
  }
  const name = found.get('name')?.source ?? ''
  checkService(name, args, report)
  return {name, build: {...textsOf(found), args}}
}

function textsOf(found: ReadonlyMap<string, Template>): Omit<BuildTemplates, 'args'> {
  return Object.fromEntries(
    TEXTS.flatMap(key => {
      const template = found.get(key)
      return template === undefined || template.source === '' ? [] : [[key, template]]
    })
  )
}

function checkService(name: string, args: readonly Template[], report: Report): void {
  if (!NAME.test(name))
    report(`${quote(name)} is not the name of a service: lower-case letters, digits, "_", "." and "-"`)
  for (const {source} of args) checkArgument(source, report)
}

/** The value is in no message: people put secrets there. */
function checkArgument(source: string, report: Report): void {
  const [name = ''] = source.split('=')
  if (!/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name) || !source.includes('='))
    report(`${quote(name)} is not the name of a build argument; write build-arg=NAME=VALUE`)
}

/** The settings of a build with others laid over them; arguments come together. */
export function mergeBuild(base: BuildTemplates, own: BuildTemplates): BuildTemplates {
  return {...base, ...own, args: [...base.args, ...own.args]}
}

/**
 * Reads one setting of a build.
 * @param names what templates may name beside the facts of the run
 * @throws ReleaseError RULE_INVALID
 */
export function parseSetting(text: string, names: readonly string[]): Template {
  const faults: string[] = []
  const template = parseTemplate(text.trim(), {vocabulary: 'global', names}, message => faults.push(message))
  if (faults.length === 0) return template
  throw new ReleaseError('RULE_INVALID', faults.join('; '))
}
