import {type Authorize, type Users, findUser, isAllowed, parseBasic, rightsOf} from './access.js'
import {Refusal} from './refusal.js'

/** Everyone may do everything. */
export const openAccess: Authorize = () => ({mayPull: () => true})

/** Name and password with every request (RFC 7617). `/v2/` asks for them even where pulling is free, as clients look there. */
export function basicAuth({users, anonymous = []}: Users): Authorize {
  return ({authorization}, needs) => {
    const given = parseBasic(authorization)
    const user = given && findUser(users, given.username, given.password)
    const isKnown = user !== undefined
    const rights = isKnown ? rightsOf(user) : authorization === undefined ? anonymous : []
    const isEnough = needs.length > 0 ? needs.every(need => isAllowed(rights, need)) : isKnown
    if (isEnough) return {mayPull: () => rights.includes('pull')}
    if (isKnown) throw new Refusal('DENIED', 'this user may not do that')
    throw new Refusal('UNAUTHORIZED', 'a user name and password that the registry knows are needed', {
      headers: {'www-authenticate': 'Basic realm="image-release registry", charset="UTF-8"'}
    })
  }
}
