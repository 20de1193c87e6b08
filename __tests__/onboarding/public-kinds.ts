import {MATRIX_OF_IMAGES} from './workflow-cases.js'

/** A kind of workflow that public repositories have, rewritten small. */
export interface PublicKind {
  /** How many of the workflows that were tried are of this kind, by its marks in `public-counts.ts`; 0 for one that only an earlier look found. */
  readonly seen: number
  readonly text: string
  /** What the written file has, each once or more; none where init leaves the workflow alone. */
  readonly writes: readonly RegExp[]
  /** What init says, where a person has to know something. */
  readonly says?: RegExp
  /** What the written file has no longer. */
  readonly lacks?: RegExp
}

const LOGIN = `      - uses: docker/login-action@v3
        with: {registry: ghcr.io, username: "\${{ github.actor }}", password: "\${{ secrets.GITHUB_TOKEN }}"}
`

const one = (
  steps: string,
  {on = '{push: {branches: [main], tags: ["v*"]}}', env = '', job = ''} = {}
): string =>
  `on: ${on}\n${env}jobs:\n  image:\n    runs-on: ubuntu-latest\n${job}    steps:\n      - uses: actions/checkout@v4\n${LOGIN}${steps}`

const merged = (lines: string, before = ''): string => `on: {push: {tags: ["*"]}}
env:
  REGISTRY: ghcr.io
jobs:
  build:
    strategy:
      matrix:
        include:
          - {platform: linux/amd64, runner: ubuntu-latest}
          - {platform: linux/arm64, runner: ubuntu-24.04-arm}
    runs-on: \${{ matrix.runner }}
    outputs:
      digest: \${{ steps.build.outputs.digest }}
    steps:
      - uses: actions/checkout@v4
      - id: build
        uses: docker/build-push-action@v6
        with:
          context: .
          platforms: \${{ matrix.platform }}
          outputs: type=image,name=ghcr.io/acme/app,push-by-digest=true,push=true
  merge:
    runs-on: ubuntu-latest
    needs: build
    steps:
${before}      - id: metadata
        uses: docker/metadata-action@v5
        with:
          images: ghcr.io/acme/app
          tags: |
            type=semver,pattern={{version}}
            type=ref,event=branch
${lines}`

const COMMANDS = [/\/compute-tags@v1/, /\/build-by-digest@v1/, /\/merge-manifest@v1/]

