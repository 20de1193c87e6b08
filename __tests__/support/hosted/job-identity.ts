import {type KeyObject, createSign, generateKeyPairSync} from 'node:crypto'
import type {IncomingMessage, ServerResponse} from 'node:http'
import {buffer} from 'node:stream/consumers'
import sigstore from '@sigstore/mock'
import type {Site} from '../internet.js'

/** Who signs the identity tokens of jobs. */
export const ISSUER = 'https://token.actions.githubusercontent.com'

const state: {keys?: {readonly privateKey: KeyObject; readonly publicKey: KeyObject}} = {}

function keys(): {readonly privateKey: KeyObject; readonly publicKey: KeyObject} {
  return (state.keys ??= generateKeyPairSync('rsa', {modulusLength: 2048}))
}

/** What GitHub says of a job of a run (docs.github.com, «OpenID Connect reference», «OIDC token claims»). */
export function jobClaims(run: {
  readonly repository: string
  readonly file: string
  readonly ref: string
  readonly sha: string
  readonly event: string
}): Record<string, string> {
  const workflow = `${run.repository}/${run.file}@${run.ref}`
  return {
    sub: `repo:${run.repository}:ref:${run.ref}`,
    ref: run.ref,
    sha: run.sha,
    repository: run.repository,
    event_name: run.event,
    job_workflow_ref: workflow,
    workflow_ref: workflow,
    repository_id: '1',
    repository_owner_id: '2',
    runner_environment: 'github-hosted',
    run_id: '7',
    run_attempt: '1'
  }
}

/** The identity token of a job for an audience, signed as `identitySites` say. */
export function identityToken(audience: string, claims: Readonly<Record<string, string>>): string {
  const now = Math.floor(Date.now() / 1000)
  const part = (document: object): string => Buffer.from(JSON.stringify(document)).toString('base64url')
  const head = part({alg: 'RS256', typ: 'JWT', kid: 'test'})
  const body = part({...claims, iss: ISSUER, aud: audience, iat: now, nbf: now - 5, exp: now + 300})
  return `${head}.${body}.${createSign('sha256').update(`${head}.${body}`).sign(keys().privateKey, 'base64url')}`
}

/**
 * Where an identity is checked and certified: the issuer's keys, the public instances of Fulcio and Rekor, and the instances
 * of Fulcio and of the timestamp authority by which GitHub signs for private repositories, as the Sigstore project's own
 * stand-ins answer.
 */
export async function identitySites(): Promise<Record<string, Site>> {
  const pair = generateKeyPairSync('ec', {namedCurve: 'prime256v1'})
  const authority = await sigstore.initializeCA(pair, await sigstore.initializeCTLog(pair))
  const stamps = await sigstore.initializeTSA(pair)
  const log = await sigstore.initializeTLog('https://rekor.sigstore.dev', pair)
  const jwk = {...keys().publicKey.export({format: 'jwk'}), kid: 'test', alg: 'RS256', use: 'sig'}
  const documents: Readonly<Record<string, object>> = {
    '/.well-known/openid-configuration': {issuer: ISSUER, jwks_uri: `${ISSUER}/.well-known/jwks`},
    '/.well-known/jwks': {keys: [jwk]}
  }
  return {
    [new URL(ISSUER).host]: ({url = ''}, answer) => {
      const document = documents[url]
      answer.writeHead(document === undefined ? 404 : 200, {'content-type': 'application/json'})
      answer.end(JSON.stringify(document ?? {}))
    },
    'fulcio.sigstore.dev': siteOf(sigstore.fulcioHandler(authority, {strict: true})),
    'rekor.sigstore.dev': siteOf(sigstore.rekorHandler(log, {strict: true})),
    'fulcio.githubapp.com': siteOf(sigstore.fulcioHandler(authority, {strict: true})),
    'timestamp.githubapp.com': siteOf(sigstore.tsaHandler(stamps, {strict: true}))
  }
}

interface Handler {
  readonly path: string
  readonly fn: sigstore.HandlerFn
}

function siteOf({path, fn}: Handler): Site {
  return (incoming, answer) => void answerBy(fn, path, incoming, answer)
}

async function answerBy(
  fn: sigstore.HandlerFn,
  path: string,
  incoming: IncomingMessage,
  answer: ServerResponse
): Promise<void> {
  const body = await buffer(incoming)
  if (incoming.url !== path) return void answer.writeHead(404).end()
  const {statusCode, response, contentType = 'text/plain'} = await fn(body.toString())
  answer.writeHead(statusCode, {'content-type': contentType}).end(response)
}
