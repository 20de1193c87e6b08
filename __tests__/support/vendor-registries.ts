import {existsSync, readdirSync} from 'node:fs'
import path from 'node:path'
import {HUB_LOGIN, startDockerHub} from './docker-hub-emulator.js'
import {startGhcr} from './ghcr-emulator.js'
import {jobToken, permissionsOfToken} from './hosted/job-token.js'
import {type Site, passOn} from './internet.js'
import {loginGuard} from './login-guard.js'
import {type RunningRegistry, startDistribution3} from './registries.js'

/** A registry of a vendor, by its own name and its own way to log in, and a real registry behind it. */
export interface VendorRegistry {
  /** As references write it: `ghcr.io`. */
  readonly host: string
  readonly credential: {readonly username: string; readonly password: string}
  /** The digests of all manifests of a repository, tagged or not, sorted. */
  manifests(repository: string): readonly string[]
  /** Where it is reached without its name and its login, for what a test finds there: ghcr.io alone. */
  readonly inside?: string
  /** What answers for its names. */
  readonly sites: Readonly<Record<string, Site>>
  stop(): Promise<void>
}

/** How a vendor lets people in. */
interface Login {
  readonly username: string
  readonly password: string
  /** Where tokens are to be had; the password itself is asked for at every request where there is none. */
  readonly realm?: string
}

/**
 * By the vendors' documentation: Docker Hub has its tokens from another host, ECR takes the password of
 * `aws ecr get-login-password` as it is, GCR an access token, ACR a null GUID with its refresh token, Harbor a robot.
 */
const LOGINS: Readonly<Record<string, Login>> = {
  'ghcr.io': {username: 'octocat', password: jobToken({packages: 'write'})},
  'docker.io': HUB_LOGIN,
  '123456789.dkr.ecr.us-east-1.amazonaws.com': {username: 'AWS', password: 'ecr-login-password-0123456789'},
  'gcr.io': {username: 'oauth2accesstoken', password: 'ya29.0123456789', realm: 'https://gcr.io/v2/token'},
  'myregistry.azurecr.io': {
    username: '00000000-0000-0000-0000-000000000000',
    password: 'acr-refresh-token-0123456789',
    realm: 'https://myregistry.azurecr.io/oauth2/token'
  },
  'harbor.company.com': {
    username: 'robot$project+ci',
    password: 'harbor-robot-0123456789',
    realm: 'https://harbor.company.com/service/token'
  }
}

/** What tests change about a vendor. */
export interface VendorOptions {
  /** More users of Docker Hub, with the password of the first. */
  readonly hubUsers?: readonly string[] | undefined
  /** By what ghcr.io says when something was pushed: milliseconds since the epoch. */
  readonly now?: () => number
}

/**
 * Starts a real registry for one of the vendors, by the host that references name.
 * @param repository on GitHub, which packages of ghcr.io belong to
 */
export async function startVendorRegistry(
  host: string,
  repository: string,
  {hubUsers = [], now}: VendorOptions = {}
): Promise<VendorRegistry> {
  const login = LOGINS[host]
  if (login === undefined) throw new Error(`no vendor is known by the name ${host}`)
  if (host === 'ghcr.io') return await startGithubPackages(login, repository, now)
  if (host === 'docker.io') return await startHub(login, hubUsers)
  const {username, password, realm} = login
  const registry = await startDistribution3({
    auth: realm === undefined ? 'htpasswd' : 'token',
    users: [{username, password, rights: ['pull', 'push', 'delete']}],
    ...(realm === undefined ? {} : {realm})
  })
  const sites = sitesOf(registry, host, realm)
  return {
    host,
    credential: {username, password},
    manifests: repository => manifestsIn(registry, repository),
    sites,
    stop: () => registry.stop()
  }
}

