import path from 'node:path'
import {
  ArtifactNotFoundError,
  type DefaultArtifactClient,
  GHESNotSupportedError,
  type UploadArtifactOptions
} from '@actions/artifact'
import {ReleaseError, messageOf} from '../errors.js'

/** What is uploaded under a name: files of one folder. */
export interface ArtifactContent {
  readonly name: string
  readonly files: readonly string[]
  readonly folder: string
  readonly options?: UploadArtifactOptions
}

/**
 * Uploads an artifact. An attempt before this one may have left one of the name: it cannot be changed, so it is replaced.
 * @returns where it lies
 */
export async function replaceArtifact(
  client: DefaultArtifactClient,
  content: ArtifactContent
): Promise<string> {
  await client.deleteArtifact(content.name).catch(ignoreMissing)
  return await uploadArtifact(client, content)
}

/**
 * Uploads an artifact under a name that is free.
 * @returns where it lies
 */
export async function uploadArtifact(
  client: DefaultArtifactClient,
  {name, files, folder, options}: ArtifactContent
): Promise<string> {
  const {id} = await client.uploadArtifact(name, [...files], folder, options)
  return `artifact ${name} (${String(id)})`
}

/**
 * Uploads one file without an archive around it, in place of one of the name: it is called what the file is called.
 * @returns its number
 */
export async function replaceFile(
  client: DefaultArtifactClient,
  file: string,
  folder: string
): Promise<number> {
  const name = path.basename(file)
  await client.deleteArtifact(name).catch(ignoreMissing)
  const {id} = await client.uploadArtifact(name, [file], folder, {skipArchive: true})
  if (id === undefined) throw new Error('the service gave it no number')
  return id
}

/** The service answers 409 where the run has an artifact of the name; the client passes that on in its message. */
export function isTaken(error: unknown): boolean {
  return /\b409\b/.test(messageOf(error))
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof ArtifactNotFoundError)) throw error
}

/** The failure of the artifact service, with what was tried. */
export function artifactFailure(what: string, cause: unknown): ReleaseError {
  if (cause instanceof GHESNotSupportedError)
    return new ReleaseError('SERVER_UNSUPPORTED', `${what}: GitHub Enterprise Server has no service for it`, {
      cause,
      hint: 'Hand digests over by outputs, hand-over: output, and keep no files: docs/support.md says how.'
    })
  return new ReleaseError('ARTIFACT_FAILED', `${what}: ${messageOf(cause)}`, {
    cause,
    hint: "Run the failed jobs again; if it happens again, see the status of GitHub's artifact service."
  })
}
