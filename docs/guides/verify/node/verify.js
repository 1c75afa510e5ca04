// Verifies an access token of Countersign, read from standard input, under the published keys of its issuer, and prints its scopes.
// RFC 9068, section 4; RFC 8725.
import { text } from 'node:stream/consumers'
import { createRemoteJWKSet, jwtVerify } from 'jose'

const [issuer, audience] = process.argv.slice(2)
if (!issuer || !audience) {
  console.error('refused: give ISSUER and AUDIENCE, and the token on standard input')
  process.exit(1)
}

// Once in the life of a service: it keeps the keys.
const keys = createRemoteJWKSet(new URL(issuer.replace(/\/$/, '') + '/jwks.json'))

/** Checks signature, algorithm, issuer, audience, times and type. */
async function verify(token) {
  const options = { issuer, audience, algorithms: ['RS256'], typ: 'at+jwt', requiredClaims: ['exp'] }
  const { payload } = await jwtVerify(token, keys, options)
  return payload
}

try {
  const { scope } = await verify((await text(process.stdin)).trim())
  console.log(scope)
} catch (refusal) {
  console.error(`refused: ${refusal.message}`)
  process.exitCode = 1
}
