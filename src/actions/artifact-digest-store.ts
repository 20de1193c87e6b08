import {createHash} from 'node:crypto'
import {mkdir, writeFile} from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import {type Artifact, ArtifactNotFoundError, DefaultArtifactClient} from '@actions/artifact'
import pLimit from 'p-limit'
import {ReleaseError, messageOf} from '../errors.js'
import {
  MAX_ORIGIN_BYTES,
  MAX_RECORD_BYTES,
  type RecordOrigin,
  type RecordedBuild,
  assertOfPlan,
  formatOrigin,
  isOfBuild,
  mayReplace,
  originName,
  parseOrigin,
  takenError
} from '../contracts/record-origin.js'
import type {DigestStore} from '../ports.js'
import {withPrivateFolder} from '../shared/temp-folder.js'
import {type ArtifactBounds, downloadArtifact} from './artifact-download.js'
import {artifactFailure, replaceArtifact, uploadArtifact} from './artifact-upload.js'

const DOWNLOADS_AT_ONCE = 8
/** For an archive with one record and what it comes from, and room to spare. */
const BOUNDS: ArtifactBounds = {archive: 64 * 1024, entries: 16, unpacked: 64 * 1024}
const RETENTION_DAYS = 7

/** The job that hands records over. */
export interface RecordingJob {
  readonly name?: string | undefined
  readonly attempt?: string | undefined
  /** ACTIONS_RUNTIME_TOKEN: it names the run of the job. */
  readonly token?: string | undefined
}

/**
 * Digest records as artifacts of the workflow run, one for each record, named as the record is. What a record comes from
 * lies beside it in the artifact.
 */
export function openArtifactStore(temp = os.tmpdir(), job: RecordingJob = {}): DigestStore {
  const client = new DefaultArtifactClient()
  return {
    save: async (name, record, build) =>
      await withPrivateFolder(async folder => {
        const origin = build === undefined ? undefined : {...build, ...factsOf(job)}
        return await saveRecord(client, {name, record, origin, folder})
      }, temp),
    load: async (names, plan) =>
      await withPrivateFolder(async folder => await download(client, {names, plan, folder}), temp),
    find: async (name, build) =>
      await withPrivateFolder(async folder => await findRecord(client, {name, folder}, build), temp)
  }
}

/** The claim of the token has the form `Actions.Results:<run>:<job>` (@actions/artifact, internal/shared/util.ts). */
function factsOf({name, attempt, token = ''}: RecordingJob): Partial<RecordOrigin> {
  const claims = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()
  const jobRun = /\bActions\.Results:[^:"\s]+:[^:"\s]+/.exec(claims)?.[0]
  const number = Number(attempt)
  return {
    ...(name ? {job: name} : {}),
    ...(Number.isSafeInteger(number) && number > 0 ? {attempt: number} : {}),
    ...(jobRun === undefined ? {} : {jobRun: createHash('sha256').update(jobRun).digest('hex').slice(0, 12)})
  }
}

interface Upload {
  readonly name: string
  readonly record: Uint8Array
  readonly origin: RecordOrigin | undefined
  readonly folder: string
}

async function saveRecord(client: DefaultArtifactClient, upload: Upload): Promise<string> {
  const {name, origin} = upload
  try {
    const isReplaced = origin === undefined || (await isThere(client, upload, origin))
    return await uploadRecord(client, upload, isReplaced)
  } catch (cause) {
    if (cause instanceof ReleaseError) throw cause
    // Another job may have taken the name between the look and the upload.
    if (origin !== undefined && /\b409\b/.test(messageOf(cause))) await isThere(client, upload, origin)
    throw artifactFailure(`the digest record ${name} cannot be uploaded as an artifact`, cause)
  }
}

/**
 * Whether there is a record that this one may replace.
 * @throws ReleaseError RECORD_TAKEN where there is one of another build
 */
