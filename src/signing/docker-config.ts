import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import type {Credential, Credentials} from '../ports.js'

/** Docker Hub's entry in a docker configuration has a name of its own. */
const ENTRY_NAMES: ReadonlyMap<string, string> = new Map([['docker.io', 'https://index.docker.io/v1/']])

/**
 * Gives a program a folder of its own, which nobody else can read and which is gone afterwards.
 * @param body what is done with it, by its path
 */
export async function withPrivateFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'image-release-sign-'))
  try {
    return await body(folder)
  } finally {
    await rm(folder, {recursive: true, force: true})
  }
}

/** Writes a docker configuration with the logins of these registries, and says by which variable a program finds it. */
export async function writeDockerConfig(
  folder: string,
  registries: readonly string[],
  credentials: Credentials
): Promise<{readonly DOCKER_CONFIG: string}> {
  const found = await Promise.all(
    [...new Set(registries)].map(async registry => [registry, await credentials(registry)] as const)
  )
  const auths = Object.fromEntries(
    found.flatMap(([registry, credential]) =>
      credential === undefined ? [] : [[ENTRY_NAMES.get(registry) ?? registry, entryOf(credential)]]
    )
  )
  await writeFile(path.join(folder, 'config.json'), JSON.stringify({auths}), {mode: 0o600})
  return {DOCKER_CONFIG: folder}
}

function entryOf({username, password, identityToken}: Credential): object {
  return identityToken === undefined ? {username, password} : {identitytoken: identityToken}
}
