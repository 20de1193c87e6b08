import {createHash} from 'node:crypto'
import {mkdir, realpath, rm} from 'node:fs/promises'
import {type Server, connect, createServer} from 'node:net'
import {tmpdir} from 'node:os'
import path from 'node:path'

/** Lets another registry have the folder. */
export type ReleaseLock = () => Promise<void>

/**
 * Keeps a folder, made if need be, for one registry on this machine. The lock is a socket that answers: one that a
 * killed process left behind does not, so that nobody has to clean up after it.
 * @throws Error where another registry has the folder
 */
export async function lockFolder(folder: string): Promise<ReleaseLock> {
  await mkdir(folder, {recursive: true})
  const address = lockAddress(await realpath(folder))
  const server = (await listening(address)) ?? (await takenOver(address))
  if (server === undefined) throw new Error(`another registry is using ${folder}`)
  return () =>
    new Promise(resolve => {
      server.close(() => resolve())
    })
}

/** Not in the folder itself: a socket's path may have a hundred characters only. */
export function lockAddress(folder: string): string {
  const name = `image-release-${createHash('sha256').update(folder).digest('hex').slice(0, 24)}`
  const isWindows = path.sep === '\\'
  return isWindows ? `\\\\.\\pipe\\${name}` : path.join(tmpdir(), `${name}.lock`)
}

async function takenOver(address: string): Promise<Server | undefined> {
  if (await isAnswered(address)) return undefined
  await rm(address, {force: true})
  return listening(address)
}

/** A server on this address; undefined where something is there already. */
function listening(address: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer(socket => socket.destroy())
    server.once('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code === 'EADDRINUSE') resolve(undefined)
      else reject(cause)
    })
    server.listen(address, () => resolve(server.unref()))
  })
}

function isAnswered(address: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(address)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
