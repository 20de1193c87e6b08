import {request as httpRequest} from 'node:http'
import {afterEach, describe, expect, it} from '@jest/globals'
import type {EmbeddedRegistryOptions} from '../../src/embedded-registry/embedded-registry.js'
import {Lab, blobOf, locationOf, refusalOf, withDigest} from '../conformance/lab.js'
import {startEmbedded} from '../support/registries.js'

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

describe('upload sessions', () => {
  it('are limited in number; one that ends makes room', async () => {
    const lab = await start({uploads: {most: 2}})
    const first = await lab.startUpload('a')
    await lab.startUpload('a')
    const refused = await lab.send('POST', '/v2/a/blobs/uploads/')
    expect([refusalOf(refused), refused.headers['retry-after']]).toEqual(['429 TOOMANYREQUESTS', '1'])
    await lab.send('DELETE', first)
    expect((await lab.send('POST', '/v2/a/blobs/uploads/')).status).toBe(202)
  })

  it('end when nobody comes back to them', async () => {
    let later = 0
    const lab = await start({uploads: {idleSeconds: 60, most: 1}, now: () => Date.now() + later})
    const location = await lab.startUpload('a')
    expect((await lab.get(location)).status).toBe(204)
    later = 61_000
    expect(refusalOf(await lab.get(location))).toBe('404 BLOB_UPLOAD_UNKNOWN')
    expect((await lab.send('POST', '/v2/a/blobs/uploads/')).status).toBe(202)
  })

  it('belong to their repository', async () => {
    const lab = await start()
    const location = await lab.startUpload('a')
    expect(refusalOf(await lab.get(location.replace('/v2/a/', '/v2/b/')))).toBe('404 BLOB_UPLOAD_UNKNOWN')
  })

  it('end with a wrong digest, and stay with a malformed one', async () => {
    const lab = await start()
    const location = await lab.startUpload('a')
    const blob = blobOf()
    expect(refusalOf(await lab.send('PUT', withDigest(location, 'sha256:1'), {body: 'x'}))).toBe(
      '400 DIGEST_INVALID'
    )
    expect((await lab.get(location)).headers['range']).toBe('0-0')
    expect(refusalOf(await lab.send('PUT', withDigest(location, blob.digest), {body: 'x'}))).toBe(
      '400 DIGEST_INVALID'
    )
    expect((await lab.get(location)).status).toBe(404)
  })

  it('keep what came before the connection broke, so that a client goes on from there', async () => {
    const lab = await start()
    const blob = blobOf(100_000)
    const location = await lab.startUpload('a')
    const next = 60_000
    await sendHalf(lab, location, blob.bytes.subarray(0, next), blob.size)
    const rest = blob.bytes.subarray(next)
    const headers = {'content-range': `${next}-${blob.size - 1}`}
    const done = await lab.send('PUT', withDigest(location, blob.digest), {headers, body: rest})
    expect(done.status).toBe(201)
  })

  it('forget a chunk whose length is not the one of its range', async () => {
    const lab = await start()
    const blob = blobOf(100)
    const location = await lab.startUpload('a')
    await lab.send('PATCH', location, {body: blob.bytes.subarray(0, 40)})
    for (const length of [10, 50]) {
      const call = {headers: {'content-range': '40-69'}, body: Buffer.alloc(length), stream: true}
      expect(refusalOf(await lab.send('PATCH', location, call))).toBe('400 SIZE_INVALID')
    }
    const done = await lab.send('PUT', withDigest(location, blob.digest), {body: blob.bytes.subarray(40)})
    expect(done.status).toBe(201)
  })

  it('take two requests at once one after the other', async () => {
    const lab = await start()
    const location = await lab.startUpload('a')
    const chunk = (): Promise<number> =>
      lab
        .send('PATCH', location, {headers: {'content-range': '0-99999'}, body: Buffer.alloc(100_000)})
        .then(answer => answer.status)
    expect((await Promise.all([chunk(), chunk()])).sort()).toEqual([202, 416])
    expect((await lab.get(location)).headers['range']).toBe('0-99999')
  })

  it('say the least length of a chunk, and take a shorter one only at the end', async () => {
    const lab = await start({minChunkLength: 100})
    const start1 = await lab.send('POST', '/v2/a/blobs/uploads/')
    expect(start1.headers['oci-chunk-min-length']).toBe('100')
    const blob = blobOf(150)
    const location = locationOf(start1)
    expect((await lab.send('PATCH', location, {body: blob.bytes.subarray(0, 100)})).status).toBe(202)
    expect((await lab.send('PATCH', location, {body: blob.bytes.subarray(100, 130)})).status).toBe(202)
    expect(refusalOf(await lab.send('PATCH', location, {body: blob.bytes.subarray(130)}))).toBe(
      '400 BLOB_UPLOAD_INVALID'
    )
    const done = await lab.send('PUT', withDigest(location, blob.digest), {body: blob.bytes.subarray(130)})
    expect(done.status).toBe(201)
  })

  it.each([
    [{relativeLocations: true}, /^\/v2\/a\/blobs\/uploads\/[0-9a-f-]{36}$/],
    [{}, /^http:\/\/127\.0\.0\.1:\d+\/v2\/a\/blobs\/uploads\/[0-9a-f-]{36}$/]
  ])('have a Location as %j asks', async (options, expected) => {
    expect(await (await start(options)).startUpload('a')).toMatch(expected)
  })
})

async function start(options: Partial<EmbeddedRegistryOptions> = {}): Promise<Lab> {
  const running = await startEmbedded(options)
  const lab = new Lab(running)
  ends.push(async () => {
    lab.close()
    await running.stop()
  })
  return lab
}

/** Sends a part of what it announces, and breaks the connection off as soon as the registry has that part. */
async function sendHalf(lab: Lab, url: string, part: Buffer, announced: number): Promise<void> {
  const request = httpRequest(url, {method: 'PATCH', headers: {'content-length': announced}})
  const closed = new Promise<void>(resolve => request.on('close', resolve))
  request.on('error', () => undefined)
  request.write(part)
  while ((await lab.get(url)).headers['range'] !== `0-${part.length - 1}`);
  request.destroy()
  await closed
}
