import {messageOf} from '../errors.js'
import type {ArtifactFile, Ports} from '../ports.js'

/**
 * Keeps files for people. Where that fails it is said, and nothing else happens: a log that cannot be kept stands in the
 * log of the job, too, and is no reason to stop a release.
 * @returns where they lie
 */
export async function keepFiles(
  name: string,
  files: readonly ArtifactFile[],
  {artifacts, reporter}: Pick<Ports, 'artifacts' | 'reporter'>
): Promise<string | undefined> {
  try {
    const place = await artifacts.save(name, files)
    reporter.info(`Kept as ${place}: ${files.map(file => file.name).join(', ')}.`)
    return place
  } catch (error) {
    reporter.warning(messageOf(error))
    return undefined
  }
}
