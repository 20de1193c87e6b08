/** What a registry answers instead, by the id of the requirement. */
export type Differences = Readonly<Record<string, unknown>>

/** Both distributions know neither referrers nor subjects. */
const NO_REFERRERS: Differences = {
  'end-7a OCI-Subject': false,
  'end-7a OCI-Subject of an index': false,
  'end-12a list': [404, 'text/plain; charset=utf-8', undefined, undefined, undefined],
  'end-12a entry': [],
  'end-12a artifactType of the config': [],
  'end-12a index': [],
  'end-12a nothing': [404, 'text/plain; charset=utf-8', undefined],
  'end-12a unknown repository': [404, 'text/plain; charset=utf-8', undefined],
  'end-12a malformed digest': 404,
  'end-12a pushed before its subject': 0,
  'end-12b filter': [undefined, []],
  'end-12b filter that leaves nothing': [undefined, []]
}

const SORTED = ['1.0', '1.10', '1.2', 'B', 'a', 'b', 'latest']

/**
 * What real registries answer instead of what the specification says. Asserted as strictly as the requirements, so
 * that a version that mends one is seen. Versions: distribution 3.1.2 and 2.8.2, olareg 0.1.2; seen in November 2026.
 */
export const DIFFERENCES: Readonly<Record<string, Differences>> = {
  olareg: {
    'end-3 If-None-Match': [200, 400],
    'end-3 Accept of anything': 404,
    'end-2 If-None-Match': 200,
    'end-6 digest header': false,
    'end-6 wrong digest': ['400 BLOB_UPLOAD_INVALID', 404, 404],
    'end-6 unknown upload': '400 BLOB_UPLOAD_UNKNOWN',
    'end-4b wrong digest': '400 BLOB_UPLOAD_INVALID',
    'end-5 length of the range': 202,
    'end-5 unknown upload': '400 BLOB_UPLOAD_UNKNOWN',
    'end-13 unknown upload': '400 BLOB_UPLOAD_UNKNOWN',
    'end-14 DELETE': [202, 400],
    'end-14 unknown upload': 400,
    'end-11 digest header': false,
    'end-7a non-distributable layer': 400,
    'end-7a type mismatch': 201,
    'end-7a wrong schema version': 201,
    'end-7a image and index at once': 201,
    'end-7a too large': 201,
    'end-8a unknown repository': '200',
    'end-8b n of zero': 'failed: socket hang up',
    // null where an empty list must stand: a client has to take both.
    'end-12a nothing': [200, 'application/vnd.oci.image.index.v1+json', null],
    'end-12a unknown repository': [200, 'application/vnd.oci.image.index.v1+json', null],
    'end-12a malformed digest': 200,
    // A child that was only reached through the index goes with it: a clean-up must push or tag what it keeps.
    'end-9 index leaves its children': [202, 404]
  },
  'distribution 3': {
    ...NO_REFERRERS,
    'end-5 form of the range': 500,
    'end-7a non-distributable layer': 500,
    'end-7a wrong schema version': 500,
    'end-7a too large': 400,
    'end-7a sha512': [400, 404],
    'end-8a no tags': [404, []]
  },
  'distribution 2.8': {
    ...NO_REFERRERS,
    'end-3 malformed digest': 500,
    // An OCI index is not found by those who do not accept its type.
    'end-3 Accept of anything': 404,
    'end-2 Range bytes=64-': 'failed: aborted',
    // Content-Range is not looked at: chunks are simply added.
    'end-5 a gap': 202,
    'end-5 the same again': 202,
    'end-5 not from 0': 202,
    'end-6 final chunk out of order': 400,
    'end-13 going on after 416': 'failed: no Location in an answer with status 404',
    'end-5 form of the range': 202,
    'end-5 length of the range': 202,
    'end-7a malformed digest': 500,
    'end-7a non-distributable layer': 500,
    'end-7a wrong schema version': 500,
    'end-7a too large': 400,
    'end-7a sha512': [400, 404],
    'end-8a order': false,
    'end-8a no tags': [404, []],
    // No pages at all: n and last are not looked at.
    'end-8b n': 7,
    'end-8b Link': false,
    'end-8b n of zero': [200, SORTED, false],
    'end-8b last': SORTED,
    'end-8b n and last': SORTED,
    'end-8b last that is no tag': SORTED,
    // No deletion by tag.
    'end-9 tag': [400, 200],
    'end-9 tag leaves the rest': [400, 200, 200, ['a', 'b']],
    'end-9 unknown tag': 400
  }
}

/** A token of the embedded registry allows only what was asked for, so that nothing is mounted from where it was not. */
export const WITH_TOKENS: Differences = {'end-11 without from': 202}
