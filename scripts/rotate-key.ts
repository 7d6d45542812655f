import { userInfo } from 'node:os'
import { delimiter } from 'node:path'
import { openSecrets } from '../shared/cloud/secrets.ts'
import { SEALING_SECRET } from '../shared/runtime/sealed.ts'
import { rotateSecret, type SecretKind, secretKinds } from '../shared/runtime/strategy-secrets.ts'
import { closeStores } from '../shared/store/open.ts'
import { readCommandLine } from './command-line.ts'
import { openDeployment } from './deployment.ts'
import { secretsEnvFile } from './local/runner/secrets.ts'

const usage = `npm run rotate-key -- STRATEGY_ID KIND [--revoke-former] [--reason TEXT]
  KIND             ${secretKinds.join(', ')}
  --revoke-former  what was valid until now ends at once; otherwise the last one stays valid beside the new
  --data DIR       where npm start keeps its data (.local); with MONGODB_URI set, that database and its secrets`

const options = {
  data: { type: 'string', default: '.local' },
  'revoke-former': { type: 'boolean', default: false },
  reason: { type: 'string', default: '' },
} as const

/** Of a machine's own deployment, secrets are in files; of another, in Secret Manager unless files are named. */
const secretsOf = (dataDir: string, GOOGLE_CLOUD_PROJECT: string) => {
  const { MONGODB_URI, SECRETS_FILES } = process.env
  const files = MONGODB_URI ? SECRETS_FILES : [SECRETS_FILES, secretsEnvFile(dataDir)].filter(Boolean).join(delimiter)
  return openSecrets({ GOOGLE_CLOUD_PROJECT, SECRETS_FILES: files, K_SERVICE: 'rotate-key' })
}

try {
  const { values, positionals } = readCommandLine(usage, { options, allowPositionals: true })
  const [strategy_id, kind] = positionals
  const which = secretKinds.find(each => each === kind?.replaceAll('-', '_'))
  if (strategy_id === undefined || which === undefined) throw new Error(usage)
  const { store, project_id } = openDeployment(values.data, process.env)
  const now = new Date()
  const by = { writer: 'rotate-key', at: now, who: userInfo().username, from: null, reason: values.reason }
  const sealing_key = which === 'hmac_secret' ? await secretsOf(values.data, project_id).read(SEALING_SECRET) : null
  const rotated = await rotateSecret(store, { strategy_id, which, revoke_former: values['revoke-former'] }, { sealing_key, now, by })
  if (!rotated) throw new Error(`There is no strategy ${strategy_id}.`)
  console.log(`${rotated.secret}\n${wordsOf(which, rotated.valid)}`)
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
} finally {
  await closeStores()
}

function wordsOf(which: SecretKind, valid: number): string {
  const others = valid > 1 ? 'The one before it is valid too, until the next rotation.' : 'No other is valid.'
  return `This ${which} is shown once. ${others}`
}
