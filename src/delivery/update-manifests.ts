import {type DeployedImage, deployedImages, tagChoice} from './manifests/deployed-image.js'
import {type DeploymentFacts, deploymentFacts} from './manifests/deployment-facts.js'
import {parseGitAddress} from './git/git-address.js'
import {editManifests} from './manifests/manifest-edit.js'
import {parseManifestEntry} from './manifests/manifest-entry.js'
import {parseMessageTemplate} from './manifests/message-template.js'
import {InputError, ReleaseError} from '../errors.js'
import {type InputValues, choice, count, flag, lines, parsed, required, text} from '../command/input.js'
import {type Reference, parseReference} from '../oci/reference.js'
import type {Ports} from '../ports.js'
import {manifestLines, manifestSummary} from './manifests/manifest-summary.js'
import {command} from '../command/command.js'
import {githubRepository, githubToken} from '../github/github-inputs.js'
import {askVersions} from './image-version.js'
import {type Delivered, deliver, parseAuthor} from './manifest-destination.js'
import {openRegistries} from '../registry/open-registries.js'
import {pullRequestInputs} from './pull-request-inputs.js'
import {deploymentInputs, openDeployments} from './registered-deployment.js'
import {insecure, registryCredentials} from '../registry/registry-inputs.js'
import {config, dryRun, releaseInput} from '../command/shared-inputs.js'

const inputs = {
  manifests: required(
    lines(
      {
        summary:
          'Where images are named, one a line: kustomize:FILE, helm:FILE#image.tag, image:FILE for every field image of a manifest, or argocd:FILE for what Applications put over their manifests. Behind it, with commas: name= what the file calls the image, target= and registry= which image of the release it is.',
        placeholder: 'ENTRY'
      },
      parseManifestEntry
    )
  ),
  release: releaseInput,
  'deploy-image': parsed(
    {summary: 'The image, for use without a release: REPOSITORY:TAG@DIGEST.', placeholder: 'IMAGE'},
    parseDeployed
  ),
  'deploy-tag': text({
    summary:
      'Which tag of the release is deployed, where that is not its first: a tag, or the start of one and *, such as staging-*.',
    placeholder: 'TAG'
  }),
  pin: choice(['tag', 'digest', 'both'], {
    summary:
      'What manifests name: the tag, the digest, or both. A digest that is there is always kept right.',
    default: 'tag'
  }),
  deliver: choice(['commit', 'pull-request', 'files'], {
    summary:
      'How the change gets there: a commit on the branch, a pull request for it, or only the files of the current folder.',
    default: 'commit'
  }),
  'manifests-repository': parsed(
    {
      summary: 'The Git repository of the manifests; by default the one that this folder was cloned from.',
      placeholder: 'URL'
    },
    parseGitAddress
  ),
  'manifests-branch': text({
    summary: 'The branch that is changed; by default that of the repository.',
    placeholder: 'NAME'
  }),
  ...pullRequestInputs,
  message: parsed(
    {
      summary:
        'The message of the commit, and the title of the pull request. {{tag}}, {{digest}}, {{image}}, {{registry}}, {{repository}} and {{target}} stand for what is deployed.',
      default: 'Update image to {{tag}}'
    },
    parseMessageTemplate
  ),
  author: parsed(
    {summary: 'Who the commit is by; by default whom Git is configured for.', placeholder: 'NAME <MAIL>'},
    parseAuthor
  ),
  'allow-backward': flag({summary: 'Deploy also where a manifest names a newer version than this one.'}),
  attempts: count({
    summary: 'How often the change is made anew where somebody else was faster on the branch.',
    min: 1,
    max: 50,
    default: '10'
  }),
  ...deploymentInputs,
  'git-token': text({
    summary: 'The token for the repository of the manifests over HTTPS; by default github-token.',
    placeholder: 'TOKEN',
    secret: true
  }),
  'git-username': text({
    summary: 'The name that goes with the token, where the host asks for a certain one.',
    default: 'x-access-token'
  }),
  'github-repository': githubRepository,
  'github-token': githubToken,
  insecure,
  config,
  'registry-credentials': registryCredentials,
  'dry-run': dryRun
}

type ManifestInputs = InputValues<typeof inputs>

