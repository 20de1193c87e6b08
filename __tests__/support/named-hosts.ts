import type {Send} from '../../src/ports.js'

/** Leads hosts that go by their own names, `ghcr.io`, to what stands in for them on this machine, by its address. */
export function namedHosts(send: Send, places: Readonly<Record<string, string>>): Send {
  return async request => {
    const {url} = request
    const place = places[url.host]
    if (place === undefined) return await send(request)
    const answer = await send({...request, url: new URL(url.pathname + url.search, place)})
    const location = answer.headers['location']?.replace(/^http:\/\/[^/]+/, url.origin)
    return location === undefined ? answer : {...answer, headers: {...answer.headers, location}}
  }
}
