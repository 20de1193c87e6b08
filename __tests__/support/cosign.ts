import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import type {Exec} from '../../src/ports.js'
import {execWithEnvironment} from './builder-ports.js'
import {componentPath, componentPathWith} from './components.js'

/** A pair of keys, made for one test, and the way to run the cosign that is installed. */
export interface CosignKeys {
  readonly folder: string
  /** The private key's file; its password is `PASSWORD`. */
  readonly key: string
  readonly publicKey: string
  /** Runs programs as a step would that has COSIGN_PASSWORD. */
  readonly exec: Exec
  remove(): void
}

export const PASSWORD = 'correct horse'

/** The versions that signatures are tested with, and the program of each. */
export const COSIGNS = [
  ['cosign 3', 'cosign'],
  ['cosign 2', 'older/cosign']
] as const

export type CosignProgram = (typeof COSIGNS)[number][1]

/** Makes a pair of keys in a folder of its own, in which cosign also keeps what it remembers. */
export async function makeCosignKeys(program: CosignProgram = 'cosign'): Promise<CosignKeys> {
  const folder = mkdtempSync(path.join(tmpdir(), 'cosign-'))
  const PATH = program === 'cosign' ? componentPath : componentPathWith('older')
  const exec = execWithEnvironment({COSIGN_PASSWORD: PASSWORD, HOME: folder, PATH})
  const {exitCode, stderr} = await exec('cosign', ['generate-key-pair'], {cwd: folder})
  if (exitCode !== 0) throw new Error(`cosign generate-key-pair: ${stderr}`)
  const key = path.join(folder, 'cosign.key')
  return {
    folder,
    key,
    publicKey: path.join(folder, 'cosign.pub'),
    exec,
    remove: () => rmSync(folder, {recursive: true, force: true})
  }
}