/** Has what was released deployed by Git: names it in manifests, and commits that. */
export const updateManifests = command({
  name: 'update-manifests',
  summary: 'Name a published image in the manifests of a deployment, by commit or pull request.',
  description:
    'Changes the tag, the digest and the name of images in kustomizations, values of Helm charts and manifests of Kubernetes, and nothing else in these files: comments and layout stay. The change goes to a branch of this or another repository; where somebody else was faster, it is made anew on what is there. A manifest that names a newer version stays as it is. Without a change there is no commit.',
  settings: 'section',
  inputs,
  outputs: {
    registry: 'The registry of the image; of the first target where there are several, as in the next four.',
    repository: 'The repository on that registry, without it.',
    image: 'Both: REGISTRY/REPOSITORY.',
    tag: 'The tag that is deployed; empty where only a digest is.',
    digest: 'The digest that is deployed.',
    deployments:
      'JSON: registry, repository, image, tag, digest and reference for each target, and the same for kubectl set image, kustomize edit set image, Flux and the Image Updater of Argo CD.',
    'deployments-file': 'Its path as a file.',
    'deployment-id': 'The number of the deployment on GitHub; empty where none is asked for.',
    changed: 'true where a manifest had to change, else false.',
    commit: 'The new commit; empty if there is none.',
    branch: 'The branch that it is on.',
    'pull-request-url': 'The page of the pull request; empty if there is none.',
    'pull-request-number': 'Its number.'
  },
  examples: [
    {
      line: 'image-release update-manifests --release release.json --manifests kustomize:overlays/staging/kustomization.yaml --manifests-repository https://github.com/org/deploy.git',
      remark: 'Deploy to staging: commit to another repository, with the token of IMAGE_RELEASE_GIT_TOKEN'
    },
    {
      line: 'image-release update-manifests --release release.json --manifests helm:charts/app/values.yaml#image --pin both --deliver pull-request',
      remark: 'Propose a deployment to production'
    },
    {
      line: 'image-release update-manifests --deploy-image ghcr.io/org/app:1.2.3 --manifests image:deployment.yaml --deliver files',
      remark: 'Only edit a file here'
    }
  ],
  async run(given, ports) {
    const register = openDeployments(given, ports)
    const images = await imagesOf(given, ports)
    const facts = deploymentFacts(images, given.pin)
    const file = await ports.saveText('deployments.json', `${JSON.stringify(facts, undefined, 2)}\n`)
    const [first] = images
    if (first === undefined) return outputsOf({facts, file, id: ''}, {edit: {files: new Map(), places: []}})
    const deployment = {
      entries: given.manifests,
      images,
      pin: given.pin,
      allowBackward: given['allow-backward'],
      versionOf: askVersions(given, ports)
    }
    const destination = {...given, 'pull-request-branch': given['pull-request-branch']?.(first)}
    const delivered = await deliver(destination, ports, {
      edit: async read => await editManifests(deployment, read),
      message: given.message?.(first) ?? '',
      targets: facts.map(({target}) => target)
    })
    report(images, delivered, {given, ports})
    return outputsOf({facts, file, id: await register(facts, delivered)}, delivered)
  }
})

/** @throws InputError unless there is a release or an image to deploy */
async function imagesOf(given: ManifestInputs, ports: Ports): Promise<DeployedImage[]> {
  const {release, 'deploy-image': image, 'deploy-tag': tag, pin} = given
  if (release === undefined && image !== undefined) return [await namedImage(image, given, ports)]
  if (release === undefined || image !== undefined)
    throw new InputError([{input: 'release', message: 'is required, or deploy-image, and not both'}])
  const all = deployedImages(release, tagChoice(tag))
  const current = all.filter(one => given['allow-backward'] || one.isOvertaken !== true)
  const found = current.filter(one => pin === 'digest' || one.tag !== undefined)
  if (found.length > 0) return found
  if (tag !== undefined && current.length > 0)
    throw new InputError([{input: 'deploy-tag', message: `no tag of the release is ${JSON.stringify(tag)}`}])
  ports.reporter.notice('Every tag stayed at something newer: there is nothing to deploy.')
  return []
}

/** A tag that is not there must not be deployed; what it points at may have to stand in a manifest. */
async function namedImage(
  {repository, tag, digest}: Reference,
  given: ManifestInputs,
  ports: Ports
): Promise<DeployedImage> {
  const client = openRegistries(given, ports).repository(repository, 'pull')
  const reference = digest ?? tag
  const head = reference && (await client.headManifest(reference))
  if (head !== undefined) return {target: 'image', repository, digest: head.digest, ...(tag ? {tag} : {})}
  throw new ReleaseError('CHILD_MISSING', `${client.name}:${reference ?? ''} is not there`, {
    hint: 'The manifests were left alone. Publish the image first.'
  })
}

function parseDeployed(value: string): Reference {
  const reference = parseReference(value)
  if (reference.tag !== undefined || reference.digest !== undefined) return reference
  throw new ReleaseError('REFERENCE_INVALID', `${JSON.stringify(value)} names no tag and no digest`)
}

function report(
  images: readonly DeployedImage[],
  {edit, branch = '', commit, pull, isClosed = false}: Delivered,
  {given, ports}: {readonly given: ManifestInputs; readonly ports: Ports}
): void {
  const isDry = given['dry-run']
  for (const line of manifestLines(edit.places, isDry)) ports.reporter.info(line)
  const named = new Set(edit.places.map(({target}) => target))
  for (const target of new Set(images.map(one => one.target)))
    if (!named.has(target)) ports.reporter.warning(`${target}: no manifest names it`)
  const where = {branch, commit, pullRequest: pull?.url, isDry}
  ports.reporter.summary(manifestSummary(edit.places, where))
  if (commit !== undefined) ports.reporter.info(`commit ${commit} on ${branch}`)
  if (pull !== undefined)
    ports.reporter.info(`pull request ${pull.url}${isClosed ? ' is closed: its base has all of it' : ''}`)
}

function outputsOf(
  {facts, file, id}: {readonly facts: readonly DeploymentFacts[]; readonly file: string; readonly id: string},
  {edit, branch = '', commit = '', pull}: Delivered
) {
  const {registry = '', repository = '', image = '', tag = '', digest = ''} = facts[0] ?? {}
  return {
    ...{registry, repository, image, tag, digest},
    deployments: JSON.stringify(facts),
    'deployments-file': file,
    'deployment-id': id,
    changed: String(edit.files.size > 0),
    commit,
    branch,
    'pull-request-url': pull?.url ?? '',
    'pull-request-number': pull === undefined ? '' : String(pull.number)
  }
}
