/** What a token may do with one kind of things. */
export type Access = 'none' | 'read' | 'write'

/** The permissions of a job; what is not named is `none`. */
export type Permissions = Readonly<Record<string, Access>>

/** Every permission that a workflow may name (docs.github.com, «Workflow syntax», `permissions`). */
const NAMES = [
  'actions',
  'attestations',
  'checks',
  'contents',
  'deployments',
  'discussions',
  'id-token',
  'issues',
  'models',
  'packages',
  'pages',
  'pull-requests',
  'security-events',
  'statuses'
]

/** What a workflow without `permissions` has, since organizations and repositories were made restricted by default. */
export const RESTRICTED: Permissions = {contents: 'read', packages: 'read'}

/** Reads `permissions` of a workflow or job; `otherwise` where there is none. */
export function readPermissions(value: unknown, otherwise: Permissions): Permissions {
  if (value === undefined) return otherwise
  if (value === 'read-all' || value === 'write-all') {
    const access = value === 'read-all' ? 'read' : 'write'
    return Object.fromEntries(NAMES.map(name => [name, access]))
  }
  return {...(value as Permissions | null)}
}

/** What one asks for beyond what the other allows, as GitHub writes it. */
export function excess(asked: Permissions, allowed: Permissions): string[] {
  const rank: readonly Access[] = ['none', 'read', 'write']
  return Object.entries(asked)
    .filter(([name, access]) => rank.indexOf(access) > rank.indexOf(allowed[name] ?? 'none'))
    .map(
      ([name, access]) => `'${name}: ${access}', but is only allowed '${name}: ${allowed[name] ?? 'none'}'`
    )
}

/** As GitHub lowers the token of a run for a fork or for Dependabot: it reads, and proves no identity. */
export function readOnly(permissions: Permissions): Permissions {
  const lowered = Object.entries(permissions).filter(([name]) => name !== 'id-token')
  return Object.fromEntries(lowered.map(([name, access]) => [name, access === 'write' ? 'read' : access]))
}

/** The GITHUB_TOKEN of a job; whoever gets it can tell what it may. */
export function jobToken(permissions: Permissions): string {
  return `ghs_${Buffer.from(JSON.stringify(permissions)).toString('base64url')}`
}

/** What a token may; undefined for one that is not of a job. */
export function permissionsOfToken(token: string | undefined): Permissions | undefined {
  if (token?.startsWith('ghs_') !== true) return undefined
  try {
    return JSON.parse(Buffer.from(token.slice(4), 'base64url').toString()) as Permissions
  } catch {
    return undefined
  }
}
