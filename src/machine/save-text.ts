import {mkdtemp, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'

/**
 * Writes a file for later steps, in a folder of its own, so that a second use in one job does not replace it. The runner
 * removes its folder for such files with the job.
 */
export async function saveText(name: string, text: string): Promise<string> {
  const folder = await mkdtemp(path.join(process.env['RUNNER_TEMP'] || tmpdir(), 'image-release-'))
  const file = path.join(folder, name)
  await writeFile(file, text)
  return file
}
