import {InputError, ReleaseError, messageOf} from '../errors.js'
import {type InputValues, choice, json} from '../command/input.js'
import {parseChecks} from '../contracts/checks-document.js'
import {parseCleanup} from '../contracts/cleanup-document.js'
import {parseJournal} from '../contracts/journal-document.js'
import {parseMetrics} from '../contracts/metrics-document.js'
import {parseVerification} from '../contracts/verification-document.js'
import type {ArtifactFile, Ports} from '../ports.js'
import {command} from '../command/command.js'
import {config, plan, releaseInput} from '../command/shared-inputs.js'
import {openRegistries} from '../registry/open-registries.js'
import {insecure, registryCredentials} from '../registry/registry-inputs.js'
import {PROGRAM_VERSION} from '../version.js'
import {makeReport} from './make-report.js'
import type {TargetLook} from './looks.js'
import {lookAtTarget} from './registry-look.js'
import {releaseOfBuilds} from './report-builds.js'
import type {ReportData} from './report-data.js'

const inputs = {
  plan,
  release: releaseInput,
  report: json(
    {summary: 'What verify-release gave out as report.', placeholder: 'JSON|FILE'},
    parseVerification
  ),
  checks: json({summary: 'What verify-release gave out as checks.', placeholder: 'JSON|FILE'}, parseChecks),
  journal: json(
    {summary: 'What merge-manifest gave out as journal.', placeholder: 'JSON|FILE'},
    parseJournal
  ),
  metrics: json(
    {summary: 'What merge-manifest gave out as metrics.', placeholder: 'JSON|FILE'},
    parseMetrics
  ),
  'metrics-baseline': json(
    {
      summary: 'Metrics of the release before, to compare with.',
      placeholder: 'JSON|FILE'
    },
    parseMetrics
  ),
  'cleanup-report': json(
    {
      summary: 'What cleanup-latest gave out as report, or the file that it names as report-file.',
      placeholder: 'JSON|FILE'
    },
    parseCleanup
  ),
  ask: choice(['auto', 'never'], {
    summary:
      'Whether the registries are asked for layers, signatures, attestations, bills of materials and what the tags point at now. What they do not answer is said on the page.',
    default: 'auto'
  }),
  insecure,
  config,
  'registry-credentials': registryCredentials
}

type Inputs = InputValues<typeof inputs>

/** Shows a release as one page. */
export const report = command({
  name: 'report',
  summary: 'Show a release as one HTML page: what was released, what grew, what stands where.',
  description:
    'Makes one file that needs no network from the documents of a release, each of which may be missing, and from what the registries answer: the journey with its times, every tag on every registry with what it pointed at before, the parts of each index, layers and what grew, findings, packages, checks and clean-up. Nothing is written to a registry, and a registry that does not answer is no failure.',
  settings: 'section',
  inputs,
  outputs: {
    page: 'The path of the page, for later steps.',
    data: 'The path of the same as JSON.',
    kept: 'Where both are kept: an artifact of the run, or a folder. Empty where nothing keeps them.'
  },
  examples: [
    {
      line: 'image-release report --plan plan.json --release release.json --metrics metrics.json',
      remark: 'The page of a release, with what its registries have'
    },
    {
      line: 'image-release report --release release.json --ask never --output page',
      remark: 'Only what the document says; prints the path of the page'
    }
  ],
  async run(given, ports) {
    assertSomething(given)
    const looks = await lookAtAll(given, ports)
    const data = makeReport({
      ...given,
      verification: given.report,
      cleanup: given['cleanup-report'],
      made: new Date(ports.clock.now()).toISOString(),
      program: PROGRAM_VERSION,
      looks,
      history: earlierOf(given),
      notes: given.ask === 'never' ? ['No registry was asked: ask is never.'] : []
    })
    const {pageHtml} = await import('./page-html.js')
    return await keep(data, pageHtml(titleOf(data), data), given, ports)
  }
})

/** @throws InputError where there is nothing to show */
function assertSomething({plan: planned, release, metrics}: Inputs): void {
  if (planned !== undefined || release !== undefined || metrics !== undefined) return
  throw new InputError([{input: 'release', message: 'is required, or plan or metrics'}])
}

async function lookAtAll(given: Inputs, ports: Ports): Promise<TargetLook[]> {
  if (given.ask === 'never' || given.release === undefined) return []
  const registries = openRegistries(given, ports)
  return await Promise.all(given.release.targets.map(async target => await lookAtTarget(target, registries)))
}

function earlierOf({'metrics-baseline': baseline}: Inputs): ReportData['history'] {
  return baseline === undefined ? [] : [releaseOfBuilds('before', undefined, baseline)]
}

function titleOf({version, source, targets}: ReportData): string {
  const name = source?.repository ?? targets[0]?.images[0] ?? 'Release'
  return version === undefined ? name : `${name} ${version}`
}

async function keep(data: ReportData, html: string, given: Inputs, ports: Ports) {
  const text = `${JSON.stringify(data)}\n`
  const files = [
    {name: 'report.html', text: html},
    {name: 'report.json', text}
  ]
  const [page, dataFile] = [
    await ports.saveText('report.html', html),
    await ports.saveText('report.json', text)
  ]
  const kept = await keepFiles(artifactName(given), files, ports)
  ports.reporter.info(`The page of the release: ${kept === '' ? page : kept}`)
  return {page, data: dataFile, kept}
}

/** The same run may release several plans, each with a page of its own. */
function artifactName({plan: planned}: Inputs): string {
  const {version, id} = planned ?? {}
  return ['report', version, id]
    .filter(part => part !== undefined)
    .join('-')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
}

/** Where nothing can be kept, later steps still have the page as a file. */
async function keepFiles(
  name: string,
  files: readonly ArtifactFile[],
  {artifacts, reporter}: Ports
): Promise<string> {
  try {
    return await artifacts.save(name, files)
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error
    reporter.warning(`The page is not kept: ${messageOf(error)}`)
    return ''
  }
}
