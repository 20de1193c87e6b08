import {randomBytes} from 'node:crypto'
import {
  type AuthOptions,
  type EmbeddedRegistry,
  memoryStorage,
  startEmbeddedRegistry
} from '../embedded-registry/embedded-registry.js'
import type {Credential} from '../ports.js'

/** A registry of the demo. */
export interface SampleRegistry {
  /** `127.0.0.1:40001` */
  readonly host: string
  /** How it asks who is there, for people. */
  readonly auth: string
  readonly credential: Credential
  close(): Promise<void>
}

/** Starts two registries that differ as GHCR and a small registry of one's own do: a token server, and a password. */
export async function startSampleRegistries(): Promise<readonly [SampleRegistry, SampleRegistry]> {
  return [await start('token', 'asks for a token'), await start('basic', 'asks for a password')]
}

async function start(kind: 'token' | 'basic', auth: string): Promise<SampleRegistry> {
  const credential = {username: 'demo', password: randomBytes(18).toString('base64url')}
  const users: AuthOptions = {kind, users: [{...credential, rights: ['pull', 'push', 'delete']}]}
  const registry: EmbeddedRegistry = await startEmbeddedRegistry({
    storage: memoryStorage(),
    auth: users,
    record: false
  })
  return {host: registry.host, auth, credential, close: () => registry.close()}
}
