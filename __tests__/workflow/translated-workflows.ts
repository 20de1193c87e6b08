/** Workflows of the kinds that people have, with the actions that stand in for theirs here; init translates them. */

const CHECKOUT = 'actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1'
const LOGIN = `docker/login-action@4907a6ddec9925e35a0a9e82d7399ccc52663121
        with: {registry: ghcr.io, username: "\${{ github.actor }}", password: "\${{ secrets.GITHUB_TOKEN }}"}`
const BUILDX = 'docker/setup-buildx-action@37fe631027851001ddb9b187196cc803df7f5f0e'
const QEMU = 'docker/setup-qemu-action@96fe6ef7f33517b61c61be40b68a1882f3264fb8'
const EVENTS = "{push: {branches: [main], tags: ['v*']}, pull_request: }"

/** One job for each platform on its own runner, and one that merges by digest. */
export const RECIPE = `name: docker
on: ${EVENTS}
permissions: {}
jobs:
  build:
    strategy:
      fail-fast: false
      matrix:
        include:
          - {platform: linux/amd64, runner: ubuntu-24.04}
          - {platform: linux/arm64, runner: ubuntu-24.04-arm}
    runs-on: \${{ matrix.runner }}
    permissions: {contents: read, packages: write}
    steps:
      - name: Prepare
        run: |
          platform=\${{ matrix.platform }}
          echo "PLATFORM_PAIR=\${platform//\\//-}" >> $GITHUB_ENV
      - uses: ${CHECKOUT}
      - uses: ${LOGIN}
      - uses: ${BUILDX}
      - id: build
        uses: docker/build-push-action@v6
        with:
          context: .
          file: Containerfile
          platforms: \${{ matrix.platform }}
          tags: ghcr.io/acme/hello
          outputs: type=image,push-by-digest=true,name-canonical=true,push=\${{ github.event_name != 'pull_request' }}
      - name: Export digest
        if: github.event_name != 'pull_request'
        run: |
          mkdir -p \${{ runner.temp }}/digests
          digest="\${{ steps.build.outputs.digest }}"
          touch "\${{ runner.temp }}/digests/\${digest#sha256:}"
      - name: Upload digest
        if: github.event_name != 'pull_request'
        uses: actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02
        with:
          name: digests-\${{ env.PLATFORM_PAIR }}
          path: \${{ runner.temp }}/digests/*
          if-no-files-found: error
  merge:
    if: github.event_name != 'pull_request'
    needs: build
    runs-on: ubuntu-24.04
    permissions: {contents: read, packages: write}
    steps:
      - name: Download digests
        uses: actions/download-artifact@d3f86a106a0bac45b974a628896c90dbdf5c8093
        with: {path: "\${{ runner.temp }}/digests", pattern: digests-*, merge-multiple: true}
      - uses: ${LOGIN}
      - uses: ${BUILDX}
      - id: meta
        uses: docker/metadata-action@v5
        with:
          images: ghcr.io/acme/hello
          tags: |
            type=ref,event=branch
            type=semver,pattern={{version}}
            type=semver,pattern={{major}}.{{minor}}
      - name: Create manifest list and push
        working-directory: \${{ runner.temp }}/digests
        run: |
          docker buildx imagetools create $(jq -cr '.tags | map("-t " + .) | join(" ")' <<< "$DOCKER_METADATA_OUTPUT_JSON") \\
            $(printf 'ghcr.io/acme/hello@sha256:%s ' *)
`

/** Steps around one build, and tags without docker/metadata-action. */
export const HAND_MADE = `name: docker
on: ${EVENTS}
permissions: {}
jobs:
  image:
    runs-on: ubuntu-24.04
    permissions: {contents: read, packages: write}
    steps:
      - uses: ${CHECKOUT}
      - run: test -f VERSION
      - uses: ${LOGIN}
      - uses: ${BUILDX}
      - name: Build
        uses: docker/build-push-action@v6
        with:
          context: .
          file: Containerfile
          push: \${{ github.event_name != 'pull_request' }}
          tags: |
            ghcr.io/acme/hello:latest
            ghcr.io/acme/hello:\${{ github.ref_name }}
            ghcr.io/acme/hello:\${{ github.sha }}
      - run: echo "the image is there"
`

/** Buildah for two platforms, pushed by a step of its own. */
export const REDHAT = `name: docker
on: ${EVENTS}
permissions: {}
jobs:
  image:
    runs-on: ubuntu-24.04
    permissions: {contents: read, packages: write}
    steps:
      - uses: ${CHECKOUT}
      - uses: ${QEMU}
      - id: build
        uses: redhat-actions/buildah-build@v2
        with:
          image: hello
          tags: latest \${{ github.sha }}
          archs: amd64, arm64
          containerfiles: |
            ./Containerfile
      - run: test -f VERSION
      - id: push
        if: github.event_name != 'pull_request'
        uses: redhat-actions/push-to-registry@v2
        with:
          image: \${{ steps.build.outputs.image }}
          tags: \${{ steps.build.outputs.tags }}
          registry: ghcr.io/acme
          username: \${{ github.actor }}
          password: \${{ secrets.GITHUB_TOKEN }}
`

/** A file of bake with two images, whose targets become services of one plan. */
export const BAKE_FILE = `variable "REGISTRY" { default = "ghcr.io/acme" }
variable "TAG" { default = "dev" }
group "default" { targets = ["hello", "greeter"] }
target "base" {
  dockerfile = "Containerfile"
  platforms = ["linux/amd64"]
}
target "hello" {
  inherits = ["base"]
  tags = ["\${REGISTRY}/hello:\${TAG}", "\${REGISTRY}/hello:latest"]
}
target "greeter" {
  inherits = ["base"]
  tags = ["\${REGISTRY}/greeter:\${TAG}", "\${REGISTRY}/greeter:latest"]
}
`
export const BAKED = `name: docker
on: ${EVENTS}
permissions: {}
jobs:
  images:
    runs-on: ubuntu-24.04
    permissions: {contents: read, packages: write}
    steps:
      - uses: ${CHECKOUT}
      - uses: ${LOGIN}
      - uses: ${BUILDX}
      - uses: docker/bake-action@v5
        env: {TAG: "\${{ github.ref_name }}"}
        with:
          push: \${{ github.event_name != 'pull_request' }}
`

/** The recipe with two images, which a matrix builds and another one merges. */
export const RECIPE_OF_IMAGES = RECIPE.replace(
  /matrix:\n *include:\n.*\n.*\n/,
  'matrix:\n        image: [hello, greeter]\n        platform: [linux/amd64]\n        runner: [ubuntu-24.04]\n'
)
  .replaceAll('ghcr.io/acme/hello', 'ghcr.io/acme/${{ matrix.image }}')
  .replace('name: digests-$', 'name: digests-${{ matrix.image }}-$')
  .replace('pattern: digests-*', 'pattern: "digests-${{ matrix.image }}-*"')
  .replace('    needs: build\n', '    needs: build\n    strategy: {matrix: {image: [hello, greeter]}}\n')
