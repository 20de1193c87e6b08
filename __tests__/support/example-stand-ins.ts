import type {ExampleEvent} from './example-world.js'

/** Somebody opens a pull request in the repository of an example. */
export const PULL_REQUEST_OPENED: ExampleEvent = {
  name: 'pull_request',
  ref: 'refs/pull/7/merge',
  payload: {action: 'opened', number: 7, pull_request: {number: 7, head: {ref: 'x'}, base: {ref: 'main'}}}
}

/** A scanner for `tools`: it finds nothing, as SARIF, and ends with the exit code that TRIVY_EXIT says. */
export const TRIVY =
  'while [ $# -gt 0 ]; do [ "$1" = --output ] && file=$2; shift; done; echo \'{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"Trivy"}},"results":[]}]}\' > "$file"; exit ${TRIVY_EXIT:-0}'
