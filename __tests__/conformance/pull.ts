import {
  type Lab,
  TYPES,
  blobOf,
  codesOf,
  imageBlobs,
  indexOf,
  manifestOf,
  descriptorOf,
  refusalOf
} from './lab.js'
import {type Requirement, must, mustBeOneOf, should} from './requirement.js'

const ABSENT = `sha256:${'0'.repeat(64)}`

/** "Determining Support" and "Pull". */
export const PULL: readonly Requirement[] = [
  must(
    'end-1 version',
    'perform a GET request to /v2/: if the response is 200 OK, the registry implements this',
    200,
    async lab => {
      return (await lab.get('/v2/')).status
    }
  ),
  must(
    'end-3 by tag',
    'A GET request to an existing manifest URL MUST provide the expected manifest, with 200',
    [200, true],
    async lab => {
      const {answer, image} = await pulled(lab, 'tag')
      return [answer.status, answer.body.equals(image.bytes)]
    }
  ),
  must(
    'end-3 by digest',
    'A GET request to an existing manifest URL MUST provide the expected manifest, with 200',
    [200, true],
    async lab => {
      const {answer, image} = await pulled(lab, 'digest')
      return [answer.status, answer.body.equals(image.bytes)]
    }
  ),
  must(
    'end-3 digest header by tag',
    'A successful response MUST contain the digest in Docker-Content-Digest',
    true,
    async lab => {
      const {answer, image} = await pulled(lab, 'tag')
      return answer.headers['docker-content-digest'] === image.digest
    }
  ),
  must(
    'end-3 digest header by digest',
    'A successful response MUST contain the digest in Docker-Content-Digest',
    true,
    async lab => {
      const {answer, image} = await pulled(lab, 'digest')
      return answer.headers['docker-content-digest'] === image.digest
    }
  ),
  ...(['manifest', 'index', 'dockerManifest', 'dockerList'] as const).map(kind =>
    should(
      `end-3 content type of ${kind}`,
      'The Content-Type SHOULD match what the client pushed, without parameters',
      TYPES[kind],
      async lab => {
        const repository = lab.repository()
        const manifest = await pushKind(lab, repository, kind)
        return (await lab.get(`/v2/${repository}/manifests/${manifest.digest}`)).headers['content-type']
      }
    )
  ),
  must(
    'end-3 unknown tag',
    'If the manifest is not found in the repository, the response code MUST be 404',
    '404 MANIFEST_UNKNOWN',
    async lab => {
      const repository = lab.repository()
      await lab.pushImage(repository, 'a')
      return refusalOf(await lab.get(`/v2/${repository}/manifests/b`))
    }
  ),
  must(
    'end-3 unknown digest',
    'If the manifest is not found in the repository, the response code MUST be 404',
    '404 MANIFEST_UNKNOWN',
    async lab => {
      const repository = lab.repository()
      await lab.pushImage(repository, 'a')
      return refusalOf(await lab.get(`/v2/${repository}/manifests/${ABSENT}`))
    }
  ),
  must(
    'end-3 unknown repository',
    'An attempt to pull a nonexistent repository MUST return response code 404',
    404,
    async lab => {
      return lab.manifestStatus(lab.repository(), 'a')
    }
  ),
  must(
    'end-3 of another repository',
    'If the manifest is not found in the repository, the response code MUST be 404',
    404,
    async lab => {
      const image = await lab.pushImage(lab.repository(), 'a')
      const other = lab.repository()
      await lab.pushImage(other, 'b')
      return lab.manifestStatus(other, image.digest)
    }
  ),
  mustBeOneOf(
    'end-3 malformed digest',
    '<tag-or-digest> MUST NOT be in any other format',
    [400, 404],
    async lab => {
      const repository = lab.repository()
      await lab.pushImage(repository, 'a')
      return lab.manifestStatus(repository, 'sha256:baddigeststring')
    }
  ),
  must(
    'end-3 HEAD by tag',
    'HEAD MUST return 200, MUST contain the digest, MUST contain the size in Content-Length',
    [200, true, true, 0],
    async lab => {
      const {image, repository} = await pulled(lab, 'tag')
      return headFacts(lab, `/v2/${repository}/manifests/tag`, image)
    }
  ),
  must(
    'end-3 HEAD by digest',
    'HEAD MUST return 200, MUST contain the digest, MUST contain the size in Content-Length',
    [200, true, true, 0],
    async lab => {
      const {image, repository} = await pulled(lab, 'tag')
      return headFacts(lab, `/v2/${repository}/manifests/${image.digest}`, image)
    }
  ),
  must(
    'end-3 HEAD of nothing',
    'If the manifest is not found in the repository, the response code MUST be 404',
    [404, 404, 0],
    async lab => {
      const repository = lab.repository()
      await lab.pushImage(repository, 'a')
      const byTag = await lab.head(`/v2/${repository}/manifests/b`)
      return [
        byTag.status,
        (await lab.head(`/v2/${repository}/manifests/${ABSENT}`)).status,
        byTag.body.length
      ]
    }
  ),
  should(
    'end-3 If-None-Match',
    'implementations SHOULD follow the HTTP semantics of RFC 9110 (13.1.2)',
    [304, 0],
    async lab => {
      const {answer, repository} = await pulled(lab, 'tag')
      const etag = answer.headers['etag'] ?? 'none'
      const again = await lab.get(`/v2/${repository}/manifests/tag`, {'if-none-match': etag})
      return [again.status, again.body.length]
    }
  ),
  should('end-3 Accept of anything', 'content negotiation: */* takes what is there', 200, async lab => {
    const repository = lab.repository()
    const index = await lab.pushManifest(repository, indexOf([await lab.pushImage(repository)]))
    return (await lab.get(`/v2/${repository}/manifests/${index.digest}`, {accept: '*/*'})).status
  }),
  must(
    'end-2 GET',
    'A GET request to an existing blob URL MUST provide the expected blob, with 200',
    [200, true],
    async lab => {
      const {answer, blob} = await pulledBlob(lab)
      return [answer.status, answer.body.equals(blob.bytes)]
    }
  ),
  must(
    'end-2 digest header',
    'A successful response MUST contain the digest in Docker-Content-Digest',
    true,
    async lab => {
      const {answer, blob} = await pulledBlob(lab)
      return answer.headers['docker-content-digest'] === blob.digest
    }
  ),
  must(
    'end-2 unknown',
    'If the blob is not found in the repository, the response code MUST be 404',
    '404 BLOB_UNKNOWN',
    async lab => {
      const {repository} = await pulledBlob(lab)
      return refusalOf(await lab.get(`/v2/${repository}/blobs/${ABSENT}`))
    }
  ),
  must(
    'end-2 of another repository',
    'If the blob is not found in the repository, the response code MUST be 404',
    404,
    async lab => {
      const {blob} = await pulledBlob(lab)
      const {repository: other} = await pulledBlob(lab)
      return lab.blobStatus(other, blob.digest)
    }
  ),
  must(
    'end-2 HEAD',
    'HEAD MUST return 200, MUST contain the digest, MUST contain the size in Content-Length',
    [200, true, true, 0],
    async lab => {
      const {repository, blob} = await pulledBlob(lab)
      return headFacts(lab, `/v2/${repository}/blobs/${blob.digest}`, blob)
    }
  ),
  must(
    'end-2 HEAD of nothing',
    'If the blob is not found in the repository, the response code MUST be 404',
    404,
    async lab => {
      const {repository} = await pulledBlob(lab)
      return lab.blobStatus(repository, ABSENT)
    }
  ),
  must(
    'end-2 empty blob',
    'A GET request to an existing blob URL MUST provide the expected blob, with 200',
    [200, 0, '0'],
    async lab => {
      const repository = lab.repository()
      const blob = blobOf('')
      await lab.pushBlob(repository, blob)
      const answer = await lab.get(`/v2/${repository}/blobs/${blob.digest}`)
      return [answer.status, answer.body.length, answer.headers['content-length']]
    }
  ),
  should(
    'end-2 If-None-Match',
    'implementations SHOULD follow the HTTP semantics of RFC 9110 (13.1.2)',
    304,
    async lab => {
      const {answer, repository, blob} = await pulledBlob(lab)
      const etag = answer.headers['etag'] ?? 'none'
      return (await lab.get(`/v2/${repository}/blobs/${blob.digest}`, {'if-none-match': etag})).status
    }
  ),
  ...(
    [
      ['bytes=10-19', [206, 'bytes 10-19/64', true]],
      ['bytes=60-', [206, 'bytes 60-63/64', true]],
      ['bytes=-4', [206, 'bytes 60-63/64', true]],
      ['bytes=60-1000', [206, 'bytes 60-63/64', true]],
      ['bytes=64-', [416, 'bytes */64', false]],
      ['bytes=0-0', [206, 'bytes 0-0/64', true]]
    ] as const
  ).map(([range, expected]) =>
    should(
      `end-2 Range ${range}`,
      'A registry SHOULD support the Range request header (RFC 9110, section 14)',
      expected,
      async lab => {
        const {repository, blob} = await pulledBlob(lab)
        const answer = await lab.get(`/v2/${repository}/blobs/${blob.digest}`, {range})
        const [, first = '-1', last = '-1'] =
          /bytes (\d+)-(\d+)/.exec(answer.headers['content-range'] ?? '') ?? []
        const part = blob.bytes.subarray(Number(first), Number(last) + 1)
        return [answer.status, answer.headers['content-range'], first !== '-1' && answer.body.equals(part)]
      }
    )
  ),
  ...['a', 'a/b', 'a.b', 'a_b', 'a__b', 'a-b', 'a---b', 'a0/b1/c2/d3', '0'].map(name =>
    must(`name ${name}`, '<name> MUST match the regular expression', 202, async lab => {
      return (await lab.send('POST', `/v2/${name}/blobs/uploads/`)).status
    })
  ),
  ...['A', 'a/B', '-a', 'a-', 'a..b', 'a___b', '.a', 'a_', 'a/-b', 'a@b'].map(name =>
    mustBeOneOf(`no name ${name}`, '<name> MUST match the regular expression', [404, 400], async lab => {
      return (await lab.send('POST', `/v2/${name}/blobs/uploads/`)).status
    })
  ),
  ...['a', '1', '_', 'A.b-c_D', 'x'.repeat(128)].map(tag =>
    must(
      `tag ${tag.slice(0, 12)} of ${tag.length}`,
      'a tag MUST be at most 128 characters and MUST match the expression',
      [201, 200],
      async lab => {
        const repository = lab.repository()
        const image = await lab.pushImage(repository)
        return [
          (await lab.putManifest(repository, tag, image)).status,
          await lab.manifestStatus(repository, tag)
        ]
      }
    )
  ),
  ...['-a', '.a', 'a+b', 'a%20b', 'x'.repeat(129)].map(tag =>
    mustBeOneOf(
      `no tag ${tag.slice(0, 12)} of ${tag.length}`,
      'a tag MUST be at most 128 characters and MUST match the expression',
      [400, 404],
      async lab => {
        const repository = lab.repository()
        const image = await lab.pushImage(repository)
        return (await lab.putManifest(repository, tag, image)).status
      }
    )
  ),
  must(
    'error body',
    'If the response body is in JSON format: errors, each with a code of uppercase characters and underscores',
    true,
    async lab => {
      const {repository} = await pulledBlob(lab)
      const codes = codesOf(await lab.get(`/v2/${repository}/blobs/${ABSENT}`))
      return codes.length > 0 && codes.every(code => /^[A-Z_]+$/.test(code))
    }
  )
]

