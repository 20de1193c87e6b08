import {objectIn} from '../shared/json.js'
import {type MatrixValues, matrixJobs} from './matrix-values.js'
import type {Job, Step} from './workflow-model.js'

/** A job that builds and pushes by digest. */
export interface DigestJob {
  readonly job: Job
  readonly build: Step
  /** The step of docker/metadata-action that only labels what is built; undefined where there is none. */
  readonly metadata: Step | undefined
  /** Steps that hand the digest over. */
  readonly handOver: readonly Step[]
}

/** A job that a matrix makes of one that builds. */
export interface MatrixBuild {
  readonly digest: DigestJob
  readonly values: MatrixValues
}

/** One image that is merged, with the builds that it is merged from. */
export interface MergedImage {
  /** What tells it from the others; empty where there is one image. */
  readonly key: string
  /** The matrix of the job that merges it; empty without one. */
  readonly values: MatrixValues
  readonly builds: readonly MatrixBuild[]
}

/** The images of a recipe, and by which expression each job names its own. */
export interface MergedImages {
  readonly images: readonly MergedImage[]
  /** By the name of the job; undefined where there is one image. */
  readonly keys: ReadonlyMap<string, string> | undefined
}

interface Fault {
  readonly fault: string
}

/** A value of a matrix, by the path below `matrix`. */
type Leaves = Readonly<Record<string, string | number | boolean>>

/** Finds out which builds each job of the one that merges takes: those whose matrices have the same values as its own. */
export function mergedImages(merge: Job, digests: readonly DigestJob[]): MergedImages | Fault {
  const builds: MatrixBuild[] = []
  for (const digest of digests) {
    const jobs = matrixJobs(digest.job)
    if (jobs === undefined)
      return {
        fault: `only a run can tell which platforms the job ${digest.job.name} builds: its matrix is not known`
      }
    builds.push(...jobs.map(values => ({digest, values})))
  }
  const merges = matrixJobs(merge)
  const [only, ...more] = merges ?? []
  if (merges === undefined || only === undefined)
    return {fault: `only a run can tell which images the job ${merge.name} merges: its matrix is not known`}
  if (more.length === 0) return {images: [{key: '', values: only, builds}], keys: undefined}
  return joined(merge, merges, builds)
}

function joined(
  merge: Job,
  merges: readonly MatrixValues[],
  builds: readonly MatrixBuild[]
): MergedImages | Fault {
  const paths = pathsFor(merges, builds)
  if (paths === undefined)
    return {
      fault: `no value of the matrix of the job ${merge.name} tells which builds it merges: give the jobs that build the same one`
    }
  const keyOf = (values: MatrixValues, own: readonly string[]): string =>
    own.map(path => String(leavesOf(values)[path])).join(' ')
  const own = (job: Job): readonly string[] => paths.map(path => path.of.get(job.name) ?? path.name)
  const ofBuild = ({digest, values}: MatrixBuild): string => keyOf(values, own(digest.job))
  const images = merges.map(values => {
    const key = keyOf(values, own(merge))
    return {key, values, builds: builds.filter(build => ofBuild(build) === key)}
  })
  const lonely = images.find(image => image.builds.length === 0)
  if (lonely !== undefined) return {fault: `no job builds what the job ${merge.name} merges as ${lonely.key}`}
  const taken = new Set(images.flatMap(image => image.builds))
  const idle = builds.find(build => !taken.has(build))
  if (idle !== undefined) return {fault: `the job ${merge.name} merges nothing of ${ofBuild(idle)}`}
  const all = [...merges, ...builds.map(({values}) => values)]
  const jobs = [merge, ...new Set(builds.map(({digest}) => digest.job))]
  return {images, keys: new Map(jobs.map(job => [job.name, keyExpression(own(job), all)]))}
}

/** A value of the matrix that merges, and where each job that builds has it. */
interface KeyPath {
  readonly name: string
  readonly of: ReadonlyMap<string, string>
}

/** One value that tells all images apart, or several that do so together; undefined where none do. */
function pathsFor(
  merges: readonly MatrixValues[],
  builds: readonly MatrixBuild[]
): readonly KeyPath[] | undefined {
  const known = commonPaths(merges).flatMap(name => {
    const values = new Set(merges.map(one => textAt(one, name)))
    const of = new Map<string, string>()
    for (const digest of new Set(builds.map(build => build.digest))) {
      const own = builds.filter(build => build.digest === digest).map(build => build.values)
      const found = counterpart(name, values, own)
      if (found === undefined) return []
      of.set(digest.job.name, found)
    }
    return [{name, of}]
  })
  const isTold = (paths: readonly KeyPath[]): boolean => {
    const keys = merges.map(one => paths.map(({name}) => textAt(one, name).toLowerCase()).join(' '))
    return paths.length > 0 && new Set(keys).size === merges.length
  }
  const single = known.find(path => isTold([path]))
  if (single !== undefined) return [single]
  return isTold(known) ? known : undefined
}

/** Where jobs that build have a value: by the same path, by the same last word of it, or by the same values and no other. */
function counterpart(
  name: string,
  values: ReadonlySet<string>,
  jobs: readonly MatrixValues[]
): string | undefined {
  const last = (path: string): string => path.replace(/^.*\./, '')
  const isWithin = (path: string): boolean => jobs.every(one => values.has(textAt(one, path)))
  const isAll = (path: string): boolean => new Set(jobs.map(one => textAt(one, path))).size === values.size
  const paths = commonPaths(jobs).filter(isWithin)
  const [only, ...more] = paths.filter(isAll)
  return (
    paths.find(path => path === name) ??
    paths.find(path => last(path) === last(name)) ??
    (more.length === 0 && values.size > 1 ? only : undefined)
  )
}

function commonPaths(jobs: readonly MatrixValues[]): string[] {
  const [first = {}, ...others] = jobs.map(one => leavesOf(one))
  return Object.keys(first).filter(path => others.every(one => path in one))
}

function textAt(values: MatrixValues, path: string): string {
  return String(leavesOf(values)[path])
}

function leavesOf(values: MatrixValues, above = ''): Leaves {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]): [string, string | number | boolean][] => {
      const path = `${above}${name}`
      if (!/^[\w-]+$/.test(name)) return []
      if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
        return [[path, value]]
      return Object.entries(leavesOf(objectIn(value), `${path}.`))
    })
  )
}

/** An object has texts for keys: what is no text becomes one by GitHub's own format(). */
function keyExpression(paths: readonly string[], all: readonly MatrixValues[]): string {
  const [only = '', ...more] = paths
  const isText = all.every(values => typeof (leavesOf(values)[only] ?? '') === 'string')
  if (more.length === 0 && isText) return `matrix.${only}`
  const places = paths.map((_, at) => `{${at}}`).join(' ')
  return `format('${places}', ${paths.map(path => `matrix.${path}`).join(', ')})`
}
