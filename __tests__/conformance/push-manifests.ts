import {
  type Content,
  type Lab,
  TYPES,
  blobOf,
  codesOf,
  descriptorOf,
  imageBlobs,
  imageOf,
  indexOf,
  locationOf,
  manifestOf,
  refusalOf
} from './lab.js'
import {type Requirement, may, must, should} from './requirement.js'

const EMPTY = blobOf('{}')

/** "Pushing Manifests" and "Pushing Manifests with Subject". */
export const PUSH_MANIFESTS: readonly Requirement[] = [
  must(
    'end-7a by tag',
    'the registry MUST return 201, and MUST have Location, a pullable manifest URL',
    [201, 200, true],
    async lab => {
      const {repository, image} = await preparedImage(lab)
      const answer = await lab.putManifest(repository, 'a', image)
      const pulled = await lab.get(locationOf(answer))
      return [answer.status, pulled.status, pulled.body.equals(image.bytes)]
    }
  ),
  must(
    'end-7a by digest',
    'the registry MUST return 201, and MUST have Location, a pullable manifest URL',
    [201, 200, true],
    async lab => {
      const {repository, image} = await preparedImage(lab)
      const answer = await lab.putManifest(repository, image.digest, image)
      const pulled = await lab.get(locationOf(answer))
      return [answer.status, pulled.status, pulled.body.equals(image.bytes)]
    }
  ),
  must(
    'end-7a digest header',
    'Docker-Content-Digest MUST be equal to the client provided digest',
    true,
    async lab => {
      const {repository, image} = await preparedImage(lab)
      const answer = await lab.putManifest(repository, image.digest, image)
      return answer.headers['docker-content-digest'] === image.digest
    }
  ),
  must(
    'end-7a no tag by digest',
    'a manifest digest may have zero, one, or many tags referencing it',
    ['a'],
    async lab => {
      const repository = lab.repository()
      await lab.pushImage(repository, 'a')
      await lab.pushImage(repository)
      return (JSON.parse((await lab.get(`/v2/${repository}/tags/list`)).body.toString()) as {tags: unknown})
        .tags
    }
  ),
  must(
    'end-7a exact bytes',
    'The registry MUST store the manifest in the exact byte representation',
    [201, true],
    async lab => {
      const {repository, image} = await preparedImage(lab)
      const odd = manifestOf(
        TYPES.manifest,
        image.document,
        document => `\n${JSON.stringify(document, null, 7)} \n`
      )
      const answer = await lab.putManifest(repository, odd.digest, odd)
      return [
        answer.status,
        (await lab.get(`/v2/${repository}/manifests/${odd.digest}`)).body.equals(odd.bytes)
      ]
    }
  ),
  must(
    'end-7a unknown fields',
    'The registry MUST store the manifest in the exact byte representation',
    [201, true],
    async lab => {
      const {repository, image} = await preparedImage(lab)
      const extended = manifestOf(TYPES.manifest, {...image.document, 'org.example': {x: [1]}})
      const answer = await lab.putManifest(repository, 'a', extended)
      return [answer.status, (await lab.get(`/v2/${repository}/manifests/a`)).body.equals(extended.bytes)]
    }
  ),
  must(
    'end-7a wrong digest',
    'the digest of the path MUST be that of the bytes',
    ['400 DIGEST_INVALID', 404],
    async lab => {
      const {repository, image} = await preparedImage(lab)
      const {digest} = blobOf()
      return [
        refusalOf(await lab.putManifest(repository, digest, image)),
        await lab.manifestStatus(repository, digest)
      ]
    }
  ),
  must(
    'end-7a malformed digest',
    '<tag-or-digest> MUST be either a) a digest or b) a tag',
    400,
    async lab => {
      const {repository, image} = await preparedImage(lab)
      return (await lab.putManifest(repository, 'sha256:baddigeststring', image)).status
    }
  ),
  must('end-7a moving a tag', 'a tag is a pointer: what it pointed at stays', [201, true, 200], async lab => {
    const repository = lab.repository()
    const [first, second] = [await lab.pushImage(repository, 'a'), await lab.pushImage(repository)]
    const answer = await lab.putManifest(repository, 'a', second)
    const now = await lab.head(`/v2/${repository}/manifests/a`)
    return [
      answer.status,
      now.headers['docker-content-digest'] === second.digest,
      await lab.manifestStatus(repository, first.digest)
    ]
  }),
  must('end-7a again', 'the same manifest can be pushed again', 201, async lab => {
    const repository = lab.repository()
    const image = await lab.pushImage(repository, 'a')
    return (await lab.putManifest(repository, 'a', image)).status
  }),
  must('end-7a no layers', 'the list of blobs MAY be empty', 201, async lab => {
    const repository = lab.repository()
    const {config} = imageBlobs()
    await lab.pushBlob(repository, config)
    return (await lab.putManifest(repository, 'a', imageOf(config, []))).status
  }),
  must(
    'end-7a missing layer',
    'When rejected for a missing blob, it MUST result in MANIFEST_BLOB_UNKNOWN',
    '400 MANIFEST_BLOB_UNKNOWN',
    async lab => {
      const repository = lab.repository()
      const {config, layer} = imageBlobs()
      await lab.pushBlob(repository, config)
      return refusalOf(await lab.putManifest(repository, 'a', imageOf(config, [layer])))
    }
  ),
  must(
    'end-7a missing config',
    'When rejected for a missing blob, it MUST result in MANIFEST_BLOB_UNKNOWN',
    '400 MANIFEST_BLOB_UNKNOWN',
    async lab => {
      const repository = lab.repository()
      const {config, layer} = imageBlobs()
      await lab.pushBlob(repository, layer)
      return refusalOf(await lab.putManifest(repository, 'a', imageOf(config, [layer])))
    }
  ),
  must(
    'end-7a layer of another repository',
    'references a blob unknown to the repository',
    '400 MANIFEST_BLOB_UNKNOWN',
    async lab => {
      const {image} = await preparedImage(lab)
      const repository = lab.repository()
      await lab.pushImage(repository, 'a')
      return refusalOf(await lab.putManifest(repository, 'b', image))
    }
  ),
  must(
    'end-7a several missing',
    'one or more MANIFEST_BLOB_UNKNOWN errors',
    ['MANIFEST_BLOB_UNKNOWN'],
    async lab => {
      const {config, layer} = imageBlobs()
      const answer = await lab.putManifest(lab.repository(), 'a', imageOf(config, [layer]))
      return [...new Set(codesOf(answer))]
    }
  ),
  must(
    'end-7a non-distributable layer',
    'image-spec layer.md: such layers SHOULD NOT be uploaded, so they may be absent',
    201,
    async lab => {
      const repository = lab.repository()
      const {config, layer} = imageBlobs()
      await lab.pushBlob(repository, config)
      const mediaType = 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip'
      const foreign = {...descriptorOf(layer, mediaType), urls: ['https://layers.example/a']}
      const image = manifestOf(TYPES.manifest, {
        config: descriptorOf(config, TYPES.config),
        layers: [foreign]
      })
      return (await lab.putManifest(repository, 'a', image)).status
    }
  ),
  must('end-7a index', 'Image Index: a manifest containing a list of manifests', 201, async lab => {
    const repository = lab.repository()
    const children = [await lab.pushImage(repository), await lab.pushImage(repository)]
    return (await lab.putManifest(repository, 'a', indexOf(children))).status
  }),
  must('end-7a nested index', 'image-index.md: an index may list indexes', 201, async lab => {
    const repository = lab.repository()
    const inner = await lab.pushManifest(repository, indexOf([await lab.pushImage(repository)]))
    return (await lab.putManifest(repository, 'a', indexOf([inner]))).status
  }),
  must('end-7a empty index', 'image-index.md: manifests MAY be of size zero', 201, async lab => {
    return (await lab.putManifest(lab.repository(), 'a', indexOf([]))).status
  }),
  must(
    'end-7a missing child',
    'When rejected for a missing manifest, it MUST result in MANIFEST_BLOB_UNKNOWN',
    '400 MANIFEST_BLOB_UNKNOWN',
    async lab => {
      const repository = lab.repository()
      const child = await lab.pushImage(repository)
      const {image} = await preparedImage(lab)
      return refusalOf(await lab.putManifest(repository, 'a', indexOf([child, image])))
    }
  ),
  must('end-7a docker manifest', 'manifests such as ... (and legacy manifests)', [201, 201], async lab => {
    const repository = lab.repository()
    const {config, layer} = imageBlobs()
    await lab.pushBlob(repository, config)
    await lab.pushBlob(repository, layer)
    const image = manifestOf(TYPES.dockerManifest, {
      config: descriptorOf(config, TYPES.dockerConfig),
      layers: [descriptorOf(layer, TYPES.dockerLayer)]
    })
    const first = await lab.putManifest(repository, image.digest, image)
    const platform = {os: 'linux', architecture: 'amd64'}
    const list = manifestOf(TYPES.dockerList, {
      manifests: [{...descriptorOf(image, image.mediaType), platform}]
    })
    return [first.status, (await lab.putManifest(repository, 'a', list)).status]
  }),
  must('end-7a artifact', 'manifest.md "Guidelines for Artifact Usage"', 201, async lab => {
    const repository = lab.repository()
    return (await lab.putManifest(repository, 'a', await preparedArtifact(lab, repository, {}))).status
  }),
  must('end-7a data field', 'descriptor.md "Embedded Content"', 201, async lab => {
    const repository = lab.repository()
    const {config} = imageBlobs()
    await lab.pushBlob(repository, config)
    const described = {...descriptorOf(config, TYPES.config), data: config.bytes.toString('base64')}
    return (
      await lab.putManifest(repository, 'a', manifestOf(TYPES.manifest, {config: described, layers: []}))
    ).status
  }),
  must(
    'end-7a type mismatch',
    'clients MUST set the Content-Type to the mediaType field: else it is refused',
    400,
    async lab => {
      const {repository, image} = await preparedImage(lab)
      return (await lab.putManifest(repository, 'a', {...image, mediaType: TYPES.dockerManifest})).status
    }
  ),
  should(
    'end-7a type parameters',
    'The registry SHOULD ignore parameters on the Content-Type header',
    [201, TYPES.manifest],
    async lab => {
      const {repository, image} = await preparedImage(lab)
      const mediaType = `${image.mediaType}; charset=utf-8`
      const answer = await lab.putManifest(repository, 'a', {...image, mediaType})
      return [answer.status, (await lab.head(`/v2/${repository}/manifests/a`)).headers['content-type']]
    }
  ),
  must('end-7a not JSON', 'code-6 MANIFEST_INVALID: manifest invalid', '400 MANIFEST_INVALID', async lab => {
    const broken = {...blobOf('{"schemaVersion": 2,'), mediaType: TYPES.manifest, document: {}}
    return refusalOf(await lab.putManifest(lab.repository(), 'a', broken))
  }),
  must('end-7a wrong schema version', 'manifest.md: schemaVersion MUST be 2', 400, async lab => {
    const {repository, image} = await preparedImage(lab)
    const wrong = manifestOf(TYPES.manifest, {...image.document, schemaVersion: 1})
    return (await lab.putManifest(repository, 'a', wrong)).status
  }),
  must(
    'end-7a image and index at once',
    'CVE-2021-41190: a document must not be read in two ways',
    400,
    async lab => {
      const {repository, image} = await preparedImage(lab)
      const both = manifestOf(TYPES.manifest, {...image.document, manifests: []})
      return (await lab.putManifest(repository, 'a', both)).status
    }
  ),
  should(
    'end-7a four megabytes',
    'implementations SHOULD expect to support manifest pushes of at least 4 megabytes',
    [201, true],
    async lab => {
      const {repository, image} = await preparedImage(lab)
      const large = manifestOf(TYPES.manifest, {
        ...image.document,
        annotations: {large: 'x'.repeat(4_000_000 - image.size)}
      })
      const answer = await lab.putManifest(repository, 'a', large)
      return [answer.status, (await lab.get(`/v2/${repository}/manifests/a`)).body.equals(large.bytes)]
    }
  ),
  should(
    'end-7a too large',
    'a request to push a manifest over this limit: 413 Payload Too Large',
    413,
    async lab => {
      const {repository, image} = await preparedImage(lab)
      const large = manifestOf(TYPES.manifest, {
        ...image.document,
        annotations: {large: 'x'.repeat(4 * 1024 * 1024)}
      })
      return (await lab.putManifest(repository, 'a', large)).status
    }
  ),
  must(
    'end-7a missing subject',
    'A registry MUST initially accept a subject that does not exist in the repository',
    201,
    async lab => {
      const repository = lab.repository()
      const subject = {mediaType: TYPES.manifest, digest: blobOf().digest, size: 123}
      return (await lab.putManifest(repository, 'a', await preparedArtifact(lab, repository, {subject})))
        .status
    }
  ),
  must(
    'end-7a OCI-Subject',
    'a registry that supports the referrers API MUST respond with OCI-Subject',
    true,
    async lab => {
      const repository = lab.repository()
      const subject = await lab.pushImage(repository)
      const artifact = await preparedArtifact(lab, repository, {
        subject: descriptorOf(subject, subject.mediaType)
      })
      const answer = await lab.putManifest(repository, artifact.digest, artifact)
      return answer.headers['oci-subject'] === subject.digest
    }
  ),
  must(
    'end-7a OCI-Subject of an index',
    'a registry that supports the referrers API MUST respond with OCI-Subject',
    true,
    async lab => {
      const repository = lab.repository()
      const subject = await lab.pushImage(repository)
      const index = indexOf([], {subject: descriptorOf(subject, subject.mediaType)})
      return (
        (await lab.putManifest(repository, index.digest, index)).headers['oci-subject'] === subject.digest
      )
    }
  ),
  should(
    'end-7a sha512',
    '<tag-or-digest> MUST be a digest: sha512 is a registered algorithm',
    [201, 200],
    async lab => {
      const repository = lab.repository()
      const {config} = imageBlobs()
      await lab.pushBlob(repository, config)
      const image = imageOf(config, [])
      const {digest} = blobOf(image.bytes, 'sha512')
      const answer = await lab.putManifest(repository, digest, image)
      return [answer.status, await lab.manifestStatus(repository, digest)]
    }
  ),
  may(
    'end-7b tag parameters',
    'MUST include an OCI-Tag response header for each accepted tag; tags without it are not made',
    ['a, b: 200', 'none: 404'],
    async lab => {
      const {repository, image} = await preparedImage(lab)
      const answer = await lab.putManifest(repository, `${image.digest}?tag=a&tag=b`, image)
      return `${answer.headers['oci-tag'] ?? 'none'}: ${await lab.manifestStatus(repository, 'b')}`
    }
  )
]

/** An image whose blobs are pushed, and which itself is not. */
async function preparedImage(lab: Lab) {
  const repository = lab.repository()
  const {config, layer} = imageBlobs()
  await lab.pushBlob(repository, config)
  await lab.pushBlob(repository, layer)
  return {repository, image: imageOf(config, [layer])}
}

async function preparedArtifact(lab: Lab, repository: string, fields: object) {
  const layer: Content = blobOf()
  await lab.pushBlob(repository, EMPTY)
  await lab.pushBlob(repository, layer)
  return manifestOf(TYPES.manifest, {
    artifactType: 'application/vnd.example.artifact',
    config: descriptorOf(EMPTY, TYPES.empty),
    layers: [descriptorOf(layer, 'application/vnd.example.layer')],
    ...fields
  })
}
