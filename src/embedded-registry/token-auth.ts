import {type Asker, type Authorize, type TokenScope, formatScopes} from './access.js'
import {Refusal} from './refusal.js'
import type {TokenClaims, TokenSigner} from './signed-token.js'

/** The path of the token endpoint on the registry itself. */
export const TOKEN_PATH = '/token'

/** The name of the registry in challenges and tokens. */
export const TOKEN_SERVICE = 'image-release-registry'

/** Bearer tokens of the registry's own endpoint (distribution, docs/spec/auth/token.md). */
export function tokenAuth(signer: TokenSigner, now: () => number): Authorize {
  return (asker, needs) => {
    const token = /^bearer +(\S+)$/i.exec(asker.authorization ?? '')?.[1]
    if (token === undefined) throw challenge(asker, needs)
    const claims = signer.verify(token)
    if (claims === undefined || !isCurrent(claims, now())) throw challenge(asker, needs, 'invalid_token')
    if (!needs.every(need => covers(claims.access, need))) throw challenge(asker, needs, 'insufficient_scope')
    return {
      mayPull: repository => covers(claims.access, {type: 'repository', name: repository, actions: ['pull']})
    }
  }
}

function isCurrent(claims: TokenClaims, now: number): boolean {
  return claims.use === 'access' && claims.aud === TOKEN_SERVICE && claims.exp * 1000 > now
}

function covers(access: readonly TokenScope[], need: TokenScope): boolean {
  const actions = access
    .filter(scope => scope.type === need.type && scope.name === need.name)
    .flatMap(scope => scope.actions)
  return need.actions.every(action => actions.includes(action))
}

function challenge(asker: Asker, needs: readonly TokenScope[], error?: string): Refusal {
  const parameters = [
    `realm="${asker.origin}${TOKEN_PATH}"`,
    `service="${TOKEN_SERVICE}"`,
    ...(needs.length > 0 ? [`scope="${formatScopes(needs)}"`] : []),
    ...(error === undefined ? [] : [`error="${error}"`])
  ]
  return new Refusal('UNAUTHORIZED', messageOf(error), {
    headers: {'www-authenticate': `Bearer ${parameters.join(',')}`},
    detail: needs
  })
}

function messageOf(error: string | undefined): string {
  if (error === 'invalid_token') return 'the token is not valid or no longer valid'
  if (error === 'insufficient_scope') return 'the token does not allow that'
  return 'a token is needed'
}
