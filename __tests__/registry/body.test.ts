import {Readable} from 'node:stream'
import {setTimeout as delay} from 'node:timers/promises'
import {describe, expect, it} from '@jest/globals'
import type {HttpResponse} from '../../src/ports.js'
import {atPace, readBodyStart, readBody} from '../../src/registry/transport/body.js'
import {digestOf} from '../../src/oci/digest.js'
import {OCI_INDEX} from '../../src/oci/media-type.js'
import {openClient} from '../support/registry-client.js'
import {scriptedSend} from '../support/scripted-send.js'
import {failureOf} from '../support/thrown.js'

const asked = {method: 'GET', url: new URL('https://registry.example/v2/x')} as const

/** A body of one byte at a time, without end. */
function trickle(): HttpResponse {
  const bytes = async function* () {
    for (;;) {
      yield Buffer.from('x')
      await delay(1)
    }
  }
  return {status: 200, headers: {}, body: Readable.from(bytes(), {objectMode: false})}
}

describe('a body of one byte at a time', () => {
  it('has a time for all of it', async () => {
    const response = trickle()
    const error = await failureOf(() => readBody(asked, response, 1024 * 1024, 40))
    expect(error).toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      message: expect.stringContaining('it was not whole in 0.04 s')
    })
    expect(response.body.destroyed).toBe(true)
  })

  it('of an error is told as far as it came', async () => {
    const response = trickle()
    expect(Buffer.from(await readBodyStart(response, 1024 * 1024, 40)).toString()).toMatch(/^x+$/)
    expect(response.body.destroyed).toBe(true)
  })

  it('of content is broken off where too little comes', async () => {
    const response = trickle()
    const read = async () => {
      const chunks = atPace(response.body, {bytes: 1_000_000, milliseconds: 40})
      while ((await chunks.next()).done !== true);
    }
    await expect(read()).rejects.toThrow('fewer than 1000000 bytes came in 0.04 s')
  })

  it('of content is not broken off while whoever reads takes its time', async () => {
    const response = {body: Readable.from([Buffer.from('a'), Buffer.from('b')], {objectMode: false})}
    const came: string[] = []
    for await (const chunk of atPace(response.body, {bytes: 1_000_000, milliseconds: 10})) {
      came.push(Buffer.from(chunk).toString())
      await delay(30)
    }
    expect(came.join('')).toBe('ab')
  })
})

describe('entries that name one digest', () => {
  it('cost one request, however many they are', async () => {
    const bytes = Buffer.from(JSON.stringify({schemaVersion: 2, mediaType: OCI_INDEX, manifests: []}))
    const client = openClient(
      {host: 'registry.example'},
      {send: scriptedSend(() => ({headers: {'content-type': OCI_INDEX}, body: bytes.toString()}))}
    )
    try {
      const repository = client.repository('o/a')
      const digest = digestOf(bytes)
      const found = await Promise.all(Array.from({length: 20_000}, () => repository.findManifest(digest)))
      const blobs = await Promise.all(Array.from({length: 20_000}, () => repository.getBlob({digest})))
      expect(new Set(found.map(manifest => manifest?.digest))).toEqual(new Set([digest]))
      expect(blobs).toHaveLength(20_000)
      expect(client.sent).toHaveLength(2)
      await repository.findManifest(digest)
      expect(client.sent).toHaveLength(3)
    } finally {
      client.close()
    }
  })
})
