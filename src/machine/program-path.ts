import {constants} from 'node:fs'
import {access, stat} from 'node:fs/promises'
import path from 'node:path'

/**
 * The path of a program, found as execvp(3) does: in the first folder of the search path that holds a file that may be
 * run; folders that cannot be entered are passed over, and so is one without a name, which would be where a run happens to be. A command with a slash is its own path.
 * @param searchPath folders, as PATH has them
 * @returns undefined where there is none
 */
export async function findProgram(command: string, searchPath: string): Promise<string | undefined> {
  if (command.includes('/')) return command
  for (const folder of searchPath.split(path.delimiter).filter(Boolean)) {
    const file = path.join(folder, command)
    if (await isProgram(file)) return file
  }
  return undefined
}

async function isProgram(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK)
    return (await stat(file)).isFile()
  } catch {
    return false
  }
}
