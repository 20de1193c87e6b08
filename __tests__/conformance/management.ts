import {type Lab, blobOf, indexOf, jsonOf} from './lab.js'
import {type Requirement, must, mustBeOneOf} from './requirement.js'

const ABSENT = `sha256:${'0'.repeat(64)}`

/** "Content Management". */
export const MANAGEMENT: readonly Requirement[] = [
  must(
    'end-9 tag',
    'Upon success, the registry MUST respond with a 202. Once deleted, a GET will return a 404',
    [202, 404],
    async lab => {
      const {repository} = await twoTags(lab)
      return [await deleted(lab, repository, 'a'), await lab.manifestStatus(repository, 'a')]
    }
  ),
  must(
    'end-9 tag leaves the rest',
    'deletion of a tag is not deletion of what it pointed at',
    [202, 200, 200, ['b']],
    async lab => {
      const {repository, image} = await twoTags(lab)
      const status = await deleted(lab, repository, 'a')
      const rest = [
        await lab.manifestStatus(repository, image.digest),
        await lab.manifestStatus(repository, 'b')
      ]
      return [status, ...rest, await tagsOf(lab, repository)]
    }
  ),
  must('end-9 unknown tag', 'end-9: failure 404', 404, async lab => {
    const {repository} = await twoTags(lab)
    return deleted(lab, repository, 'c')
  }),
  must(
    'end-9 digest',
    'a GET to the digest and any tag pointing to that digest will return a 404',
    [202, 404, 404, 404],
    async lab => {
      const {repository, image} = await twoTags(lab)
      const status = await deleted(lab, repository, image.digest)
      return [
        status,
        await lab.manifestStatus(repository, image.digest),
        await lab.manifestStatus(repository, 'a'),
        await lab.manifestStatus(repository, 'b')
      ]
    }
  ),
  must(
    'end-9 digest leaves other tags',
    'any tag pointing to that digest, and no other',
    [['other'], 200],
    async lab => {
      const {repository, image} = await twoTags(lab)
      await lab.pushImage(repository, 'other')
      await deleted(lab, repository, image.digest)
      return [await tagsOf(lab, repository), await lab.manifestStatus(repository, 'other')]
    }
  ),
  must('end-9 unknown digest', 'end-9: failure 404', 404, async lab => {
    const {repository} = await twoTags(lab)
    return deleted(lab, repository, ABSENT)
  }),
  must(
    'end-9 unknown repository',
    'If the repository does not exist, the response MUST return 404',
    404,
    async lab => {
      return deleted(lab, lab.repository(), ABSENT)
    }
  ),
  must('end-9 twice', 'once deleted, it is not found', [202, 404], async lab => {
    const {repository, image} = await twoTags(lab)
    return [await deleted(lab, repository, image.digest), await deleted(lab, repository, image.digest)]
  }),
  must('end-9 and push again', 'what was deleted can be pushed again', [202, 201, 200], async lab => {
    const {repository, image} = await twoTags(lab)
    const status = await deleted(lab, repository, image.digest)
    const again = await lab.putManifest(repository, 'a', image)
    return [status, again.status, await lab.manifestStatus(repository, 'a')]
  }),
  must(
    'end-9 index leaves its children',
    'deletion of a manifest is not deletion of what it references',
    [202, 200],
    async lab => {
      const repository = lab.repository()
      const child = await lab.pushImage(repository)
      const index = await lab.pushManifest(repository, indexOf([child]), 'a')
      return [
        await deleted(lab, repository, index.digest),
        await lab.manifestStatus(repository, child.digest)
      ]
    }
  ),
  must('end-9 one repository only', '<name> is the namespace of the repository', 200, async lab => {
    const {repository, image} = await twoTags(lab)
    const other = lab.repository()
    for (const pointer of pointersOf(image.document)) await mount(lab, other, repository, pointer)
    await lab.pushManifest(other, image, 'a')
    await deleted(lab, repository, image.digest)
    return lab.manifestStatus(other, 'a')
  }),
  must('end-10 blob', 'Upon success, the registry MUST respond with code 202', [202, 404], async lab => {
    const {repository, blob} = await withBlob(lab)
    const answer = await lab.send('DELETE', `/v2/${repository}/blobs/${blob.digest}`)
    return [answer.status, await lab.blobStatus(repository, blob.digest)]
  }),
  must(
    'end-10 unknown blob',
    'If the blob is not found, a 404 Not Found code MUST be returned',
    404,
    async lab => {
      const {repository} = await withBlob(lab)
      return (await lab.send('DELETE', `/v2/${repository}/blobs/${ABSENT}`)).status
    }
  ),
  must(
    'end-10 one repository only',
    '<name> is the namespace of the repository',
    [202, 200, true],
    async lab => {
      const {repository, blob} = await withBlob(lab)
      const other = lab.repository()
      await mount(lab, other, repository, blob.digest)
      const answer = await lab.send('DELETE', `/v2/${repository}/blobs/${blob.digest}`)
      const pulled = await lab.get(`/v2/${other}/blobs/${blob.digest}`)
      return [answer.status, pulled.status, pulled.body.equals(blob.bytes)]
    }
  ),
  must('end-10 and push again', 'what was deleted can be pushed again', 200, async lab => {
    const {repository, blob} = await withBlob(lab)
    await lab.send('DELETE', `/v2/${repository}/blobs/${blob.digest}`)
    await lab.pushBlob(repository, blob)
    return lab.blobStatus(repository, blob.digest)
  })
]