async function isThere(
  client: DefaultArtifactClient,
  {name, folder}: Upload,
  origin: RecordOrigin
): Promise<boolean> {
  const artifact = await client.getArtifact(name).then(
    found => found.artifact,
    (error: unknown) => {
      if (error instanceof ArtifactNotFoundError) return undefined
      throw error
    }
  )
  if (artifact === undefined) return false
  const known = await fetchRecord(client, artifact, folder).catch(unreadableOnly)
  if (!mayReplace(known?.origin, origin)) throw takenError(name, known?.origin, origin)
  return true
}

/** A run that has no artifacts yet, or whose service does not answer, has nothing to go on with. */
async function findRecord(
  client: DefaultArtifactClient,
  {name, folder}: Pick<Upload, 'name' | 'folder'>,
  build: RecordedBuild
): Promise<Uint8Array | undefined> {
  try {
    const {artifact} = await client.getArtifact(name)
    const {record, origin} = await fetchRecord(client, artifact, folder)
    return isOfBuild(origin, build) ? record : undefined
  } catch {
    return undefined
  }
}

/** What is no record does not say what it comes from either. */
function unreadableOnly(error: unknown): undefined {
  if (error instanceof ReleaseError && error.code === 'RECORD_INVALID') return undefined
  throw error
}

async function uploadRecord(
  client: DefaultArtifactClient,
  {name, record, origin, folder}: Upload,
  isReplaced: boolean
): Promise<string> {
  const files = [path.join(folder, name)]
  await writeFile(path.join(folder, name), record)
  if (origin !== undefined) {
    files.push(path.join(folder, originName(name)))
    await writeFile(path.join(folder, originName(name)), formatOrigin(origin))
  }
  const options = {retentionDays: RETENTION_DAYS, compressionLevel: 0}
  const content = {name, files, folder, options}
  // Where nothing was, nothing is deleted: another job may have come in between.
  return isReplaced ? await replaceArtifact(client, content) : await uploadArtifact(client, content)
}

interface Download {
  readonly names: readonly string[]
  readonly plan: string | undefined
  readonly folder: string
}

async function download(
  client: DefaultArtifactClient,
  {names, plan, folder}: Download
): Promise<Map<string, Uint8Array>> {
  try {
    const {artifacts} = await client.listArtifacts({latest: true})
    const wanted = artifacts.filter(({name}) => names.includes(name))
    const limit = pLimit(DOWNLOADS_AT_ONCE)
    const fetch = async (artifact: Artifact): Promise<[string, Uint8Array]> => {
      const {record, origin} = await fetchRecord(client, artifact, folder)
      if (origin !== undefined) assertOfPlan(artifact.name, origin, plan)
      return [artifact.name, record]
    }
    return new Map(await Promise.all(wanted.map(artifact => limit(fetch, artifact))))
  } catch (cause) {
    if (cause instanceof ReleaseError) throw cause
    throw artifactFailure('the digest records of this run cannot be downloaded', cause)
  }
}

interface FoundRecord {
  readonly record: Uint8Array
  /** Undefined where nothing beside the record says what it comes from. */
  readonly origin: RecordOrigin | undefined
}

async function fetchRecord(
  client: DefaultArtifactClient,
  artifact: Artifact,
  folder: string
): Promise<FoundRecord> {
  const {id, name} = artifact
  const target = path.join(folder, `${String(id)}.found`)
  await mkdir(target)
  const files = await downloadArtifact(client, artifact, target, BOUNDS)
  const origin = files.find(file => file.name === originName(name))
  const [file, ...others] = files.filter(one => one !== origin)
  if (file === undefined || others.length > 0)
    throw new ReleaseError('RECORD_INVALID', `artifact ${name} holds ${files.length} files, not one record`)
  // No record is named so, whether it leads somewhere or not.
  if (file.name !== name)
    throw new ReleaseError('RECORD_INVALID', `artifact ${name} holds a file of another name`, {
      hint: 'Another step uploads an artifact under the name of a digest record; rename that one.'
    })
  return {
    record: file.bytes.subarray(0, MAX_RECORD_BYTES),
    origin: origin && parseOrigin(name, origin.bytes.subarray(0, MAX_ORIGIN_BYTES))
  }
}
