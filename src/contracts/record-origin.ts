import * as z from 'zod/mini'
import {ReleaseError, messageOf} from '../errors.js'
import {late, readBySchema} from './schema.js'
import {parseJson} from '../shared/json.js'

/** A record has 71 bytes; of a larger file only so many are read, enough to say what is wrong with it. */
export const MAX_RECORD_BYTES = 4096
/** How many bytes are read of the file that says what a record comes from. */
export const MAX_ORIGIN_BYTES = 64 * 1024

/** What a build was asked for, as far as it tells one build of a plan from another. */
export interface RecordedBuild {
  /** The id of the plan; absent where there is none. */
  readonly plan?: string
  /** What the builder was asked to build, in words for people: context, file and stage. */
  readonly made: string
  /** A hash of all that the builder was asked for. */
  readonly fingerprint: string
  /** The same hash without the values of arguments and labels, which may hold the time of the run. */
  readonly outline: string
  /** A hash of the sources that were built, as far as Git knows them; absent where nobody asked. */
  readonly sources?: string
}

/** What a digest record comes from. It lies beside the 71 bytes of the record, where there is room for it. */
export interface RecordOrigin extends RecordedBuild {
  /** The id of the job, as the workflow calls it. */
  readonly job?: string
  /** 1 for the first attempt of a run. */
  readonly attempt?: number
  /** A hash that no two jobs share, nor two attempts of one. */
  readonly jobRun?: string
}

const schema = late(() => {
  const text = z.string().check(z.maxLength(8192))
  return z.object({
    plan: z.exactOptional(text),
    made: text,
    fingerprint: text,
    outline: text,
    sources: z.exactOptional(text),
    job: z.exactOptional(text),
    attempt: z.exactOptional(z.int().check(z.minimum(1))),
    jobRun: z.exactOptional(text)
  })
})

/** The name of the file that holds the origin of a record. */
export function originName(record: string): string {
  return `${record}.json`
}

/** An origin as one line of JSON. */
export function formatOrigin(origin: RecordOrigin): string {
  return `${JSON.stringify(origin)}\n`
}

/**
 * Reads the origin of a record.
 * @throws ReleaseError RECORD_INVALID where it is none
 */
export function parseOrigin(record: string, bytes: Uint8Array): RecordOrigin {
  const read = readBySchema(
    schema,
    parseJson(Buffer.from(bytes).toString('utf8'), cause => invalid(record, messageOf(cause), cause))
  )
  if (read.faults === undefined) return read.data
  throw invalid(
    record,
    read.faults.map(({path, message}) => `${path.join('.') || 'it'}: ${message}`).join('; ')
  )
}

function invalid(record: string, fault: string, cause?: unknown): ReleaseError {
  const message = `record ${record}: ${originName(record)} does not say where it comes from: ${fault}`
  return new ReleaseError('RECORD_INVALID', message, {cause})
}

/**
 * Whether a record may be replaced: by the same job that does the same again, or does it in a later attempt.
 * @param known undefined where the record does not say what it comes from
 */
export function mayReplace(known: RecordOrigin | undefined, ours: RecordOrigin): boolean {
  if (known === undefined || known.plan !== ours.plan || known.job !== ours.job) return false
  const isLater = known.attempt !== undefined && ours.attempt !== undefined && known.attempt < ours.attempt
  if (isLater) return known.outline === ours.outline
  return known.jobRun === ours.jobRun && known.fingerprint === ours.fingerprint
}

/** Whether what is known of a record says that this build made it, of the same sources. */
export function isOfBuild(
  known: RecordOrigin | undefined,
  {plan, fingerprint, sources}: RecordedBuild
): boolean {
  return (
    known !== undefined &&
    known.plan === plan &&
    known.fingerprint === fingerprint &&
    known.sources === sources
  )
}

/** The error of a record whose name another build has taken. */
export function takenError(
  record: string,
  known: RecordOrigin | undefined,
  ours: RecordOrigin
): ReleaseError {
  const there = known === undefined ? 'something that does not say what it is' : describeOrigin(known)
  return new ReleaseError(
    'RECORD_TAKEN',
    `the digest record ${record} of this build (${describeOrigin(ours)}) would replace that of another: ${there}`,
    {
      hint: 'Plan each build by itself: its context, file, stage and arguments in the plan, or another record where there is no plan.'
    }
  )
}

/**
 * Refuses a record of another plan.
 * @throws ReleaseError RECORD_INVALID, with both plans
 */
export function assertOfPlan(record: string, origin: RecordOrigin, plan: string | undefined): void {
  if (plan === undefined || origin.plan === undefined || origin.plan === plan) return
  throw new ReleaseError(
    'RECORD_INVALID',
    `record ${record} is of plan ${origin.plan} (${describeOrigin(origin)}), not of plan ${plan}`,
    {hint: 'Hand the same plan to the build jobs and to this one.'}
  )
}

/** An origin in words: what was built, and by which job. */
export function describeOrigin({made, job, attempt, fingerprint, plan}: RecordOrigin): string {
  const by = job === undefined ? [] : [`job ${job}${attempt === undefined ? '' : `, attempt ${attempt}`}`]
  return [made, ...by, ...(plan === undefined ? [] : [`plan ${plan}`]), `build ${fingerprint}`].join(', ')
}
