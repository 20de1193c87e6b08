import type {Server} from 'node:http'
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
