import {isRemoteContext} from '../building/builders/build-context.js'
import {digestOf, hexOf} from '../oci/digest.js'
import type {Ports} from '../ports.js'

/** Where this program leaves what it goes on with. */
const STATE_FOLDER = '.image-release'

/**
 * A hash of the sources in the current folder, by which a later call knows them again: the commit, and what differs from it.
 * Files that Git ignores do not count.
 * @returns undefined where Git does not tell
 */
export async function sourceState(
  contexts: readonly string[],
  {exec, signal}: Pick<Ports, 'exec' | 'signal'>
): Promise<string | undefined> {
  const ask = async (args: readonly string[], input?: string): Promise<string> => {
    const {exitCode, stdout} = await exec('git', args, {signal, ...(input === undefined ? {} : {input})})
    if (exitCode !== 0) throw new Error(`git ${args.join(' ')} ended with ${exitCode}`)
    return stdout
  }
  const others = ['--', ':/', `:(top,exclude,glob)**/${STATE_FOLDER}/**`]
  try {
    const [commit, changes] = await Promise.all([
      ask(['rev-parse', 'HEAD']),
      ask(['status', '--porcelain=v1', '-z', '--untracked-files=all', ...others])
    ])
    const parts = [commit.trim(), contexts.filter(isRemoteContext).join('\n'), changes]
    if (changes !== '') {
      const untracked = await ask(['ls-files', '--others', '--exclude-standard', '-z', ...others])
      const files = untracked.split('\0').filter(Boolean)
      parts.push(await ask(['diff', 'HEAD', '--binary', ...others]))
      if (files.length > 0)
        parts.push(await ask(['hash-object', '--no-filters', '--stdin-paths'], files.join('\n')))
    }
    return hexOf(digestOf(Buffer.from(JSON.stringify(parts)))).slice(0, 16)
  } catch {
    signal.throwIfAborted()
    return undefined
  }
}
