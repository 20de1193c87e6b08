import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, expect, it} from '@jest/globals'
import {describeWith} from '../support/components.js'
import {type HostedGit, githubSite, hostedGit} from '../support/hosted/hosted-git.js'
import {type HostedMachines, hostedMachines} from '../support/hosted/hosted-machines.js'
import {type Internet, startInternet} from '../support/internet.js'
import {type WorkflowEnd, runWorkflow} from '../support/run-workflow.js'

const MINUTES = 60_000
const REPOSITORY = 'octo/strict'
const CHECKOUT = 'actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1'

describeWith(['act', 'git', 'openssl'], 'the world that workflows are tested in', () => {
  let root: string
  let git: HostedGit
  let internet: Internet
  let machines: HostedMachines

  beforeAll(async () => {
    root = mkdtempSync(path.join(tmpdir(), 'strict-'))
    const folder = path.join(root, 'clone')
    mkdirSync(path.join(folder, '.github/workflows'), {recursive: true})
    for (const [name, text] of Object.entries({
      '.github/settings.yml': 'a: 1\n',
      'one/file': '1\n',
      'two/file': '2\n',
      top: 't\n'
    })) {
      mkdirSync(path.dirname(path.join(folder, name)), {recursive: true})
      writeFileSync(path.join(folder, name), text)
    }
    git = hostedGit(folder, path.join(root, 'strict.git'))
    internet = await startInternet({'github.com': githubSite(git, REPOSITORY, false)})
    machines = hostedMachines({})
  })
  afterAll(async () => {
    machines.stop()
    await internet.stop()
    rmSync(root, {recursive: true, force: true})
  })

  const run = (
    workflow: string,
    {
      ref = 'refs/heads/main',
      secrets = {},
      name = 'push',
      payload = {}
    }: {ref?: string; secrets?: Record<string, string>; name?: string; payload?: object} = {}
  ): Promise<WorkflowEnd> => {
    git.commit({'.github/workflows/try.yml': workflow})
    return runWorkflow({
      git,
      repository: REPOSITORY,
      file: '.github/workflows/try.yml',
      event: {name, ref, payload},
      machines,
      secrets,
      env: internet.env
    })
  }
  const job = (steps: string, more = ''): string =>
    `on: [push, pull_request]\njobs:\n  one:\n    runs-on: ubuntu-24.04\n${more}    steps:\n${steps.replace(/^/gm, '      ')}\n`

  it(
    'checks out',
    async () => {
      const end = await run(
        job(
          `- uses: ${CHECKOUT}\n  with: {sparse-checkout: one}\n- run: find . -path ./.git -prune -o -type f -print; git status; git tag; echo $HOME $PATH; trivy`
        )
      )
      console.log(end.exitCode, end.log)
    },
    MINUTES
  )
})
