import {
  type Answer,
  type Lab,
  TYPES,
  blobOf,
  descriptorOf,
  indexOf,
  jsonOf,
  manifestOf,
  refusalOf
} from './lab.js'
import {type Requirement, may, must, should} from './requirement.js'

const ALL = ['1.0', '1.10', '1.2', 'B', 'a', 'b', 'latest']
/** In no order, so that a registry that lists them as they were made is seen. */
const CREATED = ['b', '1.0', 'latest', 'a', '1.10', 'B', '1.2']

/** "Listing Tags" and "Listing Referrers". */
export const DISCOVERY: readonly Requirement[] = [
  must(
    'end-8a list',
    'Upon success, the response MUST be a json body with name and tags',
    [200, true, ALL],
    async lab => {
      const repository = await tagged(lab)
      const answer = await lab.get(`/v2/${repository}/tags/list`)
      const {name, tags} = jsonOf(answer)
      return [answer.status, name === repository, [...(tags as string[])].sort()]
    }
  ),
  must('end-8a order', 'the tags MUST be in lexical or "ASCIIbetical" order', true, async lab => {
    const answer = await lab.get(`/v2/${await tagged(lab)}/tags/list`)
    const tags = jsonOf(answer)['tags'] as string[]
    const lexical = [...tags].sort((one, other) => one.toLowerCase().localeCompare(other.toLowerCase(), 'en'))
    return [JSON.stringify(ALL), JSON.stringify(lexical)].includes(JSON.stringify(tags))
  }),
  must('end-8a unknown repository', 'end-8a: failure 404', '404 NAME_UNKNOWN', async lab => {
    return refusalOf(await lab.get(`/v2/${lab.repository()}/tags/list`))
  }),
  must(
    'end-8a no tags',
    'Assuming a repository is found, this MUST return 200; the list MAY be empty',
    [200, []],
    async lab => {
      const repository = lab.repository()
      await lab.pushImage(repository)
      const answer = await lab.get(`/v2/${repository}/tags/list`)
      return [answer.status, answer.status === 200 ? jsonOf(answer)['tags'] : []]
    }
  ),
  must('end-8b n', 'the response MUST include <int> results, or a Link header', 2, async lab => {
    return (await listed(lab, await tagged(lab), '?n=2')).length
  }),
  may(
    'end-8b Link',
    'If included, the Link header MUST be with the Relation Type rel="next"',
    [true],
    async lab => {
      const answer = await lab.get(`/v2/${await tagged(lab)}/tags/list?n=2`)
      return /^<[^>]+>; *rel="?next"?$/.test(answer.headers['link'] ?? '')
    }
  ),
  must('end-8b following Link', 'a subset of the tags: all pages together are the list', ALL, async lab => {
    const repository = await tagged(lab)
    const pages: string[] = []
    for (let next: string | undefined = `/v2/${repository}/tags/list?n=3`; next;) {
      const answer: Answer = await lab.get(next)
      pages.push(...(jsonOf(answer)['tags'] as string[]))
      const link: string | undefined = /<([^>]+)>/.exec(answer.headers['link'] ?? '')?.[1]
      next = link && new URL(link, `http://${lab.registry.host}/v2/${repository}/tags/list`).href
    }
    return pages.sort()
  }),
  must(
    'end-8b n of zero',
    'When n is zero, this endpoint MUST return an empty list, and MUST NOT include a Link',
    [200, [], false],
    async lab => {
      const answer = await lab.get(`/v2/${await tagged(lab)}/tags/list?n=0`)
      const tags = jsonOf(answer)['tags'] as string[]
      return [answer.status, [...tags].sort(), answer.headers['link'] !== undefined]
    }
  ),
  must(
    'end-8b n beyond the end',
    'MAY return fewer results when the total number of tags is less',
    [ALL, false],
    async lab => {
      const answer = await lab.get(`/v2/${await tagged(lab)}/tags/list?n=100`)
      return [[...(jsonOf(answer)['tags'] as string[])].sort(), answer.headers['link'] !== undefined]
    }
  ),
  must('end-8b last', 'beginning non-inclusively with <tagname>; n is OPTIONAL', ['latest'], async lab => {
    return listed(lab, await tagged(lab), '?last=b')
  }),
  must(
    'end-8b n and last',
    'up to <int> tags after <tagname> will be returned',
    ['1.10', '1.2'],
    async lab => {
      return listed(lab, await tagged(lab), '?n=2&last=1.0')
    }
  ),
  must(
    'end-8b last that is no tag',
    '<tagname> is a proper tag, whether it is there or not',
    ['latest'],
    async lab => {
      return listed(lab, await tagged(lab), '?last=bb')
    }
  ),
  must(
    'end-12a list',
    'MUST return 200, MUST be application/vnd.oci.image.index.v1+json, an image index',
    [200, TYPES.index, 2, TYPES.index, 1],
    async lab => {
      const {repository, subject} = await referred(lab)
      const answer = await lab.get(`/v2/${repository}/referrers/${subject.digest}`)
      const {schemaVersion, mediaType, manifests} = answer.status === 200 ? jsonOf(answer) : {}
      return [
        answer.status,
        answer.headers['content-type'],
        schemaVersion,
        mediaType,
        (manifests as unknown[] | undefined)?.length
      ]
    }
  ),
  must(
    'end-12a entry',
    'descriptors MUST include artifactType and annotations from the image manifest',
    [true],
    async lab => {
      const {repository, subject, artifact} = await referred(lab)
      const expected = {
        ...descriptorOf(artifact, TYPES.manifest),
        artifactType: 'application/vnd.example.one',
        annotations: {note: 'one'}
      }
      return (await referrers(lab, repository, subject.digest)).map(entry => sameFields(entry, expected))
    }
  ),
  must(
    'end-12a artifactType of the config',
    'If the artifactType is empty or missing, it MUST be the config descriptor mediaType',
    ['application/vnd.example.config'],
    async lab => {
      const repository = lab.repository()
      const subject = await lab.pushImage(repository)
      await pushReferrer(lab, repository, subject.digest, {artifactType: undefined})
      return (await referrers(lab, repository, subject.digest)).map(entry => entry['artifactType'])
    }
  ),
  must(
    'end-12a index',
    'If the artifactType is missing in an index, the artifactType MUST be omitted',
    [[TYPES.index, undefined]],
    async lab => {
      const repository = lab.repository()
      const subject = await lab.pushImage(repository)
      await lab.pushManifest(repository, indexOf([], {subject: descriptorOf(subject, TYPES.manifest)}))
      const entries = await referrers(lab, repository, subject.digest)
      return entries.map(entry => [entry['mediaType'], entry['artifactType']])
    }
  ),
  must(
    'end-12a nothing',
    'If a query results in no matching referrers, an empty manifest list MUST be returned',
    [200, TYPES.index, []],
    async lab => {
      const repository = lab.repository()
      await lab.pushImage(repository)
      return emptyList(await lab.get(`/v2/${repository}/referrers/${blobOf().digest}`))
    }
  ),
  must(
    'end-12a unknown repository',
    'the registry MUST NOT return a 404 Not Found to a referrers API request',
    [200, TYPES.index, []],
    async lab => {
      return emptyList(await lab.get(`/v2/${lab.repository()}/referrers/${blobOf().digest}`))
    }
  ),
  must(
    'end-12a malformed digest',
    'such as a <digest> with an invalid syntax, a 400 Bad Request MUST be returned',
    400,
    async lab => {
      const {repository} = await referred(lab)
      return (await lab.get(`/v2/${repository}/referrers/sha256:abc`)).status
    }
  ),
  must(
    'end-12a pushed before its subject',
    'allowing clients to push a manifest and referrers in either order',
    1,
    async lab => {
      const repository = lab.repository()
      const {digest} = blobOf()
      await pushReferrer(lab, repository, digest, {})
      return (await referrers(lab, repository, digest)).length
    }
  ),
  must(
    'end-12a of this repository',
    'Each descriptor is of a manifest in the same <name> namespace',
    0,
    async lab => {
      const {subject} = await referred(lab)
      const other = lab.repository()
      await lab.pushImage(other)
      return (await referrers(lab, other, subject.digest)).length
    }
  ),
  must(
    'end-12a after deletion',
    'a list of manifests with a subject relationship: what is deleted is not listed',
    0,
    async lab => {
      const {repository, subject, artifact} = await referred(lab)
      await lab.send('DELETE', `/v2/${repository}/manifests/${artifact.digest}`)
      return (await referrers(lab, repository, subject.digest)).length
    }
  ),
  should(
    'end-12b filter',
    'If filtering is applied, the response MUST include OCI-Filters-Applied: artifactType',
    ['artifactType', ['application/vnd.example.two']],
    async lab => {
      const {repository, subject} = await referred(lab)
      await pushReferrer(lab, repository, subject.digest, {artifactType: 'application/vnd.example.two'})
      return filtered(
        lab,
        `/v2/${repository}/referrers/${subject.digest}?artifactType=application/vnd.example.two`
      )
    }
  ),
  should(
    'end-12b filter that leaves nothing',
    'an empty manifest list MUST be returned',
    ['artifactType', []],
    async lab => {
      const {repository, subject} = await referred(lab)
      return filtered(
        lab,
        `/v2/${repository}/referrers/${subject.digest}?artifactType=application%2Fvnd.example.none`
      )
    }
  )
]

