import {mkdir, readdir, writeFile} from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import {type Artifact, DefaultArtifactClient} from '@actions/artifact'
import pLimit from 'p-limit'
import {ReleaseError} from '../../errors.js'
import type {DigestStore} from '../../ports.js'
import {withPrivateFolder} from '../../private-folder.js'
import {readBeginning} from '../file-beginning.js'
import {artifactFailure, replaceArtifact} from './artifact-upload.js'

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
      await withPrivateFolder(async folder => await upload(client, {name, record, folder}), temp),
    load: async names => await withPrivateFolder(async folder => await download(client, names, folder), temp)
  }
}

interface Upload {
  readonly name: string
  readonly record: Uint8Array
  readonly folder: string
}

async function upload(client: DefaultArtifactClient, {name, record, folder}: Upload): Promise<string> {
  const file = path.join(folder, name)
  await writeFile(file, record)
  try {
    const options = {retentionDays: RETENTION_DAYS, compressionLevel: 0}
    return await replaceArtifact(client, {name, files: [file], folder, options})
  } catch (cause) {
    throw artifactFailure(`the digest record ${name} cannot be uploaded as an artifact`, cause)
  }
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
    throw artifactFailure('the digest records of this run cannot be downloaded', cause)
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
  return [name, await readBeginning(path.join(target, file.name), MAX_RECORD)]
}
