import {existsSync, readdirSync} from 'node:fs'
import type {RequestListener} from 'node:http'
import path from 'node:path'
import {type Site, passOn} from './internet.js'
import {type RunningRegistry, startDistribution3} from './registries.js'

/** A registry of a vendor, by its own name and its own way to log in, and a real registry behind it. */
export interface VendorRegistry {
  /** As references write it: `ghcr.io`. */
  readonly host: string
  /** Where the registry itself listens, for a look past the login. */
  readonly address: string
  readonly credential: {readonly username: string; readonly password: string}
  /** The digests of all manifests of a repository, tagged or not, sorted. */
  manifests(repository: string): readonly string[]
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
  /** The name under which it answers, where that is not the one in references. */
  readonly api?: string
}

/**
 * By the vendors' documentation: Docker Hub has its tokens from another host, ECR takes the password of
 * `aws ecr get-login-password` as it is, GCR an access token, ACR a null GUID with its refresh token, Harbor a robot.
 */
const LOGINS: Readonly<Record<string, Login>> = {
  'ghcr.io': {username: 'octocat', password: 'ghs_0123456789abcdef', realm: 'https://ghcr.io/token'},
  'docker.io': {
    username: 'dockerhub-user',
    password: 'dckr_pat_0123456789',
    realm: 'https://auth.docker.io/token',
    api: 'registry-1.docker.io'
  },
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

/** Starts a real registry for one of the vendors, by the host that references name. */
export async function startVendorRegistry(host: string): Promise<VendorRegistry> {
  const login = LOGINS[host]
  if (login === undefined) throw new Error(`no vendor is known by the name ${host}`)
  const {username, password, realm, api = host} = login
  const registry = await startDistribution3({
    auth: realm === undefined ? 'htpasswd' : 'token',
    users: [{username, password, rights: ['pull', 'push', 'delete']}],
    ...(realm === undefined ? {} : {realm})
  })
  return {
    host,
    address: registry.host,
    credential: {username, password},
    manifests: repository => manifestsIn(registry, repository),
    sites: sitesOf(registry, api, realm),
    stop: () => registry.stop()
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

function sitesOf(registry: RunningRegistry, api: string, realm: string | undefined): Record<string, Site> {
  const upstream = new URL(`http://${registry.host}`)
  if (realm === undefined || registry.tokenEndpoint === undefined) return {[api]: upstream}
  const {hostname, pathname} = new URL(realm)
  const issuer = registry.tokenEndpoint
  const tokens: RequestListener = (incoming, answer) => {
    const url = new URL(incoming.url ?? '/', realm)
    const isForTokens = url.pathname === pathname
    if (isForTokens) incoming.url = `${issuer.pathname}${url.search}`
    if (isForTokens) passOn(issuer, incoming, answer)
    else passOn(upstream, incoming, answer)
  }
  const names = api === 'registry-1.docker.io' ? [api, 'index.docker.io'] : [api]
  const apis = names.map((name): [string, Site] => [name, hostname === name ? tokens : upstream])
  return {...Object.fromEntries(apis), [hostname]: tokens}
}

/** The logins of registries, one `registry=username:password` a line. */
export function loginsOf(registries: readonly VendorRegistry[]): string {
  return registries
    .map(({host, credential: {username, password}}) => `${host}=${username}:${password}`)
    .join('\n')
}
