import type {Builder, NativePush} from '../builders/builder.js'
import {BuilderError, InputError} from '../../errors.js'
import {type Repository, formatRepository} from '../../oci/reference.js'
import type {BuildJob} from '../build-job.js'
import type {BuildInputs} from '../inputs/build-inputs.js'

/** How an image leaves its builder. */
export interface ExportDecision {
  /** The builder pushes to this repository; undefined where it leaves files. */
  readonly native: {readonly push: NativePush; readonly repository: Repository} | undefined
  /** Whether files will do where the builder cannot push after all. */
  readonly isOptional: boolean
  /** For the log. */
  readonly reason: string
}

/**
 * Decides whether the builder pushes by itself, so that layers which the registry has already need not come here.
 * @throws InputError where that was asked for and cannot be
 */
export function decideExport(given: BuildInputs, job: BuildJob, builder: Builder): ExportDecision {
  const wish = given.export
  if (wish === 'layout') return files('as files, as asked')
  const [repository] = job.repositories
  if (repository === undefined) return files('as files, for nothing is pushed')
  const {native} = builder
  const obstacle = obstacleOf(given, builder)
  const reason = obstacle ?? (wish === 'native' ? undefined : doubtOf(given, repository))
  if (native !== undefined && reason === undefined) {
    const how = `buildx pushes to ${formatRepository(repository)}, and the others get it from there`
    return {native: {push: native, repository}, isOptional: wish === 'auto', reason: how}
  }
  if (wish === 'native' && obstacle !== undefined)
    throw new InputError([
      {input: 'export', message: `native is not possible: ${obstacle}; set it to layout`}
    ])
  return files(`as files, for ${reason ?? ''}`)
}

/** Why the builder cannot push: what it is to be held against before it is pushed must be here before. */
function obstacleOf(given: BuildInputs, {name, native}: Builder): string | undefined {
  if (native === undefined) return `${name} cannot push by digest, only buildx`
  const isTested = given.test !== undefined && given['test-after'] === 'build'
  const gate = isTested ? 'tested' : given.scan === undefined ? undefined : 'scanned'
  const isCompared = given['expected-fingerprint'] !== undefined
  if (gate === undefined && !isCompared) return native.obstacle
  return `the image is ${gate ?? 'compared with what was tested'} before anything is pushed`
}

/** Whether a builder failed to push what it has built. */
export function isPushFault(fault: unknown): boolean {
  return (
    fault instanceof BuilderError &&
    /failed to push|error (?:pushing|writing) |pushing layers/i.test(fault.message)
  )
}

/** Why it is better not tried. BuildKit has settings of its own, and knows nothing of this input. */
function doubtOf(given: BuildInputs, {registry}: Repository): string | undefined {
  return given.insecure.includes(registry)
    ? `buildx must not be told here to ask ${registry} over plain HTTP`
    : undefined
}

function files(reason: string): ExportDecision {
  return {native: undefined, isOptional: false, reason}
}