/** The same section, for a registry whose deletion is turned off. */
export const NO_DELETION: readonly Requirement[] = [
  mustBeOneOf(
    'end-9 tag deletion disabled',
    'the registry MUST respond with either a 400 or a 405',
    [405, 400],
    async lab => {
      const {repository} = await twoTags(lab)
      return deleted(lab, repository, 'a')
    }
  ),
  mustBeOneOf(
    'end-9 manifest deletion disabled',
    'the registry MUST respond with either a 400 or a 405',
    [
      [405, 200],
      [400, 200]
    ],
    async lab => {
      const {repository, image} = await twoTags(lab)
      const status = await deleted(lab, repository, image.digest)
      return [status, await lab.manifestStatus(repository, 'a')]
    }
  ),
  mustBeOneOf(
    'end-10 blob deletion disabled',
    'the registry MUST respond with either a 400 or a 405',
    [
      [405, 200],
      [400, 200]
    ],
    async lab => {
      const {repository, blob} = await withBlob(lab)
      const {status} = await lab.send('DELETE', `/v2/${repository}/blobs/${blob.digest}`)
      return [status, await lab.blobStatus(repository, blob.digest)]
    }
  )
]

async function twoTags(lab: Lab) {
  const repository = lab.repository()
  const image = await lab.pushImage(repository, 'a')
  await lab.pushManifest(repository, image, 'b')
  return {repository, image}
}

async function withBlob(lab: Lab) {
  const repository = lab.repository()
  const blob = blobOf()
  await lab.pushBlob(repository, blob)
  return {repository, blob}
}

async function deleted(lab: Lab, repository: string, reference: string): Promise<number> {
  return (await lab.send('DELETE', `/v2/${repository}/manifests/${reference}`)).status
}

async function tagsOf(lab: Lab, repository: string): Promise<readonly string[]> {
  return [...(jsonOf(await lab.get(`/v2/${repository}/tags/list`))['tags'] as string[])].sort()
}

async function mount(lab: Lab, target: string, source: string, digest: string): Promise<void> {
  await lab.send('POST', `/v2/${target}/blobs/uploads/?mount=${digest}&from=${source}`)
}

function pointersOf(document: Readonly<Record<string, unknown>>): string[] {
  const {config, layers} = document as {config: {digest: string}; layers: {digest: string}[]}
  return [config, ...layers].map(({digest}) => digest)
}
