import type {ApiAnswer} from './emulator-server.js'
import type {GhcrSettings, GhcrState, GhcrToken, GhcrVersion} from './ghcr-state.js'
import type {GithubDescription} from './openapi-check.js'

/** A request to the API, taken apart. */
export interface ApiRequest {
  readonly method: string
  readonly url: URL
  /** As it stood in the request line. */
  readonly target: string
  readonly token: GhcrToken | undefined
}

/** What happens to the manifests when versions go and come back. */
export interface ManifestKeeper {
  remove(name: string, version: GhcrVersion): Promise<void>
  putBack(name: string, version: GhcrVersion): Promise<void>
}

const MONTH = 30 * 24 * 3600 * 1000
const NOT_FOUND = {status: 404, body: {message: 'Package not found.', status: '404'}}

type Json = Readonly<Record<string, unknown>>

/** GitHub's REST API for packages of the container registry, by what its documentation and users say of it. */
export class GhcrPackagesApi {
  readonly #examples: GithubDescription['components']['examples']
  readonly #state: GhcrState
  readonly #settings: GhcrSettings
  readonly #manifests: ManifestKeeper

  /** @param parts the examples of the published description stand in for what is of no matter here */
  constructor(parts: {
    readonly description: GithubDescription
    readonly state: GhcrState
    readonly settings: GhcrSettings
    readonly manifests: ManifestKeeper
  }) {
    this.#examples = parts.description.components.examples
    this.#state = parts.state
    this.#settings = parts.settings
    this.#manifests = parts.manifests
  }

  async answer(request: ApiRequest): Promise<ApiAnswer> {
    if (request.token === undefined) return refused(401, 'Bad credentials')
    const answer = await this.#route(request, request.token)
    const scopes = request.token.kind === 'classic' ? {'x-oauth-scopes': request.token.scopes.join(', ')} : {}
    return {...answer, headers: {...scopes, ...answer.headers}}
  }

  async #route(request: ApiRequest, token: GhcrToken): Promise<ApiAnswer> {
    const path = request.url.pathname
    const user = /^\/users\/([^/]+)$/.exec(path)?.[1]
    if (user !== undefined) return this.#account(decodeURIComponent(user))
    const [, kindOfOwner, lister = ''] = /^\/(orgs|users)\/([^/]+)\/packages$/.exec(path) ?? []
    if (kindOfOwner !== undefined) return this.#packages(request, token, decodeURIComponent(lister))
    const match = /^\/(?:(orgs|users)\/([^/]+)|user)\/packages\/container\/([^/]+)(\/.*)?$/.exec(path)
    if (match === null) return NOT_FOUND
    const [, kind, owner = this.#ownerOf(token), name = '', rest = ''] = match
    const type = kind === 'orgs' ? 'Organization' : 'User'
    const account = decodeURIComponent(owner ?? '')
    if (this.#settings.accounts[account] !== type) return NOT_FOUND
    const refusal = this.#refusal(request, token, account, kind === undefined)
    if (refusal !== undefined) return refusal
    return await this.#package(request, account, decodeURIComponent(name), rest)
  }

  #ownerOf(token: GhcrToken): string | undefined {
    return token.kind === 'classic' ? token.user : undefined
  }

