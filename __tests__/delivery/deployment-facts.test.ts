import {execFile} from 'node:child_process'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {promisify} from 'node:util'
import {expect, it} from '@jest/globals'
import {parse} from 'yaml'
import type {Pin} from '../../src/delivery/manifests/deployed-image.js'
import {deploymentFacts} from '../../src/delivery/manifests/deployment-facts.js'
import {parseDigest} from '../../src/oci/digest.js'
import {parseRepository, parseTag} from '../../src/oci/reference.js'
import {component, describeWith} from '../support/components.js'

const run = promisify(execFile)

const DIGEST = `sha256:${'a'.repeat(64)}`
const NAME = 'registry.example:5000/org/app'
const IMAGE = {target: 'app', repository: parseRepository(NAME), digest: parseDigest(DIGEST)}
const TAGGED = {...IMAGE, tag: parseTag('1.10.0')}

/** By pin: how an image is named, and the entry for Flux; where a release has no tag there, by its digest alone. */
const ROWS = [
  ['tag', TAGGED, `${NAME}:1.10.0`, {newTag: '1.10.0'}],
  ['digest', TAGGED, `${NAME}@${DIGEST}`, {digest: DIGEST}],
  ['both', TAGGED, `${NAME}:1.10.0@${DIGEST}`, {newTag: '1.10.0', digest: DIGEST}],
  ['tag', IMAGE, `${NAME}@${DIGEST}`, {digest: DIGEST}]
] as const

it.each(ROWS)(
  'by %s, an image has a name for each tool that deploys: %#',
  (pin: Pin, image, reference, flux) => {
    expect(deploymentFacts([image], pin)).toEqual([
      {
        target: 'app',
        registry: 'registry.example:5000',
        repository: 'org/app',
        image: NAME,
        tag: 'tag' in image ? '1.10.0' : '',
        digest: DIGEST,
        reference,
        kubectl: `app=${reference}`,
        kustomize: `${NAME}=${reference}`,
        flux: {name: NAME, ...flux},
        argocdImageUpdater: `app=${reference.replace(`:1.10.0@${DIGEST}`, ':1.10.0')}`
      }
    ])
  }
)

it('the first repository of each target counts', () => {
  const mirror = {...TAGGED, repository: parseRepository('quay.io/org/app')}
  const api = {...TAGGED, target: 'api', repository: parseRepository('ghcr.io/org/api')}
  expect(deploymentFacts([TAGGED, mirror, api], 'tag').map(({reference}) => reference)).toEqual([
    `${NAME}:1.10.0`,
    'ghcr.io/org/api:1.10.0'
  ])
})

describeWith(['kustomize'], 'kustomize', () => {
  it.each(ROWS)('sets by %s what the facts say: %#', async (pin: Pin, image, reference, flux) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'facts-'))
    try {
      const pod = {apiVersion: 'v1', kind: 'Pod', metadata: {name: 'app'}}
      const containers = [{name: 'app', image: `${NAME}:1.9.0`}]
      await writeFile(path.join(folder, 'pod.yaml'), JSON.stringify({...pod, spec: {containers}}))
      await writeFile(path.join(folder, 'kustomization.yaml'), 'resources: [pod.yaml]\n')
      const [facts] = deploymentFacts([image], pin)
      const built = async (): Promise<unknown> =>
        (
          parse((await run(component('kustomize'), ['build', folder])).stdout) as typeof pod & {
            spec: {containers: {image: string}[]}
          }
        ).spec.containers[0]?.image
      await run(component('kustomize'), ['edit', 'set', 'image', facts?.kustomize ?? ''], {cwd: folder})
      expect(await built()).toBe(reference)
      // Flux hands its entries to kustomize as they are.
      const images = JSON.stringify([{...flux, name: NAME}])
      await writeFile(path.join(folder, 'kustomization.yaml'), `resources: [pod.yaml]\nimages: ${images}\n`)
      expect(await built()).toBe(reference)
    } finally {
      await rm(folder, {recursive: true, force: true})
    }
  })
})
