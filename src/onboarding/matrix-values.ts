import {isOpen} from './expression-text.js'
import {textOf} from './github-workflow.js'
import type {Job} from './workflow-model.js'
import {objectIn} from '../shared/json.js'

/** The values of one job of a matrix. */
export type MatrixValues = Readonly<Record<string, unknown>>

/** The jobs that a matrix makes, each with its values; undefined where a run decides them. One without values for no matrix. */
export function matrixJobs(job: Job): readonly MatrixValues[] | undefined {
  const matrix = objectIn(job.value['strategy'])['matrix']
  if (matrix === undefined) return [{}]
  if (typeof matrix !== 'object' || isOpen(JSON.stringify(matrix))) return undefined
  const {include = [], exclude = [], ...axes} = objectIn(matrix)
  let jobs: MatrixValues[] = Object.keys(axes).length === 0 ? [] : [{}]
  for (const [name, values] of Object.entries(axes)) {
    if (!Array.isArray(values)) return undefined
    jobs = jobs.flatMap(one => values.map((value: unknown) => ({...one, [name]: value})))
  }
  const left = (Array.isArray(exclude) ? exclude : []).map(objectIn)
  jobs = jobs.filter(one => !left.some(each => isPartOf(each, one)))
  for (const more of (Array.isArray(include) ? include : []).map(objectIn)) {
    const own = Object.fromEntries(Object.entries(more).filter(([key]) => key in axes))
    const fits = jobs.filter(one => Object.keys(axes).length > 0 && isPartOf(own, one))
    jobs =
      fits.length === 0 ? [...jobs, more] : jobs.map(one => (fits.includes(one) ? {...one, ...more} : one))
  }
  return jobs
}

function isPartOf(part: MatrixValues, whole: MatrixValues): boolean {
  return Object.entries(part).every(([key, value]) => JSON.stringify(whole[key]) === JSON.stringify(value))
}

/** Puts the values of a job of a matrix into a text; what else a run decides stays. */
export function withMatrix(text: string, values: MatrixValues): string {
  return text.replaceAll(/\$\{\{\s*matrix\.([\w.-]+)\s*\}\}/g, (whole, keys: string) => {
    const value = valueAt(values, keys)
    return typeof value === 'string' || typeof value === 'number' ? String(value) : whole
  })
}

/**
 * Puts the values of a job of a matrix into a text, also where an expression asks for one beside other things: there it
 * stands as GitHub writes it between quotes. Lists and maps stay as they are asked for.
 */
export function withLiterals(text: string, values: MatrixValues): string {
  return text.replaceAll(/\$\{\{(.*?)\}\}/gs, (whole, inner: string) => {
    const [, only] = /^\s*matrix\.([\w.-]+)\s*$/.exec(inner) ?? []
    const alone = only === undefined ? undefined : valueAt(values, only)
    if (only !== undefined) return isNested(alone) ? whole : textOf(alone ?? '')
    const filled = inner.replaceAll(/(?<![\w.'-])matrix\.([\w-]+(?:\.[\w-]+)*)/g, (asked, path: string) => {
      const value = valueAt(values, path)
      if (isNested(value)) return asked
      return typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : textOf(value ?? 'null')
    })
    return `\${{${filled}}}`
  })
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function valueAt(values: MatrixValues, path: string): unknown {
  return path.split('.').reduce<unknown>((one, key) => objectIn(one)[key], values)
}
