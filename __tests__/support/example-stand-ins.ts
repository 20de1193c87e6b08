import type {ExampleEvent} from './example-world.js'

/** Somebody opens a pull request in the repository of an example. */
export const PULL_REQUEST_OPENED: ExampleEvent = {
  name: 'pull_request',
  ref: 'refs/pull/7/merge',
  payload: {action: 'opened', number: 7, pull_request: {number: 7, head: {ref: 'x'}, base: {ref: 'main'}}}
}

/**
 * A scanner for `tools`: it finds nothing, as SARIF that names the image as Trivy's does, by the config of the layout it was
 * given (pkg/report/sarif.go), and ends with the exit code that TRIVY_EXIT says.
 */
export const TRIVY = [
  'while [ $# -gt 0 ]; do case "$1" in --output) file=$2;; --input) layout=$2;; esac; shift; done',
  String.raw`digest() { tr -d ' \n' < "$2" | sed 's/.*"'"$1"'":[[{][^}]*"digest":"sha256:\([0-9a-f]*\)".*/\1/'; }`,
  'config=$(digest config "$layout/blobs/sha256/$(digest manifests "$layout/index.json")")',
  'echo \'{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"Trivy"}},"properties":{"imageID":"sha256:\'$config\'"},"results":[]}]}\' > "$file"',
  'exit ${TRIVY_EXIT:-0}'
].join('\n')
