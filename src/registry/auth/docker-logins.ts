import {mkdir, readdir, symlink, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {systemCodeOf} from '../../errors.js'
import type {Credential, Credentials} from '../../ports.js'
import {
  type ConfigDocument,
  configFiles,
  dockerFolder,
  readDockerConfig,
  entryNames
} from './docker-config.js'
import {encodeLogin} from '../../shared/basic-login.js'

/** Writes a docker configuration with the logins of these registries, and says by which variable a program finds it. */
export async function writeDockerConfig(
  folder: string,
  registries: readonly string[],
  credentials: Credentials
): Promise<{readonly DOCKER_CONFIG: string}> {
  const found = await Promise.all(
    [...new Set(registries)].map(async registry => [registry, await credentials(registry)] as const)
  )
  const auths = found.flatMap(([registry, credential]) =>
    credential === undefined ? [] : [entryOf(registry, credential)]
  )
  await write(path.join(folder, 'config.json'), {auths: Object.fromEntries(auths)})
  return {DOCKER_CONFIG: folder}
}

/**
 * Writes the configurations of docker and podman anew, with further logins, which go before those of the machine.
 * Everything else stays in force: helpers, contexts, plugins and the builders of buildx.
 * @param folder gets a folder `logins`
 * @param environment the variables that say where the machine's own configuration lies
 * @returns the variables by which docker, buildx, podman and buildah find them
 * @throws ReleaseError CREDENTIALS_INVALID where the machine's own cannot be read
 */
export async function writeFurtherLogins(
  folder: string,
  logins: Readonly<Record<string, Credential>>,
  environment: Readonly<Record<string, string | undefined>>
): Promise<Readonly<Record<string, string>>> {
  const entries = Object.entries(logins).map(([registry, login]) => entryOf(registry, login))
  const docker = path.join(folder, 'logins', 'docker')
  await mkdir(docker, {recursive: true, mode: 0o700})
  const home = dockerFolder(environment)
  if (home !== undefined) await linkOthers(home, docker)
  const own = home && (await readDockerConfig(path.join(home, 'config.json')))
  await write(path.join(docker, 'config.json'), withDockerLogins(own || {}, entries))
  const all = await Promise.all(configFiles(environment).map(readDockerConfig))
  const podman = path.join(folder, 'logins', 'auth.json')
  await write(podman, podmanLogins(all, entries))
  const buildx = environment['BUILDX_CONFIG'] || (home && path.join(home, 'buildx'))
  return {
    DOCKER_CONFIG: docker,
    REGISTRY_AUTH_FILE: podman,
    ...(buildx ? {BUILDX_CONFIG: buildx} : {})
  }
}

type Entry = readonly [string, Readonly<Record<string, string>>]

/** containers/image reads `auth` only, docker either (containers-auth.json(5)). */
function entryOf(registry: string, {username, password, identityToken}: Credential): Entry {
  const auth = encodeLogin({username, password})
  const [name = registry] = entryNames(registry)
  return [name, identityToken === undefined ? {auth} : {identitytoken: identityToken}]
}

/** A helper goes before an entry in docker, and an empty name stands for no helper (docker/cli, configfile). */
function withDockerLogins(own: ConfigDocument, entries: readonly Entry[]): object {
  const withoutHelper = Object.fromEntries(entries.map(([name]) => [name, '']))
  const hasHelper = Boolean(own.credsStore ?? own.credHelpers)
  return {
    ...own,
    auths: {...own.auths, ...Object.fromEntries(entries)},
    ...(hasHelper ? {credHelpers: {...own.credHelpers, ...withoutHelper}} : {})
  }
}

/** podman asks several files, but only one where a variable names it: that one has what all of them say, the first first. */
function podmanLogins(files: readonly (ConfigDocument | undefined)[], entries: readonly Entry[]): object {
  const own = [...files].reverse()
  const helpers = own.flatMap(file => Object.entries(file?.credHelpers ?? {}))
  const names = entries.map(([name]) => name)
  return {
    auths: Object.assign({}, ...own.map(file => file?.auths), Object.fromEntries(entries)) as object,
    credHelpers: Object.fromEntries(helpers.filter(([name]) => !names.includes(name)))
  }
}

/** Contexts and plugins lie beside the configuration. */
async function linkOthers(from: string, to: string): Promise<void> {
  const names = await readdir(from).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(systemCodeOf(error) ?? '')) return []
    throw error
  })
  for (const name of names.filter(one => one !== 'config.json'))
    await symlink(path.resolve(from, name), path.join(to, name))
}

async function write(file: string, document: object): Promise<void> {
  await writeFile(file, JSON.stringify(document), {mode: 0o600})
}
