import {describe, expect, it} from '@jest/globals'
import {countCacheHits} from '../../src/building/builders/cache-hits.js'

const count = (log: string) => {
  const {watch, result} = countCacheHits()
  for (const line of log.split('\n')) watch(line)
  return result()
}

describe('countCacheHits', () => {
  it('reads the plain progress of BuildKit 0.31', () =>
    expect(
      count(`#1 [internal] load build definition from Containerfile
#1 DONE 0.0s
#5 [build 1/4] FROM docker.io/library/alpine:3
#5 CACHED
#6 [build 2/4] WORKDIR /app
#6 CACHED
#7 [build 3/4] COPY . .
#7 DONE 0.1s
#8 [build 4/4] RUN make
#8 0.2 #9 CACHED
#8 DONE 2.0s
#9 [linux/arm64 stage-1 2/2] RUN true
#9 CACHED
#10 exporting to oci image format
#10 DONE 0.1s`)
    ).toEqual({cached: 2, steps: 4}))

  it('reads what buildah 1.28 and podman 5 write', () =>
    expect(
      count(`[1/2] STEP 1/3: FROM scratch AS base
[1/2] STEP 2/3: ADD base.tar /
--> Using cache 0f1d
--> 0f1d
[2/2] STEP 1/2: FROM 0f1d
[2/2] STEP 2/2: RUN make
--> 3c4d
[2/2] STEP 3/3: COPY a b
--> Cache pulled from remote r.test/c:1
--> Using cache 5e6f`)
    ).toEqual({cached: 2, steps: 3}))

  it('counts nothing where nothing is built', () => expect(count('hello')).toEqual({cached: 0, steps: 0}))
})
