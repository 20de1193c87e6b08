import {rmSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, jest} from '@jest/globals'
import {parseDigest} from '../../src/oci/digest.js'
import {formatPlan} from '../../src/contracts/plan-format.js'
import {ROOT_FILESYSTEM, describeWith, hasRootFilesystem, itWhere} from '../support/components.js'
import {hasPlainUser, plainUser} from '../support/plain-user.js'
import {testPorts} from '../support/ports.js'
import {STORING_BUILDERS, hasHeredocs, programOf} from '../support/real-builders.js'
import {readContent} from '../support/registry-content.js'
import {startEmbedded} from '../support/registries.js'
import {clientOf, planOf} from '../support/releases.js'
import {richContext} from '../support/rich-context.js'

jest.setTimeout(180_000)

const itBuilds = itWhere(
  hasPlainUser && hasRootFilesystem('amd64'),
  `the user of script/components, ${ROOT_FILESYSTEM}`
)

describe.each(STORING_BUILDERS)('%s without root', (name, programs) => {
  describeWith([...programs, 'setpriv'], 'really', () => {
    itBuilds('builds a whole Containerfile, and leaves it by its digest', async () => {
      const registry = await startEmbedded()
      const context = richContext(hasHeredocs(name))
      const user = plainUser(name, context)
      const ports = testPorts([registry])
      try {
        const image = `${registry.host}/org/rootless`
        const plan = path.join(user.folder, 'plan.json')
        writeFileSync(plan, formatPlan(planOf({images: [image], version: '1.0.0', tags: []})))
        const {exitCode, stdout, stderr} = await user.run(
          [
            'build-by-digest',
            ...[
              '--plan',
              plan,
              '--platforms',
              'linux/amd64',
              '--builder',
              programOf(name),
              '--format',
              'docker'
            ],
            ...['--context', path.join(user.folder, 'context'), '--build-args', 'GREETING=hello'],
            ...['--secret-envs', 'token=TOKEN', '--output', 'digest']
          ],
          {TOKEN: 's3cret-of-nobody'}
        )
        expect(exitCode === 0 ? 0 : stderr).toBe(0)
        const {config, bytes} = await readContent(clientOf(ports, image), parseDigest(stdout.trim()))
        expect(config).toMatchObject({architecture: 'amd64', config: {User: '65532', Healthcheck: {}}})
        const text = bytes.map(part => part.toString('latin1')).join('\n')
        expect(text).toContain(hasHeredocs(name) ? 'from a here-document\nhello\n' : 'from a line\nhello\n')
        expect(`${text}${stdout}${stderr}`).not.toContain('s3cret-of-nobody')
      } finally {
        ports.close()
        user.remove()
        rmSync(context, {recursive: true, force: true})
        await registry.stop()
      }
    })
  })
})
