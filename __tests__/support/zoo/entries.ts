import type {ZooEntry, ZooTokens, ZooRewrite} from './entry.js'

const SPEC = 'https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md'
const LOGIN = {username: 'robot', password: 'secret-0123456789'}
/** The tags that the rules of a registry are set up to protect. */
const VERSIONS = /^\d+\.\d+\.\d+$/

const tokensAt = (realm: string, service: string, more: Partial<ZooTokens> = {}): ZooTokens => ({
  realm,
  service,
  ...more
})

/** A registry that does not know `subject` does not say that it took note of it. */
const NO_SUBJECT: ZooRewrite = {kind: 'manifest', method: 'PUT', status: 201, without: ['oci-subject']}

/**
 * The registries of the zoo. A quirk that was read about but not where, is not here. A new one is an entry, or a line of
 * one; a behaviour that none has yet is a field of `ZooEntry` and a case in `quirks.ts`.
 */
export const ZOO: readonly ZooEntry[] = [
  {
    name: 'as the specification has it',
    host: 'registry.example',
    repository: 'org/app',
    sources: [SPEC]
  },
  {
    name: 'GHCR',
    host: 'ghcr.io',
    repository: 'org/app',
    sources: [
      'https://docs.github.com/packages/working-with-a-github-packages-registry/working-with-the-container-registry',
      'https://github.com/coreruleset/modsecurity-crs-docker/issues/449',
      'https://github.com/NVIDIA/aicr/issues/1957',
      'https://github.com/apple/swift-container-plugin/issues/43',
      'https://github.com/podman-container-tools/skopeo/issues/1880'
    ],
    credential: LOGIN,
    tokens: tokensAt('https://ghcr.io/token', 'ghcr.io'),
    referrers: 'not found',
    upload: {location: 'relative'},
    deletion: {
      tag: {status: 405, code: 'UNSUPPORTED', message: 'The operation is unsupported.'},
      digest: {status: 405, code: 'UNSUPPORTED', message: 'The operation is unsupported.'}
    },
    limit: {
      every: 5,
      status: 429,
      code: 'TOOMANYREQUESTS',
      message: 'retry-after: 12.5ms, allowed: 2000/minute'
    }
  },
  {
    name: 'GHCR, with a 502 after the work is done and its secondary limit',
    host: 'ghcr.io',
    repository: 'org/app',
    sources: [
      'https://github.com/project-dalec/dalec/issues/649',
      'https://github.com/markrussinovich/refchecker/issues/67',
      'https://github.com/sbomify/sbomify/issues/1530'
    ],
    credential: LOGIN,
    tokens: tokensAt('https://ghcr.io/token', 'ghcr.io'),
    referrers: 'empty list',
    deletion: {
      tag: {status: 405, code: 'UNSUPPORTED'},
      digest: {status: 405, code: 'UNSUPPORTED'}
    },
    limit: {every: 7, status: 403, code: 'DENIED', message: 'You have exceeded a secondary rate limit'},
    lostAnswer: {
      every: 3,
      status: 502,
      body: '<html>Bad gateway</html>',
      headers: {'content-type': 'text/html'}
    }
  },
  {
    name: 'Docker Hub',
    host: 'docker.io',
    apiHost: 'registry-1.docker.io',
    repository: 'org/app',
    sources: [
      'https://docs.docker.com/reference/api/registry/latest/',
      'https://github.com/google/go-containerregistry/issues/1741',
      'https://github.com/docker/roadmap/issues/724'
    ],
    credential: LOGIN,
    tokens: tokensAt('https://auth.docker.io/token', 'registry.docker.io', {field: 'both'}),
    referrers: 'not found',
    mount: {status: 401, code: 'UNAUTHORIZED', message: 'authentication required'},
    deletion: {
      tag: {status: 405, code: 'UNSUPPORTED'},
      digest: {status: 403, code: 'DENIED', message: 'manifest is referenced'}
    },
    limit: {
      every: 6,
      status: 429,
      code: 'TOOMANYREQUESTS',
      message: 'slow down',
      headers: {'retry-after': '1'}
    }
  },
  {
    name: 'Amazon ECR, tags immutable',
    host: '123456789012.dkr.ecr.eu-central-1.amazonaws.com',
    repository: 'team/app',
    sources: [
      'https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html',
      'https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html',
      'https://github.com/moby/buildkit/issues/3776',
      'https://github.com/google/go-containerregistry/blob/main/pkg/v1/remote/options.go'
    ],
    credential: {username: 'AWS', password: 'ecr-password-0123456789'},
    missingRepository: {
      status: 404,
      code: 'NAME_UNKNOWN',
      message: "The repository with name 'x' does not exist in the registry with id '123456789012'"
    },
    immutable: {
      tags: VERSIONS,
      evenSame: true,
      status: 400,
      code: 'TAG_INVALID',
      message:
        'The image tag already exists in the repository and cannot be overwritten because the tag is immutable.'
    },
    list: {
      page: 100,
      tooLong: {
        above: 1000,
        status: 400,
        code: 'PAGINATION_NUMBER_INVALID',
        message: 'invalid number of results'
      }
    },
    upload: {chunk: {status: 404, code: 'BLOB_UPLOAD_UNKNOWN'}},
    mount: 'upload',
    limit: {every: 8, status: 429, code: 'TOOMANYREQUESTS', message: 'Rate exceeded'}
  },
  {
    name: 'Amazon ECR Public',
    host: 'public.ecr.aws',
    repository: 'a1b2c3d4/app',
    sources: [
      'https://docs.aws.amazon.com/AmazonECR/latest/public/public-registry-auth.html',
      'https://github.com/aws/containers-roadmap/issues/1459'
    ],
    credential: {username: 'AWS', password: 'ecr-password-0123456789'},
    tokens: tokensAt('https://public.ecr.aws/token/', 'public.ecr.aws', {scope: () => 'aws'}),
    mount: {status: 405, code: 'UNSUPPORTED', message: 'blob mount is not supported'},
    referrers: 'method not allowed',
    deletion: {tag: {status: 405, code: 'UNSUPPORTED'}}
  },
  {
    name: 'Google Artifact Registry',
    host: 'europe-docker.pkg.dev',
    repository: 'project/images/app',
    sources: [
      'https://cloud.google.com/artifact-registry/docs/docker/authentication',
      'https://github.com/awslabs/soci-snapshotter/blob/main/docs/registry.md'
    ],
    credential: {username: 'oauth2accesstoken', password: 'ya29.0123456789'},
    tokens: tokensAt('https://europe-docker.pkg.dev/v2/token', 'europe-docker.pkg.dev'),
    missingRepository: {status: 404, code: 'NAME_UNKNOWN', message: 'Repository "images" not found'},
    referrers: 'page',
    upload: {location: 'absolute'}
  },
  {
    name: 'Azure Container Registry',
    host: 'shop.azurecr.io',
    repository: 'team/app',
    sources: [
      'https://azure.github.io/acr/AAD-OAuth.html',
      'https://learn.microsoft.com/azure/container-registry/container-registry-image-lock'
    ],
    credential: {username: '00000000-0000-0000-0000-000000000000', password: 'acr-refresh-0123456789'},
    tokens: tokensAt('https://shop.azurecr.io/oauth2/token', 'shop.azurecr.io', {field: 'access_token'}),
    upload: {location: 'relative'},
    immutable: {
      tags: VERSIONS,
      status: 405,
      code: 'UNSUPPORTED',
      message: 'The operation is disallowed on this registry, repository or image: the tag is locked.'
    }
  },
  {
    name: 'Quay',
    host: 'quay.io',
    repository: 'org/app',
    sources: [
      'https://github.com/quay/quay/blob/master/endpoints/v2/manifest.py',
      'https://github.com/google/go-containerregistry/issues/1404'
    ],
    credential: LOGIN,
    tokens: tokensAt('https://quay.io/v2/auth', 'quay.io'),
    list: {page: 3, link: 'relative'},
    mount: {status: 404, code: 'BLOB_UNKNOWN'},
    immutable: {tags: VERSIONS, status: 409, code: 'TAG_IMMUTABLE', message: 'tag is immutable'}
  },
  {
    name: 'Harbor',
    host: 'harbor.example.com',
    repository: 'shop/app',
    sources: [
      'https://github.com/goharbor/harbor/blob/main/src/server/middleware/immutable/pushmf.go',
      'https://github.com/goharbor/harbor/blob/main/src/server/registry/manifest.go'
    ],
    credential: {username: 'robot$shop+ci', password: 'harbor-robot-0123456789'},
    tokens: tokensAt('https://harbor.example.com/service/token', 'harbor-registry', {lifetime: 1800}),
    deletion: {tag: {status: 400, code: 'UNSUPPORTED', message: 'the reference must be a digest'}},
    immutable: {
      tags: VERSIONS,
      status: 412,
      code: 'PRECONDITION',
      message: "Failed to process request due to 'app:1.0.0' configured as immutable."
    },
    list: {page: 4, link: 'absolute'}
  },
  {
    name: 'Harbor behind a proxy that ends TLS, in a path of its own',
    host: 'registry.company.example',
    repository: 'mirror/shop/app',
    sources: [
      'https://github.com/oras-project/oras-dotnet/issues/395',
      'https://github.com/goharbor/harbor/issues/3114'
    ],
    credential: LOGIN,
    tokens: tokensAt('https://registry.company.example/service/token', 'harbor-registry', {
      scope: (name, actions) => `repository:${name.replace(/^mirror\//, '')}:${actions}`
    }),
    list: {page: 2, link: 'plain http'}
  },
  {
    name: 'GitLab',
    host: 'registry.gitlab.com',
    repository: 'group/project/app',
    sources: [
      'https://docs.gitlab.com/api/container_registry/',
      'https://gitlab.com/gitlab-org/container-registry/-/blob/master/docs/spec/docker/v2/api.md'
    ],
    credential: LOGIN,
    tokens: tokensAt('https://gitlab.com/jwt/auth', 'container_registry', {lifetime: 60}),
    referrers: 'not found',
    list: {page: 5, link: 'relative'}
  },
  {
    name: 'Nexus',
    host: 'nexus.example.com',
    repository: 'docker/app',
    sources: [
      'https://github.com/sonatype/nexus-public/issues/1011',
      'https://github.com/regclient/regclient/issues/836'
    ],
    credential: LOGIN,
    referrers: 'bad request',
    upload: {location: 'with state'},
    list: {page: 3, link: 'other path'},
    errors: 'html'
  },
  {
    name: 'Artifactory',
    host: 'company.jfrog.io',
    repository: 'docker-local/app',
    sources: [
      'https://github.com/renovatebot/renovate/issues/15080',
      'https://jfrog.com/help/r/jfrog-artifactory-documentation/docker-registry'
    ],
    credential: LOGIN,
    tokens: tokensAt('https://company.jfrog.io/v2/token', 'company.jfrog.io', {field: 'both'}),
    list: {page: 3, link: 'other path'},
    upload: {location: 'absolute'}
  },
  {
    name: 'Gitea',
    host: 'gitea.example.com',
    repository: 'org/app',
    sources: [
      'https://github.com/go-gitea/gitea/blob/main/routers/api/packages/container/container.go',
      'https://docs.gitea.com/usage/packages/container'
    ],
    credential: LOGIN,
    tokens: tokensAt('https://gitea.example.com/v2/token', 'container_registry', {scope: () => '*'}),
    referrers: 'not found',
    upload: {location: 'relative'}
  },
  {
    name: 'distribution 2.8',
    host: 'two.example.com:5000',
    repository: 'org/app',
    sources: ['https://distribution.github.io/distribution/spec/api/'],
    missingManifest: {status: 404, code: 'MANIFEST_UNKNOWN', message: 'manifest unknown'},
    referrers: 'not found',
    list: {isWhole: true, empty: {status: 404, code: 'NAME_UNKNOWN'}},
    deletion: {
      tag: {status: 400, code: 'DIGEST_INVALID', message: 'provided digest did not match uploaded content'}
    },
    upload: {location: 'with state'},
    rewrites: [NO_SUBJECT]
  },
  {
    name: 'distribution 3',
    host: 'three.example.com:5000',
    repository: 'org/app',
    sources: ['https://distribution.github.io/distribution/spec/api/'],
    missingManifest: {status: 404, code: 'MANIFEST_UNKNOWN', message: 'manifest unknown'},
    referrers: 'not found',
    list: {linkAtEnd: true, empty: {status: 404, code: 'NAME_UNKNOWN'}},
    upload: {location: 'with state'},
    rewrites: [NO_SUBJECT]
  },
  {
    name: 'zot',
    host: 'zot.example.com:5000',
    repository: 'org/app',
    sources: ['https://zotregistry.dev/latest/articles/high-level-design/'],
    list: {link: 'none', unknownLast: {status: 404, body: ''}},
    rewrites: [
      NO_SUBJECT,
      {kind: 'blob', method: 'HEAD', status: 200, without: ['content-type']},
      {kind: 'uploads', method: 'POST', status: 201, without: ['docker-content-digest']},
      {
        kind: 'manifest',
        method: 'PUT',
        status: 400,
        code: 'DIGEST_INVALID',
        as: {status: 400, code: 'MANIFEST_INVALID'}
      },
      {
        kind: 'manifest',
        method: 'PUT',
        status: 400,
        code: 'MANIFEST_BLOB_UNKNOWN',
        as: {status: 400, code: 'BLOB_UNKNOWN'}
      }
    ]
  },
  {
    name: 'olareg',
    host: 'olareg.example.com:5000',
    repository: 'org/app',
    sources: ['https://github.com/olareg/olareg'],
    missingManifest: {status: 404, code: 'MANIFEST_UNKNOWN', message: 'manifest unknown to registry'},
    referrers: 'null where none',
    rewrites: [
      {kind: 'tags', method: 'GET', status: 404, as: {status: 200, body: '{"name":"none","tags":[]}'}},
      {kind: 'uploads', method: 'POST', status: 202, without: ['range']},
      {kind: 'uploads', method: 'POST', status: 201, without: ['docker-content-digest']},
      {kind: 'upload', method: 'PUT', status: 201, without: ['docker-content-digest']},
      {kind: 'upload', method: 'PUT', status: 400, as: {status: 400, code: 'BLOB_UPLOAD_INVALID'}}
    ]
  },
  {
    name: 'a registry whose pages have links without brackets',
    host: 'brackets.example.com',
    repository: 'org/app',
    sources: ['https://github.com/sonatype/nexus-public/issues/1011'],
    list: {page: 3, link: 'bare'}
  },
  {
    name: 'a registry that shows tags 0.3 s late',
    host: 'late.example.com',
    repository: 'org/app',
    sources: [
      'https://github.com/andrey-pohilko/registry-cli/issues/43',
      'https://github.com/int128/docker-manifest-create-action/issues/857'
    ],
    lag: {tags: 300}
  },
  {
    name: 'a mirror that lags by 3 s, with tags and content',
    host: 'mirror.example.com',
    repository: 'org/app',
    sources: ['https://github.com/openshift/image-registry/issues/220'],
    lag: {tags: 3000, blobs: 400, manifests: 400}
  },
  {
    name: 'a caching proxy without HEAD',
    host: 'cache.example.com',
    repository: 'org/app',
    sources: [
      'https://github.com/crazy-max/diun/issues/1614',
      'https://github.com/containerd/containerd/issues/6684'
    ],
    headManifest: 405,
    headBlob: 405,
    contentType: 'application/json',
    errors: 'text'
  },
  {
    name: 'a registry that answers HEAD with 404 and GET with 200',
    host: 'shy.example.com',
    repository: 'org/app',
    sources: ['https://github.com/andrey-pohilko/registry-cli/issues/14'],
    headManifest: 404
  },
  {
    name: 'a registry whose HEAD says nothing',
    host: 'bare.example.com',
    repository: 'org/app',
    sources: ['https://github.com/google/go-containerregistry/blob/main/pkg/v1/remote/fetcher.go'],
    headManifest: 'bare',
    list: {page: 2, order: 'reverse'}
  },
  {
    name: 'a registry that says 403 for what is not there',
    host: 'closed.example.com',
    repository: 'org/app',
    sources: ['https://github.com/google/go-containerregistry/blob/main/pkg/v1/remote/pusher.go'],
    credential: LOGIN,
    missingManifest: {status: 404, code: 'NAME_UNKNOWN', message: 'repository name not known to registry'},
    headBlob: 403
  },
  {
    name: 'a front that leads uploads to another registry',
    host: 'front.example.com',
    repository: 'org/app',
    sources: ['https://github.com/containerd/containerd/issues/11949'],
    credential: LOGIN,
    upload: {ledTo: 'storage.example.com', location: 'relative'}
  },
  {
    name: 'a token server that takes one scope, with opaque scopes',
    host: 'opaque.example.com',
    repository: 'tenant/app',
    sources: [
      'https://github.com/moby/moby/issues/20387',
      'https://github.com/estesp/manifest-tool/issues/53',
      'https://github.com/oras-project/oras-dotnet/issues/395'
    ],
    credential: LOGIN,
    tokens: tokensAt('https://login.opaque.example.com/token', 'opaque', {
      scope: (name, actions) => `tenant-7/${name}/${actions.split(',').at(-1) ?? ''}`,
      mostScopes: 1,
      field: 'empty token'
    }),
    mount: {status: 401, code: 'UNAUTHORIZED'}
  }
]
