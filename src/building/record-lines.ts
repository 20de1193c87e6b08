import {ReleaseError, messageOf} from '../errors.js'
import type {Digest} from '../oci/digest.js'
import {platformSlug} from '../oci/platform.js'
import {slugOf} from '../contracts/record-name.js'
import type {BuildJob} from './build-job.js'
import {parseDigestRecord} from '../contracts/digest-record.js'
import {parseJson} from '../shared/json.js'

/** A record that was handed over, and the job that it is of. */
export interface CollectedRecord {
  readonly job: Pick<BuildJob, 'target' | 'platform' | 'record'>
  readonly digest: Digest
}

/** `NAME=sha256:…` */
const RECORD_LINE = /^([A-Za-z0-9_][A-Za-z0-9._-]{0,254})=(.*)$/

/**
 * The records as outputs of a step, for where no artifact can be kept: `records` has all of them, and each has one of its
 * own, `record-linux-arm64` and `record-app-linux-arm64`. Jobs of a matrix share their outputs, and the last one to end
 * replaces what others wrote under the same name (docs.github.com, `jobs.<job_id>.outputs`).
 */
export function recordOutputs(
  handed: readonly CollectedRecord[]
): {readonly records: string} & Record<string, string> {
  const outputs: Record<string, string> = {}
  for (const one of handed) {
    const slug = platformSlug(one.job.platform)
    outputs[`record-${slug}`] = recordLine(one)
    if (one.job.target !== undefined)
      outputs[`record-${slugOf(one.job.target).replaceAll('.', '-')}-${slug}`] = recordLine(one)
  }
  return {...outputs, records: handed.map(recordLine).join('\n')}
}

function recordLine({job, digest}: CollectedRecord): string {
  return `${job.record}=${digest}`
}

/**
 * Reads records that came as outputs of jobs: lines `NAME=sha256:…`, or JSON, `toJSON(needs)` or the outputs of one job,
 * in which every line of this kind is taken and everything else passed over.
 * @throws ReleaseError RECORD_INVALID with the faults of all lines
 */
export function parseRecordLines(text: string): ReadonlyMap<string, Uint8Array> {
  const isJson = /^\s*[{[]/.test(text)
  const lines = isJson
    ? textsIn(parseJson(text, notJson)).filter(line => RECORD_LINE.test(line))
    : linesOf(text)
  const records = new Map<string, Uint8Array>()
  const faults: string[] = []
  for (const line of lines) {
    try {
      const [name, bytes] = parseLine(line)
      const known = records.get(name)
      if (known !== undefined && !Buffer.from(known).equals(bytes))
        faults.push(`${name} is there twice, with two digests`)
      records.set(name, bytes)
    } catch (error) {
      // Other outputs of a job may look like this, too.
      if (!isJson) faults.push(messageOf(error))
    }
  }
  if (faults.length === 0) return records
  throw new ReleaseError('RECORD_INVALID', faults.join('; '), {
    hint: 'Give the outputs of the build jobs that begin with record, one a line.'
  })
}

function parseLine(line: string): [string, Uint8Array] {
  const [, name, value] = RECORD_LINE.exec(line) ?? []
  if (name === undefined || value === undefined)
    throw new ReleaseError('RECORD_INVALID', `${JSON.stringify(line.slice(0, 200))} is not NAME=sha256:…`)
  const bytes = new TextEncoder().encode(value)
  parseDigestRecord(name, bytes)
  return [name, bytes]
}

function linesOf(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map(line => line.trim())
    .filter(line => line !== '' && !line.startsWith('#'))
}

/** All lines of all texts in a document, however deep, in the order in which they are there. */
function textsIn(document: unknown): string[] {
  const lines: string[] = []
  const open: unknown[] = [document]
  while (open.length > 0) {
    const next = open.pop()
    if (typeof next === 'string') for (const line of linesOf(next)) lines.push(line)
    else if (typeof next === 'object' && next !== null)
      for (const value of Object.values(next).reverse()) open.push(value)
  }
  return lines
}

function notJson(cause: unknown): ReleaseError {
  return new ReleaseError('RECORD_INVALID', `the records are not JSON: ${messageOf(cause)}`, {cause})
}
