import {describe, expect, it} from '@jest/globals'
import {OCI_INDEX} from '../../src/oci/media-type.js'
import {parseTag} from '../../src/oci/reference.js'
import type {HttpRequest} from '../../src/ports.js'
import {fallbackTag, listReferrers} from '../../src/registry/client/referrers.js'
import type {RepositoryClient} from '../../src/registry/client/repository-client.js'
import {deleteTag} from '../../src/registry/client/tag-deletion.js'
import {listTags} from '../../src/registry/client/tag-list.js'
import {closedAfterEach} from '../support/closing.js'
import {testPorts} from '../support/ports.js'
import {indexOf, newManifest, openClient, putBlob} from '../support/registry-client.js'
import {startEmbedded} from '../support/registries.js'
import {buildAll, clientOf, digestAt, merge, releaseTags} from '../support/releases.js'
import {type ScriptedAnswer, scriptedSend} from '../support/scripted-send.js'
import {failureOf} from '../support/thrown.js'

const TAG = parseTag('1.0')
const closing = closedAfterEach()

/** An embedded registry with one image at a tag, and a client of it. */
async function setUp() {
  const {registry, ...running} = await startEmbedded()
  closing.push(() => running.stop())
  const client = openClient(running)
  closing.push(() => client.close())
  const repository = client.repository('o/a')
  const manifest = await newManifest(repository)
  await repository.putManifest(manifest, TAG)
  return {registry, running, client, repository, manifest}
}

/** A client of a registry where everything is answered by one function. */
function scripted(answer: (request: HttpRequest) => ScriptedAnswer) {
  const client = openClient({host: 'registry.example'}, {send: scriptedSend(answer)})
  closing.push(() => client.close())
  return {client, repository: client.repository('o/a')}
}

const said = (status: number, code: string, message: string): ScriptedAnswer => ({
  status,
  body: {errors: [{code, message}]}
})

const IMMUTABLE: readonly [string, ScriptedAnswer][] = [
  [
    'ECR',
    said(
      400,
      'TAG_INVALID',
      "The image tag '1.0' already exists in the 'o/a' repository and cannot be overwritten because the tag is immutable."
    )
  ],
  ['Quay', said(409, 'TAG_IMMUTABLE', 'tag is immutable')],
  ['Harbor', said(412, 'PRECONDITION', "Failed to process request due to 'a:1.0' configured as immutable.")],
  ['Nexus', said(400, 'UNKNOWN', 'Repository does not allow updating assets: docker-hosted')],
  ['a worker of Cloudflare', said(400, 'MANIFEST_INVALID', 'overwriting an existing tag is not allowed')],
  ['another that says so', said(403, 'DENIED', 'tag 1.0 is immutable')]
]

describe('a tag that must not change', () => {
  it.each(IMMUTABLE)('is put where it is the same already: %s', async (_, refusal) => {
    const {running, repository, manifest} = await setUp()
    const mediator = openClient(running, {send: refusingPuts(refusal)})
    closing.push(() => mediator.close())
    await mediator.repository('o/a').putManifest(manifest, TAG)
    expect((await repository.headManifest(TAG))?.digest).toBe(manifest.digest)
  })

  it.each(IMMUTABLE)('is refused where it is another: %s', async (_, refusal) => {
    const {running, repository, manifest} = await setUp()
    const other = await newManifest(repository)
    const mediator = openClient(running, {send: refusingPuts(refusal)})
    closing.push(() => mediator.close())
    const failure = await failureOf(() => mediator.repository('o/a').putManifest(other, TAG))
    expect(failure).toMatchObject({
      code: 'REGISTRY_FAILED',
      message: expect.stringMatching(/immutable|existing tag|updating assets/),
      hint: expect.stringContaining('let no tag change')
    })
    expect((await repository.headManifest(TAG))?.digest).toBe(manifest.digest)
  })

  it('Harbor: another policy than that is not taken for it', async () => {
    const {repository} = scripted(({method}) =>
      method === 'PUT' ? said(412, 'PROJECTPOLICYVIOLATION', 'has vulnerabilities') : {}
    )
    const failure = await failureOf(() => repository.putManifest(indexOf(), TAG))
    expect(failure).toMatchObject({message: expect.stringContaining('412'), hint: undefined})
  })
})

describe('a body that is too large', () => {
  it.each<[string, RegExp, (repository: RepositoryClient) => Promise<unknown>]>([
    [
      'of a blob, for the proxy',
      /client_max_body_size/,
      async repository => await putBlob(repository, Buffer.from('layer'))
    ],
    [
      'of a manifest, for the registry',
      /4 MiB: use fewer annotations/,
      async repository => await repository.putManifest(indexOf(), TAG)
    ]
  ])('%s', async (_, hint, send) => {
    const {repository} = scripted(({method}) =>
      method === 'PUT' || method === 'POST'
        ? {
            status: 413,
            headers: {'content-type': 'text/html'},
            body: '<html>413 Request Entity Too Large</html>'
          }
        : {status: 404}
    )
    const failure = await failureOf(() => send(repository))
    expect(failure.message).toContain('413')
    expect(failure.hint).toMatch(hint)
  })
})

