import {describe, expect, it} from '@jest/globals'
import {podmanCache} from '../../src/building/builders/podman-cache.js'

describe('podmanCache', () => {
  it.each([
    ['type=registry,ref=r.test/c:web-arm64,mode=max', 'r.test/c/web-arm64'],
    ['type=registry,ref=r.test:5000/c', 'r.test:5000/c'],
    ['r.test/c:latest', 'r.test/c/latest'],
    ['r.test:5000/c', 'r.test:5000/c']
  ])('%s is the repository %s', (cache, repository) =>
    expect(podmanCache({from: [cache], to: [cache]})).toEqual({
      from: [repository],
      to: [repository],
      unknown: []
    })
  )

  it.each([
    ['type=registry,"ref=r.test/c:web",mode=max', ['r.test/c/web']],
    ['"type=registry",REF=r.test/c', ['r.test/c']],
    ['r.test/c,r.test/d:1', ['r.test/c', 'r.test/d/1']],
    ['type=registry,ref=r.test/c,ignore-error', ['r.test/c']]
  ])('reads %s as buildx does', (cache, repositories) =>
    expect(podmanCache({from: [cache], to: []})).toEqual({from: repositories, to: [], unknown: []})
  )

  it('leaves out what is in no registry, and says so', () =>
    expect(
      podmanCache({from: ['type=gha,scope=a', 'type=registry,ref=r.test/c'], to: ['type=inline']})
    ).toEqual({
      from: ['r.test/c'],
      to: [],
      unknown: ['gha', 'inline']
    }))
})
