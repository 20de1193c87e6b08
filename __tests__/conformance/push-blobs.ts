import {type Answer, type Content, type Lab, blobOf, locationOf, refusalOf, withDigest} from './lab.js'
import {type Requirement, may, must, mustBeOneOf, should} from './requirement.js'

/** "Pushing blobs", "Cancel a blob upload" and "Mounting a blob from another repository". */
export const PUSH_BLOBS: readonly Requirement[] = [
  must(
    'end-4a POST',
    'Upon success, the response MUST have a code of 202 Accepted, and MUST include Location',
    [202, true],
    async lab => {
      const answer = await lab.send('POST', `/v2/${lab.repository()}/blobs/uploads/`)
      return [answer.status, answer.headers['location'] !== undefined]
    }
  ),
  must(
    'end-4a unique session',
    'The <blob-push-location> MUST contain a UUID representing a unique session ID',
    false,
    async lab => {
      const repository = lab.repository()
      return (await lab.startUpload(repository)) === (await lab.startUpload(repository))
    }
  ),
  must(
    'end-6 PUT',
    'Upon successful completion, the response MUST have code 201 and Location, a pullable blob URL',
    [201, 200, true],
    async lab => {
      const blob = blobOf()
      const location = await lab.startUpload(lab.repository())
      const done = await lab.send('PUT', withDigest(location, blob.digest), {body: blob.bytes})
      const pulled = await lab.get(locationOf(done))
      return [done.status, pulled.status, pulled.body.equals(blob.bytes)]
    }
  ),
  should(
    'end-6 digest header',
    'The Docker-Content-Digest header returns the digest of the uploaded blob',
    true,
    async lab => {
      const blob = blobOf()
      const location = await lab.startUpload(lab.repository())
      const done = await lab.send('PUT', withDigest(location, blob.digest), {body: blob.bytes})
      return done.headers['docker-content-digest'] === blob.digest
    }
  ),
  must(
    'end-6 wrong digest',
    'the <digest> MUST match: else 400 DIGEST_INVALID, and nothing is stored',
    ['400 DIGEST_INVALID', 404, 404],
    async lab => {
      const repository = lab.repository()
      const [wanted, sent] = [blobOf(), blobOf()]
      const location = await lab.startUpload(repository)
      const done = await lab.send('PUT', withDigest(location, wanted.digest), {body: sent.bytes})
      return [
        refusalOf(done),
        await lab.blobStatus(repository, wanted.digest),
        await lab.blobStatus(repository, sent.digest)
      ]
    }
  ),
  ...[
    ['no digest', 'sha256:abc'],
    ['upper case hex', `sha256:${'A'.repeat(64)}`],
    ['an unsupported algorithm', 'md5:d41d8cd98f00b204e9800998ecf8427e'],
    ['an unknown algorithm', `sha999:${'0'.repeat(64)}`]
  ].map(([name = '', digest = '']) =>
    should(
      `end-6 ${name}`,
      'if the digest is invalid or uses an unsupported algorithm, the registry SHOULD respond with 400',
      '400 DIGEST_INVALID',
      async lab => {
        const location = await lab.startUpload(lab.repository())
        return refusalOf(await lab.send('PUT', withDigest(location, digest), {body: 'x'}))
      }
    )
  ),
  must(
    'end-6 without a digest',
    'The closing PUT request MUST include the <digest> of the whole blob',
    400,
    async lab => {
      const location = await lab.startUpload(lab.repository())
      return (await lab.send('PUT', location, {body: 'x'})).status
    }
  ),
  must('end-6 unknown upload', 'end-6: failure 404', '404 BLOB_UPLOAD_UNKNOWN', async lab => {
    const {location, blob} = await endedUpload(lab)
    return refusalOf(await lab.send('PUT', withDigest(location, blob.digest), {body: blob.bytes}))
  }),
  must('end-6 again', 'a blob that is there already can be uploaded again', 201, async lab => {
    const repository = lab.repository()
    const blob = blobOf()
    await lab.pushBlob(repository, blob)
    const location = await lab.startUpload(repository)
    return (await lab.send('PUT', withDigest(location, blob.digest), {body: blob.bytes})).status
  }),
  must(
    'end-6 at the same time',
    'If process A and B upload the same layer at the same time, both operations will proceed',
    [201, 201, 201, 201],
    async lab => {
      const repository = lab.repository()
      const blob = blobOf(300_000)
      const push = async (): Promise<number> => {
        const location = await lab.startUpload(repository)
        return (await lab.send('PUT', withDigest(location, blob.digest), {body: blob.bytes})).status
      }
      return Promise.all([push(), push(), push(), push()])
    }
  ),
  may(
    'end-4b single POST',
    'Registries MAY support pushing blobs using a single POST: 201 and Location, else 202',
    ['201 200', '202'],
    async lab => {
      const repository = lab.repository()
      const blob = blobOf()
      const answer = await lab.send('POST', `/v2/${repository}/blobs/uploads/?digest=${blob.digest}`, {
        body: blob.bytes
      })
      return answer.status === 201
        ? `201 ${(await lab.get(locationOf(answer))).status}`
        : String(answer.status)
    }
  ),
  may('end-4b wrong digest', 'the <digest> MUST match the blob', ['400 DIGEST_INVALID', '202'], async lab => {
    const query = `digest=${blobOf().digest}`
    return refusalOf(
      await lab.send('POST', `/v2/${lab.repository()}/blobs/uploads/?${query}`, {body: 'something else'})
    )
  }),
  must(
    'end-5 first chunk',
    'The response for each successful chunk upload MUST be 202, and MUST have Location and Range',
    [202, true, '0-99'],
    async lab => {
      const {answer} = await firstChunk(lab)
      return [answer.status, answer.headers['location'] !== undefined, answer.headers['range']]
    }
  ),
  must(
    'end-5 next chunk',
    'Range: <end-of-range> is the position of the last uploaded byte',
    [202, '0-199'],
    async lab => {
      const {answer, blob} = await firstChunk(lab)
      const next = await patch(lab, answer, blob.bytes.subarray(100, 200), '100-199')
      return [next.status, next.headers['range']]
    }
  ),
  must(
    'end-5 closing without a body',
    'the session MUST be closed with a PUT request: 201 and Location',
    [201, true],
    async lab => {
      const {answer, blob} = await firstChunk(lab)
      const next = await patch(lab, answer, blob.bytes.subarray(100), '100-299')
      return closed(lab, next, blob, {})
    }
  ),
  must(
    'end-6 final chunk in PUT',
    'it MAY be uploaded in the closing PUT request: 201',
    [201, true],
    async lab => {
      const {answer, blob} = await firstChunk(lab)
      const headers = {'content-range': '100-299', 'content-type': 'application/octet-stream'}
      return closed(lab, answer, blob, {headers, body: blob.bytes.subarray(100)})
    }
  ),
  must(
    'end-5 a gap',
    'If a chunk is uploaded out of order, the registry MUST respond with a 416',
    416,
    async lab => {
      const {answer, blob} = await firstChunk(lab)
      return (await patch(lab, answer, blob.bytes.subarray(200), '200-299')).status
    }
  ),
  must(
    'end-5 the same again',
    'If a chunk is uploaded out of order, the registry MUST respond with a 416',
    416,
    async lab => {
      const {answer, blob} = await firstChunk(lab)
      return (await patch(lab, answer, blob.bytes.subarray(0, 100), '0-99')).status
    }
  ),
  must('end-5 not from 0', "The first chunk's range MUST begin with 0", 416, async lab => {
    const location = await lab.startUpload(lab.repository())
    const call = {headers: {'content-range': '10-19'}, body: Buffer.alloc(10)}
    return (await lab.send('PATCH', location, call)).status
  }),
  must(
    'end-6 final chunk out of order',
    'If the final chunk is uploaded out of order, the registry MUST respond with a 416',
    416,
    async lab => {
      const {answer, blob} = await firstChunk(lab)
      const headers = {'content-range': '200-299'}
      const url = withDigest(locationOf(answer), blob.digest)
      return (await lab.send('PUT', url, {headers, body: blob.bytes.subarray(200)})).status
    }
  ),
  must(
    'end-13 going on after 416',
    'To get the current status after a 416 error, issue a GET request',
    [204, '0-99', 201, true],
    async lab => {
      const {answer, blob} = await firstChunk(lab)
      await patch(lab, answer, blob.bytes.subarray(200), '200-299')
      const status = await lab.get(locationOf(answer))
      const next = await patch(lab, status, blob.bytes.subarray(100), '100-299')
      return [status.status, status.headers['range'], ...(await closed(lab, next, blob, {}))]
    }
  ),
  mustBeOneOf('end-5 form of the range', 'The <range> MUST match ^[0-9]+-[0-9]+$', [400, 416], async lab => {
    const location = await lab.startUpload(lab.repository())
    const answer = await lab.send('PATCH', location, {
      headers: {'content-range': 'zero-nine'},
      body: Buffer.alloc(10)
    })
    return answer.status
  }),
  mustBeOneOf(
    'end-5 length of the range',
    '<length> is the content-length of the current chunk: it must fit the range',
    [400, 416],
    async lab => {
      const location = await lab.startUpload(lab.repository())
      const answer = await lab.send('PATCH', location, {
        headers: {'content-range': '0-99'},
        body: Buffer.alloc(10)
      })
      return answer.status
    }
  ),
  must(
    'end-5 stream',
    'a PATCH without a range adds to what is there (historic detail.md, "Stream upload")',
    [202, 201, true],
    async lab => {
      const blob = blobOf(1000)
      const location = await lab.startUpload(lab.repository())
      const answer = await lab.send('PATCH', location, {body: blob.bytes, stream: true})
      return [answer.status, ...(await closed(lab, answer, blob, {}))]
    }
  ),
  must('end-5 unknown upload', 'end-5: failure 404', '404 BLOB_UPLOAD_UNKNOWN', async lab => {
    const {location} = await endedUpload(lab)
    return refusalOf(await lab.send('PATCH', location, {body: 'x'}))
  }),
  must(
    'end-13 GET',
    'The response to an active upload MUST be 204, and MUST have Location and Range',
    [204, true, '0-99'],
    async lab => {
      const {answer} = await firstChunk(lab)
      const status = await lab.get(locationOf(answer))
      return [status.status, status.headers['location'] !== undefined, status.headers['range']]
    }
  ),
  must('end-13 unknown upload', 'end-13: failure 404', '404 BLOB_UPLOAD_UNKNOWN', async lab => {
    const {location} = await endedUpload(lab)
    return refusalOf(await lab.get(location))
  }),
  should(
    'end-14 DELETE',
    'If successful, the response SHOULD be a 204, and the session is gone',
    [204, 404],
    async lab => {
      const {answer} = await firstChunk(lab)
      const cancelled = await lab.send('DELETE', locationOf(answer))
      return [cancelled.status, (await lab.get(locationOf(answer))).status]
    }
  ),
  should('end-14 unknown upload', 'end-14: failure 404', 404, async lab => {
    const {location} = await endedUpload(lab)
    return (await lab.send('DELETE', location)).status
  }),
  must(
    'end-11 mount',
    'The response to a successful mount MUST be 201, and MUST contain Location',
    [201, true, true],
    async lab => {
      const {answer, blob} = await mounted(lab, true)
      const pulled = await lab.get(locationOf(answer))
      return [answer.status, locationOf(answer).includes('conformance/'), pulled.body.equals(blob.bytes)]
    }
  ),
  should(
    'end-11 digest header',
    'The Docker-Content-Digest header returns the digest of the blob',
    true,
    async lab => {
      const {answer, blob} = await mounted(lab, true)
      return answer.headers['docker-content-digest'] === blob.digest
    }
  ),
  may(
    'end-11 without from',
    'The registry MAY treat the from parameter as optional, and it MAY cross-mount the blob',
    [201, 202],
    async lab => {
      return (await mounted(lab, false)).answer.status
    }
  ),
  should(
    'end-11 nothing to mount',
    'if unable to mount the requested blob, it SHOULD return a 202: the upload session has begun',
    [202, 201],
    async lab => {
      const blob = blobOf()
      const source = lab.repository()
      await lab.pushBlob(source, blobOf())
      const query = `mount=${blob.digest}&from=${source}`
      const answer = await lab.send('POST', `/v2/${lab.repository()}/blobs/uploads/?${query}`)
      const done = await lab.send('PUT', withDigest(locationOf(answer), blob.digest), {body: blob.bytes})
      return [answer.status, done.status]
    }
  ),
  should(
    'end-11 unknown source',
    'if unable to mount the requested blob, it SHOULD return a 202',
    202,
    async lab => {
      const query = `mount=${blobOf().digest}&from=${lab.repository()}`
      return (await lab.send('POST', `/v2/${lab.repository()}/blobs/uploads/?${query}`)).status
    }
  ),
  should(
    'end-4c sha512',
    'the post request SHOULD include digest-algorithm where it is not sha256',
    [202, 201, true],
    async lab => {
      const repository = lab.repository()
      const blob = blobOf(500, 'sha512')
      const start = await lab.send('POST', `/v2/${repository}/blobs/uploads/?digest-algorithm=sha512`)
      const done = await lab.send('PUT', withDigest(locationOf(start), blob.digest), {body: blob.bytes})
      const pulled = await lab.get(`/v2/${repository}/blobs/${blob.digest}`)
      return [start.status, done.status, pulled.body.equals(blob.bytes)]
    }
  ),
  should(
    'end-6 sha512 unannounced',
    'digests by another registered algorithm (image-spec, descriptor.md)',
    [202, 201],
    async lab => {
      const blob = blobOf(500, 'sha512')
      const location = await lab.startUpload(lab.repository())
      const chunk = await lab.send('PATCH', location, {headers: {'content-range': '0-499'}, body: blob.bytes})
      return [chunk.status, (await lab.send('PUT', withDigest(locationOf(chunk), blob.digest))).status]
    }
  ),
  should(
    'end-6 wrong sha512',
    'if the digest is invalid, the registry SHOULD respond with 400',
    400,
    async lab => {
      const location = await lab.startUpload(lab.repository())
      const {digest} = blobOf(10, 'sha512')
      return (await lab.send('PUT', withDigest(location, digest), {body: 'something else'})).status
    }
  )
]

