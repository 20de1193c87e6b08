import type {HttpResponse} from '../../ports.js'

/** What Node gives for headers, of either protocol. */
type NodeHeaders = Readonly<Record<string, string | number | readonly string[] | undefined>>

/** Headers as the port has them: several values joined, without the pseudo-headers of HTTP/2. */
export function plainHeaders(headers: NodeHeaders): HttpResponse['headers'] {
  const entries = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined || name.startsWith(':')
      ? []
      : [[name, Array.isArray(value) ? value.join(', ') : String(value)] as const]
  )
  return Object.fromEntries(entries)
}
