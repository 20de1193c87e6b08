import {describe, expect, it} from '@jest/globals'
import {deadTiers, watchTiers} from '../../src/building/builders/cache-tiers-log.js'
import {watchStepCaches} from '../../src/building/builders/step-cache-log.js'

const READ = 'type=registry,ref=ghcr.io/o/cache:app'
const DIGEST = `sha256:${'1'.repeat(64)}`

/** Lines as BuildKit 0.31 writes them with plain progress. */
const uses = (lines: readonly string[], from: readonly string[], to: readonly string[] = []) => {
  const watch = watchTiers({from, to})
  for (const line of lines) watch.watch(line)
  return watch.result()
}

describe('what the caches of a build gave', () => {
  it('is told by place where they are read', () =>
    expect(
      uses(
        [
          '#3 importing cache manifest from ghcr.io/o/cache:app',
          '#3 inferred cache manifest type: application/vnd.oci.image.manifest.v1+json done',
          '#3 DONE 0.2s',
          '#4 importing cache manifest from gha:1234567890',
          '#4 DONE 1.5s'
        ],
        [READ, 'type=gha,scope=app-linux-amd64']
      )
    ).toEqual([
      {tier: READ, direction: 'read', milliseconds: 200, isEmpty: false},
      {tier: 'type=gha,scope=app-linux-amd64', direction: 'read', milliseconds: 1500, isEmpty: false},
      {
        tier: `${READ} and type=gha,scope=app-linux-amd64`,
        direction: 'read',
        isEmpty: false,
        isTogether: true,
        steps: 0,
        bytes: 0
      }
    ]))

  // BuildKit 0.31: layers that a step fetches, the last of which was not at its end.
  it('is steps and bytes, where one cache was found: those of the base image are not its own', () =>
    expect(
      uses(
        [
          '#3 importing cache manifest from ghcr.io/o/cache:app',
          '#3 DONE 0.2s',
          '#4 importing cache manifest from ghcr.io/o/cache:none',
          '#4 ERROR: ghcr.io/o/cache:none: not found',
          '#5 [1/4] FROM docker.io/library/busybox:1.37',
          `#5 sha256:${'5'.repeat(64)} 9.00MB / 9.00MB 0.1s done`,
          '#6 [2/4] RUN make',
          '#6 CACHED',
          '#7 [3/4] RUN more',
          `#7 ${DIGEST} 1.05MB / 1.06MB 0.1s`,
          `#7 ${DIGEST} 1.06MB / 1.06MB 0.1s done`,
          `#7 sha256:${'2'.repeat(64)} 155B / 155B done`,
          `#7 extracting ${DIGEST} 0.2s done`,
          '#7 CACHED',
          '#8 [4/4] COPY x /x',
          '#8 DONE 0.2s'
        ],
        [READ, 'type=registry,ref=ghcr.io/o/cache:none']
      )
    ).toMatchObject([
      {tier: READ, steps: 2, bytes: 1_060_155},
      {tier: 'type=registry,ref=ghcr.io/o/cache:none', isEmpty: true}
    ]))

  it('is told by place, however its line is written, and without how it is used', () =>
    expect(
      uses(
        [
          '#3 importing cache manifest from r.test/c:b',
          '#3 DONE 0.2s',
          '#4 importing cache manifest from gha:1'
        ],
        ['r.test/c:a,r.test/c:b', '"type=gha",scope=s,token=secret', 'type=registry,"ref=r.test/c:b",x=y']
      ).map(({tier}) => tier)
    ).toEqual(['type=registry,ref=r.test/c:b', 'type=gha,scope=s']))

  it('is told by kind where they are written', () =>
    expect(
      uses(
        [
          '#10 exporting cache to registry',
          '#10 preparing build cache for export done',
          `#10 writing layer ${DIGEST} 0.0s done`,
          `#10 writing layer ${DIGEST} done`,
          `#10 writing layer sha256:${'2'.repeat(64)} 0.1s done`,
          '#10 DONE 0.4s'
        ],
        [],
        [`${READ},mode=max,ignore-error=true`, 'type=inline']
      )
    ).toEqual([
      {
        tier: READ,
        direction: 'written',
        milliseconds: 400,
        layers: [DIGEST, `sha256:${'2'.repeat(64)}`],
        isEmpty: false
      }
    ]))

  it('is nothing on a first run, which is no fault', () => {
    const found = uses(
      [
        '#4 importing cache manifest from ghcr.io/o/cache:app',
        '#4 ERROR: failed to configure registry cache importer: ghcr.io/o/cache:app: not found',
        'WARNING: local cache import at /tmp/c skipped due to err: could not lock /tmp/c/index.json.lock: open /tmp/c/index.json.lock: no such file or directory'
      ],
      [READ]
    )
    expect(found.map(({tier, isEmpty}) => [tier, isEmpty])).toEqual([
      [READ, true],
      ['type=local,src=/tmp/c', true]
    ])
    expect(deadTiers(found)).toEqual([])
  })

  it('is a warning with the line to change where one is dead', () => {
    const found = uses(
      [
        '#3 importing cache manifest from ghcr.io/o/cache:app',
        '#3 ERROR: failed to configure registry cache importer: dial tcp 127.0.0.1:9: connect: connection refused',
        '#9 exporting cache to registry',
        '#9 ERROR: error writing layer blob: unexpected status: 403 Forbidden'
      ],
      [READ],
      [READ]
    )
    expect(deadTiers(found)).toEqual([
      expect.stringMatching(
        /^The cache type=registry,ref=ghcr\.io\/o\/cache:app could not be read: .*refused\. .*its line in cache, cache-from/
      ),
      expect.stringMatching(
        /^The cache .* could not be written: .*403 Forbidden\. .*its line in cache, cache-to/
      )
    ])
  })

  // BuildKit 0.31 with two caches that are written at once: «sending cache export» of one took the place of that of the other
  // before it was read, so that #15 has work without an end, and no line for its own.
  it('is told to be unknown where the log has its beginning alone', () => {
    const found = uses(
      [
        '#15 exporting to GitHub Actions Cache',
        '#15 preparing build cache for export done',
        '#15 sending cache export',
        '#16 exporting cache to registry',
        '#16 preparing build cache for export done',
        '#16 DONE 0.4s'
      ],
      [],
      [READ, 'type=gha,scope=app']
    )
    expect(found).toContainEqual({
      tier: 'type=gha,scope=app',
      direction: 'written',
      layers: [],
      isEmpty: false,
      isUntold: true
    })
    expect(deadTiers(found)).toEqual([
      expect.stringMatching(
        /^Whether the cache type=gha,scope=app was written is not known: .*its line in cache, cache-to/
      )
    ])
  })

  it('is that of the last build, where one that could not push was done anew with the same numbers', () => {
    const found = uses(
      [
        '#0 building with "test" instance using remote driver',
        '#15 exporting cache to registry',
        '#15 DONE 0.4s',
        'ERROR: failed to push',
        '#0 building with "test" instance using remote driver',
        '#15 exporting to GitHub Actions Cache',
        '#15 ERROR: 403 Forbidden'
      ],
      [],
      [READ, 'type=gha,scope=app']
    )
    expect(found.map(({tier, fault}) => [tier, fault])).toEqual([['type=gha,scope=app', '403 Forbidden']])
  })

  it('says nothing of a build without caches', () =>
    expect(uses(['#5 [1/2] COPY a /', '#5 ERROR: failed', '#6 DONE 0.1s'], [])).toEqual([]))
})

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
