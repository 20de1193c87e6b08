import {mkdir, readFile, rm, writeFile} from 'node:fs/promises'
import path from 'node:path'

/**
 * Takes a folder for this process, by a file with its number. The file of a process that is gone is taken over.
 * @throws Error where another process is using the folder
 */
export async function takeLock(file: string): Promise<void> {
  await mkdir(path.dirname(file), {recursive: true})
  if (await written(file)) return
  const owner = Number(await readFile(file, 'utf8').catch(() => '0'))
  // A number of our own is left over too: in a container each process may have the same.
  if (owner !== process.pid && isRunning(owner))
    throw new Error(`process ${owner} is using the folder; if that is no registry, delete ${file}`)
  await rm(file, {force: true})
  if (!(await written(file))) throw new Error(`another process has just taken the folder (${file})`)
}

async function written(file: string): Promise<boolean> {
  try {
    await writeFile(file, String(process.pid), {flag: 'wx'})
    return true
  } catch (cause) {
    if (isCode(cause, 'EEXIST')) return false
    throw cause
  }
}

/** Signal 0 asks only whether a process is there; one of another user is there too, but refuses. */
function isRunning(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return isCode(cause, 'EPERM')
  }
}

function isCode(cause: unknown, code: string): boolean {
  return typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === code
}
