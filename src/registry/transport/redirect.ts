import {ReleaseError} from '../../errors.js'
import type {HttpRequest, HttpResponse, Send} from '../../ports.js'

const MAX_REDIRECTS = 10

/**
 * Follows redirects. Authorization stays behind when the host changes: object stores are told nothing, and refuse two
 * kinds of authorization (distribution-spec, "API"). What sends a body is followed where method and body stay the same
 * (307, 308); a DELETE only on its own host, for what another host deletes nobody asked for.
 * @throws ReleaseError REGISTRY_FAILED where a redirect leads from TLS to plain HTTP, nowhere, round in a circle, or a
 * DELETE elsewhere
 */
export function followRedirects(next: Send): Send {
  return async request => {
    let current = request
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      const response = await send(next, current, request.url.host)
      const target = redirectTarget(current, response)
      if (target === undefined)
        return current.url.host === request.url.host ? response : fromElsewhere(response, current.url)
      response.body.resume()
      current = redirected(current, target)
    }
    throw new ReleaseError(
      'REGISTRY_FAILED',
      `${request.method} ${request.url.host}: more than ${MAX_REDIRECTS} redirects`
    )
  }
}

/** Where a registry leads elsewhere and that does not answer, the registry is named beside it. */
async function send(next: Send, request: HttpRequest, registry: string): Promise<HttpResponse> {
  try {
    return await next(request)
  } catch (error) {
    if (request.url.host === registry || !(error instanceof ReleaseError)) throw error
    throw new ReleaseError(error.code, `${error.message}; ${registry} redirects there`, {
      cause: error.cause,
      ...(error.hint === undefined ? {} : {hint: error.hint})
    })
  }
}

/**
 * Another host than the registry may not ask for a login: the realm that it names could be anyone's. An upload that it
 * began goes on there (containerd/containerd#11949).
 */
function fromElsewhere(response: HttpResponse, url: URL): HttpResponse {
  const headers = Object.entries(response.headers).filter(([name]) => name !== 'www-authenticate')
  const {location} = response.headers
  const absolute =
    location !== undefined && URL.canParse(location, url.href) ? new URL(location, url).href : location
  return {
    ...response,
    headers: {...Object.fromEntries(headers), ...(absolute === undefined ? {} : {location: absolute})}
  }
}

function redirectTarget(request: HttpRequest, response: HttpResponse): URL | undefined {
  const location = response.headers['location']
  const followed = ['GET', 'HEAD'].includes(request.method) ? [301, 302, 303, 307, 308] : [307, 308]
  if (!followed.includes(response.status) || location === undefined) return undefined
  const target = URL.canParse(location, request.url.href) ? new URL(location, request.url) : undefined
  if (target?.protocol !== 'https:' && target?.protocol !== 'http:')
    throw refused(request, JSON.stringify(location))
  if (request.url.protocol === 'https:' && target.protocol === 'http:')
    throw refused(request, `plain HTTP at ${target.host}`)
  if (request.method === 'DELETE' && target.host !== request.url.host) throw deletedElsewhere(request, target)
  return target
}

function deletedElsewhere({method, url}: HttpRequest, target: URL): ReleaseError {
  return new ReleaseError(
    'REGISTRY_FAILED',
    `${method} ${url.host}${url.pathname} redirects to ${target.host}`,
    {
      hint: `A deletion is not taken to another host. Nothing was deleted there; name ${target.host} itself where that is meant.`
    }
  )
}

function refused({method, url}: HttpRequest, target: string): ReleaseError {
  return new ReleaseError('REGISTRY_FAILED', `${method} ${url.host}${url.pathname} redirects to ${target}`, {
    hint: `The registry ${url.host} or a proxy before it is not set up rightly.`
  })
}

function redirected(request: HttpRequest, url: URL): HttpRequest {
  return {...(url.host === request.url.host ? request : withoutAuthorization(request)), url}
}

/** The same request as somebody else may see it. */
export function withoutAuthorization(request: HttpRequest): HttpRequest {
  const headers = Object.entries(request.headers).filter(([name]) => name !== 'authorization')
  return {...request, headers: Object.fromEntries(headers)}
}
