import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {json} from 'node:stream/consumers'
import {afterAll, beforeAll, expect, it, jest} from '@jest/globals'
import {buildByDigest} from '../../src/building/build-by-digest.js'
import {parseInputs} from '../../src/command/input.js'
import {parseDigest} from '../../src/oci/digest.js'
import {readManifest} from '../../src/oci/manifest.js'
import {formatPlan} from '../../src/contracts/plan-format.js'
import {blobStream} from '../../src/registry/images/blob-download.js'
import {listReferrers} from '../../src/registry/client/referrers.js'
import {describeWith} from '../support/components.js'
import {testPorts} from '../support/ports.js'
import {type RealBuilder, startBuilder} from '../support/real-builders.js'
import {
  DISTRIBUTION_3,
  type RunningRegistry,
  startDistribution3,
  startEmbedded
} from '../support/registries.js'
import {clientOf, planOf} from '../support/releases.js'

jest.setTimeout(120_000)

/** What each format says of a package, as far as it is looked at. */
interface Bill {
  readonly packages?: readonly {readonly name: string; readonly versionInfo?: string}[]
  readonly components?: readonly {readonly name: string; readonly version?: string}[]
}

describeWith(['buildah', 'syft', ...DISTRIBUTION_3], 'a bill of materials that syft makes', () => {
  let builder: RealBuilder
  let registries: RunningRegistry[]
  let context: string

  beforeAll(async () => {
    builder = await startBuilder('buildah', [], {SYFT_CHECK_FOR_APP_UPDATE: 'false'})
    registries = [await startEmbedded(), await startDistribution3()]
    context = mkdtempSync(path.join(tmpdir(), 'sbom-'))
    const module = path.join(context, 'node_modules/left-pad')
    mkdirSync(module, {recursive: true})
    writeFileSync(
      path.join(module, 'package.json'),
      '{"name":"left-pad","version":"1.3.0","license":"WTFPL"}'
    )
    writeFileSync(path.join(context, 'Containerfile'), 'FROM scratch\nCOPY node_modules /app/node_modules\n')
  })
  afterAll(async () => {
    await builder.stop()
    await Promise.all(registries.map(registry => registry.stop()))
    rmSync(context, {recursive: true, force: true})
  })

  it.each([
    [
      'spdx',
      'application/spdx+json',
      ({packages}: Bill) => packages?.map(one => [one.name, one.versionInfo])
    ],
    [
      'cyclonedx',
      'application/vnd.cyclonedx+json',
      ({components}: Bill) => components?.map(one => [one.name, one.version])
    ]
  ])(
    'names what the image of a platform holds, beside it in every registry: %s',
    async (format, type, found) => {
      const ports = testPorts(registries, {exec: builder.exec})
      const images = registries.map(({host}) => `${host}/org/${format}`)
      const texts = {
        context,
        plan: formatPlan(planOf({images, version: '1.0.0', tags: []})),
        platforms: 'linux/arm64',
        builder: 'buildah',
        'sbom-command': 'syft',
        'sbom-format': format
      }
      const {digest} = await buildByDigest.run(parseInputs(buildByDigest.inputs, texts), ports)
      for (const image of images) {
        const client = clientOf(ports, image)
        const [referrer, ...others] = await listReferrers(client, parseDigest(digest))
        expect(referrer).toMatchObject({artifactType: type})
        expect(others).toEqual([])
        const {layers} = readManifest(await client.getManifest(referrer!.digest))
        const bill = (await json(blobStream(client, layers[0]!).open())) as Bill
        expect(found(bill)).toContainEqual(['left-pad', '1.3.0'])
      }
      ports.close()
    }
  )
})
