import {execFile} from 'node:child_process'
import {promisify} from 'node:util'
import {describe, expect, it} from '@jest/globals'
import {chromium} from 'playwright-core'
import {earlierMetrics} from '../../src/building/build-metrics.js'
import {growthOf} from '../../src/building/metrics/metrics-growth.js'
import {readHistory} from '../../src/building/metrics/release-history.js'
import {parseInputs} from '../../src/command/input.js'
import {parseHistory} from '../../src/contracts/history-document.js'
import type {BuildMetrics} from '../../src/contracts/metrics.js'
import {formatHistory, nextHistory} from '../../src/contracts/release-history.js'
import {parseDigest} from '../../src/oci/digest.js'
import {readManifest} from '../../src/oci/manifest.js'
import {parsePlatform} from '../../src/oci/platform.js'
import {parseRepository, parseTag} from '../../src/oci/reference.js'
import {Registries} from '../../src/registry/client/registries.js'
import {listReferrers} from '../../src/registry/client/referrers.js'
import {report} from '../../src/reporting/report.js'
import type {ReportData} from '../../src/reporting/report-data.js'
import {formatSize} from '../../src/shared/format.js'
import {component, componentPath, itWith} from '../support/components.js'
import {layerBytes} from '../support/images.js'
import {type TestRelease, buildAll, clientOf, merge, layeredRelease, planOf} from '../support/releases.js'
import {sampleMetrics} from '../support/sample-metrics.js'
import {suiteRegistries, twoEmbedded} from '../support/suite-registries.js'

