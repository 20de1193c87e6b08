import {open} from 'node:fs/promises'

/**
 * The first bytes of a file that somebody else has written: enough to say what it is, however large it is.
 * @param most how many bytes are read
 */
export async function readBeginning(file: string, most: number): Promise<Uint8Array> {
  const handle = await open(file)
  try {
    const {buffer, bytesRead} = await handle.read(Buffer.alloc(most), 0, most, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}
