// A yardstick, not a program: told by the truth what it has to read and delete, it makes no request too many.
// node cleanup-floor.mjs PORT FILE, where the file holds {pages, read, remove}.
import {readFileSync} from 'node:fs'
import {Agent, request} from 'node:http'

const [port, file] = process.argv.slice(2)
const {pages, read, remove} = JSON.parse(readFileSync(file, 'utf8'))
const versions = '/orgs/org/packages/container/app/versions'
const agent = new Agent({keepAlive: true, maxSockets: 24})

const send = (method, path) =>
  new Promise((resolve, reject) => {
    const outgoing = request({host: '127.0.0.1', port, method, path, agent}, response => {
      response.on('data', () => undefined)
      response.on('end', () =>
        response.statusCode < 300 ? resolve() : reject(new Error(`${path}: ${response.statusCode}`))
      )
    })
    outgoing.on('error', reject)
    outgoing.end()
  })

const listing = Array.from({length: pages}, (_, at) => `${versions}?per_page=100&state=active&page=${at + 1}`)
await Promise.all(listing.map(path => send('GET', path)))
await Promise.all(read.map(digest => send('GET', `/v2/org/app/manifests/${digest}`)))
await Promise.all(remove.map(id => send('DELETE', `${versions}/${id}`)))
agent.destroy()