/** ghcr.io with its packages in GitHub's API: what is deleted there is gone here. */
async function startGithubPackages(
  login: Login,
  repository: string,
  now?: () => number
): Promise<VendorRegistry> {
  const registry = await startDistribution3()
  const [owner = ''] = repository.split('/')
  const emulator = await startGhcr({
    registry,
    ...(now === undefined ? {} : {now}),
    accounts: {[owner]: 'Organization'},
    linkedTo: repository,
    admins: [repository],
    tokens: token => {
      const permissions = permissionsOfToken(token)
      return permissions && {kind: 'actions', repository, packages: permissions['packages'] ?? 'none'}
    }
  })
  const realm = new URL('https://ghcr.io/token')
  const {guard, tokens} = loginGuard({
    // ghcr.io asks for no certain name.
    rights: (_, password) => {
      const permissions = permissionsOfToken(password)
      return permissions && (permissions['packages'] ?? 'none')
    },
    realm,
    isPublic: () => false,
    // github.com/bachp/git-mirror/pull/516 and github.com/pinchbench/skill/pull/17, without `packages: write`.
    denial: name =>
      `installation not allowed to ${emulator.state.packages.has(name) ? 'Write' : 'Create'} organization package`
  })
  const registrySite = guard(emulator.sites.registry)
  return {
    host: 'ghcr.io',
    credential: login,
    inside: emulator.host,
    manifests: repository => manifestsIn(registry, repository),
    sites: {
      'ghcr.io': (incoming, answer) =>
        (incoming.url?.startsWith('/token') === true ? tokens : registrySite)(incoming, answer),
      'api.github.com': emulator.sites.api
    },
    stop: async () => {
      await emulator.stop()
      await registry.stop()
    }
  }
}

/** Docker Hub with its API, by which tags are deleted. Everyone may pull what its library has. */
async function startHub(login: Login, users: readonly string[]): Promise<VendorRegistry> {
  const registry = await startDistribution3()
  const logins = [login, ...users.map(username => ({...login, username}))]
  const emulator = await startDockerHub({registry, logins})
  const realm = new URL('https://auth.docker.io/token')
  const isPublic = (name: string): boolean => /^(library|docker)\//.test(name)
  const {guard, tokens} = loginGuard({
    rights: (username, password) =>
      logins.some(one => one.username === username && one.password === password) ? 'write' : undefined,
    realm,
    isPublic
  })
  const registrySite = guard(emulator.sites.registry)
  return {
    host: 'docker.io',
    credential: login,
    manifests: repository => manifestsIn(registry, repository),
    sites: {
      'registry-1.docker.io': registrySite,
      'index.docker.io': registrySite,
      'auth.docker.io': tokens,
      'hub.docker.com': emulator.sites.api
    },
    stop: async () => {
      await emulator.stop()
      await registry.stop()
    }
  }
}

/** Read from where distribution keeps them: it lists none that has no tag. A deleted one leaves an empty folder. */
function manifestsIn({folder = ''}: RunningRegistry, repository: string): string[] {
  const revisions = path.join(
    folder,
    'data/docker/registry/v2/repositories',
    repository,
    '_manifests/revisions/sha256'
  )
  if (!existsSync(revisions)) return []
  const digests = readdirSync(revisions).filter(hex => existsSync(path.join(revisions, hex, 'link')))
  return digests.map(hex => `sha256:${hex}`).sort()
}

function sitesOf(registry: RunningRegistry, host: string, realm: string | undefined): Record<string, Site> {
  const upstream = new URL(`http://${registry.host}`)
  const issuer = registry.tokenEndpoint
  if (realm === undefined || issuer === undefined) return {[host]: upstream}
  const {pathname} = new URL(realm)
  return {
    [host]: (incoming, answer) => {
      const url = new URL(incoming.url ?? '/', realm)
      const isForTokens = url.pathname === pathname
      if (isForTokens) incoming.url = `${issuer.pathname}${url.search}`
      passOn(isForTokens ? issuer : upstream, incoming, answer)
    }
  }
}