async function pulled(lab: Lab, by: 'tag' | 'digest') {
  const repository = lab.repository()
  const image = await lab.pushImage(repository, 'tag')
  const reference = by === 'tag' ? 'tag' : image.digest
  return {repository, image, answer: await lab.get(`/v2/${repository}/manifests/${reference}`)}
}

async function pulledBlob(lab: Lab) {
  const repository = lab.repository()
  const blob = blobOf()
  await lab.pushBlob(repository, blob)
  return {repository, blob, answer: await lab.get(`/v2/${repository}/blobs/${blob.digest}`)}
}

async function headFacts(lab: Lab, path: string, content: {digest: string; size: number}) {
  const {status, headers, body} = await lab.head(path)
  const isSize = headers['content-length'] === String(content.size)
  return [status, headers['docker-content-digest'] === content.digest, isSize, body.length]
}

async function pushKind(
  lab: Lab,
  repository: string,
  kind: 'manifest' | 'index' | 'dockerManifest' | 'dockerList'
) {
  if (kind === 'manifest') return lab.pushImage(repository)
  if (kind === 'index') return lab.pushManifest(repository, indexOf([await lab.pushImage(repository)]))
  const {config, layer} = imageBlobs()
  await lab.pushBlob(repository, config)
  await lab.pushBlob(repository, layer)
  const image = manifestOf(TYPES.dockerManifest, {
    config: descriptorOf(config, TYPES.dockerConfig),
    layers: [descriptorOf(layer, TYPES.dockerLayer)]
  })
  await lab.pushManifest(repository, image)
  if (kind === 'dockerManifest') return image
  const platform = {os: 'linux', architecture: 'amd64'}
  const list = manifestOf(TYPES.dockerList, {
    manifests: [{...descriptorOf(image, image.mediaType), platform}]
  })
  return lab.pushManifest(repository, list)
}
