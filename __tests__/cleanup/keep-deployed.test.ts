import {mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, beforeEach, describe, expect, it} from '@jest/globals'
import {cleanupLatest} from '../../src/cleanup/cleanup-latest.js'
import {readDeployed} from '../../src/cleanup/deployed-files.js'
import {parseDeployedEntry} from '../../src/cleanup/policy/deployed.js'
import {parseInputs} from '../../src/command/input.js'
import type {PlannedTag} from '../../src/contracts/plan.js'
import {parseDigest} from '../../src/oci/digest.js'
import {readManifest} from '../../src/oci/manifest.js'
import {listTags} from '../../src/registry/client/tag-list.js'
import {clientOf, publishRelease, releaseTags} from '../support/releases.js'
import {suiteRegistries, tokenAndOpen} from '../support/suite-registries.js'
import {failureOf} from '../support/thrown.js'

const MAIN: readonly PlannedTag[] = [{name: 'main', class: 'moving', rule: 'main'}]
const D = `sha256:${'d'.repeat(64)}`

let root: string
beforeAll(() => {
  root = mkdtempSync(path.join(tmpdir(), 'deployed-'))
})
afterAll(() => rmSync(root, {recursive: true, force: true}))

/** Writes files of a checkout. Returns its folder. */
function checkout(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(path.join(root, 'checkout-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), {recursive: true})
    writeFileSync(path.join(folder, name), text)
  }
  return folder
}

describe('what is deployed', () => {
  const lab = suiteRegistries('org', tokenAndOpen)
  let image: string
  beforeEach(() => {
    image = lab.images[0]!
  })

  const publish = async (version: string, tags: readonly PlannedTag[], revision: string) =>
    await publishRelease(lab.ports, {images: [image], version, tags, revision: revision.repeat(40)})
  const clean = async (texts: Readonly<Record<string, string>>) =>
    await cleanupLatest.run(
      parseInputs(cleanupLatest.inputs, {'allow-deletion': 'true', 'min-age': '0', ...texts}),
      lab.ports
    )
  const isThere = async (digest: string): Promise<boolean> =>
    (await clientOf(lab.ports, image).headManifest(parseDigest(digest))) !== undefined

  it.each<[string, (name: string, digest: string) => string]>([
    ['a manifest', (name, digest) => `image: ${name}@${digest}\n`],
    ['a value of its own', (_, digest) => `image:\n  repository: other\n  digest: "${digest}"\n`],
    ['JSON', (name, digest) => JSON.stringify({image: `${name}:main@${digest}`})]
  ])('stays by its digest in %s, with its platforms', async (_, write) => {
    const old = await publish('0.0.1', MAIN, 'a')
    const {release} = await publish('0.0.2', MAIN, 'b')
    const children = readManifest(await clientOf(lab.ports, image).getManifest(parseDigest(old.digest)))
    const folder = checkout({'apps/shop/app.yaml': write(image, old.digest)})
    const {deleted, kept, report} = await clean({release, 'keep-deployed': folder})
    expect({deleted, kept}).toEqual({deleted: '', kept: `${image}@${old.digest}`})
    expect(report).toContain(`deployed: ${folder}/apps/shop/app.yaml names it`)
    for (const {digest} of children.manifests) expect(await isThere(digest)).toBe(true)
    await clean({release})
    expect(await isThere(old.digest)).toBe(false)
  })

  it('stays by a digest in the input, such as the output deployments of update-manifests', async () => {
    const old = await publish('0.0.1', MAIN, 'a')
    const {release} = await publish('0.0.2', MAIN, 'b')
    const deployments = JSON.stringify([{image: `${image}@${old.digest}`, tag: 'main'}])
    expect((await clean({release, 'keep-deployed': deployments})).deleted).toBe('')
    expect((await clean({release, 'keep-deployed': old.digest})).deleted).toBe('')
    expect(await isThere(old.digest)).toBe(true)
  })

  it.each([
    ['a kustomization', 'images:\n  - name: app\n    newTag: 1.0.0\n'],
    ['a manifest', `image: host/app:1.0.0 # since May\n`]
  ])('stays by its tag in %s, which no number of versions takes away', async (_, text) => {
    for (const version of ['1.0.0', '1.1.0', '1.2.0'])
      await publish(version, releaseTags(version), version.slice(2, 3))
    const folder = checkout({'deploy/app.yaml': text})
    await clean({images: image, 'keep-versions': '1', 'keep-deployed': `${folder}/deploy/*.yaml`})
    const tags = await listTags(clientOf(lab.ports, image))
    expect(tags).toContain('1.0.0')
    expect(tags).not.toContain('1.1.0')
  })

  it('stops a clean-up whose files are not there: it would keep nothing', async () => {
    const old = await publish('0.0.1', MAIN, 'a')
    const {release} = await publish('0.0.2', MAIN, 'b')
    const error = await failureOf(() => clean({release, 'keep-deployed': `${root}/nowhere/*.yaml`}))
    expect(error).toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringContaining('there is no such file, so that nothing would be kept by it')
    })
    expect(await isThere(old.digest)).toBe(true)
  })

  it('is said where a file names nothing of the repositories: it may be the wrong one', async () => {
    await publish('0.0.1', MAIN, 'a')
    const {release} = await publish('0.0.2', MAIN, 'b')
    const folder = checkout({'other.yaml': `image: ghcr.io/o/other@${D}\n`})
    await expect(clean({release, 'keep-deployed': folder, strict: 'true'})).rejects.toMatchObject({
      code: 'CLEANUP_REFUSED',
      message: expect.stringContaining(`keep-deployed ${folder}`)
    })
    await clean({release, 'keep-deployed': folder, 'dry-run': 'true'})
    expect(lab.ports.reporter.lines.join('\n')).toContain(`nothing matches keep-deployed ${folder}`)
  })
})

