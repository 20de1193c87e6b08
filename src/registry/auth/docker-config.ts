import path from 'node:path'
import {ReleaseError, messageOf, systemCodeOf} from '../../errors.js'
import {readForeignFile} from '../../shared/foreign-file.js'
import type {Credential, Credentials, Exec} from '../../ports.js'
import {askHelper} from './credential-helper.js'
import {parseJson} from '../../shared/json.js'
import {decodeLogin} from '../../shared/basic-login.js'

/** Where the configuration of docker and podman lies, and how their credential helpers are run. */
export interface DockerConfigOptions {
  /** The variables that name files: HOME, DOCKER_CONFIG, REGISTRY_AUTH_FILE, XDG_RUNTIME_DIR, XDG_CONFIG_HOME; UID. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly exec: Exec
}

/** Bytes of a file with logins: one of a thousand registries has a tenth of it. */
const MAX_CONFIG = 4 * 1024 * 1024

/** A file with logins, as docker and podman write it; what else stands in it is kept. */
export interface ConfigDocument {
  readonly auths?: Readonly<Record<string, Readonly<Record<string, unknown>>>> | null
  readonly credHelpers?: Readonly<Record<string, string>> | null
  readonly credsStore?: string | undefined
}

interface ConfigFile {
  readonly file: string
  readonly auths: NonNullable<ConfigDocument['auths']>
  readonly credHelpers: NonNullable<ConfigDocument['credHelpers']>
  readonly credsStore: string | undefined
}

/**
 * Credentials as docker and podman find them: the file that REGISTRY_AUTH_FILE names, docker's configuration, then
 * podman's, each with its credential helpers. The first that knows the registry answers. A login for a part of a
 * registry, which podman keeps as `host/namespace`, goes before that for the whole (containers-auth.json(5)).
 * @throws ReleaseError CREDENTIALS_INVALID for a file that cannot be read as configuration, or a failing helper
 */
export function dockerCredentials(options: DockerConfigOptions): Credentials {
  const files = configFiles(options.environment).map(file => {
    const state: {loaded?: Promise<ConfigFile | undefined>} = {}
    return () => (state.loaded ??= loadConfig(file))
  })
  const ask = askOnce(options.exec)
  return async (registry, repository) => {
    for (const load of files) {
      const config = await load()
      const credential = config && (await credentialIn(config, {registry, repository}, ask))
      if (credential !== undefined) return credential
    }
    return undefined
  }
}

/** The variables that say where they lie, and buildx's own. */
export const CONFIG_VARIABLES = [
  'HOME',
  'USERPROFILE',
  'DOCKER_CONFIG',
  'BUILDX_CONFIG',
  'REGISTRY_AUTH_FILE',
  'XDG_RUNTIME_DIR',
  'XDG_CONFIG_HOME',
  'UID'
] as const

/** The files that may hold credentials, the most specific first (containers-auth.json(5)). */
export function configFiles(environment: Readonly<Record<string, string | undefined>>): string[] {
  const home = environment['HOME'] ?? environment['USERPROFILE']
  const {REGISTRY_AUTH_FILE: authFile, XDG_RUNTIME_DIR: runtime, UID: user} = environment
  const config = environment['XDG_CONFIG_HOME'] ?? (home && path.join(home, '.config'))
  const docker = dockerFolder(environment)
  return [
    authFile,
    docker && path.join(docker, 'config.json'),
    runtime && path.join(runtime, 'containers', 'auth.json'),
    // Where podman keeps its logins if nothing says where the user's runtime folder is.
    user && `/run/containers/${user}/auth.json`,
    config && path.join(config, 'containers', 'auth.json')
  ].filter((file): file is string => file !== undefined && file !== '')
}

/** Where docker's own configuration lies; undefined where nothing says so. */
export function dockerFolder(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  const home = environment['HOME'] ?? environment['USERPROFILE']
  return environment['DOCKER_CONFIG'] ?? (home && path.join(home, '.docker'))
}

async function loadConfig(file: string): Promise<ConfigFile | undefined> {
  const document = await readDockerConfig(file)
  if (document === undefined) return undefined
  const {auths, credHelpers, credsStore} = document
  return {file, auths: auths ?? {}, credHelpers: credHelpers ?? {}, credsStore}
}

/**
 * Reads a file with logins; undefined where there is none, or nothing in it.
 * @throws ReleaseError CREDENTIALS_INVALID
 */
export async function readDockerConfig(file: string): Promise<ConfigDocument | undefined> {
  try {
    const content = (await readForeignFile(file, MAX_CONFIG)).toString('utf8')
    if (content.trim() === '') return undefined
    // The parser's own message quotes what it read, which may be a password.
    return (parseJson(content, () => unreadable(file, 'it is not JSON')) as ConfigDocument | null) ?? {}
  } catch (error) {
    // A home such as /dev/null, which a user of a service has, is no folder.
    if (['ENOENT', 'ENOTDIR'].includes(systemCodeOf(error) ?? '')) return undefined
    throw error instanceof ReleaseError ? error : unreadable(file, messageOf(error))
  }
}

function unreadable(file: string, reason: string): ReleaseError {
  return new ReleaseError('CREDENTIALS_INVALID', `${file} cannot be read: ${reason}`, {
    hint: 'Log in again (docker login, podman login), or mend the file.'
  })
}

/** Asks each helper for a server once: some ask a cloud, or a person. */
function askOnce(exec: Exec): AskHelper {
  const answers = new Map<string, Promise<Credential | undefined>>()
  return (helper, server) => {
    const key = `${helper} ${server}`
    const answer = answers.get(key) ?? askHelper(helper, server, exec)
    answers.set(key, answer)
    return answer
  }
}

type AskHelper = (helper: string, server: string) => Promise<Credential | undefined>

/** Whom a credential is looked for: a registry, and a repository there where it is known. */
interface Login {
  readonly registry: string
  readonly repository: string | undefined
}

async function credentialIn(
  config: ConfigFile,
  {registry, repository}: Login,
  ask: AskHelper
): Promise<Credential | undefined> {
  const part = partsOf(registry, repository)
    .map(name => config.auths[name])
    .find(Boolean)
  const partial = part && readAuth(part, config.file)
  if (partial !== undefined) return partial
  const names = entryNames(registry)
  // An empty name says of a registry that its login stands in the file (docker/cli, configfile).
  const helper =
    names.map(name => config.credHelpers[name]).find(name => name !== undefined) ?? config.credsStore
  if (helper !== undefined && helper !== '') {
    const credential = await ask(helper, names[0] ?? registry)
    if (credential !== undefined) return credential
  }
  const entry = names.map(name => config.auths[name]).find(Boolean)
  return entry && readAuth(entry, config.file)
}

/** `host/a/b` and `host/a` for the repository a/b: the longest first. */
function partsOf(registry: string, repository: string | undefined): string[] {
  const steps = repository?.split('/') ?? []
  return steps.map((_, at) => [registry, ...steps.slice(0, steps.length - at)].join('/'))
}

/** The keys under which tools keep the credential of a registry, that of docker first; Docker Hub has its own. */
export function entryNames(registry: string): string[] {
  const hub = ['https://index.docker.io/v1/', 'docker.io', 'index.docker.io', 'registry-1.docker.io']
  if (registry === 'docker.io') return hub
  return [
    registry,
    `https://${registry}`,
    `https://${registry}/v1/`,
    `https://${registry}/v2/`,
    `http://${registry}`
  ]
}

function readAuth(entry: Readonly<Record<string, unknown>>, file: string): Credential | undefined {
  const {auth, username, password, identitytoken} = entry
  const identity =
    typeof identitytoken === 'string' && identitytoken !== '' ? {identityToken: identitytoken} : {}
  if (typeof username === 'string' && typeof password === 'string') return {username, password, ...identity}
  if (typeof auth !== 'string' || auth === '')
    return 'identityToken' in identity ? {username: '', password: '', ...identity} : undefined
  const login = decodeLogin(auth)
  if (login === undefined) throw unreadable(file, 'an entry "auth" is not user:password in base64')
  return {...login, password: login.password.replace(/\0+$/, ''), ...identity}
}
