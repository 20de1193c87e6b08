import {mkdir, writeFile} from 'node:fs/promises'
import path from 'node:path'

/** Where this program keeps what it goes on with, in the work tree of somebody's repository. */
export const OWN_FOLDER = '.image-release'

/** Makes a folder. In one of this program everything is kept out of Git by a file in it: nobody has to be told. */
export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, {recursive: true})
  const parts = path.resolve(folder).split(path.sep)
  const at = parts.lastIndexOf(OWN_FOLDER)
  if (at === -1) return
  const file = path.join(parts.slice(0, at + 1).join(path.sep), '.gitignore')
  try {
    await writeFile(file, '*\n', {flag: 'wx'})
  } catch {
    // It is there, or the folder can only be read: nothing depends on it.
  }
}
