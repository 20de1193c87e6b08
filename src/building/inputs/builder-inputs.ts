import {InputError} from '../../errors.js'
import {parseSecretFile, parseSecretValues, parseSecretVariable} from './build-secret.js'
import {entries, linesTo, text} from '../../command/input.js'

/** What is passed on to the builder, by the names that docker/build-push-action has for it. */
export const builderInputs = {
  'add-hosts': entries(
    {summary: 'Names of hosts for RUN, as HOST:IP.', placeholder: 'HOST:IP', commas: true},
    plain
  ),
  'build-contexts': entries(
    {summary: 'Further contexts as NAME=PATH|URL|IMAGE.', placeholder: 'NAME=CONTEXT'},
    plain
  ),
  network: text({summary: 'The network of RUN: default, none or host.', placeholder: 'NETWORK'}),
  'shm-size': text({summary: 'The size of /dev/shm for RUN, for example 2g.', placeholder: 'SIZE'}),
  ulimit: entries({summary: 'Limits for RUN, for example nofile=1024:1024.', placeholder: 'LIMIT'}, plain),
  'cgroup-parent': text({summary: 'The parent of the control group of RUN.', placeholder: 'GROUP'}),
  allow: entries(
    {summary: 'Entitlements of BuildKit, for example network.host; buildx only.', commas: true},
    plain
  ),
  'no-cache-filters': entries(
    {summary: 'Stages to build anew; buildx only.', placeholder: 'STAGE', commas: true},
    plain
  ),
  secrets: linesTo(
    {
      summary:
        'Secrets for RUN --mount=type=secret as id=value, one a line and to the last byte; in double quotes, id and all, one may have several lines. One that is empty is left out. They reach the builder in files, and no argument, log or image has them.',
      placeholder: 'SECRET',
      variable: 'BUILD_SECRETS',
      secret: true
    },
    parseSecretValues,
    []
  ),
  'secret-envs': entries(
    {summary: 'Secrets as id=NAME, the variable that holds it.', placeholder: 'ID=NAME', commas: true},
    parseSecretVariable
  ),
  'secret-files': entries({summary: 'Secrets as id=FILE.', placeholder: 'ID=FILE'}, parseSecretFile),
  ssh: entries(
    {
      summary: 'Agents or keys for RUN --mount=type=ssh: default, or ID=SOCKET|KEY.',
      placeholder: 'SSH',
      commas: true
    },
    plain
  ),
  'github-token': text({
    summary: 'The token with which buildx fetches a context that is a private repository of GitHub.',
    placeholder: 'TOKEN',
    secret: true
  }),
  provenance: text({
    summary: 'Provenance that buildx makes: true, false, mode=max and the like. Default: none.',
    placeholder: 'PROVENANCE'
  }),
  sbom: text({
    summary: 'An SBOM that buildx makes: true, false or generator=IMAGE. Default: none.',
    placeholder: 'SBOM'
  }),
  attests: entries(
    {
      summary: 'Attestations that buildx makes, for example type=sbom,generator=IMAGE.',
      placeholder: 'ATTESTATION'
    },
    plain
  )
}

/** What goes to the builder as it is. A flag in its place would be another option of the builder. */
function plain(value: string): string {
  if (!value.startsWith('-')) return value
  throw new InputError([{input: '', message: `${JSON.stringify(value)} starts with a dash`}])
}
