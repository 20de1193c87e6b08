import {describe, expect, it} from '@jest/globals'
import {watchStepCaches} from '../../src/building/builders/step-cache-log.js'

const KEY = '6fee39574dbcdd3c6b35604b2f11565975d20a663e1f2cd96678f03e3ffe9d84'
const OTHER = KEY.replace('6', '7')

describe('what the caches of podman and buildah gave and took', () => {
  it('is told by repository, each step once', () => {
    const watch = watchStepCaches()
    // buildah 1.28.2
    for (const line of [
      '[1/2] STEP 2/5: ADD base.tar /',
      `--> Cache pulled from remote 127.0.0.1:5998/c/app:${KEY}`,
      `--> Using cache ${OTHER}`,
      `--> Cache pulled from remote 127.0.0.1:5998/c/app:${KEY}`,
      `--> Pushing cache r.test/d:${OTHER}`,
      '--> Pushing cache elsewhere',
      // buildah 1.42.0
      `--> Cache pulled from remote r.test/d:${OTHER}:${OTHER}`,
      `--> Pushing cache [r.test/d]:${KEY}`
    ])
      watch.watch(line)
    expect(
      watch.result({
        from: ['type=registry,ref=127.0.0.1:5998/c:app', 'r.test/d'],
        to: ['type=registry,ref=r.test/d,mode=max', 'type=inline']
      })
    ).toEqual([
      {repository: '127.0.0.1:5998/c/app', direction: 'read', tags: [KEY]},
      {repository: 'r.test/d', direction: 'read', tags: [OTHER]},
      {repository: 'r.test/d', direction: 'written', tags: [OTHER, KEY]}
    ])
  })
})
