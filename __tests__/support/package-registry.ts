import {createHash} from 'node:crypto'
import {type IncomingMessage, type ServerResponse, createServer} from 'node:http'
import {buffer} from 'node:stream/consumers'
import {close, listen} from './loopback.js'

/** A version that was published. */
export interface ServedPackage {
  readonly archive: Buffer
  /** The bundle that says how it was built, as the client sent it. */
  readonly provenance: unknown
  readonly tag: string
}

/** An npm registry. */
export interface PackageRegistry {
  readonly url: string
  /** By `name@version`. */
  readonly packages: ReadonlyMap<string, ServedPackage>
  stop(): Promise<void>
}

interface Packument {
  readonly name: string
  readonly 'dist-tags': Record<string, string>
  readonly versions: Record<string, {readonly dist: {readonly integrity: string; readonly tarball: string}}>
  readonly _attachments?: Record<string, {readonly data: string; readonly content_type: string}>
}

/**
 * A server that answers as an npm registry does for publishing and installing (github.com/npm/registry,
 * docs/REGISTRY-API.md; libnpmpublish): a version needs a token, is never replaced, and has the bytes that its integrity says.
 */
export async function startPackageRegistry(token: string): Promise<PackageRegistry> {
  const packages = new Map<string, ServedPackage>()
  const documents = new Map<string, Packument>()
  const server = createServer((incoming, answer) => void respond(incoming, answer))
  const port = await listen(server)

  async function respond(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = await buffer(incoming)
    const [name = '', ...rest] = decodeURIComponent(incoming.url ?? '')
      .slice(1)
      .split('/')
    const reply = (status: number, content: object | Buffer): void => {
      const isBytes = Buffer.isBuffer(content)
      answer.writeHead(status, {'content-type': isBytes ? 'application/octet-stream' : 'application/json'})
      answer.end(isBytes ? content : JSON.stringify(content))
    }
    if (incoming.method === 'PUT') {
      const isKnown = incoming.headers.authorization === `Bearer ${token}`
      const [status, content] = isKnown
        ? publish(JSON.parse(body.toString()) as Packument)
        : [401, {error: 'Unauthorized'}]
      reply(status, content)
      return
    }
    const file = rest[0] === '-' ? rest[1] : undefined
    const found =
      file === undefined
        ? documents.get(name)
        : packages.get(file.replace(/^(.+?)-(\d.*)\.tgz$/, '$1@$2'))?.archive
    if (found === undefined) reply(404, {error: 'Not found'})
    else reply(200, found)
  }

  function publish({_attachments: attachments = {}, ...sent}: Packument): [number, object] {
    const known = documents.get(sent.name)
    const [version = ''] = Object.keys(sent.versions)
    const [tag = ''] = Object.keys(sent['dist-tags'])
    if (known?.versions[version] !== undefined)
      return [403, {error: `You cannot publish over the previously published versions: ${version}.`}]
    const data = (ending: string): Buffer | undefined => {
      const found = Object.entries(attachments).find(([name]) => name.endsWith(ending))
      return found && Buffer.from(found[1].data, 'base64')
    }
    const archive = data('.tgz') ?? Buffer.alloc(0)
    const integrity = `sha512-${createHash('sha512').update(archive).digest('base64')}`
    if (sent.versions[version]?.dist.integrity !== integrity) return [400, {error: 'integrity'}]
    const bundle = Object.entries(attachments).find(([name]) => name.endsWith('.sigstore'))?.[1].data
    packages.set(`${sent.name}@${version}`, {
      archive,
      provenance: bundle === undefined ? undefined : JSON.parse(bundle),
      tag
    })
    documents.set(sent.name, {
      name: sent.name,
      'dist-tags': {...known?.['dist-tags'], ...sent['dist-tags']},
      versions: {...known?.versions, ...sent.versions}
    })
    return [201, {ok: true}]
  }

  return {url: `http://127.0.0.1:${port}/`, packages, stop: async () => await close(server)}
}