describe('the files of keep-deployed', () => {
  const at = async (...texts: readonly string[]): Promise<string[][]> =>
    (await readDeployed(texts.map(parseDeployedEntry))).map(({digests}) => [...digests.values()])

  it('are those of a path, of a folder with all below it, or of a pattern', async () => {
    const folder = checkout({
      'deploy/a.yaml': D,
      'deploy/deep/b.yaml': `sha256:${'e'.repeat(64)}`,
      'deploy/node_modules/c.yaml': D,
      'notes.txt': D
    })
    const words = async (text: string) => {
      const [names] = await readDeployed([parseDeployedEntry(text)])
      return [...new Set(names?.words.values() ?? [])].map(file => path.relative(folder, file)).sort()
    }
    expect(await at(`${folder}/deploy/a.yaml`)).toEqual([[`${folder}/deploy/a.yaml`]])
    expect(await words(`${folder}/deploy`)).toEqual(['deploy/a.yaml', 'deploy/deep/b.yaml'])
    expect(await words(`${folder}/deploy/**/*.yaml`)).toEqual(['deploy/a.yaml', 'deploy/deep/b.yaml'])
    expect(await words(`${folder}/*.txt`)).toEqual(['notes.txt'])
  })

  it('are found behind links, once', async () => {
    const folder = checkout({'base/a.yaml': D})
    symlinkSync('..', path.join(folder, 'base/up'))
    symlinkSync('base', path.join(folder, 'overlay'))
    expect(await at(`${folder}/overlay`)).toEqual([[`${folder}/overlay/a.yaml`]])
  })

  it.each([
    ['a digest that is cut off', 'ghcr.io/o/app@sha256:abc', 'a digest is sha256: and 64 hex digits'],
    ['a pattern of another kind', 'deploy/{a,b}.yaml', 'of patterns only * is known']
  ])('%s is refused', (_, text, why) => {
    expect(() => parseDeployedEntry(text)).toThrow(why)
  })
})
