import {describe, expect, it} from '@jest/globals'
import {readImageConfig} from '../../src/oci/image-config.js'
import {failureOf} from '../support/thrown.js'

const encode = (document: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(document))
const linux = {os: 'linux', architecture: 'amd64'}

describe('the config of an image', () => {
  it('says its platform in the one spelling that is compared', () => {
    const config = readImageConfig(encode({os: 'linux', architecture: 'arm64', variant: 'v8'}))
    expect(config).toEqual({
      platform: {os: 'linux', architecture: 'arm64'},
      labels: {},
      hasHealthcheck: false,
      layers: [],
      start: {
        entrypoint: [],
        cmd: [],
        shell: [],
        healthcheck: [],
        path: ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'],
        workingFolder: '/'
      }
    })
  })

  it('says which instruction made which layer, where its history fits', () => {
    const rootfs = {type: 'layers', diff_ids: ['sha256:a', 'sha256:b']}
    const history = [{created_by: 'ADD'}, {created_by: 'ENV', empty_layer: true}, {created_by: 'RUN'}]
    expect(readImageConfig(encode({...linux, rootfs, history})).layers).toEqual([
      {diffId: 'sha256:a', createdBy: 'ADD'},
      {diffId: 'sha256:b', createdBy: 'RUN'}
    ])
    expect(readImageConfig(encode({...linux, rootfs, history: history.slice(1)})).layers).toEqual([
      {diffId: 'sha256:a'},
      {diffId: 'sha256:b'}
    ])
  })

  it('says its labels, without what is no text', () => {
    const config = readImageConfig(encode({...linux, config: {Labels: {a: 'b', c: 1, d: null}}}))
    expect(config.labels).toEqual({a: 'b'})
  })

  it.each([
    [{Test: ['CMD', 'true']}, true],
    [{}, false],
    [null, false],
    [undefined, false]
  ])('has the health check %j: %s', (Healthcheck, expected) => {
    expect(readImageConfig(encode({...linux, config: {Healthcheck}})).hasHealthcheck).toBe(expected)
  })

  it.each([
    ['an os that is missing', {architecture: 'amd64'}],
    ['an architecture that is missing', {os: 'linux'}],
    ['an empty architecture', {os: 'linux', architecture: ''}],
    ['a number as os', {os: 1, architecture: 'amd64'}],
    ['a list', []],
    ['null', null]
  ])('is refused for %s', async (_, document) => {
    const error = await failureOf(() => readImageConfig(encode(document)))
    expect(error).toMatchObject({code: 'MANIFEST_INVALID'})
    expect(error.message).toContain('no os and architecture')
  })

  it('is refused where it is not JSON', async () => {
    const error = await failureOf(() => readImageConfig(new Uint8Array([1, 2])))
    expect(error).toMatchObject({code: 'MANIFEST_INVALID', message: 'the config of the image is not JSON'})
  })
})