describe('a web page in place of an answer', () => {
  const page = {
    status: 200,
    headers: {'content-type': 'text/html'},
    body: '\n<!DOCTYPE html><title>Sign in</title>'
  }

  it.each<[string, (repository: RepositoryClient) => Promise<unknown>]>([
    ['is no manifest', async repository => await repository.findManifest(TAG)],
    ['is nothing that is at a tag', async repository => await repository.headManifest(TAG)],
    ['is no list of tags', async repository => await listTags(repository)],
    ['is no tag that was written', async repository => await repository.putManifest(indexOf(), TAG)]
  ])('%s', async (_, ask) => {
    const {repository} = scripted(() => page)
    const failure = await failureOf(() => ask(repository))
    expect(failure).toMatchObject({
      code: 'REGISTRY_FAILED',
      message: expect.stringContaining('200 with a web page'),
      hint: expect.stringContaining('signs people in')
    })
  })

  it('is a document all the same where only its type is wrong', async () => {
    const manifest = indexOf()
    const {repository} = scripted(() => ({
      status: 200,
      headers: {'content-type': 'text/html'},
      body: Buffer.from(manifest.bytes).toString()
    }))
    expect((await repository.findManifest(TAG))?.digest).toBe(manifest.digest)
  })
})

it('what an index names a thousand times is fetched once', async () => {
  const manifest = indexOf()
  const text = Buffer.from(manifest.bytes).toString()
  const {client, repository} = scripted(() => ({headers: {'content-type': OCI_INDEX}, body: text}))
  const asked = Array.from({length: 1000}, async () => await repository.findManifest(manifest.digest))
  const digests = (await Promise.all(asked)).map(found => found?.digest)
  expect(new Set(digests)).toEqual(new Set([manifest.digest]))
  expect(client.sent.length).toBe(1)
})

/** The network, but every PUT of a tag is refused. */
function refusingPuts(refusal: ScriptedAnswer) {
  const ports = testPorts([])
  closing.push(() => ports.close())
  const refuse = scriptedSend(() => refusal)
  return (request: HttpRequest) =>
    request.method === 'PUT' && request.url.pathname.endsWith(`/manifests/${TAG}`)
      ? refuse(request)
      : ports.send(request)
}

describe('GHCR: a registry that does not look whether the children of an index are there', () => {
  it('is sent no index before they have all been seen there', async () => {
    const running = await startEmbedded()
    closing.push(() => running.stop())
    const ports = testPorts([running])
    closing.push(() => ports.close())
    const release = {images: [`${running.host}/o/app`], version: '1.0.0', tags: releaseTags('1.0.0')}
    const plan = await buildAll(ports, release)
    const [child] = [...ports.records.values()].map(bytes => Buffer.from(bytes).toString())
    await clientOf(ports, release.images[0]!).deleteManifest(child as never)
    const before = running.registry.requests.length
    await expect(merge(ports, {plan: JSON.stringify(plan), wait: '0'})).rejects.toMatchObject({
      code: 'RELEASE_INCOMPLETE',
      message: expect.stringContaining(child!)
    })
    const sent = running.registry.requests.slice(before)
    expect(sent.filter(({path}) => path.endsWith(child!)).length).toBeGreaterThan(0)
    expect(sent.filter(({method}) => method === 'PUT')).toEqual([])
    expect(await digestAt(ports, release.images[0]!, 'latest')).toBeUndefined()
  })
})

describe('a registry that deletes no tag', () => {
  it.each([
    ['distribution 2.8', {status: 400, code: 'DIGEST_INVALID'}],
    ['Harbor', {status: 400, code: 'UNSUPPORTED'}]
  ] as const)('%s: loses the tag and keeps the image', async (_, refusal) => {
    const {registry, repository, manifest} = await setUp()
    const tag = parseTag('other')
    await repository.putManifest(manifest, tag)
    registry.faults.add({method: 'DELETE', path: '*/manifests/other', action: {kind: 'status', ...refusal}})
    await deleteTag(repository, tag)
    expect(await repository.headManifest(tag)).toBeUndefined()
    expect((await repository.headManifest(TAG))?.digest).toBe(manifest.digest)
  })

  it('distribution 2.8: where the empty index was gone, and the tag is listed all the same, it is taken away again', async () => {
    const {registry, repository, manifest} = await setUp()
    const tag = parseTag('other')
    await repository.putManifest(manifest, tag)
    registry.faults.add({method: 'DELETE', path: '*/manifests/other', action: {kind: 'status', status: 405}})
    // The first is the trial.
    registry.faults.add({
      method: 'DELETE',
      path: '*/manifests/sha256:*',
      nth: 2,
      times: 1,
      action: {kind: 'status', status: 404}
    })
    await deleteTag(repository, tag)
    const deletions = registry.requests.filter(
      ({method, path}) => method === 'DELETE' && path.includes('sha256:')
    )
    expect(deletions).toHaveLength(3)
    expect(await listTags(repository)).not.toContain(tag)
    expect((await repository.headManifest(TAG))?.digest).toBe(manifest.digest)
  })

  it('GHCR: where nothing can be deleted at all, the tag stays on its image', async () => {
    const {registry, repository, manifest} = await setUp()
    registry.faults.add({method: 'DELETE', action: {kind: 'status', status: 405, code: 'UNSUPPORTED'}})
    expect(await failureOf(() => deleteTag(repository, TAG))).toMatchObject({
      code: 'TAG_NOT_MOVED',
      hint: expect.stringContaining('by the means of the registry')
    })
    expect((await repository.headManifest(TAG))?.digest).toBe(manifest.digest)
  })
})

