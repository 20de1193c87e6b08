import type {Ports} from '../ports.js'
import type {Texts} from '../command/input.js'
import {CONFIG_FILE} from '../command/config-place.js'

/** Programs that no image of GitHub's runners has, and that a step has to install. */
const INSTALLED = ['trivy', 'grype', 'snyk', 'syft', 'cosign'] as const

/** Settings of build-by-digest that are names of programs, or lines for sh that may call them. */
const CALLS = ['scan', 'sbom-command', 'test'] as const

/** Words of the setting `builder` for which no BuildKit is set up. */
const WITHOUT_BUILDKIT = ['podman', 'buildah', 'prebuilt']

/**
 * Which programs the file of settings asks for in the jobs after this one, so that a workflow can install them: those of
 * INSTALLED, and buildx unless another builder is named.
 * @param config the input of that name
 */
export async function neededTools(
  config: string | undefined,
  {readText}: Pick<Ports, 'readText'>
): Promise<readonly string[]> {
  const text = await readText(config?.trim() || CONFIG_FILE)
  if (text === undefined) return ['buildx']
  const {sectionTexts} = await import('./settings/section-texts.js')
  const build = sectionTexts(text, 'build-by-digest')
  const lines = CALLS.map(name => build[name] ?? '').join('\n')
  const called = INSTALLED.filter(name => new RegExp(`(?<![\\w./-])${name}(?![\\w-])`).test(lines))
  const signs = isSigning(sectionTexts(text, 'merge-manifest'), sectionTexts(text, 'verify-release'))
  return [...new Set([...called, ...(signs ? ['cosign'] : []), ...(isOnBuildkit(build) ? ['buildx'] : [])])]
}

function isSigning(merge: Texts, verify: Texts): boolean {
  const isVerified = ['cosign-key', 'certificate-identity'].some(name => (verify[name] ?? '') !== '')
  return isVerified || !['', 'none'].includes(merge['sign'] ?? '')
}

function isOnBuildkit({builder = '', source = ''}: Texts): boolean {
  return source === '' && !WITHOUT_BUILDKIT.includes(builder)
}
