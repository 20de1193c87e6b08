import {lstat, rename, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {ReleaseError, messageOf, systemCodeOf} from '../errors.js'
import {readBeginning} from '../shared/foreign-file.js'
import type {DigestStore} from '../ports.js'
import {
  MAX_ORIGIN_BYTES,
  MAX_RECORD_BYTES,
  type RecordedBuild,
  assertOfPlan,
  formatOrigin,
  isOfBuild,
  mayReplace,
  originName,
  parseOrigin,
  takenError
} from '../contracts/record-origin.js'
import {makeFolder} from './own-folder.js'

/**
 * Digest records as files of a folder, each named as its record; what they come from lies in a folder beside it, so that
 * there is nothing but records where records are. Whoever builds by hand builds again and again: a record of another build
 * is replaced, with a warning.
 * @throws ReleaseError RECORD_INVALID for a name or file that can be none; ARTIFACT_FAILED where it cannot be written
 */
export function openFolderStore(
  folder: () => string,
  warn: (line: string) => void = () => undefined
): DigestStore {
  const originOf = (name: string): string => originFile(folder(), name)
  return {
    async save(name, record, build) {
      const file = fileOf(folder(), name)
      if (build !== undefined) await noteOrigin({name, file, origin: originOf(name)}, build, warn)
      return await writeRecord(file, record)
    },
    async load(names, plan) {
      const found = await Promise.all(
        names.map(async name => [name, await readRecord(fileOf(folder(), name))] as const)
      )
      for (const name of names) {
        const origin = await readRecord(originOf(name))
        if (origin !== undefined) assertOfPlan(name, parseOrigin(name, origin), plan)
      }
      return new Map(found.filter((entry): entry is [string, Uint8Array] => entry[1] !== undefined))
    },
    async find(name, build) {
      const origin = await readRecord(originOf(name), MAX_ORIGIN_BYTES)
      const isOurs = origin !== undefined && isOfBuild(parseOrigin(name, origin), build)
      return isOurs ? await readRecord(fileOf(folder(), name)) : undefined
    }
  }
}

function originFile(folder: string, name: string): string {
  return path.join(`${path.resolve(folder)}.origins`, originName(path.basename(fileOf(folder, name))))
}

/** Says what the record comes from, and warns where one of another build is there. */
async function noteOrigin(
  {name, file, origin}: {readonly name: string; readonly file: string; readonly origin: string},
  build: RecordedBuild,
  warn: (line: string) => void
): Promise<void> {
  const [record, bytes] = [await readRecord(file), await readRecord(origin, MAX_ORIGIN_BYTES)]
  const known = bytes === undefined ? undefined : parseOrigin(name, bytes)
  if (record !== undefined && known !== undefined && !mayReplace(known, build))
    warn(messageOf(takenError(name, known, build)))
  await writeRecord(origin, new TextEncoder().encode(formatOrigin(build)))
}

/** A name comes from a plan, which anyone may have written: it must not lead out of the folder. */
function fileOf(folder: string, name: string): string {
  if (name !== '' && name !== '.' && name !== '..' && path.basename(name) === name)
    return path.join(folder, name)
  throw new ReleaseError('RECORD_INVALID', `${JSON.stringify(name)} is not a name that a record may have`)
}

/** Written aside and renamed, so that nobody finds half a record. */
async function writeRecord(file: string, record: Uint8Array): Promise<string> {
  try {
    await makeFolder(path.dirname(file))
    await writeFile(`${file}.partial`, record)
    await rename(`${file}.partial`, file)
    return file
  } catch (cause) {
    throw new ReleaseError('ARTIFACT_FAILED', `record ${file} cannot be written: ${messageOf(cause)}`, {
      cause,
      hint: 'Name a folder that can be written to: --records-folder FOLDER.'
    })
  }
}

/** A link could lead anywhere, and a folder is no record: both are refused rather than followed. */
async function readRecord(file: string, most = MAX_RECORD_BYTES): Promise<Uint8Array | undefined> {
  try {
    const status = await lstat(file)
    if (!status.isFile()) throw new ReleaseError('RECORD_INVALID', `record ${file} is not a file`)
    return await readBeginning(file, most)
  } catch (error) {
    if (error instanceof ReleaseError) throw error
    if (systemCodeOf(error) === 'ENOENT') return undefined
    throw new ReleaseError('RECORD_INVALID', `record ${file} cannot be read: ${messageOf(error)}`, {
      cause: error
    })
  }
}
