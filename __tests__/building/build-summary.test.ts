import {describe, expect, it} from '@jest/globals'
import {parseDigest} from '../../src/oci/digest.js'
import {readManifest} from '../../src/oci/manifest.js'
import {parseRepository} from '../../src/oci/reference.js'
import {buildLines, buildOutputs, buildSummary} from '../../src/building/build-summary.js'
import type {BuildView} from '../../src/building/build-result.js'
import {image} from '../support/images.js'

const local = image({architecture: 'arm64'})
const {root} = local
const repositories = ['ghcr.io/o/app', 'docker.io/o/app'].map(parseRepository)
const VIEW: BuildView = {
  job: {
    target: 'app',
    platform: {os: 'linux', architecture: 'arm64'},
    images: [],
    repositories,
    push: true,
    record: 'digest-app-linux-arm64',
    labels: {},
    annotations: {}
  },
  builder: 'buildah 1.28.2',
  root,
  image: {...readManifest(root), layers: [{...readManifest(root).layers[0]!, size: 3 * 1024 * 1024}]},
  configDigest: parseDigest(`sha256:${'c'.repeat(64)}`),
  buildMilliseconds: 1234,
  pushes: [
    {repository: repositories[0]!, uploaded: 3 * 1024 * 1024, skipped: 0, milliseconds: 500},
    {repository: repositories[1]!, uploaded: 0, skipped: 3 * 1024 * 1024, milliseconds: 40}
  ]
}
const BUILD_ONLY: BuildView = {...VIEW, job: {...VIEW.job, push: false, repositories: []}, pushes: []}

describe('buildSummary', () => {
  it('shows the image, what each registry got, and how to pull it', () =>
    expect(buildSummary(VIEW)).toBe(`## Build of app, linux/arm64

Image \`${root.digest}\`<br>config \`sha256:${'c'.repeat(64)}\`

| Platform | Size | Layers | Builder | Time |
| --- | --- | --- | --- | --- |
| linux/arm64 | 3.0 MiB | 1 | buildah 1.28.2 | 1.2 s |

| Repository | Sent | Already there | Time |
| --- | --- | --- | --- |
| \`ghcr.io/o/app\` | 3.0 MiB | 0 B | 0.5 s |
| \`docker.io/o/app\` | 0 B | 3.0 MiB | 0.0 s |

No tag was made. Saved the digest as \`digest-app-linux-arm64\`.

**Pull**

\`\`\`sh
docker pull ghcr.io/o/app@${root.digest}
docker pull docker.io/o/app@${root.digest}
\`\`\``))

  it('says that nothing was pushed', () => {
    expect(buildSummary(BUILD_ONLY)).toMatch(/nothing was pushed or handed over\.$/)
    expect(buildSummary(BUILD_ONLY)).not.toContain('docker pull')
  })
})

it('says in the log what each registry got', () =>
  expect(buildLines(VIEW)).toEqual([
    `app, linux/arm64: ${root.digest} (3.0 MiB)`,
    `  ghcr.io/o/app@${root.digest}: 3.0 MiB sent, 0 B already present, 0.5 s`,
    `  docker.io/o/app@${root.digest}: 0 B sent, 3.0 MiB already present, 0.0 s`
  ]))

it('gives out no record and no image where nothing was pushed', () => {
  const outputs = buildOutputs([BUILD_ONLY])
  expect(outputs).toMatchObject({digest: root.digest, record: '', images: ''})
  expect(JSON.parse(outputs.metadata)).not.toHaveProperty('image.name')
})
