import {ReleaseError} from '../../errors.js'

/**
 * Resolves a `Location` or `Link` of a registry. Behind a proxy that ends TLS some registries name themselves with
 * http: that is brought back to TLS, for neither login nor content may be read on the way.
 * @param base the URL of the registry's API
 * @throws ReleaseError REGISTRY_FAILED where it is no URL, or leads away to plain HTTP
 */
export function resolveLocation(location: string, base: URL): string {
  const url = location !== '' && URL.canParse(location, base.href) ? new URL(location, base) : undefined
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && base.protocol === 'http:')) return url.href
  if (url?.protocol === 'http:' && url.hostname === base.hostname)
    return new URL(`${url.pathname}${url.search}`, base).href
  const fault = url?.protocol === 'http:' ? `at plain HTTP on ${url.host}` : `at ${JSON.stringify(location)}`
  throw new ReleaseError('REGISTRY_FAILED', `${base.host} says to go on ${fault}, which is not possible`, {
    hint: `The registry ${base.host} or a proxy before it is not set up rightly.`
  })
}
