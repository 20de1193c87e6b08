import {existsSync, readdirSync} from 'node:fs'
import path from 'node:path'
import tls from 'node:tls'
import type {TomlTable} from 'smol-toml'
import {ReleaseError, messageOf, systemCodeOf} from '../../errors.js'
import {readForeignFileSync} from '../../shared/foreign-file.js'

/** Bytes of one file: all authorities of a system have a quarter of it. */
const MAX_FILE = 1024 * 1024

/** The variables that lead to a user's own configuration. */
type Variables = Readonly<Record<string, string | undefined>>

/** What a connection to a registry trusts, and shows of itself. */
export interface RegistryCertificates {
  /** PEM of each authority, those that Node trusts among them. */
  readonly ca?: string[]
  /** PEM of the client's certificate and key, for registries that want one. */
  readonly cert?: string
  readonly key?: string
}

/** Where docker, podman and containerd look, beside the user's own folders. */
const MACHINE_FOLDERS: readonly string[] = [
  '/etc/containers/certs.d',
  '/usr/share/containers/certs.d',
  '/etc/docker/certs.d',
  '/etc/containerd/certs.d'
]

/**
 * Certificates for a registry as docker, podman and containerd keep them (containers-certs.d(5), containerd's
 * docs/hosts.md), in folders `certs.d/HOST[:PORT]`: `*.crt`, and what `ca` of a `hosts.toml` names, are authorities beside
 * those that are trusted everywhere; `*.cert` and `*.key` are what the client shows. All folders count: each tool that
 * trusts the registry on this machine has its own. What the client shows comes from the first that has both.
 * @param host `harbor.example.com`, or with its port where that is not 443
 * @param machineFolders those that are not the user's own
 * @returns undefined where there is none
 * @throws ReleaseError CREDENTIALS_INVALID for a file that cannot be read
 */
export async function registryCertificates(
  host: string,
  variables: Variables,
  machineFolders: readonly string[] = MACHINE_FOLDERS
): Promise<RegistryCertificates | undefined> {
  const folders = [...ownFolders(variables), ...machineFolders].flatMap(folder => [
    path.join(folder, host),
    path.join(folder, portBetweenLines(host))
  ])
  const found = (await Promise.all(folders.map(readFolder))).filter(folder => folder !== undefined)
  if (found.length === 0) return undefined
  const authorities = [...new Set(found.flatMap(({authorities: own}) => own))]
  const shown = found.find(({cert, key}) => cert !== undefined && key !== undefined)
  return {
    ...(authorities.length === 0 ? {} : {ca: [...trustedEverywhere(), ...authorities]}),
    ...(shown?.cert === undefined || shown.key === undefined ? {} : {cert: shown.cert, key: shown.key})
  }
}

/** containerd takes `host_5000_` for `host:5000`, for file systems without colons. */
function portBetweenLines(host: string): string {
  return host.replace(/:(\d+)$/, '_$1_')
}

function ownFolders({HOME: home, XDG_CONFIG_HOME: given}: Variables): string[] {
  const config = given || (home && path.join(home, '.config'))
  return config ? [path.join(config, 'containers/certs.d'), path.join(config, 'docker/certs.d')] : []
}

interface FoundCertificates {
  readonly authorities: readonly string[]
  readonly cert: string | undefined
  readonly key: string | undefined
}

async function readFolder(folder: string): Promise<FoundCertificates | undefined> {
  const files = filesIn(folder)
  if (files === undefined) return undefined
  const read = (end: string): string[] =>
    files.filter(file => file.endsWith(end)).map(file => readPart(path.join(folder, file)))
  const named = files.includes('hosts.toml') ? await authoritiesIn(path.join(folder, 'hosts.toml')) : []
  const [cert] = read('.cert')
  const [key] = read('.key')
  return {authorities: [...read('.crt'), ...named.map(readPart)], cert, key}
}

/** The files that `ca` names, of the server itself and of the hosts that stand for it; a relative one lies beside the file. */
async function authoritiesIn(file: string): Promise<string[]> {
  const {ca, host} = await parseHosts(file)
  const hosts: readonly unknown[] = typeof host === 'object' ? Object.values(host) : []
  const named: readonly unknown[] = [
    ca,
    ...hosts.map(one => (typeof one === 'object' && one !== null && 'ca' in one ? one.ca : undefined))
  ]
  return named
    .flat()
    .filter(name => typeof name === 'string')
    .map(name => path.resolve(path.dirname(file), name))
}

/** Hardly anybody has such a file: the parser is loaded where there is one. */
async function parseHosts(file: string): Promise<TomlTable> {
  const text = readPart(file)
  const {parse} = await import('smol-toml')
  try {
    return parse(text)
  } catch (cause) {
    throw new ReleaseError('CREDENTIALS_INVALID', `${file} cannot be read: it is not TOML`, {
      cause,
      hint: 'Fix the file as docs/hosts.md of containerd describes it, or take it away.'
    })
  }
}

function filesIn(folder: string): string[] | undefined {
  // Nearly no machine has one of these folders, and an error is made slowly.
  if (!existsSync(folder)) return undefined
  try {
    return readdirSync(folder).sort()
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(systemCodeOf(error) ?? '')) return undefined
    throw error
  }
}

/** Node 20 does not say which authorities NODE_EXTRA_CA_CERTS adds: there they are those that it brings itself. */
function trustedEverywhere(): readonly string[] {
  return Reflect.has(tls, 'getCACertificates') ? tls.getCACertificates('default') : tls.rootCertificates
}

function readPart(file: string): string {
  try {
    return readForeignFileSync(file, MAX_FILE).toString('utf8')
  } catch (error) {
    throw new ReleaseError('CREDENTIALS_INVALID', `${file} cannot be read: ${messageOf(error)}`, {
      cause: error,
      hint: 'Let this user read the certificates of the registry, or take the file away.'
    })
  }
}