/** An upload of 300 bytes, of which the first hundred are sent. */
async function firstChunk(lab: Lab) {
  const blob = blobOf(300)
  const repository = lab.repository()
  const start = await lab.send('POST', `/v2/${repository}/blobs/uploads/`)
  const answer = await patch(lab, start, blob.bytes.subarray(0, 100), '0-99')
  return {repository, blob, answer}
}

function patch(lab: Lab, before: Answer, body: Buffer, range: string): Promise<Answer> {
  const headers = {'content-type': 'application/octet-stream', 'content-range': range}
  return lab.send('PATCH', locationOf(before), {headers, body})
}

/** Closes an upload: the status, and whether the blob can be pulled from the Location. */
async function closed(lab: Lab, before: Answer, blob: Content, call: Parameters<Lab['send']>[2]) {
  const done = await lab.send('PUT', withDigest(locationOf(before), blob.digest), call)
  if (done.status !== 201) return [done.status, false]
  return [201, (await lab.get(locationOf(done))).body.equals(blob.bytes)]
}

/** The Location of an upload that is over. */
async function endedUpload(lab: Lab) {
  const blob = blobOf()
  const location = await lab.startUpload(lab.repository())
  await lab.send('PUT', withDigest(location, blob.digest), {body: blob.bytes})
  return {location, blob}
}

async function mounted(lab: Lab, isNamed: boolean) {
  const blob = blobOf()
  const [source, target] = [lab.repository(), lab.repository()]
  await lab.pushBlob(source, blob)
  const query = `mount=${blob.digest}${isNamed ? `&from=${source}` : ''}`
  return {blob, answer: await lab.send('POST', `/v2/${target}/blobs/uploads/?${query}`)}
}