async function tagged(lab: Lab): Promise<string> {
  const repository = lab.repository()
  const image = await lab.pushImage(repository)
  for (const tag of CREATED) await lab.pushManifest(repository, image, tag)
  return repository
}

async function listed(lab: Lab, repository: string, query: string): Promise<string[]> {
  const answer = await lab.get(`/v2/${repository}/tags/list${query}`)
  return [...(jsonOf(answer)['tags'] as string[])].sort()
}

async function referred(lab: Lab) {
  const repository = lab.repository()
  const subject = await lab.pushImage(repository, 'subject')
  const artifact = await pushReferrer(lab, repository, subject.digest, {annotations: {note: 'one'}})
  return {repository, subject, artifact}
}

async function pushReferrer(lab: Lab, repository: string, digest: string, fields: object) {
  const config = blobOf('{}')
  await lab.pushBlob(repository, config)
  const manifest = manifestOf(TYPES.manifest, {
    artifactType: 'application/vnd.example.one',
    config: descriptorOf(config, 'application/vnd.example.config'),
    layers: [],
    subject: {mediaType: TYPES.manifest, digest, size: 123},
    ...fields
  })
  return lab.pushManifest(repository, manifest)
}

async function referrers(lab: Lab, repository: string, digest: string): Promise<Record<string, unknown>[]> {
  const answer = await lab.get(`/v2/${repository}/referrers/${digest}`)
  const manifests = answer.status === 200 ? jsonOf(answer)['manifests'] : []
  return (manifests ?? []) as Record<string, unknown>[]
}

function emptyList(answer: Answer) {
  const manifests = answer.status === 200 ? jsonOf(answer)['manifests'] : undefined
  return [answer.status, answer.headers['content-type'], manifests]
}

async function filtered(lab: Lab, path: string) {
  const answer = await lab.get(path)
  const entries = answer.status === 200 ? (jsonOf(answer)['manifests'] as Record<string, unknown>[]) : []
  return [answer.headers['oci-filters-applied'], entries.map(entry => entry['artifactType'])]
}

function sameFields(entry: Record<string, unknown>, expected: object): boolean {
  return Object.entries(expected).every(
    ([key, value]) => JSON.stringify(entry[key]) === JSON.stringify(value)
  )
}
