// What stands before a registry in the bench: a way of so many milliseconds, over TLS, on which every request is counted.
// A process of its own, so that its work is not taken for that of the program that is measured:
//   proxy.mjs UPSTREAM LATENCY CERTIFICATE KEY
// It prints {"port", "control"} when it is ready. GET /requests on the control port gives what came, POST /reset forgets it.
import {readFileSync} from 'node:fs'
import http from 'node:http'
import http2 from 'node:http2'
import net from 'node:net'
import {performance} from 'node:perf_hooks'

const [upstream, latency, certificate, key] = process.argv.slice(2)
const target = new URL(upstream)
const agent = new http.Agent({keepAlive: true, maxSockets: 512})
/** What HTTP/2 does not know (RFC 9113, 8.2.2). */
const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade']
const seen = {requests: [], connections: new Set()}

const server = http2.createSecureServer({
  cert: readFileSync(certificate),
  key: readFileSync(key),
  allowHTTP1: true,
  settings: {maxConcurrentStreams: 250}
})
server.on('request', pass)
server.on('session', session => session.on('error', () => undefined))
const plain = http.createServer(pass)
for (const one of [server, plain]) one.on('clientError', (_, socket) => socket.destroy())
server.on('tlsClientError', (_, socket) => socket.destroy())

// Some programs insist on plain HTTP for a loopback address: the first byte tells it from TLS.
const front = net.createServer(socket => {
  socket.on('error', () => undefined)
  socket.once('readable', () => {
    const start = socket.read()
    if (start === null) return socket.destroy()
    socket.unshift(start)
    return (start[0] === 22 ? server : plain).emit('connection', socket)
  })
})

const control = http.createServer((request, response) => {
  if (request.method === 'POST') Object.assign(seen, {requests: [], connections: new Set()})
  response.end(JSON.stringify({requests: seen.requests, connections: seen.connections.size}))
})

front.listen(0, '127.0.0.1', () =>
  control.listen(0, '127.0.0.1', () =>
    console.log(JSON.stringify({port: front.address().port, control: control.address().port}))
  )
)

function pass(request, response) {
  // One clock for all proxies.
  const now = () => performance.timeOrigin + performance.now()
  const record = {method: request.method, url: request.url, begun: now()}
  seen.requests.push(record)
  seen.connections.add(request.stream?.session ?? request.socket)
  response.on('close', () => (record.ended = now()))
  request.pause()
  setTimeout(() => forward(request, response), Number(latency))
}

function forward(request, response) {
  const isHttp2 = request.httpVersionMajor === 2
  const named = Object.entries(request.headers).filter(([name]) => !name.startsWith(':'))
  const host = request.headers.host ?? request.headers[':authority']
  const headers = {...Object.fromEntries(named), host, 'x-forwarded-proto': 'https'}
  const {method, url: path} = request
  const outgoing = http.request({host: target.hostname, port: target.port, method, path, headers, agent})
  outgoing.on('response', answer => {
    const back = Object.entries(answer.headers).filter(([name]) => !isHttp2 || !HOP_BY_HOP.includes(name))
    response.writeHead(answer.statusCode, Object.fromEntries(back))
    answer.pipe(response)
  })
  outgoing.on('error', () => response.destroy())
  request.pipe(outgoing)
}
