import type {BuildSecret} from '../inputs/build-secret.js'

/** What a token for Git becomes in a build. */
export type GitTokenUse =
  | {readonly kind: 'given'; readonly secret: BuildSecret}
  /** Nothing of the build needs it, or it must not have it. */
  | {readonly kind: 'withheld'; readonly reason: string}

/** The parts of a build that may name an address of Git. */
export interface GitPlaces {
  readonly context: string
  readonly buildContexts: readonly string[]
  readonly buildArgs: readonly string[]
  /** Empty where it is not on this machine. */
  readonly containerfile: string
}

/**
 * The secret by which BuildKit fetches from one Git host: `GIT_AUTH_TOKEN.HOST` (docs.docker.com, "Build secrets"). Without a
 * host in its name BuildKit would give it to every host that is named, over plain HTTP, too.
 * @param server the address of GitHub, `https://github.com`
 */
export function gitTokenUse(token: string, server: string, places: GitPlaces): GitTokenUse {
  const {protocol, host} = new URL(server)
  const withheld = (reason: string): GitTokenUse => ({kind: 'withheld', reason})
  if (protocol !== 'https:') return withheld(`${server} is not reached over HTTPS`)
  const added = addInstructions(places.containerfile)
  const values = added.some(text => text.includes('$')) ? places.buildArgs : []
  const texts = [places.context, ...places.buildContexts, ...values, ...added]
  const isNamed = (start: string): boolean => texts.some(text => addressOf(start, host).test(text))
  if (isNamed('(?:http|git)://')) return withheld(`the build names ${host} without TLS, too`)
  if (!isNamed('https://') && !texts.some(text => shortAddressOf(host).test(text)))
    return withheld(`the build names no Git address of ${host}`)
  return {kind: 'given', secret: {id: `GIT_AUTH_TOKEN.${host}`, source: {kind: 'value', value: token}}}
}

/** What BuildKit fetches by itself; what RUN fetches never sees the token. */
function addInstructions(containerfile: string): readonly string[] {
  return containerfile.match(/^[^\S\n]*(?:ONBUILD\s+)?ADD\b(?:[^\n]*\\\r?\n)*[^\n]*/gim) ?? []
}

function addressOf(start: string, host: string): RegExp {
  return new RegExp(`${start}(?:[^/\\s@"']*@)?${escape(host)}(?=[/:"'\\s]|$)`, 'i')
}

/** `github.com/o/r`, which buildx takes for an address of Git at the start of a context. */
function shortAddressOf(host: string): RegExp {
  return new RegExp(`^(?:[^=/]+=)?${escape(host)}/`, 'i')
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