  /** Reading takes a scope or permission; deleting and bringing back take the role Admin, too. */
  #refusal({method}: ApiRequest, token: GhcrToken, owner: string, isOwn: boolean): ApiAnswer | undefined {
    const {admins, refusesWith, visibility} = this.#settings
    if (token.kind === 'fine-grained') return refused(403, 'Resource not accessible by personal access token')
    const isRead = method === 'GET'
    if (token.kind === 'classic') {
      const scope = isRead ? 'read:packages' : 'delete:packages'
      const has = token.scopes.some(one => one === scope || (isRead && one === 'write:packages'))
      if (!has)
        return refused(
          403,
          `You need at least ${scope} scope to ${isRead ? 'get' : 'delete'} a package's versions.`
        )
    } else if (isOwn || token.packages === 'none' || (!isRead && token.packages === 'read'))
      return refused(403, 'Resource not accessible by integration')
    const who = token.kind === 'classic' ? token.user : token.repository
    const mayRead = visibility === 'public' || admins.includes(who) || who.split('/')[0] === owner
    if (isRead) return mayRead ? undefined : NOT_FOUND
    if (admins.includes(who)) return undefined
    return refusesWith === 404 ? NOT_FOUND : refused(403, 'Resource not accessible by integration')
  }

  #account(login: string): ApiAnswer {
    const type = this.#settings.accounts[login]
    if (type === undefined) return refused(404, 'Not Found')
    return {status: 200, body: {...this.#example('public-user-default-response'), login, type}}
  }

  /** "List packages for an organization" and "for a user": for a person's classic token with read:packages alone. */
  #packages({method, url}: ApiRequest, token: GhcrToken, owner: string): ApiAnswer {
    if (method !== 'GET' || this.#settings.accounts[owner] === undefined) return NOT_FOUND
    if (token.kind !== 'classic') return refused(403, 'Resource not accessible by integration')
    if (!token.scopes.includes('read:packages'))
      return refused(403, 'You need at least read:packages scope to list packages.')
    const [page, size] = [['page', '1'] as const, ['per_page', '30'] as const].map(([name, fallback]) =>
      Number(url.searchParams.get(name) ?? fallback)
    ) as [number, number]
    const names = [...this.#state.packages.keys()]
      .filter(name => name.startsWith(`${owner}/`))
      .map(name => name.slice(owner.length + 1))
    const body = names.slice((page - 1) * size, page * size).map(name => this.#packageBody(owner, name))
    return {status: 200, body}
  }

  async #package(request: ApiRequest, owner: string, name: string, rest: string): Promise<ApiAnswer> {
    const {method, url} = request
    const fullName = `${owner}/${name}`
    if (!this.#state.packages.has(fullName)) return NOT_FOUND
    if (rest === '' && method === 'GET') return {status: 200, body: this.#packageBody(owner, name)}
    if (rest === '/versions' && method === 'GET') return this.#page(url, fullName)
    const [, id, restore] = /^\/versions\/(\d+)(\/restore)?$/.exec(rest) ?? []
    const version = this.#state.packages.get(fullName)?.find(one => one.id === Number(id))
    if (version === undefined) return NOT_FOUND
    if (method === 'POST' && restore !== undefined) return await this.#restore(fullName, version)
    if (version.deleted !== undefined) return NOT_FOUND
    if (method === 'GET') return {status: 200, body: this.#versionBody(fullName, version)}
    return method === 'DELETE' ? await this.#delete(fullName, version) : NOT_FOUND
  }

  #page(url: URL, name: string): ApiAnswer {
    const number = (parameter: string, fallback: number): number =>
      Number(url.searchParams.get(parameter) ?? fallback)
    const [page, size] = [number('page', 1), Math.min(100, number('per_page', 30))]
    const all = this.#state.list(name, url.searchParams.get('state') === 'deleted' ? 'deleted' : 'active')
    const last = Math.max(1, Math.ceil(all.length / size))
    const link = (to: number, relation: string): string => {
      const target = new URL(url)
      target.searchParams.set('page', String(to))
      return `<${target.href}>; rel="${relation}"`
    }
    const links = page < last ? [link(page + 1, 'next'), link(last, 'last')] : []
    return {
      status: 200,
      headers: links.length === 0 ? {} : {link: links.join(', ')},
      body: all.slice((page - 1) * size, page * size).map(version => this.#versionBody(name, version))
    }
  }

  async #delete(name: string, version: GhcrVersion): Promise<ApiAnswer> {
    if (this.#settings.visibility === 'public' && version.downloads > 5000)
      return refused(
        400,
        'Publicly visible package versions with more than 5000 downloads cannot be deleted. Contact GitHub support for further assistance.'
      )
    const tagged = this.#state.list(name).filter(({tags}) => tags.size > 0)
    if (tagged.length === 1 && tagged[0] === version)
      return refused(
        400,
        'You cannot delete the last tagged version of a package. You must delete the package instead.'
      )
    version.deleted = Date.now()
    await this.#manifests.remove(name, version)
    return {status: 204}
  }

  async #restore(name: string, version: GhcrVersion): Promise<ApiAnswer> {
    if (version.deleted === undefined || Date.now() - version.deleted > MONTH) return NOT_FOUND
    for (const tag of version.tags) if (this.#state.find(name, tag) !== undefined) version.tags.delete(tag)
    delete version.deleted
    await this.#manifests.putBack(name, version)
    return {status: 204}
  }

  #packageBody(owner: string, name: string): Json {
    const {visibility, linkedTo, accounts} = this.#settings
    const kind = accounts[owner] === 'Organization' ? 'orgs' : 'users'
    const example = this.#example('package-org')
    return {
      ...example,
      name,
      package_type: 'container',
      html_url: `https://github.com/${kind}/${owner}/packages/container/package/${encodeURIComponent(name)}`,
      version_count: this.#state.list(`${owner}/${name}`).length,
      visibility,
      owner: {...this.#example('public-user-default-response'), login: owner, type: accounts[owner]},
      repository: !linkedTo ? null : this.#repositoryBody(linkedTo)
    }
  }

  #repositoryBody(fullName: string): Json {
    const name = fullName.split('/')[1]
    return {...this.#example('minimal-repository'), full_name: fullName, name}
  }

  #versionBody(name: string, {id, digest, tags, created, updated, deleted}: GhcrVersion): Json {
    const time = (at: number): string => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z')
    const page = `https://github.com/orgs/${name.replace('/', '/packages/container/')}`
    return {
      id,
      name: digest,
      url: `https://api.github.com/versions/${id}`,
      package_html_url: page,
      html_url: `${page}/${id}`,
      created_at: time(created),
      updated_at: time(updated),
      ...(deleted === undefined ? {} : {deleted_at: time(deleted)}),
      metadata: {package_type: 'container', container: {tags: [...tags]}}
    }
  }

  #example(name: string): Json {
    const found = this.#examples[name]
    if (found === undefined) throw new Error(`the description has no example ${name}`)
    return found.value
  }
}

function refused(status: number, message: string): ApiAnswer {
  return {status, body: {message, documentation_url: 'https://docs.github.com/rest', status: String(status)}}
}
