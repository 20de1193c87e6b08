import {type KeyObject, createSign, generateKeyPairSync} from 'node:crypto'
import {createServer} from 'node:http'
import {text} from 'node:stream/consumers'
import sigstore from '@sigstore/mock'
import nock from 'nock'
import {close, listen} from './loopback.js'

/** What a job of GitHub Actions finds around it that may attest: its variables, and the services behind them. */
export interface AttestingJob {
  /** The variables that the runner sets. */
  readonly environment: Readonly<Record<string, string>>
  /** Every bundle that was kept with the repository. */
  readonly kept: readonly unknown[]
  /** The status that keeping a bundle is answered with from now on. */
  answer(status: number): void
  stop(): Promise<void>
}

const ISSUER = 'https://token.actions.githubusercontent.com'
const WORKFLOW = 'org/app/.github/workflows/release.yml@refs/tags/v1.0.0'

/** What GitHub says of a job in its identity token. */
const CLAIMS = {
  iss: ISSUER,
  sub: 'repo:org/app:ref:refs/tags/v1.0.0',
  ref: 'refs/tags/v1.0.0',
  sha: 'a'.repeat(40),
  repository: 'org/app',
  event_name: 'push',
  job_workflow_ref: WORKFLOW,
  workflow_ref: WORKFLOW,
  repository_id: '1',
  repository_owner_id: '2',
  runner_environment: 'github-hosted',
  run_id: '7',
  run_attempt: '1'
}

/**
 * Stands in for GitHub and Sigstore: tokens and attestations over HTTP on this machine, and what lies behind fixed
 * addresses by taking requests out of the way to it.
 */
export async function startAttestingJob(): Promise<AttestingJob> {
  const {privateKey, publicKey} = generateKeyPairSync('rsa', {modulusLength: 2048})
  const state = {status: 201, kept: [] as unknown[]}
  const server = createServer((request, response) => {
    void text(request).then(body => {
      const url = new URL(request.url ?? '', 'http://localhost')
      const say = (status: number, document: object): void =>
        void response.writeHead(status, {'content-type': 'application/json'}).end(JSON.stringify(document))
      if (url.pathname === '/token') {
        say(200, {value: identityToken(privateKey, url.searchParams.get('audience') ?? '')})
        return
      }
      if (state.status === 201) state.kept.push((JSON.parse(body) as {bundle: unknown}).bundle)
      say(state.status, state.status === 201 ? {id: 42} : {message: 'Resource not accessible by integration'})
    })
  })
  const url = `http://127.0.0.1:${await listen(server)}`
  await interceptSigstore(publicKey)
  return {
    environment: environmentOf(url),
    kept: state.kept,
    answer: status => void (state.status = status),
    stop: async () => {
      nock.cleanAll()
      nock.enableNetConnect()
      await close(server)
    }
  }
}

function environmentOf(url: string): Record<string, string> {
  return {
    GITHUB_ACTIONS: 'true',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_API_URL: url,
    GITHUB_REPOSITORY: 'org/app',
    GITHUB_TOKEN: 'token-of-the-job',
    ACTIONS_ID_TOKEN_REQUEST_URL: `${url}/token?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token'
  }
}

function identityToken(key: KeyObject, audience: string): string {
  const now = Math.floor(Date.now() / 1000)
  const part = (document: object): string => Buffer.from(JSON.stringify(document)).toString('base64url')
  const head = part({alg: 'RS256', typ: 'JWT', kid: 'test'})
  const body = part({...CLAIMS, aud: audience, iat: now, nbf: now - 5, exp: now + 300})
  return `${head}.${body}.${createSign('sha256').update(`${head}.${body}`).sign(key, 'base64url')}`
}

/** A private repository is signed for by GitHub's own instances of Fulcio and the timestamp authority. */
async function interceptSigstore(key: KeyObject): Promise<void> {
  const jwk = {...key.export({format: 'jwk'}), kid: 'test', alg: 'RS256', use: 'sig'}
  nock(ISSUER)
    .persist()
    .get('/.well-known/openid-configuration')
    .reply(200, {jwks_uri: `${ISSUER}/.well-known/jwks`})
    .get('/.well-known/jwks')
    .reply(200, {keys: [jwk]})
  for (let round = 0; round < 20; round++) {
    await sigstore.mockFulcio({baseURL: 'https://fulcio.githubapp.com'})
    await sigstore.mockTSA({baseURL: 'https://timestamp.githubapp.com'})
  }
}
