import {writeFile} from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import {DefaultArtifactClient} from '@actions/artifact'
import {ReleaseError} from '../errors.js'
import type {Artifacts, KeptBeginning, ArtifactFile} from '../ports.js'
import {withPrivateFolder} from '../shared/temp-folder.js'
import {type ArtifactBounds, downloadArtifact} from './artifact-download.js'
import {
  type ArtifactContent,
  artifactFailure,
  replaceArtifact,
  replaceFile,
  uploadArtifact
} from './artifact-upload.js'

/** How much is read. */
export interface ReadBounds extends Pick<ArtifactBounds, 'archive'> {
  /** Bytes of a file: of a larger one the beginning is read. */
  readonly file: number
}

/** For what is read here: records, numbers and counts. */
const BOUNDS: ReadBounds = {archive: 4 * 1024 * 1024, file: 1024 * 1024}

/** Of any artifact: text packs well, but no plan and no log unpacks to more. */
const UNPACKING = {entries: 1000, unpacked: 64 * 1024 * 1024}

/**
 * Files as artifacts of the workflow run.
 * @throws ReleaseError ARTIFACT_FAILED where the service does not take or give them; RECORD_INVALID for one that is too
 * large to be what is looked for
 * @param run the address of the run
 */
export function openArtifactFiles(
  temp = os.tmpdir(),
  run = ''
): Artifacts & Required<Pick<Artifacts, 'saveAsIs'>> {
  const client = new DefaultArtifactClient()
  return {
    save: async (name, files) =>
      await withPrivateFolder(async folder => await upload(client, {name, files, folder}), temp),
    saveAsIs: async file =>
      await withPrivateFolder(async folder => {
        const id = await uploadAsIs(client, file, folder)
        return `${run}/artifacts/${String(id)}`
      }, temp),
    names: async () => (await listAll(client)).map(({name}) => name),
    load: async name =>
      await withPrivateFolder(
        async folder => await downloadFiles(client, {name, folder, bounds: BOUNDS}),
        temp
      )
  }
}

/** Files to be uploaded, and an empty folder to write them to. */
interface Upload {
  readonly name: string
  readonly files: readonly ArtifactFile[]
  readonly folder: string
}

async function upload(client: DefaultArtifactClient, upload: Upload): Promise<string> {
  try {
    return await replaceArtifact(client, await writeFiles(upload))
  } catch (cause) {
    throw artifactFailure(`artifact ${upload.name} cannot be uploaded`, cause)
  }
}

/** Browsers show a file that no archive is around (github.blog, changelog of 2026-02-26). */
async function uploadAsIs(
  client: DefaultArtifactClient,
  file: ArtifactFile,
  folder: string
): Promise<number> {
  try {
    const {files} = await writeFiles({name: file.name, files: [file], folder})
    return await replaceFile(client, files[0] ?? '', folder)
  } catch (cause) {
    throw artifactFailure(`${file.name} cannot be uploaded`, cause)
  }
}

/** Uploads files under a name that is free. The folder is empty before. */
export async function uploadFiles(client: DefaultArtifactClient, upload: Upload): Promise<string> {
  return await uploadArtifact(client, await writeFiles(upload))
}

async function writeFiles({name, files, folder}: Upload): Promise<ArtifactContent> {
  const paths = files.map(file => path.join(folder, path.basename(file.name)))
  await Promise.all(files.map(async ({text}, at) => await writeFile(paths[at] ?? '', text)))
  return {name, files: paths, folder}
}

/** A job that ran again may have left a second one of a name: the newest counts. */
async function listAll(client: DefaultArtifactClient) {
  try {
    return (await client.listArtifacts({latest: true})).artifacts
  } catch (cause) {
    throw artifactFailure('the artifacts of this run cannot be listed', cause)
  }
}

interface Download {
  readonly name: string
  readonly folder: string
  readonly bounds: ReadBounds
}

/** The files of an artifact of this run, read by way of an empty folder; undefined where there is none of the name. */
export async function downloadFiles(
  client: DefaultArtifactClient,
  {name, folder, bounds}: Download
): Promise<KeptBeginning[] | undefined> {
  const artifact = (await listAll(client)).find(one => one.name === name)
  if (artifact === undefined) return undefined
  try {
    const files = await downloadArtifact(client, artifact, folder, {...UNPACKING, archive: bounds.archive})
    const own = files.filter(({name: file}) => !/[/\\]/.test(file))
    return own.map(({name: file, bytes}) => ({name: file, bytes: bytes.subarray(0, bounds.file)}))
  } catch (cause) {
    if (cause instanceof ReleaseError) throw cause
    throw artifactFailure(`artifact ${name} cannot be downloaded`, cause)
  }
}
