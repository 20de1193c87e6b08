import {readdir, writeFile} from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import {DefaultArtifactClient} from '@actions/artifact'
import {ReleaseError} from '../../errors.js'
import type {Artifacts, FoundFile, KeptFile} from '../../ports.js'
import {withPrivateFolder} from '../../private-folder.js'
import {readBeginning} from '../file-beginning.js'
import {artifactFailure, replaceArtifact} from './artifact-upload.js'

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
      await withPrivateFolder(async folder => await upload(client, {name, files, folder}), temp),
    names: async () => (await listAll(client)).map(({name}) => name),
    load: async name => await withPrivateFolder(async folder => await download(client, name, folder), temp)
  }
}

interface Upload {
  readonly name: string
  readonly files: readonly KeptFile[]
  readonly folder: string
}

async function upload(client: DefaultArtifactClient, {name, files, folder}: Upload): Promise<string> {
  const paths = files.map(file => path.join(folder, path.basename(file.name)))
  try {
    await Promise.all(files.map(async ({text}, at) => await writeFile(paths[at] ?? '', text)))
    return await replaceArtifact(client, {name, files: paths, folder})
  } catch (cause) {
    throw artifactFailure(`artifact ${name} cannot be uploaded`, cause)
  }
}

/** A job that ran again may have left a second one of a name: the newest counts. */
async function listAll(client: DefaultArtifactClient) {
  try {
    return (await client.listArtifacts({latest: true})).artifacts
  } catch (cause) {
    throw artifactFailure('the artifacts of this run cannot be listed', cause)
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
    return await Promise.all(
      files.map(async ({name: file}) => ({
        name: file,
        bytes: await readBeginning(path.join(folder, file), MAX_READ)
      }))
    )
  } catch (cause) {
    throw artifactFailure(`artifact ${name} cannot be downloaded`, cause)
  }
}
