import type {BuildRequest} from '../../src/building/builders/builder.js'

/** A request that asks for nothing special; a test says only what differs. */
export function buildRequest(changes: Partial<BuildRequest> = {}): BuildRequest {
  return {
    context: '.',
    platform: {os: 'linux', architecture: 'amd64'},
    format: 'oci',
    buildArgs: [],
    labels: {},
    annotations: {},
    noCache: false,
    pull: false,
    insecureRegistries: [],
    outputFolder: '/out',
    ...changes
  }
}
