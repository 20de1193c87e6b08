import {mkdtemp, open, readdir, rm, writeFile} from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import {ArtifactNotFoundError, DefaultArtifactClient} from '@actions/artifact'
import {ReleaseError, messageOf} from '../../errors.js'
import type {Artifacts, FoundFile, KeptFile} from '../../ports.js'

/** Of a larger archive nothing is fetched: what is read here are records, numbers and counts. */
const MAX_ARCHIVE = 4 * 1024 * 1024
/** What is read of a file in it. */
const MAX_READ = 1024 * 1024

/**
 * Files as artifacts of the workflow run.
 * @throws ReleaseError ARTIFACT_FAILED where the service does not take or give them; RECORD_INVALID for one that is too
 * large to be what is looked for
 */
export function openArtifactFiles(temp = os.tmpdir()): Artifacts {
  const client = new DefaultArtifactClient()
  return {
    save: async (name, files) =>
      await inFolder(temp, async folder => await upload(client, {name, files, folder})),
    names: async () => (await listAll(client)).map(({name}) => name),
    load: async name => await inFolder(temp, async folder => await download(client, name, folder))
  }
}

async function inFolder<T>(temp: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(temp, 'kept-files-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, {recursive: true, force: true})
  }
}

interface Upload {
  readonly name: string
  readonly files: readonly KeptFile[]
  readonly folder: string
}

/** An attempt before this one may have left an artifact of the name: it cannot be changed, so it is replaced. */
async function upload(client: DefaultArtifactClient, {name, files, folder}: Upload): Promise<string> {
  const paths = files.map(file => path.join(folder, path.basename(file.name)))
  try {
    await Promise.all(files.map(async ({text}, at) => await writeFile(paths[at] ?? '', text)))
    await client.deleteArtifact(name).catch(ignoreMissing)
    const {id} = await client.uploadArtifact(name, paths, folder)
    return `artifact ${name} (${String(id)})`
  } catch (cause) {
    throw failed(`artifact ${name} cannot be uploaded`, cause)
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof ArtifactNotFoundError)) throw error
}

/** A job that ran again may have left a second one of a name: the newest counts. */
async function listAll(client: DefaultArtifactClient) {
  try {
    return (await client.listArtifacts({latest: true})).artifacts
  } catch (cause) {
    throw failed('the artifacts of this run cannot be listed', cause)
  }
}

async function download(
  client: DefaultArtifactClient,
  name: string,
  folder: string
): Promise<FoundFile[] | undefined> {
  const artifact = (await listAll(client)).find(one => one.name === name)
  if (artifact === undefined) return undefined
  if (artifact.size > MAX_ARCHIVE)
    throw new ReleaseError(
      'RECORD_INVALID',
      `artifact ${name} has ${artifact.size} bytes, too many to be read`
    )
  try {
    await client.downloadArtifact(artifact.id, {path: folder})
    const entries = await readdir(folder, {withFileTypes: true})
    const files = entries.filter(entry => entry.isFile())
    return await Promise.all(files.map(async file => await readBeginning(folder, file.name)))
  } catch (cause) {
    throw failed(`artifact ${name} cannot be downloaded`, cause)
  }
}

async function readBeginning(folder: string, name: string): Promise<FoundFile> {
  const handle = await open(path.join(folder, name))
  try {
    const {buffer, bytesRead} = await handle.read(Buffer.alloc(MAX_READ), 0, MAX_READ, 0)
    return {name, bytes: buffer.subarray(0, bytesRead)}
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
