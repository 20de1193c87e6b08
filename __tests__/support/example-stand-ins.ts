import type {ExampleEvent} from './example-world.js'

/** Somebody opens a pull request in the repository of an example. */
export const PULL_REQUEST_OPENED: ExampleEvent = {
  name: 'pull_request',
  ref: 'refs/pull/7/merge',
  payload: {action: 'opened', number: 7, pull_request: {number: 7, head: {ref: 'x'}, base: {ref: 'main'}}}
}

/**
 * The same by somebody who may not push there, and by Dependabot. A pull request of a fork is found in the same event.
 */
export const PULL_REQUESTS_OF_OTHERS: readonly ExampleEvent[] = [
  {...PULL_REQUEST_OPENED, from: 'fork'},
  {...PULL_REQUEST_OPENED, from: 'dependabot'}
]

/** The token of Docker Hub, for whatever user name. */
export {HUB_LOGIN} from './docker-hub-emulator.js'

/** A scanner for `tools`: it finds nothing, as SARIF, and ends with the exit code that TRIVY_EXIT says. */
export const TRIVY =
  'while [ $# -gt 0 ]; do [ "$1" = --output ] && file=$2; shift; done; echo \'{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"Trivy"}},"results":[]}]}\' > "$file"; exit ${TRIVY_EXIT:-0}'
