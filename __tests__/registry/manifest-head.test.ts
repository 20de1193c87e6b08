import {describe, expect, it} from '@jest/globals'
import {OCI_INDEX} from '../../src/oci/media-type.js'
import {parseTag} from '../../src/oci/reference.js'
import type {HttpRequest} from '../../src/ports.js'
import {placeholderIndex} from '../../src/registry/client/tag-deletion.js'
import {closedAfterEach} from '../support/closing.js'
import {openClient} from '../support/registry-client.js'
import {type ScriptedAnswer, scriptedSend} from '../support/scripted-send.js'
import {failureOf} from '../support/thrown.js'

const TAG = parseTag('1.0')
const closing = closedAfterEach()
const stored = placeholderIndex()

const FOUND: ScriptedAnswer = {
  headers: {'content-type': OCI_INDEX, 'docker-content-digest': stored.digest},
  body: Buffer.from(stored.bytes).toString()
}

/** A repository of a registry that answers by method. */
function repositoryWhere(answers: Readonly<Partial<Record<HttpRequest['method'], ScriptedAnswer>>>) {
  const send = scriptedSend(({method}) => answers[method] ?? {status: 404})
  const client = openClient({host: 'registry.example'}, {send, tries: 1})
  closing.push(() => client.close())
  const methods = () => client.sent.map(({method}) => method)
  return {repository: client.repository('o/a'), methods}
}

describe('what a tag points at', () => {
  it.each([404, 405, 403, 400])('is asked for by GET where HEAD is answered with %i', async status => {
    const {repository, methods} = repositoryWhere({HEAD: {status}, GET: FOUND})
    expect((await repository.headManifest(TAG))?.digest).toBe(stored.digest)
    expect((await repository.headManifest(stored.digest))?.digest).toBe(stored.digest)
    // A HEAD that was no help once is not sent again.
    expect(methods()).toEqual(['HEAD', 'GET', 'GET'])
  })

  it.each([404, 405, 400])('is nothing only where GET says so, too: HEAD %i', async status => {
    const {repository, methods} = repositoryWhere({HEAD: {status}})
    expect(await repository.headManifest(TAG)).toBeUndefined()
    expect(await repository.headManifest(TAG)).toBeUndefined()
    expect(methods()).toEqual(['HEAD', 'GET', 'HEAD', 'GET'])
  })

  it('is unknown where GET is refused, and the words of that answer are told', async () => {
    const refusal = {status: 403, body: {errors: [{code: 'DENIED', message: 'pull is not allowed'}]}}
    const {repository} = repositoryWhere({HEAD: {status: 403}, GET: refusal})
    const failure = await failureOf(() => repository.headManifest(TAG))
    expect(failure.message).toContain('pull is not allowed')
  })

  it.each([401, 500])('is unknown where HEAD fails with %i', async status => {
    const {repository, methods} = repositoryWhere({HEAD: {status}, GET: FOUND})
    await failureOf(() => repository.headManifest(TAG))
    expect(methods()).not.toContain('GET')
  })

  it('is not asked for by GET where a wrong no does no harm: what is put again', async () => {
    const {repository, methods} = repositoryWhere({GET: FOUND})
    expect(await repository.isManifestShown(stored.digest)).toBe(false)
    expect(methods()).toEqual(['HEAD'])
  })
})
