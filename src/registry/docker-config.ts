import {readFile} from 'node:fs/promises'
import path from 'node:path'
import {ReleaseError, messageOf, systemCodeOf} from '../errors.js'
import type {Credential, Credentials, Exec} from '../ports.js'

/** Where the configuration of docker and podman lies, and how their credential helpers are run. */
export interface DockerConfigOptions {
  /** The variables that name files: HOME, DOCKER_CONFIG, REGISTRY_AUTH_FILE, XDG_RUNTIME_DIR, XDG_CONFIG_HOME. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly exec: Exec
}

interface ConfigFile {
  readonly file: string
  readonly auths: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly credHelpers: Readonly<Record<string, string>>
  readonly credsStore: string | undefined
}

/**
 * Credentials as docker and podman find them: their configuration files, in podman's order and then docker's, each
 * with its credential helpers. The first that knows the registry answers.
 * @throws ReleaseError CREDENTIALS_INVALID for a file that cannot be read as configuration, or a failing helper
 */
export function dockerCredentials(options: DockerConfigOptions): Credentials {
  const files = configFiles(options.environment).map(file => {
    const state: {loaded?: Promise<ConfigFile | undefined>} = {}
    return () => (state.loaded ??= loadConfig(file))
  })
  return async registry => {
    for (const load of files) {
      const config = await load()
      const credential = config && (await credentialIn(config, registry, options.exec))
      if (credential !== undefined) return credential
    }
    return undefined
  }
}

/** The files that may hold credentials, the most specific first (containers-auth.json(5)). */
export function configFiles(environment: Readonly<Record<string, string | undefined>>): string[] {
  const home = environment['HOME'] ?? environment['USERPROFILE']
  const {REGISTRY_AUTH_FILE: authFile, XDG_RUNTIME_DIR: runtime, DOCKER_CONFIG: docker} = environment
  const config = environment['XDG_CONFIG_HOME'] ?? (home && path.join(home, '.config'))
  const dockerFolder = docker ?? (home && path.join(home, '.docker'))
  return [
    authFile,
    dockerFolder && path.join(dockerFolder, 'config.json'),
    runtime && path.join(runtime, 'containers', 'auth.json'),
    config && path.join(config, 'containers', 'auth.json')
  ].filter((file): file is string => file !== undefined && file !== '')
}

async function loadConfig(file: string): Promise<ConfigFile | undefined> {
  let content: string
  try {
    content = await readFile(file, 'utf8')
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined
    throw unreadable(file, error)
  }
  if (content.trim() === '') return undefined
  try {
    const document = JSON.parse(content) as Partial<ConfigFile> | null
    return {
      file,
      auths: document?.auths ?? {},
      credHelpers: document?.credHelpers ?? {},
      credsStore: document?.credsStore
    }
  } catch (error) {
    throw unreadable(file, error)
  }
}

function unreadable(file: string, cause: unknown): ReleaseError {
  return new ReleaseError('CREDENTIALS_INVALID', `${file} cannot be read: ${messageOf(cause)}`, {
    cause,
    hint: 'Log in again (docker login, podman login), or mend the file.'
  })
}

async function credentialIn(
  config: ConfigFile,
  registry: string,
  exec: Exec
): Promise<Credential | undefined> {
  const names = namesOf(registry)
  const helper = names.map(name => config.credHelpers[name]).find(Boolean) ?? config.credsStore
  if (helper !== undefined && helper !== '') {
    const credential = await askHelper(helper, names[0] ?? registry, exec)
    if (credential !== undefined) return credential
  }
  const entry = names.map(name => config.auths[name]).find(auth => auth !== undefined)
  return entry && readAuth(entry, config.file)
}

/** The keys under which tools keep the credential of a registry; Docker Hub has its own. */
function namesOf(registry: string): string[] {
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
  const decoded = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '')
  const colon = decoded.indexOf(':')
  if (colon < 0) throw unreadable(file, new Error('an entry "auth" is not user:password in base64'))
  return {username: decoded.slice(0, colon), password: decoded.slice(colon + 1), ...identity}
}

/** Docker's credential helper protocol: `docker-credential-NAME get`, the server on standard input, JSON back. */
async function askHelper(helper: string, server: string, exec: Exec): Promise<Credential | undefined> {
  const program = `docker-credential-${helper}`
  const result = await exec(program, ['get'], {input: server}).catch((cause: unknown) => {
    throw new ReleaseError(
      'CREDENTIALS_INVALID',
      `the credential helper ${program} cannot be started: ${messageOf(cause)}`,
      {
        cause,
        hint: `Install ${program}, or take it out of the docker configuration.`
      }
    )
  })
  if (result.exitCode !== 0) {
    assertUnknown(program, server, result.stdout + result.stderr)
    return undefined
  }
  const answer = JSON.parse(result.stdout) as {Username?: string; Secret?: string}
  const {Username: username = '', Secret: secret = ''} = answer
  // A user of this name says that the secret is a refresh token.
  if (username === '<token>') return {username: '', password: '', identityToken: secret}
  return {username, password: secret}
}

/** A helper that knows nothing of a server says so with a failure. */
function assertUnknown(program: string, server: string, output: string): void {
  if (/not found/i.test(output)) return
  throw new ReleaseError(
    'CREDENTIALS_INVALID',
    `${program} gave no credential for ${server}: ${output.trim().slice(0, 200)}`,
    {
      hint: `Run "${program} get" by hand, or log in again.`
    }
  )
}
