/** Workflows of the kinds that public repositories have, small and rewritten. */

export const workflow = (job: string, on = '{push: {branches: [main]}}'): string =>
  `name: docker\non: ${on}\njobs:\n  build:\n    runs-on: ubuntu-latest\n${job}`

export const HANDMADE = workflow(`    steps:
      - uses: actions/checkout@v4
      - run: npm ci && npm test && npm run build
      - uses: docker/login-action@v3
        with: {username: "\${{ secrets.DOCKERHUB_USERNAME }}", password: "\${{ secrets.DOCKERHUB_TOKEN }}"}
      # the image
      - uses: docker/build-push-action@v6
        with: {context: ., push: true, tags: "acme/app:latest,acme/app:\${{ github.sha }}"}
`)

export const TEST_ONLY = `name: test
on: [pull_request, push]
jobs:
  e2e:
    runs-on: ubuntu-latest
    timeout-minutes: 20
    steps:
      - uses: actions/checkout@v4
      - uses: docker/build-push-action@v6
        with: {load: true, push: false, tags: "app:test"}
      - run: docker compose up -d && npm run e2e
`

export const ATTEST = `name: docker
on: {push: {tags: ['v*']}}
permissions: {contents: read}
jobs:
  build:
    runs-on: [self-hosted, big]
    environment: production
    timeout-minutes: 20
    concurrency: {group: build, cancel-in-progress: false}
    permissions: {contents: read, packages: write, id-token: write, attestations: write}
    outputs: {digest: "\${{ steps.b.outputs.digest }}", image: "\${{ steps.b.outputs.imageid }}"}
    steps:
      - uses: actions/checkout@v4
        with: {submodules: recursive}
      - uses: docker/metadata-action@v5
        id: meta
        env: {DOCKER_METADATA_PR_HEAD_SHA: "true", DOCKER_METADATA_SHORT_SHA_LENGTH: "12"}
        with: {images: ghcr.io/acme/app, tags: "type=semver,pattern={{version}}\\ntype=sha", sep-tags: ",", bake-target: x, context: git}
      - uses: docker/build-push-action@v6
        id: b
        with: {push: true, platforms: linux/amd64, tags: "\${{ steps.meta.outputs.tags }}", secrets: "npm=\${{ secrets.NPM }}", cache-from: type=gha}
      - uses: actions/attest-build-provenance@v2
        with: {subject-name: ghcr.io/acme/app, subject-digest: "\${{ steps.b.outputs.digest }}", push-to-registry: true}
      - run: cosign sign --yes ghcr.io/acme/app@\${{ steps.b.outputs.digest }}
      - if: always() && steps.b.outcome == 'failure'
        run: ./page
  deploy:
    needs: build
    runs-on: ubuntu-latest
    steps:
      - run: kubectl set image deploy/app app=ghcr.io/acme/app@\${{ needs.build.outputs.digest }}
`

export const PULL_REQUESTS = workflow(
  `    steps:
      - uses: actions/checkout@v4
      - id: meta
        if: github.event_name != 'pull_request'
        uses: docker/metadata-action@v5
        with:
          images: ghcr.io/acme/app
          tags: |
            type=ref,event=branch
      - run: make
      - name: Build
        uses: docker/build-push-action@v6
        with:
          context: .
          platforms: linux/amd64,linux/arm64
          push: \${{ github.ref == 'refs/heads/main' }}
          tags: \${{ steps.meta.outputs.tags }}
          labels: \${{ steps.meta.outputs.labels }}
          outputs: type=image,compression=zstd
`,
  '{push: {branches: [main]}, pull_request: }'
)

export const TWO = workflow(`    strategy:
      matrix:
        variant: [alpine, debian]
    steps:
      - uses: actions/checkout@v4
      - id: meta
        uses: docker/metadata-action@v5
        with:
          images: ghcr.io/acme/app
          flavor: suffix=-\${{ matrix.variant }}
      - name: Test image
        uses: docker/build-push-action@v6
        with:
          context: .
          load: true
          tags: app:test
      - run: docker run --rm app:test --version
      - name: Build
        uses: docker/build-push-action@v6
        with:
          context: .
          file: \${{ matrix.variant }}.Dockerfile
          push: true
          tags: \${{ steps.meta.outputs.tags }}
      - name: Build debug
        uses: docker/build-push-action@v6
        with:
          context: .
          target: debug
          push: true
          tags: ghcr.io/acme/app-debug:\${{ steps.meta.outputs.version }}
`)

export const BUILDAH = workflow(`    steps:
      - uses: actions/checkout@v4
      - uses: redhat-actions/buildah-build@v2
        id: b
        with:
          image: app
          tags: latest \${{ github.sha }}
          archs: amd64,s390x
          containerfiles: ./Containerfile.prod
          oci: false
          layers: true
          build-args: A=1
      - run: make check
      - uses: redhat-actions/push-to-registry@v2
        id: push
        if: github.ref == 'refs/heads/main'
        with:
          image: \${{ steps.b.outputs.image }}
          tags: \${{ steps.b.outputs.tags }}
          registry: quay.io/acme
          username: \${{ secrets.Q }}
          password: \${{ secrets.QP }}
      - run: echo "\${{ steps.push.outputs.digest }}"
`)

