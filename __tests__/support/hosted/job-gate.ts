import {createServer} from 'node:http'
import {json} from 'node:stream/consumers'
import {close, listen} from '../loopback.js'
import {identityToken} from './job-identity.js'
import {holdsSecret, secretMasks} from './secret-masks.js'

/** A line of the emulator's log, as far as it is read here. */
export interface LogEntry {
  readonly job?: string
  readonly matrix?: Readonly<Record<string, unknown>>
  readonly command?: string
  readonly arg?: string
}

/** What stands between a job and its outputs, as the runner does; and who a job is, for those with `id-token: write`. */
export interface JobGate {
  readonly url: string
  /** Takes notice of a line of the log, in the order of the log. */
  read(entry: LogEntry): void
  stop(): Promise<void>
}

/** Outputs of a job are measured as UTF-16 (docs.github.com, «Actions limits»; github/docs#36846). */
const MAX_OUTPUTS = 1024 * 1024

interface Asked {
  readonly id: string
  readonly outputs: Readonly<Record<string, string>>
  readonly secrets: readonly string[]
}

/** What somebody says to a job of an environment with required reviewers. */
export type Review = (environment: string) => Promise<'approved' | 'rejected'>

/**
 * Starts it on a free port of this machine.
 * @param claims what GitHub says of every job of the run in its identity token
 */
export async function startJobGate(
  review: Review,
  claims: Readonly<Record<string, string>>
): Promise<JobGate> {
  const masks = new Map<string, string[]>()
  const arrived = new Map<string, (masks: readonly string[]) => void>()
  const waiting = new Map<string, readonly string[]>()
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://gate')
    const end = (body: object): void => void response.end(JSON.stringify(body))
    if (url.pathname === '/review')
      void review(url.searchParams.get('environment') ?? '').then(
        said => response.writeHead(said === 'approved' ? 200 : 403).end(),
        (error: unknown) => response.writeHead(500).end(String(error))
      )
    else if (url.pathname === '/id-token')
      end({value: identityToken(url.searchParams.get('audience') ?? '', claims)})
    else
      void json(request).then(async body => {
        const asked = body as Asked
        const added =
          waiting.get(asked.id) ??
          (await new Promise<readonly string[]>(resolve => arrived.set(asked.id, resolve)))
        end(judge(asked, added))
      })
  })
  const url = `http://127.0.0.1:${await listen(server)}`
  return {
    url,
    read({job = '', matrix, command, arg = ''}) {
      const key = `${job} ${JSON.stringify(matrix)}`
      const known = masks.get(key) ?? []
      if (command === 'add-mask') masks.set(key, [...known, arg])
      if (command !== 'hosted-outputs') return
      const id = arg.trim()
      waiting.set(id, known)
      arrived.get(id)?.(known)
    },
    stop: () => close(server)
  }
}

function judge({outputs, secrets}: Asked, added: readonly string[]): object {
  const masks = secretMasks([...secrets, ...added])
  const given = Object.entries(outputs).filter(([, value]) => value !== '')
  const dropped = given.filter(([, value]) => holdsSecret(value, masks)).map(([name]) => name)
  const kept = given.filter(([name]) => !dropped.includes(name))
  const size = kept.reduce((sum, [, value]) => sum + 2 * value.length, 0)
  const isTooLarge = size > MAX_OUTPUTS
  return {
    outputs: isTooLarge ? {} : Object.fromEntries(kept),
    warnings: dropped.map(name => `Skip output '${name}' since it may contain secret.`),
    ...(isTooLarge ? {error: `The outputs of the job have ${size} bytes, the maximum is ${MAX_OUTPUTS}`} : {})
  }
}
