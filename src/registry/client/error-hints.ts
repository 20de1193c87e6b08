import {
  ACR_ROLES,
  ECR_PERMISSIONS,
  ECR_RELEASE_PERMISSIONS,
  GAR_ROLES,
  type Operation,
  permissionsFor
} from './permissions.js'

/** A repository that a registry refused something in, and what it said. */
export interface Refused {
  readonly host: string
  /** The path of the repository; empty where the request was for none. */
  readonly name: string
  readonly status: number
  /** What was to be done, where it is known. */
  readonly operation?: Operation | undefined
  /** The messages of the registry. */
  readonly said: string
}

/** What to do about a refusal in the words of one vendor: the setting to change. */
interface Vendor {
  readonly hosts: RegExp
  readonly advise: (refused: Refused, match: RegExpMatchArray) => string | undefined
}

/** What the vendors' own manuals name, and their messages as issues show them (2026-11). */
const VENDORS: readonly Vendor[] = [
  {hosts: /^ghcr\.io$/, advise: ({status, said}) => (isRefusal(status) ? githubAdvice(said) : undefined)},
  {
    hosts: /^docker\.io$|^(?:index|registry-1)\.docker\.io$/,
    advise: ({status, name}) =>
      isRefusal(status)
        ? `Give the access token the permission "Read & Write", and its user the right to write to ${name} on Docker Hub; the login is that of the secrets that registry-credentials names, such as DOCKERHUB_USERNAME and DOCKERHUB_TOKEN.`
        : undefined
  },
  {hosts: /^\d+\.dkr\.ecr(?:-fips)?\.([\w-]+)\.amazonaws\.com(?:\.cn)?$/, advise: amazonAdvice},
  {hosts: /^public\.ecr\.aws$/, advise: publicAmazonAdvice},
  {hosts: /^([\w-]+-)?docker\.pkg\.dev$|^(?:[\w-]+\.)?gcr\.io$/, advise: googleAdvice},
  {
    hosts: /^([\w-]+)\.azurecr\.(?:io|cn|us)$/,
    advise: ({status, operation}, match) =>
      isRefusal(status)
        ? `Log in by "az acr login --name ${match[1] ?? ''}" with an identity that has the role ${roleFor(operation, ACR_ROLES)} (AcrPush to release, AcrDelete to delete).`
        : undefined
  },
  {
    hosts: /^quay\.io$/,
    advise: ({status, name}) =>
      isRefusal(status) ? `Give the robot account the permission Write on ${name}.` : undefined
  },
  {
    hosts: /^registry\.gitlab\.com$/,
    advise: ({status}) =>
      isRefusal(status)
        ? 'Log in with CI_REGISTRY_USER and CI_REGISTRY_PASSWORD, or with a token that has the scope write_registry.'
        : undefined
  },
  {hosts: /^/, advise: harborAdvice}
]

/** The setting to change, in the words of the vendor whose registry it is; undefined where nothing particular is known. */
export function registryAdvice(refused: Refused): string | undefined {
  for (const {hosts, advise} of VENDORS) {
    const match = hosts.exec(refused.host)
    const advice = match ? advise(refused, match) : undefined
    if (advice !== undefined) return advice
  }
  return undefined
}

function isRefusal(status: number): boolean {
  return status === 401 || status === 403
}

/** GitHub names two of the reasons in its messages. */
function githubAdvice(said: string): string {
  if (/write_package/.test(said))
    return 'Give this repository the role Write under "Manage Actions access" in the settings of the package.'
  if (/create organization package/i.test(said)) return 'Give this job "packages: write".'
  return 'Give this job "packages: write", and give the repository write access in the settings of the package.'
}

/** Amazon makes no repository by itself, and a login there ends after twelve hours. */
function amazonAdvice({host, name, status, operation}: Refused, match: RegExpMatchArray): string | undefined {
  const region = match[1] ?? ''
  if (status === 404)
    return `Make the repository first: aws ecr create-repository --region ${region} --repository-name ${name}`
  if (status === 401)
    return `Log in again: aws ecr get-login-password --region ${region} | docker login --username AWS --password-stdin ${host}`
  if (status === 403)
    return `Let the role do ${missingIn(operation)}in ${name}. A release needs ${ECR_RELEASE_PERMISSIONS.join(', ')}; a clean-up also ecr:BatchDeleteImage.`
  return undefined
}

/** Pushes to ECR Public go by us-east-1, wherever the account works (docs.aws.amazon.com/AmazonECR/latest/public). */
function publicAmazonAdvice({host, name, status}: Refused): string | undefined {
  const repository = name.split('/').slice(1).join('/')
  if (status === 404)
    return `Make the repository first: aws ecr-public create-repository --region us-east-1 --repository-name ${repository}`
  if (status === 401)
    return `Log in again: aws ecr-public get-login-password --region us-east-1 | docker login --username AWS --password-stdin ${host}`
  if (status === 403)
    return `Let the role do ecr-public:* of ${repository}: ecr-public:InitiateLayerUpload, UploadLayerPart, CompleteLayerUpload, BatchCheckLayerAvailability and PutImage, with ecr-public:GetAuthorizationToken and sts:GetServiceBearerToken.`
  return undefined
}

function missingIn(operation: Operation | undefined): string {
  return operation === undefined ? 'this ' : `${permissionsFor([operation], ECR_PERMISSIONS).join(' and ')} `
}

function roleFor(
  operation: Operation = 'write manifest',
  roles: Readonly<Record<Operation, readonly string[]>>
): string {
  return permissionsFor([operation], roles).join(' and ')
}

function googleAdvice({host, name, status, operation}: Refused, match: RegExpMatchArray): string | undefined {
  const [project = '', repository = ''] = name.split('/')
  const location = match[1]?.replace(/-$/, '')
  if (status === 404 && location !== undefined)
    return `Make the repository first: gcloud artifacts repositories create ${repository} --repository-format=docker --location=${location} --project=${project}`
  if (status === 401) return `Log in first: gcloud auth configure-docker ${host}`
  if (status === 403)
    return `Give the service account the role ${roleFor(operation, GAR_ROLES)} there (roles/artifactregistry.writer to release, repoAdmin to delete).`
  return undefined
}

/** Harbor runs under any name; its messages show that it is one. */
function harborAdvice({name, status, said}: Refused): string | undefined {
  const project = name.split('/')[0] ?? ''
  if (isRefusal(status) && /unauthorized to access repository/i.test(said))
    return `Give the robot account of Harbor the right to push to the project ${project}.`
  if (/project \S+ not found/i.test(said)) return `Make the project ${project} in Harbor first.`
  if (/will exceed the configured upper limit|quota/i.test(said) && status >= 400)
    return `Raise the quota of the project ${project}, or clean it up.`
  return undefined
}
