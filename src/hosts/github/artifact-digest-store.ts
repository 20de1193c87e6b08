import {mkdir, mkdtemp, open, readdir, rm, writeFile} from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import {type Artifact, ArtifactNotFoundError, DefaultArtifactClient} from '@actions/artifact'
import pLimit from 'p-limit'
import {ReleaseError, messageOf} from '../../errors.js'
import type {DigestStore} from '../../ports.js'

const DOWNLOADS_AT_ONCE = 8
/** A record has 71 bytes; of a larger file only so much is read, enough to say what is wrong with it. */
const MAX_RECORD = 4096
/** Bytes of an archive with one record, and room to spare: of a larger one nothing is fetched. */
const MAX_ARCHIVE = 64 * 1024
const RETENTION_DAYS = 7

/** Digest records as artifacts of the workflow run, one for each record, named as the record is. */
export function openArtifactStore(temp = os.tmpdir()): DigestStore {
  const client = new DefaultArtifactClient()
  return {
    save: async (name, record) =>
      await inFolder(temp, async folder => await upload(client, {name, record, folder})),
    load: async names => await inFolder(temp, async folder => await download(client, names, folder))
  }
}

async function inFolder<T>(temp: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(temp, 'digest-records-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, {recursive: true, force: true})
  }
}

interface Upload {
  readonly name: string
  readonly record: Uint8Array
  readonly folder: string
}

/** An attempt before this one may have left a record of the name: artifacts cannot be changed, so it is replaced. */
async function upload(client: DefaultArtifactClient, {name, record, folder}: Upload): Promise<string> {
  const file = path.join(folder, name)
  await writeFile(file, record)
  try {
    await client.deleteArtifact(name).catch(ignoreMissing)
    const {id} = await client.uploadArtifact(name, [file], folder, {
      retentionDays: RETENTION_DAYS,
      compressionLevel: 0
    })
    return `artifact ${name} (${String(id)})`
  } catch (cause) {
    throw failed(`the digest record ${name} cannot be uploaded as an artifact`, cause)
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof ArtifactNotFoundError)) throw error
}

async function download(
  client: DefaultArtifactClient,
  names: readonly string[],
  folder: string
): Promise<Map<string, Uint8Array>> {
  try {
    const {artifacts} = await client.listArtifacts({latest: true})
    const wanted = artifacts.filter(({name}) => names.includes(name))
    const limit = pLimit(DOWNLOADS_AT_ONCE)
    return new Map(
      await Promise.all(wanted.map(artifact => limit(() => fetchRecord(client, artifact, folder))))
    )
  } catch (cause) {
    if (cause instanceof ReleaseError) throw cause
    throw failed('the digest records of this run cannot be downloaded', cause)
  }
}

async function fetchRecord(
  client: DefaultArtifactClient,
  {id, name, size}: Artifact,
  folder: string
): Promise<[string, Uint8Array]> {
  if (size > MAX_ARCHIVE)
    throw new ReleaseError('RECORD_INVALID', `artifact ${name} has ${size} bytes: it is no digest record`)
  const target = path.join(folder, String(id))
  await mkdir(target)
  await client.downloadArtifact(id, {path: target})
  const [file, ...others] = await readdir(target, {withFileTypes: true})
  if (file === undefined || others.length > 0 || !file.isFile())
    throw new ReleaseError(
      'RECORD_INVALID',
      `artifact ${name} holds ${others.length + (file ? 1 : 0)} entries, not one file`
    )
  // A name that led out of the folder has been cut down to one that does not: no record is named so.
  if (file.name !== name)
    throw new ReleaseError('RECORD_INVALID', `artifact ${name} holds a file of another name`, {
      hint: 'Another step uploads an artifact under the name of a digest record; rename that one.'
    })
  return [name, await readBeginning(path.join(target, file.name))]
}

async function readBeginning(file: string): Promise<Uint8Array> {
  const handle = await open(file)
  try {
    const {buffer, bytesRead} = await handle.read(Buffer.alloc(MAX_RECORD), 0, MAX_RECORD, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}

function failed(what: string, cause: unknown): ReleaseError {
  return new ReleaseError('ARTIFACT_FAILED', `${what}: ${messageOf(cause)}`, {
    cause,
    hint: "Run the failed jobs again; if it happens again, see the status of GitHub's artifact service."
  })
}