describe('the history of releases', () => {
  const lab = suiteRegistries('histories', twoEmbedded)

  const releaseOf = (version: string, size: number): TestRelease =>
    layeredRelease(lab.images, version, architecture => [
      {createdBy: 'ADD base', bytes: layerBytes(5000, architecture.charCodeAt(0))},
      {createdBy: 'COPY app', bytes: layerBytes(size, size)}
    ])

  /** What a build of the release measures of itself. */
  const metricsOf = (release: TestRelease): BuildMetrics[] =>
    ['amd64', 'arm64'].map(architecture => {
      const {root} = release.make!(architecture)
      const {config, layers} = readManifest(root)
      const layersSize = layers.reduce((sum, {size}) => sum + size, 0)
      return sampleMetrics({
        platform: `linux/${architecture}`,
        digest: root.digest,
        imageSize: layersSize + (config?.size ?? 0),
        layersSize,
        layerCount: layers.length
      })
    })

  const publish = async (
    release: TestRelease,
    texts: Readonly<Record<string, string>> = {},
    ports = lab.ports
  ) => {
    ports.kept.clear()
    for (const metrics of metricsOf(release))
      ports.kept.set(`metrics-${metrics.platform.replace('/', '-')}`, {
        'metrics.json': JSON.stringify(metrics)
      })
    const plan = JSON.stringify(await buildAll(ports, release))
    return await merge(ports, {plan, 'metrics-artifacts': 'metrics-*', ...texts})
  }
  const earlierOf = async (release: TestRelease, keep = true) =>
    await earlierMetrics(
      {'metrics-baseline': undefined, 'keep-metrics': keep, plan: planOf(release)},
      {
        target: 'app',
        platform: parsePlatform('linux/amd64'),
        repositories: [],
        images: lab.images.map(parseRepository),
        push: true,
        record: 'r',
        labels: {},
        annotations: {}
      },
      {registries: new Registries(lab.ports), ports: lab.ports}
    )

  const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0)

  /** What a browser draws of the sizes: a point of the chart for each release, a rectangle of the treemap for each layer. */
  const drawnSizes = async (html: string) => {
    const browser = await chromium.launch({executablePath: component('chromium'), args: ['--no-sandbox']})
    try {
      const page = await browser.newPage()
      await page.setContent(html)
      await page.locator('#history svg').first().waitFor()
      const chart = page.locator('#history figure', {hasText: 'Size of all platforms'})
      const titles = await page.locator('#layers .treemap g title').allTextContents()
      return {
        chart: await chart.locator('circle title').allTextContents(),
        treemap: titles.map(title => / — ([\d.]+ \w+), /.exec(title)?.[1] ?? title).sort()
      }
    } finally {
      await browser.close()
    }
  }

  itWith(['crane', 'chromium'])(
    'of three releases whose layer grows has the sizes that crane gives: chart, treemap and warning',
    async () => {
      const sizes = new Map([
        ['1.1.0', 3000],
        ['1.2.0', 4000],
        ['1.3.0', 9000]
      ])
      const outputs = []
      for (const [version, size] of sizes) outputs.push(await publish(releaseOf(version, size)))
      const manifestAt = async (reference: string) => {
        const options = {env: {PATH: componentPath}, timeout: 60_000}
        const {stdout} = await promisify(execFile)(
          component('crane'),
          ['manifest', '--insecure', reference],
          options
        )
        return JSON.parse(stdout) as {
          manifests: {digest: string}[]
          layers: {size: number}[]
          config: {size: number}
        }
      }
      const crane = async (digest: string): Promise<number[]> => {
        const {manifests} = await manifestAt(`${lab.images[1]!}@${digest}`)
        const children = await Promise.all(
          manifests.map(child => manifestAt(`${lab.images[1]!}@${child.digest}`))
        )
        return children.map(({config, layers}) => [config, ...layers].reduce((sum, {size}) => sum + size, 0))
      }
      const seen = await Promise.all(outputs.map(({digest}) => crane(digest)))

      await report.run(parseInputs(report.inputs, {release: outputs[2]!.release}), lab.ports)
      const data = JSON.parse(lab.ports.files.get('report.json') ?? '') as ReportData
      expect(data.history.map(({name}) => name)).toEqual([...sizes.keys()])
      expect(data.history.map(({builds}) => builds.map(({imageSize}) => imageSize))).toEqual(seen)
      const [target] = data.targets
      expect(target!.platforms.map(({size}) => size)).toEqual(seen[2])
      expect(target!.before!.platforms.map(({size}) => size)).toEqual(seen[1])
      for (const {layers, grew} of target!.platforms) {
        expect(layers.map(at => data.layers[at]!.size)).toEqual([5000, 9000])
        expect(grew).toEqual([{createdBy: 'COPY app', before: 4000, now: 9000}])
      }

      const {manifests} = await manifestAt(`${lab.images[1]!}@${outputs[2]!.digest}`)
      const children = await Promise.all(
        manifests.map(child => manifestAt(`${lab.images[1]!}@${child.digest}`))
      )
      const drawn = await drawnSizes(lab.ports.files.get('report.html') ?? '')
      expect(drawn.chart).toEqual(
        [...sizes.keys()].map((version, at) => `${version}: ${formatSize(sum(seen[at]!))}`)
      )
      expect(drawn.treemap).toEqual(
        children.flatMap(({layers}) => layers.map(({size}) => formatSize(size))).sort()
      )

      const [now] = metricsOf(releaseOf('1.4.0', 12_000))
      const before = (await earlierOf(releaseOf('1.4.0', 12_000))).find(
        ({platform}) => platform === 'linux/amd64'
      )
      const [growth] = growthOf(now!, before!, 10)
      expect(growth).toMatchObject({what: 'image size', before: seen[2]![0], now: now!.imageSize})
    }
  )

  it('stands beside the index on every registry, once, also where the same is merged again', async () => {
    const {digest} = await publish(releaseOf('1.1.0', 3000))
    await publish(releaseOf('1.1.0', 3000))
    for (const image of lab.images) {
      const client = clientOf(lab.ports, image)
      const found = await listReferrers(client, parseDigest(digest))
      expect(found.map(({artifactType}) => artifactType)).toEqual([
        'application/vnd.image-release.metrics.v1+json'
      ])
      expect((await readHistory(client, parseDigest(digest)))!.builds).toHaveLength(2)
    }
  })

  it('is not kept where that is not wanted, and nobody is asked for it who keeps no metrics', async () => {
    const {digest} = await publish(releaseOf('1.1.0', 3000), {'metrics-history': 'false'})
    expect(await readHistory(clientOf(lab.ports, lab.images[0]!), parseDigest(digest))).toBeUndefined()
    await publish(releaseOf('1.2.0', 3000))
    expect(await earlierOf(releaseOf('1.3.0', 3000), false)).toEqual([])
  })

  it.each([
    ['auto', []],
    ['true', [expect.stringMatching(/^sha256-/), expect.stringMatching(/^sha256-/)]]
  ])('takes a tag, where a registry has no API for referrers, only if told to: %s', async (wanted, tags) => {
    const {ports} = lab
    const send: typeof ports.send = async request =>
      await ports.send(
        request.url.pathname.includes('/referrers/')
          ? {...request, url: new URL(request.url.href.replace('/referrers/', '/nothing-like-it/'))}
          : request
      )
    const {digest} = await publish(releaseOf('1.1.0', 3000), {'metrics-history': wanted}, {...ports, send})
    const fallback = parseTag(digest.replace(':', '-'))
    const found = await Promise.all(
      lab.images.map(async image => (await clientOf(ports, image).headManifest(fallback)) && fallback)
    )
    expect(found.filter(tag => tag !== undefined)).toEqual(tags)
  })

  it('that a registry does not take is a warning, and the release stands', async () => {
    const {ports} = lab
    const send = ports.send
    const refusing: typeof send = async request =>
      request.url.pathname.includes('/blobs/uploads') && request.method === 'POST'
        ? await Promise.reject(new Error('the disk is full'))
        : await send(request)
    const plan = JSON.stringify(await buildAll(ports, releaseOf('1.1.0', 3000)))
    ports.kept.set('metrics-app', {'metrics.json': JSON.stringify(metricsOf(releaseOf('1.1.0', 3000))[0])})
    const outputs = await merge({...ports, send: refusing}, {plan, 'metrics-artifacts': 'metrics-*'})
    expect(outputs.tags.split('\n')).toHaveLength(6)
    expect(ports.reporter.warnings).toHaveLength(2)
    expect(ports.reporter.warnings[0]).toMatch(
      /does not keep the metrics of this release: .*the disk is full/
    )
  })

  it('remembers fifty releases, and each name once', () => {
    const empty = {builds: []}
    const all = Array.from({length: 60}, (_, at) => `1.${at}.0`)
    const last = [...all, '1.59.0'].reduce<ReturnType<typeof nextHistory> | undefined>(
      (before, name) => nextHistory({name, ...empty}, before),
      undefined
    )
    expect(last!.earlier.map(({name}) => name)).toEqual(all.slice(9, 59))
    expect(parseHistory(formatHistory(last!))).toEqual(last)
  })

  it.each([
    '',
    '[]',
    '{}',
    '{"schema":2,"name":"a","builds":[],"earlier":[]}',
    '{"schema":1,"name":"a","builds":[{}],"earlier":[]}'
  ])('that says %p is refused', text => {
    expect(() => parseHistory(text)).toThrow(/metrics|history/)
  })
})