export const MATRIX = `name: docker
on: {push: {branches: [main], tags: ['v*']}, pull_request: }
env:
  IMAGE: acme/app
jobs:
  test:
    runs-on: ubuntu-latest
    steps: [{run: make test}]

  # one job for each platform
  build:
    needs: test
    strategy:
      fail-fast: false
      matrix:
        include:
          - platform: linux/amd64
            runner: ubuntu-latest
          - platform: linux/arm64
            runner: arm-large
    runs-on: \${{ matrix.runner }}
    permissions: {contents: read, packages: write}
    steps:
      - run: |
          platform=\${{ matrix.platform }}
          echo "PAIR=\${platform//\\//-}" >> $GITHUB_ENV
      - uses: actions/checkout@v4
        with: {lfs: true}
      - uses: docker/login-action@v3
        with: {username: "\${{ vars.USER }}", password: "\${{ secrets.TOKEN }}"}
      - id: meta
        uses: docker/metadata-action@v5
        with:
          images: \${{ env.IMAGE }}
          labels: |
            team=web
      - id: build
        uses: docker/build-push-action@v6
        with:
          context: .
          platforms: \${{ matrix.platform }}
          labels: \${{ steps.meta.outputs.labels }}
          tags: \${{ env.IMAGE }}
          outputs: type=image,push-by-digest=true,name-canonical=true,push=\${{ github.event_name != 'pull_request' }}
          cache-from: type=gha,scope=\${{ env.PAIR }}
      # hand it over
      - name: Export digest
        run: |
          mkdir -p /tmp/digests
          digest="\${{ steps.build.outputs.digest }}"
          touch "/tmp/digests/\${digest#sha256:}"

      - name: Upload digest
        uses: actions/upload-artifact@v4
        with:
          name: digests-\${{ env.PAIR }}
          path: /tmp/digests/*
  merge:
    if: github.event_name != 'pull_request'
    needs: [build]
    runs-on: ubuntu-latest
    environment: production
    steps:
      - name: Download digests
        uses: actions/download-artifact@v4
        with: {path: /tmp/digests, pattern: digests-*, merge-multiple: true}
      - uses: docker/login-action@v3
        with: {username: "\${{ vars.USER }}", password: "\${{ secrets.TOKEN }}"}
      - uses: docker/login-action@v3
        with: {registry: ghcr.io, username: "\${{ github.actor }}", password: "\${{ github.token }}"}
      - id: meta
        uses: docker/metadata-action@v5
        with:
          images: |
            \${{ env.IMAGE }}
            ghcr.io/acme/app
          tags: |
            type=semver,pattern={{version}}
            type=semver,pattern={{major}}.{{minor}}
      - name: Create manifest list and push
        working-directory: /tmp/digests
        run: |
          docker buildx imagetools create $(jq -cr '.tags | map("-t " + .) | join(" ")' <<< "$DOCKER_METADATA_OUTPUT_JSON") \\
            $(printf '\${{ env.IMAGE }}@sha256:%s ' *)
      - name: Inspect image
        run: docker buildx imagetools inspect \${{ env.IMAGE }}:\${{ steps.meta.outputs.version }}
`

export const TWO_JOBS = `name: docker
on: {push: {branches: [main]}}
jobs:
  amd64:
    runs-on: ubuntu-latest
    outputs:
      digest: \${{ steps.build.outputs.digest }}
    steps:
      - uses: actions/checkout@v4
      - uses: docker/build-push-action@v6
        id: build
        with:
          context: .
          outputs: type=image,name=ghcr.io/acme/app,push-by-digest=true,push=true
  arm64:
    runs-on: ubuntu-24.04-arm
    outputs:
      digest: \${{ steps.build.outputs.digest }}
    steps:
      - uses: actions/checkout@v4
      - uses: docker/build-push-action@v6
        id: build
        with:
          context: .
          outputs: type=image,name=ghcr.io/acme/app,push-by-digest=true,push=true
  merge:
    needs:
      - amd64
      - arm64
    runs-on: ubuntu-latest
    env:
      NAME: ghcr.io/acme/app
    steps:
      - run: |
          docker buildx imagetools create \\
            -t "$NAME:latest" --tag "\${NAME}:\${{ github.sha }}" \\
            ghcr.io/acme/app@\${{ needs.amd64.outputs.digest }} \\
            ghcr.io/acme/app@\${{ needs.arm64.outputs.digest }}
`

/** Those with steps of their own beside one build or more. */
export const STEP_CASES = {HANDMADE, ATTEST, PULL_REQUESTS, TWO, BUILDAH}

