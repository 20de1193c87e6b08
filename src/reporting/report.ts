import {InputError} from '../errors.js'
import {type InputValues, choice, count, flag, json, lines, text} from '../command/input.js'
import {parseChecks} from '../contracts/checks-document.js'
import {parseCleanup} from '../contracts/cleanup-document.js'
import {parseJournal} from '../contracts/journal-document.js'
import {parseMetrics} from '../contracts/metrics-document.js'
import {parseStepTimes} from '../contracts/step-times.js'
import {parseVerification} from '../contracts/verification-document.js'
import type {Ports} from '../ports.js'
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
  times: lines(
    {
      summary:
        'What compute-tags, merge-manifest, verify-release and cleanup-latest gave out as times, one a line: the journey shows them beside the builds.',
      placeholder: 'JSON'
    },
    parseStepTimes
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
  site: text({
    summary:
      'A folder with the pages of releases, to be served by GitHub Pages or any server of files: the page is added to it, and its index of all releases made anew.',
    placeholder: 'FOLDER'
  }),
  serve: flag({
    summary:
      'Serve pages on 127.0.0.1 until you stop it: of any image of any registry, with its tags, its history and the differences of two tags; and of the release that is under way in the folder follow. With it no document is needed.'
  }),
  port: count({summary: 'The port of serve; 0 takes a free one.', default: '0', min: 0, max: 65_535}),
  follow: text({
    summary: 'The folder of the release that serve follows. Default: .image-release.',
    placeholder: 'FOLDER'
  }),
  insecure,
  config,
  'registry-credentials': registryCredentials
}

type Inputs = InputValues<typeof inputs>

/** Shows a release as one page. */
export const report = command({
  name: 'report',
  summary: 'Show a release as one HTML page: what was released, what grew, what is where.',
  description:
    'Makes one file that needs no network from the documents of a release, each of which may be missing, and from what the registries answer: the journey with its times, every tag on every registry with what it pointed at before, the parts of each index, layers and what grew, findings, packages, checks and clean-up. Nothing is written to a registry, and a registry that does not answer is no failure.',
  settings: 'section',
  inputs,
  outputs: {
    page: 'The path of the page, for later steps.',
    data: 'The path of the same as JSON.',
    kept: 'Where both are kept: an artifact of the run, or a folder. Empty where nothing keeps them.',
    address: 'Where a browser shows the page: the address of an artifact of the run. Empty on a command line.'
  },
  examples: [
    {
      line: 'image-release report --plan plan.json --release release.json --metrics metrics.json',
      remark: 'The page of a release, with what its registries have'
    },
    {
      line: 'image-release report --release release.json --ask never --output page',
      remark: 'Only what the document says; prints the path of the page'
    },
    {
      line: 'image-release report --plan plan.json --release release.json --site public',
      remark: 'Add the page to those of other releases, with an index of all'
    },
    {
      line: 'image-release report --serve',
      remark: 'Look at images of any registry in a browser, and follow the release that runs here'
    }
  ],
  async run(given, ports) {
    if (given.serve) return await serve(given, ports)
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
    const {keepReport} = await import('./keep-report.js')
    return await keepReport({data, plan: given.plan, site: given.site}, ports)
  }
})

/** Serves pages until the run is ended: there is nothing to keep then. */
async function serve(given: Inputs, ports: Ports) {
  const {serveReports} = await import('./serve.js')
  await serveReports(
    {
      port: given.port,
      folder: given.follow ?? '.image-release',
      plan: given.plan,
      openRegistries: () => openRegistries(given, ports),
      isAsking: given.ask !== 'never'
    },
    ports
  )
  ports.reporter.info('The pages are no longer served.')
  return {page: '', data: '', kept: '', address: ''}
}

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
