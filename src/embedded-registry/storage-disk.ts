import {randomUUID} from 'node:crypto'
import {createReadStream} from 'node:fs'
import {type FileHandle, mkdir, open, readFile, readdir, rename, rm, writeFile} from 'node:fs/promises'
import path from 'node:path'
import type {Readable} from 'node:stream'
import type {ContentDigest} from './content-digest.js'
import {type ReleaseLock, lockFolder} from './folder-lock.js'
import type {Staging, Storage} from './storage.js'

/**
 * Keeps everything in a folder, which is made if need be: `content/` by digest, `records/` by repository, and
 * `staging/` for what is not finished, which is emptied at the start. What is finished gets its name by a rename.
 */
export function diskStorage(folder: string): Storage {
  const lock: {release?: ReleaseLock | undefined} = {}
  const staged = path.join(folder, 'staging')
  const recordFile = (key: string): string => path.join(folder, 'records', ...key.split('/'))
  const contentFile = (digest: ContentDigest): string => path.join(folder, 'content', ...digest.split(':'))
  return {
    records: async () => {
      lock.release = await lockFolder(folder)
      await rm(staged, {recursive: true, force: true})
      await mkdir(staged, {recursive: true})
      return readRecords(path.join(folder, 'records'))
    },
    saveRecord: async (key, text) => {
      const temporary = path.join(staged, randomUUID())
      await writeFile(temporary, text)
      await moveInto(temporary, recordFile(key))
    },
    deleteRecord: key => rm(recordFile(key), {force: true}),
    stage: () => diskStaging(path.join(staged, randomUUID())),
    keep: async (staging, digest) => {
      if (!(staging instanceof DiskStaging)) throw new Error('this was staged by another storage')
      await staging.close()
      await moveInto(staging.file, contentFile(digest))
    },
    openContent: (digest, range) =>
      createReadStream(contentFile(digest), range ? {start: range.first, end: range.last} : {}),
    deleteContent: digest => rm(contentFile(digest), {force: true}),
    close: async () => {
      await lock.release?.()
      lock.release = undefined
    }
  }
}

async function diskStaging(file: string): Promise<DiskStaging> {
  return new DiskStaging(file, await open(file, 'ax+'))
}

class DiskStaging implements Staging {
  readonly #handle: FileHandle

  constructor(
    readonly file: string,
    handle: FileHandle
  ) {
    this.#handle = handle
  }

  async append(chunk: Uint8Array): Promise<void> {
    await this.#handle.appendFile(chunk)
  }

  truncate(size: number): Promise<void> {
    return this.#handle.truncate(size)
  }

  open(): Readable {
    return createReadStream(this.file)
  }

  async discard(): Promise<void> {
    await this.close()
    await rm(this.file, {force: true})
  }

  close(): Promise<void> {
    return this.#handle.close()
  }
}

async function moveInto(from: string, to: string): Promise<void> {
  await mkdir(path.dirname(to), {recursive: true})
  await rename(from, to)
}

async function readRecords(root: string): Promise<ReadonlyMap<string, string>> {
  await mkdir(root, {recursive: true})
  const entries = await readdir(root, {recursive: true, withFileTypes: true})
  const records = new Map<string, string>()
  for (const entry of entries) {
    if (!entry.isFile()) continue
    const file = path.join(entry.parentPath, entry.name)
    records.set(path.relative(root, file).split(path.sep).join('/'), await readFile(file, 'utf8'))
  }
  return records
}
