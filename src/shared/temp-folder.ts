import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'

/**
 * Does something with a folder of its own, which nobody else can read and which is gone afterwards.
 * @param body what is done with it, by its path
 * @param parent where it is made; a runner has a folder for what ends with the job
 */
export async function withPrivateFolder<T>(
  body: (folder: string) => Promise<T>,
  parent = tmpdir()
): Promise<T> {
  const folder = await mkdtemp(path.join(parent, 'image-release-'))
  try {
    return await body(folder)
  } finally {
    await rm(folder, {recursive: true, force: true})
  }
}