const matrixBuild = (name: string, matrix: string, runner: string, platform = ''): string => `  ${name}:
    runs-on: ${runner}
    strategy:
      matrix:
${matrix}
    steps:
      - uses: actions/checkout@v4
      - id: prepare
        run: mkdir -p /tmp/digests
      - id: labels
        uses: docker/metadata-action@v5
        with: {images: "ghcr.io/acme/\${{ matrix.service.name }}", labels: "part=\${{ matrix.service.name }}"}
      - id: build
        uses: docker/build-push-action@v6
        with:
          context: \${{ matrix.service.folder }}
${platform}          labels: \${{ steps.labels.outputs.labels }}
          outputs: type=image,name=ghcr.io/acme/\${{ matrix.service.name }},push-by-digest=true,name-canonical=true,push=\${{ github.event_name != 'pull_request' }}
      - run: touch "/tmp/digests/\${DIGEST#sha256:}"
        env:
          DIGEST: \${{ steps.build.outputs.digest }}
      - uses: actions/upload-artifact@v4
        with: {name: "digests-\${{ matrix.service.name }}-\${{ runner.arch }}", path: /tmp/digests/*}
`

/** The build and the merge have a matrix of images each; their names stand in maps, and not at the same place. */
export const MATRIX_OF_IMAGES = `name: docker
on: {push: {branches: [main], tags: ['v*']}, pull_request: }
jobs:
${matrixBuild(
  'build',
  `        platform: [linux/amd64, linux/arm64]
        service:
          - {name: api, folder: services/api}
          - {name: web, folder: web}
        exclude:
          - {platform: linux/arm64, service: {name: web, folder: web}}`,
  `\${{ matrix.platform == 'linux/arm64' && 'ubuntu-24.04-arm' || 'ubuntu-24.04' }}`,
  `          platforms: \${{ matrix.platform }}\n`
)}  merge:
    needs: [build]
    if: github.event_name != 'pull_request'
    runs-on: ubuntu-latest
    strategy:
      fail-fast: false
      matrix:
        name: [api, web]
    env:
      IMAGE: ghcr.io/acme/\${{ matrix.name }}
    steps:
      - uses: actions/download-artifact@v4
        with: {pattern: "digests-\${{ matrix.name }}-*", path: /tmp/digests, merge-multiple: true}
      - id: meta
        uses: docker/metadata-action@v5
        with:
          images: \${{ env.IMAGE }}
          tags: |
            type=semver,pattern={{version}}
            type=ref,event=branch
      - working-directory: /tmp/digests
        run: |
          docker buildx imagetools create $(jq -cr '.tags | map("-t " + .) | join(" ")' <<< "$DOCKER_METADATA_OUTPUT_JSON") \\
            $(printf '\${{ env.IMAGE }}@sha256:%s ' *)
      - run: docker buildx imagetools inspect \${{ env.IMAGE }}:\${{ steps.meta.outputs.version }}
`

const variantBuild = (name: string, runner: string): string => `  ${name}:
    runs-on: ${runner}
    strategy: {matrix: {python: [3.12, 3.13], base: [slim, alpine]}}
    steps:
      - uses: actions/checkout@v4
      - id: build
        uses: docker/build-push-action@v6
        with:
          context: .
          build-args: |
            PYTHON=\${{ matrix.python }}
            BASE=\${{ matrix.base }}
          outputs: type=image,name=ghcr.io/acme/app,push-by-digest=true,push=true
      - run: mkdir -p /tmp/d && touch "/tmp/d/\${{ steps.build.outputs.digest }}"
      - uses: actions/upload-artifact@v4
        with: {name: "digests-\${{ matrix.python }}-\${{ matrix.base }}-${name}", path: /tmp/d/*}
`

/** A job for each platform, and variants of one image that two values of the matrix tell apart together. */
export const MATRIX_OF_VARIANTS = `on: {push: {branches: [main], tags: ['v*']}}
jobs:
${variantBuild('amd64', 'ubuntu-24.04')}${variantBuild('arm64', 'ubuntu-24.04-arm')}  merge:
    needs: [amd64, arm64]
    runs-on: ubuntu-latest
    strategy:
      matrix:
        include:
          - {python: 3.12, base: slim}
          - {python: 3.12, base: alpine, suffix: -alpine}
          - {python: 3.13, base: slim, latest: true}
          - {python: 3.13, base: alpine, suffix: -alpine}
    steps:
      - uses: actions/download-artifact@v4
        with: {pattern: "digests-\${{ matrix.python }}-\${{ matrix.base }}-*", path: /tmp/d, merge-multiple: true}
      - uses: docker/metadata-action@v5
        with:
          images: ghcr.io/acme/app
          flavor: |
            latest=\${{ matrix.latest && 'auto' || 'false' }}
            suffix=\${{ matrix.suffix }}
          tags: |
            type=semver,pattern={{version}},prefix=py\${{ matrix.python }}-
            type=raw,value=\${{ matrix.base == 'slim' && 'edge' || format('edge-on-{0}', matrix.base) }},enable=\${{ matrix.python == 3.13 && github.ref == 'refs/heads/main' }}
      - name: Merge
        working-directory: /tmp/d
        run: |
          docker buildx imagetools create $(jq -cr '.tags | map("-t " + .) | join(" ")' <<< "$DOCKER_METADATA_OUTPUT_JSON") \\
            $(printf 'ghcr.io/acme/app@%s ' *)
`
