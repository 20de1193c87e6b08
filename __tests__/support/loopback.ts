import {type Server, createServer} from 'node:http'
import type {AddressInfo} from 'node:net'

/** Lets a server listen on a free port of this machine, which is returned. */
export async function listen(server: Server): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

/** Ends a server, and with it the connections that it still has. */
export async function close(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
}

/** A port that nobody listens on, for a program that wants to be told one. */
export async function freePort(): Promise<number> {
  const server = createServer()
  const port = await listen(server)
  await close(server)
  return port
}