/** Workflows that init translates, and those that it leaves alone, each with the reason. */
export const PUBLIC_KINDS: Readonly<Record<string, PublicKind>> = {
  'a dash on a line of its own, as Docker writes steps': {
    seen: 14,
    text: `on: push
jobs:
  image:
    runs-on: ubuntu-latest
    steps:
      -
        name: Checkout
        uses: actions/checkout@v4
      # the image
      - # by hand
        # as ever
        name: Build
        uses: docker/build-push-action@v6
        with:
          context: .
          push: true
          tags: ghcr.io/acme/app:latest
      -
        run: ./notify
`,
    writes: [
      ...COMMANDS,
      / {6}# the image\n {6}# by hand\n {6}# as ever\n {6}-\n {8}name: Plan tags\n/,
      / {6}-\n {8}name: Build\n {8}id: image\n/,
      / {6}-\n {8}run: \.\/notify\n/
    ]
  },
  'the image in a variable that is made of an expression': {
    seen: 23,
    text: one(
      `      - id: meta
        uses: docker/metadata-action@v5
        with:
          images: \${{ env.REGISTRY }}/\${{ env.IMAGE }}
          tags: |
            type=ref,event=branch
            type=semver,pattern={{version}}
      - run: make test
      - uses: docker/build-push-action@v6
        with:
          context: .
          push: true
          tags: \${{ steps.meta.outputs.tags }}
`,
      {env: 'env:\n  REGISTRY: ghcr.io\n  IMAGE: ${{ github.repository }}\n'}
    ),
    writes: [...COMMANDS, /images: \$\{\{ env\.REGISTRY \}\}\/\$\{\{ env\.IMAGE \}\}\n/]
  },
  'a version that a step writes into a variable': {
    seen: 44,
    text: one(`      - run: echo "VERSION=$(cat VERSION)" >> $GITHUB_ENV
      - uses: docker/build-push-action@v6
        with:
          context: .
          push: true
          tags: ghcr.io/acme/app:\${{ env.VERSION }}
`),
    writes: [...COMMANDS, /tags: type=raw,value=\$\{\{ env\.VERSION \}\}\n/]
  },
  'a version that a person writes': {
    seen: 6,
    text: one(
      `      - run: make
      - uses: docker/build-push-action@v6
        with:
          context: .
          push: \${{ inputs.push }}
          tags: ghcr.io/acme/app:\${{ inputs.version }}-\${{ github.event.inputs.channel }}
`,
      {
        on: '{workflow_dispatch: {inputs: {version: {required: true}, channel: {type: choice, options: [stable, next]}, push: {type: boolean, default: true}}}}'
      }
    ),
    writes: [...COMMANDS, /value=\$\{\{ inputs\.version \}\}-/, /push: .*inputs\.push/]
  },
  'variants by a matrix, with a flavor and platforms each': {
    seen: 6,
    text: one(
      `      - id: meta
        uses: docker/metadata-action@v5
        with:
          images: ghcr.io/acme/app
          flavor: \${{ matrix.flavor }}
          tags: \${{ matrix.rules }}
      - uses: docker/build-push-action@v6
        with:
          context: .
          file: \${{ matrix.name }}.Dockerfile
          platforms: linux/\${{ matrix.arch }}
          push: true
          tags: \${{ steps.meta.outputs.tags }}
`,
      {
        job: `    strategy:
      matrix:
        include:
          - {name: alpine, arch: arm64, flavor: "suffix=-alpine,onlatest=true", rules: "type=edge"}
          - {name: debian, arch: amd64, flavor: "latest=auto", rules: "type=semver,pattern={{version}}"}
`
      }
    ),
    writes: [
      ...COMMANDS,
      /platforms: linux\/\$\{\{ matrix\.arch \}\}\n/,
      /flavor: \$\{\{ matrix\.flavor \}\}\n/
    ]
  },
  'an attribute of another type, which metadata-action passes over': {
    seen: 0,
    text: one(`      - id: meta
        uses: docker/metadata-action@v5
        with:
          images: ghcr.io/acme/app
          tags: |
            # versions
            type=semver,event=tag,pattern={{version}}
            type=ref,event=branch
      - run: make test
      - uses: docker/build-push-action@v6
        with:
          context: .
          push: true
          tags: \${{ steps.meta.outputs.tags }}
`),
    writes: [...COMMANDS, /# versions\n *type=semver,pattern=\{\{version\}\}\n *type=ref,event=branch\n/],
    says: /event=tag of type=semver is taken out of the tags of the job image/
  },
  'a merge that tries again': {
    seen: 0,
    text: merged(`      - working-directory: /tmp/digests
        run: |
          n=3
          for i in $(seq 1 $n); do
            docker buildx imagetools create $(jq -cr '.tags | map("-t " + .) | join(" ")' <<< "$DOCKER_METADATA_OUTPUT_JSON") \\
              $(printf 'ghcr.io/acme/app@sha256:%s ' *) && break
            [ "$i" = "$n" ] && exit 1
            sleep 10
          done
`),
    writes: [...COMMANDS, /\n {2}plan:\n/],
    lacks: /imagetools/
  },
  'tags of a merge from variables of its shell': {
    seen: 1,
    text: merged(
      `      - run: |
          IMAGE="ghcr.io/acme/app"
          docker buildx imagetools create --tag "$IMAGE:\${{ github.ref_name }}" \\
            --tag "\${REGISTRY}/\${REPO}:latest" "\${sources[@]}"
`.replace('$IMAGE', '${REGISTRY}/${REPO}'),
      `      - run: echo "REPO=acme/app" >> "\${GITHUB_ENV}"
      - run: echo "\${{ env.REPO }}"
`
    ).replace(/ {6}- id: metadata\n(?: {8}.*\n)+/, ''),
    writes: [...COMMANDS, /images: ghcr\.io\/\$\{\{ env\.REPO \}\}\n/, /echo "REPO=acme\/app"/]
  },
  'a tag of a merge that its own lines work out': {
    seen: 2,
    text: merged(`      - run: |
          TAG=$(date +%s)
          docker buildx imagetools create --tag "ghcr.io/acme/app:$TAG" "\${sources[@]}"
`).replace(/ {6}- id: metadata\n(?: {8}.*\n)+/, ''),
    writes: [],
    says: /only the shell can tell which tags the merge gives/
  },
  'tags of its own beside those of metadata-action, in a merge': {
    seen: 0,
    text: merged(`      - run: |
          docker buildx imagetools create -t "\${REGISTRY}/acme/app:edge" \\
            $(jq -cr '.tags | map("-t " + .) | join(" ")' <<< "$DOCKER_METADATA_OUTPUT_JSON") "\${sources[@]}"
`),
    writes: [],
    says: /adds tags of its own to those of docker\/metadata-action/
  },
  'a merge by an action': {
    seen: 0,
    text: merged(`      - uses: int128/docker-manifest-create-action@v2
        with:
          tags: \${{ steps.metadata.outputs.tags }}
          sources: ghcr.io/acme/app@\${{ needs.build.outputs.digest }}
`),
    writes: COMMANDS,
    lacks: /docker-manifest-create-action/
  },
  'images for one platform each, joined by a job after them': {
    seen: 4,
    text: `${one(
      `      - uses: docker/build-push-action@v6
        with:
          context: .
          platforms: linux/\${{ matrix.arch }}
          push: true
          tags: ghcr.io/acme/app:\${{ github.sha }}-\${{ matrix.arch }}
`,
      {job: '    strategy: {matrix: {arch: [amd64, arm64]}}\n'}
    )}  join:
    needs: image
    runs-on: ubuntu-latest
    steps:
      - run: |
          docker buildx imagetools create --tag ghcr.io/acme/app:latest \\
            ghcr.io/acme/app:\${{ github.sha }}-amd64 ghcr.io/acme/app:\${{ github.sha }}-arm64
`,
    writes: [...COMMANDS, /imagetools create --tag ghcr\.io\/acme\/app:latest/]
  },
  'a tag that an expression may bring along, with words behind it': {
    seen: 0,
    text: one(`      - run: echo "IMAGE=ghcr.io/acme/app:dev" >> $GITHUB_ENV
      - uses: docker/build-push-action@v6
        with:
          context: .
          push: true
          tags: \${{ env.IMAGE }}-debug
`),
    writes: [],
    says: /only a run can tell which repository and tag "\$\{\{ env\.IMAGE \}\}-debug" is/
  },
  'a build, a signature, an attestation and a deployment': {
    seen: 5,
    text: `${one(
      `      - id: build
        uses: docker/build-push-action@v6
        with:
          context: .
          push: true
          tags: ghcr.io/acme/app:\${{ github.ref_name }}
      - uses: sigstore/cosign-installer@v3
      - run: cosign sign --yes ghcr.io/acme/app@\${{ steps.build.outputs.digest }}
      - uses: actions/attest-build-provenance@v2
        with: {subject-name: ghcr.io/acme/app, subject-digest: "\${{ steps.build.outputs.digest }}"}
`,
      {
        job: '    environment: production\n    permissions: {packages: write, id-token: write, attestations: write}\n    outputs: {digest: "${{ steps.build.outputs.digest }}"}\n'
      }
    )}  deploy:
    needs: image
    runs-on: [self-hosted, linux]
    steps:
      - run: kubectl set image deploy/app app=ghcr.io/acme/app@\${{ needs.image.outputs.digest }}
`,
    writes: [
      ...COMMANDS,
      /id: build-image\n/,
      /id: build\n/,
      /cosign sign --yes .*steps\.build\.outputs\.digest/,
      /subject-digest: .*steps\.build\.outputs\.digest/,
      /runs-on: \[self-hosted, linux\]/
    ]
  },
  'a reusable workflow, with inputs and secrets of its callers': {
    seen: 8,
    text: one(
      `      - id: meta
        uses: docker/metadata-action@v5
        with:
          images: \${{ inputs.image }}
          tags: type=semver,pattern={{version}},value=\${{ inputs.version }}
      - run: make
      - uses: docker/build-push-action@v6
        with:
          context: .
          push: \${{ inputs.push }}
          tags: \${{ steps.meta.outputs.tags }}
          secrets: npm=\${{ secrets.npm }}
`,
      {
        on: '{workflow_call: {inputs: {image: {type: string, required: true}, version: {type: string, required: true}, push: {type: boolean, default: false}}, secrets: {npm: {required: true}}}}'
      }
    ),
    writes: [...COMMANDS, /images: \$\{\{ inputs\.image \}\}\n/, /secrets: npm=\$\{\{ secrets\.npm \}\}\n/]
  },
  'one job that does nothing else': {
    seen: 24,
    text: one(`      - id: meta
        uses: docker/metadata-action@v5
        with:
          images: ghcr.io/acme/app
      - uses: docker/build-push-action@v6
        with:
          context: .
          push: \${{ github.event_name != 'pull_request' }}
          tags: \${{ steps.meta.outputs.tags }}
          labels: \${{ steps.meta.outputs.labels }}
`),
    writes: [/uses: org\/image-release\/\.github\/workflows\/release\.yml@v1/],
    lacks: /metadata-action/
  },
  'a clean-up whose images stand in variables of the workflow': {
    seen: 0,
    text: `on: {schedule: [{cron: "0 0 * * *"}]}
env:
  IMAGES: "pgbouncer-testing, postgis-testing"
jobs:
  clean:
    runs-on: ubuntu-latest
    permissions: {packages: write}
    steps:
      - uses: snok/container-retention-policy@v3.1.0
        with:
          image-names: \${{ env.IMAGES }}
          cut-off: 1w
          keep-n-most-recent: 1
          account: acme
          token: \${{ secrets.PAT }}
`,
    writes: [/ghcr\.io\/acme\/pgbouncer-testing\n *ghcr\.io\/acme\/postgis-testing\n/, /\/cleanup-latest@v1/]
  },
  'a clean-up whose images a run decides': {
    seen: 0,
    text: `on: {schedule: [{cron: "0 0 * * *"}]}
jobs:
  clean:
    runs-on: ubuntu-latest
    steps:
      - uses: snok/container-retention-policy@v3.1.0
        with: {image-names: "\${{ vars.IMAGES }}", cut-off: 1w, account: acme, token: "\${{ secrets.PAT }}"}
      - run: docker push ghcr.io/acme/app
`,
    writes: [],
    says: /image-names has an expression in it, and only a run can tell which images those are/
  },
  'tags that are a whole output of a step': {
    seen: 5,
    text: one(`      - id: tags
        run: ./tags >> $GITHUB_OUTPUT
      - uses: docker/build-push-action@v6
        with: {context: ., push: true, tags: "\${{ steps.tags.outputs.list }}"}
`),
    writes: [],
    says: /only a run can tell which repository and tag "\$\{\{ steps\.tags\.outputs\.list \}\}" is/
  },
  bake: {
    seen: 14,
    text: one('      - uses: docker/bake-action@v6\n        with: {push: true, targets: app}\n'),
    writes: [],
    says: /publishes already, by docker\/bake-action/
  },
  goreleaser: {
    seen: 10,
    text: one('      - uses: goreleaser/goreleaser-action@v6\n        with: {args: release --clean}\n'),
    writes: [],
    says: /publishes already, by goreleaser/
  },
  ko: {
    seen: 9,
    text: one('      - uses: ko-build/setup-ko@v0.9\n      - run: ko build --bare ./cmd/app\n'),
    writes: [],
    says: /publishes already, by ko/
  },
  'images of one merge by a matrix': {
    seen: 9,
    text: MATRIX_OF_IMAGES,
    writes: [
      ...COMMANDS,
      /name: Plan api\n *id: meta-api\n/,
      /plan: \$\{\{ fromJSON\(needs\.plan\.outputs\.plans\)\[matrix\.service\.name\]\.plan \}\}/,
      /plan: \$\{\{ fromJSON\(needs\.plan\.outputs\.plans\)\[matrix\.name\]\.plan \}\}/
    ],
    lacks: /imagetools create|load-artifact/
  },
  'what GitHub refuses': {
    seen: 0,
    text: one(
      '      - uses: docker/build-push-action@v6\n        with: {context: ., push: true, tags: "ghcr.io/acme/app:latest"}\n',
      {on: '{workflow_dispatch: {inputs: }}'}
    ),
    writes: [],
    says: /GitHub's parser refuses it: .* Fix that first/
  }
}
