import {describe, expect, it} from '@jest/globals'
import {neededTools} from '../../src/planning/needed-tools.js'
import type {PlannedTag} from '../../src/contracts/plan.js'
import {buildGroup, releaseGroup} from '../../src/planning/jobs/release-group.js'
import {PLAIN_FLAVOR} from '../../src/planning/rules/flavor.js'
import {planOf} from '../support/releases.js'

const toolsOf = async (text: string | undefined, config?: string) =>
  await neededTools(config, {
    readText: file => Promise.resolve(file === (config ?? '.github/image-release.yml') ? text : undefined)
  })

describe('programs that a workflow has to install for the file of settings', () => {
  it.each<[string | undefined, string[]]>([
    [undefined, ['buildx']],
    ['images: ghcr.io/o/app', ['buildx']],
    ['build-by-digest: {scan: trivy}', ['trivy', 'buildx']],
    ['build-by-digest: {scan: grype, sbom-command: syft, builder: buildah}', ['grype', 'syft']],
    ['build-by-digest:\n  scan: |\n    snyk container test "$IMAGE"\n  builder: auto', ['snyk', 'buildx']],
    ['build-by-digest: {source: app.tar, test: ./check-trivy}', []],
    ['merge-manifest: {sign: before-tags}', ['cosign', 'buildx']],
    ['merge-manifest: {sign: none}', ['buildx']],
    ['verify-release: {cosign-key: cosign.pub}\nbuild-by-digest: {builder: podman}', ['cosign']],
    // What is wrong with it, the command says that reads it.
    ['build-by-digest: [', ['buildx']]
  ])('%j', async (text, expected) => {
    expect(await toolsOf(text)).toEqual(expected)
  })

  it('are those of the file that the input config names', async () => {
    expect(await toolsOf('build-by-digest: {scan: trivy}', 'ci/set.yml')).toEqual(['trivy', 'buildx'])
  })
})

describe('the name of a group of runs', () => {
  const group = (images: readonly string[], version: string) =>
    releaseGroup(planOf({images, version, tags: []}))

  it('is the same for all versions of the same images, in whatever order they are named', () => {
    expect(group(['ghcr.io/o/a', 'docker.io/o/a'], '1.0.0')).toBe(
      group(['docker.io/o/a', 'ghcr.io/o/a'], '2.0.0')
    )
  })

  it('is another for other images', () => {
    expect(group(['ghcr.io/o/a'], '1.0.0')).not.toBe(group(['ghcr.io/o/b'], '1.0.0'))
  })

  it('of builds is another for other rules and other builds of the same images, and the same for every version', () => {
    const builds = (version: string, rule: string, file?: string): string => {
      const {targets} = planOf({images: ['ghcr.io/o/a'], version, tags: []})
      const tag: PlannedTag = {name: version, class: 'immutable', rule}
      const changed = targets.map(target => ({
        ...target,
        tags: [tag],
        ...(file === undefined ? {} : {build: {file}})
      }))
      return buildGroup({targets: changed}, PLAIN_FLAVOR)
    }
    const own = builds('1.0.0', 'type=semver,pattern={{version}}')
    expect(builds('2.0.0', 'type=semver,pattern={{version}}')).toBe(own)
    expect(builds('1.0.0', 'type=ref,event=tag')).not.toBe(own)
    expect(builds('1.0.0', 'type=semver,pattern={{version}}', 'Containerfile.alpine')).not.toBe(own)
  })
})
