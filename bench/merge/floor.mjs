// The floor of the merge bench: the fewest requests that can do the work, all together that may go together. The
// descriptors are known, so that there is one round that asks for the images and one that puts all tags in all
// registries. No retries, no checks, nothing read back: a yardstick, not a program.
//   floor.mjs h1|h2 JOB
import {readFileSync} from 'node:fs'
import http2 from 'node:http2'
import https from 'node:https'

const INDEX = 'application/vnd.oci.image.index.v1+json'
const [protocol, file] = process.argv.slice(2)
const {hosts, repository, tags, images} = JSON.parse(readFileSync(file, 'utf8'))
const entries = images.map(({digest, size, mediaType, platform}) => ({mediaType, digest, size, platform}))
const index = Buffer.from(JSON.stringify({schemaVersion: 2, mediaType: INDEX, manifests: entries}))

await Promise.all(
  hosts.map(async host => {
    const {send, close} = protocol === 'h2' ? overHttp2(host) : overHttp1(host)
    const path = reference => `/v2/${repository}/manifests/${reference}`
    const put = {'content-type': INDEX, 'content-length': index.length}
    await Promise.all(
      images.map(({digest, mediaType}) => expect(200, send('HEAD', path(digest), {accept: mediaType})))
    )
    await Promise.all(tags.map(tag => expect(201, send('PUT', path(tag), put, index))))
    close()
  })
)

async function expect(wanted, answer) {
  const status = await answer
  if (status !== wanted) throw new Error(`the registry answered ${status}, not ${wanted}`)
}

function overHttp2(host) {
  const session = http2.connect(`https://${host}`)
  const send = (method, path, headers, body) =>
    new Promise((resolve, reject) => {
      const stream = session.request({':method': method, ':path': path, ...headers})
      const answer = {}
      stream.on('response', headers => (answer.status = headers[':status']))
      stream.on('end', () => resolve(answer.status)).on('error', reject)
      stream.resume().end(body)
    })
  return {send, close: () => session.close()}
}

function overHttp1(host) {
  const agent = new https.Agent({keepAlive: true, maxSockets: 64})
  const send = (method, path, headers, body) =>
    new Promise((resolve, reject) => {
      const request = https.request(`https://${host}${path}`, {method, headers, agent})
      request.on('response', answer => answer.resume().on('end', () => resolve(answer.statusCode)))
      request.on('error', reject).end(body)
    })
  return {send, close: () => agent.destroy()}
}
