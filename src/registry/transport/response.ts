import type {HttpResponse} from '../../ports.js'

/** What Node gives for headers, of either protocol. */
type NodeHeaders = Readonly<Record<string, string | number | readonly string[] | undefined>>

/** Headers as the port has them: several values joined, without the pseudo-headers of HTTP/2. */
export function plainHeaders(headers: NodeHeaders): HttpResponse['headers'] {
  const plain: Record<string, string> = {}
  for (const name of Object.keys(headers)) {
    const value = headers[name]
    if (value === undefined || name.startsWith(':')) continue
    plain[name] = Array.isArray(value) ? value.join(', ') : String(value)
  }
  return plain
}