describe('a registry without the referrers API', () => {
  const subject = indexOf()
  const referrer = indexOf(subject)
  const list = indexOf(referrer)
  const listed: ScriptedAnswer = {
    headers: {'content-type': OCI_INDEX},
    body: Buffer.from(list.bytes).toString()
  }

  it.each<[string, ScriptedAnswer]>([
    ['distribution', {status: 404, body: '404 page not found\n'}],
    ['GHCR, by an error', said(404, 'MANIFEST_UNKNOWN', 'manifest unknown')],
    ['GHCR, by a web page', {status: 200, headers: {'content-type': 'text/html'}, body: '<html></html>'}],
    ['a redirect that leads nowhere', {status: 303}],
    ['a path that is taken for a bad request', said(400, 'NAME_INVALID', 'invalid repository name')],
    ['a method that is not allowed', said(405, 'UNSUPPORTED', 'the operation is unsupported')],
    [
      'GHCR, by an empty list',
      {headers: {'content-type': OCI_INDEX}, body: {schemaVersion: 2, manifests: []}}
    ]
  ])('%s: the fallback tag says what refers to an image', async (_, answer) => {
    const {repository} = scripted(({url}) =>
      url.pathname.includes('/referrers/')
        ? answer
        : url.pathname.endsWith(fallbackTag(subject.digest))
          ? listed
          : {}
    )
    const found = await listReferrers(repository, subject.digest)
    expect(found.map(({digest}) => digest)).toEqual([referrer.digest])
  })

  it('GitLab: an answer to the fallback tag that is the image itself lists nothing', async () => {
    const {repository} = scripted(({url}) =>
      url.pathname.includes('/referrers/')
        ? {status: 404}
        : {headers: {'content-type': OCI_INDEX}, body: Buffer.from(list.bytes).toString()}
    )
    expect(await listReferrers(repository, list.digest)).toEqual([])
  })
})

describe('a list of tags', () => {
  it.each([
    [
      'Quay',
      'comes in pages of less than was asked for, each naming the next',
      (path: string) => `<${path}>`
    ],
    ['zot 1.4.3', 'names the next page without angle brackets', (path: string) => path]
  ])('%s: %s', async (_, __, written) => {
    const names = Array.from({length: 250}, (_, at) => `1.0.${at}`)
    const {repository, client} = scripted(({url}) => {
      if (!url.pathname.endsWith('/tags/list')) return {}
      const from = Number(url.searchParams.get('next_page') ?? 0)
      const link = `${written(`/v2/o/a/tags/list?n=100&next_page=${from + 100}`)}; rel="next"`
      return {
        headers: from + 100 < names.length ? {link} : {},
        body: {name: 'o/a', tags: names.slice(from, from + 100)}
      }
    })
    expect(await listTags(repository)).toEqual(names)
    expect(client.sent.filter(({url}) => url.pathname.endsWith('/tags/list'))).toHaveLength(3)
  })

  it('ECR: is never asked for in pages of more than 1000', async () => {
    const {repository} = scripted(({url}) =>
      Number(url.searchParams.get('n') ?? 0) > 1000
        ? said(400, 'PAGINATION_NUMBER_INVALID', 'invalid number of results requested')
        : {body: {name: 'o/a', tags: ['1.0']}}
    )
    expect(await listTags(repository)).toEqual(['1.0'])
  })

  it('distribution 2.8: null stands for none', async () => {
    const {repository} = scripted(() => ({body: {name: 'o/a', tags: null}}))
    expect(await listTags(repository)).toEqual([])
  })
})

describe('a registry that limits requests', () => {
  it('GHCR: says how long to wait in the body, and is given that time', async () => {
    const state = {answers: 0}
    const {repository, client} = scripted(() => {
      state.answers += 1
      return state.answers === 1
        ? said(429, 'TOOMANYREQUESTS', 'retry-after: 2.5s, allowed: 44000/minute')
        : {body: {name: 'o/a', tags: ['1.0']}}
    })
    expect(await listTags(repository)).toEqual(['1.0'])
    expect(client.sleeps).toEqual([2500])
  })

  it('GHCR: a burst of pushes is answered with 403, and tried again', async () => {
    const state = {answers: 0}
    const {repository} = scripted(() => {
      state.answers += 1
      return state.answers === 1
        ? said(403, 'DENIED', 'You have exceeded a secondary rate limit')
        : {body: {name: 'o/a', tags: ['1.0']}}
    })
    expect(await listTags(repository)).toEqual(['1.0'])
  })
})
