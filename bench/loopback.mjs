// What a step asks of the world, on a loopback address: GitHub's API, and a registry without any image.
import {createServer} from 'node:http'

const REPOSITORY = {
  name: 'hello',
  full_name: 'octo/hello',
  description: 'A greeting',
  html_url: 'https://github.com/octo/hello',
  clone_url: 'https://github.com/octo/hello.git',
  default_branch: 'main',
  license: {spdx_id: 'MIT'}
}
const COMMIT = {commit: {committer: {date: '2020-01-10T00:30:00Z'}}}

/** Starts the stub. `close` ends it; `requests` are all that came. */
export async function startLoopback() {
  const requests = []
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    const [status, document] = answerTo(request.url)
    const body = JSON.stringify(document)
    response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body)
    })
    response.end(request.method === 'HEAD' ? undefined : body)
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  const host = `127.0.0.1:${server.address().port}`
  return {
    host,
    requests,
    close() {
      server.close()
      server.closeAllConnections()
    }
  }
}

function answerTo(url) {
  if (url === '/v2/') return [200, {}]
  if (url.startsWith('/v2/')) return [404, {errors: [{code: 'MANIFEST_UNKNOWN', message: 'not there'}]}]
  return [200, url.includes('/commits/') ? COMMIT : REPOSITORY]
}
