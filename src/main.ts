// The whole trip:
//
// 1. dist/<command>.js calls runAction, dist/cli.js calls runCli; both load their host, actions/ or cli/.
// 2. The host says which command is asked for. commands.ts loads it, and only it.
// 3. The host reads the texts of its inputs; planning/settings/ lays them over the file of settings of the repository.
// 4. command/input.ts parses them by the command's table, and tells all faults at once.
// 5. The command runs with its inputs and the ports (ports.ts), which machine/ makes: it looks, decides purely, and acts.
//    compute-tags   planning/    what is built, and which tags it gets         -> a plan
//    build-by-digest building/   one image for one platform, held against checks/, pushed without a tag -> a record
//    rebuild        building/    the same again, compared with what is published
//    merge-manifest publishing/  all images joined, signed by signing/, all tags moved or none -> a release
//    verify-release, promote-release, rollback-release, doctor: publishing/
//    cleanup-latest cleanup/     what nothing that is kept leads to goes
//    release-notes, update-manifests delivery/; init, preflight onboarding/; all of it at once release/
// 6. The host writes its outputs, also of a run that failed.
// 7. Whatever is thrown is told once, with its code and its hint (errors.ts), and the process ends.
import {ACTION_COMMANDS, COMMANDS, WHOLE_RELEASE, loadCommand} from './commands.js'
import type {Command} from './command/command.js'
import {configure, unconfigured} from './planning/settings/settings.js'
import {assertOwnSettings} from './ci/untrusted-runs.js'
import type {Host} from './host/host.js'
import {endProcess} from './host/process-end.js'
import {type InputTable, type InputValues, parseInputs} from './command/input.js'
import {nearest} from './shared/did-you-mean.js'
import {InputError, ReleaseError} from './errors.js'
import type {Ports} from './ports.js'
import {TIMES_OUTPUT, formatStepTimes} from './contracts/step-times.js'

/**
 * Runs as a GitHub action: the command of this name, or the one that the input `command` names.
 * @param end ends the process
 */
export async function runAction(name?: string, end = endProcess): Promise<void> {
  const {openGithubHost} = await import(/* webpackMode: "eager" */ './actions/host.js')
  const host = openGithubHost()
  await finish(host, end, async () => await runCommand(host, name ?? chosenCommand(host.commandInput())))
}

/**
 * Runs as a command line.
 * @param end ends the process
 */
export async function runCli(end = endProcess): Promise<void> {
  const {openCliHost} = await import(/* webpackMode: "eager" */ './cli/host.js')
  const host = openCliHost([...COMMANDS.keys()], loadCommand)
  await finish(host, end, async () => {
    const name = await host.commandName()
    if (name !== undefined) await runCommand(host, name)
  })
}

async function runCommand(host: Host, name: string): Promise<void> {
  const command = await loadCommand(name)
  const {texts, issues} = await host.read(command)
  for (const [input, {secret}] of Object.entries(command.inputs)) if (secret) host.hide(texts[input])
  const {inputs: table, settings} = command
  const section = settings === 'section' ? name : typeof settings === 'object' ? settings.of : undefined
  const config =
    settings === undefined
      ? unconfigured(texts)
      : await configure({table, section}, texts, async file => await readSettings(file, host.ports))
  await config.within(async () => {
    const inputs = parseInputs(table, config.texts, issues)
    await runWith(inputs, command, host)
  })
}

/** What a file of settings says decides what is published: it must be the one of the run's own commit. */
async function readSettings(file: string, ports: Ports): Promise<string | undefined> {
  const text = await ports.readText(file)
  if (text !== undefined) await assertOwnSettings(file, text, ports)
  return text
}

/** A command that fails may have found something all the same, such as a report of what is wrong. */
async function runWith(inputs: InputValues<InputTable>, command: Command, host: Host): Promise<void> {
  host.begin(command)
  const {clock} = host.ports
  const began = clock.now()
  try {
    const outputs = await command.run(inputs, host.ports)
    const times = formatStepTimes(command.name, began, clock.now() - began)
    await host.write(command, command.isTimed === true ? {...outputs, [TIMES_OUTPUT]: times} : outputs)
  } catch (error) {
    if (error instanceof ReleaseError && error.outputs !== undefined) await host.write(command, error.outputs)
    throw error
  }
}

/**
 * The only place that catches everything: whatever is thrown fails the run, and is said. What is still under way then,
 * such as requests to a registry that never answers, is for nobody any more.
 */
async function finish(host: Host, end: typeof endProcess, work: () => Promise<void>): Promise<void> {
  let hasFailed = false
  try {
    ;(await import(/* webpackMode: "eager" */ './host/runtime.js')).assertRuntime()
    await work()
  } catch (error) {
    hasFailed = true
    await host.fail(error)
  } finally {
    host.close()
    end(hasFailed)
  }
}

/** Without a name it is a whole release. */
function chosenCommand(name: string): string {
  if (name === '') return WHOLE_RELEASE
  if (ACTION_COMMANDS.includes(name)) return name
  const guess = nearest(name, ACTION_COMMANDS)
  const message = `${JSON.stringify(name)} is not one of ${ACTION_COMMANDS.join(', ')}`
  throw new InputError([{input: 'command', message: guess ? `${message}; did you mean ${guess}?` : message}])
}
